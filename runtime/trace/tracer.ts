// Tracing: around each import of a guest stands a closure that gives one line for each call, with who served it and how long
// that took. Bound by core/bind in place of the bare closure when a trace is wanted, so that none costs nothing.

import type { Row } from '../abi/row.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import { quoteBytes, renderCall } from './render.ts';

type Value = number | bigint;
type Call = (...args: never[]) => number;

/** Puts tracing around an import, whose result is the handler's yet; `row` is undefined for one that nobody provides. */
export type Tracer = (call: Call, row: Row | undefined, module: string, name: string) => Call;

export interface TraceTarget {
  readonly memory: GuestMemory;
  /** By call number, of the guest's thread: what was shipped tells. */
  readonly shipped: Float64Array;
  /** Takes a line without its end; may wait. */
  emit(line: string): void;
}

/**
 * A tracer whose lines look like strace's: `fd_close(fd=4) = 0 ESUCCESS <shipped 1.4 µs>`. A call that does not return, since
 * it ends the guest or the guest is killed in it, ends in `= ?`.
 */
export function createTracer({ memory, shipped, emit }: TraceTarget): Tracer {
  return (call, row, module, name) => {
    const serve = call as (...args: Value[]) => number;
    const n = row?.number ?? 0;
    return (...args: Value[]) => {
      const shippedBefore = shipped[n] as number;
      const startMs = performance.now();
      let result: number | undefined;
      // Not caught: the trap by which a guest is left must stay the same for the engine.
      try {
        result = serve(...args);
        return result;
      } finally {
        const timeUs = (performance.now() - startMs) * 1000;
        const server = row !== undefined && shipped[n] !== shippedBefore ? 'shipped' : 'local';
        const text =
          row === undefined ? renderUnknown(module, name, args, result) : renderCall({ row, args, memory, result });
        emit(`${text} <${server} ${timeUs.toFixed(1)} µs>`);
      }
    };
  };
}

/** The names are the module's: anything may be in them. */
function renderUnknown(module: string, name: string, args: readonly Value[], result: number | undefined): string {
  const shown = [module, name].map((part) => quoteBytes(new TextEncoder().encode(part)).slice(1, -1)).join('.');
  return `${shown}(${args.join(', ')}) = ${result ?? '?'}`;
}
