// Host functions of one process that run in the booting thread, called back by its guest's: see guest-side, the other end.

import type { FromCore } from '../messages.ts';
import { ProgramEndedError } from '../resident/ended-error.ts';
import type { LibraryMemory } from '../resident/memory.ts';
import { ProgramMemory } from '../resident/program-memory.ts';
import { REPLY_DONE, REPLY_RESULTS } from './guest-side.ts';
import type { HostSelection } from './imports.ts';
import { checkResults, hostFunctionError } from './results.ts';

/** What `this` is in a function: the program's memory for as long as the program lives. */
class CallerMemory extends ProgramMemory {
  /** Undefined when the program has none. */
  readonly #memory: LibraryMemory | undefined;

  constructor(memory: LibraryMemory | undefined) {
    super();
    this.#memory = memory;
  }

  protected override get bytes(): Uint8Array {
    if (this.#memory === undefined) return new Uint8Array(0);
    const { bytes } = this.#memory;
    if (bytes === undefined) throw new ProgramEndedError('the program has ended, and its memory with it', undefined);
    return bytes;
  }
}

export class HostCallbacks {
  /** For the guest's thread. */
  readonly reply: SharedArrayBuffer;
  readonly #selection: HostSelection;
  readonly #ring: () => void;
  #caller: ProgramMemory = new CallerMemory(undefined);

  /** @param ring wakes the guest's thread */
  constructor(selection: HostSelection, ring: () => void) {
    this.#selection = selection;
    this.#ring = ring;
    const most = Math.max(...selection.imports.map(({ results }) => results.length));
    this.reply = new SharedArrayBuffer(REPLY_RESULTS + 8 * most);
  }

  /** The memory of the process that calls. */
  set memory(memory: LibraryMemory | undefined) {
    this.#caller = new CallerMemory(memory);
  }

  /** Runs a function that the guest has called, and answers. Errors: EHOSTFUNC: it failed, and nobody was answered. */
  async take({ index, generation, args }: Extract<FromCore, { type: 'host-call' }>): Promise<void> {
    const host = this.#selection.imports[index];
    const run = this.#selection.functions.get(index);
    if (host === undefined || run === undefined) return;
    try {
      this.#answer(generation, checkResults(host, await Reflect.apply(run, this.#caller, args)));
    } catch (error) {
      throw hostFunctionError(host, error);
    }
  }

  #answer(generation: number, values: readonly (number | bigint)[]): void {
    const view = new DataView(this.reply, REPLY_RESULTS);
    for (const [i, value] of values.entries()) {
      if (typeof value === 'bigint') view.setBigUint64(8 * i, BigInt.asUintN(64, value), true);
      else view.setFloat64(8 * i, value, true);
    }
    // Pairs with the load in the guest's thread.
    Atomics.store(new Int32Array(this.reply, 0, 1), REPLY_DONE, generation);
    this.#ring();
  }
}
