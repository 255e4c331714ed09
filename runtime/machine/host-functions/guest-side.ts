// Host functions in the thread of the guest that imports them: those that a module exports are called there, the others are called
// back: the call goes by message, the guest's thread sleeps on its slot's doorbell, and finds the results in shared memory.
//
//   reply   int32 DONE: the generation of the newest call that was answered │ from byte 8 on: 8 bytes a result, a float64 or an int64
//
// The booting thread stores results, then DONE, then rings. A failing function ends the guest instead, by its kill word.

import type { Control } from '../../channel/layout.ts';
import { sleepOnSlot } from '../../channel/run-clock.ts';
import type { Monitor } from '../../core/monitor.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { FromCore, LaunchError } from '../messages.ts';
import { ProgramMemory } from '../resident/program-memory.ts';
import type { HostImport, HostSetup } from './imports.ts';
import { checkResultNow, hostFunctionError } from './results.ts';

type Bound = (...args: (number | bigint)[]) => unknown;
/** Of modules, by index of their import. */
export type HostModuleFunctions = ReadonlyMap<number, CallableFunction>;

export const REPLY_DONE = 0;
export const REPLY_RESULTS = 8;

/** What `this` is in a function in the guest's thread. */
class GuestThreadMemory extends ProgramMemory {
  readonly #memory: GuestMemory;

  constructor(memory: GuestMemory) {
    super();
    this.#memory = memory;
  }

  protected override get bytes(): Uint8Array {
    return this.#memory.size === 0 ? NO_BYTES : this.#memory.bytes;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Imports the modules; why not, when one has no such function. */
export async function loadHostModules(
  imports: readonly HostImport[],
): Promise<HostModuleFunctions | { readonly error: LaunchError }> {
  const functions = new Map<number, CallableFunction>();
  for (const [index, { module, name, from }] of imports.entries()) {
    if (from === undefined) continue;
    const what = `imports.${module}.${name}: ${from.module}`;
    try {
      const exported: unknown = (await import(/* @vite-ignore */ from.module))[from.name];
      if (typeof exported !== 'function') {
        return { error: { code: 'EINVAL', message: `${what} exports no function ${from.name}` } };
      }
      functions.set(index, exported);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { error: { code: 'EINVAL', message: `${what} cannot be imported: ${reason}` } };
    }
  }
  return functions;
}

export interface HostBinding {
  readonly imports: readonly HostImport[];
  /** Those that are functions in this thread. */
  readonly functions: HostModuleFunctions;
  readonly memory: GuestMemory;
  readonly monitor: Pick<Monitor, 'failHost'>;
  /** Calls back what is not in this thread. */
  readonly callBack: (index: number, args: readonly (number | bigint)[]) => unknown;
}

/** What gives the closures of host functions, by import. */
export function bindHostFunctions(binding: HostBinding): (module: string, name: string) => Bound | undefined {
  const { imports, functions, monitor, callBack } = binding;
  const memory = new GuestThreadMemory(binding.memory);
  return (module, name) => {
    const index = imports.findIndex((one) => one.module === module && one.name === name);
    const host = imports[index];
    if (host === undefined) return undefined;
    const own = functions.get(index);
    const call: Bound =
      own === undefined
        ? (...args) => callBack(index, args)
        : (...args) => checkResultNow(host, Reflect.apply(own, memory, args));
    return (...args) => {
      try {
        return call(...args);
      } catch (error) {
        return monitor.failHost(error, () => hostFunctionError(host, error));
      }
    };
  };
}

/** The way of a core's worker to functions in the booting thread. */
export function callBackBy(
  { imports, reply }: HostSetup,
  control: Control,
  slot: number,
  monitor: Pick<Monitor, 'isKilled' | 'leave'>,
  post: (message: FromCore) => void,
): HostBinding['callBack'] {
  if (reply === undefined) return () => undefined;
  const words = new Int32Array(reply);
  let generation = Atomics.load(words, REPLY_DONE);
  return (index, args) => {
    generation = (generation + 1) | 0;
    post({ type: 'host-call', index, generation, args });
    const isAnswered = (): boolean => Atomics.load(words, REPLY_DONE) === generation;
    sleepOnSlot(control, slot, () => isAnswered() || monitor.isKilled);
    if (!isAnswered()) monitor.leave();
    const types = imports[index]?.results ?? [];
    const values = types.map((type, i) => readResult(reply, type === 'i64', i));
    return values.length < 2 ? values[0] : values;
  };
}

function readResult(reply: SharedArrayBuffer, isI64: boolean, index: number): number | bigint {
  const view = new DataView(reply, REPLY_RESULTS + 8 * index, 8);
  return isI64 ? view.getBigInt64(0, true) : view.getFloat64(0, true);
}
