// Our side of the oracle: the same commands as oracle.c, as calls of the kernel, by processes of one Linux.

import type { FileSystem, SyscallContext } from '../../../../personalities/linux/index.ts';
import {
  accessAt,
  find,
  setMode,
  setOwner,
  truncate,
  truncateOpen,
} from '../../../../personalities/linux/syscalls/attributes.ts';
import { copyFileRange, sendfile } from '../../../../personalities/linux/syscalls/copy.ts';
import { dup, dup2, dup3, fcntl } from '../../../../personalities/linux/syscalls/descriptors.ts';
import { chdir, fchdir, getcwd, umask } from '../../../../personalities/linux/syscalls/directories.ts';
import { allocate, seek, synchronise } from '../../../../personalities/linux/syscalls/files.ts';
import { mkdirAt, renameAt, rmdirAt, unlinkAt } from '../../../../personalities/linux/syscalls/links.ts';
import {
  F_GETLK,
  F_OFD_GETLK,
  F_OFD_SETLK,
  F_OFD_SETLKW,
  F_SETLK,
  F_SETLKW,
  type Flock,
  flock,
  getLock,
  setLock,
} from '../../../../personalities/linux/syscalls/locks.ts';
import { openAt } from '../../../../personalities/linux/syscalls/open.ts';
import { AT_OFFSET, readSegments, writeSegments } from '../../../../personalities/linux/syscalls/transfer.ts';
import type { FileDescription } from '../../../../personalities/linux/vfs/inode.ts';
import { O_CLOEXEC } from '../../../../personalities/linux/vfs/mode.ts';
import { FOLLOW } from '../../../../personalities/linux/vfs/walk.ts';
import { ERESTART, Errno } from '../../../../runtime/abi/errno.ts';
import { Segments } from '../../../../runtime/memory/segments.ts';
import { Guest } from '../harness.ts';
import type { Case } from './case.ts';

const PROCESSES = ['A', 'B', 'C', 'D'];
export const BASE = '/base';
const BUFFER = 4096;
export const LOCK_COMMANDS: Readonly<Record<string, number>> = {
  getlk: F_GETLK,
  setlk: F_SETLK,
  setlkw: F_SETLKW,
  ofd_getlk: F_OFD_GETLK,
  ofd_setlk: F_OFD_SETLK,
  ofd_setlkw: F_OFD_SETLKW,
};
export const TYPES = ['r', 'w', 'u'];

/** Runs a command of oracle.c once. @param nameOf of one of the case's processes, by its pid */
export type CommandRunner = (
  ctx: SyscallContext,
  command: string,
  words: readonly string[],
  nameOf: (pid: number) => string,
) => string | number;

/**
 * What our Linux answers to each step of a case, in its own tree or in a file system.
 *
 * @param run how commands become calls; absent: as calls of the kernel
 */
export function onOurs({ steps }: Case, fileSystem?: FileSystem, run: CommandRunner = callKernel): string[] {
  return new OurSide(fileSystem, run).run(steps);
}

interface Process {
  readonly guest: Guest;
  /** A call that waits. */
  open: (() => string | number) | undefined;
}

class OurSide {
  readonly #first = new Guest({ preopens: [] });
  readonly #processes = new Map<string, Process>();
  readonly #run: CommandRunner;

  constructor(fileSystem: FileSystem | undefined, run: CommandRunner) {
    this.#run = run;
    const { ctx, linux } = this.#first;
    if (fileSystem !== undefined) {
      linux.mount({ path: BASE, fileSystem, readOnly: false });
      return;
    }
    mkdirAt(ctx, ctx.process.root, BASE, 0o777, 0);
    find(ctx, ctx.process.root, BASE, 0);
    setMode(ctx, ctx.walk.inode, 0o777);
  }

  run(steps: readonly string[]): string[] {
    const answers = steps.map((step) => this.#step(step));
    for (const name of this.#processes.keys()) this.#kill(name);
    const { linux } = this.#first;
    if (linux.locks.size !== 0) throw new Error('locks are left');
    return answers;
  }

  #step(step: string): string {
    const [name = '', command = '', ...words] = step.split(' ');
    if (command === 'kill') {
      this.#kill(name);
      return ['killed', ...this.#settle()].join(' ');
    }
    const process = this.#process(name);
    if (process.open !== undefined) throw new Error(`blocked: ${step}`);
    process.open = () => this.#run(process.guest.ctx, command, words, (pid) => this.#nameOf(pid));
    const answer = runOnce(process) ?? 'waits';
    return [answer, ...this.#settle()].join(' ');
  }

  /** Lets calls go on that may. @returns those that are done */
  #settle(): string[] {
    const { linux } = this.#first;
    const done: string[] = [];
    for (let ctx = linux.takeRunnable(); ctx !== undefined; ctx = linux.takeRunnable()) {
      for (const [name, process] of this.#processes) {
        const answer = process.guest.ctx === ctx ? runOnce(process) : undefined;
        if (answer !== undefined) done.push(`${name}=${answer}`);
      }
    }
    return done.sort();
  }

  #process(name: string): Process {
    let process = this.#processes.get(name);
    if (process === undefined) {
      const guest = new Guest({ preopens: [], cwd: BASE, pages: 1 }, this.#first.linux);
      process = { guest, open: undefined };
      this.#processes.set(name, process);
    }
    return process;
  }

  #kill(name: string): void {
    const process = this.#processes.get(name);
    if (process === undefined) return;
    this.#first.linux.end(process.guest.process, 9);
    this.#processes.delete(name);
    if (process.guest.process.lockedRanges !== 0) throw new Error(`ranges of ${name} are left`);
  }

  #nameOf(pid: number): string {
    return PROCESSES.find((name) => this.#processes.get(name)?.guest.process.pid === pid) ?? '-1';
  }
}

function callKernel(
  ctx: SyscallContext,
  command: string,
  words: readonly string[],
  nameOf: (pid: number) => string,
): string | number {
  const { process } = ctx;
  const text = (i: number): string => (words[i] === "''" ? '' : (words[i] ?? ''));
  const number = (i: number): number => Number(words[i] ?? 0);
  const octal = (i: number): number => Number.parseInt(words[i] ?? '0', 8);
  const cwd = process.workingDirectory;
  const onPath = (run: () => number): number => {
    const result = text(0) === '' ? -Errno.ENOENT : find(ctx, cwd, text(0), FOLLOW);
    return result < 0 ? result : run();
  };
  const onFile = (run: (description: FileDescription) => string | number): string | number => {
    const description = ctx.description(number(0));
    return description === undefined ? -Errno.EBADF : run(description);
  };
  const file = (i: number): FileDescription | undefined => ctx.description(number(i));
  switch (command) {
    case 'lk':
      return onFile((of) => callLock(ctx, of, words.slice(1), nameOf));
    case 'flock':
      return onFile((of) => flock(ctx, of, number(1)));
    case 'open':
      return open(ctx, text(0), octal(1), octal(2));
    case 'close':
      return process.descriptors.close(number(0));
    case 'dup':
      return dup(ctx, number(0));
    case 'dup2':
      return dup2(ctx, number(0), number(1));
    case 'dup3':
      return dup3(ctx, number(0), number(1), octal(2));
    case 'fcntl':
      return fcntl(ctx, number(0), number(1), number(2));
    case 'lseek':
      return onFile((of) => seek(ctx, of, number(1), number(2)));
    case 'read':
      return onFile((of) => read(ctx, of, number(1), AT_OFFSET));
    case 'pread':
      return onFile((of) => read(ctx, of, number(1), number(2)));
    case 'write':
      return onFile((of) => write(ctx, of, text(1), AT_OFFSET));
    case 'pwrite':
      return onFile((of) => write(ctx, of, text(1), number(2)));
    case 'ftruncate':
      return onFile((of) => truncateOpen(ctx, of, number(1)));
    case 'fallocate':
      return onFile((of) => allocate(ctx, of, number(1), number(2)));
    case 'fsync':
      return onFile((of) => synchronise(ctx, of, false));
    case 'fdatasync':
      return onFile((of) => synchronise(ctx, of, true));
    case 'fchdir':
      return onFile((of) => fchdir(ctx, of));
    case 'stat':
      return tellStat(
        ctx,
        onPath(() => 0),
      );
    case 'chmod':
      return onPath(() => setMode(ctx, ctx.walk.inode, octal(1)));
    case 'chown':
      return onPath(() => setOwner(ctx, ctx.walk.inode, number(1), number(2)));
    case 'truncate':
      return onPath(() => truncate(ctx, ctx.walk.inode, number(1)));
    case 'access':
      return accessAt(ctx, cwd, text(0), number(1), FOLLOW);
    case 'mkdir':
      return mkdirAt(ctx, cwd, text(0), octal(1), 0);
    case 'rmdir':
      return rmdirAt(ctx, cwd, text(0), 0);
    case 'unlink':
      return unlinkAt(ctx, cwd, text(0), 0);
    case 'rename':
      return renameAt(ctx, cwd, text(0), cwd, text(1), 0);
    case 'chdir':
      return chdir(ctx, text(0));
    case 'umask':
      return umask(ctx, octal(0));
    case 'getcwd': {
      const path = getcwd(ctx);
      return typeof path === 'number' ? path : `.${path.startsWith(BASE) ? path.slice(BASE.length) : path}`;
    }
    case 'id':
      process.uid = number(0);
      process.gid = number(1);
      process.groups = words.slice(2).map(Number);
      return 0;
    case 'cfr': {
      const [source, target] = [file(0), file(2)];
      if (source === undefined || target === undefined) return -Errno.EBADF;
      return copyFileRange(ctx, source, position(number(1)), target, position(number(3)), number(4));
    }
    case 'sendfile': {
      const [target, source] = [file(0), file(1)];
      if (source === undefined || target === undefined) return -Errno.EBADF;
      return sendfile(ctx, target, source, position(number(2)), number(3));
    }
    default:
      throw new Error(`no command ${command}`);
  }
}

function callLock(
  ctx: SyscallContext,
  description: FileDescription,
  words: readonly string[],
  nameOf: (pid: number) => string,
): string | number {
  const [name = '', type = '', whence = '0', start = '0', length = '0', pid = '0'] = words;
  const command = LOCK_COMMANDS[name] ?? -1;
  const lock: Flock = {
    type: TYPES.includes(type) ? TYPES.indexOf(type) : Number(type),
    whence: Number(whence),
    start: BigInt(start),
    length: BigInt(length),
    pid: Number(pid),
  };
  if (command !== F_GETLK && command !== F_OFD_GETLK) return setLock(ctx, description, command, lock);
  const result = getLock(ctx, description, command, lock);
  if (result < 0) return result;
  const who = lock.type === TYPES.indexOf('u') ? '-' : nameOf(lock.pid);
  return `${TYPES[lock.type]} ${lock.whence} ${lock.start} ${lock.length} ${who}`;
}

function tellStat({ walk }: SyscallContext, found: number): string | number {
  if (found < 0) return found;
  const { mode, uid, gid, size, isDirectory } = walk.inode;
  return `${mode.toString(8)} ${uid}:${gid} ${isDirectory ? 0 : size}`;
}

/** Runs a process's open call once. @returns its answer; undefined: it waits */
function runOnce(process: Process): string | undefined {
  const answer = process.open?.();
  if (answer === undefined || answer === -ERESTART) return undefined;
  process.open = undefined;
  const { linux, ctx } = process.guest;
  linux.completed(ctx);
  return String(answer);
}

/** As an ABI does: the number first, then the file. */
function open(ctx: SyscallContext, path: string, flags: number, mode: number): number {
  const { descriptors, workingDirectory } = ctx.process;
  const fd = descriptors.claim();
  if (fd < 0) return fd;
  const description = openAt(ctx, workingDirectory, path, flags, mode, 0);
  if (typeof description === 'number') {
    descriptors.abandon(fd);
    return description;
  }
  descriptors.fill(fd, description, (flags & O_CLOEXEC) !== 0);
  return fd;
}

function position(offset: number): number {
  return offset === -1 ? AT_OFFSET : offset < 0 ? -2 : offset;
}

function read(ctx: SyscallContext, description: FileDescription, length: number, at: number): string | number {
  const result = readSegments(ctx, description, oneSegment(length), at);
  if (result < 0) return result;
  const text = new TextDecoder('latin1').decode(ctx.memory.copyOut(BUFFER, result));
  return `"${text.replaceAll('\0', '.')}"`;
}

function write(ctx: SyscallContext, description: FileDescription, text: string, at: number): number {
  const bytes = new TextEncoder().encode(text);
  ctx.memory.copyIn(BUFFER, bytes);
  return writeSegments(ctx, description, oneSegment(bytes.length), at);
}

function oneSegment(length: number): Segments {
  const segments = new Segments();
  segments.addresses[0] = BUFFER;
  segments.lengths[0] = length;
  segments.count = 1;
  return segments;
}
