// Lets a module import functions with a 32-bit result that it declares with one of 64 bits: behind each call the result is widened.
// JavaScript gives an i64 as a bigint, which costs some 45 ns; a function of WebAssembly's between the two costs 2 of the 7 ns that a
// local call takes; the instruction costs nothing. Which imports those are, the caller says. One that is more than called (it
// stands in a table, is exported) keeps its type. Called by rewrite.ts.

import { MACHINE_MODULE } from '../admit.ts';
import { SECTION, type ValueType } from '../features.ts';
import type { ParsedModule } from '../parse.ts';
import { ByteReader } from '../reader.ts';
import { skipConstantExpression } from '../types.ts';
import { concatenated, u32Behind, u32Bytes } from './bytes.ts';
import type { InsertRule } from './code.ts';

/** Stands before the module's name of an import that was given a 32-bit result; reserved. */
export const NARROWED_PREFIX = `${MACHINE_MODULE}:`;

/** Whether an import whose result is an i64 is served by a function whose result is an i32. */
export type IsNarrow = (module: string, name: string) => boolean;

/** A function import that is narrowed: its place among the imports, its type as an entry of the type section. */
export interface NarrowedImport {
  readonly index: number;
  readonly type: Uint8Array;
}

const CALL = 0x10;
const RETURN_CALL = 0x12;
const RETURN = 0x0f;
const REF_FUNC = 0xd2;
const I64_EXTEND_I32_S = 0xac;
const I32 = 0x7f;
const FUNC_TYPE = 0x60;
const VALUE_TYPES: { readonly [type in ValueType]?: number } = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
/** Bits of an element segment's flags. */
const PASSIVE_OR_DECLARED = 1;
const EXPLICIT = 2;
const EXPRESSIONS = 4;

/** The imports that can be narrowed, by function index. */
export function narrowedImports(parsed: ParsedModule, isNarrow: IsNarrow): ReadonlyMap<number, NarrowedImport> {
  const narrowed = new Map<number, NarrowedImport>();
  let func = 0;
  parsed.imports.forEach(({ module, name, ...external }, index) => {
    if (external.kind !== 'function') return;
    const { params, results } = external.type;
    const codes = params.map((type) => VALUE_TYPES[type]);
    if (results.length === 1 && results[0] === 'i64' && isNarrow(module, name)) {
      const known = codes.filter((code) => code !== undefined);
      const type = concatenated([FUNC_TYPE], u32Bytes(known.length), known, [1, I32]);
      if (known.length === codes.length) narrowed.set(func, { index, type });
    }
    func++;
  });
  if (narrowed.size > 0) for (const used of functionsAsValues(parsed)) narrowed.delete(used);
  return narrowed;
}

/** Widens what comes back, at calls of those functions. */
export function narrowRules(functions: ReadonlySet<number>): InsertRule[] {
  const matches = (bytes: Uint8Array, at: number): boolean => functions.has(u32Behind(bytes, at));
  return [
    { opcode: CALL, matches, replace: (instruction) => concatenated(instruction, [I64_EXTEND_I32_S]) },
    {
      opcode: RETURN_CALL,
      matches,
      replace: (instruction) => concatenated([CALL], instruction.subarray(1), [I64_EXTEND_I32_S, RETURN]),
    },
  ];
}

/** The functions that a module does more with than call: what is exported, starts it, or stands in a table or global. */
function functionsAsValues(parsed: ParsedModule): Iterable<number> {
  const used = new Set<number>();
  for (const { kind, index } of parsed.exports) if (kind === 'function') used.add(index);
  if (parsed.start !== undefined) used.add(parsed.start.index);
  for (const section of parsed.sections) {
    const reader = new ByteReader(parsed.bytes, section.body, section.end, 'element section');
    if (section.id === SECTION.element) readSegments(reader, used);
    // A global seldom is a function: rather than read them, take every index that might stand there.
    if (section.id === SECTION.global) {
      for (let at = section.body; at < section.end; at++) {
        if (parsed.bytes[at] === REF_FUNC) used.add(u32Behind(parsed.bytes, at));
      }
    }
  }
  return used;
}

function readSegments(reader: ByteReader, used: Set<number>): void {
  for (let left = reader.u32(); left > 0; left--) {
    const flags = reader.u32();
    const isActive = (flags & PASSIVE_OR_DECLARED) === 0;
    if (isActive && (flags & EXPLICIT) !== 0) reader.u32();
    if (isActive) skipConstantExpression(reader);
    if ((flags & (PASSIVE_OR_DECLARED | EXPLICIT)) !== 0) reader.byte(); // what the elements are
    for (let elements = reader.u32(); elements > 0; elements--) {
      if ((flags & EXPRESSIONS) === 0) {
        used.add(reader.u32());
        continue;
      }
      const at = reader.offset;
      skipConstantExpression(reader);
      if (reader.bytes[at] === REF_FUNC) used.add(u32Behind(reader.bytes, at));
    }
  }
}
