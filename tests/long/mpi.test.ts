// MPI as people write it: the cases of tests/guests/mpi and the guest apps that communicate, in Node, over several numbers of ranks.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { Browser, missingBrowser } from '../browser/support/browser.ts';
import { distDirectory, importBuilt, root } from '../support/built.ts';
import {
  compileMpiApps,
  compileMpiPrograms,
  MPI_APP_THREADS,
  MPI_APPS,
  MPI_PROGRAMS,
  mpiProgram,
  runMpiApp,
  runMpiProgram,
} from '../support/mpi-cases.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 1_800_000 });

const RANKS = [1, 2, 3, 4, 7, 16];
/** Over all programs, with enough ranks for all. */
const LEAST_CASES = 400;
/** Ranks that by far outnumber all processors; and apps that meet and gather, with little to do. */
const MANY = { node: 256, page: 64 } as const;
const SHORT_APPS = { 'mpi-ring': ['10'], 'mpi-sort': ['1000'] } as const;

const missing = existsSync(join(distDirectory, 'sysroot/include/mpi.h')) ? undefined : 'there is no sysroot with MPI';

describe.skipIf(missing !== undefined)(`MPI${missing === undefined ? '' : ` (skipped, because ${missing})`}`, () => {
  beforeAll(() => compileMpiPrograms(MPI_PROGRAMS));

  test.each(RANKS)('is right over %i ranks', async (n) => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: n });
    const names = new Set<string>();
    const failures: string[] = [];
    for (const program of MPI_PROGRAMS) {
      const outcome = await runMpiProgram(machine, program, n);
      for (const name of outcome.right) names.add(`${program}: ${name}`);
      failures.push(...outcome.failures.map((failure) => `${program}: ${failure}`));
    }
    expect(failures).toEqual([]);
    if (n >= 4) expect(names.size).toBeGreaterThanOrEqual(LEAST_CASES);
  });

  describe('guest apps', () => {
    /** What those say that cannot do with one rank. */
    const WANT_TWO = /^(mpi-\w+): 2 ranks are wanted, there is 1\n/;

    beforeAll(compileMpiApps);

    test('stand in the catalog, all of them', () => {
      const sources = readdirSync(join(root, 'guest-apps/c')).filter((name) => name.startsWith('mpi-'));
      expect(MPI_APPS.map(({ name }) => `${name}.c`).toSorted()).toEqual(sources);
    });

    test.each([1, 2, 3, 4])('are right over %i ranks', async (n) => {
      const { boot } = await importBuilt();
      await using machine = await boot({ appCores: n * MPI_APP_THREADS });
      const politely: string[] = [];
      for (const { name } of MPI_APPS) {
        const end = await runMpiApp(machine, name, n);
        if (n === 1 && WANT_TWO.test(end)) politely.push(name);
        else expect(end).toMatch(rightEnd(name));
      }
      expect(politely).toEqual(n === 1 ? ['mpi-pingpong', 'mpi-workers'] : []);
    });

    test(`are right over ${MANY.node} ranks`, async () => {
      const { boot } = await importBuilt();
      await using machine = await boot({ appCores: MANY.node });
      for (const [name, args] of Object.entries(SHORT_APPS)) {
        expect(await runMpiApp(machine, name, MANY.node, { threads: 1, args: [...args] })).toMatch(rightEnd(name));
      }
    });

    test.skipIf(missingBrowser !== undefined)(
      `are right in Chromium${missingBrowser ? ` (skipped, because ${missingBrowser})` : ''}`,
      async () => {
        const browser = await Browser.start();
        try {
          const apps = Object.fromEntries(MPI_APPS.map(({ name }) => [name, []]));
          for (const app of Object.keys(apps)) browser.site.guests.set(`${app}.wasm`, readFileSync(mpiProgram(app)));
          const page = await browser.open('isolated');
          for (const runs of [
            { n: 2, threads: MPI_APP_THREADS, apps },
            { n: 4, threads: MPI_APP_THREADS, apps },
            { n: MANY.page, threads: 1, apps: SHORT_APPS },
          ]) {
            const ends = await page.evaluate(runApps, runs);
            for (const [app, end] of ends)
              expect([runs.n, end]).toEqual([runs.n, expect.stringMatching(rightEnd(app))]);
          }
        } finally {
          await browser.close();
        }
      },
    );
  });
});

interface AppRuns {
  readonly n: number;
  /** Of each rank. */
  readonly threads: number;
  /** By name, with their arguments. */
  readonly apps: Readonly<Record<string, readonly string[]>>;
}

function rightEnd(app: string): RegExp {
  return new RegExp(`^REPORT kernel=${app} .* check=pass [^\\n]*$`);
}

/** Runs in a page, where only what it says itself is there. @returns each one's name and last line */
async function runApps({ n, threads, apps }: AppRuns): Promise<[string, string][]> {
  const machine = await fusedos.boot({ appCores: n * threads });
  const ends: [string, string][] = [];
  for (const [app, args] of Object.entries(apps)) {
    const program = new URL(`guest/${app}.wasm`, location.href);
    const { stdout, stderr } = await machine.mpirun(program, { n, threads, args: [...args] });
    ends.push([app, `${stdout.text().trimEnd().split('\n').at(-1)}${stderr.text()}`]);
  }
  await machine.close();
  return ends;
}
