// Guests whose memory another thread changes while their calls run, and that are killed at any time. What a call answers
// then is undetermined. What must hold: nobody crashes, nothing hangs that may not wait, a kill works, nothing is written
// but where a call may write, nobody leaves the directories that he was given, and all storage comes back.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { importBuilt } from '../support/built.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { budgetMs, firstSeed } from './budget.ts';
import { FuzzGuest, watchMemories } from './guest.ts';
import { PAGE, SLOTS } from './guest-module.ts';
import { hostileWords, randomOperation, WINDOW } from './operations.ts';
import { freeStorage } from './storage.ts';

const PLACEMENTS = ['cnk', 'linux', 'fused', 'library'] as const;
const BATCHES = 40;
const PATTERN = 0x5c;
/** A guest that waits for so long is killed. */
const PATIENCE_MS = 200;
/** Until an end, or an answer, is known. */
const DEADLINE_MS = 10_000;
const SENTINEL = 'nobody may change this';
const MAY_WAIT: ReadonlySet<string> = new Set(['poll_oneoff']);
const FLIPPER = new URL('flipper.mjs', import.meta.url);

const outside = mkdtempSync(join(tmpdir(), 'fusedos-hostile-'));
const [writable, readOnly] = [join(outside, 'writable'), join(outside, 'read-only')];
let machine: Machine;
beforeAll(async () => {
  for (const directory of [writable, readOnly]) mkdirSync(directory);
  for (const directory of [outside, readOnly]) writeFileSync(join(directory, 'sentinel'), SENTINEL);
  watchMemories();
  const { boot } = await importBuilt();
  machine = await boot({
    appCores: PLACEMENTS.length,
    storage: 8 << 20,
    mounts: { '/host': writable, '/ro': { path: readOnly, readOnly: true } },
  });
  for (const directory of ['/safe', '/over']) await machine.fs.mkdir(directory);
  await machine.fs.writeFile('/safe/sentinel', SENTINEL);
});
afterAll(async () => {
  await machine.close();
  rmSync(outside, { recursive: true });
});

test('guests whose memory changes under their calls harm nobody', { timeout: budgetMs(20) + 60_000 }, async () => {
  const seed = firstSeed();
  const endMs = performance.now() + budgetMs(20);
  const free = await freeStorage(machine);
  const tops = await machine.fs.readdir('/');
  const ends = { killed: 0, waiting: 0, calls: 0 };
  let rounds = 0;
  do {
    await round(seed + rounds++, ends);
    const title = `after seed ${seed + rounds - 1}`;
    expect((await machine.fs.readdir('/')).sort(), title).toEqual(tops.sort());
    expect(await freeStorage(machine), title).toBe(free);
    await checkSentinels(title);
  } while (performance.now() < endMs);
  const { calls, killed, waiting } = ends;
  console.log(`${rounds} rounds, ${calls} calls, ${killed} kills, ${waiting} of guests that waited, seeds ${seed} …`);
});

async function checkSentinels(title: string): Promise<void> {
  expect(await machine.fs.readdir('/safe'), title).toEqual(['sentinel']);
  expect(await machine.fs.readFile('/safe/sentinel', 'utf8'), title).toBe(SENTINEL);
  expect(readdirSync(outside).sort(), title).toEqual(['read-only', 'sentinel', 'writable']);
  expect(readdirSync(readOnly), title).toEqual(['sentinel']);
  for (const directory of [outside, readOnly]) {
    expect(readFileSync(join(directory, 'sentinel'), 'utf8'), title).toBe(SENTINEL);
  }
}

async function round(seed: number, ends: { killed: number; waiting: number; calls: number }): Promise<void> {
  const random = seededRandom(seed);
  const top = `/hostile-${seed}`;
  await machine.fs.mkdir(top);
  await machine.mount({ type: 'overlay', lower: readOnly }, '/over');
  const guests = await Promise.all(PLACEMENTS.map((placement) => Hostile.start(random, placement, top)));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const buffers = guests.map(({ guest }) => guest.bytes.buffer);
  const flipper = new Worker(FLIPPER, { workerData: { buffers, words: hostileWords(), stop, seed } });
  const flipperEnds = new Promise<void>((resolve, reject) => flipper.on('exit', () => resolve()).on('error', reject));
  try {
    for (let batch = 0; batch < BATCHES; batch++) {
      for (const hostile of guests) hostile.post();
      for (const hostile of guests) await hostile.finish(seed, ends);
    }
  } finally {
    Atomics.store(stop, 0, 1);
    await flipperEnds;
  }
  await Promise.all(guests.map((hostile) => hostile.end(seed)));
  await within(machine.unmount('/over'), `seed ${seed}: the overlay cannot be unmounted`);
  await within(checkNames(top), `seed ${seed}: Linux does not answer`);
  await within(machine.fs.rm(top, { recursive: true }), `seed ${seed}: Linux does not answer`);
  for (const name of readdirSync(writable, { encoding: 'buffer' })) {
    rmSync(Buffer.concat([Buffer.from(`${writable}/`), name]), { recursive: true });
  }
}

/** Every name is one, whatever its path became while it was looked at. */
async function checkNames(directory: string): Promise<void> {
  for (const entry of await machine.fs.readdir(directory, { withFileTypes: true })) {
    expect(entry.name).toMatch(/^[^/\0]{1,255}$/);
    if (entry.isDirectory()) await checkNames(`${directory}/${entry.name}`);
  }
}

class Hostile {
  readonly guest: FuzzGuest;
  readonly #random: SeededRandom;
  readonly #hasStreams: boolean;
  #hasEnded = false;

  constructor(guest: FuzzGuest, random: SeededRandom, hasStreams: boolean) {
    this.guest = guest;
    this.#random = random;
    this.#hasStreams = hasStreams;
  }

  static async start(random: SeededRandom, placement: (typeof PLACEMENTS)[number], top: string): Promise<Hostile> {
    const hasStreams = random.oneIn(5);
    const own = placement === 'library' ? '/tmp' : top;
    const paths = [own, '/host', placement === 'linux' ? '/over' : '/ro'];
    const staged = placement === 'cnk' && random.oneIn(2) ? { stage: { [`${own}/a`]: 'staged' } } : {};
    const preopens = paths.map((path) => ({ name: path, path }));
    const guest = await FuzzGuest.start(machine, { placement, preopens, ...staged });
    if (!hasStreams) for (const fd of [0, 1, 2]) expect(guest.call({ name: 'fd_close', args: [fd] })).toBe('OK');
    guest.bytes.fill(PATTERN, PAGE, WINDOW.start);
    return new Hostile(guest, random, hasStreams);
  }

  post(): void {
    if (this.#hasEnded) return;
    const first = this.#hasStreams ? [0, 1, 2] : [];
    const operations = Array.from({ length: SLOTS }, () =>
      randomOperation(this.#random, {
        store: (address, bytes) => this.guest.bytes.set(bytes, address),
        files: [...first, 6, 7, 8, 9, 10, 11],
        directories: [3, 4, 5],
        known: ['a', 'a/b', 'link', 'b', 'sentinel', '../sentinel', 'link/../../sentinel'],
        staged: [],
        farthest: 1n << 22n,
      }),
    );
    this.guest.post(operations);
  }

  /** Waits for its calls, or kills it: at random, or because it waits. */
  async finish(seed: number, ends: { killed: number; waiting: number; calls: number }): Promise<void> {
    if (this.#hasEnded) return;
    const isDoomed = this.#random.oneIn(2 * BATCHES);
    if (!isDoomed && this.guest.wait(PATIENCE_MS)) {
      ends.calls += SLOTS;
      return;
    }
    const { current } = this.guest;
    const mayWait = isDoomed || this.#hasStreams || MAY_WAIT.has(current ?? '');
    if (!mayWait && !this.guest.wait(DEADLINE_MS)) throw new Error(`seed ${seed}: ${current} does not return`);
    if (!isDoomed) ends.waiting++;
    ends.killed++;
    await this.#kill(seed);
  }

  async end(seed: number): Promise<void> {
    if (this.#hasEnded) return;
    this.#checkGuard(seed);
    await within(this.guest.close(), `seed ${seed}: a guest does not end`);
  }

  async #kill(seed: number): Promise<void> {
    // Before its end: then the memory is zeroed for the next one.
    this.#checkGuard(seed);
    this.#hasEnded = true;
    this.guest.process.kill('SIGKILL');
    await within(this.guest.process.exit, `seed ${seed}: a guest cannot be killed`);
  }

  #checkGuard(seed: number): void {
    const stray = this.guest.bytes.subarray(PAGE, WINDOW.start).findIndex((byte) => byte !== PATTERN);
    if (stray >= 0) throw new Error(`seed ${seed}: a call has written to ${PAGE + stray}`);
  }
}

async function within(wanted: Promise<unknown>, complaint: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), DEADLINE_MS);
  });
  try {
    await Promise.race([wanted, late]);
  } finally {
    clearTimeout(timer);
  }
}
