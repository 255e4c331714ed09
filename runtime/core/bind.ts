// Builds a guest's import object: each import of the table becomes a closure of the row's wasm signature, bound once to
// where the call is served. Called by the monitor before instantiation. A local call with scalar arguments allocates
// nothing and looks nothing up; its cost is one closure, one counter and the handler.

import { ERESTART, Errno, WASI_ERRNO } from '../abi/errno.ts';
import type { AnyHandler, Row } from '../abi/row.ts';
import { findRow, TABLE } from '../abi/table.ts';
import type { Client } from '../channel/client.ts';
import type { Tracer } from '../trace/tracer.ts';
import { hasLastWords, type NoteLastWords } from './last-words.ts';
import { stubResult, type UnknownImport } from './linkage.ts';
import { type Placement, type Routes, routeOf } from './route.ts';

/** A personality whose handlers run in the guest's own worker. */
export interface LocalPersonality<Context> {
  readonly context: Context;
  handlerFor(row: Row): AnyHandler<Context> | undefined;
  /** Runs after every call when present: wakes, kills. */
  readonly after?: (result: number) => void;
  /**
   * Waits until the call that answered ERESTART may run again; leaves the guest when it is killed.
   *
   * @returns false when this thread must not wait: the call fails with EAGAIN
   */
  readonly wait?: () => boolean;
}

export interface Binding {
  readonly placement: Placement;
  readonly routes: Routes;
  /** What an import does that nobody provides: end the guest by SIGSYS, or return ENOSYS. */
  readonly unknownImports: 'trap' | 'enosys';
  readonly client: Client | undefined;
  readonly cnk: LocalPersonality<unknown>;
  readonly library: LocalPersonality<unknown> | undefined;
  /** Puts itself around each call; absent: the closures are bare. */
  readonly trace?: Tracer | undefined;
  readonly counters: { readonly local: Float64Array; readonly shipped: Float64Array };
  /** The embedder's own function for an import that no row is for. */
  readonly host?: ((module: string, name: string) => ((...args: Value[]) => unknown) | undefined) | undefined;
  /** Functions of the module that no row is for. */
  readonly stubs: readonly UnknownImport[];
  /** Told the arguments of a call that ends the guest, before it is made. */
  readonly noteLastWords?: NoteLastWords;
  /** Ends the guest: it called an import that nobody provides. */
  missing(module: string, name: string): never;
  /**
   * Takes what came out of a call as an exception. The end of a guest goes on; anything else is a bug of ours, which ends the
   * guest by a real trap, since a guest may catch a JavaScript exception and go on.
   */
  contain(error: unknown): never;
}

type Value = number | bigint;
type Call = (...args: Value[]) => number;
type Contain = Binding['contain'];

export class LinkError extends Error {
  readonly code = 'ENOEXEC';
}

/**
 * The import object of a module.
 *
 * @param memory the guest's memory, undefined for a module that has none
 *
 * Errors: LinkError when the module imports a table or global, which nobody provides.
 */
export function bindImports(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory | undefined,
  binding: Binding,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    const fields = imports[from];
    if (kind === 'function') fields[name] = bindTraced(from, name, binding);
    else if (kind === 'memory' && memory !== undefined) fields[name] = memory;
    else throw new LinkError(`the program imports the ${kind} ${from}.${name}, which nobody provides`);
  }
  return imports;
}

/** Every call of the table, for whoever instantiates a module that we have not seen. */
export function bindTable(binding: Binding): Record<string, Record<string, WebAssembly.ImportValue>> {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module, name } of TABLE) {
    imports[module] ??= {};
    imports[module][name] = bindCall(module, name, binding);
  }
  return imports;
}

function bindTraced(module: string, name: string, binding: Binding): (...args: never[]) => number {
  const call = bindCall(module, name, binding);
  if (binding.trace === undefined) return call;
  const traced = binding.trace(call, findRow(module, name), module, name) as Call;
  return (...args: Value[]) => {
    try {
      return traced(...args);
    } catch (error) {
      return binding.contain(error);
    }
  };
}

function bindCall(module: string, name: string, binding: Binding): (...args: never[]) => number {
  const row = findRow(module, name);
  if (row === undefined) {
    const given = binding.host?.(module, name);
    if (given !== undefined) return given as Call;
    if (binding.unknownImports === 'trap') return () => binding.missing(module, name);
    const stub = binding.stubs.find((one) => one.module === module && one.name === name);
    const result = stubResult(stub?.results ?? ['i32'], WASI_ENOSYS) as number;
    return () => result;
  }
  const { noteLastWords, contain } = binding;
  if (noteLastWords === undefined || !hasLastWords(row)) return bindRow(row, binding);
  const call = bindRow(row, binding) as Call;
  return (...args: Value[]) => {
    try {
      noteLastWords(row, args);
    } catch (error) {
      return contain(error);
    }
    return call(...args);
  };
}

function bindRow(row: Row, binding: Binding): (...args: never[]) => number {
  const { contain } = binding;
  const { module, name } = row;
  const cnkHandler = binding.cnk.handlerFor(row);
  const route = routeOf(row, binding.placement, binding.routes, cnkHandler !== undefined);
  const shipped = binding.client?.importFor(row, binding.counters.shipped) as Call | undefined;
  if (route === 'library' && binding.library !== undefined) {
    const handler = binding.library.handlerFor(row);
    if (handler === undefined) return () => binding.missing(module, name);
    return bindLocal(row, handler, binding.library, binding.counters.local, undefined, contain);
  }
  if (route === 'cnk' && cnkHandler !== undefined) {
    return bindLocal(row, cnkHandler, binding.cnk, binding.counters.local, shipped, contain);
  }
  if (shipped === undefined) return () => binding.missing(module, name);
  return encodeShipped(row, shipped, contain);
}

const WASI_ENOSYS = 52;

/** Puts the errno's translation behind a shipped call. */
function encodeShipped(row: Row, ship: Call, contain: Contain): Call {
  if (row.result !== 'errno') {
    return (...args) => {
      try {
        return ship(...args);
      } catch (error) {
        return contain(error);
      }
    };
  }
  switch (row.params.length) {
    case 0:
      return () => {
        try {
          return WASI_ERRNO[ship()] as number;
        } catch (error) {
          return contain(error);
        }
      };
    case 1:
      return (a) => {
        try {
          return WASI_ERRNO[ship(a as number)] as number;
        } catch (error) {
          return contain(error);
        }
      };
    case 2:
      return (a, b) => {
        try {
          return WASI_ERRNO[ship(a as number, b as number)] as number;
        } catch (error) {
          return contain(error);
        }
      };
    case 3:
      return (a, b, c) => {
        try {
          return WASI_ERRNO[ship(a as number, b as number, c as number)] as number;
        } catch (error) {
          return contain(error);
        }
      };
    case 4:
      return (a, b, c, d) => {
        try {
          return WASI_ERRNO[ship(a as number, b as number, c as number, d as number)] as number;
        } catch (error) {
          return contain(error);
        }
      };
    default:
      return (...args) => {
        try {
          return WASI_ERRNO[ship(...args)] as number;
        } catch (error) {
          return contain(error);
        }
      };
  }
}

/**
 * The closure of a call that a personality in this worker serves.
 *
 * @param ship serves what CNK leaves to Linux
 */
function bindLocal(
  row: Row,
  handler: AnyHandler<unknown>,
  personality: LocalPersonality<unknown>,
  counters: Float64Array,
  ship: Call | undefined,
  contain: Contain,
): Call {
  const { context, after, wait } = personality;
  const serve = handler as (context: unknown, ...args: (Value | undefined)[]) => number;
  const n = row.number;
  if (row.result !== 'errno') {
    return (...args) => {
      try {
        counters[n] = (counters[n] as number) + 1;
        const result = serve(context, ...args);
        after?.(0);
        return result;
      } catch (error) {
        return contain(error);
      }
    };
  }
  /** The rare ends of a call: an error, a wait, a call that is Linux's after all. */
  const settle = (first: number, ...args: Value[]): number => {
    let result = first;
    if (result < 0 && ship !== undefined) {
      counters[n] = (counters[n] as number) - 1;
      return WASI_ERRNO[ship(...args)] as number;
    }
    while (result === ERESTART && wait !== undefined) result = wait() ? serve(context, ...args) : Errno.EAGAIN;
    after?.(result);
    return WASI_ERRNO[result] as number;
  };
  const settled = after === undefined ? 0 : ERESTART + 1; // with `after`, every end is a settled one
  switch (row.params.length) {
    case 0:
      return () => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context);
          return result === settled ? 0 : settle(result);
        } catch (error) {
          return contain(error);
        }
      };
    case 1:
      return (a) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a);
          return result === settled ? 0 : settle(result, a as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 2:
      return (a, b) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b);
          return result === settled ? 0 : settle(result, a as number, b as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 3:
      return (a, b, c) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b, c);
          return result === settled ? 0 : settle(result, a as number, b as number, c as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 4:
      return (a, b, c, d) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b, c, d);
          return result === settled ? 0 : settle(result, a as number, b as number, c as number, d as number);
        } catch (error) {
          return contain(error);
        }
      };
    default:
      return (...args) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, ...args);
          return result === settled ? 0 : settle(result, ...args);
        } catch (error) {
          return contain(error);
        }
      };
  }
}
