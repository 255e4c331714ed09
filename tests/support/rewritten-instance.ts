// Instantiates a rewritten module as a core does: with a memory that may be larger than the guest's, whose size and growth go through the
// machine's own functions, and whose waits come to what a test gives.

import { MemoryCalls } from '../../runtime/core/memory-calls.ts';
import type { Waits } from '../../runtime/core/wait-calls.ts';
import { MEMORY_IMPORT, type RewrittenModule } from '../../runtime/memory/module/index.ts';

/** Of a guest that has no other thread. */
const NO_WAITS: Waits = {
  wait: () => {
    throw new Error('the guest waits');
  },
  notify: () => 0,
};

/** @param memory default: a fresh one @param imports what else the module imports @param waits default: it never has to wait */
export function instantiateRewritten(
  { bytes, memory: declared, memoryCalls }: Pick<RewrittenModule, 'bytes' | 'memory' | 'memoryCalls'>,
  memory: WebAssembly.Memory = new WebAssembly.Memory({
    initial: declared?.initialPages ?? 0,
    maximum: declared?.importMaximumPages ?? 1,
    shared: true,
  }),
  imports: WebAssembly.Imports = {},
  waits = NO_WAITS,
): WebAssembly.Instance {
  const calls = new MemoryCalls(Int32Array.of(declared?.initialPages ?? 0), 0);
  calls.take(memory, declared?.maximumPages ?? 0);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    ...imports,
    [MEMORY_IMPORT.module]: { ...imports[MEMORY_IMPORT.module], [MEMORY_IMPORT.name]: memory },
  });
  if (memoryCalls !== null) calls.bind(instance, memoryCalls, memory, waits);
  return instance;
}
