// What the byte stream between two processes carries, and the rings between a process's main thread and its ranks too: packets and what
// transports tell one another, each a header of eight little-endian int32 and the bytes that come along.

import { concatenate } from '../../../runtime/memory/concatenate.ts';

/** Words of a header. */
const WORDS = 8;
export const HEADER_BYTES = 4 * WORDS;

/** What else than a packet there is: below PACKET's. */
export const FRAME = {
  /** BYTES messages of TO's, which came along with packets, were received by SOURCE's program. */
  received: 0,
  /** SOURCE has ended. */
  ended: -1,
  /** The job has failed where this comes from. */
  failed: -2,
} as const;

export interface Header {
  readonly to: number;
  readonly kind: number;
  readonly source: number;
  readonly context: number;
  readonly tag: number;
  readonly bytes: number;
  readonly id: number;
  readonly address: number;
  /** 1: `bytes` bytes come along. */
  readonly hasPayload: boolean;
}

/** Where a bit tells of a payload: no kind needs it. */
const PAYLOAD_BIT = 0x100;

/** @param from where what comes along stands, from `address` on */
export function encodeFrame(header: Omit<Header, 'hasPayload'>, from?: Uint8Array): Uint8Array<ArrayBuffer> {
  const { to, kind, source, context, tag, bytes, id, address } = header;
  const frame = new Uint8Array(HEADER_BYTES + (from === undefined ? 0 : bytes));
  const view = new DataView(frame.buffer);
  const marked = from === undefined ? kind : kind | PAYLOAD_BIT;
  for (const [i, word] of [to, marked, source, context, tag, bytes, id, address].entries()) {
    view.setInt32(4 * i, word, true);
  }
  if (from !== undefined) frame.set(from.subarray(address, address + bytes), HEADER_BYTES);
  return frame;
}

export function decodeHeader(frame: Uint8Array): Header {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const word = (index: number): number => view.getInt32(4 * index, true);
  const hasPayload = word(1) > 0 && (word(1) & PAYLOAD_BIT) !== 0;
  const kind = hasPayload ? word(1) & ~PAYLOAD_BIT : word(1);
  const [to, source, context, tag] = [word(0), word(2), word(3), word(4)];
  return { to, kind, source, context, tag, bytes: word(5), id: word(6), address: word(7), hasPayload };
}

/** Finds the frames in a stream that comes in pieces of any size. */
export class FrameReader {
  #rest = new Uint8Array(0);

  /** @returns the frames that are whole now, with their headers */
  *push(piece: Uint8Array): Generator<readonly [header: Header, frame: Uint8Array]> {
    let bytes = concatenate([this.#rest, piece]);
    while (bytes.length >= HEADER_BYTES) {
      const header = decodeHeader(bytes);
      const end = HEADER_BYTES + (header.hasPayload ? header.bytes : 0);
      if (bytes.length < end) break;
      yield [header, bytes.subarray(0, end)];
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}
