// A program's memory, run after run on one machine: each finds the size that it declares and has its whole limit, whoever had the memory
// before; the limit of a run, and what it tells of its peak; a handle of a program that has ended.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine, RunOptions } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule, concat, i32Const } from '../support/module-builder.ts';

const { boot } = await importBuilt();
const MIB = 2 ** 20;
const PAGE = 65536;
const LIMIT = 64 * MIB;
const PLACEMENTS = ['cnk', 'fused', 'linux', 'library'] as const;
const program = guestPath('memory');

/** A library whose memory begins with one page: `grow(n)`, `size()`, `load(address)`. */
const library = buildModule({
  types: [{ params: ['i32'], results: ['i32'] }, { results: ['i32'] }],
  functions: [
    { type: 0, body: [0x20, 0, 0x40, 0] },
    { type: 1, body: [0x3f, 0] },
    { type: 0, body: [0x20, 0, 0x28, 2, 0] },
  ],
  memories: [{ initial: 1 }],
  exports: [
    { name: 'memory', kind: 'memory', index: 0 },
    { name: 'grow', kind: 'func', index: 0 },
    { name: 'size', kind: 'func', index: 1 },
    { name: 'load', kind: 'func', index: 2 },
  ],
});

async function output(machine: Machine, args: string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.run(program, { ...options, args });
  return `${exitCode} ${stdout.text()}${stderr.text()}`.trim().replaceAll('\n', ', ');
}

describe.each([
  { what: 'a machine', sharedMemory: true, placements: PLACEMENTS },
  { what: 'a machine without shared memory', sharedMemory: false, placements: ['library'] as const },
])('on $what', ({ sharedMemory, placements }) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await boot({ appCores: 1, memory: { process: LIMIT }, sharedMemory });
  });
  afterAll(() => machine.close());

  test.each(placements)('every run under %s is as the first one', async (placement) => {
    const round = async (): Promise<string[]> => [
      await output(machine, ['fault'], { placement }),
      await output(machine, ['take', '40'], { placement }),
      await output(machine, ['all'], { placement }),
      await output(machine, ['take', '1'], { placement }),
      await output(machine, ['clean', '40'], { placement }),
      await output(machine, ['proc', '3'], { placement }),
    ];
    const first = await round();
    const [initial] = /\d+ pages/.exec(first[0] ?? '') ?? [];
    const begin = Number.parseInt(initial ?? '', 10);
    expect(first[0]).toBe(`0 ${initial}, write -1 read -1, write -1 read -1, write 16 read 16, ${initial}`);
    expect(first[1]).toMatch(new RegExp(`^0 ${initial}, (6[4-9]\\d|7\\d\\d) pages$`));
    expect(first[2]).toBe(`0 ${initial}, grown ${LIMIT / PAGE - begin}, ${LIMIT / PAGE} pages`);
    expect(first[4]).toBe(`0 ${initial}, dirty 0, ${begin + 640} pages`);
    const [, told, size] = /statm (\d+), (\d+) pages/.exec(first[5] ?? '') ?? [];
    expect(Number(told)).toBe(Number(size));
    for (let again = 0; again < 2; again++) expect(await round()).toEqual(first);
  });

  test('a loaded program too', async () => {
    for (let run = 0; run < 3; run++) {
      await using loaded = await machine.load(library);
      expect(await loaded.call('size')).toBe(1);
      expect(await loaded.call('grow', 500)).toBe(1);
      expect(await loaded.call('size')).toBe(501);
      expect(await loaded.call('load', 400 * PAGE)).toBe(0);
      expect(await loaded.call('grow', LIMIT / PAGE)).toBe(-1);
      expect((await loaded.close()).peakMemory).toBe(501 * PAGE);
    }
  });

  test('a run may have a limit of its own, whoever had the memory before', async () => {
    const limited = { memory: 24 * MIB };
    for (let again = 0; again < 2; again++) {
      expect(await output(machine, ['take', '10'], limited)).toMatch(/^0 /);
      expect(await output(machine, ['take', '20'], limited)).toMatch(/^1 .*malloc failed$/);
      expect(await output(machine, ['all'], limited)).toMatch(/ 384 pages$/);
      expect(await output(machine, ['take', '20'])).toMatch(/^0 /);
    }
  });

  test('the result tells the peak', async () => {
    const { peakMemory, stdout } = await machine.run(program, { args: ['take', '30'] });
    const [, pages] = /(\d+) pages\n$/.exec(stdout.text()) ?? [];
    expect(peakMemory).toBe(Number(pages) * PAGE);
    const killed = await machine.run(program, { args: ['all'], memory: 16 * MIB });
    expect(killed.peakMemory).toBe(16 * MIB);
  });

  test('a limit that a program begins beyond, or that cannot be, is refused', async () => {
    await expect(machine.run(program, { memory: PAGE })).rejects.toMatchObject({ code: 'ENOMEM' });
    for (const memory of [0, 1, PAGE - 1, LIMIT + 1, 1e6 + 0.5, Number.NaN, -1]) {
      await expect(machine.run(program, { memory })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    }
    for (const memory of ['64', null, {}, 1n] as unknown as number[]) {
      await expect(machine.run(program, { memory })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    }
  });
});

describe('a loaded program that has ended', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await boot({ appCores: 2, memory: { process: LIMIT } });
  });
  afterAll(() => machine.close());

  const crashing = buildModule({
    types: [{}],
    functions: [
      { type: 0, body: [0x00] },
      { type: 0, body: [0x03, 0x40, 0x0c, 0, 0x0b] },
    ],
    memories: [{ initial: 1 }],
    exports: [
      { name: 'crash', kind: 'func', index: 0 },
      { name: 'spin', kind: 'func', index: 1 },
    ],
  });

  test.each([
    ['was closed', (kept: Awaited<ReturnType<Machine['load']>>) => kept.close()],
    ['has trapped', (kept: Awaited<ReturnType<Machine['load']>>) => kept.call('crash').catch(() => {})],
    [
      'was killed while it ran',
      async (kept: Awaited<ReturnType<Machine['load']>>) => {
        const spinning = kept.call('spin').catch(() => {});
        kept.process.kill('SIGKILL');
        await spinning;
      },
    ],
  ])('because it %s gives no memory', async (_how, end) => {
    const kept = await machine.load(crashing);
    kept.write(8, Uint8Array.of(1, 2, 3));
    await end(kept);
    await kept.process.exit;
    const over = expect.objectContaining({ name: 'FusedError', code: 'ESRCH' });
    expect(() => kept.read(8, 3)).toThrow(over);
    expect(() => kept.write(8, Uint8Array.of(9))).toThrow(over);
    expect(() => kept.memoryBytes).toThrow(over);
  });

  test('leaves its memory to others, whom it cannot change', async () => {
    const kept = await machine.load(library);
    kept.write(64, Uint8Array.of(7, 7, 7, 7));
    await kept.close();
    const others = await Promise.all([machine.load(library), machine.load(library)]);
    expect(() => kept.write(64, Uint8Array.of(9, 9, 9, 9))).toThrow();
    for (const other of others) {
      expect(other.memoryBytes).toBe(PAGE);
      expect(await other.call('load', 64)).toBe(0);
      await other.close();
    }
  });
});

test('a start function finds the size that its module declares, and may grow it', async () => {
  const grows = buildModule({
    types: [{}, { results: ['i32'] }],
    functions: [
      { type: 0, body: concat(i32Const(3), [0x40, 0, 0x1a]) },
      { type: 1, body: [0x3f, 0] },
    ],
    memories: [{ initial: 1 }],
    exports: [{ name: 'size', kind: 'func', index: 1 }],
    start: 0,
  });
  await using machine = await boot({ appCores: 1, memory: { process: LIMIT } });
  for (let run = 0; run < 3; run++) {
    const { values } = await machine.run(grows, { invoke: { name: 'size', args: [] } });
    expect(values).toEqual(['4']);
    await machine.run(program, { args: ['take', '30'] });
  }
});

test.each([
  { limitMib: 256, takenMib: 100, runs: 6 },
  { limitMib: 64, takenMib: 1, runs: 120 },
])('run after run allocates as much: %j', async ({ limitMib, takenMib, runs }) => {
  await using machine = await boot({ memory: { process: limitMib * MIB } });
  const seen = new Set<string>();
  for (let run = 0; run < runs; run++) seen.add(await output(machine, ['take', `${takenMib}`]));
  expect([...seen]).toEqual([expect.stringMatching(/^0 129 pages, \d+ pages$/)]);
});
