// The runner of conformance suites as a process, on a suite made here: the public one is not part of this repository.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBrowser } from '../browser/support/browser.ts';
import { guestPath, root } from '../support/built.ts';
import { type Finished, finished } from '../support/command.ts';
import { buildModule, concat, i32Const } from '../support/module-builder.ts';

const checkout = mkdtempSync(join(tmpdir(), 'fusedos-suite-'));
/** Where the runner puts its copies. */
const scratch = mkdtempSync(join(tmpdir(), 'fusedos-scratch-'));
const OLDER = join(checkout, 'tests/c/wasm32-wasip1');
const NEWER = join(checkout, 'tests/c/wasm32-wasip3');
const THREADS = join(checkout, 'tests/proposals/wasi-threads');
const PROPOSAL = join(checkout, 'tests/proposals/wasi-other');
/** For tests that run the suite on several machines. */
const LONG_MS = 120_000;
const COMPONENT = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);

beforeAll(() => {
  mkdirSync(join(OLDER, 'given.dir'), { recursive: true });
  mkdirSync(NEWER);
  mkdirSync(THREADS, { recursive: true });
  mkdirSync(PROPOSAL);
  writeFileSync(join(OLDER, 'manifest.json'), '{"name": "Older"}');
  writeFileSync(join(OLDER, 'given.dir/file'), 'given text');
  writeFileSync(join(OLDER, 'given.dir/left.cleanup'), '');
  addTest('ends', 'status', { args: ['3'], exit_code: 3 });
  addTest('fails', 'status', { args: ['3'] });
  addTest('lacks-directory', 'status', { dirs: ['absent'] });
  addTest('reads', 'files', { dirs: ['given.dir'], args: ['read', 'given.dir/file'], stdout: 'given' });
  addTest('reads-leftover', 'files', { dirs: ['given.dir'], args: ['read', 'given.dir/left.cleanup'], exit_code: 1 });
  addTest('reads-other', 'files', { dirs: ['given.dir'], args: ['read', 'given.dir/file'], stdout: 'other' });
  addTest('reads-root', 'files', { root: 'given.dir', args: ['read', '/file'], stdout: 'given text' });
  addTest('writes', 'files', { dirs: ['given.dir'], args: ['write', 'given.dir/new', 'x'] });
  addTest('connects', 'status', { operations: [{ type: 'run' }, { type: 'connect' }, { type: 'wait' }] });
  for (const folder of [OLDER, NEWER]) writeFileSync(join(folder, `component-in-${basename(folder)}.wasm`), COMPONENT);
  copyFileSync(guestPath('status'), join(PROPOSAL, 'other.wasm'));
  writeFileSync(join(THREADS, 'threads.wasm'), readsInThread());
  writeFileSync(join(THREADS, 'threads.json'), '{"exit_code": 99}');
});
afterAll(() => {
  for (const folder of [checkout, scratch]) rmSync(folder, { recursive: true });
});

/** Exits with 99 while a thread reads from descriptor 0, and is right only if that blocks. */
function readsInThread(): Uint8Array {
  const [spawn, read, exit] = [0, 1, 2];
  const store = (address: number, value: number): Uint8Array =>
    concat(i32Const(address), i32Const(value), [0xfe, 0x17, 2, 0]);
  return buildModule({
    types: [
      { params: ['i32'], results: ['i32'] },
      { params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
      { params: ['i32'] },
      { params: ['i32', 'i32'] },
      {},
    ],
    imports: [
      { module: 'wasi', name: 'thread-spawn', func: 0 },
      { module: 'wasi_snapshot_preview1', name: 'fd_read', func: 1 },
      { module: 'wasi_snapshot_preview1', name: 'proc_exit', func: 2 },
    ],
    memories: [{ initial: 1, maximum: 1, shared: true }],
    functions: [
      {
        type: 3,
        body: concat(
          ...[store(100, 200), store(104, 1), store(0, 1)],
          ...[i32Const(0), i32Const(1), [0xfe, 0x00, 2, 0, 0x1a]], // memory.atomic.notify
          ...[i32Const(0), i32Const(100), i32Const(1), i32Const(300), [0x10, read, 0x1a, 0x00]],
        ),
      },
      {
        type: 4,
        body: concat(
          ...[i32Const(0), [0x10, spawn], i32Const(0), [0x4c, 0x04, 0x40, 0x00, 0x0b]], // traps unless above 0
          ...[i32Const(0), i32Const(0), [0x42, 0x7f, 0xfe, 0x01, 2, 0, 0x1a]], // memory.atomic.wait32
          ...[i32Const(99), [0x10, exit]],
        ),
      },
    ],
    exports: [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: 'wasi_thread_start', kind: 'func', index: 3 },
      { name: '_start', kind: 'func', index: 4 },
    ],
  });
}

function addTest(name: string, guest: string, specification: object): void {
  copyFileSync(guestPath(guest), join(OLDER, `${name}.wasm`));
  writeFileSync(join(OLDER, `${name}.json`), JSON.stringify(specification));
}

function run(...args: readonly string[]): Promise<Finished> {
  const runner = join(root, 'tests/conformance/run.mjs');
  return finished(spawn(process.execPath, [runner, ...args], { env: { ...process.env, TMPDIR: scratch } }));
}

const OUTCOMES = {
  'component-in-wasm32-wasip1': 'skipped: is a component',
  'component-in-wasm32-wasip3': 'skipped: is written for wasm32-wasip3, not for preview 1',
  connects: 'skipped: needs the operation connect',
  ends: 'passed',
  fails: 'failed: its exit status is 3, not 0',
  'lacks-directory': 'failed: its specification cannot be used: its directory absent is missing',
  reads: 'passed',
  'reads-leftover': 'passed',
  'reads-other': 'failed: stdout does not begin with "other"; stdout: "given text"',
  'reads-root': 'passed',
  other: 'skipped: belongs to the proposal wasi-other',
  threads: 'passed',
  writes: 'passed',
};

/** Under the placement `library`. */
const OUTCOMES_OF_ONE = { ...OUTCOMES, threads: 'skipped: needs threads, of which a program has one there' };

interface Told {
  readonly scores: readonly {
    readonly host: string;
    readonly results: readonly { readonly name: string; readonly outcome: string; readonly reason?: string }[];
  }[];
}

function outcomesOf(stdout: string): Record<string, Record<string, string>> {
  const { scores } = JSON.parse(stdout) as Told;
  const told = scores.map(({ host, results }) => {
    const outcomes = results.map(({ name, outcome, reason }) => [name, [outcome, reason].filter(Boolean).join(': ')]);
    return [host, Object.fromEntries(outcomes)] as const;
  });
  return Object.fromEntries(told);
}

describe('wasi-testsuite', () => {
  test('tells what failed and counts, status 1', async () => {
    const { status, stdout, stderr } = await run('wasi-testsuite', checkout, '--placement', 'cnk');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'failed   Node, cnk  Older  fails: its exit status is 3, not 0',
      'failed   Node, cnk  Older  lacks-directory: its specification cannot be used: its directory absent is missing',
      'failed   Node, cnk  Older  reads-other: stdout does not begin with "other"; stdout: "given text"',
      'Node, cnk: 6 passed, 3 failed, 4 skipped',
      '',
    ]);
  });

  test('gives the same in every placement, with files in memory or from the host’s disk', {
    timeout: LONG_MS,
  }, async () => {
    const inMemory = await run('wasi-testsuite', checkout, '--json', '--placement', 'linux', '--placement', 'cnk');
    expect(outcomesOf(inMemory.stdout)).toEqual({ 'Node, cnk': OUTCOMES, 'Node, linux': OUTCOMES });
    const onDisk = await run('wasi-testsuite', checkout, '--json', '--host-dirs');
    expect(outcomesOf(onDisk.stdout)).toEqual({
      'Node, cnk, host directories': OUTCOMES,
      'Node, linux, host directories': OUTCOMES,
      'Node, library, host directories': OUTCOMES_OF_ONE,
    });
  });

  test.skipIf(missingBrowser !== undefined)(
    `and in a page${missingBrowser ? ` (skipped, because ${missingBrowser})` : ''}`,
    { timeout: LONG_MS },
    async () => {
      const { stdout } = await run('wasi-testsuite', checkout, '--json', '--browser');
      expect(outcomesOf(stdout)).toMatchObject({
        'Chromium, cnk': OUTCOMES,
        'Chromium, linux': OUTCOMES,
        'Chromium, library, no shared memory': OUTCOMES_OF_ONE,
      });
    },
  );

  test('changes nothing in the checkout, and leaves nothing behind', async () => {
    await run('wasi-testsuite', checkout, '--host-dirs', '--filter', 'writes');
    expect(readdirSync(join(OLDER, 'given.dir'))).toEqual(['file', 'left.cleanup']);
    expect(readFileSync(join(OLDER, 'given.dir/file'), 'utf8')).toBe('given text');
    expect(readdirSync(scratch)).toEqual([]);
  });

  test('runs those that a pattern names, status 0 when they pass', async () => {
    const { status, stdout } = await run(
      ...['wasi-testsuite', checkout, '--placement', 'cnk', '--verbose', '--filter', 'tests/c/*p?/reads-r*'],
    );
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'passed   Node, cnk  Older  reads-root\nNode, cnk: 1 passed, 0 failed, 0 skipped\n',
    });
  });

  test.each([
    [[], /^npm run conformance -- SUITE DIR/],
    [['other-suite', checkout], /^npm run conformance/],
    [['wasi-testsuite', join(checkout, 'absent')], /^there is no directory .*absent\n$/],
    [['wasi-testsuite', checkout, '--placement', 'moon'], /^there is no placement moon: cnk, fused, linux, library\n$/],
    [['wasi-testsuite', checkout, '--filter', 'nothing'], /^no compiled test/],
    [['wasi-testsuite', checkout, '--filter', '*', '--write'], /^--write is for the whole suite/],
    [['wasi-testsuite', checkout, '--repeat', '2', '--write'], /^--write is for the whole suite, once/],
    [['wasi-testsuite', checkout, '--repeat', '0'], /^--repeat: 0 is no count/],
    [['wasi-testsuite', checkout, '--unknown'], /--unknown/],
  ])('%j is status 2, with the reason', async (args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
