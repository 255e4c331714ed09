// Constants of the Linux calls by the name of their type, for handlers, traces and the manual: x86-64's numbers, where
// architectures differ. Open flags and file modes are in the personality's vfs/mode, signals in abi/signals.
// See: Linux include/uapi/asm-generic, include/uapi/linux; musl's headers of the same names.

import type { NamedType } from '../named-type.ts';
import { Signal } from '../signals.ts';

/** How open(2) opens. Access is the low two bits. */
export const OPEN_FLAGS = {
  O_TMPFILE: 0o20200000,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_NOCTTY: 0o400,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_SYNC: 0o4010000,
  O_DSYNC: 0o10000,
  O_ASYNC: 0o20000,
  O_DIRECT: 0o40000,
  O_LARGEFILE: 0o100000,
  O_DIRECTORY: 0o200000,
  O_NOFOLLOW: 0o400000,
  O_NOATIME: 0o1000000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
} as const;

/** In the place of a directory's descriptor: the working directory. */
export const AT_FDCWD = -100;

/** Flags of the calls whose names end in `at`. AT_EACCESS is faccessat's, AT_REMOVEDIR unlinkat's: one bit. */
export const AT_FLAGS = {
  AT_SYMLINK_NOFOLLOW: 0x100,
  AT_REMOVEDIR: 0x200,
  AT_SYMLINK_FOLLOW: 0x400,
  AT_NO_AUTOMOUNT: 0x800,
  AT_EMPTY_PATH: 0x1000,
} as const;
export const AT_EACCESS = 0x200;
/** Bits of statx that say how fresh attributes must be. */
export const AT_STATX_SYNC_TYPE = 0x6000;

export const RENAME_FLAGS = { RENAME_NOREPLACE: 1, RENAME_EXCHANGE: 2, RENAME_WHITEOUT: 4 } as const;

export const SEEK = { SEEK_SET: 0, SEEK_CUR: 1, SEEK_END: 2, SEEK_DATA: 3, SEEK_HOLE: 4 } as const;

export const FCNTL_COMMANDS = {
  F_DUPFD: 0,
  F_GETFD: 1,
  F_SETFD: 2,
  F_GETFL: 3,
  F_SETFL: 4,
  F_GETLK: 5,
  F_SETLK: 6,
  F_SETLKW: 7,
  F_SETOWN: 8,
  F_GETOWN: 9,
  F_OFD_GETLK: 36,
  F_OFD_SETLK: 37,
  F_OFD_SETLKW: 38,
  F_DUPFD_CLOEXEC: 1030,
} as const;

export const IOCTL_REQUESTS = {
  TCGETS: 0x5401,
  TCSETS: 0x5402,
  TCSETSW: 0x5403,
  TCSETSF: 0x5404,
  TIOCGPGRP: 0x540f,
  TIOCSPGRP: 0x5410,
  TIOCGWINSZ: 0x5413,
  TIOCSWINSZ: 0x5414,
  FIONREAD: 0x541b,
  FIONBIO: 0x5421,
  FIONCLEX: 0x5450,
  FIOCLEX: 0x5451,
} as const;

export const POLL_EVENTS = {
  POLLIN: 1,
  POLLPRI: 2,
  POLLOUT: 4,
  POLLERR: 8,
  POLLHUP: 0x10,
  POLLNVAL: 0x20,
  POLLRDNORM: 0x40,
  POLLRDBAND: 0x80,
  POLLWRNORM: 0x100,
  POLLWRBAND: 0x200,
} as const;

/** Permissions that access(2) asks for; 0: whether the file exists. */
export const ACCESS = { X_OK: 1, W_OK: 2, R_OK: 4 } as const;

export const FALLOC_FLAGS = { FALLOC_FL_KEEP_SIZE: 1, FALLOC_FL_PUNCH_HOLE: 2 } as const;

/** In the nanoseconds of a time to set. */
export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;

export const CLOCKS = {
  CLOCK_REALTIME: 0,
  CLOCK_MONOTONIC: 1,
  CLOCK_PROCESS_CPUTIME_ID: 2,
  CLOCK_THREAD_CPUTIME_ID: 3,
  CLOCK_MONOTONIC_RAW: 4,
  CLOCK_REALTIME_COARSE: 5,
  CLOCK_MONOTONIC_COARSE: 6,
  CLOCK_BOOTTIME: 7,
} as const;
export const TIMER_FLAGS = { TIMER_ABSTIME: 1 } as const;
export const ITIMERS = { ITIMER_REAL: 0, ITIMER_VIRTUAL: 1, ITIMER_PROF: 2 } as const;

export const PROT = { PROT_READ: 1, PROT_WRITE: 2, PROT_EXEC: 4 } as const;
export const MAP_FLAGS = {
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_NORESERVE: 0x4000,
  MAP_POPULATE: 0x8000,
  MAP_STACK: 0x20000,
  MAP_FIXED_NOREPLACE: 0x100000,
} as const;
export const MREMAP_FLAGS = { MREMAP_MAYMOVE: 1, MREMAP_FIXED: 2 } as const;

export const SIGMASK_HOW = { SIG_BLOCK: 0, SIG_UNBLOCK: 1, SIG_SETMASK: 2 } as const;

/** One of the low numbers and flags: by falling number, so that a trace takes the right one. */
export const FUTEX_OPERATIONS = {
  FUTEX_CLOCK_REALTIME: 256,
  FUTEX_PRIVATE_FLAG: 128,
  FUTEX_WAKE_BITSET: 10,
  FUTEX_WAIT_BITSET: 9,
  FUTEX_UNLOCK_PI: 7,
  FUTEX_LOCK_PI: 6,
  FUTEX_WAKE_OP: 5,
  FUTEX_CMP_REQUEUE: 4,
  FUTEX_REQUEUE: 3,
  FUTEX_WAKE: 1,
  FUTEX_WAIT: 0,
} as const;

export const RESOURCES = {
  RLIMIT_CPU: 0,
  RLIMIT_FSIZE: 1,
  RLIMIT_DATA: 2,
  RLIMIT_STACK: 3,
  RLIMIT_CORE: 4,
  RLIMIT_RSS: 5,
  RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7,
  RLIMIT_MEMLOCK: 8,
  RLIMIT_AS: 9,
  RLIMIT_LOCKS: 10,
  RLIMIT_SIGPENDING: 11,
  RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13,
  RLIMIT_RTPRIO: 14,
  RLIMIT_RTTIME: 15,
} as const;

export const PRCTL_OPTIONS = { PR_SET_NAME: 15, PR_GET_NAME: 16 } as const;
export const RUSAGE_WHO = { RUSAGE_SELF: 0, RUSAGE_CHILDREN: -1, RUSAGE_THREAD: 1 } as const;
export const RANDOM_FLAGS = { GRND_NONBLOCK: 1, GRND_RANDOM: 2, GRND_INSECURE: 4 } as const;
export const FLOCK_OPERATIONS = { LOCK_SH: 1, LOCK_EX: 2, LOCK_NB: 4, LOCK_UN: 8 } as const;
export const LINUX_ADVICE = {
  POSIX_FADV_NORMAL: 0,
  POSIX_FADV_RANDOM: 1,
  POSIX_FADV_SEQUENTIAL: 2,
  POSIX_FADV_WILLNEED: 3,
  POSIX_FADV_DONTNEED: 4,
  POSIX_FADV_NOREUSE: 5,
} as const;

/** By the `type` of a row's parameter. A type of several words is Linux's alone. */
export const LINUX_NAMED_TYPES: ReadonlyMap<string, NamedType> = new Map<string, NamedType>([
  ['open flags', { form: 'flags', values: OPEN_FLAGS }],
  ['at flags', { form: 'flags', values: AT_FLAGS }],
  ['rename flags', { form: 'flags', values: RENAME_FLAGS }],
  ['seek', { form: 'enum', values: SEEK }],
  ['fcntl command', { form: 'enum', values: FCNTL_COMMANDS }],
  ['ioctl request', { form: 'enum', values: IOCTL_REQUESTS }],
  ['access mode', { form: 'flags', values: ACCESS }],
  ['fallocate mode', { form: 'flags', values: FALLOC_FLAGS }],
  ['clock', { form: 'enum', values: CLOCKS }],
  ['timer flags', { form: 'flags', values: TIMER_FLAGS }],
  ['interval timer', { form: 'enum', values: ITIMERS }],
  ['protection', { form: 'flags', values: PROT }],
  ['map flags', { form: 'flags', values: MAP_FLAGS }],
  ['mremap flags', { form: 'flags', values: MREMAP_FLAGS }],
  ['linux signal', { form: 'enum', values: Signal }],
  ['mask change', { form: 'enum', values: SIGMASK_HOW }],
  ['futex operation', { form: 'flags', values: FUTEX_OPERATIONS }],
  ['resource', { form: 'enum', values: RESOURCES }],
  ['prctl option', { form: 'enum', values: PRCTL_OPTIONS }],
  ['rusage target', { form: 'enum', values: RUSAGE_WHO }],
  ['getrandom flags', { form: 'flags', values: RANDOM_FLAGS }],
  ['flock operation', { form: 'flags', values: FLOCK_OPERATIONS }],
  ['file advice', { form: 'enum', values: LINUX_ADVICE }],
]);
