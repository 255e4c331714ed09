// One program, one sequence of calls on a file: whoever serves them, the results are the same. Staged into the program's own
// worker, shipped to Linux, with every call shipped, as an ordinary Linux process, on a Linux of its own, and on a host's file.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine, RunOptions } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { rounds } from '../support/long.ts';
import { seedOfRun } from '../support/seeded-random.ts';

const { boot } = await importBuilt();
const CONTENT = 'The quick brown fox jumps over the lazy dog.\n'.repeat(100);
const SEEDS = rounds(8, 4);
const STEPS = 1500;

let machine: Machine;
const hostDirectory = mkdtempSync(join(tmpdir(), 'fusedos-placements-'));
beforeAll(async () => {
  const overlay = { type: 'overlay', lower: hostDirectory } as const;
  machine = await boot({ appCores: 1, linuxProcesses: 1, mounts: { '/host': hostDirectory, '/overlay': overlay } });
});
afterAll(async () => {
  await machine.close();
  rmSync(hostDirectory, { recursive: true });
});

async function results(seed: number, directory: string, options: RunOptions): Promise<string> {
  const args = [`${seed}`, `${STEPS}`, directory];
  const { stdout, stderr, exitCode } = await machine.run(guestPath('differential'), { args, ...options });
  expect({ exitCode, stderr: stderr.text() }).toEqual({ exitCode: 0, stderr: '' });
  return stdout.text();
}

describe('the same file calls give the same results', () => {
  const first = seedOfRun();
  test.each(Array.from({ length: SEEDS }, (_, i) => first + i))('seed %d', async (seed) => {
    await machine.fs.rm('/overlay/data', { force: true });
    for (const directory of ['staged', 'cnk', 'fused', 'linux', 'host', 'overlay', 'host/library']) {
      await machine.fs.mkdir(`/${directory}`, { recursive: true });
      await machine.fs.writeFile(`/${directory}/data`, CONTENT);
    }

    const expected = await results(seed, '/cnk', {});
    expect(expected.split('\n').length).toBeGreaterThan(STEPS);
    expect(await results(seed, '/staged', { stage: { '/staged/data': CONTENT } })).toBe(expected);
    expect(await results(seed, '/fused', { placement: 'fused' })).toBe(expected);
    expect(await results(seed, '/linux', { placement: 'linux' })).toBe(expected);
    expect(await results(seed, '/host', {})).toBe(expected);
    expect(await results(seed, '/overlay', {})).toBe(expected);
    expect(await results(seed, '/host/library', { placement: 'library' })).toBe(expected);
    const library = { args: [`${seed}`, `${STEPS}`, '/tmp', CONTENT], placement: 'library' } as const;
    expect((await machine.run(guestPath('differential'), library)).stdout.text()).toBe(expected);
    // All of them worked on a file of the same contents to the end.
    const after = await machine.fs.readFile('/cnk/data');
    for (const path of ['/fused/data', '/linux/data', '/host/data', '/overlay/data', '/host/library/data']) {
      expect(Buffer.compare(await machine.fs.readFile(path), after), path).toBe(0);
    }
  });
});

test('CNK tells the stat of Linux’s descriptors itself, unless that is routed to Linux', async () => {
  await machine.fs.mkdir('/counted', { recursive: true });
  await machine.fs.writeFile('/counted/data', CONTENT);
  const countOf = async (options: RunOptions): Promise<{ local: number; shipped: number }> => {
    const { counts } = await machine.run(guestPath('differential'), { args: ['1', '300', '/counted'], ...options });
    return counts['fd_fdstat_get'] ?? { local: 0, shipped: 0 };
  };
  const { local, shipped } = await countOf({});
  expect(local).toBeGreaterThan(10);
  // Only before Linux has opened what a process begins with; a program's first answer from Linux comes after that.
  expect(shipped).toBeLessThanOrEqual(1);
  const all = { local: 0, shipped: local + shipped };
  for (const options of [{ route: { fd_fdstat_get: 'linux' } }, { placement: 'fused' }] satisfies RunOptions[]) {
    await machine.fs.writeFile('/counted/data', CONTENT);
    expect(await countOf(options)).toEqual(all);
  }
});
