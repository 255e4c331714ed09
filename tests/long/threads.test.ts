// Threads and OpenMP as people write them: the cases of tests/guests/pthread and tests/guests/openmp, on this Node, on others
// (FUSEDOS_NODES: their paths, with colons), and in Chromium.

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readStamp } from '../../runtime/toolchain/linux-sysroot.ts';
import { Browser, missingBrowser } from '../browser/support/browser.ts';
import { distDirectory, guestDirectory, root } from '../support/built.ts';
import { compilePrograms, type ProgramSource } from '../support/compile-programs.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 1_800_000 });

interface Run {
  readonly source: string;
  readonly args: readonly string[];
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

declare global {
  /** tests/support/thread-cases.mjs, in a page. */
  var threadCases: {
    runProgram(machine: unknown, bytes: ArrayBuffer, env: Run['env']): Promise<Omit<Outcome, 'file'>>;
    THREADS: number;
  };
}

interface Outcome {
  readonly file: string;
  readonly count: number;
  readonly failures: readonly unknown[];
}

const LEAST_CASES = { pthread: 200, openmp: 120 };
const UNOPTIMISED = new Set(['create.c', 'conditions.c']);
/** Once as a program finds them that sets nothing, once with all that can be set. */
const OPENMP_ENVIRONMENTS = [
  { OMP_NUM_THREADS: '2' },
  {
    OMP_NUM_THREADS: '3',
    OMP_SCHEDULE: 'dynamic,3',
    OMP_DYNAMIC: 'false',
    OMP_MAX_ACTIVE_LEVELS: '3',
    OMP_CANCELLATION: 'true',
    OMP_MAX_TASK_PRIORITY: '7',
    OMP_PROC_BIND: 'false',
    OMP_THREAD_LIMIT: '5',
    OMP_WAIT_POLICY: 'passive',
  },
];
const NODES = [process.execPath, ...(process.env['FUSEDOS_NODES'] ?? '').split(':').filter((path) => path !== '')];

const sysroot = join(distDirectory, 'sysroot');
const missing = readStamp(sysroot) === undefined ? 'there is no sysroot: npm run sysroot' : undefined;
const folder = join(guestDirectory, 'threads');
const script = fileURLToPath(new URL('../support/thread-cases.mjs', import.meta.url));

const RUNS = {
  pthread: runsOf('pthread', ['-pthread'], [{}]),
  openmp: runsOf('openmp', ['-fopenmp'], OPENMP_ENVIRONMENTS),
};
const GROUPS = ['pthread', 'openmp'] as const;

function runsOf(group: string, args: readonly string[], environments: readonly Run['env'][]): Run[] {
  const sources = readdirSync(join(root, 'tests/guests', group)).filter((name) => /\.(c|cpp)$/.test(name));
  return sources.flatMap((name) =>
    (UNOPTIMISED.has(name) ? ['-O2', '-O0'] : ['-O2']).flatMap((level) =>
      environments.map((env) => ({
        source: `tests/guests/${group}/${name}`,
        args: [level, ...args],
        file: join(folder, `${group}-${basename(name, extname(name))}${level}.wasm`),
        env,
      })),
    ),
  );
}

async function compileAll(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const programs = new Map([...RUNS.pthread, ...RUNS.openmp].map((run) => [run.file, programOf(run)]));
  await compilePrograms(sysroot, [...programs.values()]);
}

function programOf({ source, args, file }: Run): ProgramSource {
  const isCxx = source.endsWith('.cpp');
  const options = isCxx ? ['-std=c++20', '-D_LIBCPP_ENABLE_EXPERIMENTAL'] : ['-D_GNU_SOURCE'];
  return { language: isCxx ? 'c++' : 'c', source, args: [...options, ...args], file };
}

async function runOnNode(node: string, runs: readonly Run[]): Promise<Outcome[]> {
  const child = spawn(node, [script, distDirectory], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(runs.map(({ file, env }) => ({ file, env }))));
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Outcome[];
}

function expectAllRight(outcomes: readonly Outcome[], least: number): void {
  expect(outcomes.filter(({ failures }) => failures.length > 0)).toEqual([]);
  expect(outcomes.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThanOrEqual(least);
}

describe.skipIf(missing !== undefined)(
  `threads${missing === undefined ? '' : ` (skipped, because ${missing})`}`,
  () => {
    beforeAll(compileAll);

    const onNodes = NODES.flatMap((node) => GROUPS.map((group) => ({ node, group })));
    test.each(onNodes)('$group is right on $node', async ({ node, group }) => {
      expectAllRight(await runOnNode(node, RUNS[group]), LEAST_CASES[group]);
    });

    describe.skipIf(missingBrowser !== undefined)(`in Chromium${missingBrowser ? ` (${missingBrowser})` : ''}`, () => {
      let browser: Browser;
      let page: Page;

      beforeAll(async () => {
        browser = await Browser.start();
        page = await browser.open('isolated');
        // As text: vitest would rewrite an import.
        const source = JSON.stringify(readFileSync(script, 'utf8'));
        const url = `URL.createObjectURL(new Blob([${source}], { type: 'text/javascript' }))`;
        await page.evaluate(`import(${url}).then((module) => { globalThis.threadCases = module; })`);
      });
      afterAll(() => browser?.close());

      test.each(GROUPS)('%s is right', async (group) => {
        const runs = RUNS[group].map(({ file, env }) => ({ file: basename(file), env }));
        for (const { file } of RUNS[group]) browser.site.guests.set(basename(file), readFileSync(file));
        const outcomes = await page.evaluate(async (runs) => {
          const { runProgram, THREADS } = threadCases;
          const machine = await fusedos.boot({ appCores: THREADS });
          const outcomes: Outcome[] = [];
          for (const { file, env } of runs) {
            const bytes = await (await fetch(`guest/${file}`, { cache: 'no-store' })).arrayBuffer();
            outcomes.push({ file, ...(await runProgram(machine, bytes, env)) });
          }
          await machine.close();
          return outcomes;
        }, runs);
        expectAllRight(outcomes, LEAST_CASES[group]);
      });
    });
  },
);
