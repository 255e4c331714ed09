// The types that a module declares (functions, tables, memories, globals), how they are read, and the constant expressions beside them.
// Only what features.ts allows is read; the rest is refused where it stands. Called by parse.ts.
// Source: WebAssembly core specification, 5.3 and 5.4.9.

import {
  type ExternalKind,
  FUNCTION_TYPE_FORM,
  LIMIT_FLAG,
  LIMITS,
  refusal,
  refusedLimits,
  refusedMutability,
  refusedTypeForm,
  refusedValueType,
  unknownEncoding,
  type ValueType,
  valueTypeOf,
} from './features.ts';
import { ByteReader } from './reader.ts';

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Limits in pages (memories) or entries (tables). */
export interface Limits {
  readonly initial: number;
  readonly maximum: number | undefined;
}

export interface MemoryType extends Limits {
  readonly isShared: boolean;
}

export interface TableType extends Limits {
  readonly element: 'funcref' | 'externref';
}

export interface GlobalType {
  readonly value: ValueType;
  readonly isMutable: boolean;
}

/** What an import or export is, by kind. */
export type ExternalType =
  | { readonly kind: 'function'; readonly type: FunctionType }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly type: FunctionType };

/** The external type of one kind. */
export type ExternalOf<K extends ExternalKind> = Extract<ExternalType, { readonly kind: K }>;

// An empty struct: no module that is admitted has it, but it must be told from an absurd count.
const SHORTEST_TYPE_BYTES = 2;

/** The function types of a module: checked when the section is read, turned into objects only when asked for. */
export class FunctionTypes {
  readonly #reader: ByteReader;
  readonly #offsets: Uint32Array;
  readonly #known = new Map<number, FunctionType>();

  /** Reads the whole type section, from its count on. */
  constructor(reader: ByteReader) {
    this.#reader = reader;
    this.#offsets = new Uint32Array(reader.count(SHORTEST_TYPE_BYTES, LIMITS.types, 'types'));
    for (let i = 0; i < this.#offsets.length; i++) {
      const form = reader.byte();
      if (form !== FUNCTION_TYPE_FORM) throw refusedTypeForm(form);
      this.#offsets[i] = reader.offset;
      for (const what of ['parameters', 'results']) {
        for (let left = reader.count(1, LIMITS.parameters, what); left > 0; left--) readValueType(reader);
      }
    }
    reader.finish();
  }

  /** The type of an index, the same object each time; undefined when there is no such type. */
  get(index: number): FunctionType | undefined {
    const offset = this.#offsets[index];
    if (offset === undefined) return undefined;
    let type = this.#known.get(index);
    if (type === undefined) {
      const reader = new ByteReader(this.#reader.bytes, offset, this.#reader.end, this.#reader.where);
      type = { params: readValueTypes(reader), results: readValueTypes(reader) };
      this.#known.set(index, type);
    }
    return type;
  }
}

export function readMemoryType(reader: ByteReader): MemoryType {
  const flags = reader.byte();
  if (flags > (LIMIT_FLAG.maximum | LIMIT_FLAG.shared)) throw refusedLimits('memory', flags);
  const isShared = (flags & LIMIT_FLAG.shared) !== 0;
  const limits = readLimits(reader, flags);
  if (isShared && limits.maximum === undefined) throw reader.malformed('a shared memory without a maximum');
  if (Math.max(limits.initial, limits.maximum ?? 0) > LIMITS.memoryPages) {
    throw reader.malformed(`a memory of more than ${LIMITS.memoryPages} pages`);
  }
  return { ...limits, isShared };
}

export function readTableType(reader: ByteReader): TableType {
  const element = reader.byte();
  if (element === 0x40) throw refusal('a table with an initializer', 'build it without typed references');
  const type = valueTypeOf(element);
  if (type === 'exnref') throw refusal('a table of exceptions', 'keep exceptions in local variables');
  if (type !== 'funcref' && type !== 'externref') throw refusedValueType(element);
  const flags = reader.byte();
  if (flags > LIMIT_FLAG.maximum) throw refusedLimits('table', flags);
  return { element: type, ...readLimits(reader, flags) };
}

export function readGlobalType(reader: ByteReader): GlobalType {
  const value = readValueType(reader);
  const mutability = reader.byte();
  if (mutability > 1) throw refusedMutability(mutability);
  return { value, isMutable: mutability === 1 };
}

/** Skips a constant expression with its end. */
export function skipConstantExpression(reader: ByteReader): void {
  for (;;) {
    const opcode = reader.byte();
    switch (opcode) {
      case 0x0b: // end
        return;
      case 0x23: // global.get
      case 0xd2: // ref.func
        reader.u32();
        break;
      case 0x41: // i32.const
        reader.skipSigned(32);
        break;
      case 0x42: // i64.const
        reader.skipSigned(64);
        break;
      case 0x43: // f32.const
        reader.skip(4);
        break;
      case 0x44: // f64.const
        reader.skip(8);
        break;
      case 0xd0: // ref.null
        readNullableHeapType(reader);
        break;
      case 0xfd: // v128.const
        if (reader.u32() !== 12) throw reader.malformed('an instruction that is not constant');
        reader.skip(16);
        break;
      case 0xfb:
        throw refusal('a GC instruction', 'build it for linear memory, without WebAssembly GC');
      default:
        if (!EXTENDED_CONSTANTS.has(opcode)) throw unknownEncoding('constant instruction', opcode);
    }
  }
}

// add, sub and mul of i32 and i64
const EXTENDED_CONSTANTS: ReadonlySet<number> = new Set([0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e]);

function readValueType(reader: ByteReader): ValueType {
  const byte = reader.byte();
  const type = valueTypeOf(byte);
  if (type === undefined) throw refusedValueType(byte);
  return type;
}

function readValueTypes(reader: ByteReader): readonly ValueType[] {
  const types: ValueType[] = [];
  for (let left = reader.count(1, LIMITS.parameters, 'value types'); left > 0; left--)
    types.push(readValueType(reader));
  return types;
}

function readNullableHeapType(reader: ByteReader): void {
  const byte = reader.byte();
  const type = valueTypeOf(byte);
  if (type === 'funcref' || type === 'externref' || type === 'exnref') return;
  throw refusedValueType(byte < 0x40 || byte >= 0x80 ? 0x63 : byte);
}

function readLimits(reader: ByteReader, flags: number): Limits {
  const initial = reader.u32();
  const maximum = flags & LIMIT_FLAG.maximum ? reader.u32() : undefined;
  if (maximum !== undefined && maximum < initial) {
    throw reader.malformed(`a maximum (${maximum}) below its initial size (${initial})`);
  }
  return { initial, maximum };
}
