// What is said of programs whose threads, or ranks, all wait for one another: each with where it is in its program. By the command line,
// and in Chromium. Where lines are known depends on -g alone.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Browser, missingBrowser } from '../browser/support/browser.ts';
import { distDirectory, guestDirectory } from '../support/built.ts';
import { fusedos as command } from '../support/command.ts';
import { compilePrograms } from '../support/compile-programs.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 });

const sysroot = join(distDirectory, 'sysroot');
const missing = existsSync(join(sysroot, 'include/mpi.h')) ? undefined : 'there is no sysroot with MPI';
const folder = join(guestDirectory, 'deadlock');
const [threads, ranks] = [join(folder, 'threads.wasm'), join(folder, 'ranks.wasm')];
const withLines = join(folder, 'ranks-g.wasm');
const AT = '0x[0-9a-f]+';
const CROSSED = new RegExp(
  `deadlock: thread \\d+ waits at ${AT} in take <- main, thread \\d+ waits at ${AT} in take <- take_other_first, and nobody is left to wake them`,
);
const RECEIVE =
  'deadlock: rank 0 waits in MPI_Recv for a message of rank 1, tag 7 of MPI_COMM_WORLD, in receive <- exchange <- main; ' +
  'rank 1 waits in MPI_Recv for a message of rank 0, tag 7 of MPI_COMM_WORLD, in receive <- exchange <- main; no message is on its way';

describe.skipIf(missing !== undefined)(`a hang${missing === undefined ? '' : ` (skipped, because ${missing})`}`, () => {
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    const source = 'tests/guests/deadlock/ranks.c';
    await compilePrograms(sysroot, [
      { language: 'c', source: 'tests/guests/deadlock/threads.c', args: ['-O2', '-pthread'], file: threads },
      { language: 'c', source, args: ['-O2', '-lmpi'], file: ranks },
      { language: 'c', source, args: ['-O2', '-g', '-lmpi'], file: withLines },
    ]);
  });

  test.each([
    ['crossed', CROSSED],
    [
      'unsignalled',
      new RegExp(
        `thread \\d+ waits at ${AT} in main, thread \\d+ waits at ${AT} in await_signal <- consume, and nobody`,
      ),
    ],
    ['alone', new RegExp(`thread \\d+ waits at ${AT} in await_signal <- main, and nobody is left to wake it`)],
  ])('of threads is told with the functions of all: %s', async (how, expected) => {
    const { status, stderr } = await command(['run', threads, how]);
    expect(stderr).toMatch(expected);
    expect(status).toBe(134);
  });

  test.each([
    ['receive', RECEIVE],
    [
      'roots',
      'deadlock: rank 0 waits in MPI_Bcast of MPI_COMM_WORLD for rank 1, in broadcast <- main; ' +
        'rank 1 waits in MPI_Bcast of MPI_COMM_WORLD for rank 0, in broadcast <- main; no message is on its way',
    ],
    [
      'forgotten',
      'deadlock: rank 0 waits in MPI_Wait for a message of rank 1, tag 3 of MPI_COMM_WORLD, in await_request <- main; ' +
        'rank 1 waits in MPI_Finalize of MPI_COMM_WORLD for rank 0, in main; no message is on its way',
    ],
  ])('of ranks is told with the functions of all: %s', async (how, expected) => {
    const { status, stderr } = await command(['mpirun', '-n', '2', ranks, how]);
    expect(stderr).toContain(expected);
    expect(status).toBe(134);
  });

  test('tells lines where the program has them', async () => {
    const { stderr } = await command(['mpirun', '-n', '2', withLines, 'receive']);
    const source = 'tests/guests/deadlock/ranks.c';
    const place = `in receive (${source}:12) <- exchange (${source}:17) <- main (${source}:40)`;
    expect(stderr.split(place)).toHaveLength(3); // both ranks
  });

  describe.skipIf(missingBrowser !== undefined)(`in Chromium${missingBrowser ? ` (${missingBrowser})` : ''}`, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await Browser.start();
      for (const file of [threads, ranks]) browser.site.guests.set(file.slice(folder.length + 1), readFileSync(file));
    });
    afterAll(() => browser?.close());

    test('is told with the functions of all', async () => {
      const page = await browser.open('isolated');
      const [ofThreads, ofRanks] = await page.evaluate(async () => {
        const machine = await fusedos.boot({ appCores: 2 });
        const program = (name: string): URL => new URL(`guest/${name}.wasm`, location.href);
        const alone = await machine.run(program('threads'), { args: ['crossed'], threads: 2 });
        const job = await machine.mpirun(program('ranks'), { n: 2, args: ['receive'] });
        await machine.close();
        return [alone.trap?.message, job.failure?.message];
      });
      expect(ofThreads).toMatch(CROSSED);
      expect(ofRanks).toContain(RECEIVE);
    });
  });
});
