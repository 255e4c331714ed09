// /dev: null, zero, full, random, urandom, and stdin, stdout, stderr, which open what the caller's descriptors 0, 1 and 2 are.
// The tree is fixed: nothing can be made, renamed or removed in it. The inodes of standard streams belong to it, too.
// See: null(4), full(4), random(4).

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Clock } from '../../kernel/clock.ts';
import { stampAll } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import {
  type DirectorySink,
  FileDescription,
  type FileSystem,
  type FileSystemStatus,
  Inode,
  nextDevice,
} from '../../vfs/inode.ts';
import { S_IFCHR, S_IFDIR } from '../../vfs/mode.ts';

const MINOR_BITS = 8;
const MEMORY_DEVICES = 1 << MINOR_BITS;
/** Most that the source of random bytes gives at once. */
const RANDOM_BLOCK = 65_536;

export interface DevicesOptions {
  readonly clock: Clock;
  /** Fills memory that nobody shares. */
  random(into: Uint8Array<ArrayBuffer>): void;
  /** What one of the caller's descriptors refers to. */
  descriptionOf(caller: Caller, fd: number): FileDescription | undefined;
}

export class DeviceFileSystem implements FileSystem {
  readonly type = 'devfs';
  readonly device: number = nextDevice();
  readonly root: Inode;
  #lastIno = 0;

  constructor(options: DevicesOptions) {
    const { clock } = options;
    const random = new RandomSource(options.random);
    const names = new Map<string, Inode>([
      ['null', new CharacterDevice(this, clock, 3, NullDescription)],
      ['zero', new CharacterDevice(this, clock, 5, ZeroDescription)],
      ['full', new CharacterDevice(this, clock, 7, FullDescription)],
      ['random', new RandomDevice(this, clock, 8, random)],
      ['urandom', new RandomDevice(this, clock, 9, random)],
      ['stdin', new StandardDevice(this, clock, 0, options.descriptionOf)],
      ['stdout', new StandardDevice(this, clock, 1, options.descriptionOf)],
      ['stderr', new StandardDevice(this, clock, 2, options.descriptionOf)],
    ]);
    this.root = new DeviceDirectory(this, clock, names);
  }

  status(): FileSystemStatus {
    return { blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  nextIno(): number {
    return ++this.#lastIno;
  }
}

class DeviceDirectory extends Inode {
  readonly fileSystem: DeviceFileSystem;
  readonly names: ReadonlyMap<string, Inode>;

  constructor(fileSystem: DeviceFileSystem, clock: Clock, names: ReadonlyMap<string, Inode>) {
    super(fileSystem.nextIno(), S_IFDIR | 0o755, 0, 0);
    this.fileSystem = fileSystem;
    this.names = names;
    this.nlink = 2;
    stampAll(this, clock);
  }
  open(_caller: Caller, flags: number): FileDescription {
    return new DeviceDirectoryDescription(this, flags);
  }
  override parent(): Inode {
    return this;
  }
  override lookup(_caller: Caller, name: string): Inode | number {
    return this.names.get(name) ?? -Errno.ENOENT;
  }
}

class DeviceDirectoryDescription extends FileDescription {
  declare readonly inode: DeviceDirectory;
  override readonly isSeekable = false;

  override readDirectory(_caller: Caller, cookie: number, sink: DirectorySink): number {
    const { inode } = this;
    const names: [string, Inode][] = [['.', inode], ['..', inode], ...inode.names];
    for (let next = cookie; next < names.length; next++) {
      const [name, entry] = names[next] as [string, Inode];
      if (!sink.entry(name, entry.ino, entry.mode, next + 1)) break;
    }
    return 0;
  }
}

class CharacterDevice extends Inode {
  readonly fileSystem: FileSystem;
  readonly #Description: new (
    inode: Inode,
    flags: number,
  ) => FileDescription;

  constructor(
    fileSystem: DeviceFileSystem,
    clock: Clock,
    minor: number,
    Description: new (inode: Inode, flags: number) => FileDescription,
  ) {
    super(fileSystem.nextIno(), S_IFCHR | 0o666, 0, 0);
    this.fileSystem = fileSystem;
    this.rdev = MEMORY_DEVICES | minor;
    this.#Description = Description;
    stampAll(this, clock);
  }
  open(_caller: Caller, flags: number): FileDescription {
    return new this.#Description(this, flags);
  }
}

class NullDescription extends FileDescription {
  override read(): number {
    return 0;
  }
  override write(_caller: Caller, _from: Uint8Array, _start: number, length: number): number {
    return length;
  }
}

class ZeroDescription extends FileDescription {
  override read(_caller: Caller, into: Uint8Array, start: number, length: number): number {
    into.fill(0, start, start + length);
    return length;
  }
  override write(_caller: Caller, _from: Uint8Array, _start: number, length: number): number {
    return length;
  }
}

class FullDescription extends ZeroDescription {
  override write(): number {
    return -Errno.ENOSPC;
  }
}

/** Random bytes by way of memory of our own: hosts refuse to fill shared memory. */
class RandomSource {
  readonly #random: (into: Uint8Array<ArrayBuffer>) => void;
  readonly #block = new Uint8Array(RANDOM_BLOCK);

  constructor(random: (into: Uint8Array<ArrayBuffer>) => void) {
    this.#random = random;
  }
  fill(into: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length; ) {
      const part = this.#block.subarray(0, Math.min(length - done, RANDOM_BLOCK));
      this.#random(part);
      into.set(part, start + done);
      part.fill(0);
      done += part.length;
    }
  }
}

class RandomDevice extends Inode {
  readonly fileSystem: FileSystem;
  readonly source: RandomSource;

  constructor(fileSystem: DeviceFileSystem, clock: Clock, minor: number, source: RandomSource) {
    super(fileSystem.nextIno(), S_IFCHR | 0o666, 0, 0);
    this.fileSystem = fileSystem;
    this.source = source;
    this.rdev = MEMORY_DEVICES | minor;
    stampAll(this, clock);
  }
  open(_caller: Caller, flags: number): FileDescription {
    return new RandomDescription(this, flags);
  }
}

class RandomDescription extends FileDescription {
  declare readonly inode: RandomDevice;

  override read(_caller: Caller, into: Uint8Array, start: number, length: number): number {
    this.inode.source.fill(into, start, length);
    return length;
  }
  override write(_caller: Caller, _from: Uint8Array, _start: number, length: number): number {
    return length;
  }
}

/** Opens anew what the caller has under a descriptor, as /proc/self/fd does. */
class StandardDevice extends Inode {
  readonly fileSystem: FileSystem;
  readonly #fd: number;
  readonly #descriptionOf: DevicesOptions['descriptionOf'];

  constructor(fileSystem: DeviceFileSystem, clock: Clock, fd: number, descriptionOf: DevicesOptions['descriptionOf']) {
    super(fileSystem.nextIno(), S_IFCHR | 0o666, 0, 0);
    this.fileSystem = fileSystem;
    this.#fd = fd;
    this.#descriptionOf = descriptionOf;
    stampAll(this, clock);
  }
  open(caller: Caller, flags: number): FileDescription | number {
    const open = this.#descriptionOf(caller, this.#fd);
    if (open === undefined) return -Errno.ENXIO;
    const again = open.inode.open(caller, flags);
    if (typeof again === 'number') return again;
    again.openedIn = open.openedIn;
    again.openedAs = open.openedAs;
    return again;
  }
}
