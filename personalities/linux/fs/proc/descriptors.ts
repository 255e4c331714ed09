// /proc/PID/fd and fdinfo: a name for each descriptor of the one shared table. Links in fd lead to the open files
// themselves, each to a description of its own; of what CNK owns (staged files) the table tells the kind alone: those links
// cannot be followed, and fdinfo leaves them out.
// See: proc_pid_fd(5), proc_pid_fdinfo(5); Linux fs/proc/fd.c.

import { descriptorKind, descriptorOwner, OWNER_CNK } from '../../../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../../../runtime/abi/errno.ts';
import type { Process } from '../../kernel/process.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { DirectorySink, FileDescription, Inode } from '../../vfs/inode.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY, S_IFCHR, S_IFLNK, S_IFREG } from '../../vfs/mode.ts';
import { pathOfOpen } from '../../vfs/paths.ts';
import { FIRST_NAME, type Place, ProcDirectory, ProcFile, ProcMagicLink } from './inodes.ts';
import { fdinfoText } from './process-text.ts';

/** Linux shows this size for each link. */
const LINK_SIZE = 64;
const TYPE_SHIFT = 12;

abstract class DescriptorDirectory extends ProcDirectory {
  readonly process: Process;
  readonly #firstIno: number;

  /** @param firstIno inode number of descriptor 0 */
  constructor(place: Place, process: Process, firstIno: number) {
    super(place);
    this.process = process;
    this.#firstIno = firstIno;
  }

  override lookup(_caller: Caller, name: string): Inode | number {
    const { fileSystem, uid, gid } = this;
    if (this.process.hasEnded) return this.lost;
    const fd = /^(0|[1-9]\d{0,8})$/.test(name) ? Number(name) : -1;
    if (!this.has(fd)) return -Errno.ENOENT;
    return this.make(fd, { fileSystem, above: this, ino: this.#firstIno + fd, mode: this.modeOf(fd), uid, gid });
  }

  list(_caller: Caller, cookie: number, sink: DirectorySink): number {
    for (let fd = cookie - FIRST_NAME; fd < this.process.descriptors.limit; fd++) {
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

export class FdDirectory extends DescriptorDirectory {
  protected readonly lost = -Errno.ENOENT;

  /** Linux: as many as are open. */
  override refresh(): number {
    this.size = 0;
    for (let fd = 0; fd < this.process.descriptors.limit; fd++) if (this.has(fd)) this.size++;
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
export class FdinfoDirectory extends DescriptorDirectory {
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
        return description === undefined
          ? -Errno.ENOENT
          : fdinfoText(description, process.descriptors.isClosedOnExec(fd));
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
export function mayInspect({ uid }: Caller, process: Process): boolean {
  return uid === 0 || uid === process.uid;
}

export function mayOpenPrivate(caller: Caller, process: Process): number {
  return mayInspect(caller, process) ? 0 : -Errno.EACCES;
}
