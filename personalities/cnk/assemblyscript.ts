// What of AssemblyScript's own imports needs no Linux: clock and seed, which answer with a number, and the end.

import type { ASSEMBLYSCRIPT_ROWS } from '../../runtime/abi/env/rows.ts';
import type { HandlersOf } from '../../runtime/abi/row.ts';
import type { CnkContext } from './context.ts';

export const assemblyScriptHandlers: Partial<HandlersOf<(typeof ASSEMBLYSCRIPT_ROWS)[number], CnkContext>> = {
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
  'Date.now': ({ realtimeOriginMs, realtimeRestNs }) =>
    Math.floor(realtimeOriginMs + realtimeRestNs / 1e6 + performance.now()),
  'performance.now': ({ monotonicOffsetNs }) => performance.now() + monotonicOffsetNs / 1e6,
  'process.exit': ({ exit }, code) => exit(code),
};
