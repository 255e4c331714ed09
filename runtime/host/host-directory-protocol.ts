// What is asked of host directories, and what they answer: the types that the file system over them and the thread that
// serves them share, and the layout of the ring by which both cross threads. No builtins, no policy.
//
// The ring has one writer of requests (the client) and one of answers (the server); both count, and slot `count % SLOTS` is
// the client's until it is submitted, the server's until it is completed, then the client's again.
//
//   int32    0 SUBMITTED    16 COMPLETED    32 WAKE PARKED CLOSING DEAD SPIN_US
//   byte 256 slot 0 │ slot 1 │ …        a slot: numbers (float64), then PAYLOAD bytes: name and other, or the answer's bytes

import { ATTRIBUTE_NAMES, emptyAttributes, type HostAttributes } from './host-attributes.ts';

/** A file: open (`file`), or by its name in a directory node; an empty name is the directory itself, `file` then −1. */
export interface HostTarget {
  readonly file: number;
  readonly directory: number;
  readonly name: Uint8Array;
  /** What the name must still stand for, else ESTALE; 0n: anything. */
  readonly ino: bigint;
}

interface Entry {
  readonly mount: number;
  readonly directory: number;
  readonly name: Uint8Array;
}

/** `result` of the answer is 0 or what the line says, or −errno; A: the answer carries attributes; B: bytes. */
export type HostRequest =
  /** A. Opens a mount: its number. B: [1] when it is race-free. `access` 1: read-only. */
  | { readonly op: 'mount'; readonly mount: 0; readonly other: Uint8Array; readonly access: number }
  /** Closes all that a mount has open; its number is not used again. */
  | { readonly op: 'unmount'; readonly mount: number }
  /** A. The number of the node when it is a directory, to give back by `forget`; else 0. */
  | ({ readonly op: 'lookup' } & Entry)
  /** As many lookups, one below the other, as `other` (names with `/` between) has directories. B: `takeFound`. */
  | { readonly op: 'walk'; readonly mount: number; readonly directory: number; readonly other: Uint8Array }
  /** `length`: how often the number was given. */
  | { readonly op: 'forget'; readonly mount: number; readonly directory: number; readonly length: number }
  /** A. */
  | ({ readonly op: 'attributes'; readonly mount: number } & HostTarget)
  /** A. The number of the open file. */
  | ({ readonly op: 'open'; readonly ino: bigint; readonly access: number } & Entry)
  /** A. The number of the open file. */
  | ({ readonly op: 'create'; readonly mode: number; readonly access: number } & Entry)
  /** A. The number of the node. */
  | ({ readonly op: 'mkdir'; readonly mode: number } & Entry)
  /** A. `other` is the target. */
  | ({ readonly op: 'symlink'; readonly other: Uint8Array } & Entry)
  /** B. */
  | ({ readonly op: 'readlink' } & Entry)
  | ({ readonly op: 'unlink' | 'rmdir' } & Entry)
  /** `other` is the new name. */
  | ({ readonly op: 'rename' | 'link'; readonly toDirectory: number; readonly other: Uint8Array } & Entry)
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
  | { readonly op: 'syncDirectory'; readonly mount: number; readonly directory: number }
  /** B: five float64: size of a block, blocks, free blocks, files, free files. */
  | { readonly op: 'status'; readonly mount: number }
  /** The number of the listing, a `file` to close. */
  | { readonly op: 'list'; readonly mount: number; readonly directory: number }
  /** B: entries (see `listing`); none: the end. */
  | { readonly op: 'entries'; readonly mount: number; readonly file: number };

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

export type HostOp = HostRequest['op'];

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

export const RING = {
  /** Requests, counted. Client stores, server loads. */
  SUBMITTED: 0,
  /** Answers, counted. Server stores, client loads. */
  COMPLETED: 16,
  /** The server sleeps on it; changed by whoever has news for it. */
  WAKE: 32,
  /** 1 while the server sleeps or is about to. */
  PARKED: 33,
  /** 1: the server ends after the requests that it has. */
  CLOSING: 34,
  /** 1: the server's thread is gone. Stored by its creator. */
  DEAD: 35,
  /** How long the server looks for the next request before it sleeps, in microseconds. May change at any time. */
  SPIN_US: 36,
} as const;

export const SLOTS = 64;
const HEADER_BYTES = 256;

/** Float64 of a slot, from its start; INO is the same place as a 64-bit integer. */
const FIELD = {
  OP: 0,
  MOUNT: 1,
  DIRECTORY: 2,
  TO_DIRECTORY: 3,
  FILE: 4,
  MODE: 5,
  ACCESS: 6,
  MEMORY: 7,
  START: 8,
  LENGTH: 9,
  POSITION: 10,
  ATIME: 11,
  MTIME: 12,
  NAME_LENGTH: 13,
  OTHER_LENGTH: 14,
  INO: 15,
  RESULT: 16,
  BYTES: 17,
  ATTRIBUTES: 18,
} as const;

/** The last number is followed by the payload; lines of 64 bytes. */
const NUMBERS = Math.ceil((FIELD.ATTRIBUTES + 1 + ATTRIBUTE_NAMES.length) / 8) * 8;
const SLOT_BYTES = NUMBERS * 8 + PAYLOAD;

const OPS: readonly HostOp[] = [
  'mount',
  'unmount',
  'lookup',
  'walk',
  'forget',
  'attributes',
  'open',
  'create',
  'mkdir',
  'symlink',
  'readlink',
  'unlink',
  'rmdir',
  'rename',
  'link',
  'setMode',
  'setTimes',
  'truncate',
  'read',
  'write',
  'append',
  'extend',
  'sync',
  'syncData',
  'close',
  'syncDirectory',
  'status',
  'list',
  'entries',
];
const OP_NUMBER = new Map(OPS.map((op, number) => [op, number]));

/** Every field that some request has. */
type Fields = { -readonly [K in Exclude<FieldOf<HostRequest>, 'op'>]?: ValueOf<HostRequest, K> };
type FieldOf<R> = R extends R ? keyof R : never;
type ValueOf<R, K> = R extends R ? (K extends keyof R ? R[K] : never) : never;

const NO_BYTES = new Uint8Array(0);

/** Both ends' view of a ring. */
export class Ring {
  readonly words: Int32Array;
  readonly #numbers: Float64Array;
  readonly #integers: BigInt64Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.#numbers = new Float64Array(buffer);
    this.#integers = new BigInt64Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  /** @param memory the number of the memory that `request.buffer` lies in, if it has one */
  putRequest(count: number, request: HostRequest, memory: number, start: number): void {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const fields: Fields = request;
    const name = fields.name ?? NO_BYTES;
    const other = fields.other ?? NO_BYTES;
    numbers[base + FIELD.OP] = OP_NUMBER.get(request.op) ?? 0;
    numbers[base + FIELD.MOUNT] = fields.mount ?? 0;
    numbers[base + FIELD.DIRECTORY] = fields.directory ?? 0;
    numbers[base + FIELD.TO_DIRECTORY] = fields.toDirectory ?? 0;
    numbers[base + FIELD.FILE] = fields.file ?? -1;
    numbers[base + FIELD.MODE] = fields.mode ?? 0;
    numbers[base + FIELD.ACCESS] = fields.access ?? 0;
    numbers[base + FIELD.MEMORY] = memory;
    numbers[base + FIELD.START] = start;
    numbers[base + FIELD.LENGTH] = fields.length ?? 0;
    numbers[base + FIELD.POSITION] = fields.position ?? 0;
    numbers[base + FIELD.ATIME] = fields.atime ?? 0;
    numbers[base + FIELD.MTIME] = fields.mtime ?? 0;
    numbers[base + FIELD.NAME_LENGTH] = name.length;
    numbers[base + FIELD.OTHER_LENGTH] = other.length;
    this.#integers[base + FIELD.INO] = fields.ino ?? 0n;
    const payload = payloadStart(count);
    this.#bytes.set(name, payload);
    this.#bytes.set(other, payload + name.length);
  }

  memoryOf(count: number): number {
    return this.#numbers[slotNumber(count) + FIELD.MEMORY] as number;
  }

  /** @param buffer the memory that `memoryOf` names */
  takeRequest(count: number, buffer: Uint8Array): HostRequest {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const at = (field: number): number => numbers[base + field] as number;
    const payload = payloadStart(count);
    const nameEnd = payload + at(FIELD.NAME_LENGTH);
    // All fields of all requests: those that this one lacks are not looked at.
    const fields: Required<Fields> & { op: HostOp } = {
      op: OPS[at(FIELD.OP)] ?? 'close',
      mount: at(FIELD.MOUNT),
      directory: at(FIELD.DIRECTORY),
      toDirectory: at(FIELD.TO_DIRECTORY),
      file: at(FIELD.FILE),
      mode: at(FIELD.MODE),
      access: at(FIELD.ACCESS),
      buffer,
      start: at(FIELD.START),
      length: at(FIELD.LENGTH),
      position: at(FIELD.POSITION),
      atime: at(FIELD.ATIME),
      mtime: at(FIELD.MTIME),
      ino: BigInt.asUintN(64, this.#integers[base + FIELD.INO] as bigint),
      name: this.#bytes.slice(payload, nameEnd),
      other: this.#bytes.slice(nameEnd, nameEnd + at(FIELD.OTHER_LENGTH)),
    };
    return fields as HostRequest;
  }

  /** Where the answer's bytes are put, before `putReply`. */
  payload(count: number): Uint8Array {
    const start = payloadStart(count);
    return this.#bytes.subarray(start, start + PAYLOAD);
  }

  putReply(count: number, reply: HostReply): void {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const { attributes } = reply;
    numbers[base + FIELD.RESULT] = reply.result;
    numbers[base + FIELD.BYTES] = reply.bytes?.length ?? -1;
    numbers[base + FIELD.ATTRIBUTES] = attributes === undefined ? 0 : 1;
    if (attributes === undefined) return;
    this.#integers[base + FIELD.INO] = attributes.ino;
    for (let i = 0; i < ATTRIBUTE_NAMES.length; i++) {
      numbers[base + FIELD.ATTRIBUTES + 1 + i] = attributes[ATTRIBUTE_NAMES[i] as (typeof ATTRIBUTE_NAMES)[number]];
    }
  }

  takeReply(count: number): HostReply {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const length = numbers[base + FIELD.BYTES] as number;
    const payload = payloadStart(count);
    return {
      result: numbers[base + FIELD.RESULT] as number,
      attributes: numbers[base + FIELD.ATTRIBUTES] === 0 ? undefined : this.#takeAttributes(base),
      bytes: length < 0 ? undefined : this.#bytes.slice(payload, payload + length),
    };
  }

  #takeAttributes(base: number): HostAttributes {
    const attributes = emptyAttributes();
    attributes.ino = BigInt.asUintN(64, this.#integers[base + FIELD.INO] as bigint);
    for (let i = 0; i < ATTRIBUTE_NAMES.length; i++) {
      const name = ATTRIBUTE_NAMES[i] as (typeof ATTRIBUTE_NAMES)[number];
      attributes[name] = this.#numbers[base + FIELD.ATTRIBUTES + 1 + i] as number;
    }
    return attributes;
  }
}

export function createRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + SLOTS * SLOT_BYTES);
}

function slotNumber(count: number): number {
  return (HEADER_BYTES + ((count >>> 0) % SLOTS) * SLOT_BYTES) / 8;
}

function payloadStart(count: number): number {
  return (slotNumber(count) + NUMBERS) * 8;
}
