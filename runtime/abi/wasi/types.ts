// Constants of WASI preview 1, by the name of their type, and the names that traces print for them; where `wasi_unstable`
// has others, the name ends so. Layouts of structs are in structs.ts, error numbers in errno.ts, signals in signals.ts.
// See: WASI preview 1 and preview 0 witx, `typenames`.

import type { NamedType } from '../named-type.ts';
import { signalFromWasi, signalName } from '../signals.ts';

/** File type of a descriptor or file. */
export const FILETYPE = {
  UNKNOWN: 0,
  BLOCK_DEVICE: 1,
  CHARACTER_DEVICE: 2,
  DIRECTORY: 3,
  REGULAR_FILE: 4,
  SOCKET_DGRAM: 5,
  SOCKET_STREAM: 6,
  SYMBOLIC_LINK: 7,
} as const;

/** How path_open opens. */
export const OFLAGS = { CREAT: 1, DIRECTORY: 2, EXCL: 4, TRUNC: 8 } as const;

/** Flags of an open file description. */
export const FDFLAGS = { APPEND: 1, DSYNC: 2, NONBLOCK: 4, RSYNC: 8, SYNC: 16 } as const;

/** How the last name of a path is resolved. */
export const LOOKUPFLAGS = { SYMLINK_FOLLOW: 1 } as const;

/**
 * What may be done with a descriptor. At the ABI a u64; all defined bits are in the low 30, so inside a number holds them.
 */
export const RIGHTS = {
  FD_DATASYNC: 1 << 0,
  FD_READ: 1 << 1,
  FD_SEEK: 1 << 2,
  FD_FDSTAT_SET_FLAGS: 1 << 3,
  FD_SYNC: 1 << 4,
  FD_TELL: 1 << 5,
  FD_WRITE: 1 << 6,
  FD_ADVISE: 1 << 7,
  FD_ALLOCATE: 1 << 8,
  PATH_CREATE_DIRECTORY: 1 << 9,
  PATH_CREATE_FILE: 1 << 10,
  PATH_LINK_SOURCE: 1 << 11,
  PATH_LINK_TARGET: 1 << 12,
  PATH_OPEN: 1 << 13,
  FD_READDIR: 1 << 14,
  PATH_READLINK: 1 << 15,
  PATH_RENAME_SOURCE: 1 << 16,
  PATH_RENAME_TARGET: 1 << 17,
  PATH_FILESTAT_GET: 1 << 18,
  PATH_FILESTAT_SET_SIZE: 1 << 19,
  PATH_FILESTAT_SET_TIMES: 1 << 20,
  FD_FILESTAT_GET: 1 << 21,
  FD_FILESTAT_SET_SIZE: 1 << 22,
  FD_FILESTAT_SET_TIMES: 1 << 23,
  PATH_SYMLINK: 1 << 24,
  PATH_REMOVE_DIRECTORY: 1 << 25,
  PATH_UNLINK_FILE: 1 << 26,
  POLL_FD_READWRITE: 1 << 27,
  SOCK_SHUTDOWN: 1 << 28,
  SOCK_ACCEPT: 1 << 29,
} as const;

/** The rights of `wasi_unstable`. */
const { SOCK_ACCEPT: _, ...RIGHTS_UNSTABLE } = RIGHTS;

export const CLOCKID = { REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME_ID: 2, THREAD_CPUTIME_ID: 3 } as const;

/** The base of fd_seek's offset. */
export const WHENCE = { SET: 0, CUR: 1, END: 2 } as const;
export const WHENCE_UNSTABLE = { CUR: 0, END: 1, SET: 2 } as const;

/** Which times are set, and whether to the given or to the present one. */
export const FSTFLAGS = { ATIM: 1, ATIM_NOW: 2, MTIM: 4, MTIM_NOW: 8 } as const;

export const ADVICE = { NORMAL: 0, SEQUENTIAL: 1, RANDOM: 2, WILLNEED: 3, DONTNEED: 4, NOREUSE: 5 } as const;

/** Tag of a subscription and of an event. */
export const EVENTTYPE = { CLOCK: 0, FD_READ: 1, FD_WRITE: 2 } as const;

/** State of the descriptor of an event. */
export const EVENTRWFLAGS = { FD_READWRITE_HANGUP: 1 } as const;

/** How the timeout of a clock subscription is meant. */
export const SUBCLOCKFLAGS = { SUBSCRIPTION_CLOCK_ABSTIME: 1 } as const;

/** Tag of a prestat. */
export const PREOPENTYPE = { DIR: 0 } as const;

/** Flags given to sock_recv. */
export const RIFLAGS = { RECV_PEEK: 1, RECV_WAITALL: 2 } as const;

/** Flags returned by sock_recv. */
export const ROFLAGS = { RECV_DATA_TRUNCATED: 1 } as const;

/** Flags given to sock_send: none is defined. */
export const SIFLAGS = {} as const;

/** Which directions sock_shutdown ends. */
export const SDFLAGS = { RD: 1, WR: 2 } as const;

const LAST_SIGNAL = 30;

/** By the `type` of a row's parameter. Types that are plain numbers are absent. Those of all ABIs: see abi/named-types. */
export const NAMED_TYPES: ReadonlyMap<string, NamedType> = new Map<string, NamedType>([
  ['clockid', { form: 'enum', values: CLOCKID }],
  ['whence', { form: 'enum', values: WHENCE }],
  ['whence_unstable', { form: 'enum', values: WHENCE_UNSTABLE }],
  ['advice', { form: 'enum', values: ADVICE }],
  ['signal', { form: 'enum', values: signalValues() }],
  ['oflags', { form: 'flags', values: OFLAGS }],
  ['fdflags', { form: 'flags', values: FDFLAGS }],
  ['lookupflags', { form: 'flags', values: LOOKUPFLAGS }],
  ['fstflags', { form: 'flags', values: FSTFLAGS }],
  ['rights', { form: 'flags', values: RIGHTS }],
  ['rights_unstable', { form: 'flags', values: RIGHTS_UNSTABLE }],
  ['riflags', { form: 'flags', values: RIFLAGS }],
  ['siflags', { form: 'flags', values: SIFLAGS }],
  ['sdflags', { form: 'flags', values: SDFLAGS }],
]);

/** WASI's number of each signal that it has. */
function signalValues(): { readonly [name: string]: number } {
  const values: { [name: string]: number } = {};
  for (let number = 1; number <= LAST_SIGNAL; number++) {
    const name = signalName(signalFromWasi(number));
    if (name !== undefined) values[name] = number;
  }
  return values;
}
