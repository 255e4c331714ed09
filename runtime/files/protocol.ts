// What is asked of host directories, and what they answer: the types that the file system over them and whoever carries the
// requests out share. How they cross threads: ring.ts. No builtins, no policy.

import type { HostAttributes } from './attributes.ts';
import type { HostPlace } from './places.ts';

/** A file: open (`file`), or by its name in a directory; an empty name is the directory itself, `file` then −1. */
export interface HostTarget {
  readonly file: number;
  readonly directory: HostPlace;
  readonly name: Uint8Array;
  /** What the name must still stand for, else ESTALE; 0n: anything. */
  readonly ino: bigint;
}

interface Entry {
  readonly mount: number;
  readonly directory: HostPlace;
  readonly name: Uint8Array;
}

interface FindOpen {
  readonly access: number;
  /** Not 0n: a regular file was seen there, so it need not be looked at before it is opened. */
  readonly ino: bigint;
}

/** `result` of the answer is 0 or what the line says, or −errno; A: the answer carries attributes; B: bytes. */
export type HostRequest =
  /** A. Opens a mount: its number. B: two int32, 1 when it is race-free, and the top's handle. `access` 1: read-only. */
  | { readonly op: 'mount'; readonly mount: 0; readonly other: Uint8Array; readonly access: number }
  /** Closes all that a mount has open; its number is not used again. */
  | { readonly op: 'unmount'; readonly mount: number }
  /** Tells of a directory on the way to another. */
  | { readonly op: 'place'; readonly mount: number; readonly directory: HostPlace }
  /** A. Opens a regular file as well when `access` is not 0: 1 + its descriptor; 0: not opened. `ino`: see FindOpen. */
  | ({ readonly op: 'lookup' } & Entry & FindOpen)
  /** Lookups one below the other, of `other`: names with `/` between. Answers as `lookup` of the last. B: `takeFound`. */
  | ({
      readonly op: 'walk';
      readonly mount: number;
      readonly directory: HostPlace;
      readonly other: Uint8Array;
    } & FindOpen)
  /** A. */
  | ({ readonly op: 'attributes'; readonly mount: number } & HostTarget)
  /** A. The descriptor of the open file. */
  | ({ readonly op: 'open'; readonly ino: bigint; readonly access: number } & Entry)
  /** A. The descriptor of the open file. */
  | ({ readonly op: 'create'; readonly mode: number; readonly access: number } & Entry)
  /** A. */
  | ({ readonly op: 'mkdir'; readonly mode: number } & Entry)
  /** A. `other` is the target. */
  | ({ readonly op: 'symlink'; readonly other: Uint8Array } & Entry)
  /** B. */
  | ({ readonly op: 'readlink' } & Entry)
  | ({ readonly op: 'unlink' | 'rmdir' } & Entry)
  /** `other` is the new name. */
  | ({ readonly op: 'rename' | 'link'; readonly toDirectory: HostPlace; readonly other: Uint8Array } & Entry)
  | ({ readonly op: 'setMode'; readonly mount: number; readonly mode: number } & HostTarget)
  /** Seconds since 1970; NaN: left as it is. */
  | ({ readonly op: 'setTimes'; readonly mount: number; readonly atime: number; readonly mtime: number } & HostTarget)
  | ({ readonly op: 'truncate'; readonly mount: number; readonly position: number } & HostTarget)
  /** Bytes moved. At most TRANSFER_MAX. */
  | ({ readonly op: 'read' | 'write'; readonly mount: number; readonly file: number } & Transfer)
  /** A. As `write`, at the end of the file. */
  | ({ readonly op: 'append'; readonly mount: number; readonly file: number } & Transfer)
  | { readonly op: 'extend'; readonly mount: number; readonly file: number; readonly position: number }
  | { readonly op: 'sync' | 'syncData' | 'close'; readonly mount: number; readonly file: number }
  | { readonly op: 'syncDirectory'; readonly mount: number; readonly directory: HostPlace }
  /** B: five float64: size of a block, blocks, free blocks, files, free files. */
  | { readonly op: 'status'; readonly mount: number }
  /** The number of the listing, a `file` to close; only the thread that gave it knows it. */
  | { readonly op: 'list'; readonly mount: number; readonly directory: HostPlace }
  /** B: entries (see `listing`); none: the end. */
  | { readonly op: 'entries'; readonly mount: number; readonly file: number }
  /** What a ring has where no operation is: always ENOSYS, and nothing is done. */
  | { readonly op: 'unknown'; readonly mount: number };

interface Transfer {
  /** Guest memory, or any other bytes. Only [start, start + length) is touched. */
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly length: number;
  readonly position: number;
}

export interface HostReply {
  result: number;
  attributes: HostAttributes | undefined;
  bytes: Uint8Array | undefined;
}

/** An answer that carries nothing but its result. */
export function bareReply(result: number): HostReply {
  return { result, attributes: undefined, bytes: undefined };
}

export type HostOp = HostRequest['op'];
export type TransferRequest = Extract<HostRequest, { op: 'read' | 'write' }>;

/** The descriptor of the file that a request has opened; −1: none. */
export function openedBy({ op }: HostRequest, { result }: HostReply): number {
  if (op === 'open' || op === 'create') return Math.max(result, -1);
  return op === 'lookup' || op === 'walk' ? Math.max(result, 0) - 1 : -1;
}

/** A mount that another thread has opened. */
export interface OpenMount {
  /** Of its top, as long as it is mounted. */
  readonly rootHandle: number;
  /** What the top is: a handle that was closed meanwhile may be another file's. */
  readonly dev: number;
  readonly ino: bigint;
  readonly isReadOnly: boolean;
}

/** `access` of a file that is opened: bits. */
export const HOST_READ = 1;
export const HOST_WRITE = 2;
export const HOST_SYNC = 4;
export const HOST_DSYNC = 8;

/** Most bytes of one read or write. */
export const TRANSFER_MAX = 1 << 20;
/** Most bytes of a name, and of a link's target. */
export const NAME_LIMIT = 255;
export const OTHER_LIMIT = 4096;
/** Room for what an answer carries in bytes. */
export const PAYLOAD = 8192;
