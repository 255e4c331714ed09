// `fusedos bench`: hands over to runtime/bench, which reads its own arguments.

import { runBench } from '../bench/index.ts';

/** @returns the exit status */
export function bench(args: readonly string[]): Promise<number> {
  return runBench([...args]);
}
