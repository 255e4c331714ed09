// Puts a call of an empty function before each instruction that may take long: bulk ones, on memory and tables. Engines look for
// a request to end a thread where a function begins, but in the loops of unoptimised code only once in about a million bytes of
// executed instructions: nothing for arithmetic, 2 s (V8 11.3) to 15 s (14.6) for copies of 8 MiB each. With the calls it is
// one instruction's time. Called by rewrite.ts.

import { concatenated, type Edit, sectionBytes, u32Bytes } from './bytes.ts';
import { SECTION } from './features.ts';
import { BULK, BULK_PREFIX, skipInstruction, skipLocals } from './instructions.ts';
import type { ParsedModule, Section } from './parse.ts';
import { ByteReader } from './reader.ts';

const SLOW: ReadonlySet<number> = new Set([
  BULK.memoryInit,
  BULK.memoryCopy,
  BULK.memoryFill,
  BULK.tableInit,
  BULK.tableCopy,
  BULK.tableGrow,
  BULK.tableFill,
]);

const CALL = 0x10;
/** `(type (func))` and `(func)`, as entries of their sections. */
const EMPTY_TYPE = [0x60, 0, 0];
const EMPTY_BODY = [2, 0, 0x0b];

/** The edits; none for a module without such instructions. Errors: ModuleError ENOEXEC: as skipInstruction. */
export function pollEdits({ bytes, sections, functionCount }: ParsedModule): Edit[] {
  const find = (id: number): Section | undefined => sections.find((section) => section.id === id);
  const [types, functions, code] = [find(SECTION.type), find(SECTION.function), find(SECTION.code)];
  if (types === undefined || functions === undefined || code === undefined) return [];
  const suspects = findSuspects(bytes, code);
  if (suspects.length === 0) return [];
  // The last function, so that all others keep their indexes.
  const call = concatenated([CALL], u32Bytes(functionCount));
  const bodies = withCalls(bytes, code, suspects, call);
  if (bodies === undefined) return [];
  return [
    appended(bytes, types, EMPTY_TYPE),
    appended(bytes, functions, u32Bytes(types.count)),
    { start: code.start, end: code.end, bytes: sectionBytes(SECTION.code, bodies) },
  ];
}

/** Where such an instruction may stand: its bytes may as well be another's immediate. Ascending. */
function findSuspects(bytes: Uint8Array, code: Section): number[] {
  const suspects: number[] = [];
  const body = bytes.subarray(0, code.end);
  for (let at = body.indexOf(BULK_PREFIX, code.entries); at >= 0; at = body.indexOf(BULK_PREFIX, at + 1)) {
    if (isSlow(body, at)) suspects.push(at);
  }
  return suspects;
}

/** The number behind the prefix may be written with more bytes than it needs. */
function isSlow(bytes: Uint8Array, at: number): boolean {
  let number = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + 1 + i] ?? 0;
    number += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return SLOW.has(number);
  }
  return false;
}

/** The contents of the code section with calls; undefined when no suspect was such an instruction. */
function withCalls(
  bytes: Uint8Array,
  code: Section,
  suspects: readonly number[],
  call: Uint8Array,
): Uint8Array | undefined {
  const parts: ArrayLike<number>[] = [u32Bytes(code.count + 1)];
  const reader = new ByteReader(bytes, code.entries, code.end, 'code section');
  let copied = code.entries;
  let next = 0;
  while (reader.remaining > 0) {
    const entry = reader.offset;
    const length = reader.u32();
    const start = reader.skip(length);
    const end = reader.offset;
    const first = next;
    while ((suspects[next] ?? end) < end) next++;
    const calls = first === next ? [] : findSlow(bytes, start, end, suspects[next - 1] ?? start);
    if (calls.length === 0) continue;
    parts.push(bytes.subarray(copied, entry), u32Bytes(length + calls.length * call.length));
    copied = start;
    for (const at of calls) {
      parts.push(bytes.subarray(copied, at), call);
      copied = at;
    }
  }
  if (parts.length === 1) return undefined;
  parts.push(bytes.subarray(copied, code.end), EMPTY_BODY);
  return concatenated(...parts);
}

/** Where the slow instructions of a body stand, up to its last suspect. */
function findSlow(bytes: Uint8Array, start: number, end: number, last: number): number[] {
  const reader = new ByteReader(bytes, start, end, 'code section');
  const found: number[] = [];
  skipLocals(reader);
  while (reader.offset <= last) {
    const at = reader.offset;
    if (bytes[at] === BULK_PREFIX && isSlow(bytes, at)) found.push(at);
    skipInstruction(reader);
  }
  return found;
}

/** A section with one entry more. */
function appended(bytes: Uint8Array, section: Section, entry: ArrayLike<number>): Edit {
  const body = concatenated(u32Bytes(section.count + 1), bytes.subarray(section.entries, section.end), entry);
  return { start: section.start, end: section.end, bytes: sectionBytes(section.id, body) };
}
