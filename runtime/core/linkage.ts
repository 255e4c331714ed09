// Whether a program's imports fit what the machine provides, decided from the module's own types before anything runs. A
// function that is bound with another type than its row's would be given values of the wrong kind: JavaScript refuses some of
// them with an exception in the middle of a guest's call. Called by whoever loads programs (machine/program).

import type { Row } from '../abi/row.ts';
import { findRow, signatureOf } from '../abi/table.ts';
import {
  type FunctionType,
  ModuleError,
  type ModuleImport,
  quoteName,
  type ValueType,
} from '../memory/module/index.ts';

/** A function that a program imports. */
export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

/** One that no row of the table is for: what stands in for it returns values of its own types. */
export type UnknownImport = Pick<ImportedFunction, 'module' | 'name'> & FunctionType;

/** JavaScript has no values of these types: the engine refuses each call of a host's function that has them. */
const NOT_FOR_HOSTS: ReadonlySet<ValueType> = new Set(['v128', 'exnref']);

/**
 * Checks all imports of a module but its memory.
 *
 * @returns those functions that nobody provides
 *
 * Errors: ModuleError ENOEXEC that names module and field, what was found and what is wanted: an import that is no function,
 * one whose type is not its row's, one that no host could provide.
 */
export function checkImports(imports: readonly ModuleImport[]): UnknownImport[] {
  const unknown: UnknownImport[] = [];
  for (const one of imports) {
    const named = `${quoteName(one.module)}.${quoteName(one.name)}`;
    if (one.kind !== 'function') {
      throw new ModuleError('ENOEXEC', `the program imports the ${one.kind} ${named}, which nobody provides`);
    }
    const row = findRow(one.module, one.name);
    if (row === undefined) unknown.push(stubOf(one, named));
    else requireType(row, one.type, named);
  }
  return unknown;
}

function requireType(row: Row, found: FunctionType, named: string): void {
  const wanted = signatureOf(row);
  // A wide call that never returns is imported with its result or, by older C libraries, without.
  const hasNoResult = row.result === 'never' && row.wideResult === true && found.results.length === 0;
  if (isSame(wanted.params, found.params) && (hasNoResult || isSame(wanted.results, found.results))) return;
  throw new ModuleError(
    'ENOEXEC',
    `the program imports ${named} as ${renderType(found)}, but it is ${renderType(wanted)}; build it against the headers of its C library`,
  );
}

function stubOf({ module, name, type }: ImportedFunction, named: string): UnknownImport {
  const odd = [...type.params, ...type.results].find((value) => NOT_FOR_HOSTS.has(value));
  if (odd === undefined) return { module, name, params: type.params, results: type.results };
  throw new ModuleError(
    'ENOEXEC',
    `the program imports ${named} as ${renderType(type)}; no host can provide a function with ${odd}: pass it in memory`,
  );
}

/** As in the text format of error messages: `(i32, i64) → i32`. */
function renderType({
  params,
  results,
}: {
  readonly params: readonly string[];
  readonly results: readonly string[];
}): string {
  const given = results.length === 1 ? results.join() : `(${results.join(', ')})`;
  return `(${params.join(', ')}) → ${given}`;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}

/** What a function returns that stands in for one that nobody provides: ENOSYS's number in each type that has numbers. */
export function stubResult(results: readonly ValueType[], number: number): unknown {
  const values = results.map((type) => {
    switch (type) {
      case 'i64':
        return BigInt(number);
      case 'i32':
      case 'f32':
      case 'f64':
        return number;
      default:
        return null;
    }
  });
  return values.length < 2 ? values[0] : values;
}
