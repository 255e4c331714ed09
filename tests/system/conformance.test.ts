// The runner of conformance suites as a process, on a suite made here: the public one is not part of this repository.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingBrowser } from '../browser/support/browser.ts';
import { guestPath, root } from '../support/built.ts';
import { type Finished, finished } from '../support/command.ts';

const checkout = mkdtempSync(join(tmpdir(), 'fusedos-suite-'));
/** Where the runner puts its copies. */
const scratch = mkdtempSync(join(tmpdir(), 'fusedos-scratch-'));
const OLDER = join(checkout, 'tests/c/wasm32-wasip1');
const NEWER = join(checkout, 'tests/c/wasm32-wasip3');
const PROPOSAL = join(checkout, 'tests/proposals/wasi-threads');
const COMPONENT = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0);

beforeAll(() => {
  mkdirSync(join(OLDER, 'given.dir'), { recursive: true });
  mkdirSync(NEWER);
  mkdirSync(PROPOSAL, { recursive: true });
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
  copyFileSync(guestPath('status'), join(PROPOSAL, 'threads.wasm'));
});
afterAll(() => {
  for (const folder of [checkout, scratch]) rmSync(folder, { recursive: true });
});

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
  threads: 'skipped: belongs to the proposal wasi-threads',
  writes: 'passed',
};

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
      'Node, cnk: 5 passed, 3 failed, 4 skipped',
      '',
    ]);
  });

  test('gives the same in every placement, with files in memory or from the host’s disk', async () => {
    const inMemory = await run('wasi-testsuite', checkout, '--json', '--placement', 'linux', '--placement', 'cnk');
    expect(outcomesOf(inMemory.stdout)).toEqual({ 'Node, cnk': OUTCOMES, 'Node, linux': OUTCOMES });
    const onDisk = await run('wasi-testsuite', checkout, '--json', '--host-dirs');
    expect(outcomesOf(onDisk.stdout)).toEqual({
      'Node, cnk, host directories': OUTCOMES,
      'Node, linux, host directories': OUTCOMES,
      'Node, library, host directories': OUTCOMES,
    });
  });

  test.skipIf(missingBrowser !== undefined)(
    `and in a page${missingBrowser ? ` (skipped, because ${missingBrowser})` : ''}`,
    async () => {
      const { stdout } = await run('wasi-testsuite', checkout, '--json', '--browser');
      expect(outcomesOf(stdout)).toMatchObject({
        'Chromium, cnk': OUTCOMES,
        'Chromium, linux': OUTCOMES,
        'Chromium, library, no shared memory': OUTCOMES,
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
    [['wasi-testsuite', checkout, '--unknown'], /--unknown/],
  ])('%j is status 2, with the reason', async (args, message) => {
    const { status, stdout, stderr } = await run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
