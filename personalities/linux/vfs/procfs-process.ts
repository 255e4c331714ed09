// /proc/PID: one directory a process, whichever personality runs it. Descriptors are those of the one shared table; of
// those that CNK owns (staged files) the table tells the kind alone.
//
// Once a process has ended, a file of it that is open answers ESRCH where it would have to be made anew, a directory is
// empty, and a lookup in it ESRCH, as on Linux.
// The links cwd, root and fd/N lead to the files themselves. Who may follow and read them: root and the process's own user.
// See: proc_pid(5); Linux fs/proc/base.c, fd.c.

import { descriptorKind, descriptorOwner, OWNER_CNK } from '../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { COMM_MAX, type Process } from '../kernel/process.ts';
import type { Caller } from './caller.ts';
import type { DirectorySink, FileDescription } from './description.ts';
import type { Inode, MagicTarget } from './inode.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY, S_IFCHR, S_IFDIR, S_IFLNK, S_IFREG } from './mode.ts';
import { pathOfDirectory, pathOfOpen } from './paths.ts';
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
} from './procfs-inodes.ts';
import { mountinfoText, mountsText } from './procfs-mounts-text.ts';
import { fdinfoText, isKernel, limitsText, mapsText, statmText, statText, statusText } from './procfs-process-text.ts';

/**
 * Inode numbers of a process: 2²¹ of them.
 *
 *     0 itself | 1… its entries | 64 the thread's directory | 65… its entries | 2¹⁸ k … of descriptors: fd, fdinfo,
 *     and the thread's
 */
const INOS = 2 ** 21;
const THREAD = 64;
const DESCRIPTORS = 2 ** 18;
/** Linux shows this size for each link in fd. */
const LINK_SIZE = 64;
const TYPE_SHIFT = 12;

/** Inode number of a process's directory. */
export function firstInoOf(pid: number): number {
  return pid * INOS;
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
  constructor(place: Place, process: Process) {
    super(place, process, THREAD_ENTRIES, firstInoOf(process.pid) + THREAD + 1);
  }
}

/** `task`: a process has one thread, of its own number. */
class TaskDirectory extends ProcDirectory {
  readonly #process: Process;
  readonly #thread: ThreadDirectory;

  constructor(place: Place, process: Process) {
    super(place);
    this.nlink = 3;
    this.#process = process;
    const ino = firstInoOf(process.pid) + THREAD;
    this.#thread = new ThreadDirectory({ ...place, above: this, ino }, process);
  }

  override lookup(_caller: Caller, name: string): Inode | number {
    if (this.#process.hasEnded) return -Errno.ESRCH;
    return name === `${this.#process.pid}` ? this.#thread : -Errno.ENOENT;
  }

  list(_caller: Caller, cookie: number, sink: DirectorySink): number {
    const { ino, mode } = this.#thread;
    if (cookie === FIRST_NAME) sink.entry(`${this.#process.pid}`, ino, mode, FIRST_NAME + 1);
    return 0;
  }

  override ended(): number | undefined {
    return this.#process.hasEnded ? 0 : undefined;
  }
}

/** `fd` and `fdinfo`: a name for each descriptor. */
abstract class DescriptorDirectory extends ProcDirectory {
  readonly process: Process;
  readonly #firstIno: number;

  constructor(place: Place, process: Process, area: number) {
    super(place);
    this.process = process;
    this.#firstIno = firstInoOf(process.pid) + area * DESCRIPTORS;
  }

  override lookup(_caller: Caller, name: string): Inode | number {
    const { fileSystem, uid, gid } = this;
    if (!/^(0|[1-9]\d{0,8})$/.test(name)) return this.process.hasEnded ? this.lost : -Errno.ENOENT;
    const fd = Number(name);
    if (this.process.hasEnded) return this.lost;
    if (!this.has(fd)) return -Errno.ENOENT;
    return this.make(fd, { fileSystem, above: this, ino: this.#firstIno + fd, mode: this.modeOf(fd), uid, gid });
  }

  list(_caller: Caller, cookie: number, sink: DirectorySink): number {
    for (let fd = cookie - FIRST_NAME; fd < this.process.descriptors.table.length; fd++) {
      if (!this.has(fd)) continue;
      if (!sink.entry(`${fd}`, this.#firstIno + fd, this.modeOf(fd), FIRST_NAME + fd + 1)) return 0;
    }
    return 0;
  }

  /** −errno of a lookup once the process has ended. */
  protected abstract readonly lost: number;
  protected abstract has(fd: number): boolean;
  protected abstract modeOf(fd: number): number;
  protected abstract make(fd: number, place: Place): Inode;
}

class FdDirectory extends DescriptorDirectory {
  protected readonly lost = -Errno.ENOENT;

  /** Linux: as many as are open. */
  override refresh(): number {
    this.size = 0;
    for (let fd = 0; fd < this.process.descriptors.table.length; fd++) if (this.has(fd)) this.size++;
    return 0;
  }

  override ended(): number | undefined {
    return this.process.hasEnded ? -Errno.ENOENT : undefined;
  }

  protected has(fd: number): boolean {
    const { descriptors } = this.process;
    return descriptors.get(fd) !== undefined || descriptorOwner(descriptors.table, fd) === OWNER_CNK;
  }

  protected modeOf(fd: number): number {
    const access = this.process.descriptors.get(fd)?.flags;
    return S_IFLNK | (access === undefined ? 0o700 : permissionsOf(access & O_ACCMODE));
  }

  protected make(fd: number, place: Place): Inode {
    const { process } = this;
    const link = new ProcMagicLink(
      place,
      (caller) => {
        if (!mayInspect(caller, process)) return -Errno.EACCES;
        const description = openOf(process, fd);
        if (description !== undefined) return pathOfOpen(process.namespace, description);
        return isStaged(process, fd) ? labelOfStaged(process, fd) : -Errno.ENOENT;
      },
      (caller) => {
        if (!mayInspect(caller, process)) return -Errno.EACCES;
        // What CNK has open lives in the guest's worker.
        return openOf(process, fd) ?? (isStaged(process, fd) ? -Errno.ENXIO : -Errno.ENOENT);
      },
    );
    link.size = LINK_SIZE;
    return link;
  }
}

/** Offset and flags: of Linux's own only, since CNK's are in the guest's worker. */
class FdinfoDirectory extends DescriptorDirectory {
  protected readonly lost = -Errno.ESRCH;

  override ended(): number | undefined {
    return this.process.hasEnded ? 0 : undefined;
  }

  protected has(fd: number): boolean {
    return openOf(this.process, fd) !== undefined;
  }

  protected modeOf(): number {
    return S_IFREG | 0o444;
  }

  protected make(fd: number, place: Place): Inode {
    const { process } = this;
    return new ProcFile(place, {
      make: () => {
        const description = openOf(process, fd);
        return description === undefined ? -Errno.ENOENT : fdinfoText(description);
      },
      mayOpen: (caller) => mayOpenPrivate(caller, process),
      refusal: -Errno.EINVAL,
      hasEnd: false,
    });
  }
}

function openOf({ hasEnded, descriptors }: Process, fd: number): FileDescription | undefined {
  return hasEnded ? undefined : descriptors.get(fd);
}

function isStaged({ hasEnded, descriptors }: Process, fd: number): boolean {
  return !hasEnded && descriptorOwner(descriptors.table, fd) === OWNER_CNK;
}

function labelOfStaged({ descriptors }: Process, fd: number): string {
  const isDevice = descriptorKind(descriptors.table, fd) << TYPE_SHIFT === S_IFCHR;
  return `anon_inode:[staged ${isDevice ? 'device' : 'file'}]`;
}

function permissionsOf(access: number): number {
  if (access === O_RDONLY) return 0o500;
  return access === O_WRONLY ? 0o300 : 0o700;
}

/** Linux's ptrace_may_access, as far as there are users. */
function mayInspect({ uid }: Caller, process: Process): boolean {
  return uid === 0 || uid === process.uid;
}

function mayOpenPrivate(caller: Caller, process: Process): number {
  return mayInspect(caller, process) ? 0 : -Errno.EACCES;
}

type Entry = ProcEntry<Process>;

interface FileOptions {
  readonly mode?: number;
  /** Only root and the process's own user may open it, whatever the mode says. */
  readonly isPrivate?: boolean;
  readonly hasEnd?: boolean;
  readonly write?: (process: Process, caller: Caller, bytes: Uint8Array<ArrayBuffer>, source: ProcSource) => number;
  /** What it reads as once the process has ended: −errno, or the end of the file. Default −ESRCH. */
  readonly lost?: number;
}

function file(
  name: string,
  text: (process: Process, source: ProcSource) => string | Uint8Array | number,
  { mode = 0o444, isPrivate = false, hasEnd = false, write, lost = -Errno.ESRCH }: FileOptions = {},
): Entry {
  return {
    name,
    mode: S_IFREG | mode,
    make: (process, place) => {
      const { source } = place.fileSystem;
      return new ProcFile(place, {
        make: () => (process.hasEnded && lost !== KEPT ? (lost === 0 ? '' : lost) : text(process, source)),
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
/** What it tells outlives the process. */
const KEPT = 1;

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

/** Linux: a process may rename itself, nobody else; a line break ends nothing, the sixteenth byte does. */
function writeComm(process: Process, caller: Caller, bytes: Uint8Array<ArrayBuffer>, source: ProcSource): number {
  if (source.processOf(caller) !== process) return -Errno.EINVAL;
  const end = bytes.indexOf(0);
  process.comm = bytes.slice(0, Math.min(end < 0 ? bytes.length : end, COMM_MAX));
  return bytes.length;
}

function withNewline(bytes: Uint8Array): Uint8Array {
  const line = new Uint8Array(bytes.length + 1);
  line.set(bytes);
  line[bytes.length] = 0x0a;
  return line;
}

/** @param areas of inode numbers for fd and fdinfo */
function commonEntries(fdArea: number, fdinfoArea: number): Entry[] {
  return [
    directory('fd', 0o500, (place, process) => new FdDirectory(place, process, fdArea)),
    directory('fdinfo', 0o555, (place, process) => new FdinfoDirectory(place, process, fdinfoArea)),
    file('environ', (process) => (isKernel(process) ? -Errno.ESRCH : process.env.bytes), {
      mode: 0o400,
      isPrivate: true,
      hasEnd: true,
      lost: 0,
    }),
    file('status', statusText),
    file('limits', limitsText),
    file('comm', ({ comm }) => withNewline(comm), { mode: 0o644, write: writeComm }),
    file('cmdline', ({ args }) => args.bytes, { hasEnd: true }),
    file('stat', statText),
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
    file('mounts', ({ namespace }) => mountsText(namespace), { lost: KEPT }),
    file('mountinfo', ({ namespace }) => mountinfoText(namespace), { lost: KEPT }),
  ];
}

const PROCESS: readonly Entry[] = [
  directory('task', 0o555, (place, process) => new TaskDirectory(place, process)),
  ...commonEntries(1, 2),
];
const THREAD_ENTRIES: readonly Entry[] = commonEntries(3, 4);
