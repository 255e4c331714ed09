// The functions of a library in the booting thread as their embedder calls them: each checks its arguments, then calls the
// export under the process's guard. They are called millions of times, so what a call needs is bound ahead, by arity.

import type { FunctionType } from '../../memory/module/index.ts';
import type { Functions } from '../resident/batch.ts';
import { checkWasmValues, isI64, type NumberType, uncallable, type WasmValue } from '../values/wasm-values.ts';
import type { HereProcess } from './process.ts';

type Target = (...args: WasmValue[]) => unknown;

export function bindExports(
  exports: WebAssembly.Exports,
  functions: Functions,
  process: HereProcess,
): Readonly<Record<string, Target>> {
  const bound = [...functions].map(([name, type]) => [name, bind(name, exports[name] as Target, type, process)]);
  return Object.fromEntries(bound);
}

function bind(name: string, target: Target, type: FunctionType, process: HereProcess): Target {
  const { params } = type;
  /** Any arity, and arguments that are not as the engine wants them. */
  const checked: Target = (...args) => {
    const values = checkWasmValues('args', args.slice(0, params.length), type, name);
    return process.call(() => target(...values));
  };
  if (uncallable(type) !== undefined) return checked;
  const [is0, is1, is2] = params.map((param) => ACCEPTS[param as NumberType]);
  if (is0 === undefined) return () => process.call(target);
  if (is1 === undefined) return (a) => (is0(a) ? process.call(() => target(a as WasmValue)) : checked(a as WasmValue));
  if (is2 === undefined) {
    return (a, b) =>
      is0(a) && is1(b)
        ? process.call(() => target(a as WasmValue, b as WasmValue))
        : checked(a as WasmValue, b as WasmValue);
  }
  return checked;
}

/** As isWasmValue, by type, so that a call looks nothing up. */
const ACCEPTS: Readonly<Record<NumberType, (value: unknown) => boolean>> = {
  i32: (value) => typeof value === 'number' && ((value | 0) === value || value >>> 0 === value),
  i64: isI64,
  f32: (value) => typeof value === 'number',
  f64: (value) => typeof value === 'number',
};
