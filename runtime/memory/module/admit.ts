// Decides whether a parsed module may run in a process and within which bounds: the allowlist of what a module declares as a whole.
// (The allowlist of single encodings is features.ts.) It changes nothing: rewrite.ts writes the bounds into the module.

import { ModuleError, quoteName } from './errors.ts';
import { refusal, refusedMemoryCount, TABLE_ENTRIES_BUDGET } from './features.ts';
import type { ParsedModule } from './parse.ts';
import type { MemoryType, TableType } from './types.ts';

/** Where an admitted module imports its memory from. The name, and names that begin so, are reserved: a guest imports nothing else from there. */
export const MACHINE_MODULE = 'fusedos_machine';
export const MACHINE_MEMORY = 'memory';
export const MEMORY_IMPORT = { module: MACHINE_MODULE, name: MACHINE_MEMORY } as const;

export interface Admission {
  /** The one memory and the most pages that it may have; null when the module has none. */
  readonly memory: { readonly type: MemoryType; readonly maximumPages: number } | null;
  /** The tables that the module defines, each with a maximum. */
  readonly tables: readonly (TableType & { readonly maximum: number })[];
}

/**
 * Admits a module to a process whose memory may have `maximumPages` pages.
 * Errors: ModuleError ENOEXEC: an object file, a dynamic library, several memories, an import from the reserved module.
 * ENOMEM: initial memory or tables beyond what a process may have.
 */
export function admitModule(parsed: ParsedModule, maximumPages: number): Admission {
  refuseUnlinked(parsed);
  refuseReservedImports(parsed);
  if (parsed.memories.length > 1) throw refusedMemoryCount(parsed.memories.length);
  const [memory] = parsed.memories;
  return {
    memory: memory === undefined ? null : boundedMemory(memory, maximumPages),
    tables: boundedTables(parsed.tables.slice(parsed.importedTables)),
  };
}

// An executable linked with --emit-relocs also carries `linking`, but exports something.
function refuseUnlinked({ customs, exports }: ParsedModule): void {
  if (customs.has('linking') && exports.length === 0) {
    throw new ModuleError('ENOEXEC', 'unsupported module: this is an object file; link it with fusedos cc');
  }
  if (customs.has('dylink.0') || customs.has('dylink')) {
    throw refusal('dynamic linking', 'link it statically, without -shared, -pie or -fPIC');
  }
}

function refuseReservedImports({ imports }: ParsedModule): void {
  for (const { module, name, kind } of imports) {
    if (!module.startsWith(MACHINE_MODULE)) continue;
    if (module === MACHINE_MODULE && kind === 'memory' && name === MACHINE_MEMORY) continue;
    const what = `${kind} ${quoteName(name)}`;
    throw new ModuleError(
      'ENOEXEC',
      `unsupported module: it imports ${what} from ${quoteName(module)}, a reserved name; import it from another module`,
    );
  }
}

function boundedMemory(type: MemoryType, maximumPages: number): Admission['memory'] {
  if (type.initial > maximumPages) {
    throw new ModuleError(
      'ENOMEM',
      `not enough memory: the module starts with ${sizeOf(type.initial)}, its process may have ${sizeOf(maximumPages)}; raise --memory`,
    );
  }
  return { type, maximumPages: Math.min(type.maximum ?? maximumPages, maximumPages) };
}

// Entries that the initial sizes leave of the budget are shared out evenly, so that no order of growing starves a table.
function boundedTables(tables: readonly TableType[]): Admission['tables'] {
  const initial = tables.reduce((sum, table) => sum + table.initial, 0);
  if (initial > TABLE_ENTRIES_BUDGET) {
    throw new ModuleError(
      'ENOMEM',
      `not enough memory: the module's tables start with ${initial} entries, the limit is ${TABLE_ENTRIES_BUDGET}; build it with smaller tables`,
    );
  }
  const growable = tables.filter((table) => table.maximum !== table.initial).length;
  const share = Math.floor((TABLE_ENTRIES_BUDGET - initial) / Math.max(growable, 1));
  return tables.map((table) => ({ ...table, maximum: Math.min(table.maximum ?? Infinity, table.initial + share) }));
}

function sizeOf(pages: number): string {
  const kibibytes = pages * 64;
  return kibibytes % 1024 === 0 ? `${kibibytes / 1024} MiB` : `${kibibytes} KiB`;
}
