// The calls that `fusedos bench syscalls` measures, each as what a guest does around and in a batch. Only the list.
// Descriptor 3 is an empty directory, 4 is /dev, under every host (see hosts.ts).

import { OFLAGS, RIGHTS } from '../abi/wasi-types.ts';
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
const NAMES = 8192;
const NAME_BYTES = 8;

const NOTHING: GuestPlan = { data: [], prepare: [], reset: [], measured: [], finish: [] };
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

/** One buffer of so many bytes. */
function buffer(length: number): { at: number; bytes: Uint8Array } {
  return { at: IOVEC, bytes: new Uint8Array(Uint32Array.of(BUFFER, length).buffer) };
}

function transfer(call: 'fd_read' | 'fd_write', times = 1): Operation {
  return { call, operands: [{ load: FD }, IOVEC, 1, COUNT], times };
}

/** A directory with so many entries, listed whole. */
function onDirectory(entries: number): GuestPlan {
  const names = Array.from({ length: entries }, (_, i) => `${10_000_000 + i}`);
  const at = (i: number): number => NAMES + NAME_BYTES * i;
  const flags = OFLAGS.CREAT | OFLAGS.EXCL;
  return {
    data: [text(NAMES, names.join(''))],
    prepare: names.flatMap((_, i) => [
      { call: 'path_open', operands: [DIRECTORY, 0, at(i), NAME_BYTES, flags, BigInt(FILE_RIGHTS), 0n, 0, FD] },
      CLOSE,
    ]),
    reset: [],
    measured: [{ call: 'fd_readdir', operands: [DIRECTORY, BUFFER, BUFFER_BYTES, 0n, COUNT] }],
    finish: names.map((_, i) => ({ call: 'path_unlink_file', operands: [DIRECTORY, at(i), NAME_BYTES] })),
  };
}

/** A file that holds one batch of transfers. */
function onFile(bytes: number, measured: Operation, reset: readonly Operation[]): GuestPlan {
  return {
    data: [text(PATH, FILE_NAME), buffer(bytes)],
    prepare: [open(DIRECTORY, FILE_NAME, FILE_RIGHTS, OFLAGS.CREAT | OFLAGS.TRUNC, FD), transfer('fd_write', BATCH)],
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
      data: [text(PATH, 'null'), buffer(1)],
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
