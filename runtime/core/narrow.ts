// Stands between an import whose type has 64-bit integers and a function of JavaScript's that takes and returns numbers: as many
// WebAssembly functions, in a module of its own, that convert. Otherwise the engine makes a bigint of each, at some 45 ns.
// The way through it costs some 2 ns; most imports of programs that the loader has rewritten need it not (memory/module/edit/narrow).
// Called by core/bind.

import { carriedTypeOf, isWide, type Row, type WasmType, wasmTypeOf } from '../abi/row.ts';
import { findRow, signatureOf } from '../abi/table.ts';
import { concatenated, sectionBytes, u32Bytes } from '../memory/module/edit/bytes.ts';

/** What V8 calls the module's frames by in a backtrace, which tells only the guest's own. */
export const NARROW_MODULE = 'fusedos-narrow';

/** An import that a number stands for on the inside. */
export interface Narrowed {
  readonly row: Row;
  /** Takes parameters of kind `long` as numbers; returns a number. */
  readonly call: (...args: number[]) => number;
}

type Function = (...args: never[]) => unknown;

const VALUE_TYPES: { readonly [type in WasmType]: number } = { i32: 0x7f, i64: 0x7e, f64: 0x7c };
const SECTION = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const;
const FUNC_TYPE = 0x60;
const UNREACHABLE = 0x00;
const END = 0x0b;
const CALL = 0x10;
const LOCAL_GET = 0x20;
const I64_EXTEND_I32_S = 0xac;
const F64_CONVERT_I64_S = 0xb9;
const I64_TRUNC_SAT_F64_S = [0xfc, 0x06] as const;

/** By the rows' names: programs import the same few sets. */
const modules = new Map<string, WebAssembly.Module>();
const MODULES_MOST = 64;

/** Whether a function with a 32-bit result serves the import, whose result is an i64: the loader then changes the module. */
export function isNarrow(module: string, name: string): boolean {
  const row = findRow(module, name);
  return row?.wideResult === true && row.result === 'value' && row.params.every(({ kind }) => kind !== 'long');
}

/** Whether an import of the row has 64-bit integers that its handler does not take as bigints. */
export function isNarrowed(row: Row): boolean {
  const hasLong = row.params.some(({ kind }) => kind === 'long');
  // What never returns has no result to convert; and some programs import it without one (core/linkage).
  return hasLong || (row.wideResult === true && row.result !== 'never');
}

/** @returns what the guest imports, in the order given */
export function widen(narrowed: readonly Narrowed[]): readonly Function[] {
  const key = narrowed.map(({ row }) => row.number).join();
  let module = modules.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(moduleOf(narrowed.map(({ row }) => row)));
    if (modules.size === MODULES_MOST) modules.clear();
    modules.set(key, module);
  }
  const imports = Object.fromEntries(narrowed.map(({ call }, i) => [String(i), call]));
  const { exports } = new WebAssembly.Instance(module, { n: imports });
  return narrowed.map((_, i) => exports[String(i)] as Function);
}

/** A module that imports `n.0`, `n.1`, … with the types of handlers, and exports `0`, `1`, … with those of the rows. */
function moduleOf(rows: readonly Row[]): Uint8Array<ArrayBuffer> {
  const named = (index: number): Uint8Array => nameBytes(String(index));
  const types = rows.flatMap((row) => {
    const { params, results } = signatureOf(row);
    return [typeBytes(row.params.map(carriedTypeOf), innerResult(row)), typeBytes(params, results)];
  });
  return concatenated(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    vectorSection(SECTION.type, types),
    vectorSection(
      SECTION.import,
      rows.map((_, i) => concatenated(nameBytes('n'), named(i), [0], u32Bytes(2 * i))),
    ),
    vectorSection(
      SECTION.function,
      rows.map((_, i) => u32Bytes(2 * i + 1)),
    ),
    vectorSection(
      SECTION.export,
      rows.map((_, i) => concatenated(named(i), [0], u32Bytes(rows.length + i))),
    ),
    vectorSection(
      SECTION.code,
      rows.map((row, i) => bodyOf(row, i)),
    ),
    sectionBytes(SECTION.custom, concatenated(nameBytes('name'), sectionBytes(0, nameBytes(NARROW_MODULE)))),
  );
}

function bodyOf(row: Row, index: number): Uint8Array {
  const args = row.params.map((param, i) =>
    concatenated([LOCAL_GET], u32Bytes(i), carriedTypeOf(param) === wasmTypeOf(param) ? [] : [F64_CONVERT_I64_S]),
  );
  const code = concatenated([0], ...args, [CALL], u32Bytes(index), resultCode(row), [END]);
  return concatenated(u32Bytes(code.length), code);
}

function innerResult(row: Row): readonly WasmType[] {
  if (row.result === 'none' || row.result === 'never') return [];
  return [isWide(row) ? 'f64' : 'i32'];
}

function resultCode(row: Row): readonly number[] {
  if (row.result === 'never') return [UNREACHABLE];
  if (row.wideResult !== true || row.result === 'none') return [];
  return isWide(row) ? I64_TRUNC_SAT_F64_S : [I64_EXTEND_I32_S];
}

function typeBytes(params: readonly WasmType[], results: readonly WasmType[]): Uint8Array {
  const valueTypes = (types: readonly WasmType[]): Uint8Array =>
    concatenated(
      u32Bytes(types.length),
      types.map((type) => VALUE_TYPES[type]),
    );
  return concatenated([FUNC_TYPE], valueTypes(params), valueTypes(results));
}

function vectorSection(id: number, entries: readonly Uint8Array[]): Uint8Array {
  return sectionBytes(id, concatenated(u32Bytes(entries.length), ...entries));
}

function nameBytes(name: string): Uint8Array {
  return concatenated(u32Bytes(name.length), new TextEncoder().encode(name));
}
