// What a Linux, and each process of it, is made with.

import type { Pid } from '../../runtime/abi/types.ts';
import type { ClockSource } from './kernel/clock.ts';
import type { MachineFacts } from './kernel/machine-facts.ts';
import type { Process, ProcessLimits } from './kernel/process.ts';
import type { Stdio } from './kernel/stdio.ts';
import type { FileSystem } from './vfs/inode.ts';

export type { MachineFacts } from './kernel/machine-facts.ts';

export interface LinuxOptions {
  readonly clock: ClockSource;
  /**
   * `poll` is called between any two looks for calls, so the times of files are those of the last `poll`: a look at the clock
   * costs a third of a short write. Linux too stamps files with the time of its last tick, up to 4 ms ago.
   */
  readonly isPolled?: boolean;
  /** Fills memory that nobody shares with random bytes fit for cryptography. */
  random(into: Uint8Array<ArrayBuffer>): void;
  /** Storage of the tree in memory, in bytes. */
  readonly quotaBytes: number;
  readonly hostname?: string;
  /** Default: one application core, and the memory that a guest can address. */
  readonly machine?: MachineFacts;
  /** A process has ended, whoever ended it; its descriptors are closed, its memory is not touched again. */
  onExit(process: Process, waitStatus: number): void;
  /** A bug of ours. */
  onBug(report: string): void;
}

export interface MountSpec {
  readonly path: string;
  readonly fileSystem: FileSystem;
  readonly readOnly: boolean;
}

export interface ProcessSpec extends Stdio {
  readonly pid: Pid;
  readonly args: readonly string[];
  /** `NAME=VALUE`s. */
  readonly env: readonly string[];
  /** Absolute; `/` when absent. */
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary. */
  readonly groups?: readonly number[];
  readonly umask?: number;
  /** The shared descriptor table; one of our own when absent. Nothing of ours may be in it. */
  readonly descriptors?: Int32Array;
  /** Limits of its own; the length of `descriptors` is one too. */
  readonly limits?: ProcessLimits;
  /** Directories that are open from the start, from descriptor 3 on: the guest's name for it, and its path. */
  readonly preopens: readonly { readonly name: string; readonly path: string }[];
  /** Seen by this process alone. */
  readonly mounts?: readonly MountSpec[];
}
