// `fusedos mpirun` as a process: its options, what it writes, how it ends.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guestPath } from '../support/built.ts';
import { type Finished, finished, fusedos, said, start } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-mpirun-'));
afterAll(() => rmSync(directory, { recursive: true }));
const program = guestPath('rank');

function mpirun(...args: readonly string[]): Promise<Finished> {
  return fusedos(['mpirun', ...args]);
}

function linesOf(text: string): string[] {
  return text.trimEnd().split('\n').toSorted();
}

test('starts so many ranks, with the variables that are named', async () => {
  const { status, stdout, stderr } = await mpirun('-n', '3', '-x', 'X=1', program, '-n', '9');
  expect(status).toBe(0);
  expect(linesOf(stdout)).toEqual([0, 1, 2].map((rank) => `rank ${rank} of 3, X=1, rank.wasm -n 9`));
  expect(linesOf(stderr)).toEqual([0, 1, 2].map((rank) => `rank ${rank} says so`));
});

test('starts several programs, each with options of its own', async () => {
  const second = ['-x', 'X=2', program, 'b'];
  const { status, stdout } = await mpirun('-n', '1', '-x', 'X=1', program, 'a', ':', '-n', '2', ...second);
  expect(status).toBe(0);
  expect(linesOf(stdout)).toEqual([
    'rank 0 of 3, X=1, rank.wasm a',
    'rank 1 of 3, X=2, rank.wasm b',
    'rank 2 of 3, X=2, rank.wasm b',
  ]);
});

test('takes options as other launchers spell them, and says which have no effect', async () => {
  const spelled = ['-np', '2', '--bind-to', 'core', '-map-by', 'slot', '--mca', 'btl', 'tcp', '--oversubscribe'];
  const { status, stdout, stderr } = await mpirun(...spelled, '-wdir', '/tmp', program);
  expect(status).toBe(0);
  expect(linesOf(stdout)).toEqual([0, 1].map((rank) => `rank ${rank} of 2, X=-, rank.wasm`));
  expect(stderr).toContain('fusedos mpirun: without effect here: --map-by slot, --bind-to core, --mca btl=tcp\n');
});

test('tags each line', async () => {
  const { stdout, stderr } = await mpirun('-n', '2', '--tag-output', program);
  expect(linesOf(stdout)).toEqual([0, 1].map((rank) => `[1,${rank}]<stdout>: rank ${rank} of 2, X=-, rank.wasm`));
  expect(linesOf(stderr)).toEqual([0, 1].map((rank) => `[1,${rank}]<stderr>: rank ${rank} says so`));
});

test('gives stdin to the first rank', async () => {
  const given = await fusedos(['mpirun', '-n', '2', program, 'input'], { stdin: 'one\n' });
  expect(linesOf(given.stdout)).toEqual(['one', 'rank 0 has read all', 'rank 1 has read all']);
});

test('gives directories to all ranks, in which each program may work elsewhere', async () => {
  writeFileSync(join(directory, 'input'), 'from a file\n');
  const placed = ['--dir', `${directory}::/there`, '--wdir', '/there', program, 'file', 'input'];
  const found = await mpirun('-n', '1', ...placed, ':', '-n', '1', program, 'file', '/there/input');
  expect(linesOf(found.stdout)).toEqual([0, 1].map((rank) => `rank ${rank} finds from a file`));
});

describe('the exit status', () => {
  test.each([
    [
      'of a rank that fails',
      ['ends', 'spin', '1', '7'],
      7,
      /^fusedos mpirun: rank 1 \(pid \d+, rank\.wasm\) ended with exit status 7; another rank was ended\n$/,
    ],
    [
      'of a rank that traps',
      ['ends', 'sleep', '1', 'trap'],
      132,
      /^fusedos: SIGILL: .*\n( {4}at .*\n)+fusedos mpirun: rank 1 \(pid \d+, rank\.wasm\) was ended by SIGILL: unreachable; another rank was ended\n$/,
    ],
    ['of ranks that all end well', ['ends', '0', '1', '0'], 0, /^$/],
  ])('is that %s', async (_what, args, expected, message) => {
    const { status, stderr } = await mpirun('-n', '2', program, ...args);
    expect(status).toBe(expected);
    expect(stderr).toMatch(message);
  });

  test('tells of a job whose time was up', async () => {
    const { status, stderr } = await mpirun('-n', '2', '--timeout', '0.3', program, 'ends', 'sleep', '9', '0');
    expect({ status, stderr }).toEqual({
      status: 124,
      stderr: 'fusedos mpirun: the job was ended because its time was up\n',
    });
  });

  test.each([
    [127, /there is no such file/, ['-n', '2', join(directory, 'missing.wasm')]],
    [126, /not a WebAssembly/i, ['-n', '2', join(directory, 'input')]],
    [125, /256/, ['-n', '300', program]],
    [125, /from 1 on/, ['-n', '0', program]],
    [125, /five numbers/, ['--shape', '2x2', program]],
    [125, /no place for 3/, ['-n', '3', '--shape', '1x1x1x1x2', '--ranks-per-node', '1', program]],
    [125, /ABCDET once/, ['--mapping', 'ABCDEE', program]],
    [125, /missing required argument/, ['-n', '2']],
    [125, /missing required argument/, ['-n', '2', program, ':']],
  ])('is %i: %s', async (expected, message, args) => {
    writeFileSync(join(directory, 'input'), 'from a file\n');
    const { status, stderr } = await mpirun(...args);
    expect(status).toBe(expected);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^fusedos mpirun: [^\n]+\n$/);
  });
});

test('an interrupted job ends', async () => {
  const child = start(['mpirun', '-n', '1', program, 'lines', '1', ':', '-n', '1', program, 'ends', 'spin', '9', '0']);
  const ended = finished(child);
  await said(child, 'line 0');
  child.kill('SIGINT');
  const { status, stderr } = await ended;
  expect({ status, stderr }).toEqual({ status: 130, stderr: '' });
});

test('tells what each rank took', async () => {
  const { stderr } = await mpirun('-n', '2', '--stats', program, 'ends', '0', '1', '0');
  const [head = '', ...rows] = stderr.trimEnd().split('\n');
  expect(head.trim().split(/\s+/)).toEqual(['rank', 'pid', 'end', 'time', 'ran', 'memory', 'local', 'shipped']);
  expect(rows.map((row) => row.trim().split(/\s+/)[0])).toEqual(['0', '1']);
});
