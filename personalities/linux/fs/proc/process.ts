// /proc/PID: one directory a process, whichever personality runs it.
//
// Once a process has ended, a file of it that is open answers ESRCH where it would have to be made anew, a directory is
// empty, and a lookup in it ESRCH, as on Linux.
// The links cwd and root lead to the directories themselves. Who may follow and read them: root and the process's own user.
// See: proc_pid(5); Linux fs/proc/base.c, fd.c.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { COMM_MAX, ENVIRONMENT_LINES, type Process } from '../../kernel/process.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { DirectorySink, Inode, MagicTarget } from '../../vfs/inode.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../vfs/mode.ts';
import { pathOfDirectory } from '../../vfs/paths.ts';
import { FdDirectory, FdinfoDirectory, mayInspect, mayOpenPrivate } from './descriptors.ts';
import {
  FIRST_NAME,
  type Place,
  ProcDirectory,
  type ProcEntry,
  ProcFile,
  ProcMagicLink,
  type ProcSource,
  type ProcStore,
  ProcTable,
} from './inodes.ts';
import { mountinfoText, mountsText } from './mounts-text.ts';
import { isKernel, limitsText, mapsText, statmText, statText, statusText } from './process-text.ts';

/**
 * Inode numbers of a process: 2²¹ of them.
 *
 *     0 itself | 1… its entries | 64 the thread's directory | 65… its entries | 2¹⁸ k … of descriptors: fd, fdinfo,
 *     and the thread's
 */
const INOS = 2 ** 21;
const THREAD = 64;
const DESCRIPTORS = 2 ** 18;

/** Inode number of a process's directory. */
export function firstInoOf(pid: number): number {
  return pid * INOS;
}

function firstDescriptorIno({ pid }: Process, area: number): number {
  return firstInoOf(pid) + area * DESCRIPTORS;
}

abstract class ProcessTable extends ProcTable<Process> {
  override lookup(caller: Caller, name: string): Inode | number {
    return this.subject.hasEnded ? -Errno.ESRCH : super.lookup(caller, name);
  }
  override ended(): number | undefined {
    return this.subject.hasEnded ? 0 : undefined;
  }
}

export class ProcessDirectory extends ProcessTable {
  constructor(fileSystem: ProcStore, above: ProcDirectory, process: Process) {
    const { pid, uid, gid } = process;
    const ino = firstInoOf(pid);
    super({ fileSystem, above, ino, mode: S_IFDIR | 0o555, uid, gid }, process, PROCESS, ino + 1);
  }
}

class ThreadDirectory extends ProcessTable {
  readonly #tid: number;

  constructor(place: Place, process: Process, tid: number) {
    super(place, process, commonEntries(3, 4, tid), firstInoOf(tid) + THREAD + 1);
    this.#tid = tid;
  }

  override lookup(caller: Caller, name: string): Inode | number {
    return this.ended() === undefined ? super.lookup(caller, name) : -Errno.ESRCH;
  }
  override ended(): number | undefined {
    return this.subject.tids.includes(this.#tid) ? super.ended() : 0;
  }
}

/** `task`: a directory a thread, by its id. */
class TaskDirectory extends ProcDirectory {
  readonly #process: Process;
  /** By id, once they are looked up; those of threads that have ended go with the next. */
  readonly #threads = new Map<number, ThreadDirectory>();

  constructor(place: Place, process: Process) {
    super(place);
    this.#process = process;
    this.nlink = 3;
  }

  override refresh(): number {
    this.nlink = 2 + this.#process.tids.length;
    return 0;
  }

  override lookup(_caller: Caller, name: string): Inode | number {
    if (this.#process.hasEnded) return -Errno.ESRCH;
    const tid = this.#process.tids.find((one) => name === `${one}`);
    return tid === undefined ? -Errno.ENOENT : this.#threadOf(tid);
  }

  list(_caller: Caller, cookie: number, sink: DirectorySink): number {
    const tids = [...this.#process.tids].sort((a, b) => a - b);
    for (let next = cookie - FIRST_NAME; next < tids.length; next++) {
      const tid = tids[next] as number;
      if (!sink.entry(`${tid}`, firstInoOf(tid) + THREAD, this.mode, FIRST_NAME + next + 1)) return 0;
    }
    return 0;
  }

  override ended(): number | undefined {
    return this.#process.hasEnded ? 0 : undefined;
  }

  #threadOf(tid: number): ThreadDirectory {
    let thread = this.#threads.get(tid);
    if (thread !== undefined) return thread;
    const { tids } = this.#process;
    for (const other of this.#threads.keys()) if (!tids.includes(other)) this.#threads.delete(other);
    const { fileSystem, mode, uid, gid } = this;
    thread = new ThreadDirectory(
      { fileSystem, above: this, ino: firstInoOf(tid) + THREAD, mode, uid, gid },
      this.#process,
      tid,
    );
    this.#threads.set(tid, thread);
    return thread;
  }
}

type Entry = ProcEntry<Process>;

interface FileOptions {
  readonly mode?: number;
  /** Only root and the process's own user may open it, whatever the mode says. */
  readonly isPrivate?: boolean;
  readonly hasEnd?: boolean;
  readonly write?: (process: Process, caller: Caller, bytes: Uint8Array<ArrayBuffer>, source: ProcSource) => number;
  /** What a read finds once the process has ended: ESRCH (the default), the end of the file, or what there was. */
  readonly afterEnd?: 'lost' | 'empty' | 'kept';
}

function file(
  name: string,
  text: (process: Process, source: ProcSource) => string | Uint8Array | number,
  { mode = 0o444, isPrivate = false, hasEnd = false, write, afterEnd = 'lost' }: FileOptions = {},
): Entry {
  return {
    name,
    mode: S_IFREG | mode,
    make: (process, place) => {
      const { source } = place.fileSystem;
      return new ProcFile(place, {
        make: () => {
          if (!process.hasEnded || afterEnd === 'kept') return text(process, source);
          return afterEnd === 'empty' ? '' : -Errno.ESRCH;
        },
        mayOpen: (caller) => {
          if (process.hasEnded) return -Errno.ESRCH;
          return isPrivate ? mayOpenPrivate(caller, process) : 0;
        },
        ...(write && { write: (caller, bytes) => write(process, caller, bytes, source) }),
        refusal: -Errno.EINVAL,
        hasEnd,
      });
    },
  };
}

function directory(name: string, mode: number, make: (place: Place, process: Process) => Inode): Entry {
  return { name, mode: S_IFDIR | mode, make: (process, place) => make(place, process) };
}

function link(
  name: string,
  text: (process: Process) => string | number,
  target: (process: Process) => Inode | number,
): Entry {
  return {
    name,
    mode: S_IFLNK | 0o777,
    make: (process, place) =>
      new ProcMagicLink(
        place,
        (caller) => refusalOf(caller, process) ?? text(process),
        (caller) => refusalOf(caller, process) ?? directoryTarget(target(process)),
      ),
  };
}

function refusalOf(caller: Caller, process: Process): number | undefined {
  if (!mayInspect(caller, process)) return -Errno.EACCES;
  return process.hasEnded ? -Errno.ENOENT : undefined;
}

function directoryTarget(inode: Inode | number): MagicTarget | number {
  return typeof inode === 'number' ? inode : { inode, openedIn: undefined, openedAs: '' };
}

/** Linux: only a process itself may rename it; the name ends before the sixteenth byte, not at a line break. */
function writeCommOf(tid: number | undefined): NonNullable<FileOptions['write']> {
  return (process, caller, bytes, source) => {
    if (source.processOf(caller) !== process) return -Errno.EINVAL;
    const end = bytes.indexOf(0);
    process.rename(tid ?? process.pid, bytes.slice(0, Math.min(end < 0 ? bytes.length : end, COMM_MAX)));
    return bytes.length;
  };
}

const NEWLINE = 10;

/** Strings that end in NUL, a line each. */
function linesOf(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte === 0 ? NEWLINE : byte));
}

function withNewline(bytes: Uint8Array): Uint8Array {
  const line = new Uint8Array(bytes.length + 1);
  line.set(bytes);
  line[bytes.length] = 0x0a;
  return line;
}

/** @param areas of inode numbers for fd and fdinfo @param tid of a thread; default: the process's first */
function commonEntries(fdArea: number, fdinfoArea: number, tid?: number): Entry[] {
  return [
    directory('fd', 0o500, (place, process) => new FdDirectory(place, process, firstDescriptorIno(process, fdArea))),
    directory(
      'fdinfo',
      0o555,
      (place, process) => new FdinfoDirectory(place, process, firstDescriptorIno(process, fdinfoArea)),
    ),
    file('environ', (process) => (isKernel(process) ? -Errno.ESRCH : process.env.bytes), {
      mode: 0o400,
      isPrivate: true,
      hasEnd: true,
      afterEnd: 'empty',
    }),
    // Not Linux's: what the Linux Interface for WebAssembly has instead of an environment (see abi/wali/process).
    file(ENVIRONMENT_LINES, (process) => (isKernel(process) ? -Errno.ESRCH : linesOf(process.env.bytes)), {
      mode: 0o400,
      isPrivate: true,
      hasEnd: true,
      afterEnd: 'empty',
    }),
    file('status', (process, source) => statusText(process, source, tid)),
    file('limits', limitsText),
    file('comm', (process) => withNewline(process.nameOf(tid ?? process.pid)), {
      mode: 0o644,
      write: writeCommOf(tid),
    }),
    file('cmdline', ({ args }) => args.bytes, { hasEnd: true }),
    file('stat', (process, source) => statText(process, source, tid)),
    file('statm', statmText),
    file('maps', mapsText, { isPrivate: true }),
    link(
      'cwd',
      ({ namespace, workingDirectory }) => pathOfDirectory(namespace, workingDirectory),
      ({ workingDirectory }) => workingDirectory,
    ),
    link(
      'root',
      () => '/',
      ({ root }) => root,
    ),
    // A program comes from outside of the tree, or is bytes: it has no file here, as Linux's own threads have none.
    link(
      'exe',
      () => -Errno.ENOENT,
      () => -Errno.ENOENT,
    ),
    file('mounts', ({ namespace }) => mountsText(namespace), { afterEnd: 'kept' }),
    file('mountinfo', ({ namespace }) => mountinfoText(namespace), { afterEnd: 'kept' }),
  ];
}

const PROCESS: readonly Entry[] = [
  directory('task', 0o555, (place, process) => new TaskDirectory(place, process)),
  ...commonEntries(1, 2),
];
