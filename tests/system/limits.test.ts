// The limits of a run, each at its edge, under every placement and without shared memory: what ends, what is refused, what the
// result says of it, and that nobody else notices.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Machine, RunOptions, RunResult } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

const { boot } = await importBuilt();
const MIB = 2 ** 20;

beforeAll(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

describe.each([
  ['cnk', true],
  ['fused', true],
  ['linux', true],
  ['library', true],
  ['library', false],
] as const)('placement %s, shared memory: %s', (placement, sharedMemory) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await boot({ appCores: 1, linuxProcesses: 1, sharedMemory });
  });
  afterAll(() => machine.close());

  const run = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
    machine.run(guestPath('limits'), { placement, args, ...options });

  test('none is reached by a program that keeps to them', async () => {
    const result = await run(['work', '/tmp/work', '7'], {
      timeoutMs: 60_000,
      cpuMs: 60_000,
      maxOutput: 11,
      storage: MIB,
      openFiles: 16,
    });
    expect(result).toMatchObject({ exitCode: 0, limit: undefined, truncated: false, hasTimedOut: false });
    expect(result.durationMs).toBeGreaterThanOrEqual(20);
    expect(result.cpuMs).toBeGreaterThan(0);
    expect(result.cpuMs).toBeLessThanOrEqual(result.durationMs);
  });

  test('cpuMs ends a program that computes, by SIGXCPU', async () => {
    const result = await run(['spin'], { cpuMs: 50 });
    expect(result).toMatchObject({ signal: 'SIGXCPU', exitCode: 152, limit: 'cpu', hasTimedOut: false });
    expect(result.cpuMs).toBeGreaterThanOrEqual(50);
  });

  test('cpuMs does not count sleep', async () => {
    const result = await run(['sleep', '1000'], { cpuMs: 900 });
    expect(result.stdout.text()).toBe('awake\n');
    expect(result.limit).toBe(undefined);
    expect(result.durationMs).toBeGreaterThanOrEqual(1000);
  });

  test('timeoutMs is told as the limit', async () => {
    const result = await run(['sleep', '60000'], { timeoutMs: 50 });
    expect(result).toMatchObject({ signal: 'SIGKILL', limit: 'timeout', hasTimedOut: true });
  });

  test('maxOutput ends a program that writes for ever, and keeps what came before', async () => {
    const result = await run(['pour', '-1'], { maxOutput: 100_000 });
    expect(result).toMatchObject({ signal: 'SIGKILL', limit: 'output', truncated: true });
    expect(result.stdout.text()).toBe('x'.repeat(100_000));
  });

  test('maxOutput counts both streams, and is exact', async () => {
    const exact = await run(['both', '5000'], { maxOutput: 10_000 });
    expect(exact).toMatchObject({ exitCode: 0, limit: undefined, truncated: false });
    const over = await run(['both', '5000'], { maxOutput: 9999 });
    expect(over).toMatchObject({ limit: 'output', truncated: true });
    expect(over.stdout.bytes.length + over.stderr.bytes.length).toBe(9999);
  });

  test('outputOverflow: truncate lets it go on', async () => {
    const result = await run(['pour', `${3 * MIB}`], { maxOutput: 1000, outputOverflow: 'truncate' });
    expect(result).toMatchObject({ exitCode: 0, limit: undefined, truncated: true });
    expect(result.stdout.text()).toBe('x'.repeat(1000));
  });

  test('storage is what a program may add to files', async () => {
    const refused = await run(['fill', '/tmp/large', `${3 * MIB}`], { storage: MIB });
    expect(refused).toMatchObject({ exitCode: 1, limit: 'storage' });
    expect(refused.stdout.text()).toBe('write: No space left on device\n');
    const fits = await run(['fill', '/tmp/small', `${MIB / 2}`], { storage: MIB });
    expect(fits).toMatchObject({ exitCode: 0, limit: undefined });
    // The next one has an allowance of its own, and the machine has room.
    const next = await run(['fill', '/tmp/next', `${MIB / 2}`], { storage: MIB });
    expect(next).toMatchObject({ exitCode: 0, limit: undefined });
    expect(await run(['fill', '/tmp/much', `${3 * MIB}`])).toMatchObject({ exitCode: 0, limit: undefined });
  });

  test('openFiles is how many descriptors it may have', async () => {
    // 0, 1, 2 and the directory that is open from the start.
    expect(await run(['open', '12'], { openFiles: 16 })).toMatchObject({ exitCode: 0, limit: undefined });
    const refused = await run(['open', '13'], { openFiles: 16 });
    expect(refused).toMatchObject({ exitCode: 1, limit: 'openFiles' });
    expect(refused.stdout.text()).toMatch(/^open: .*(files|descriptors)/i);
    expect((await run(['open', '100'])).exitCode).toBe(0);
  });

  test('check rejects for a limit that ended it', async () => {
    const rejected = run(['spin'], { cpuMs: 20, check: true });
    await expect(rejected).rejects.toMatchObject({ code: 'EEXIT', result: { limit: 'cpu' } });
  });
});

describe('on the command line', () => {
  const limits = guestPath('limits');

  test('--cpu-time ends a program by SIGXCPU', async () => {
    const { status, stderr } = await fusedos(['run', '--cpu-time', '50ms', limits, 'spin']);
    expect({ status, stderr }).toEqual({
      status: 152,
      stderr: 'fusedos run: the program was ended because its processor time was up\n',
    });
  });

  test('--max-output ends it, or drops what is too much', async () => {
    const ended = await fusedos(['run', '--max-output', '1000', limits, 'pour', '-1']);
    expect(ended).toEqual({
      status: 137,
      stdout: 'x'.repeat(1000),
      stderr: 'fusedos run: the program was ended because it wrote more than it may\n',
    });
    const args = ['run', '--max-output', '1000', '--output-overflow', 'truncate', limits, 'pour', '5000'];
    expect(await fusedos(args)).toEqual({ status: 0, stdout: 'x'.repeat(1000), stderr: '' });
  });

  test('--open-files is EMFILE beyond', async () => {
    const { status, stdout } = await fusedos(['run', '--open-files', '16', limits, 'open', '13']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringMatching(/^open: /) });
    expect((await fusedos(['run', '--open-files', '2', limits])).stderr).toMatch(/openFiles|open-files/);
  });
});

test('a loaded program runs while it is called only', async () => {
  await using machine = await boot({ appCores: 1 });
  const library = await machine.load(guestPath('library'));
  const before = library.process.cpuMs;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(library.process.cpuMs).toBe(before);
  await library.call('add', 1, 2);
  expect(library.process.cpuMs).toBeGreaterThan(before);
  expect((await library.close()).durationMs).toBeGreaterThanOrEqual(100);
});

test('spawn passes on no more than maxOutput', async () => {
  await using machine = await boot({ appCores: 1 });
  const process = await machine.spawn(guestPath('limits'), { args: ['pour', '-1'], maxOutput: 70_000 });
  let length = 0;
  for await (const chunk of process.stdout) length += chunk.length;
  expect(length).toBe(70_000);
  expect(await process.exit).toMatchObject({ signal: 'SIGKILL', limit: 'output' });
});

describe('a machine whose cores are all held by loaded programs', () => {
  test('says so once, and goes on when one is closed', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
    const library = await machine.load(guestPath('library'));
    const waiting = [1, 2].map(() => machine.run(guestPath('status'), { args: ['3'] }));
    await vi.waitFor(() => expect(error).toHaveBeenCalled(), { timeout: 10_000 });
    expect(error.mock.calls[0]?.[0]).toMatch(/the only core is held by loaded programs/);
    await expect(machine.run(guestPath('status'), { queue: false })).rejects.toMatchObject({ code: 'EAGAIN' });
    await library.close();
    for (const run of waiting) expect((await run).exitCode).toBe(3);
    expect(error).toHaveBeenCalledTimes(1);
    error.mockRestore();
  });

  test('the default machine has a core more than one library takes', async () => {
    await using machine = await boot();
    expect(machine.freeCores).toBeGreaterThanOrEqual(2);
  });
});
