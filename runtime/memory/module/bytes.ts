// Pieces of a module as bytes, and edits of one. Called by what rewrites modules.

/** A replacement of the range [start, end) of the file. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/** Applies edits that do not overlap. At one place what is inserted comes before what is replaced; of two insertions the first given is first. */
export function edited(bytes: Uint8Array<ArrayBuffer>, edits: readonly Edit[]): Uint8Array<ArrayBuffer> {
  if (edits.length === 0) return bytes;
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    parts.push(bytes.subarray(copied, edit.start), edit.bytes);
    copied = edit.end;
  }
  return concatenated(...parts, bytes.subarray(copied));
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

export function concatenated(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
