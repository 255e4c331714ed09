// SQLite, compiled by `fusedos cc`, on our files: what it stores and finds, and that nothing committed is lost, and nothing
// uncommitted stays, when its process is killed, dies in the middle of a write, or finds the disk full.
// A kill ends a program, not a machine: what was written before it stays written. See: tests/guests/sqlite/main.c.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Machine, Placement, Program, RunResult } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../support/seeded-random.ts';

const { boot } = await importBuilt();

const JOURNAL_MODES = ['delete', 'truncate', 'persist', 'memory', 'wal'] as const;
/** Those that survive the end of the process: a journal in memory does not. */
const DURABLE_MODES = ['delete', 'truncate', 'persist', 'wal'] as const;
const ROUNDS = 50;
/** More transactions than any program lives for. */
const ENDLESS = '1000000';

let machine: Machine;
let sqlite: Program;
let hostDirectory: string;
beforeAll(async () => {
  hostDirectory = mkdtempSync(join(tmpdir(), 'fusedos-sqlite-'));
  machine = await boot({ appCores: 3, linuxProcesses: 3, mounts: { '/host': hostDirectory } });
  sqlite = await machine.compile(guestPath('sqlite'));
});
afterAll(async () => {
  await machine.close();
  rmSync(hostDirectory, { recursive: true, force: true });
});

interface Where {
  readonly placement: Placement;
  /** In the machine's tree. */
  readonly directory: string;
}

// A program with a private Linux shares no other files with the next one than those of the host.
const PLACES: readonly Where[] = [
  { placement: 'cnk', directory: '/tree-cnk' },
  { placement: 'linux', directory: '/tree-linux' },
  { placement: 'cnk', directory: '/host/cnk' },
  { placement: 'linux', directory: '/host/linux' },
  { placement: 'library', directory: '/host/library' },
];

describe.each(PLACES)('under $placement, in $directory', ({ placement, directory }) => {
  beforeAll(async () => {
    await machine.fs.mkdir(directory, { recursive: true });
  });

  const run = (...args: string[]): Promise<RunResult> => machine.run(sqlite, { args, placement });

  test('20,000 rows of one transaction and 500 of their own are found, sorted and vacuumed', async () => {
    const database = `${directory}/items.db`;
    await expectSuccess(run('load', database));
    await expectSuccess(run('verify', database));
    const sorted = await expectSuccess(run('sort', database));
    // It only reads: what it wrote, it wrote into temporary files.
    const { local = 0, shipped = 0 } = sorted.counts['fd_pwrite'] ?? {};
    expect(local + shipped).toBeGreaterThan(100);
    await expectSuccess(run('vacuum', database));
    expect(await machine.fs.readdir(directory)).toEqual(['items.db']);
    expect(await machine.fs.readdir('/tmp')).toEqual([]);
  });

  test.each(JOURNAL_MODES)('journal mode %s', async (mode) => {
    await expectSuccess(run('journal', `${directory}/journal-${mode}.db`, mode));
  });

  test('killed from outside at 50 points, it keeps what was committed and nothing else', async () => {
    await crashAgainAndAgain(`${directory}/killed`, placement, async (database, mode, random) => {
      // Later than said by as many calls as the program makes until their lines arrive.
      const calls = 1 + random.below(1000);
      const controller = new AbortController();
      let seen = 0;
      return await machine.run(sqlite, {
        args: ['ledger', database, mode, ENDLESS],
        placement,
        signal: controller.signal,
        trace: () => {
          if (++seen === calls) controller.abort();
        },
      });
    });
  });

  test('dead in the middle of a write at 50 points, it keeps what was committed and nothing else', async () => {
    const recoveries = await crashAgainAndAgain(`${directory}/torn`, placement, (database, mode, random) =>
      run('ledger', database, mode, ENDLESS, `${1 + random.below(400)}`),
    );
    expect(Math.min(...recoveries.values())).toBeGreaterThan(0);
  });
});

type Crash = (database: string, mode: string, random: SeededRandom) => Promise<RunResult>;

/**
 * Lets ledgers' programs die again and again, one ledger for each journal mode, and looks after each death what a new process
 * finds.
 *
 * @returns for each mode, how often that one had a journal to recover from
 */
async function crashAgainAndAgain(prefix: string, placement: Placement, crash: Crash): Promise<Map<string, number>> {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const committed = new Map<string, number>();
  const recoveries = new Map<string, number>(DURABLE_MODES.map((mode) => [mode, 0]));
  for (let round = 0; round < ROUNDS; round++) {
    const mode = DURABLE_MODES[round % DURABLE_MODES.length] ?? 'delete';
    const database = `${prefix}-${mode}.db`;
    try {
      const { signal, stdout } = await crash(database, mode, random);
      expect(signal).toBe('SIGKILL');
      const told = Number(stdout.lines().at(-1) ?? committed.get(mode) ?? 0);
      const check = await machine.run(sqlite, { args: ['check', database, mode], placement });
      expect(check.stderr.text()).toBe('');
      const [, last, recovered] = /^(\d+)( recovered)?\n$/.exec(check.stdout.text()) ?? [];
      // It may have died after a transaction and before it told.
      expect([told, told + 1]).toContain(Number(last));
      committed.set(mode, Number(last));
      if (recovered !== undefined) recoveries.set(mode, (recoveries.get(mode) ?? 0) + 1);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}, mode ${mode}`, { cause: error });
    }
  }
  return recoveries;
}

describe.each(['delete', 'wal'])('a disk that is full in mid-transaction, mode %s', (mode) => {
  test('is SQLITE_FULL; all that was committed stays, and it goes on when there is room', async () => {
    await using small = await boot({ appCores: 1, linuxProcesses: 0, storage: 4 << 20 });
    const program = await small.compile(guestPath('sqlite'));
    const run = async (...args: string[]) => (await expectSuccess(small.run(program, { args }))).stdout.lines();
    await small.fs.writeFile('/ballast', new Uint8Array(3 << 20));
    const [committed] = await run('fill', '/full.db', mode);
    expect(Number(committed)).toBeGreaterThan(0);
    expect((await run('check', '/full.db', mode))[0]).toMatch(new RegExp(`^${committed}( recovered)?$`));
    await small.fs.rm('/ballast');
    expect((await run('ledger', '/full.db', mode, '10')).at(-1)).toBe(`${Number(committed) + 10}`);
    expect((await run('check', '/full.db', mode))[0]).toBe(`${Number(committed) + 10}`);
  });
});

test.each([
  ['cnk', '/counter.db'],
  ['linux', '/counter-linux.db'],
  ['library', '/host/counter.db'],
] as const)(
  'three processes at once under %s, kept apart by lock files, lose no update',
  async (placement, database) => {
    const args = ['increment', database, '40'];
    const counts = await Promise.all(
      [1, 2, 3].map(async () => Number((await expectSuccess(machine.run(sqlite, { args, placement }))).stdout.text())),
    );
    expect(Math.max(...counts)).toBe(120);
  },
);

describe('SQLite’s own shell', () => {
  const shell = async (database: string, stdin: string): Promise<string> => {
    const options = { args: ['-batch', '-bail', database], env: { HOME: '/' }, stdin };
    return (await expectSuccess(machine.run(guestPath('sqlite3'), options))).stdout.text();
  };

  test('dumps a database whose copy dumps the same', async () => {
    const dump = await shell(
      '/shell.db',
      [
        'CREATE TABLE film (title TEXT PRIMARY KEY, year INTEGER, poster BLOB);',
        "INSERT INTO film VALUES ('Metropolis', 1927, x'00ff'), ('Ansiktet', 1958, NULL), ('It''s a “”', -1, zeroblob(3));",
        'CREATE INDEX by_year ON film (year);',
        '.dump',
      ].join('\n'),
    );
    expect(dump.split('\n')).toContain(`INSERT INTO film VALUES('Metropolis',1927,X'00ff');`);
    await shell('/copy.db', dump);
    expect(await shell('/copy.db', '.dump')).toBe(dump);
  });

  test('says where an error is', async () => {
    const result = await machine.run(guestPath('sqlite3'), {
      args: ['-batch', '-bail', ':memory:', 'SELECT 1; SELEC 2'],
      env: { HOME: '/' },
    });
    expect(result).toMatchObject({ exitCode: 1 });
    expect(result.stdout.text()).toBe('1\n');
    expect(result.stderr.text()).toContain('near "SELEC": syntax error');
  });
});

/** Of node:sqlite, which Node 20 and its types do not have. */
interface NativeDatabase {
  prepare(sql: string): { get(): unknown };
  exec(sql: string): void;
  close(): void;
}
const native = process.getBuiltinModule('node:sqlite') as
  | { readonly DatabaseSync: new (path: string) => NativeDatabase }
  | undefined;
const reason = native === undefined ? ' (skipped, because this Node has no node:sqlite)' : '';

function openNative(path: string): NativeDatabase {
  if (native === undefined) throw new Error('no node:sqlite');
  return new native.DatabaseSync(path);
}

test.skipIf(native === undefined)(`Node’s own SQLite reads what ours wrote, and the other way${reason}`, async () => {
  mkdirSync(join(hostDirectory, 'native'), { recursive: true });
  onTestFinished(() => rmSync(join(hostDirectory, 'native'), { recursive: true }));
  await expectSuccess(machine.run(sqlite, { args: ['ledger', '/host/native/ledger.db', 'delete', '30'] }));
  const database = openNative(join(hostDirectory, 'native/ledger.db'));
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(database.prepare('SELECT max(transfer) AS last, count(*) AS moves FROM move').get()).toEqual({
    last: 30,
    moves: 600,
  });
  database.exec('DELETE FROM move WHERE transfer < 0; REINDEX; VACUUM');
  database.close();
  const check = await expectSuccess(
    machine.run(sqlite, { args: ['check', '/host/native/ledger.db', 'delete'], placement: 'linux' }),
  );
  expect(check.stdout.text()).toBe('30\n');
  expect(readdirSync(join(hostDirectory, 'native'))).toEqual(['ledger.db']);
});

/** What the program says of a failure is in the test's. */
async function expectSuccess(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  expect({ exitCode: result.exitCode, stderr: result.stderr.text() }).toEqual({ exitCode: 0, stderr: '' });
  return result;
}
