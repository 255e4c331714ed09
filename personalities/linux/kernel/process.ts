// A process in Linux's table, whichever personality runs it: identity, credentials, working directory, mounts, descriptors.
// Used by Linux's thread alone; only the descriptor table's words are shared.

import type { Pid } from '../../../runtime/abi/types.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { StringVector } from '../../../runtime/memory/string-vector.ts';
import type { Inode } from '../vfs/inode.ts';
import type { LockHolder } from '../vfs/locks.ts';
import type { MountNamespace } from '../vfs/mounts.ts';
import { encodeName } from '../vfs/names.ts';
import { Allowance } from '../vfs/quota.ts';
import { Descriptors, type StatOf } from './descriptors.ts';

/** Limits of a process's own. */
export interface ProcessLimits {
  /** Bytes that it may add to files in memory; default: no fewer than there are. */
  readonly storage?: number;
  /** A call of the process was refused because of one of them. */
  onRefused(limit: 'storage' | 'openFiles'): void;
}

/** A core on which threads of a process run: their context. */
interface Thread {
  /** 0: none runs there now. */
  readonly tid: number;
  readonly memory: GuestMemory;
  readonly isInterruptible: boolean;
  clear(): void;
}

/** What a process begins with. */
export interface ProcessState {
  readonly pid: Pid;
  readonly args: StringVector;
  /** `NAME=VALUE`s. */
  readonly env: StringVector;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
  readonly umask: number;
  readonly namespace: MountNamespace;
  readonly workingDirectory: Inode;
  readonly descriptors: Int32Array;
  readonly statOf: StatOf;
  /** At most 15 bytes. */
  readonly comm: Uint8Array<ArrayBuffer>;
  /** By the monotonic clock. */
  readonly startedNs: number;
  readonly limits?: ProcessLimits | undefined;
}

/** The file in /proc/PID that holds the environment, a variable a line. */
export const ENVIRONMENT_LINES = 'environ_lines';

/** Most bytes of a process's name. */
export const COMM_MAX = 15;

/** A process's name at its start: the last part of its program's, cut. */
export function commOf(program: string): Uint8Array<ArrayBuffer> {
  const parts = program.split('/').filter((part) => part !== '');
  return encodeName(parts.at(-1) ?? program).slice(0, COMM_MAX);
}

export class Process implements LockHolder {
  readonly pid: Pid;
  readonly args: StringVector;
  readonly env: StringVector;
  /** Effective identities: what files are judged by. Changed by syscalls/identity. */
  uid: number;
  gid: number;
  realUid: number;
  realGid: number;
  savedUid: number;
  savedGid: number;
  groups: readonly number[];
  umask: number;
  readonly namespace: MountNamespace;
  /** Of the kernel's own process another once (see embedder/mount-steps, rootSteps). */
  root: Inode;
  workingDirectory: Inode;
  /** Where chroot(2) has changed it. */
  #changedRoot: Inode | undefined;
  readonly descriptors: Descriptors;
  /** The guest names of preopened directories, by descriptor. */
  readonly preopens = new Map<number, Uint8Array>();
  readonly threads = new Set<Thread>();
  /** By id, of those but the first that were given one. */
  readonly #threadNames = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly startedNs: number;
  /** Ranges of record locks; kept by vfs/locks. */
  lockedRanges = 0;
  /** Its name in /proc, at most 15 bytes. */
  comm: Uint8Array<ArrayBuffer>;
  /** What it may add to files in memory, when that has a limit. */
  readonly allowance: Allowance | undefined;
  readonly limits: ProcessLimits | undefined;
  /** Those that were set, by the number of the resource. Kept by syscalls/resources, and niceness too. */
  readonly resourceLimits = new Map<number, { readonly current: number; readonly most: number }>();
  niceness = 0;
  /** Once it has ended. */
  waitStatus: number | undefined;

  constructor(state: ProcessState) {
    this.pid = state.pid;
    this.args = state.args;
    this.env = state.env;
    this.uid = this.realUid = this.savedUid = state.uid;
    this.gid = this.realGid = this.savedGid = state.gid;
    this.groups = state.groups;
    this.umask = state.umask;
    this.namespace = state.namespace;
    this.root = state.namespace.root;
    this.workingDirectory = state.workingDirectory;
    this.workingDirectory.hold();
    this.startedNs = state.startedNs;
    this.descriptors = new Descriptors(state.descriptors, state.statOf);
    this.comm = state.comm;
    this.limits = state.limits;
    this.allowance = state.limits?.storage === undefined ? undefined : new Allowance(state.limits.storage);
  }

  changeDirectory(directory: Inode): void {
    directory.hold();
    this.workingDirectory.drop();
    this.workingDirectory = directory;
  }

  changeRoot(directory: Inode): void {
    directory.hold();
    this.#changedRoot?.drop();
    this.#changedRoot = directory;
    this.root = directory;
  }

  /** It has ended: it holds no directories any more. */
  leaveDirectories(): void {
    this.workingDirectory.drop();
    this.#changedRoot?.drop();
  }

  /** Size of the guest's memory, in bytes; 0: it has none. */
  get memoryBytes(): number {
    for (const { memory } of this.threads) return memory.size;
    return 0;
  }

  /** Every thread is in a call of Linux that waits for an event. What a guest does elsewhere Linux does not see. */
  get isWaiting(): boolean {
    for (const { tid, isInterruptible } of this.threads) {
      if (tid !== 0 && !isInterruptible) return false;
    }
    return true;
  }

  /** A thread's name in /proc: as long as it has none of its own, the process's. */
  nameOf(tid: number): Uint8Array<ArrayBuffer> {
    return this.#threadNames.get(tid) ?? this.comm;
  }

  /** @param name at most 15 bytes */
  rename(tid: number, name: Uint8Array<ArrayBuffer>): void {
    if (tid === this.pid) {
      this.comm = name;
      return;
    }
    const { tids } = this;
    for (const other of this.#threadNames.keys()) if (!tids.includes(other)) this.#threadNames.delete(other);
    this.#threadNames.set(tid, name);
  }

  /** Ids of its threads, the first one's if nobody has told of any. */
  get tids(): readonly number[] {
    const tids = [...this.threads].map(({ tid }) => tid).filter((tid) => tid !== 0);
    return tids.length === 0 ? [this.pid] : tids;
  }

  get hasEnded(): boolean {
    return this.waitStatus !== undefined;
  }
}

/** Bytes of memory for guests: all, and those that no process has. */
export function memoryOf(
  processes: Iterable<Process>,
  machineBytes: number,
): { readonly total: number; readonly free: number } {
  let used = 0;
  for (const { memoryBytes } of processes) used += memoryBytes;
  const total = Math.max(machineBytes, used);
  return { total, free: total - used };
}
