// Sizes and layouts of what the Linux calls read and write: the kernel's own structs of x86-64, with 32-bit pointers where a
// pointer stands (`long` and time_t have 64 bits). Every other file takes offsets from here. Little-endian, naturally aligned.
// See: Linux include/uapi, arch/x86/include/uapi; the WebAssembly Linux Interface, types.

/** Size in bytes of one element, by the name that a row's parameter uses; what WASI has of the same name is the same. */
export const LINUX_STRUCT_SIZES = {
  int: 4,
  id: 4,
  word: 8,
  off: 8,
  stat: 144,
  statx: 256,
  statfs: 120,
  timespec: 16,
  timeval: 16,
  timezone: 8,
  itimerval: 32,
  utimbuf: 16,
  tms: 32,
  flock: 32,
  pollfd: 8,
  /** Bytes of a set of descriptors: as many as the call's first parameter needs. */
  fd_set: 1,
  /** A signal mask with its size, as pselect6 takes it. */
  sigset_argument: 16,
  sigset: 8,
  sigaction: 144,
  siginfo: 128,
  stack: 12,
  rlimit: 16,
  rusage: 144,
  utsname: 390,
  sysinfo: 112,
  sched_param: 4,
  cpu_set: 1,
  winsize: 8,
  termios: 36,
  epoll_event: 12,
  msghdr: 36,
  sockaddr: 1,
} as const;

export const STAT = {
  dev: 0,
  ino: 8,
  nlink: 16,
  mode: 24,
  uid: 28,
  gid: 32,
  rdev: 40,
  size: 48,
  blksize: 56,
  blocks: 64,
  atim: 72,
  mtim: 88,
  ctim: 104,
} as const;
export const STATX = {
  mask: 0,
  blksize: 4,
  attributes: 8,
  nlink: 16,
  uid: 20,
  gid: 24,
  mode: 28,
  ino: 32,
  size: 40,
  blocks: 48,
  attributesMask: 56,
  atime: 64,
  btime: 80,
  ctime: 96,
  mtime: 112,
  rdevMajor: 128,
  rdevMinor: 132,
  devMajor: 136,
  devMinor: 140,
} as const;
export const STATFS = {
  type: 0,
  bsize: 8,
  blocks: 16,
  bfree: 24,
  bavail: 32,
  files: 40,
  ffree: 48,
  fsid: 56,
  namelen: 64,
  frsize: 72,
  flags: 80,
} as const;
/** linux_dirent64: the name follows, ended by NUL; a record's length is a multiple of 8. */
export const DIRENT64 = { ino: 0, off: 8, reclen: 16, type: 18, name: 19 } as const;
export const TIMESPEC = { sec: 0, nsec: 8 } as const;
export const TIMEVAL = { sec: 0, usec: 8 } as const;
export const TIMEZONE = { minuteswest: 0, dsttime: 4 } as const;
/** Two timevals. */
export const ITIMERVAL = { interval: 0, value: 16 } as const;
export const UTIMBUF = { actime: 0, modtime: 8 } as const;
export const TMS = { utime: 0, stime: 8, cutime: 16, cstime: 24 } as const;
export const FLOCK = { type: 0, whence: 2, start: 8, len: 16, pid: 24 } as const;
export const POLLFD = { fd: 0, events: 4, revents: 6 } as const;
/**
 * As the Linux Interface for WebAssembly has it, which is the C library's struct and not the kernel's: handler (an index of table
 * 0), mask (of which the kernel has 8 bytes), flags, restorer.
 */
export const SIGACTION = { handler: 0, mask: 8, flags: 136, restorer: 140 } as const;
export const STACK = { sp: 0, flags: 4, size: 8 } as const;
export const RLIMIT = { cur: 0, max: 8 } as const;
/** Then minor faults and what else is counted, 64 bits each. */
export const RUSAGE = { utime: 0, stime: 16, maxrss: 32, minflt: 64, nvcsw: 128, nivcsw: 136 } as const;
/** Six strings of as many bytes, each ended by NUL. */
export const UTSNAME_LENGTH = 65;
export const UTSNAME = { sysname: 0, nodename: 65, release: 130, version: 195, machine: 260, domainname: 325 } as const;
export const SYSINFO = {
  uptime: 0,
  loads: 8,
  totalram: 32,
  freeram: 40,
  sharedram: 48,
  bufferram: 56,
  totalswap: 64,
  freeswap: 72,
  procs: 80,
  totalhigh: 88,
  freehigh: 96,
  memUnit: 104,
} as const;
export const WINSIZE = { row: 0, col: 2, xpixel: 4, ypixel: 6 } as const;
/** Four words of flags, the line discipline, then control characters. */
export const TERMIOS = { iflag: 0, oflag: 4, cflag: 8, lflag: 12, line: 16, cc: 17 } as const;
