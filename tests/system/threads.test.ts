// Programs that were built for wasi-threads, as an embedder and as the command line run them: threads that end, or their process, while others
// compute, wait or sit in a call; more of them than there are cores; the machine goes on. tests/long/threads has those of our own C library.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { deferred } from '../../runtime/machine/values/deferred.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { fusedos } from '../support/command.ts';
import { rounds } from '../support/long.ts';

const { boot } = await importBuilt();
const program = guestPath('wasi-threads');
const CORES = 5;

describe.each(['cnk', 'fused', 'linux'] as const)('placement %s', (placement) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await boot({ appCores: CORES, linuxProcesses: CORES });
  });
  afterAll(() => machine.close());

  /** Its stdin stays open: who reads waits. */
  async function run(what: string): Promise<{ exitCode: number; stdout: string }> {
    const process = await machine.spawn(program, { placement, args: [what], threads: CORES });
    const [stdout] = await process.collect();
    return { exitCode: (await process.exit).exitCode, stdout: `${stdout}` };
  }

  test.each([
    ['add-join', 0, '30000\n'],
    ['add-rounds', 0, '20000000\n'],
    ['grow-join', 0, '0\n'],
    ['spin-return', 0, '0\n'],
    ['wait-return', 0, '0\n'],
    ['read-return', 0, '0\n'],
    ['spin-exit', 9, ''],
    ['wait-exit', 9, ''],
    ['read-exit', 9, ''],
    ['spin-trap', 132, ''],
    ['wait-trap', 132, ''],
    ['read-trap', 132, ''],
    ['trap-spin', 132, ''],
    ['trap-wait', 132, ''],
    ['trap-read', 132, ''],
    ['exit-spin', 7, ''],
    ['exit-wait', 7, ''],
    ['exit-read', 7, ''],
  ])('%s', { timeout: 60_000 }, async (what, exitCode, stdout) => {
    for (let round = 0; round < rounds(5); round++) expect(await run(what)).toEqual({ exitCode, stdout });
  });

  test('with a thread on each core, the next one is EAGAIN', async () => {
    const again = 11; // EAGAIN; wasi-threads says no more than that it is below zero
    expect(await run('wait-many')).toEqual({ exitCode: 0, stdout: `${again}\n0\n` });
  });

  test.each(['spin', 'wait', 'read'])('is killed while its threads %s, and the next one runs', async (state) => {
    const process = await machine.spawn(program, { placement, args: [`${state}-${state}`], threads: CORES });
    const drained = process.stdout.pipeTo(new WritableStream());
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(process.kill('SIGTERM')).toBe(true);
    expect(await process.exit).toMatchObject({ exitCode: 143, signal: 'SIGTERM', trap: undefined });
    await drained;
    expect(await run('add-join')).toEqual({ exitCode: 0, stdout: '30000\n' });
  });
});

test('on a machine as it is booted, the first threads start', async () => {
  await using machine = await boot();
  for (let round = 0; round < 3; round++) {
    const { exitCode, stdout } = await machine.run(program, { args: ['add-join'] });
    expect([exitCode, `${stdout}`]).toEqual([0, '30000\n']);
  }
});

test('it waits for its cores, and takes all or none', async () => {
  await using machine = await boot({ appCores: 3, readyCores: 1, spareCores: 0 });
  const run = (threads: number): Promise<{ exitCode: number }> =>
    machine.run(program, { args: ['wait-return'], threads });
  await expect(run(4)).rejects.toMatchObject({ code: 'EAGAIN' });
  // With fewer than it wants, it fails by itself.
  expect((await run(3)).exitCode).toBe(100);
  const all = await Promise.all([run(3), run(2), run(3), run(1)]);
  expect(all.map(({ exitCode }) => exitCode)).toEqual([100, 100, 100, 100]);
  expect(machine.freeCores).toBeGreaterThanOrEqual(0);
});

test('under the placement library, and where no memory is shared, it has one thread', async () => {
  await using machine = await boot({ appCores: CORES });
  expect((await machine.run(program, { args: ['add-join'], placement: 'library' })).exitCode).toBe(100);
});

test.each([0, 1.5, 257, '4', Number.NaN])('threads: %s is refused', async (threads) => {
  await using machine = await boot({ appCores: 1, readyCores: 0, spareCores: 0 });
  const code = typeof threads === 'string' ? 'ERR_INVALID_ARG_TYPE' : 'ERR_OUT_OF_RANGE';
  await expect(machine.run(program, { threads: threads as number })).rejects.toMatchObject({ code });
});

test('each thread’s calls are traced and counted', { timeout: 60_000 }, async () => {
  await using machine = await boot({ appCores: CORES });
  const traced = new Map<string, number>();
  const reads = deferred<void>();
  const process = await machine.spawn(program, {
    args: ['read-spin'],
    threads: CORES,
    trace: (line) => {
      const call = /([\w-]+)\(/.exec(line)?.[1] ?? line;
      traced.set(call, (traced.get(call) ?? 0) + 1);
      if (traced.get('fd_read') === 100) reads.resolve(undefined);
    },
  });
  await process.stdin.close();
  await reads.promise; // main reads nothing
  process.kill('SIGKILL');
  const { counts } = await process.exit;
  expect(counts).toMatchObject({ 'thread-spawn': { local: 3, shipped: 0 } });
  expect(counts['fd_read']?.shipped).toBeGreaterThanOrEqual(100);
  expect(traced.get('thread-spawn')).toBe(3);
});

describe('fusedos run', () => {
  test('--threads', async () => {
    expect(await fusedos(['run', '--threads', '4', program, 'add-join'])).toEqual({
      status: 0,
      stdout: '30000\n',
      stderr: '',
    });
    expect(await fusedos(['run', '--threads', '3', program, 'wait-return'])).toMatchObject({ status: 100 });
  });

  test('without it', async () => {
    expect(await fusedos(['run', program, 'add-join'])).toMatchObject({ status: 0, stdout: '30000\n' });
  });

  test.each(['0', '257', 'four', '1.5'])('--threads %s is refused', async (count) => {
    const { status, stderr } = await fusedos(['run', '--threads', count, program]);
    expect(status).toBe(125);
    expect(stderr).toContain('--threads');
  });
});
