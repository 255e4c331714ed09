// CNK's clocks, whatever ABI asks. The clock is the worker's own, set to the machine's epoch at start, so that time agrees across
// cores and reading it costs no crossing.

import type { CnkContext } from './context.ts';

export const NS_PER_MS = 1e6;
/** What performance.now() resolves when the host is isolated: 5 µs in a page, less in Node. */
export const RESOLUTION_NS = 1000;

export function monotonicNs({ monotonicOffsetNs }: CnkContext): number {
  return performance.now() * NS_PER_MS + monotonicOffsetNs;
}

/** Processor time counts from the process's start, waits included: a core runs one guest thread, always. */
export function processorNs({ startedMs }: CnkContext): number {
  return (performance.now() - startedMs) * NS_PER_MS;
}

/** Unix time in nanoseconds is past 2^53: what of it is beyond the milliseconds `realtimeOriginMs`. */
export function realtimeRestNs({ realtimeRestNs: restNs }: CnkContext): number {
  return performance.now() * NS_PER_MS + restNs;
}

// What `performance.now() === 0` is on each, in milliseconds.

export function monotonicOriginMs({ monotonicOffsetNs }: CnkContext): number {
  return monotonicOffsetNs / NS_PER_MS;
}

export function processorOriginMs({ startedMs }: CnkContext): number {
  return -startedMs;
}

export function realtimeOriginMs({ realtimeOriginMs: originMs, realtimeRestNs: restNs }: CnkContext): number {
  return originMs + restNs / NS_PER_MS;
}
