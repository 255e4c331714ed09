// Thousands of generated modules that mean harm, on one machine under every placement, beside a program that must not notice.
// Each is refused with a reason, or its program ends; no machine is lost, nothing hangs, no error of our own comes up.
// FUSEDOS_SEED repeats a run, FUSEDOS_MODULES sets how many.

import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Machine, RunOptions } from '../../runtime/index.ts';
import { firstSeed } from '../fuzz/budget.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { hostileModule } from '../support/hostile-module.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';

const MODULES = Number(process.env['FUSEDOS_MODULES'] ?? 5000);
const PLACEMENTS = ['cnk', 'linux', 'fused', 'library'] as const;
/** Of a program that does not end. */
const TIME_MS = 30;
/** Until an end must be known. */
const DEADLINE_MS = 20_000;
const BYSTANDER_EVERY = 20;
const REFUSED: ReadonlySet<string> = new Set([
  'ENOEXEC',
  'ENOMEM',
  'EINVAL',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
]);

let machine: Machine;
const told = vi.spyOn(console, 'error');
beforeAll(async () => {
  machine = await (await importBuilt()).boot({ appCores: 3, memory: { process: 64 * 2 ** 20 }, storage: 16 * 2 ** 20 });
});
afterAll(() => machine.close());

/** @returns how it ended, in a word */
async function outcomeOf(bytes: Uint8Array, random: SeededRandom, index: number): Promise<string> {
  const options: RunOptions = {
    placement: PLACEMENTS[index % PLACEMENTS.length] ?? 'cnk',
    unknownImports: random.pick(['trap', 'enosys']),
    timeoutMs: TIME_MS,
    ...(random.oneIn(8) ? { trace: () => {} } : {}),
    ...(random.oneIn(6) ? { invoke: { name: random.pick(['other', 'memory', '_start', 'missing']), args: [] } } : {}),
  };
  const ended = machine.run(bytes, options).then(
    ({ signal, exitCode, hasTimedOut }) => (hasTimedOut ? 'time' : (signal ?? `exit ${exitCode === 0 ? 0 : 'N'}`)),
    (error: Error & { code?: string }) =>
      REFUSED.has(error.code ?? '') ? `${error.code}` : `${error.code}: ${error.message}`,
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS, 'HANGS');
  });
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

test(`${MODULES} hostile modules hurt nobody`, { timeout: 900_000 }, async () => {
  const seed = firstSeed();
  const outcomes = new Map<string, number>();
  const wrong: string[] = [];
  for (let i = 0; i < MODULES; i++) {
    const random = seededRandom(seed + i);
    const { kind, bytes } = hostileModule(random, i);
    const outcome = await outcomeOf(bytes, random, i);
    const isFine = REFUSED.has(outcome) || /^(SIG[A-Z]+|exit [0N]|time)$/.test(outcome);
    if (!isFine) wrong.push(`seed ${seed + i} (${kind}, ${i}): ${outcome}`);
    const row = `${kind}: ${isFine ? outcome : 'WRONG'}`;
    outcomes.set(row, (outcomes.get(row) ?? 0) + 1);
    if (wrong.length > 10) break;
    if (i % BYSTANDER_EVERY === 0) {
      const { exitCode } = await machine.run(guestPath('status'), { args: [String(i % 100)] });
      expect(exitCode, `after seed ${seed + i}`).toBe(i % 100);
    }
  }
  console.log(
    [...outcomes]
      .sort()
      .map(([row, count]) => `${row} ${count}`)
      .join(', '),
  );
  expect(wrong).toEqual([]);
  expect(told.mock.calls).toEqual([]);
  // Nobody holds a core or a process any more.
  await expect.poll(() => machine.freeCores, { timeout: DEADLINE_MS }).toBe(3);
  expect((await machine.fs.readdir('/proc')).filter((entry) => /^\d+$/.test(entry))).toEqual(['1']);
});
