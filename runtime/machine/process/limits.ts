// The limits of one program: what a user may set, what workers are told of it, and which of them it ran into. Two kinds: what
// ends a program (time, processor time, output), and what its calls are refused beyond (files, descriptors, memory), which it
// sees as an error.

import { DESCRIPTORS } from '../../channel/layout.ts';
import { LIMIT, type ProcessBlock } from '../../process/block.ts';
import { integerFrom, oneOf, type Readers, readCount, readDuration } from '../values/option-readers.ts';
import { startTimer } from '../values/timer.ts';

export interface RunLimits {
  /** Ends the process by SIGKILL after so long. Default: Infinity, no limit. */
  readonly timeoutMs?: number;
  /**
   * Ends the process by SIGXCPU when it has run so long, its sleeps and waits for calls not counted. On a host that is busy, the
   * time that it waits for a processor counts. Default: Infinity, no limit.
   */
  readonly cpuMs?: number;
  /**
   * Most bytes of stdout and stderr together; what comes after them is dropped. Default: 64 MiB for `run`, which keeps them;
   * Infinity, no limit, for `spawn`.
   */
  readonly maxOutput?: number;
  /** What becomes of a program that writes more: `end`, the default, by SIGKILL; `truncate`: it goes on. */
  readonly outputOverflow?: 'end' | 'truncate';
  /**
   * Most bytes that it may add to files in memory: its calls fail with ENOSPC then. Each file and name counts some hundred
   * bytes. Host directories, Volumes and OPFS do not count. Default: what the machine has.
   */
  readonly storage?: number;
  /** Most descriptors at once, 0, 1, 2 and its preopened directories included: its calls fail with EMFILE then. Default 1024. */
  readonly openFiles?: number;
}

/** A limit that a program ran into. */
export type LimitName = 'timeout' | 'cpu' | 'output' | keyof typeof LIMIT;

/** Limits that end a program from outside. */
export type EndingLimit = 'timeout' | 'cpu' | 'output';

/** What those who serve its calls are told. */
export type CallLimits = Pick<RunLimits, 'storage' | 'openFiles'>;

/** Standard streams, and a directory. */
const LEAST_DESCRIPTORS = 4;

/** For `run`, whose result keeps what a program writes. */
export const RUN_OUTPUT_BYTES = 64 * 2 ** 20;

export const RUN_LIMITS: Readers<RunLimits> = {
  timeoutMs: readDuration,
  cpuMs: readDuration,
  maxOutput: readCount,
  outputOverflow: oneOf(['end', 'truncate']),
  storage: readCount,
  openFiles: integerFrom(LEAST_DESCRIPTORS, DESCRIPTORS),
};

export function callLimitsOf({ storage, openFiles }: RunLimits): CallLimits {
  return {
    ...(storage === undefined || storage === Number.POSITIVE_INFINITY ? {} : { storage }),
    ...(openFiles === undefined ? {} : { openFiles }),
  };
}

/** Which limit a process was refused something by; the first in the order of LIMIT. */
export function refusedLimit({ refused }: ProcessBlock): LimitName | undefined {
  const names = Object.keys(LIMIT) as (keyof typeof LIMIT)[];
  return names.find((name) => (refused & LIMIT[name]) !== 0);
}

/** Between two looks at a program that has almost used its time up: it may sleep for long. */
const LOOK_MS = 5;

/**
 * Calls back once a program has run for a time.
 *
 * @param used how long it has run, in milliseconds
 * @returns what stops it
 */
export function watchRunning(limitMs: number, used: () => number, exceeded: () => void): () => void {
  if (limitMs === Number.POSITIVE_INFINITY) return () => {};
  let stop = (): void => {};
  const look = (): void => {
    const restMs = limitMs - used();
    // A program runs no faster than time goes: before that it cannot have used it up.
    if (restMs > 0) stop = startTimer(Math.max(restMs, LOOK_MS), look);
    else exceeded();
  };
  look();
  return () => stop();
}

/** Counts what a program writes. */
export class OutputBudget {
  #left: number;
  readonly #onExceeded: () => void;
  /** Something was dropped. */
  isExceeded = false;

  constructor(bytes: number, onExceeded: () => void) {
    this.#left = bytes;
    this.#onExceeded = onExceeded;
  }

  /** @returns what of a chunk is within the limit */
  keep(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (chunk.length <= this.#left) {
      this.#left -= chunk.length;
      return chunk;
    }
    const kept = chunk.slice(0, this.#left);
    this.#left = 0;
    if (!this.isExceeded) this.#onExceeded();
    this.isExceeded = true;
    return kept;
  }
}
