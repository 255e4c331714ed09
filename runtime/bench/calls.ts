// The calls that `fusedos bench syscalls` measures, each as what a guest does around and in a batch. Only the list.
// Descriptor 3 is an empty directory, 4 is /dev, under every host (see hosts.ts).

import { OFLAGS, RIGHTS } from '../abi/wasi/types.ts';
import { BUFFER, BUFFER_BYTES, type GuestPlan, type Operation } from './guest.ts';

/** Calls a batch. */
export const BATCH = 64;

export interface MeasuredCall {
  /** For `--calls`. */
  readonly id: string;
  /** As the tables print it. */
  readonly title: string;
  /** Bytes that a call moves; 0: none. */
  readonly bytes: number;
  readonly plan: GuestPlan;
}

const DIRECTORY = 3;
const DEVICES = 4;
/** Guest addresses. */
const FD = 64;
const OPENED = 68;
const COUNT = 72;
const OUT = 128;
const IOVEC = 256;
const PATH = 512;
/** BATCH buffers. */
const IOVECS = 1024;
const NAMES = 8192;

const NOTHING: GuestPlan = { data: [], entries: [], populate: [], prepare: [], reset: [], measured: [], finish: [] };
const FILE_NAME = 'measured';
const FILE_RIGHTS = RIGHTS.FD_READ | RIGHTS.FD_WRITE | RIGHTS.FD_SEEK | RIGHTS.FD_FILESTAT_SET_SIZE;
const CLOSE: Operation = { call: 'fd_close', operands: [{ load: FD }] };
const REWIND: Operation = { call: 'fd_seek', operands: [{ load: FD }, 0n, 0, OUT] };
const EMPTY: Operation = { call: 'fd_filestat_set_size', operands: [{ load: FD }, 0n] };

function open(directory: number, path: string, rights: number, flags: number, into: number): Operation {
  const operands = [directory, 0, PATH, path.length, flags, BigInt(rights), 0n, 0, into];
  return { call: 'path_open', operands };
}

function text(at: number, value: string): { at: number; bytes: Uint8Array } {
  return { at, bytes: new TextEncoder().encode(value) };
}

/** So many iovecs, each of the same buffer. */
function buffers(at: number, count: number, length: number): { at: number; bytes: Uint8Array } {
  const words = Uint32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? BUFFER : length));
  return { at, bytes: new Uint8Array(words.buffer) };
}

function transfer(call: 'fd_read' | 'fd_write'): Operation {
  return { call, operands: [{ load: FD }, IOVEC, 1, COUNT] };
}

/** A directory with so many entries, listed whole. */
function onDirectory(count: number): GuestPlan {
  const entries = Array.from({ length: count }, (_, i) => `${10_000_000 + i}`);
  const flags = OFLAGS.CREAT | OFLAGS.EXCL;
  return {
    ...NOTHING,
    data: [text(NAMES, entries.join(''))],
    entries,
    populate: entries.flatMap(({ length }, i) => [
      {
        call: 'path_open',
        operands: [DIRECTORY, 0, NAMES + length * i, length, flags, BigInt(FILE_RIGHTS), 0n, 0, FD],
      },
      CLOSE,
    ]),
    measured: [{ call: 'fd_readdir', operands: [DIRECTORY, BUFFER, BUFFER_BYTES, 0n, COUNT] }],
  };
}

/** A file that holds one batch of transfers. */
function onFile(bytes: number, measured: Operation, reset: readonly Operation[]): GuestPlan {
  return {
    ...NOTHING,
    data: [text(PATH, FILE_NAME), buffers(IOVEC, 1, bytes), buffers(IOVECS, BATCH, bytes)],
    prepare: [
      open(DIRECTORY, FILE_NAME, FILE_RIGHTS, OFLAGS.CREAT | OFLAGS.TRUNC, FD),
      // In one call: where two spinning threads share a processor, each takes milliseconds.
      { call: 'fd_write', operands: [{ load: FD }, IOVECS, BATCH, COUNT] },
    ],
    reset,
    measured: [measured],
    finish: [EMPTY, CLOSE],
  };
}

const SIZES = [
  [8, '8 B', '8'],
  [4096, '4 KiB', '4k'],
  [65536, '64 KiB', '64k'],
] as const;

const transfers: readonly MeasuredCall[] = [
  ...SIZES.map(([bytes, size, id]) => ({
    id: `read-${id}`,
    title: `fd_read ${size}`,
    bytes,
    plan: onFile(bytes, transfer('fd_read'), [REWIND]),
  })),
  ...SIZES.map(([bytes, size, id]) => ({
    id: `write-${id}`,
    title: `fd_write ${size}, over`,
    bytes,
    plan: onFile(bytes, transfer('fd_write'), [REWIND]),
  })),
  ...SIZES.map(([bytes, size, id]) => ({
    id: `grow-${id}`,
    title: `fd_write ${size}, growing`,
    bytes,
    plan: onFile(bytes, transfer('fd_write'), [EMPTY, REWIND]),
  })),
];

/** All that are measured, in the order of the table. */
export const MEASURED_CALLS: readonly MeasuredCall[] = [
  {
    id: 'yield',
    title: 'sched_yield',
    bytes: 0,
    plan: { ...NOTHING, measured: [{ call: 'sched_yield', operands: [] }] },
  },
  {
    id: 'clock',
    title: 'clock_time_get',
    bytes: 0,
    plan: { ...NOTHING, measured: [{ call: 'clock_time_get', operands: [1, 1n, OUT] }] },
  },
  {
    id: 'linux-pid',
    title: 'SYS_getpid (Linux program)',
    bytes: 0,
    plan: { ...NOTHING, measured: [{ call: 'SYS_getpid', operands: [] }] },
  },
  {
    id: 'linux-clock',
    title: 'SYS_clock_gettime (Linux program)',
    bytes: 0,
    plan: { ...NOTHING, measured: [{ call: 'SYS_clock_gettime', operands: [1, OUT] }] },
  },
  {
    id: 'random',
    title: 'random_get 16 B',
    bytes: 16,
    plan: { ...NOTHING, measured: [{ call: 'random_get', operands: [OUT, 16] }] },
  },
  {
    id: 'fdstat',
    title: 'fd_fdstat_get',
    bytes: 0,
    plan: { ...NOTHING, measured: [{ call: 'fd_fdstat_get', operands: [DIRECTORY, OUT] }] },
  },
  {
    id: 'null',
    title: 'fd_write 1 B, null',
    bytes: 1,
    plan: {
      ...NOTHING,
      data: [text(PATH, 'null'), buffers(IOVEC, 1, 1)],
      prepare: [open(DEVICES, 'null', RIGHTS.FD_WRITE, 0, FD)],
      measured: [transfer('fd_write')],
      finish: [CLOSE],
    },
  },
  ...transfers,
  {
    id: 'open',
    title: 'path_open, fd_close',
    bytes: 0,
    plan: {
      ...onFile(8, REWIND, []),
      measured: [
        open(DIRECTORY, FILE_NAME, RIGHTS.FD_READ, 0, OPENED),
        { call: 'fd_close', operands: [{ load: OPENED }] },
      ],
    },
  },
  {
    id: 'stat',
    title: 'path_filestat_get',
    bytes: 0,
    plan: {
      ...onFile(8, REWIND, []),
      measured: [{ call: 'path_filestat_get', operands: [DIRECTORY, 0, PATH, FILE_NAME.length, OUT] }],
    },
  },
  {
    id: 'readdir',
    title: 'fd_readdir, 1,000 entries',
    bytes: 0,
    plan: onDirectory(1000),
  },
];
