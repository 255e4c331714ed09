// Functions of the embedder's that a program imports: what may be given, and which of them a program wants. The checks are made on
// the booting thread; guest-side binds what comes out of them, callbacks answers from the booting thread.

import { findRow } from '../../abi/table.ts';
import type { UnknownImport } from '../../core/linkage.ts';
import type { Program } from '../program.ts';
import type { ProgramMemory } from '../resident/program-memory.ts';
import { checkKnown, checkObject, checkString, invalidType, invalidValue } from '../values/arguments.ts';
import type { Reader } from '../values/option-readers.ts';
import { uncallable, type WasmValue } from '../values/wasm-values.ts';

/** What a host function may give: nothing, a value, or an array of several. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that gives nothing gives this.
export type HostResult = WasmValue | readonly WasmValue[] | undefined | void;

/**
 * A function that runs in the thread that started the program, which waits meanwhile; `this` reads and writes the program's
 * memory. It may be asynchronous. An i64 is a bigint.
 */
// biome-ignore lint/suspicious/noExplicitAny: each function has parameters of its own.
export type HostFunction = (this: ProgramMemory, ...args: any[]) => HostResult | Promise<HostResult>;

/** A function that a module exports which the program's own thread imports; it cannot wait. */
export interface HostModuleFunction {
  /** An absolute URL. */
  readonly module: URL | string;
  readonly export: string;
}

/** By import module, then by name. */
export type HostImports = Readonly<Record<string, Readonly<Record<string, HostFunction | HostModuleFunction>>>>;

/** A host function that a program imports, as its thread is told of it. */
export interface HostImport extends UnknownImport {
  /** Where the program's thread finds it; undefined: it calls back. */
  readonly from: { readonly module: string; readonly name: string } | undefined;
}

/** What a process's thread is told of its host functions. */
export interface HostSetup {
  readonly imports: readonly HostImport[];
  /** Where answers come; undefined when nothing is called back. */
  readonly reply: SharedArrayBuffer | undefined;
}

/** The host functions that a program wants. */
export interface HostSelection {
  readonly imports: readonly HostImport[];
  /** Those that are called back, by index in `imports`. */
  readonly functions: ReadonlyMap<number, HostFunction>;
}

export const readHostImports: Reader<HostImports> = (name, value) => {
  checkObject(name, value);
  const modules = Object.entries(value).map(([module, fields]) => {
    const at = `${name}.${module}`;
    checkObject(at, fields);
    return [
      module,
      Object.fromEntries(Object.entries(fields).map(([field, given]) => [field, readOne(at, module, field, given)])),
    ];
  });
  return Object.fromEntries(modules);
};

function readOne(at: string, module: string, field: string, given: unknown): HostFunction | HostModuleFunction {
  const name = `${at}.${field}`;
  if (findRow(module, field) !== undefined) {
    throw invalidValue(name, given, 'cannot be given: it is a call of the machine’s own');
  }
  if (typeof given === 'function') return given as HostFunction;
  if (typeof given !== 'object' || given === null)
    throw invalidType(name, 'of type function or { module, export }', given);
  checkKnown(name, given, ['module', 'export']);
  const { module: url, export: exported } = given;
  if (!(typeof url === 'string' || url instanceof URL))
    throw invalidType(`${name}.module`, 'an URL or of type string', url);
  if (!URL.canParse(String(url))) {
    throw invalidValue(`${name}.module`, url, 'must be an absolute URL, as import.meta.resolve gives');
  }
  checkString(`${name}.export`, exported);
  return { module: String(url), export: exported };
}

/**
 * Which of the given functions a program imports; undefined: none.
 *
 * Errors: ERR_INVALID_ARG_VALUE: the program imports one with values that JavaScript has not.
 */
export function selectHostImports({ unknownImports }: Program, given: HostImports = {}): HostSelection | undefined {
  const imports: HostImport[] = [];
  const functions = new Map<number, HostFunction>();
  for (const wanted of unknownImports) {
    const { module, name } = wanted;
    const one =
      Object.hasOwn(given, module) && Object.hasOwn(given[module] ?? {}, name) ? given[module]?.[name] : undefined;
    if (one === undefined) continue;
    const foreign = uncallable(wanted);
    if (foreign !== undefined) {
      throw invalidValue(
        `options.imports.${module}.${name}`,
        one,
        `cannot be given: the program imports it with ${foreign}`,
      );
    }
    if (typeof one === 'function') functions.set(imports.length, one);
    const from = typeof one === 'function' ? undefined : { module: String(one.module), name: one.export };
    imports.push({ ...wanted, from });
  }
  return imports.length === 0 ? undefined : { imports, functions };
}
