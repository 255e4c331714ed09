// Programs are ended from outside at random moments: while they start, between two calls, in a call, in a wait. None hangs, each
// has the status that it was given or had reached, and the same machine runs the next program.
// FUSEDOS_KILLS=10000 for as many; it tells how soon the ends were known.

import { expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { firstSeed } from '../fuzz/budget.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';

const { boot } = await importBuilt();
const KILLS = Number(process.env['FUSEDOS_KILLS'] ?? 300);
const SEED = firstSeed();
const AT_ONCE = 2;
const PLACEMENTS = ['cnk', 'fused', 'linux', 'library'] as const;
const STATES = ['spin', 'sleep', 'copy', 'read', 'calls', 'write'] as const;
const SIGNALS = ['SIGTERM', 'SIGKILL', 'SIGINT'] as const;
const STATUS = { SIGTERM: 143, SIGKILL: 137, SIGINT: 130 } as const;
/** A kill comes so long after the start at most: by then all are in their state on an idle host. */
const LATEST_MS = 12;
/** Every so many kills a program runs to its own end. */
const CHECKED = 10;

/** What threads do, and main beside them: see tests/guests/wasi-threads. */
const THREADS = ['add', 'spin', 'wait', 'read', 'grow'] as const;
const MAIN = ['spin', 'wait', 'read', 'rounds'] as const;
const THREADS_MOST = 5;

/** A kill may come while the program's last thread ends it. */
async function killThreads(machine: Machine, random: SeededRandom): Promise<number> {
  const signal = random.pick(SIGNALS);
  const placement = random.pick(['cnk', 'fused', 'linux'] as const);
  const args = [`${random.pick(THREADS)}-${random.pick(MAIN)}`];
  const process = await machine.spawn(guestPath('wasi-threads'), {
    placement,
    args,
    threads: THREADS_MOST,
    deadlockCheck: false,
  });
  const drained = process.stdout.pipeTo(new WritableStream());
  const delayMs = (LATEST_MS * random.below(1000)) / 1000;
  if (!random.oneIn(8)) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const killedMs = performance.now();
  const isKilled = process.kill(signal);
  const exit = await process.exit;
  const expected = isKilled ? { exitCode: STATUS[signal], signal, trap: undefined } : { exitCode: 0 };
  expect(exit, `${placement} ${args[0]} after ${delayMs} ms`).toMatchObject(expected);
  await drained;
  return performance.now() - killedMs;
}

async function killOne(machine: Machine, random: SeededRandom): Promise<number> {
  const signal = random.pick(SIGNALS);
  const placement = random.pick(PLACEMENTS);
  const args = [random.pick(STATES)];
  const process = await machine.spawn(guestPath('hang'), { placement, args });
  const drained = process.stdout.pipeTo(new WritableStream());
  const delayMs = (LATEST_MS * random.below(1000)) / 1000;
  if (!random.oneIn(8)) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const killedMs = performance.now();
  expect(process.kill(signal)).toBe(true);
  const exit = await process.exit;
  const knownMs = performance.now() - killedMs;
  expect(exit, `${placement} ${args[0]} after ${delayMs} ms`).toMatchObject({
    exitCode: STATUS[signal],
    signal,
    trap: undefined,
  });
  await drained;
  return knownMs;
}

function report(what: string, times: number[]): void {
  times.sort((a, b) => a - b);
  const [median, late, last] = [0.5, 0.99, 1].map((share) => times[Math.ceil(share * times.length) - 1] ?? 0);
  console.info(
    `${what}: known after ${median?.toFixed(2)} ms (median), ${late?.toFixed(1)} (99 %), ${last?.toFixed(1)} (last)`,
  );
}

test.each(['adaptive', 'park', 'poll'] as const)(
  `a third of ${KILLS} kills, ${AT_ONCE} programs at once, policy %s, FUSEDOS_SEED=${SEED}`,
  { timeout: Math.max(KILLS, 300) * 500 },
  async (pollPolicy) => {
    await using machine = await boot({ appCores: AT_ONCE, linuxProcesses: AT_ONCE, pollPolicy });
    const times: number[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let round = next++; round < KILLS / 3; round = next++) {
        const random = seededRandom(SEED + round);
        times.push(await killOne(machine, random));
        if (round % CHECKED !== 0) continue;
        const { exitCode } = await machine.run(guestPath('status'), {
          args: ['7'],
          placement: random.pick(PLACEMENTS),
        });
        expect([round, exitCode]).toEqual([round, 7]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    report(pollPolicy, times);
  },
);

test(`${KILLS} kills of programs with threads, FUSEDOS_SEED=${SEED}`, {
  timeout: Math.max(KILLS, 300) * 500,
}, async () => {
  await using machine = await boot({ appCores: THREADS_MOST, linuxProcesses: THREADS_MOST });
  const times: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    times.push(await killThreads(machine, seededRandom(SEED + round)));
    if (round % CHECKED !== 0) continue;
    const { exitCode, stdout } = await machine.run(guestPath('wasi-threads'), {
      args: ['add-join'],
      threads: THREADS_MOST,
    });
    expect([round, exitCode, `${stdout}`]).toEqual([round, 0, '30000\n']);
  }
  report('threads', times);
});
