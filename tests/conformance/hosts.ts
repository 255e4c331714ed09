// Where tests run: machines in this process, and machines in a page of headless Chromium. A host has one way to give a test
// its directories: copied into the machine's own tree, or as host directories that are mounted.

import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Machine } from '../../runtime/index.ts';
import { Browser, missingBrowser } from '../browser/support/browser.ts';
import { importBuilt, root } from '../support/built.ts';
import { execute, executeWithTrees, type Placement, type Start, type Tree } from './execute.ts';
import { readTree, type Test } from './suite.ts';

export interface Host {
  /** For the report: where, which placement, how a test is given its directories. */
  readonly title: string;
  /** Why a test is not run there. */
  skips(test: Test): string | undefined;
  /** @returns why it failed, or undefined. Only for a test that is to be run. */
  run(test: Test): Promise<string | undefined>;
  close(): Promise<void>;
}

declare global {
  /** In the page: this machine, and the module execute.ts. */
  var conformance: { readonly machine: Machine } & typeof import('./execute.ts');
}

/** A program and its threads. */
const CORES = { appCores: 4, linuxProcesses: 4 } as const;
const ONE_CORE = { appCores: 1, linuxProcesses: 1 } as const;

/** Machines in this process. @param mountsHost whether tests are given mounted host directories */
export async function nodeHost(placement: Placement, mountsHost: boolean): Promise<Host> {
  const { boot } = await importBuilt();
  // A private Linux has its own tree: mounted directories are all that it can be given.
  if (mountsHost || placement === 'library') {
    return {
      title: `Node, ${placement}, host directories`,
      skips: (test) => skipUnder(placement, test),
      run: (test) => eachRun(test, (start) => runMounted(boot, test, start), placement),
      close: async () => {},
    };
  }
  const machine = await boot(CORES);
  return {
    title: `Node, ${placement}`,
    skips: (test) => skipUnder(placement, test),
    run: (test) => {
      const program = new Uint8Array(readFileSync(test.module));
      return eachRun(test, (start) => executeWithTrees(machine, program, start, treesOf(test, start)), placement);
    },
    close: () => machine.close(),
  };
}

function skipUnder(placement: Placement, { needsThreads }: Test): string | undefined {
  return needsThreads && placement === 'library' ? 'needs threads, of which a program has one there' : undefined;
}

/** A browser, or why there is none. */
export async function chromium(): Promise<{ readonly missing: string } | { readonly browser: Browser }> {
  return missingBrowser === undefined ? { browser: await Browser.start() } : { missing: missingBrowser };
}

/** A machine in a page of its own. */
export async function browserHost(browser: Browser, placement: Placement): Promise<Host> {
  // Without shared memory each guest has a private Linux, to which the machine's files go: the only one here, since a page
  // has no host directories.
  const isShared = placement !== 'library';
  const { guests } = browser.site;
  guests.set('conformance.js', readFileSync(join(root, 'build/conformance/execute.mjs')));
  const page = await browser.open('isolated');
  await openMachine(page, isShared);
  return {
    title: `Chromium, ${placement}${isShared ? '' : ', no shared memory'}`,
    skips: (test) => skipUnder(placement, test),
    run: (test) => {
      guests.set('test.wasm', readFileSync(test.module));
      return eachRun(test, (start) => runInPage(page, start, treesOf(test, start)), placement);
    },
    close: async () => {
      await page.evaluate(() => conformance.machine.close());
      await page.close();
    },
  };
}

async function openMachine(page: Page, isShared: boolean): Promise<void> {
  await page.evaluate(
    async ({ cores, isShared, address }) => {
      const module = (await import(address)) as typeof import('./execute.ts');
      const machine = await fusedos.boot({ ...cores, ...(isShared ? {} : { sharedMemory: false }) });
      globalThis.conformance = { ...module, machine };
    },
    { cores: CORES, isShared, address: './guest/conformance.js' },
  );
}

function runInPage(page: Page, start: Start, trees: readonly Tree[]): Promise<string | undefined> {
  return page.evaluate(
    async ({ start, trees }) => {
      const program = new Uint8Array(await (await fetch('guest/test.wasm', { cache: 'no-store' })).arrayBuffer());
      return conformance.executeWithTrees(conformance.machine, program, start, trees);
    },
    { start, trees },
  );
}

/** Runs a test's program as often as it says; the first failure ends it. */
async function eachRun(
  { name, specification }: Test,
  run: (start: Start) => Promise<string | undefined>,
  placement: Placement,
): Promise<string | undefined> {
  if (!('runs' in specification)) throw new RangeError(`${name} is not to be run`);
  for (const each of specification.runs) {
    const places = each.directories.map((_, i) => `/test-directory-${i}`);
    const failure = await run({ name, placement, run: each, places });
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function treesOf({ module }: Test, { run, places }: Start): Tree[] {
  return run.directories.map(({ path }, i) => ({
    place: places[i] ?? '',
    entries: readTree(join(dirname(module), path)),
  }));
}

/** On a machine of its own: mounts are the machine's. */
async function runMounted(
  boot: typeof import('../../runtime/index.ts').boot,
  { module, needsThreads }: Test,
  start: Start,
): Promise<string | undefined> {
  const scratch = mkdtempSync(join(tmpdir(), 'fusedos-conformance-'));
  try {
    const mounts: Record<string, string> = {};
    for (const [i, { path }] of start.run.directories.entries()) {
      const copy = join(scratch, String(i));
      cpSync(join(dirname(module), path), copy, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !source.endsWith('.cleanup'),
      });
      mounts[start.places[i] ?? ''] = copy;
    }
    const machine = await boot({ ...(needsThreads ? CORES : ONE_CORE), mounts });
    try {
      return await execute(machine, new Uint8Array(readFileSync(module)), start);
    } finally {
      await machine.close();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
