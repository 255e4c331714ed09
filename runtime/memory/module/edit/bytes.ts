// Pieces of a module as bytes, and edits of one. Called by what rewrites modules.

import { concatenate } from '../../concatenate.ts';

/** A replacement of the range [start, end) of the file. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** Applies edits that do not overlap. At one place what is inserted comes before what is replaced; of two insertions the first given is first. */
export function edited(bytes: Uint8Array<ArrayBuffer>, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  if (edits.length === 0) return bytes;
  const whole = new Uint8Array(bytes.length + growthOf(edits));
  let read = 0;
  let written = 0;
  const copy = (from: Uint8Array, start: number, end: number): void => {
    copyRange(from, start, end, whole, written);
    written += end - start;
  };
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    copy(bytes, read, edit.start);
    copy(edit.bytes, 0, edit.bytes.length);
    read = edit.end;
  }
  copy(bytes, read, bytes.length);
  return whole;
}

/** By how much edits make longer what they edit. */
export function growthOf(edits: readonly Edit[]): number {
  return edits.reduce((sum, { start, end, bytes }) => sum + bytes.length - (end - start), 0);
}

export function sectionBytes(id: number, body: Uint8Array): Uint8Array {
  return concatenated([id], u32Bytes(body.length), body);
}

export function u32Bytes(value: number): Uint8Array {
  const encoded: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) encoded.push((rest % 128) | 0x80);
  return Uint8Array.of(...encoded, rest);
}

/** Whether a number below 128 may stand behind an opcode: told by its first byte, so most that are others are told apart soon. */
export function mayBeBehind(bytes: Uint8Array, at: number, number: number): boolean {
  return ((bytes[at + 1] ?? 0) & 0x7f) === number;
}

/** The number behind an opcode, which may be written with more bytes than it needs; −1: none ends there. */
export function u32Behind(bytes: Uint8Array, at: number): number {
  let number = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + 1 + i] ?? 0x80; // none ends behind the last byte
    number += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return number;
  }
  return -1;
}

/** The numbers that follow one another behind an opcode, each as u32Behind tells it. */
export function u32sBehind(bytes: Uint8Array, at: number, count: number): number[] {
  const numbers: number[] = [];
  for (let before = at; numbers.length < count; before++) {
    numbers.push(u32Behind(bytes, before));
    while ((bytes[before + 1] ?? 0) >= 0x80) before++;
  }
  return numbers;
}

/** Of few pieces: a call takes only some ten thousand arguments, and a module may have more of anything. */
export function concatenated(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  return concatenate(parts);
}

/** Up to here a loop copies quicker than a call with a new view. */
const LOOP_MOST = 32;

function copyRange(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): void {
  if (end - start > LOOP_MOST) into.set(from.subarray(start, end), at);
  else for (let i = start; i < end; i++) into[at + i - start] = from[i] as number;
}
