// machine.mpirun of the built library: how the ranks of a job start, write and end together. Its ranks call nothing of MPI, or
// MPI_Abort alone.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobOptions, JobResult, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule, concat, i32Const } from '../support/module-builder.ts';

const { boot } = await importBuilt();
const RANKS = 4;
/** Workers that a job does not need. */
const FEW = { spareCores: 0, linuxProcesses: 0 };
const program = guestPath('rank');
let machine: Machine;

beforeAll(async () => {
  machine = await boot({ appCores: RANKS, linuxProcesses: RANKS });
});
afterAll(() => machine.close());

/** Four ranks that end as `others` says, but for one. */
function ends(others: string, who: number, how: string, options: JobOptions = {}): Promise<JobResult> {
  return machine.mpirun(program, { n: RANKS, args: ['ends', others, `${who}`, how], ...options });
}

function endsOf({ ranks }: JobResult): (string | number)[] {
  return ranks.map(({ signal, exitCode }) => signal ?? exitCode);
}

/** Calls MPI_Abort(MPI_COMM_WORLD, status) at once. */
function aborting(status: number): Uint8Array<ArrayBuffer> {
  const COMM_WORLD = 0x101;
  return buildModule({
    types: [{ params: ['i32', 'i32'], results: ['i32'] }, {}],
    imports: [{ module: 'mpi', name: 'MPI_Abort', func: 0 }],
    functions: [{ type: 1, body: concat(i32Const(COMM_WORLD), i32Const(status), [0x10, 0, 0x1a]) }],
    memories: [{ initial: 1, maximum: 2 }],
    exports: [
      { name: '_start', kind: 'func', index: 1 },
      { name: 'memory', kind: 'memory', index: 0 },
    ],
  });
}

describe.each(['cnk', 'fused', 'linux', 'library'] as const)('placement %s', (placement) => {
  test('starts ranks that know which of them they are, as processes of their own', async () => {
    const result = await machine.mpirun(program, { n: RANKS, placement, args: ['a'], env: { X: '1' } });
    expect(result.stdout.lines().toSorted()).toEqual([0, 1, 2, 3].map((rank) => `rank ${rank} of 4, X=1, rank.wasm a`));
    expect(result.stderr.lines().toSorted()).toEqual([0, 1, 2, 3].map((rank) => `rank ${rank} says so`));
    expect(result).toMatchObject({ exitCode: 0, signal: undefined, truncated: false });
    expect(result.failure).toBeUndefined();
    expect(new Set(result.ranks.map(({ pid }) => pid)).size).toBe(RANKS);
    expect(result.ranks.map(({ rank }) => rank)).toEqual([0, 1, 2, 3]);
  });

  test('ends a job whose rank fails while others compute', async () => {
    const result = await ends('spin', 2, '7', { placement });
    const { pid } = result.ranks[2] as JobResult['ranks'][number];
    expect(result).toMatchObject({
      exitCode: 7,
      failure: { rank: 2, pid, message: `rank 2 (pid ${pid}, rank.wasm) ended with exit status 7` },
    });
    expect(endsOf(result)).toEqual(['SIGTERM', 'SIGTERM', 7, 'SIGTERM']);
  });
});

describe('a rank', () => {
  test('that traps ends the job, and the trap is told', async () => {
    const result = await ends('sleep', 1, 'trap');
    expect(result).toMatchObject({ exitCode: 132, signal: 'SIGILL', failure: { rank: 1 } });
    expect(result.failure?.message).toMatch(/^rank 1 \(pid \d+, rank\.wasm\) was ended by SIGILL: unreachable$/);
    expect(result.stderr.text()).toMatch(/^fusedos: SIGILL: unreachable\n {4}at /);
    expect(endsOf(result)).toEqual(['SIGTERM', 'SIGILL', 'SIGTERM', 'SIGTERM']);
  });

  test('that calls abort() ends it by SIGABRT', async () => {
    const result = await ends('sleep', 3, 'abort');
    expect(result).toMatchObject({ exitCode: 134, signal: 'SIGABRT', failure: { rank: 3 } });
  });

  test('that calls MPI_Abort ends it with the status that it says', async () => {
    const result = await machine.mpirun([
      { program, n: 3, args: ['ends', 'sleep', '9', '0'] },
      { program: aborting(5), name: 'a.wasm' },
    ]);
    expect(result).toMatchObject({ exitCode: 5, signal: undefined, failure: { rank: 3, program: 'a.wasm' } });
    expect(result.failure?.message).toMatch(/^rank 3 \(pid \d+, a\.wasm\) called MPI_Abort on MPI_COMM_WORLD with 5$/);
    expect(endsOf(result)).toEqual(['SIGTERM', 'SIGTERM', 'SIGTERM', 5]);
    expect(result.stderr.text()).toBe('');
  });

  test('that ends by 0 leaves the others their time', async () => {
    const result = await ends('0', 1, 'sleep', { timeoutMs: 300 });
    expect(endsOf(result)).toEqual([0, 'SIGKILL', 0, 0]);
    expect(result).toMatchObject({ exitCode: 137, hasTimedOut: true, limit: 'timeout' });
    expect(result.failure).toBeUndefined();
  });
});

test('a program that was started alone is a job of one rank', async () => {
  const result = await machine.run(aborting(3));
  expect(result).toMatchObject({ exitCode: 3, signal: undefined });
  expect(result.aborted).toMatch(/MPI_Abort/);
  expect(result.stderr.text()).toBe(`fusedos: ${result.aborted}\n`);
});

describe('a job', () => {
  test('ends when its signal aborts, and no rank is named', async () => {
    const controller = new AbortController();
    const spins = { program, n: 2, args: ['ends', 'spin', '9', '0'] };
    const onOutput = (): void => controller.abort();
    const result = await machine.mpirun([{ program }, spins], { signal: controller.signal, onOutput });
    expect(endsOf(result).slice(1)).toEqual(['SIGKILL', 'SIGKILL']);
    expect(result.failure).toBeUndefined();
  });

  test('rejects with its result when that is wanted', async () => {
    await expect(ends('0', 1, '4', { check: true })).rejects.toMatchObject({
      code: 'EEXIT',
      result: { exitCode: 4, failure: { rank: 1 } },
    });
  });

  test('may have programs that differ in arguments, variables and directories', async () => {
    const result = await machine.mpirun(
      [
        { program, args: ['a'], env: { X: 'one' }, name: 'first' },
        { program, n: 2, args: ['b'] },
      ],
      { env: { X: 'all' } },
    );
    expect(result.stdout.lines().toSorted()).toEqual([
      'rank 0 of 3, X=one, first a',
      'rank 1 of 3, X=all, rank.wasm b',
      'rank 2 of 3, X=all, rank.wasm b',
    ]);
  });

  test('may have programs that work in different directories', async () => {
    for (const name of ['one', 'two']) {
      await machine.fs.mkdir(`/${name}`, { recursive: true });
      await machine.fs.writeFile(`/${name}/which`, `${name}\n`);
    }
    const args = ['file', 'which'];
    const result = await machine.mpirun(
      [
        { program, args },
        { program, args, cwd: '/two' },
      ],
      { cwd: '/one' },
    );
    expect(result.stdout.lines().toSorted()).toEqual(['rank 0 finds one', 'rank 1 finds two']);
  });

  test.each([
    ['ENOENT', () => machine.mpirun(guestPath('missing'), { n: 2 })],
    ['ENOEXEC', () => machine.mpirun(new TextEncoder().encode('nonsense'), { n: 2 })],
    ['ENOENT', () => machine.mpirun(program, { n: 2, cwd: '/missing' })],
    ['ERR_INVALID_ARG_VALUE', () => machine.mpirun([])],
    ['ERR_INVALID_ARG_VALUE', () => machine.mpirun([{ program }], { n: 2 })],
    ['ERR_OUT_OF_RANGE', () => machine.mpirun(program, { n: 0 })],
  ])('that cannot be rejects with %s, and holds nothing', async (code, start) => {
    await expect(start()).rejects.toMatchObject({ code });
    await expect.poll(() => machine.freeCores).toBe(RANKS);
  });

  test('wants a core for each thread of each rank, and says how to have them', async () => {
    const message = '5 ranks want 5 cores, the machine has 4: boot it with appCores: 5';
    await expect(machine.mpirun(program, { n: 5 })).rejects.toMatchObject({ code: 'EAGAIN', message });
    await expect(machine.mpirun(program, { n: 5, placement: 'linux' })).rejects.toThrow(/linuxProcesses: 5/);
  });

  test('waits for cores that others have', async () => {
    const [first, second] = await Promise.all([ends('0', 9, '0'), ends('0', 1, '3')]);
    expect([first.exitCode, second.exitCode]).toEqual([0, 3]);
  });

  test('whose memories do not all fit starts none of its ranks', async () => {
    const MIB = 2 ** 20;
    const small = await boot({ appCores: 3, ...FEW, memory: { process: 64 * MIB, total: 130 * MIB } });
    await expect(small.mpirun(program, { n: 3 })).rejects.toMatchObject({ code: 'ENOMEM' });
    expect((await small.mpirun(program, { n: 2 })).exitCode).toBe(0);
    await small.close();
  });
});

describe('output', () => {
  test('comes in whole lines', async () => {
    const lines = 300;
    const { stdout } = await machine.mpirun(program, { n: RANKS, args: ['lines', `${lines}`] });
    const expected = [0, 1, 2, 3].flatMap((rank) =>
      Array.from({ length: lines }, (_, i) => `rank ${rank} line ${i} of ${lines}`),
    );
    expect(stdout.lines().toSorted()).toEqual(expected.toSorted());
  });

  test('is tagged when that is wanted, also a line without an end', async () => {
    const { stdout, stderr } = await machine.mpirun(program, { n: 2, args: ['part'], tagOutput: true });
    expect(stdout.lines().toSorted()).toEqual(
      [0, 1].map((rank) => `[1,${rank}]<stdout>: rank ${rank} of 2, X=-, rank.wasm part`),
    );
    expect(stdout.text()).not.toMatch(/\n$/);
    expect(stderr.text()).toBe('');
  });

  test('is handed over line by line as it comes', async () => {
    const lines: string[] = [];
    await machine.mpirun(program, {
      n: 2,
      onOutput: (line, { rank, stream }) => void lines.push(`${rank} ${stream} ${line}`),
    });
    expect(lines.toSorted()).toEqual([
      '0 stderr rank 0 says so',
      '0 stdout rank 0 of 2, X=-, rank.wasm',
      '1 stderr rank 1 says so',
      '1 stdout rank 1 of 2, X=-, rank.wasm',
    ]);
  });

  test('that nobody can take ends the job', async () => {
    const onOutput = (): never => {
      throw new Error('of the test');
    };
    await expect(ends('sleep', 0, 'trap', { onOutput })).rejects.toThrow('of the test');
  });

  test('of all ranks counts against the limit', async () => {
    const { limit, stdout } = await machine.mpirun(program, { n: 2, args: ['lines', '100000'], maxOutput: 5000 });
    expect(limit).toBe('output');
    expect(stdout.bytes.length).toBeLessThanOrEqual(5000);
  });
});

test('the first rank reads stdin, the others find its end', async () => {
  const { stdout } = await machine.mpirun(program, { n: 3, args: ['input'], stdin: 'one\ntwo\n' });
  const lines = stdout.lines();
  expect(lines.filter((line) => line.startsWith('rank')).toSorted()).toEqual(
    [0, 1, 2].map((rank) => `rank ${rank} has read all`),
  );
  expect(lines.filter((line) => !line.startsWith('rank'))).toEqual(['one', 'two']);
});

test('fifty jobs leave nothing behind', async () => {
  const MIB = 2 ** 20;
  // Twice what a job holds: the memories of one come back while the next one starts.
  const small = await boot({ appCores: 2, ...FEW, memory: { process: 64 * MIB, total: 4 * 64 * MIB } });
  const once = async (): Promise<void> => {
    const result = await small.mpirun(program, { n: 2, args: ['ends', '0', '1', '0'] });
    expect(result.exitCode).toBe(0);
  };
  for (let i = 0; i < 10; i++) await once();
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 40; i++) await once();
  expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MIB);
  await expect.poll(() => small.freeCores).toBe(2);
  await small.close();
});

test('a machine that is closed ends its jobs', async () => {
  const other = await boot({ appCores: 2, ...FEW });
  const parts = [
    { program, args: ['show'] },
    { program, args: ['ends', 'spin', '9', '0'] },
  ];
  let job: Promise<JobResult> | undefined;
  await new Promise<void>((resolve) => {
    job = other.mpirun(parts, { onOutput: () => resolve() });
  });
  await other.close();
  // The first one may have ended by itself.
  expect((await job)?.ranks[1]).toMatchObject({ signal: 'SIGKILL' });
});
