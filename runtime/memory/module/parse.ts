// Reads a module's sections as far as loading needs them: imports, exports, memories, tables, globals, tags, start, data; sizes of the rest.
// It checks structure (bounds, order, counts, the encodings that features.ts allows) in one linear pass and leaves full validation to the
// engine; function bodies and element segments are only stepped over. What a module may ask for is judged by admit.ts.
// Source: WebAssembly core specification, 5.5.

import { SECTION, SECTION_NAMES, SECTION_RANK, unknownEncoding } from './features.ts';
import { ByteReader } from './reader.ts';
import {
  type ByteRange,
  type Draft,
  emptyDraft,
  type ModuleExport,
  type ModuleImport,
  type MutableGlobal,
  readCustom,
  SECTION_READERS,
} from './sections.ts';
import type { MemoryType, TableType } from './types.ts';

/** A section other than a custom one; `start` is at its id, `body` at its contents, `entries` behind their count. */
export interface Section extends ByteRange {
  readonly id: number;
  readonly body: number;
  readonly entries: number;
  readonly count: number;
}

export interface ParsedModule {
  readonly bytes: Uint8Array;
  /** The sections other than custom ones, in file order, which is the order of the format. */
  readonly sections: readonly Section[];
  readonly imports: readonly ModuleImport[];
  /** Where each import's entry stands in the file. */
  readonly importRanges: readonly ByteRange[];
  readonly exports: readonly ModuleExport[];
  /** Memories and tables by index, imported ones first. */
  readonly memories: readonly MemoryType[];
  readonly tables: readonly TableType[];
  readonly importedTables: number;
  readonly mutableGlobals: readonly MutableGlobal[];
  /** Functions by index are imports first. */
  readonly functionCount: number;
  readonly codeBytes: number;
  readonly dataSegments: { readonly count: number; readonly active: number };
  /** The start function: its body, undefined when it is an import. */
  readonly start: { readonly index: number; readonly body: ByteRange | undefined } | undefined;
  /** The contents of the first custom section of each name that the machine knows. */
  readonly customs: ReadonlyMap<string, Uint8Array>;
}

const HEADER_BYTES = 8;
/**
 * Reads the sections of a core module whose header has been checked (identify.ts).
 * Errors: ModuleError ENOEXEC: malformed, or an encoding that is not on the allowlist.
 */
export function parseModule(bytes: Uint8Array): ParsedModule {
  const draft = emptyDraft();
  const reader = new ByteReader(bytes, HEADER_BYTES, bytes.length, 'file');
  const sections: Section[] = [];
  let lastRank = 0;
  while (reader.remaining > 0) {
    const start = reader.offset;
    const id = reader.byte();
    const name = SECTION_NAMES[id];
    const rank = SECTION_RANK[id];
    if (name === undefined || rank === undefined) throw unknownEncoding('section', id);
    const length = reader.u32();
    const body = reader.skip(length);
    const contents = new ByteReader(bytes, body, reader.offset, `${name} section`);
    if (id === SECTION.custom) {
      readCustom(contents, draft);
      continue;
    }
    if (rank <= lastRank) throw contents.malformed('a section out of order or twice');
    lastRank = rank;
    sections.push(readSection(id, start, contents, draft));
  }
  return finishedModule(bytes, sections, draft);
}

function readSection(id: number, start: number, reader: ByteReader, draft: Draft): Section {
  const { offset: body, end } = reader;
  // Every section but start begins with a count; the section readers check it again, against their own limits.
  const head = new ByteReader(reader.bytes, body, end, reader.where);
  const count = head.u32();
  SECTION_READERS[id]?.(reader, draft);
  return { id, start, body, end, entries: head.offset, count };
}

function finishedModule(bytes: Uint8Array, sections: readonly Section[], draft: Draft): ParsedModule {
  const end = new ByteReader(bytes, bytes.length, bytes.length, 'file');
  const declared = draft.definedFunctionTypes.length;
  if (draft.bodies !== declared) throw end.malformed(`${declared} functions with ${draft.bodies} bodies`);
  const { count } = draft.dataSegments;
  if ((draft.declaredDataSegments ?? count) !== count) {
    throw end.malformed(`${draft.declaredDataSegments} data segments declared, ${count} present,`);
  }
  const functionCount = draft.importedFunctionTypes.length + declared;
  if (draft.startFunction !== undefined && draft.startFunction >= functionCount) {
    throw end.malformed(`start function ${draft.startFunction}, which does not exist,`);
  }
  return {
    ...draft,
    bytes,
    sections,
    functionCount,
    start: draft.startFunction === undefined ? undefined : { index: draft.startFunction, body: draft.startBody },
  };
}
