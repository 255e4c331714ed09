// What a staged file is to CNK's handlers, whoever made it. Results are values from 0 on, or −errno (Linux's); nothing is
// thrown. The handlers have checked rights and ranges of guest memory.

/** Largest file, as Linux's. */
export const MAX_FILE_SIZE = 2 ** 44 - 4096;

/** Fields of a filestat. */
export interface FileAttributes {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly filetype: number;
  readonly nlink: bigint;
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly atim: bigint;
  readonly mtim: bigint;
  readonly ctim: bigint;
}

/** What utimensat sets: a time in nanoseconds, or undefined to leave it. */
export interface NewTimes {
  readonly atim: bigint | undefined;
  readonly mtim: bigint | undefined;
}

/** A file by its name. */
export interface StagedFile {
  /** @returns the open file, or −errno */
  open(): OpenStagedFile | number;
  attributes(): FileAttributes | number;
  setTimes(times: NewTimes): number;
  /** O_TRUNC. */
  empty(): number;
  /** Its name is gone; what is open stays. */
  unlinked(): void;
}

/** An open file with its offset. */
export interface OpenStagedFile {
  readonly filetype: number;
  /** Whether seek, pread and pwrite work. */
  readonly isSeekable: boolean;
  /**
   * Reads at most `length` bytes into guest memory; fewer at the end, or as the file pleases.
   *
   * @param position in the file, or AT_OFFSET
   */
  read(into: Uint8Array, start: number, length: number, position: number): number;
  /**
   * Writes at most `length` bytes of guest memory.
   *
   * @param position in the file, or AT_OFFSET
   * @param appends at the end of the file, whatever the position; with AT_OFFSET, the offset is the end then
   */
  write(from: Uint8Array, start: number, length: number, position: number, appends: boolean): number;
  /** @returns the new offset */
  seek(offset: number, whence: number): number;
  tell(): number;
  attributes(): FileAttributes | number;
  setTimes(times: NewTimes): number;
  truncate(size: number): number;
  allocate(offset: number, length: number): number;
  sync(): number;
  /** Bytes that a read would find. */
  readableBytes(): number;
  close(): void;
}
