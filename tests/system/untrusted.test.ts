// Fifty programs that nobody trusts, at once on two cores, each with limits: innocent ones among spinners, sleepers, programs that
// write, fill, open and take without end, that trap, and modules that are none. Every innocent comes out right, every limit is
// named, and the machine is as before.

import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { Machine, RunOptions, RunResult } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();
const MIB = 2 ** 20;
const PROGRAMS = 50;

/** What tests/guests/limits.c says when it works. */
function workOf(seed: number): string {
  const values = new Uint32Array(1024);
  let state = seed >>> 0;
  for (let i = 0; i < values.length; i++) values[i] = state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  let sum = 0;
  for (let round = 0; round < 100; round++) for (const value of values) sum = (Math.imul(sum, 31) + value) >>> 0;
  return `${sum}\n`;
}

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly expected: (result: RunResult) => void;
  /** Beside LIMITS. */
  readonly limits?: RunOptions;
}

const ended = (what: string, args: readonly string[], wanted: Partial<RunResult>, limits: RunOptions = {}): Case => ({
  what,
  args,
  expected: (result) => expect(result).toMatchObject(wanted),
  limits,
});

function innocent(index: number): Case {
  return {
    what: 'innocent',
    args: ['work', `/tmp/work-${index}`, `${index}`],
    expected: ({ exitCode, limit, truncated, stdout }) => {
      expect({ exitCode, limit, truncated, text: stdout.text() }).toEqual({
        exitCode: 0,
        limit: undefined,
        truncated: false,
        text: workOf(index),
      });
    },
  };
}

/** In turn; every other one is innocent. */
const HOSTILE: readonly ((index: number, isShared: boolean) => Case)[] = [
  () => ended('spins', ['spin'], { limit: 'cpu', signal: 'SIGXCPU', exitCode: 152 }, { cpuMs: 300 }),
  () => ended('sleeps', ['sleep', '3600000'], { limit: 'timeout', hasTimedOut: true }, { timeoutMs: 500 }),
  () => ended('pours', ['pour', '-1'], { limit: 'output', signal: 'SIGKILL', truncated: true }),
  (index) => ended('fills', ['fill', `/tmp/fill-${index}`, `${64 * MIB}`], { limit: 'storage', exitCode: 1 }),
  () => ended('opens', ['open', '1000'], { limit: 'openFiles', exitCode: 1 }),
  // That a program without shared memory was refused some is between it and the engine.
  (_index, isShared) => ended('takes', ['take', '1000'], { exitCode: 1, ...(isShared && { limit: 'memory' }) }),
];

function caseOf(index: number, isShared: boolean): Case {
  const make = index % 2 === 0 ? innocent : HOSTILE[((index - 1) / 2) % HOSTILE.length];
  if (make === undefined) throw new RangeError(`there is no case ${index}`);
  return make(index, isShared);
}

/** Of time more than any innocent needs on any host. */
const LIMITS: RunOptions = {
  timeoutMs: 120_000,
  cpuMs: 60_000,
  maxOutput: 200_000,
  storage: MIB,
  openFiles: 32,
  memory: 32 * MIB,
};

describe.each([
  ['cnk', true],
  ['library', true],
  ['library', false],
] as const)('placement %s, shared memory: %s', (placement, sharedMemory) => {
  test('fifty programs on two cores', { timeout: 240_000 }, async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using machine: Machine = await boot({ appCores: 2, sharedMemory });
    const program = await machine.compile(guestPath('limits'));
    const cases = Array.from({ length: PROGRAMS }, (_, index) => caseOf(index, sharedMemory));
    const runs = cases.map(({ args, limits }) => machine.run(program, { placement, args, ...LIMITS, ...limits }));
    const junk = machine.run(readFileSync(guestPath('limits')).subarray(0, 1000), { placement, ...LIMITS });
    await expect(junk).rejects.toMatchObject({ code: 'ENOEXEC' });
    const results = await Promise.all(runs);
    for (const [index, { what, expected }] of cases.entries()) {
      const result = results[index];
      if (result === undefined) throw new Error(`program ${index} has no result`);
      try {
        expected(result);
      } catch (error) {
        throw new Error(`program ${index}, which ${what}: ${(error as Error).message}`, { cause: error });
      }
    }
    await vi.waitFor(() => expect(machine.freeCores).toBe(2));
    const next = await machine.run(program, { placement, args: ['work', '/tmp/next', '99'], ...LIMITS });
    expect(next.stdout.text()).toBe(workOf(99));
  });
});
