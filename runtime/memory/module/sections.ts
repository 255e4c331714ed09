// The readers of the single sections: each takes a reader over one section's contents and adds what loading needs to the draft.
// Structure and encodings are checked, the rest is the engine's. Called by parse.ts, which checks order and sizes.
// Source: WebAssembly core specification, 5.5.

import { quoteName } from './errors.ts';
import {
  EXTERNAL_KINDS,
  type ExternalKind,
  LIMITS,
  refusal,
  refusedMemoryCount,
  SECTION,
  unknownEncoding,
  type ValueType,
} from './features.ts';
import type { ByteReader } from './reader.ts';
import {
  type ExternalType,
  type FunctionType,
  FunctionTypes,
  type GlobalType,
  type MemoryType,
  readGlobalType,
  readMemoryType,
  readTableType,
  skipConstantExpression,
  type TableType,
} from './types.ts';

/** A byte range [start, end) of the module. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type ModuleImport = { readonly module: string; readonly name: string } & ExternalType;

export interface ModuleExport {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
  /** The type of a function; undefined for the other kinds. */
  readonly type: FunctionType | undefined;
}

const KNOWN_CUSTOMS: ReadonlySet<string> = new Set([
  'name',
  'target_features',
  'producers',
  'linking',
  'dylink',
  'dylink.0',
  '.debug_line',
]);
const LONGEST_KNOWN_CUSTOM = 16;
/** With its end. */
const I32_CONST_0 = [0x41, 0x00, 0x0b];

/** A global that may change. */
export interface MutableGlobal {
  readonly index: number;
  readonly value: ValueType;
  /** It begins as `i32.const 0`. */
  readonly startsAtZero: boolean;
}

/** What the sections read so far have told. */
export interface Draft {
  readonly imports: ModuleImport[];
  readonly importRanges: ByteRange[];
  readonly exports: ModuleExport[];
  readonly memories: MemoryType[];
  readonly tables: TableType[];
  readonly importedFunctionTypes: FunctionType[];
  readonly customs: Map<string, Uint8Array>;
  readonly dataSegments: { count: number; active: number };
  readonly mutableGlobals: MutableGlobal[];
  types: FunctionTypes | undefined;
  definedFunctionTypes: Uint32Array;
  importedTables: number;
  globals: number;
  tags: number;
  codeBytes: number;
  bodies: number;
  declaredDataSegments: number | undefined;
  startFunction: number | undefined;
  startBody: ByteRange | undefined;
}

export function emptyDraft(): Draft {
  return {
    imports: [],
    importRanges: [],
    exports: [],
    memories: [],
    tables: [],
    importedFunctionTypes: [],
    customs: new Map(),
    dataSegments: { count: 0, active: 0 },
    mutableGlobals: [],
    types: undefined,
    definedFunctionTypes: new Uint32Array(0),
    importedTables: 0,
    globals: 0,
    tags: 0,
    codeBytes: 0,
    bodies: 0,
    declaredDataSegments: undefined,
    startFunction: undefined,
    startBody: undefined,
  };
}

/** The reader of each section by id; element segments are only stepped over. */
export const SECTION_READERS: Readonly<Record<number, (reader: ByteReader, draft: Draft) => void>> = {
  [SECTION.type]: (reader, draft) => {
    draft.types = new FunctionTypes(reader);
  },
  [SECTION.import]: readImports,
  [SECTION.function]: readFunctions,
  [SECTION.table]: readTables,
  [SECTION.memory]: readMemories,
  [SECTION.tag]: readTags,
  [SECTION.global]: readGlobals,
  [SECTION.export]: readExports,
  [SECTION.start]: (reader, draft) => {
    draft.startFunction = reader.u32();
    reader.finish();
  },
  [SECTION.dataCount]: (reader, draft) => {
    draft.declaredDataSegments = reader.u32();
    reader.finish();
  },
  [SECTION.code]: readCode,
  [SECTION.data]: readData,
};

function readImports(reader: ByteReader, draft: Draft): void {
  for (let left = reader.count(4, LIMITS.imports, 'imports'); left > 0; left--) {
    const start = reader.offset;
    const module = reader.name(LIMITS.nameBytes);
    const name = reader.name(LIMITS.nameBytes);
    draft.imports.push({ module, name, ...readExternalType(reader, draft) });
    draft.importRanges.push({ start, end: reader.offset });
  }
  draft.importedTables = draft.tables.length;
  reader.finish();
}

function readExternalType(reader: ByteReader, draft: Draft): ExternalType {
  const byte = reader.byte();
  const kind = EXTERNAL_KINDS[byte];
  if (kind === undefined) throw unknownEncoding('import kind', byte);
  switch (kind) {
    case 'function': {
      const type = readFunctionType(reader, draft);
      draft.importedFunctionTypes.push(type);
      return { kind, type };
    }
    case 'table': {
      const type = readTableType(reader);
      draft.tables.push(type);
      return { kind, type };
    }
    case 'memory': {
      const type = readMemoryType(reader);
      draft.memories.push(type);
      return { kind, type };
    }
    case 'global': {
      const type = readGlobalType(reader);
      noteGlobal(draft, type, false);
      return { kind, type };
    }
    case 'tag':
      draft.tags++;
      return { kind, type: readTagType(reader, draft) };
  }
}

function readFunctionType(reader: ByteReader, draft: Draft): FunctionType {
  const index = reader.u32();
  const type = draft.types?.get(index);
  if (type === undefined) throw reader.malformed(`type ${index}, which does not exist,`);
  return type;
}

// An exception lives on the engine's heap: one that could carry a reference to another would let a guest build an endless list there.
function readTagType(reader: ByteReader, draft: Draft): FunctionType {
  const attribute = reader.byte();
  if (attribute !== 0) throw unknownEncoding('tag attribute', attribute);
  const type = readFunctionType(reader, draft);
  if (type.params.some((param) => param.endsWith('ref'))) {
    throw refusal('an exception tag with a reference in it', 'throw numbers or addresses');
  }
  return type;
}

function readFunctions(reader: ByteReader, draft: Draft): void {
  const types = new Uint32Array(reader.count(1, LIMITS.functions, 'functions'));
  for (let i = 0; i < types.length; i++) types[i] = reader.u32();
  draft.definedFunctionTypes = types;
  reader.finish();
}

function readTables(reader: ByteReader, draft: Draft): void {
  for (let left = reader.count(3, LIMITS.tables, 'tables'); left > 0; left--) draft.tables.push(readTableType(reader));
  reader.finish();
}

function readMemories(reader: ByteReader, draft: Draft): void {
  const count = reader.count(2, LIMITS.memoryPages, 'memories');
  if (count > 1) throw refusedMemoryCount(count);
  if (count === 1) draft.memories.push(readMemoryType(reader));
  reader.finish();
}

function readTags(reader: ByteReader, draft: Draft): void {
  const count = reader.count(2, LIMITS.tags, 'tags');
  for (let i = 0; i < count; i++) readTagType(reader, draft);
  draft.tags += count;
  reader.finish();
}

function readGlobals(reader: ByteReader, draft: Draft): void {
  const count = reader.count(4, LIMITS.globals, 'globals');
  for (let i = 0; i < count; i++) {
    const type = readGlobalType(reader);
    const start = reader.offset;
    skipConstantExpression(reader);
    noteGlobal(
      draft,
      type,
      I32_CONST_0.every((byte, at) => reader.bytes[start + at] === byte),
    );
  }
  reader.finish();
}

function noteGlobal(draft: Draft, { value, isMutable }: GlobalType, startsAtZero: boolean): void {
  const index = draft.globals++;
  if (isMutable) draft.mutableGlobals.push({ index, value, startsAtZero });
}

function readExports(reader: ByteReader, draft: Draft): void {
  const names = new Set<string>();
  for (let left = reader.count(3, LIMITS.exports, 'exports'); left > 0; left--) {
    const name = reader.name(LIMITS.nameBytes);
    if (names.has(name)) throw reader.malformed(`the export ${quoteName(name)} twice`);
    names.add(name);
    const byte = reader.byte();
    const kind = EXTERNAL_KINDS[byte];
    if (kind === undefined) throw unknownEncoding('export kind', byte);
    const index = reader.u32();
    const type = kind === 'function' ? functionType(index, draft) : undefined;
    const exists = kind === 'function' ? type !== undefined : index < countOf(kind, draft);
    if (!exists) throw reader.malformed(`an export of ${kind} ${index}, which does not exist,`);
    draft.exports.push({ name, kind, index, type });
  }
  reader.finish();
}

function functionType(index: number, draft: Draft): FunctionType | undefined {
  const imported = draft.importedFunctionTypes.length;
  if (index < imported) return draft.importedFunctionTypes[index];
  const typeIndex = draft.definedFunctionTypes[index - imported];
  return typeIndex === undefined ? undefined : draft.types?.get(typeIndex);
}

function countOf(kind: Exclude<ExternalKind, 'function'>, draft: Draft): number {
  switch (kind) {
    case 'table':
      return draft.tables.length;
    case 'memory':
      return draft.memories.length;
    case 'global':
      return draft.globals;
    case 'tag':
      return draft.tags;
  }
}

function readCode(reader: ByteReader, draft: Draft): void {
  const startBody = (draft.startFunction ?? -1) - draft.importedFunctionTypes.length;
  draft.codeBytes = reader.remaining;
  draft.bodies = reader.count(3, LIMITS.functions, 'function bodies');
  for (let i = 0; i < draft.bodies; i++) {
    const length = reader.u32();
    const start = reader.skip(length);
    if (i === startBody) draft.startBody = { start, end: start + length };
  }
  reader.finish();
}

function readData(reader: ByteReader, draft: Draft): void {
  const segments = draft.dataSegments;
  segments.count = reader.count(2, LIMITS.dataSegments, 'data segments');
  for (let i = 0; i < segments.count; i++) {
    const mode = reader.u32();
    if (mode > 2) throw reader.malformed(`a data segment of unknown mode ${mode}`);
    if (mode === 2) {
      const memory = reader.u32();
      if (memory !== 0) throw reader.malformed(`a data segment for memory ${memory}, which does not exist,`);
    }
    if (mode !== 1) {
      segments.active++;
      skipConstantExpression(reader);
    }
    reader.skip(reader.u32());
  }
  reader.finish();
}

/** Keeps the contents of a custom section that the machine knows; the name of another may be anything. */
export function readCustom(reader: ByteReader, draft: Draft): void {
  const length = reader.u32();
  const start = reader.skip(length);
  if (length > LONGEST_KNOWN_CUSTOM) return;
  const name = String.fromCharCode(...reader.bytes.subarray(start, start + length));
  if (!KNOWN_CUSTOMS.has(name) || draft.customs.has(name)) return;
  draft.customs.set(name, reader.bytes.subarray(reader.offset, reader.end));
}
