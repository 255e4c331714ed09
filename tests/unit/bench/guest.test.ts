// The guest that `fusedos bench` generates: what it does, on hosts that only count.

import { describe, expect, it } from 'vitest';
import { BATCH, MEASURED_CALLS } from '../../../runtime/bench/calls.ts';
import {
  BATCHES_MAX,
  type GuestExports,
  type GuestPlan,
  generateGuest,
  SAMPLES,
} from '../../../runtime/bench/guest.ts';
import { type RunningGuest, sampleGuest } from '../../../runtime/bench/sampling.ts';

/** Instantiates on imports that count their calls and answer with `errno`. */
function instantiate(plan: GuestPlan, errno = 0, clock = (): number => 0) {
  const counts: Record<string, number> = {};
  const module = new WebAssembly.Module(generateGuest(plan));
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      counts[name] = (counts[name] ?? 0) + 1;
      return name === 'performance.now' ? clock() : errno;
    };
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const functions = exports as unknown as GuestExports;
  const memory = exports['memory'] as WebAssembly.Memory;
  const running: RunningGuest = {
    call: (name, ...args) => (name === 'sample' ? functions.sample(args[0] ?? 0, args[1] ?? 0) : functions[name]()),
    read: (address, length) => new Uint8Array(memory.buffer.slice(address, address + length)),
  };
  return { counts, functions, memory, running };
}

describe('the generated guest', () => {
  it.each(MEASURED_CALLS.map((call) => [call.id, call] as const))('is a valid module for %s', (_id, { plan }) => {
    expect(WebAssembly.validate(generateGuest(plan))).toBe(true);
  });

  it('makes the calls of each batch, resets before it, and reads the clock twice', () => {
    const call = MEASURED_CALLS.find(({ id }) => id === 'read-8');
    const { counts, functions } = instantiate((call ?? fail()).plan);
    expect(functions.sample(3, 5)).toBe(0);
    expect(counts).toEqual({ fd_seek: 3, fd_read: 15, 'performance.now': 6 });
  });

  it('makes no call in a batch of none', () => {
    const { counts, functions } = instantiate((MEASURED_CALLS[0] ?? fail()).plan);
    functions.sample(4, 0);
    expect(counts).toEqual({ 'performance.now': 8 });
  });

  it('stores what the clock told of each batch, up to the most batches', () => {
    let now = 0;
    const { functions, memory } = instantiate((MEASURED_CALLS[0] ?? fail()).plan, 0, () => {
      now += 2;
      return now;
    });
    functions.sample(BATCHES_MAX, 1);
    const samples = new Float64Array(memory.buffer, SAMPLES, BATCHES_MAX + 1);
    expect([...samples.subarray(0, BATCHES_MAX)].every((sample) => sample === 2)).toBe(true);
    expect(samples[BATCHES_MAX]).toBe(0);
  });

  it('tells of a call that failed', async () => {
    const { running } = instantiate((MEASURED_CALLS[0] ?? fail()).plan, 8);
    await expect(sampleGuest(running, { calls: 1, batches: 1, limitMs: 1000, warmUp: 0 })).rejects.toThrow(
      'error bits 8',
    );
  });

  it('takes off the clock’s own cost', async () => {
    let now = 0;
    const { running } = instantiate((MEASURED_CALLS[0] ?? fail()).plan, 0, () => {
      now += 3;
      return now;
    });
    const samples = await sampleGuest(running, { calls: BATCH, batches: 2, limitMs: 1000, warmUp: 1 });
    expect([...samples]).toEqual([0, 0]);
    expect(BATCH).toBe(64);
  });
});

function fail(): never {
  throw new Error('the call is missing from the list');
}
