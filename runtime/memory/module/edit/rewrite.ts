// Makes a guest module fit the machine: its own memory becomes an imported shared one, its tables get a bound, table 0 is exported.
// Calls are put before bulk instructions (see polls.ts, fresh-pages.ts), and take the place of `memory.size` and `memory.grow` (see sizes.ts)
// and of waits (see waits.ts); threads' stacks are checked (see stack.ts). All else is copied, never decoded again, so indexes and names stay as they are: memories have an index space of their own, and there is one. What
// depends on positions in the file (source maps, `reloc.*` of --emit-relocs, DWARF) is off by the inserted bytes: see edit-map.ts.
// Called once a module by whoever loads programs; never inside a guest.

import { type Admission, admitModule, MEMORY_IMPORT } from '../admit.ts';
import { readFunctionNames, readProducers, readTargetFeatures } from '../custom.ts';
import { ModuleError } from '../errors.ts';
import { LIMIT_FLAG, LIMITS, SECTION, SECTION_RANK } from '../features.ts';
import { requireCoreModule } from '../identify.ts';
import { type ParsedModule, parseModule, type Section } from '../parse.ts';
import type { ModuleExport, ModuleImport } from '../sections.ts';
import { canInstantiateTwice, threadUseOf } from '../threads.ts';
import { concatenated, type Edit, edited, growthOf, sectionBytes, u32Bytes } from './bytes.ts';
import { codeEdits } from './code.ts';
import { editMapSection } from './edit-map.ts';
import { FRESH_PAGES } from './fresh-pages.ts';
import { memoryTable } from './memory-table.ts';
import { type IsNarrow, NARROWED_PREFIX, type NarrowedImport, narrowedImports, narrowRules } from './narrow.ts';
import { ownFunctionsSection } from './own-functions.ts';
import { POLL, POLL_TABLES } from './polls.ts';
import { sizeRules } from './sizes.ts';
import { stackRules } from './stack.ts';
import { waitRules } from './waits.ts';

export interface RewriteOptions {
  /** The most pages that a memory of the process may have. */
  readonly maximumPages: number;
  /**
   * The maximum written into the import, at least the guest's own bound: a pool whose memories have larger maxima gives that of its largest,
   * because an engine links only a memory whose maximum is not above the import's. The guest's bound then is the memory's own.
   */
  readonly importMaximumPages?: number;
  /**
   * Whether the imported memory is shared, and pooled. Default true; false where the host has no shared memory: each guest then has
   * a memory of its own, whose size is the engine's to tell.
   */
  readonly isShared?: boolean;
  /** Which imports whose result is an i64 are narrowed: see narrow.ts. Default none. */
  readonly isNarrow?: IsNarrow;
}

export interface RewrittenMemory {
  readonly initialPages: number;
  /** What the guest may grow to: the smaller of its own maximum and the process's. */
  readonly maximumPages: number;
  /** The maximum that the module's import now states. */
  readonly importMaximumPages: number;
  readonly wasShared: boolean;
  /** Where the module imported its memory from; null when it defined it. */
  readonly imported: { readonly module: string; readonly name: string } | null;
}

/** By which names an instance exports what its `memory.size` and `memory.grow`, waits and notifications go through. */
export interface MemoryCallNames {
  /** A table to be filled: see MEMORY_CALL. */
  readonly table: string;
  /** It has entries for waits and notifications. */
  readonly hasWaits: boolean;
  /** What was the start function, to be called once the table is filled; null when there was none. */
  readonly start: string | null;
}

export interface RewrittenModule {
  /** The module to compile; the input itself when nothing had to change. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The memory, now imported as MEMORY_IMPORT says; null when the module has none. */
  readonly memory: RewrittenMemory | null;
  /** Every import but the memory, in the module's order. */
  readonly imports: readonly ModuleImport[];
  /** Every export that the module had; those that we add are not among them. */
  readonly exports: readonly ModuleExport[];
  /** The name under which table 0 is exported; null when there is no table. */
  readonly tableExport: string | null;
  /** Null when the module neither asks for the size of its memory nor grows it, nor waits. */
  readonly memoryCalls: MemoryCallNames | null;
  /** Instantiation already runs guest code. */
  readonly hasStart: boolean;
  /** Made for threads, as far as can be told: see `canInstantiateTwice`. */
  readonly isThreadSafeForSecondInstance: boolean;
  /** It imports a function that starts threads, and is made for them. */
  readonly spawnsThreads: boolean;
  /** One that spawns threads: an instance may serve one thread after another; else each needs a fresh one. */
  readonly reusesInstance: boolean;
  readonly functionCount: number;
  /** The size of the code section. */
  readonly codeBytes: number;
  /** Function index → name, decoded at the first call; empty without a name section. */
  readonly functionNames: () => ReadonlyMap<number, string>;
  /** The features that the compiler used, decoded when called. */
  readonly targetFeatures: () => readonly string[];
  /** The tools that made the module, decoded when called. */
  readonly producers: () => readonly string[];
}

const TABLE_EXPORT = 'fusedos_table';
const MEMORY_CALLS_EXPORT = 'fusedos_memory_calls';
const START_EXPORT = 'fusedos_start';
const EXPORT_KIND = { function: 0, table: 1 } as const;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * Checks a guest module and rewrites it for the machine. What passes is valid if the input was; the engine still validates it.
 * Takes a time proportional to the size of the file and keeps no reference to `input` unless it needs no change.
 * Errors: ModuleError ENOEXEC: not a module, malformed, or one that uses what the machine does not admit.
 * ENOMEM: it starts with more memory or tables than a process may have.
 */
export function rewriteModule(input: Uint8Array, options: RewriteOptions): RewrittenModule {
  const bytes = privateBytes(input);
  requireCoreModule(bytes);
  const parsed = parseModule(bytes);
  const admission = admitModule(parsed, pages(options.maximumPages));
  const threadUse = threadUseOf(parsed);
  const memory = memoryOf(parsed, admission, options);
  const isShared = options.isShared ?? true;
  const sizes = memory !== null && isShared ? sizeRules(parsed.tables.length) : [];
  const waits = memory !== null ? waitRules(parsed.tables.length) : [];
  const bulk = threadUse.spawnsThreads && isShared ? [POLL_TABLES, ...FRESH_PAGES] : [POLL];
  const stack = threadUse.spawnsThreads && isShared ? stackRules(parsed) : [];
  const narrowed = narrowedImports(parsed, options.isNarrow ?? (() => false));
  const narrowing = narrowed.size > 0 ? narrowRules(new Set(narrowed.keys())) : [];
  const types = [...narrowed.values()].map(({ type }) => type);
  const code = codeEdits(parsed, [...bulk, ...sizes, ...waits, ...stack, ...narrowing], types);
  const hasWaits = waits.some((rule) => code.used.includes(rule));
  const hasMemoryCalls = hasWaits || sizes.some((rule) => code.used.includes(rule));
  const hasOwnFunctions = hasWaits || FRESH_PAGES.some((rule) => code.used.includes(rule));
  const table = tableExportOf(parsed);
  const memoryCalls = hasMemoryCalls ? memoryCallNames(parsed, hasWaits) : null;
  const edits = [
    ...importEdits(
      parsed,
      memory,
      isShared,
      narrowing.some((rule) => code.used.includes(rule)) ? [...narrowed.values()] : [],
      code.firstType,
    ),
    ...tableEdits(parsed, admission, memoryCalls),
    ...exportEdits(parsed, [
      ...(table === null || table.exists ? [] : [exportEntry(table.name, EXPORT_KIND.table, 0)]),
      ...(memoryCalls === null ? [] : memoryCallExports(parsed, memoryCalls)),
    ]),
    ...(memoryCalls === null ? [] : startEdits(parsed)),
    ...code.edits,
  ];
  return {
    bytes: edited(bytes, [...edits, ...editMap(parsed, edits), ...(hasOwnFunctions ? ownFunctions(parsed) : [])]),
    memory,
    imports: parsed.imports.filter(({ kind }) => kind !== 'memory'),
    exports: parsed.exports,
    tableExport: table?.name ?? null,
    memoryCalls,
    hasStart: parsed.start !== undefined,
    isThreadSafeForSecondInstance: canInstantiateTwice(parsed),
    ...threadUse,
    functionCount: parsed.functionCount,
    codeBytes: parsed.codeBytes,
    ...customReaders(parsed),
  };
}

/** For modules that tell source lines. */
function editMap(parsed: ParsedModule, edits: readonly Edit[]): Edit[] {
  const code = sectionOf(parsed, SECTION.code);
  if (code === undefined || !parsed.customs.has('.debug_line')) return [];
  const end = parsed.bytes.length;
  return [{ start: end, end, bytes: editMapSection(edits, code.body) }];
}

/** For modules in which something of ours may trap or be ended, in the guest's stead. */
function ownFunctions({ bytes, functionCount }: ParsedModule): Edit[] {
  return [{ start: bytes.length, end: bytes.length, bytes: ownFunctionsSection(functionCount) }];
}

// The bytes must not change between check and use, and platform decoders take no view of shared or resizable memory.
function privateBytes(input: Uint8Array): Uint8Array<ArrayBuffer> {
  if (input.length > LIMITS.moduleBytes) {
    throw new ModuleError('ENOEXEC', `unsupported module: it has ${input.length} bytes, the limit is 1 GiB; strip it`);
  }
  const { buffer } = input;
  if (buffer instanceof ArrayBuffer && !buffer.resizable) return new Uint8Array(buffer, input.byteOffset, input.length);
  return new Uint8Array(input);
}

function pages(count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= LIMITS.memoryPages) return count;
  throw new RangeError(`${count} pages: give 0 to ${LIMITS.memoryPages}`);
}

function memoryOf(parsed: ParsedModule, { memory }: Admission, options: RewriteOptions): RewrittenMemory | null {
  if (memory === null) return null;
  const { type, maximumPages } = memory;
  const own = parsed.imports.find(({ kind }) => kind === 'memory');
  return {
    initialPages: type.initial,
    maximumPages,
    importMaximumPages: Math.max(maximumPages, pages(options.importMaximumPages ?? 0)),
    wasShared: type.isShared,
    imported: own === undefined ? null : { module: own.module, name: own.name },
  };
}

/** The edits of the import section, and of the memory section, whose memory is imported. */
function importEdits(
  parsed: ParsedModule,
  memory: RewrittenMemory | null,
  isShared: boolean,
  narrowed: readonly NarrowedImport[],
  firstType: number,
): Edit[] {
  const imports = sectionOf(parsed, SECTION.import);
  const edits = narrowed.map(({ index }, i): Edit => {
    const { module = '', name = '' } = parsed.imports[index] ?? {};
    const { start = 0, end = 0 } = parsed.importRanges[index] ?? {};
    const type = u32Bytes(firstType + i);
    return { start, end, bytes: concatenated(nameBytes(NARROWED_PREFIX + module), nameBytes(name), [0], type) };
  });
  if (memory === null) return imports === undefined ? [] : sectionEdits(imports, edits, 0);
  const entry = memoryEntry(memory, isShared);
  const at = parsed.importRanges[parsed.imports.findIndex(({ kind }) => kind === 'memory')];
  if (imports !== undefined && at !== undefined) return sectionEdits(imports, [...edits, { ...at, bytes: entry }], 0);
  const definition = sectionOf(parsed, SECTION.memory);
  const removed = definition === undefined ? [] : [{ start: definition.start, end: definition.end, bytes: NOTHING }];
  if (imports === undefined) return [newSection(parsed, SECTION.import, entry), ...removed];
  return [...sectionEdits(imports, [...edits, { start: imports.end, end: imports.end, bytes: entry }], 1), ...removed];
}

function memoryEntry(memory: RewrittenMemory, isShared: boolean): Uint8Array {
  return concatenated(
    nameBytes(MEMORY_IMPORT.module),
    nameBytes(MEMORY_IMPORT.name),
    [2, isShared ? LIMIT_FLAG.maximum | LIMIT_FLAG.shared : LIMIT_FLAG.maximum],
    u32Bytes(memory.initialPages),
    u32Bytes(memory.importMaximumPages),
  );
}

/** @param ours the machine's table, if it comes behind the module's */
function tableEdits(parsed: ParsedModule, { tables }: Admission, ours: MemoryCallNames | null): Edit[] {
  const section = sectionOf(parsed, SECTION.table);
  const declared = parsed.tables.slice(parsed.importedTables);
  const isBounded = tables.every((table, i) => table.maximum === declared[i]?.maximum);
  if (isBounded && ours === null) return [];
  const entries: ArrayLike<number>[] = tables.map(({ element, initial, maximum }) =>
    concatenated([element === 'funcref' ? 0x70 : 0x6f, LIMIT_FLAG.maximum], u32Bytes(initial), u32Bytes(maximum)),
  );
  if (ours !== null) entries.push(memoryTable(ours.hasWaits));
  const bytes = concatenated(...entries);
  if (section === undefined) return [newSection(parsed, SECTION.table, bytes, entries.length)];
  return sectionEdits(section, [{ start: section.entries, end: section.end, bytes }], ours === null ? 0 : 1);
}

/** Where table 0 is exported, or will be. */
function tableExportOf(parsed: ParsedModule): { readonly name: string; readonly exists: boolean } | null {
  if (parsed.tables.length === 0) return null;
  const existing = parsed.exports.find(({ kind, index }) => kind === 'table' && index === 0);
  if (existing !== undefined) return { name: existing.name, exists: true };
  return { name: freeExportName(parsed, TABLE_EXPORT), exists: false };
}

function memoryCallNames(parsed: ParsedModule, hasWaits: boolean): MemoryCallNames {
  return {
    hasWaits,
    table: freeExportName(parsed, MEMORY_CALLS_EXPORT),
    start: parsed.start === undefined ? null : freeExportName(parsed, START_EXPORT),
  };
}

function memoryCallExports(parsed: ParsedModule, { table, start }: MemoryCallNames): Uint8Array[] {
  const entries = [exportEntry(table, EXPORT_KIND.table, parsed.tables.length)];
  if (start !== null && parsed.start !== undefined) {
    entries.push(exportEntry(start, EXPORT_KIND.function, parsed.start.index));
  }
  return entries;
}

/** A name of the guest's is never taken twice. */
function freeExportName(parsed: ParsedModule, wanted: string): string {
  const taken = new Set(parsed.exports.map((entry) => entry.name));
  let name = wanted;
  for (let suffix = 2; taken.has(name); suffix++) name = `${wanted}_${suffix}`;
  return name;
}

function exportEntry(name: string, kind: number, index: number): Uint8Array {
  return concatenated(nameBytes(name), [kind], u32Bytes(index));
}

function exportEdits(parsed: ParsedModule, entries: readonly Uint8Array[]): Edit[] {
  if (entries.length === 0) return [];
  const section = sectionOf(parsed, SECTION.export);
  const bytes = concatenated(...entries);
  if (section === undefined) return [newSection(parsed, SECTION.export, bytes, entries.length)];
  return sectionEdits(section, [{ start: section.end, end: section.end, bytes }], entries.length);
}

/** The start section goes. */
function startEdits(parsed: ParsedModule): Edit[] {
  const section = sectionOf(parsed, SECTION.start);
  return section === undefined ? [] : [{ start: section.start, end: section.end, bytes: NOTHING }];
}

/** Edits of a section's entries, with those that restate its size and count. */
function sectionEdits(section: Section, edits: readonly Edit[], added: number): Edit[] {
  if (edits.length === 0) return [];
  const count = u32Bytes(section.count + added);
  const size = u32Bytes(count.length + section.end - section.entries + growthOf(edits));
  return [{ start: section.start, end: section.entries, bytes: concatenated([section.id], size, count) }, ...edits];
}

/** The edit that inserts a section behind the last one that must stand before it. */
function newSection(parsed: ParsedModule, id: number, entries: Uint8Array, count = 1): Edit {
  const rank = SECTION_RANK[id] ?? 0;
  const before = parsed.sections.findLast((section) => (SECTION_RANK[section.id] ?? 0) < rank);
  const at = before?.end ?? parsed.sections[0]?.start ?? parsed.bytes.length;
  return { start: at, end: at, bytes: sectionBytes(id, concatenated(u32Bytes(count), entries)) };
}

// Copies of the three sections are kept rather than the module: the names of a 1 MB program are some 50 kB.
function customReaders(parsed: ParsedModule): Pick<RewrittenModule, 'functionNames' | 'targetFeatures' | 'producers'> {
  const contents = (name: string): Uint8Array => parsed.customs.get(name)?.slice() ?? NOTHING;
  const [names, features, producers] = [contents('name'), contents('target_features'), contents('producers')];
  let functionNames: ReadonlyMap<number, string> | undefined;
  return {
    functionNames: () => {
      functionNames ??= readFunctionNames(names);
      return functionNames;
    },
    targetFeatures: () => readTargetFeatures(features),
    producers: () => readProducers(producers),
  };
}

function sectionOf(parsed: ParsedModule, id: number): Section | undefined {
  return parsed.sections.find((section) => section.id === id);
}

function nameBytes(name: string): Uint8Array {
  const utf8 = encoder.encode(name);
  return concatenated(u32Bytes(utf8.length), utf8);
}
