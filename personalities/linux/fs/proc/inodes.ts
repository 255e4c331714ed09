// What the files of /proc have in common: directories whose names are given, files whose content is made when they are read,
// links whose target is made when they are followed. The texts are made in the *-text files; file-system.ts and process.ts say
// which files there are. Nothing waits, nothing is stored.
//
// The first read of a description makes the file's content, and so does every read at offset 0, so that a reader that rewinds
// sees news; all other reads are of that text. See: Linux fs/seq_file.c; proc(5).

import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Process } from '../../kernel/process.ts';
import type { MachineFacts } from '../../options.ts';
import { changeTimes, stampAll } from '../../vfs/attributes.ts';
import type { Caller } from '../../vfs/caller.ts';
import {
  type DirectorySink,
  FileDescription,
  type FileSystem,
  Inode,
  type MagicTarget,
  type TimesChange,
} from '../../vfs/inode.ts';
import { isDirectoryMode, O_ACCMODE, O_RDONLY } from '../../vfs/mode.ts';
import { encodeName } from '../../vfs/names.ts';

/** What /proc asks of the kernel. */
export interface ProcSource {
  readonly clock: Clock;
  readonly hostname: string;
  readonly machine: MachineFacts;
  /** The process that calls; undefined: the caller has none. */
  processOf(caller: Caller): Process | undefined;
  /** The id of the thread that looks; 0: none does. */
  tidOf(caller: Caller): number;
  process(pid: number): Process | undefined;
  /** Those that have not ended. */
  processes(): Iterable<Process>;
  /** How many there ever were, and the highest number. */
  readonly begun: number;
  readonly lastPid: number;
}

export interface ProcStore extends FileSystem {
  readonly source: ProcSource;
}

/** Where an inode of /proc stands, and its number and mode. */
export interface Place {
  readonly fileSystem: ProcStore;
  /** Undefined: the top. */
  readonly above: ProcDirectory | undefined;
  readonly ino: number;
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

abstract class ProcInode extends Inode {
  readonly fileSystem: ProcStore;

  constructor({ fileSystem, ino, mode, uid, gid }: Place) {
    super(ino, mode, uid, gid);
    this.fileSystem = fileSystem;
    const { clock } = fileSystem.source;
    clock.read();
    stampAll(this, clock);
  }

  override setTimes(_caller: Caller, change: TimesChange): number {
    return changeTimes(this, this.fileSystem.source.clock, change);
  }
}

/** What a file tells, made anew whenever it is asked. */
export interface ProcContent {
  /** @returns text (see vfs/names), bytes, or −errno */
  make(caller: Caller): string | Uint8Array | number;
  /** 0 or −errno; default: whoever the mode allows. */
  mayOpen?(caller: Caller, flags: number): number;
  /** Takes what is written in one call; without it the file refuses by `refusal`. */
  write?(caller: Caller, bytes: Uint8Array<ArrayBuffer>): number;
  /** −errno of a write. */
  readonly refusal: number;
  /** Whether lseek from the end is possible: it is at 0. */
  readonly hasEnd: boolean;
}

export class ProcFile extends ProcInode {
  readonly content: ProcContent;

  constructor(place: Place, content: ProcContent) {
    super(place);
    this.content = content;
  }

  open(caller: Caller, flags: number): FileDescription | number {
    const refusal = this.content.mayOpen?.(caller, flags) ?? 0;
    return refusal < 0 ? refusal : new ProcFileDescription(this, flags);
  }

  /** Linux: O_TRUNC and truncate change nothing, and succeed. */
  override truncate(): number {
    return 0;
  }
}

class ProcFileDescription extends FileDescription {
  declare readonly inode: ProcFile;
  override readonly hasEnd: boolean;
  #content: Uint8Array | undefined;

  constructor(inode: ProcFile, flags: number) {
    super(inode, flags);
    this.hasEnd = inode.content.hasEnd;
  }

  override read(caller: Caller, into: Uint8Array, start: number, length: number, position: number): number {
    let content = position === 0 ? undefined : this.#content;
    if (content === undefined) {
      const made = this.inode.content.make(caller);
      if (typeof made === 'number') return made;
      content = typeof made === 'string' ? encodeName(made) : made;
      this.#content = content;
    }
    const part = content.subarray(position, position + length);
    into.set(part, start);
    return part.length;
  }

  override write(caller: Caller, from: Uint8Array, start: number, length: number): number {
    const { content } = this.inode;
    if (content.write === undefined) return content.refusal;
    return content.write(caller, new Uint8Array(from.subarray(start, start + Math.min(length, WRITE_MAX))));
  }
}

/** Most that a file takes of one write. */
const WRITE_MAX = 4096;

/** A link by name, like `self`. */
export class ProcSymlink extends ProcInode {
  readonly #target: (caller: Caller) => string | number;

  constructor(place: Place, target: (caller: Caller) => string | number) {
    super(place);
    this.#target = target;
  }

  open(): number {
    return -Errno.ELOOP;
  }

  override readlink(caller: Caller): string | number {
    return this.#target(caller);
  }
}

/** A link that leads to a file itself: its text is only for people. */
export class ProcMagicLink extends ProcInode {
  readonly #text: (caller: Caller) => string | number;
  readonly #target: (caller: Caller) => MagicTarget | number;

  constructor(
    place: Place,
    text: (caller: Caller) => string | number,
    target: (caller: Caller) => MagicTarget | number,
  ) {
    super(place);
    this.#text = text;
    this.#target = target;
  }

  open(): number {
    return -Errno.ELOOP;
  }

  override readlink(caller: Caller): string | number {
    return this.#text(caller);
  }

  override magicTarget(caller: Caller): MagicTarget | number {
    return this.#target(caller);
  }
}

/** Nothing can be made, renamed or removed in any. */
export abstract class ProcDirectory extends ProcInode {
  readonly #above: ProcDirectory | undefined;

  constructor(place: Place) {
    super(place);
    this.#above = place.above;
    this.nlink = 2;
  }

  override get hasFixedNames(): boolean {
    return true;
  }

  open(_caller: Caller, flags: number): FileDescription | number {
    return new ProcDirectoryDescription(this, flags);
  }

  override parent(): ProcDirectory {
    return this.#above ?? this;
  }

  override unlink(): number {
    return -Errno.EPERM;
  }
  override rmdir(): number {
    return -Errno.EPERM;
  }
  override rename(): number {
    return -Errno.EPERM;
  }

  /** The names beyond `.` and `..`, from a cookie on, which is 2 for the first. */
  abstract list(caller: Caller, cookie: number, sink: DirectorySink): number;

  /** Whether its process has ended: −errno of a listing, 0 for an empty one; undefined: it has not. */
  ended(): number | undefined {
    return undefined;
  }
}

/** Cookie of the first name after `.` and `..`. */
export const FIRST_NAME = 2;

class ProcDirectoryDescription extends FileDescription {
  declare readonly inode: ProcDirectory;
  override readonly isSeekable = false;

  override readDirectory(caller: Caller, cookie: number, sink: DirectorySink): number {
    const { inode } = this;
    const ended = inode.ended();
    if (ended !== undefined) return ended;
    const above = inode.parent();
    if (cookie < 1 && !sink.entry('.', inode.ino, inode.mode, 1)) return 0;
    if (cookie < 2 && !sink.entry('..', above.ino, above.mode, FIRST_NAME)) return 0;
    return inode.list(caller, Math.max(cookie, FIRST_NAME), sink);
  }
}

/** A name in a directory whose names are always the same. */
export interface ProcEntry<Subject> {
  readonly name: string;
  /** Type and permission bits. */
  readonly mode: number;
  make(subject: Subject, place: Place): Inode;
}

/** A directory whose names are always the same; what they name is made when it is looked up first, and stays. */
export class ProcTable<Subject> extends ProcDirectory {
  readonly subject: Subject;
  readonly #entries: readonly ProcEntry<Subject>[];
  readonly #firstIno: number;
  readonly #made = new Map<string, Inode>();

  /** @param firstIno inode number of the first entry */
  constructor(place: Place, subject: Subject, entries: readonly ProcEntry<Subject>[], firstIno: number) {
    super(place);
    this.subject = subject;
    this.#entries = entries;
    this.#firstIno = firstIno;
    for (const { mode } of entries) if (isDirectoryMode(mode)) this.nlink++;
  }

  override lookup(caller: Caller, name: string): Inode | number {
    let inode = this.#made.get(name);
    if (inode === undefined) {
      const index = this.#entries.findIndex((entry) => entry.name === name);
      const entry = this.#entries[index];
      if (entry === undefined) return -Errno.ENOENT;
      const { fileSystem, uid, gid } = this;
      const place = { fileSystem, above: this, ino: this.#firstIno + index, mode: entry.mode, uid, gid };
      inode = entry.make(this.subject, place);
      this.#made.set(name, inode);
    }
    inode.refresh(caller);
    return inode;
  }

  list(_caller: Caller, cookie: number, sink: DirectorySink): number {
    for (let next = cookie; next < FIRST_NAME + this.#entries.length; next++) {
      const index = next - FIRST_NAME;
      const { name, mode } = this.#entries[index] as ProcEntry<Subject>;
      if (!sink.entry(name, this.#firstIno + index, mode, next + 1)) return 0;
    }
    return 0;
  }

  get entryCount(): number {
    return this.#entries.length;
  }
}

/** Linux: sysctls refuse writers when they are opened, root too. */
export function mayOnlyRead(_caller: Caller, flags: number): number {
  return (flags & O_ACCMODE) === O_RDONLY ? 0 : -Errno.EACCES;
}
