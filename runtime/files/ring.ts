// The rings by which requests on host directories cross to the thread that carries them out, and the answers come back: the
// layout and both ends' view of it. No builtins, no policy.
//
// A ring has one writer of requests (the client) and one of answers (the server); both count, and slot `count % SLOTS` is the
// client's until it is submitted, the server's until it is completed, then the client's again. A guest's thread has a ring of
// one slot, with words of its own (GUEST_RING).
//
//   int32    0 SUBMITTED    16 COMPLETED    32 WAKE PARKED CLOSING DEAD SPIN_US, or GUEST_RING
//   byte 256 slot 0 │ slot 1 │ …        a slot: numbers (float64), then PAYLOAD bytes: name, other and ways, or the answer's

import type { Doorbell } from '../shm/doorbell.ts';
import { ATTRIBUTE_NUMBERS, attributesAt, type HostAttributes, putAttributes } from './attributes.ts';
import { type HostPlace, TOP } from './places.ts';
import {
  type HostOp,
  type HostReply,
  type HostRequest,
  type OpenMount,
  PAYLOAD,
  type TransferRequest,
} from './protocol.ts';

export const RING = {
  /** Requests, counted. Client stores, server loads. */
  SUBMITTED: 0,
  /** Answers, counted. Server stores, client loads. */
  COMPLETED: 16,
  /** What the server sleeps on: see shm/doorbell. */
  WAKE: 32,
  /** Not 0 while the server sleeps or is about to. */
  PARKED: 33,
  /** 1: the server ends after the requests that it has. */
  CLOSING: 34,
  /** 1: the server's thread is gone. Stored by its creator. */
  DEAD: 35,
  /** How long the server looks for the next request before it sleeps, in microseconds. May change at any time. */
  SPIN_US: 36,
} as const;

/** The header of a ring of one slot that Linux shares with a guest's thread (see guest-thread-client). */
export const GUEST_RING = {
  /** A GUEST_STATE. */
  STATE: 32,
  /** Of the mount that the request names: the top's handle, 1 when it is read-only. */
  ROOT_HANDLE: 33,
  READ_ONLY: 34,
  /** Files to close, that nobody waits for: how many, and from CLOSES on which. Whoever takes the count closes them. */
  CLOSE_COUNT: 35,
  CLOSES: 36,
  /** How many mounts have gone: handles of all are closed when it has changed. */
  UNMOUNTS: 52,
} as const;
/** Of the mount's top: its device (float64) and inode (64 bits), from the ring's start in units of 8 bytes. */
const GUEST_ROOT = { DEV: 27, INO: 28 } as const;

/** Most files to close at a time. */
export const CLOSES_MAX = 16;

export const GUEST_STATE = {
  IDLE: 0,
  /** Linux has put a request. */
  REQUESTED: 1,
  /** The guest's thread has put the answer, which is Linux's from then on. */
  ANSWERED: 2,
  /** Linux takes no answer any more: whoever opened a file for it closes it. */
  ABANDONED: 3,
} as const;

export const SLOTS = 64;
const HEADER_BYTES = 256;

/** Float64 of a slot, from its start; INO is the same place as a 64-bit integer. */
const FIELD = {
  // The first line is all that a lookup needs: it is what opening a file asks.
  OP: 0,
  MOUNT: 1,
  DIRECTORY: 2,
  FROM: 3,
  WAY_LENGTH: 4,
  ACCESS: 5,
  NAME_LENGTH: 6,
  INO: 7,
  MEMORY: 8,
  START: 9,
  LENGTH: 10,
  POSITION: 11,
  FILE: 12,
  MODE: 13,
  ATIME: 14,
  MTIME: 15,
  OTHER_LENGTH: 16,
  TO_DIRECTORY: 17,
  TO_FROM: 18,
  TO_WAY_LENGTH: 19,
  RESULT: 20,
  BYTES: 21,
  ATTRIBUTES: 22,
} as const;

/** The last number is followed by the payload; lines of 64 bytes. */
const NUMBERS = Math.ceil((FIELD.ATTRIBUTES + 1 + ATTRIBUTE_NUMBERS) / 8) * 8;
const SLOT_BYTES = NUMBERS * 8 + PAYLOAD;

const OPS: readonly HostOp[] = [
  'mount',
  'unmount',
  'place',
  'lookup',
  'walk',
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
const READ = OPS.indexOf('read');
const WRITE = OPS.indexOf('write');
const LOOKUP = OPS.indexOf('lookup');
/** The number of no operation. */
const UNKNOWN = -1;
const OP_NUMBER = new Map(OPS.map((op, number) => [op, number]));

/** Every field that some request has. */
type Fields = { -readonly [K in Exclude<FieldOf<HostRequest>, 'op'>]?: ValueOf<HostRequest, K> };
type FieldOf<R> = R extends R ? keyof R : never;
type ValueOf<R, K> = R extends R ? (K extends keyof R ? R[K] : never) : never;

const NO_BYTES = new Uint8Array(0);

/** Both ends' view of a ring. */
export class Ring {
  readonly words: Int32Array;
  /** What the server sleeps on. */
  readonly doorbell: Doorbell;
  readonly #numbers: Float64Array;
  readonly #integers: BigInt64Array;
  readonly #bytes: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.doorbell = { words: this.words, bell: RING.WAKE, announced: RING.PARKED };
    this.#numbers = new Float64Array(buffer);
    this.#integers = new BigInt64Array(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  /** Whether there is something for a server that has answered so many: a request, or no more of them. */
  hasNews(done: number): boolean {
    // Pairs with the stores in the client's send and in closeRing.
    return Atomics.load(this.words, RING.SUBMITTED) !== done || Atomics.load(this.words, RING.CLOSING) !== 0;
  }

  /** @param memory the number of the memory that `request.buffer` lies in, if it has one */
  putRequest(count: number, request: HostRequest, memory: number, start: number): void {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const fields: Fields = request;
    const name = fields.name ?? NO_BYTES;
    const directory = fields.directory ?? TOP;
    numbers[base + FIELD.OP] = OP_NUMBER.get(request.op) ?? UNKNOWN;
    numbers[base + FIELD.MOUNT] = fields.mount ?? 0;
    numbers[base + FIELD.DIRECTORY] = directory.id;
    numbers[base + FIELD.FROM] = directory.from;
    numbers[base + FIELD.WAY_LENGTH] = directory.way.length;
    numbers[base + FIELD.ACCESS] = fields.access ?? 0;
    numbers[base + FIELD.NAME_LENGTH] = name.length;
    this.#integers[base + FIELD.INO] = fields.ino ?? 0n;
    numbers[base + FIELD.MEMORY] = memory;
    let payload = this.#putBytes(name, payloadStart(count));
    if (request.op === 'lookup') {
      this.#putBytes(directory.way, payload);
      return;
    }
    const other = fields.other ?? NO_BYTES;
    const to = fields.toDirectory ?? TOP;
    numbers[base + FIELD.TO_DIRECTORY] = to.id;
    numbers[base + FIELD.TO_FROM] = to.from;
    numbers[base + FIELD.TO_WAY_LENGTH] = to.way.length;
    numbers[base + FIELD.FILE] = fields.file ?? -1;
    numbers[base + FIELD.MODE] = fields.mode ?? 0;
    numbers[base + FIELD.START] = start;
    numbers[base + FIELD.LENGTH] = fields.length ?? 0;
    numbers[base + FIELD.POSITION] = fields.position ?? 0;
    numbers[base + FIELD.ATIME] = fields.atime ?? 0;
    numbers[base + FIELD.MTIME] = fields.mtime ?? 0;
    numbers[base + FIELD.OTHER_LENGTH] = other.length;
    payload = this.#putBytes(other, payload);
    payload = this.#putBytes(directory.way, payload);
    this.#putBytes(to.way, payload);
  }

  /** In the ring of a guest's thread: the mount that the request names. */
  putMount({ rootHandle, dev, ino, isReadOnly }: OpenMount): void {
    this.words[GUEST_RING.ROOT_HANDLE] = rootHandle;
    this.words[GUEST_RING.READ_ONLY] = isReadOnly ? 1 : 0;
    this.#numbers[GUEST_ROOT.DEV] = dev;
    this.#integers[GUEST_ROOT.INO] = ino;
  }

  takeMount(): OpenMount {
    return {
      rootHandle: this.words[GUEST_RING.ROOT_HANDLE] as number,
      dev: this.#numbers[GUEST_ROOT.DEV] as number,
      ino: BigInt.asUintN(64, this.#integers[GUEST_ROOT.INO] as bigint),
      isReadOnly: this.words[GUEST_RING.READ_ONLY] !== 0,
    };
  }

  /** As `putRequest`, of a read or write alone: what most requests are. */
  putTransfer(count: number, { op, mount, file, start, length, position }: TransferRequest): void {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    numbers[base + FIELD.OP] = op === 'read' ? READ : WRITE;
    numbers[base + FIELD.MOUNT] = mount;
    numbers[base + FIELD.FILE] = file;
    numbers[base + FIELD.START] = start;
    numbers[base + FIELD.LENGTH] = length;
    numbers[base + FIELD.POSITION] = position;
  }

  /** A read or write; undefined: another request. Its `buffer` is not set. */
  takeTransfer(count: number): Omit<TransferRequest, 'buffer'> | undefined {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const op = numbers[base + FIELD.OP];
    if (op !== READ && op !== WRITE) return undefined;
    return {
      op: op === READ ? 'read' : 'write',
      mount: numbers[base + FIELD.MOUNT] as number,
      file: numbers[base + FIELD.FILE] as number,
      start: numbers[base + FIELD.START] as number,
      length: numbers[base + FIELD.LENGTH] as number,
      position: numbers[base + FIELD.POSITION] as number,
    };
  }

  /** An answer that is a number alone. */
  putResult(count: number, result: number): void {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    numbers[base + FIELD.RESULT] = result;
    numbers[base + FIELD.BYTES] = -1;
    numbers[base + FIELD.ATTRIBUTES] = 0;
  }

  memoryOf(count: number): number {
    return this.#numbers[slotNumber(count) + FIELD.MEMORY] as number;
  }

  /** @param memory the memory that `memoryOf` names, or what gives a memory that has a range */
  takeRequest(count: number, memory: Uint8Array | ((start: number, length: number) => Uint8Array)): HostRequest {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    if (numbers[base + FIELD.OP] === LOOKUP) return this.#takeLookup(count);
    const at = (field: number): number => numbers[base + field] as number;
    const nameAt = payloadStart(count);
    const otherAt = nameAt + at(FIELD.NAME_LENGTH);
    const wayAt = otherAt + at(FIELD.OTHER_LENGTH);
    const toWayAt = wayAt + at(FIELD.WAY_LENGTH);
    // All fields of all requests: those that this one lacks are not looked at.
    const fields: Required<Fields> & { op: HostOp } = {
      op: OPS[at(FIELD.OP)] ?? 'unknown',
      mount: at(FIELD.MOUNT),
      directory: this.#takePlace(at(FIELD.DIRECTORY), at(FIELD.FROM), wayAt, toWayAt),
      toDirectory: this.#takePlace(
        at(FIELD.TO_DIRECTORY),
        at(FIELD.TO_FROM),
        toWayAt,
        toWayAt + at(FIELD.TO_WAY_LENGTH),
      ),
      file: at(FIELD.FILE),
      mode: at(FIELD.MODE),
      access: at(FIELD.ACCESS),
      buffer: typeof memory === 'function' ? memory(at(FIELD.START), at(FIELD.LENGTH)) : memory,
      start: at(FIELD.START),
      length: at(FIELD.LENGTH),
      position: at(FIELD.POSITION),
      atime: at(FIELD.ATIME),
      mtime: at(FIELD.MTIME),
      ino: BigInt.asUintN(64, this.#integers[base + FIELD.INO] as bigint),
      name: this.#takeBytes(nameAt, otherAt),
      other: this.#takeBytes(otherAt, wayAt),
    };
    return fields as HostRequest;
  }

  #takeLookup(count: number): HostRequest {
    const base = slotNumber(count);
    const numbers = this.#numbers;
    const nameAt = payloadStart(count);
    const wayAt = nameAt + (numbers[base + FIELD.NAME_LENGTH] as number);
    const wayEnd = wayAt + (numbers[base + FIELD.WAY_LENGTH] as number);
    return {
      op: 'lookup',
      mount: numbers[base + FIELD.MOUNT] as number,
      directory: this.#takePlace(
        numbers[base + FIELD.DIRECTORY] as number,
        numbers[base + FIELD.FROM] as number,
        wayAt,
        wayEnd,
      ),
      name: this.#takeBytes(nameAt, wayAt),
      access: numbers[base + FIELD.ACCESS] as number,
      ino: BigInt.asUintN(64, this.#integers[base + FIELD.INO] as bigint),
    };
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
    putAttributes(attributes, numbers, base + FIELD.ATTRIBUTES + 1);
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

  #putBytes(bytes: Uint8Array, at: number): number {
    if (bytes.length > 0) this.#bytes.set(bytes, at);
    return at + bytes.length;
  }

  #takeBytes(start: number, end: number): Uint8Array {
    return start === end ? NO_BYTES : this.#bytes.slice(start, end);
  }

  #takePlace(id: number, from: number, start: number, end: number): HostPlace {
    return id === 0 ? TOP : { id, from, way: this.#takeBytes(start, end) };
  }

  #takeAttributes(base: number): HostAttributes {
    return attributesAt(this.#numbers, base + FIELD.ATTRIBUTES + 1, this.#integers[base + FIELD.INO] as bigint);
  }
}

/** @param slots fewer for a ring that has fewer requests at a time: `count` then never reaches that number */
export function createRing(slots = SLOTS): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + slots * SLOT_BYTES);
}

function slotNumber(count: number): number {
  return (HEADER_BYTES + ((count >>> 0) % SLOTS) * SLOT_BYTES) / 8;
}

function payloadStart(count: number): number {
  return (slotNumber(count) + NUMBERS) * 8;
}
