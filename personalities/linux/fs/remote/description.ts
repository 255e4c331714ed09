// Open files and directories that are served elsewhere. The server moves bytes from and to the guest's memory in place. A
// directory is listed as it was when its reading began (cookie 0 begins anew), so cookies stay good while names come and go.
// Linux's thread alone.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { takeEntries } from '../../../../runtime/files/listing.ts';
import type { HostPlace } from '../../../../runtime/files/places.ts';
import { type HostReply, TRANSFER_MAX } from '../../../../runtime/files/protocol.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { Inode } from '../../vfs/inode.ts';
import { type DirectorySink, FileDescription } from '../../vfs/inode.ts';
import { decodeName } from '../../vfs/names.ts';
import { type HostRequests, NOT_YET } from './requests.ts';

/** What a description needs of its inode besides what every inode has. */
interface HostFile extends Inode {
  /** Numbers of the open files on the host, and whether they are open for writing. */
  readonly files: Map<number, boolean>;
  take(attributes: NonNullable<HostReply['attributes']>): void;
}

export class HostFileDescription extends FileDescription {
  readonly #host: HostFile;
  readonly #requests: HostRequests;
  readonly #file: number;

  constructor(inode: HostFile, flags: number, requests: HostRequests, file: number) {
    super(inode, flags);
    this.#host = inode;
    this.#requests = requests;
    this.#file = file;
    inode.files.set(file, this.isWritable);
  }

  override read(caller: Caller, into: Uint8Array, start: number, length: number, position: number): number {
    return this.#transfer(caller, 'read', into, start, length, position);
  }

  override write(caller: Caller, from: Uint8Array, start: number, length: number, position: number): number {
    return this.#transfer(caller, position < 0 ? 'append' : 'write', from, start, length, position);
  }

  override allocate(caller: Caller, offset: number, length: number): number {
    const { mount } = this.#requests;
    const end = offset + length;
    const request = () => ({ op: 'extend', mount, file: this.#file, position: end }) as const;
    return this.#requests.ask(caller, `extend ${this.#file} ${end}`, request, ({ result }) => {
      if (result === 0) this.#host.size = Math.max(this.#host.size, end);
      return result;
    });
  }

  override sync(caller: Caller, dataOnly: boolean): number {
    const { mount } = this.#requests;
    const op = dataOnly ? 'syncData' : 'sync';
    return this.#requests.ask(
      caller,
      `${op} ${this.#file}`,
      () => ({ op, mount, file: this.#file }),
      ({ result }) => result,
    );
  }

  protected override released(): void {
    this.#host.files.delete(this.#file);
    this.#requests.released(this.#file);
  }

  #transfer(
    caller: Caller,
    op: 'read' | 'write' | 'append',
    buffer: Uint8Array,
    start: number,
    length: number,
    position: number,
  ): number {
    const { mount } = this.#requests;
    let done = 0;
    while (done < length) {
      const count = Math.min(length - done, TRANSFER_MAX);
      const at = op === 'append' ? 0 : position + done;
      const answer = this.#requests.ask(
        caller,
        op === 'append' ? done : at, // the call asks for nothing else, and for no position twice
        () => ({ op, mount, file: this.#file, buffer, start: start + done, length: count, position: at }),
        (reply) => (op === 'read' ? reply.result : this.#written(reply, at)),
      );
      if (answer < 0) return answer === NOT_YET || done === 0 ? answer : done;
      // The guest may have changed its vectors between two runs: never more than this run asks for.
      done += Math.min(answer, count);
      if (answer < count) break;
    }
    return done;
  }

  #written({ result, attributes }: HostReply, position: number): number {
    if (attributes !== undefined) this.#host.take(attributes);
    else if (result > 0) this.#host.size = Math.max(this.#host.size, position + result);
    return result;
  }
}

/** What a listing needs of its directory. */
interface HostFolder extends Inode {
  readonly id: number;
  readonly place: HostPlace;
}

interface Listed {
  readonly name: string;
  readonly ino: number;
  readonly mode: number;
}

/** The names of a directory at one moment, as far as they were told. */
interface Names {
  /** The listing on the host. */
  readonly file: number;
  readonly entries: Listed[];
  isComplete: boolean;
}

/** `.` and `..` have the cookies 0 and 1. */
const FIRST = 2;

export class HostDirectoryDescription extends FileDescription {
  readonly #requests: HostRequests;
  readonly #directory: HostFolder;
  #names: Names | undefined;
  #isReleased = false;

  constructor(inode: HostFolder, flags: number, requests: HostRequests) {
    super(inode, flags);
    this.#requests = requests;
    this.#directory = inode;
  }

  override readDirectory(caller: Caller, cookie: number, sink: DirectorySink): number {
    const names = cookie === 0 || this.#names === undefined ? this.#list(caller) : this.#names;
    if (typeof names === 'number') return names;
    const { inode } = this;
    if (cookie < 1 && !sink.entry('.', inode.ino, inode.mode, 1)) return 0;
    if (cookie < FIRST) {
      const above = inode.parent(caller);
      const ino = typeof above === 'number' ? inode.ino : above.ino;
      if (!sink.entry('..', ino, inode.mode, FIRST)) return 0;
    }
    for (let index = Math.max(cookie - FIRST, 0); ; index++) {
      while (index >= names.entries.length) {
        if (names.isComplete) return 0;
        const answer = this.#more(caller, names);
        if (answer < 0) return answer;
      }
      const entry = names.entries[index] as Listed;
      if (!sink.entry(entry.name, entry.ino, entry.mode, index + FIRST + 1)) return 0;
    }
  }

  override sync(caller: Caller, _dataOnly: boolean): number {
    const { mount } = this.#requests;
    const request = () => ({ op: 'syncDirectory', mount, directory: this.#directory.place }) as const;
    return this.#requests.ask(caller, `sync directory ${this.#directory.id}`, request, ({ result }) => result);
  }

  protected override released(): void {
    this.#isReleased = true;
    this.#close(this.#names);
  }

  /** Takes the directory's names anew. */
  #list(caller: Caller): Names | number {
    const { mount } = this.#requests;
    const request = () => ({ op: 'list', mount, directory: this.#directory.place }) as const;
    return this.#requests.ask(caller, `list ${this.#directory.id}`, request, ({ result }) => {
      if (result < 0) return result;
      const names: Names = { file: result, entries: [], isComplete: false };
      this.#close(this.#isReleased ? names : this.#names);
      if (!this.#isReleased) this.#names = names;
      return names;
    });
  }

  /** Takes the next portion of names. */
  #more(caller: Caller, names: Names): number {
    const { mount } = this.#requests;
    const request = () => ({ op: 'entries', mount, file: names.file }) as const;
    const key = `entries ${names.file} ${names.entries.length}`;
    return this.#requests.ask(caller, key, request, ({ result, bytes }) => {
      if (result > 0 && bytes !== undefined) takeNames(bytes, names.entries);
      else if (result === 0) this.#close(names);
      // Closed: another thread began to read anew.
      return result === -Errno.EBADF && names.isComplete ? 0 : result;
    });
  }

  #close(names: Names | undefined): void {
    if (names === undefined || names.isComplete) return;
    names.isComplete = true;
    this.#requests.tell({ op: 'close', mount: this.#requests.mount, file: names.file });
  }
}

function takeNames(bytes: Uint8Array, into: Listed[]): void {
  for (const { name, ino, mode } of takeEntries(bytes)) {
    into.push({ name: decodeName(new Uint8Array(name)), ino: Number(BigInt.asUintN(53, ino)), mode });
  }
}
