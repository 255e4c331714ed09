// Sizes of what a guest pointer may point to, and the layout of the structs of WASI preview 1; where `wasi_unstable` lays
// one out otherwise, its name ends so. Every other file takes offsets from here. All fields are little-endian and naturally
// aligned. See: WASI preview 1 and preview 0 witx, `typenames`.

/** Size in bytes of one element, by the name that a row's parameter uses. Those of all ABIs: see abi/structs. */
export const STRUCT_SIZES = {
  u8: 1,
  u32: 4,
  u64: 8,
  size: 4,
  timestamp: 8,
  filesize: 8,
  fd: 4,
  char: 1,
  iovec: 8,
  ciovec: 8,
  fdstat: 24,
  filestat: 64,
  filestat_unstable: 56,
  prestat: 8,
  dirent: 24,
  event: 32,
  subscription: 48,
  subscription_unstable: 56,
  roflags: 2,
  utf16: 2,
  pointer: 4,
  /** Bytes up to a NUL: one at least. */
  string: 1,
} as const;

/** Where structs stand: a guest's memory. What reads and stores wants addresses that were checked. */
export interface StructMemory {
  contains(address: number, length: number): boolean;
  containsArray(address: number, count: number, size: number): boolean;
  copyOut(address: number, length: number): Uint8Array<ArrayBuffer>;
  writeU32(address: number, value: number): void;
  writeU64(address: number, value: bigint): void;
  writeU64Halves(address: number, low: number, high: number): void;
  writeNumber(address: number, value: number): void;
}

/** iovec and ciovec: buffer address, length. */
export const IOVEC = { buf: 0, len: 4 } as const;
export const FDSTAT = { filetype: 0, flags: 2, rightsBase: 8, rightsInheriting: 16 } as const;
export const FILESTAT = { dev: 0, ino: 8, filetype: 16, nlink: 24, size: 32, atim: 40, mtim: 48, ctim: 56 } as const;
/** nlink has 32 bits. */
export const FILESTAT_UNSTABLE = {
  dev: 0,
  ino: 8,
  filetype: 16,
  nlink: 20,
  size: 24,
  atim: 32,
  mtim: 40,
  ctim: 48,
} as const;
export const PRESTAT = { tag: 0, nameLen: 4 } as const;
export const DIRENT = { next: 0, ino: 8, namlen: 16, type: 20 } as const;
export const SUBSCRIPTION = {
  userdata: 0,
  tag: 8,
  clockId: 16,
  clockTimeout: 24,
  clockPrecision: 32,
  clockFlags: 40,
  fd: 16,
} as const;
/** A clock has an identifier of the user's, 64 bits that nobody reads, before the rest. */
export const SUBSCRIPTION_UNSTABLE = {
  userdata: 0,
  tag: 8,
  clockId: 24,
  clockTimeout: 32,
  clockPrecision: 40,
  clockFlags: 48,
  fd: 16,
} as const;
export const EVENT = { userdata: 0, errno: 8, type: 10, nbytes: 16, flags: 24 } as const;

/**
 * An AssemblyScript string, element `utf16` of a parameter without a count: its address is that of the first unit, its
 * length in bytes stands at this offset from there. A null address is no string.
 */
export const ASSEMBLYSCRIPT_STRING = { byteLength: -4 } as const;

/** Limits that bound the work of one call. See: POSIX limits.h; Linux limits.h. */
export const IOV_MAX = 1024;
export const PATH_MAX = 4096;
export const NAME_MAX = 255;
export const SYMLOOP_MAX = 40;
