// Builds WebAssembly modules byte by byte for tests: `buildModule` for well-formed ones from a description with raw function bodies,
// the encoders (`section`, `u32`, `name`, `limits`, …) for malformed ones. It checks nothing: what is described is what is written.
// Source: WebAssembly core specification, chapter 5.

export type ValueTypeName = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref' | 'exnref';
export type Bytes = ArrayLike<number>;

export interface LimitsSpec {
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

export interface TableSpec extends LimitsSpec {
  readonly element?: 'funcref' | 'externref';
}

export interface GlobalSpec {
  readonly type: ValueTypeName;
  readonly mutable?: boolean;
}

export type ImportSpec = { readonly module: string; readonly name: string } & (
  | { readonly func: number }
  | { readonly table: TableSpec }
  | { readonly memory: LimitsSpec }
  | { readonly global: GlobalSpec }
  | { readonly tag: number }
);

export interface FunctionSpec {
  /** Index of the type. */
  readonly type: number;
  /** Runs of locals. */
  readonly locals?: readonly (readonly [count: number, type: ValueTypeName])[];
  /** Instructions without the last `end`. */
  readonly body: Bytes;
}

export interface ExportSpec {
  readonly name: string;
  readonly kind: 'func' | 'table' | 'memory' | 'global' | 'tag';
  readonly index: number;
}

export interface DataSpec {
  /** The address of an active segment; left out, the segment is passive. */
  readonly at?: number;
  readonly bytes: Bytes;
}

export interface CustomSpec {
  readonly name: string;
  readonly contents: Bytes;
  /** The section before which it stands; by default it is the last. */
  readonly before?: number;
}

export interface ModuleSpec {
  readonly types?: readonly {
    readonly params?: readonly ValueTypeName[];
    readonly results?: readonly ValueTypeName[];
  }[];
  readonly imports?: readonly ImportSpec[];
  readonly functions?: readonly FunctionSpec[];
  readonly tables?: readonly TableSpec[];
  readonly memories?: readonly LimitsSpec[];
  /** Types of tags. */
  readonly tags?: readonly number[];
  readonly globals?: readonly (GlobalSpec & { readonly init: Bytes })[];
  readonly exports?: readonly ExportSpec[];
  readonly start?: number;
  /** Whole element segments, encoded. */
  readonly elements?: readonly Bytes[];
  readonly dataCount?: boolean;
  readonly data?: readonly DataSpec[];
  readonly customs?: readonly CustomSpec[];
}

export const HEADER: Bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const VALUE_TYPE_BYTES = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  exnref: 0x69,
} as const satisfies Record<ValueTypeName, number>;

const EXPORT_KINDS = ['func', 'table', 'memory', 'global', 'tag'] as const;
const END = 0x0b;

/** Builds a module; a section that the description leaves out is not written, an empty list gives an empty section. */
export function buildModule(spec: ModuleSpec): Uint8Array<ArrayBuffer> {
  const sections: Bytes[] = [HEADER];
  for (const [id, body] of sectionBodies(spec)) {
    for (const custom of spec.customs ?? []) if (custom.before === id) sections.push(customSection(custom));
    if (body !== undefined) sections.push(section(id, body));
  }
  for (const custom of spec.customs ?? []) if (custom.before === undefined) sections.push(customSection(custom));
  return concat(...sections);
}

function sectionBodies(spec: ModuleSpec): [id: number, body: Bytes | undefined][] {
  return [
    [1, spec.types && vector(spec.types.map(({ params, results }) => functionType(params, results)))],
    [2, spec.imports && vector(spec.imports.map(importEntry))],
    [3, spec.functions && vector(spec.functions.map(({ type }) => u32(type)))],
    [4, spec.tables && vector(spec.tables.map(tableType))],
    [5, spec.memories && vector(spec.memories.map(limits))],
    [13, spec.tags && vector(spec.tags.map((type) => concat([0], u32(type))))],
    [6, spec.globals && vector(spec.globals.map((global) => concat(globalType(global), global.init, [END])))],
    [7, spec.exports && vector(spec.exports.map(exportEntry))],
    [8, spec.start === undefined ? undefined : u32(spec.start)],
    [9, spec.elements && vector(spec.elements)],
    [12, spec.dataCount === true ? u32(spec.data?.length ?? 0) : undefined],
    [10, spec.functions && vector(spec.functions.map(functionBody))],
    [11, spec.data && vector(spec.data.map(dataSegment))],
  ];
}

/** Encodes an unsigned LEB128 integer; `padTo` writes it in more bytes than it needs, as linkers do. */
export function u32(value: number, padTo = 1): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest >= 128 || bytes.length + 1 < padTo;
    bytes.push((rest % 128) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0 || bytes.length < padTo);
  return Uint8Array.from(bytes);
}

/** Encodes a signed LEB128 integer of 32 bits. */
export function s32(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0))
      return Uint8Array.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}

export function name(text: string): Uint8Array {
  return sized(new TextEncoder().encode(text));
}

/** Prefixes bytes with their length. */
export function sized(bytes: Bytes): Uint8Array {
  return concat(u32(bytes.length), bytes);
}

export function vector(entries: readonly Bytes[]): Uint8Array {
  return concat(u32(entries.length), ...entries);
}

export function section(id: number, body: Bytes): Uint8Array {
  return concat([id], sized(body));
}

export function customSection(custom: Pick<CustomSpec, 'name' | 'contents'>): Uint8Array {
  return section(0, concat(name(custom.name), custom.contents));
}

/** The contents of a name section that names functions. */
export function functionNameSection(names: ReadonlyMap<number, string>): Uint8Array {
  return concat([1], sized(vector([...names].map(([index, text]) => concat(u32(index), name(text))))));
}

export function functionType(
  params: readonly ValueTypeName[] = [],
  results: readonly ValueTypeName[] = [],
): Uint8Array {
  const types = (list: readonly ValueTypeName[]): Uint8Array => sized(list.map((type) => VALUE_TYPE_BYTES[type]));
  return concat([0x60], types(params), types(results));
}

export function limits({ initial, maximum, shared = false }: LimitsSpec): Uint8Array {
  const flags = (maximum === undefined ? 0 : 1) | (shared ? 2 : 0);
  return concat([flags], u32(initial), maximum === undefined ? [] : u32(maximum));
}

export function tableType(table: TableSpec): Uint8Array {
  return concat([VALUE_TYPE_BYTES[table.element ?? 'funcref']], limits(table));
}

export function globalType({ type, mutable = false }: GlobalSpec): Uint8Array {
  return concat([VALUE_TYPE_BYTES[type], mutable ? 1 : 0]);
}

/** `i32.const value`. */
export function i32Const(value: number): Uint8Array {
  return concat([0x41], s32(value));
}

export function concat(...parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function importEntry(entry: ImportSpec): Uint8Array {
  return concat(name(entry.module), name(entry.name), importType(entry));
}

function importType(entry: ImportSpec): Uint8Array {
  if ('func' in entry) return concat([0], u32(entry.func));
  if ('table' in entry) return concat([1], tableType(entry.table));
  if ('memory' in entry) return concat([2], limits(entry.memory));
  if ('global' in entry) return concat([3], globalType(entry.global));
  return concat([4, 0], u32(entry.tag));
}

function exportEntry(entry: ExportSpec): Uint8Array {
  return concat(name(entry.name), [EXPORT_KINDS.indexOf(entry.kind)], u32(entry.index));
}

function functionBody({ locals = [], body }: FunctionSpec): Uint8Array {
  const runs = vector(locals.map(([count, type]) => concat(u32(count), [VALUE_TYPE_BYTES[type]])));
  return sized(concat(runs, body, [END]));
}

function dataSegment({ at, bytes }: DataSpec): Uint8Array {
  return at === undefined ? concat([1], sized(bytes)) : concat([0], i32Const(at), [END], sized(bytes));
}
