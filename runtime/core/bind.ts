// Builds a guest's import object: each import of the table becomes a closure of the row's wasm signature, bound once to
// where the call is served. Called by the monitor before instantiation. A local call with scalar arguments allocates
// nothing and looks nothing up; its cost is one closure, one counter and the handler.

import { ERESTART, Errno, NOT_SERVED } from '../abi/errno.ts';
import type { Row } from '../abi/row.ts';
import type { CallTable } from '../abi/table.ts';
import type { Client } from '../channel/client.ts';
import { NARROWED_PREFIX } from '../memory/module/index.ts';
import type { Tracer } from '../trace/tracer.ts';
import { hasLastWords, type NoteLastWords } from './last-words.ts';
import { stubResult, type UnknownImport } from './linkage.ts';
import { isNarrowed, type Narrowed, widen } from './narrow.ts';
import { type CallService, type Placement, type Routes, type Services, serviceOf } from './route.ts';

/**
 * What a guest's thread may have to do at the end of a call, whatever the call is: signals. The check costs nothing, since each
 * result is compared anyway.
 */
export interface Attention {
  /** At results below `attend` is called: 0, so at errors alone; Infinity, at all. */
  readonly least: number;
  /**
   * Does what is to be done; may run guest code, and may not return.
   *
   * @returns whether a call that was interrupted goes on
   */
  attend(): boolean;
}

export interface Binding {
  readonly calls: CallTable;
  readonly placement: Placement;
  readonly routes: Routes;
  /** Each serves the calls of its home that it has handlers for, and may leave them (NOT_SERVED). */
  readonly services: Services;
  /** Serves the rest. */
  readonly rest: CallService;
  /** What the guest's thread has to do at the end of a call; absent: nothing, ever. */
  readonly attention?: Attention | undefined;
  /** What an import does that nobody provides: end the guest by SIGSYS, or return ENOSYS. */
  readonly unknownImports: 'trap' | 'enosys';
  /** Puts itself around each call; absent: the closures are bare. */
  readonly trace?: Tracer | undefined;
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

/** Ships calls. */
export function shipping(client: Client, counters: Float64Array): CallService {
  return { context: undefined, handlerFor: (row) => client.handlerFor(row), counters };
}

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
  const imports: Imports = {};
  const narrowed: Placed[] = [];
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    const fields = imports[from];
    if (kind === 'function') bindInto(fields, from, name, binding, narrowed);
    else if (kind === 'memory' && memory !== undefined) fields[name] = memory;
    else throw new LinkError(`the program imports the ${kind} ${from}.${name}, which nobody provides`);
  }
  place(narrowed);
  return imports;
}

/** Every call of the table, for whoever instantiates a module that we have not seen. */
export function bindTable(binding: Binding): Record<string, Record<string, WebAssembly.ImportValue>> {
  const imports: Imports = {};
  const narrowed: Placed[] = [];
  for (const { module, name } of binding.calls.rows) {
    imports[module] ??= {};
    bindInto(imports[module], module, name, binding, narrowed);
  }
  place(narrowed);
  return imports;
}

type Fields = Record<string, WebAssembly.ImportValue>;
type Imports = Record<string, Fields>;
type Value = number | bigint;
/** A call whose import has 64-bit integers, and where that goes. */
interface Placed extends Narrowed {
  readonly fields: Fields;
}

function bindInto(fields: Fields, module: string, name: string, binding: Binding, narrowed: Placed[]): void {
  const isNarrow = module.startsWith(NARROWED_PREFIX);
  const from = isNarrow ? module.slice(NARROWED_PREFIX.length) : module;
  const row = binding.calls.find(from, name);
  const call = bindCall(row, from, name, binding);
  if (!isNarrow && row !== undefined && isNarrowed(row)) narrowed.push({ row, call, fields });
  else fields[name] = row?.result === 'value64' ? (...args: Value[]) => BigInt(call(...args)) : call;
}

function place(narrowed: readonly Placed[]): void {
  if (narrowed.length === 0) return;
  widen(narrowed).forEach((call, i) => {
    const { fields, row } = narrowed[i] as Placed;
    fields[row.name] = call;
  });
}

const NOTHING_TO_DO: Attention = { least: 0, attend: () => false };
const ALWAYS = { least: Number.POSITIVE_INFINITY } as const;

/** The closure that stands for an import. */
type Call = (...args: Value[]) => number;
/** What a guest is given for a result below zero. */
type Encode = (result: number) => number;

const asItIs: Encode = (result) => result;

function bindCall(row: Row | undefined, module: string, name: string, binding: Binding): Call {
  const { trace, contain } = binding;
  if (row === undefined) {
    const call = bindUnknown(module, name, binding);
    return trace === undefined ? call : contained(trace(call, row, module, name) as Call, contain);
  }
  const encode: Encode = (result) => encodeError(module, -result, binding);
  return trace === undefined
    ? bindRow(row, binding, encode)
    : encoded(row, contained(trace(bindRow(row, binding, asItIs), row, module, name) as Call, contain), encode);
}

/** For a module that is no ABI's, the first ABI's number: whoever calls it was made for the usual one. */
function encodeError(module: string, errno: number, { calls }: Binding): number {
  const abi = calls.abiOf(module) ?? calls.abiOf(calls.rows[0]?.module ?? '');
  return abi === undefined ? errno : abi.encodeError(errno);
}

/** A call for a service that needs one of the rest: what it answers is the handler's own, and nothing is attended to. */
export function bindRest(row: Row, { rest, missing, contain }: Pick<Binding, 'rest' | 'missing' | 'contain'>): Call {
  return bindService(row, rest, undefined, asItIs, { missing, contain });
}

function bindUnknown(module: string, name: string, binding: Binding): Call {
  const given = binding.host?.(module, name);
  if (given !== undefined) return given as Call;
  if (binding.unknownImports === 'trap') return () => binding.missing(module, name);
  const stub = binding.stubs.find((one) => one.module === module && one.name === name);
  const result = stubResult(stub?.results ?? ['i32'], encodeError(module, Errno.ENOSYS, binding)) as number;
  return () => result;
}

function contained(call: Call, contain: Binding['contain']): Call {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      return contain(error);
    }
  };
}

function encoded({ result: kind }: Row, call: Call, encode: Encode): Call {
  if (kind === 'number') return call;
  return (...args) => {
    const result = call(...args);
    return result < 0 ? encode(result) : result;
  };
}

function bindRow(row: Row, binding: Binding, encode: Encode): Call {
  const { placement, routes, services, noteLastWords, contain } = binding;
  const first = serviceOf(row, placement, routes, services);
  const rest = bindService(row, binding.rest, undefined, first === undefined ? encode : asItIs, binding);
  const call = first === undefined ? rest : bindService(row, first, rest, encode, binding);
  if (noteLastWords === undefined || !hasLastWords(row)) return call;
  return (...args) => {
    try {
      noteLastWords(row, args);
    } catch (error) {
      return contain(error);
    }
    return call(...args);
  };
}

/**
 * The closure of a call that a service has a handler for.
 *
 * @param rest takes what the service leaves
 */
function bindService(
  row: Row,
  service: CallService,
  rest: Call | undefined,
  encode: Encode,
  { missing, contain, attention = NOTHING_TO_DO }: Pick<Binding, 'missing' | 'contain' | 'attention'>,
): Call {
  const handler = service.handlerFor(row);
  if (handler === undefined) return () => missing(row.module, row.name);
  const { context, counters, after, wait } = service;
  const serve = handler as (context: unknown, ...args: (Value | undefined)[]) => number;
  const n = row.number;
  if (row.result === 'number') {
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
  // What the thread itself waits for is its own to take up again.
  const mayGoOn = row.home !== 'core' && row.isCutShort === undefined;
  /** The rare ends of a call: an error, a wait, a call that is another's after all. */
  const settle = (first: number, ...args: Value[]): number => {
    let result = first;
    if (result === NOT_SERVED) {
      counters[n] = (counters[n] as number) - 1;
      result = rest === undefined ? missing(row.module, row.name) : rest(...args);
    } else {
      while (result === -ERESTART) result = wait?.() === true ? serve(context, ...args) : -Errno.EAGAIN;
      after?.(result);
      while (attention.least !== 0) {
        const goesOn = attention.attend() && result === -Errno.EINTR && mayGoOn;
        if (!goesOn) break;
        result = serve(context, ...args);
      }
    }
    return result < 0 ? encode(result) : result;
  };
  const limit = after === undefined ? attention : ALWAYS; // with `after`, every end is a settled one
  switch (row.params.length) {
    case 0:
      return () => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context);
          return result >= limit.least ? result : settle(result);
        } catch (error) {
          return contain(error);
        }
      };
    case 1:
      return (a) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a);
          return result >= limit.least ? result : settle(result, a as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 2:
      return (a, b) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b);
          return result >= limit.least ? result : settle(result, a as number, b as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 3:
      return (a, b, c) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b, c);
          return result >= limit.least ? result : settle(result, a as number, b as number, c as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 4:
      return (a, b, c, d) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b, c, d);
          return result >= limit.least ? result : settle(result, a as number, b as number, c as number, d as number);
        } catch (error) {
          return contain(error);
        }
      };
    case 5:
    case 6:
    case 7:
    case 8:
      // What there is no argument for is undefined, which costs less than an array of those that there are.
      return (a, b, c, d, e, f, g, h) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, a, b, c, d, e, f, g, h);
          return result >= limit.least
            ? result
            : settle(result, ...([a, b, c, d, e, f, g, h].slice(0, row.params.length) as Value[]));
        } catch (error) {
          return contain(error);
        }
      };
    default:
      return (...args) => {
        try {
          counters[n] = (counters[n] as number) + 1;
          const result = serve(context, ...args);
          return result >= limit.least ? result : settle(result, ...args);
        } catch (error) {
          return contain(error);
        }
      };
  }
}
