// The allowlist of encodings: every type, section, import kind and limit that a guest module may use, and for the known rest why it is refused.
// A byte that is neither listed nor explained is refused as unknown: a new proposal is admitted here, by a decision, never by accident.
// Function bodies are left to the engine: what they could use of a refused feature must first be declared in a section that is checked.
// Source: WebAssembly core specification 3.0, chapter 5; limits: WebAssembly JavaScript interface, "Implementation-defined limits".

import { ModuleError } from './errors.ts';

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref' | 'exnref';
export type ExternalKind = 'function' | 'table' | 'memory' | 'global' | 'tag';

/** Ids of the sections, as the binary format numbers them. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

export const SECTION_NAMES = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'data count',
  'tag',
] as const;

/** Position of each section id in the order that the format demands (tag stands before global, data count before code). */
export const SECTION_RANK: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6];

/** External kinds by their byte in import and export entries. */
export const EXTERNAL_KINDS: readonly ExternalKind[] = ['function', 'table', 'memory', 'global', 'tag'];

/**
 * Most entries of each sort. Those of the JavaScript interface where an entry costs the machine little, smaller where each becomes an object
 * or a resource of the host: 100 growing tables have killed a whole Node process, and every import is bound by name.
 */
export const LIMITS = {
  moduleBytes: 1 << 30,
  types: 1_000_000,
  functions: 1_000_000,
  parameters: 1_000,
  imports: 10_000,
  exports: 100_000,
  globals: 100_000,
  tables: 100,
  tags: 10_000,
  dataSegments: 100_000,
  nameBytes: 100_000,
  memoryPages: 65_536,
} as const;

/**
 * Most entries of all tables of a module together: V8 spends up to 64 bytes on one, so 64 MiB at worst. The largest C programs have some
 * 100,000 function pointers. A table without a bound gets its share of what the initial sizes leave (see admit.ts).
 */
export const TABLE_ENTRIES_BUDGET = 1 << 20;

export const LIMIT_FLAG = { maximum: 0x01, shared: 0x02, is64: 0x04, pageSize: 0x08 } as const;

const VALUE_TYPES: ReadonlyMap<number, ValueType> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
  [0x69, 'exnref'],
]);

type Refused = readonly [feature: string, advice: string];

const GC_ADVICE = 'build it for linear memory, without WebAssembly GC';
const SHARED_EVERYTHING: Refused = ['shared-everything threads', 'build it with -pthread (shared memory) instead'];
const STACK_SWITCHING: Refused = ['stack switching', 'build it without continuations'];

const REFUSED_VALUE_TYPES: ReadonlyMap<number, Refused> = new Map<number, Refused>([
  [0x63, ['a typed reference', GC_ADVICE]],
  [0x64, ['a typed reference', GC_ADVICE]],
  [0x65, SHARED_EVERYTHING],
  [0x67, ['stringref', GC_ADVICE]],
  [0x68, STACK_SWITCHING],
  [0x6a, ['the GC type arrayref', GC_ADVICE]],
  [0x6b, ['the GC type structref', GC_ADVICE]],
  [0x6c, ['the GC type i31ref', GC_ADVICE]],
  [0x6d, ['the GC type eqref', GC_ADVICE]],
  [0x6e, ['the GC type anyref', GC_ADVICE]],
  [0x71, ['the GC type nullref', GC_ADVICE]],
  [0x72, ['the GC type nullexternref', GC_ADVICE]],
  [0x73, ['the GC type nullfuncref', GC_ADVICE]],
  [0x74, ['the type nullexnref', GC_ADVICE]],
  [0x75, STACK_SWITCHING],
]);

const REFUSED_TYPE_FORMS: ReadonlyMap<number, Refused> = new Map<number, Refused>([
  [0x4c, ['a GC descriptor type', GC_ADVICE]],
  [0x4d, ['a GC descriptor type', GC_ADVICE]],
  [0x4e, ['a GC recursive type group', GC_ADVICE]],
  [0x4f, ['a GC subtype', GC_ADVICE]],
  [0x50, ['a GC subtype', GC_ADVICE]],
  [0x5d, STACK_SWITCHING],
  [0x5e, ['a GC array type', GC_ADVICE]],
  [0x5f, ['a GC struct type', GC_ADVICE]],
  [0x65, SHARED_EVERYTHING],
]);

export const FUNCTION_TYPE_FORM = 0x60;

/** The value type of an encoding byte; undefined when it is not allowed, then see `refusedValueType`. */
export function valueTypeOf(byte: number): ValueType | undefined {
  return VALUE_TYPES.get(byte);
}

/** Builds the refusal of a feature: what the module uses and how to build it without. */
export function refusal(feature: string, advice: string): ModuleError {
  return new ModuleError('ENOEXEC', `unsupported module: it uses ${feature}; ${advice}`);
}

export function refusedValueType(byte: number): ModuleError {
  const known = REFUSED_VALUE_TYPES.get(byte);
  return known === undefined ? unknownEncoding('value type', byte) : refusal(...known);
}

export function refusedTypeForm(byte: number): ModuleError {
  const known = REFUSED_TYPE_FORMS.get(byte);
  return known === undefined ? unknownEncoding('type form', byte) : refusal(...known);
}

/** The refusal of a limits flag byte that asks for more than a bound (and, of a memory, for sharing). */
export function refusedLimits(what: 'memory' | 'table', flags: number): ModuleError {
  if (flags & LIMIT_FLAG.is64 && flags < 0x10) {
    return refusal(`a 64-bit ${what} (memory64)`, 'build it for wasm32');
  }
  if (flags & LIMIT_FLAG.pageSize && flags < 0x10) {
    return refusal('a custom page size', 'build it with 64 KiB pages');
  }
  if (what === 'table' && flags & LIMIT_FLAG.shared && flags < 0x04) return refusal(...SHARED_EVERYTHING);
  return unknownEncoding(`${what} limits flag`, flags);
}

export function refusedMutability(byte: number): ModuleError {
  return byte === 2 || byte === 3 ? refusal(...SHARED_EVERYTHING) : unknownEncoding('global mutability', byte);
}

export function refusedMemoryCount(count: number): ModuleError {
  return refusal(`${count} memories`, 'build it with one memory');
}

/** The refusal of an encoding that this loader has never heard of. */
export function unknownEncoding(what: string, byte: number): ModuleError {
  const hex = byte.toString(16).padStart(2, '0');
  return new ModuleError(
    'ENOEXEC',
    `unsupported module: unknown ${what} 0x${hex}; the file is damaged or uses a proposal that FusedOS does not run`,
  );
}
