// The public part of the module loader: check a guest module, rewrite it for the machine, and the error with which it is refused.

export { MACHINE_MEMORY, MACHINE_MODULE, MEMORY_IMPORT } from './admit.ts';
export { EDIT_MAP_SECTION, originalCodeOffset, readEditMap } from './edit/edit-map.ts';
export { MEMORY_CALL } from './edit/memory-table.ts';
export { NARROWED_PREFIX } from './edit/narrow.ts';
export { firstOwnFunction } from './edit/own-functions.ts';
export {
  type MemoryCallNames,
  type RewriteOptions,
  type RewrittenMemory,
  type RewrittenModule,
  rewriteModule,
} from './edit/rewrite.ts';
export { ModuleError, type ModuleErrorCode, quoteName } from './errors.ts';
export type { ExternalKind, ValueType } from './features.ts';
export type { ModuleExport, ModuleImport } from './sections.ts';
export type { ExternalOf, ExternalType, FunctionType, GlobalType, MemoryType, TableType } from './types.ts';
