// What `fusedos` is told on its command line.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { guestPath, root } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string;

describe('help and version', () => {
  test.each([
    ['fusedos', []],
    ['fusedos', ['--help']],
    ['fusedos run', ['run', '--help']],
    ['fusedos run', ['help', 'run']],
    ['fusedos run', ['run', '-h', 'nothing.wasm']],
    ['fusedos apps', ['apps', '--help']],
  ])('of %s, asked by %j', async (name, args) => {
    const { status, stdout, stderr } = await fusedos(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: ${name} `);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(104);
  });

  test.each([['--version'], ['run', '--version'], ['apps', '--version']])('version by %j', async (...args) => {
    expect(await fusedos(args)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('what it does not understand is told in one line, with where to read on', () => {
  test.each([
    [['nonsense'], 'fusedos: there is no command nonsense; see fusedos --help\n'],
    [['--nonsense'], "fusedos: unknown option '--nonsense'; see fusedos --help\n"],
    [['run'], "fusedos run: missing required argument 'FILE.wasm'; see fusedos run --help\n"],
    [['run', '--nonsense', 'x'], "fusedos run: unknown option '--nonsense'; see fusedos run --help\n"],
    [['run', '--env', '=x', 'x'], /a variable has a name/],
    [['run', '--dir', '::x', 'x'], /write HOST or HOST::GUEST, then :ro or :overlay/],
    [['run', '--placement', 'mars', 'x'], /Allowed choices are cnk, fused, linux, library/],
    [['run', '--route', 'fd_write=mars', 'x'], /write CALL=cnk or CALL=linux/],
    [['run', '--route', 'nonsense=cnk', 'x'], /there is no call nonsense/],
    [['run', '--route', 'path_open=cnk', 'x'], /CNK does not serve path_open/],
    [['run', '--timeout', '5', 'x'], /write a number and its unit/],
    [['run', '--memory', 'much', 'x'], /write a number and its unit/],
    [['run', '--memory', '8GiB', 'x'], /"--memory" is out of range/],
    [['run', '--cwd', 'here', 'x'], /cwd.*must be an absolute path/],
    [['run', '--poll-policy', 'never', 'x'], /Allowed choices are/],
    [['run', '--unknown-imports', 'ignore', 'x'], /Allowed choices are trap, enosys/],
    [['apps', 'nonsense'], /there is no command nonsense; see fusedos apps --help/],
    [['apps', 'build'], /name a directory; see fusedos apps --help/],
    [['apps', 'build', 'x', 'nonsense'], /there is no program nonsense/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await fusedos(args);
    expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
    expect(stderr).toEqual(typeof message === 'string' ? message : expect.stringMatching(message));
    expect(stderr).toMatch(/^fusedos[^\n]*\n$/);
  });
});

test('--timeout may be longer than a timer counts', async () => {
  const { status } = await fusedos(['run', '--timeout', '1000h', guestPath('status'), '3']);
  expect(status).toBe(3);
});

describe('arguments and environment', () => {
  test('all that follows the file is the program’s, options too', async () => {
    const { stdout } = await fusedos(['run', guestPath('show'), '--counts', '--', '-x', '', 'zwei wörter']);
    const lines = ['show.wasm', '--counts', '--', '-x', '', 'zwei wörter'].map((text) => `argument ${text}\n`);
    expect(Buffer.from(stdout, 'latin1').toString()).toBe(lines.join(''));
  });

  test('-- ends the options', async () => {
    const { stdout } = await fusedos(['run', '--raw', '--', guestPath('show'), '-x']);
    expect(stdout).toBe('argument show.wasm\nargument -x\n');
  });

  test('--env sets, inherits, and passes nothing else on', async () => {
    const args = [
      'run',
      '--env',
      'A=1',
      '--env',
      'B',
      '--env',
      'C=x=y',
      '-e',
      'MISSING',
      '--env',
      'D=',
      guestPath('show'),
    ];
    const { stdout } = await fusedos(args, { env: { B: 'inherited', OTHER: 'no' } });
    const variables = ['A=1', 'B=inherited', 'C=x=y', 'D='].map((text) => `variable ${text}\n`);
    expect(stdout).toBe(`argument show.wasm\n${variables.join('')}`);
  });
});

describe('--invoke', () => {
  test.each([
    [['add', '2', '3'], '5\n'],
    [['add', '-2', '1'], '-1\n'],
    [['wide', '4000000000n'], '8000000000\n'],
    [['wide', '4000000000'], '8000000000\n'],
  ])('%j prints %j', async ([name = '', ...args], stdout) => {
    expect(await fusedos(['run', '--invoke', name, guestPath('library'), ...args])).toEqual({
      status: 0,
      stdout,
      stderr: '',
    });
  });

  test.each([
    [['nothing'], 126, /exports no function nothing/],
    [['add', '2'], 125, /^[^\n]*add takes 2 \(i32, i32\), got 1[^\n]*\n$/],
    [['add', '2', 'x'], 125, /^[^\n]*"x" is not an i32[^\n]*\n$/],
    [['add', '3n', '4'], 125, /^[^\n]*"3n" is not an i32[^\n]*\n$/],
  ])('%j is refused', async ([name = '', ...args], status, message) => {
    const result = await fusedos(['run', '--invoke', name, guestPath('library'), ...args]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(message);
  });

  test('a trap in the function is the program’s fault', async () => {
    const { status, stderr } = await fusedos(['run', '--invoke', 'crash', guestPath('library')]);
    expect(status).toBe(132);
    expect(stderr).toMatch(/^fusedos: SIGILL: /);
  });
});

describe('--counts', () => {
  const countsOf = async (...options: string[]): Promise<Map<string, [number, number]>> => {
    const { stderr, status } = await fusedos(['run', '--counts', ...options, guestPath('show'), 'x']);
    expect(status).toBe(0);
    const [head, ...rows] = stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(head).toEqual(['call', 'local', 'shipped']);
    return new Map(rows.map(([call = '', local, shipped]) => [call, [Number(local), Number(shipped)]]));
  };

  test('tells which calls were local and which were shipped', async () => {
    const counts = await countsOf();
    expect(counts.get('args_get')).toEqual([1, 0]);
    expect(counts.get('fd_write')?.[0]).toBe(0);
    expect(counts.get('fd_write')?.[1]).toBeGreaterThan(0);
    const calls = [...counts].filter(([name]) => name !== 'total').map(([, count]) => count);
    const sum = (side: 0 | 1): number => calls.reduce((total, count) => total + count[side], 0);
    expect(counts.get('total')).toEqual([sum(0), sum(1)]);
  });

  test('under placement fused all are shipped', async () => {
    const counts = await countsOf('--placement', 'fused');
    expect(counts.get('args_get')).toEqual([0, 1]);
    expect(counts.get('total')?.[0]).toBe(0);
  });

  test('--route sends single calls to Linux', async () => {
    const counts = await countsOf('--route', 'args_get=linux,args_sizes_get=linux');
    expect(counts.get('args_get')).toEqual([0, 1]);
    expect(counts.get('args_sizes_get')).toEqual([0, 1]);
  });
});

test.each(['poll', 'adaptive', 'park'])('--poll-policy %s', async (policy) => {
  const { status, stdout } = await fusedos(['run', '--poll-policy', policy, guestPath('show')]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'argument show.wasm\n' });
});
