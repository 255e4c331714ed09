// The functions of a guest that are called for a signal: those of its table 0, in its own thread, at the end of one of its calls.
// What comes out of one as an exception goes on to the guest's frames below, since a handler may leave by longjmp or `throw`.

import { Signal } from '../abi/signals.ts';
import type { Monitor } from './monitor.ts';

type Handler = (signal: number, info: number, context: number) => void;

export class SignalHandlers {
  readonly #monitor: Pick<Monitor, 'raise'>;
  #table: WebAssembly.Table | undefined;
  #exports: WebAssembly.Exports = {};

  constructor(monitor: Pick<Monitor, 'raise'>) {
    this.#monitor = monitor;
  }

  /** @param name under which table 0 is exported; undefined: there is none */
  adopt({ exports }: WebAssembly.Instance, name: string | undefined): void {
    this.#exports = exports;
    this.#table = name === undefined ? undefined : (exports[name] as WebAssembly.Table);
  }

  /** What the guest's instance exports; nothing before it is made. */
  get exports(): WebAssembly.Exports {
    return this.#exports;
  }

  /** The guest's functions; undefined before its instance is made, or when it has no table. */
  get table(): WebAssembly.Table | undefined {
    return this.#table;
  }

  /** Calls the function at an index with a signal, and 0 for what else it takes. Ends the guest when there is no such function. */
  readonly call = (index: number, signal: number): void => {
    const table = this.#table;
    const handler: Handler | null = table === undefined || index >= table.length ? null : table.get(index);
    if (handler === null) {
      return this.#monitor.raise(Signal.SIGSEGV, `the handler of signal ${signal} is no function`);
    }
    try {
      handler(signal, 0, 0);
    } catch (error) {
      // Of the engine's, before the function began: what a guest's own calls throw is never one.
      if (!(error instanceof TypeError)) throw error;
      this.#monitor.raise(Signal.SIGSEGV, `the handler of signal ${signal} has another type`);
    }
  };
}
