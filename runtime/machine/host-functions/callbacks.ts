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
  /** For the guest's threads, by core of the process. */
  readonly replies: readonly SharedArrayBuffer[];
  readonly #selection: HostSelection;
  readonly #rings: readonly (() => void)[];
  #caller: ProgramMemory = new CallerMemory(undefined);

  /** @param rings wake the guest's threads, by core of the process */
  constructor(selection: HostSelection, rings: readonly (() => void)[]) {
    this.#selection = selection;
    this.#rings = rings;
    const most = Math.max(...selection.imports.map(({ results }) => results.length));
    this.replies = rings.map(() => new SharedArrayBuffer(REPLY_RESULTS + 8 * most));
  }

  /** The memory of the process that calls. */
  set memory(memory: LibraryMemory | undefined) {
    this.#caller = new CallerMemory(memory);
  }

  /**
   * Runs a function that the guest has called, and answers. Errors: EHOSTFUNC: it failed, and nobody was answered.
   *
   * @param core of the process, on which the thread runs that has called
   */
  async take({ index, generation, args }: Extract<FromCore, { type: 'host-call' }>, core = 0): Promise<void> {
    const host = this.#selection.imports[index];
    const run = this.#selection.functions.get(index);
    if (host === undefined || run === undefined) return;
    try {
      this.#answer(core, generation, checkResults(host, await Reflect.apply(run, this.#caller, args)));
    } catch (error) {
      throw hostFunctionError(host, error);
    }
  }

  #answer(core: number, generation: number, values: readonly (number | bigint)[]): void {
    const reply = this.replies[core];
    if (reply === undefined) return;
    const view = new DataView(reply, REPLY_RESULTS);
    for (const [i, value] of values.entries()) {
      if (typeof value === 'bigint') view.setBigUint64(8 * i, BigInt.asUintN(64, value), true);
      else view.setFloat64(8 * i, value, true);
    }
    // Pairs with the load in the guest's thread.
    Atomics.store(new Int32Array(reply, 0, 1), REPLY_DONE, generation);
    this.#rings[core]?.();
  }
}
