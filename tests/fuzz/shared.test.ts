// Several guests at once in one directory: who is first is nobody's to say, but what all of them were told must fit
// together. Names that are made by one and removed by one, appended records that are all there and whole, link counts
// that are the names there are, and storage that comes back, also from guests that are killed.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { FDFLAGS, OFLAGS } from '../../runtime/abi/wasi/types.ts';
import type { Machine } from '../../runtime/index.ts';
import { importBuilt } from '../support/built.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { budgetMs, firstSeed } from './budget.ts';
import { FuzzGuest, type Operation, watchMemories } from './guest.ts';
import { SLOTS } from './guest-module.ts';
import { WINDOW } from './operations.ts';
import { freeStorage } from './storage.ts';

const PLACEMENTS = ['cnk', 'linux', 'fused'] as const;
const NAMES = 6;
const RECORD = 48;
const STORAGE = 8 << 20;
const ALL_RIGHTS = 0x3fff_ffffn;
const RESULT = WINDOW.start;
const IOVEC = WINDOW.start + 64;
const TEXTS = WINDOW.start + 1024;
const RECORDS = WINDOW.start + 8192;
/** The preopened directory. */
const DIRECTORY = 3;
const LOG = 4;

let machine: Machine;
beforeAll(async () => {
  watchMemories();
  const { boot } = await importBuilt();
  machine = await boot({ appCores: 3, storage: STORAGE });
});
afterAll(() => machine.close());

test('what guests in one directory are told fits together', { timeout: budgetMs(15) + 60_000 }, async () => {
  const seed = firstSeed();
  const endMs = performance.now() + budgetMs(15);
  const free = await freeStorage(machine);
  let rounds = 0;
  do {
    await round(seed + rounds++);
    expect(await freeStorage(machine), `storage after seed ${seed + rounds - 1}`).toBe(free);
  } while (performance.now() < endMs);
  console.log(
    `${rounds} rounds of ${PLACEMENTS.length} guests and ${SLOTS} calls, seeds ${seed} to ${seed + rounds - 1}`,
  );
});

interface Attempt {
  readonly operation: Operation;
  /** The name that it makes, and the one that it removes. */
  readonly makes?: string;
  readonly removes?: string;
}

async function round(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const top = `/shared-${seed}`;
  await machine.fs.mkdir(top);
  await machine.fs.writeFile(`${top}/log`, '');
  await machine.fs.writeFile(`${top}/linked`, '');
  const guests = await Promise.all(
    PLACEMENTS.map((placement) => FuzzGuest.start(machine, { placement, preopens: [{ name: '.', path: top }] })),
  );
  for (const [index, guest] of guests.entries()) prepare(guest, index);
  const attempts = guests.map((_, index) => Array.from({ length: SLOTS }, (_, call) => attempt(random, index, call)));
  for (const [i, guest] of guests.entries()) guest.post((attempts[i] as Attempt[]).map(({ operation }) => operation));
  const killed = random.oneIn(4) ? random.pick(guests as [FuzzGuest, ...FuzzGuest[]]) : undefined;
  killed?.process.kill('SIGKILL');
  for (const guest of guests) if (guest !== killed && !guest.wait()) throw new Error(`seed ${seed}: a guest hangs`);
  await killed?.process.exit;
  try {
    if (killed === undefined) {
      await checkNames(guests, attempts, top);
      await checkLog(guests, attempts, top);
    }
    expect((await machine.fs.stat(`${top}/linked`)).nlink).toBe(1 + (await countLinks(top)));
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
  await Promise.all(guests.map((guest) => (guest === killed ? undefined : guest.close())));
  await machine.fs.rm(top, { recursive: true });
}

/** Opens the log to append to, and lays out names and records. */
function prepare(guest: FuzzGuest, index: number): void {
  for (let name = 0; name < NAMES; name++) text(guest, `name-${name}`, name);
  text(guest, 'log', NAMES);
  text(guest, 'linked', NAMES + 1);
  const [at, length] = address(NAMES, 'log');
  const open = ['path_open', DIRECTORY, 0, at, length, 0, ALL_RIGHTS, 0n, FDFLAGS.APPEND, RESULT] as const;
  expect(guest.call({ name: open[0], args: open.slice(1) as number[] })).toBe('OK');
  for (let call = 0; call < SLOTS; call++) {
    text(guest, `link-${index}-${call}`, 100 + call);
    const record = new Uint8Array(RECORD).fill(32);
    record.set(new TextEncoder().encode(`${index} ${call}`));
    record[RECORD - 1] = 10;
    guest.bytes.set(record, RECORDS + RECORD * call);
    // Two buffers: a record is whole though its parts are not written at once.
    const iovecs = new Uint32Array([RECORDS + RECORD * call, 20, RECORDS + RECORD * call + 20, RECORD - 20]);
    guest.bytes.set(new Uint8Array(iovecs.buffer), iovecAt(call));
  }
}

function iovecAt(call: number): number {
  return IOVEC + 16_384 + 16 * call;
}

function address(index: number, name: string): [number, number] {
  return [TEXTS + 32 * index, name.length];
}

function text(guest: FuzzGuest, name: string, index: number): void {
  guest.bytes.set(new TextEncoder().encode(name), TEXTS + 32 * index);
}

function attempt(random: SeededRandom, index: number, call: number): Attempt {
  const [one, other] = [random.below(NAMES), random.below(NAMES)];
  const [name, otherName] = [`name-${one}`, `name-${other}`];
  const path = address(one, name);
  const linked = address(NAMES + 1, 'linked');
  const act = (call: string, ...args: (number | bigint)[]): Operation => ({ name: call, args });
  switch (random.below(7)) {
    case 0:
    case 1: {
      const oflags = OFLAGS.CREAT | OFLAGS.EXCL;
      return { operation: act('path_open', DIRECTORY, 0, ...path, oflags, ALL_RIGHTS, 0n, 0, RESULT), makes: name };
    }
    case 2:
      return { operation: act('path_unlink_file', DIRECTORY, ...path), removes: name };
    case 3:
      return { operation: act('path_link', DIRECTORY, 0, ...linked, DIRECTORY, ...path), makes: name };
    case 4: {
      const link = address(100 + call, `link-${index}-${call}`);
      // The name is this call's own: it is made whenever the other is there to be taken.
      return { operation: act('path_rename', DIRECTORY, ...path, DIRECTORY, ...link), removes: name };
    }
    case 5:
      if (random.oneIn(2)) return { operation: act('path_symlink', ...linked, DIRECTORY, ...path), makes: name };
      return {
        operation: act('path_link', DIRECTORY, 0, ...path, DIRECTORY, ...address(other, otherName)),
        makes: otherName,
      };
    default:
      return { operation: act('fd_write', LOG, iovecAt(call), 2, RESULT) };
  }
}

/** For each name: it was made as often as it was removed, and once more if it is there. */
async function checkNames(guests: readonly FuzzGuest[], attempts: readonly Attempt[][], top: string): Promise<void> {
  const there = new Map<string, number>();
  for (const [i, guest] of guests.entries()) {
    for (const [call, { makes, removes }] of (attempts[i] as Attempt[]).entries()) {
      if (guest.result(SLOTS - call) !== 'OK') continue;
      if (makes !== undefined) there.set(makes, (there.get(makes) ?? 0) + 1);
      if (removes !== undefined) there.set(removes, (there.get(removes) ?? 0) - 1);
    }
  }
  const listed = new Set(await machine.fs.readdir(top));
  for (let name = 0; name < NAMES; name++) {
    const count = there.get(`name-${name}`) ?? 0;
    expect([name, count]).toEqual([name, listed.has(`name-${name}`) ? 1 : 0]);
  }
}

/** All records that were written are there, whole, and each guest's in its order. */
async function checkLog(guests: readonly FuzzGuest[], attempts: readonly Attempt[][], top: string): Promise<void> {
  const log = await machine.fs.readFile(`${top}/log`, 'utf8');
  const records = log.match(/[^\n]*\n/g) ?? [];
  expect(records.filter((record) => record.length !== RECORD)).toEqual([]);
  for (const [i] of guests.entries()) {
    const calls = (attempts[i] as Attempt[]).flatMap(({ operation }, call) =>
      operation.name === 'fd_write' ? [call] : [],
    );
    const found = records.map((record) => record.trim().split(' ')).filter(([guest]) => Number(guest) === i);
    expect(found.map(([, call]) => Number(call))).toEqual(calls);
  }
}

/** Names of the file `linked` besides its own. */
async function countLinks(top: string): Promise<number> {
  const { ino } = await machine.fs.stat(`${top}/linked`);
  let count = 0;
  for (const name of await machine.fs.readdir(top)) {
    if (name !== 'linked' && (await machine.fs.lstat(`${top}/${name}`)).ino === ino) count++;
  }
  return count;
}
