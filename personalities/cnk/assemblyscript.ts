// What of AssemblyScript's own imports needs no Linux: clock and seed, which answer with a number, and the end.

import type { CnkContext } from './context.ts';

export function seed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

export function dateNow({ realtimeOriginMs, realtimeRestNs }: CnkContext): number {
  return Math.floor(realtimeOriginMs + realtimeRestNs / 1e6 + performance.now());
}

export function performanceNow({ monotonicOffsetNs }: CnkContext): number {
  return performance.now() + monotonicOffsetNs / 1e6;
}

export function processExit({ exit }: CnkContext, code: number): number {
  return exit(code);
}
