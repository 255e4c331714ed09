// Instantiates a library in the booting thread and initializes it. A page instantiates large modules in its own thread only
// when that is not waited for, so this is asynchronous; nothing else of the library runs meanwhile.

import { FusedError } from '../errors.ts';
import type { HereProcess } from './process.ts';

/**
 * @param bind runs before anything else of the instance's, and may run its start function
 *
 * Errors: ENOEXEC: it cannot be linked. ProgramEndedError: it ended in its start function or `_initialize`.
 */
export async function instantiateHere(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  process: HereProcess,
  bind: (instance: WebAssembly.Instance) => void = () => {},
): Promise<WebAssembly.Exports> {
  const instance = await WebAssembly.instantiate(module, imports).catch((error: unknown) => {
    if (error instanceof WebAssembly.LinkError) {
      throw new FusedError('ENOEXEC', `the program cannot be linked: ${error.message}`);
    }
    return process.call((): never => {
      throw error;
    });
  });
  process.call(() => bind(instance));
  const { exports } = instance;
  const initialize = exports['_initialize'];
  if (typeof initialize === 'function') process.call(() => initialize());
  return exports;
}
