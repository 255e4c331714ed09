// What the command line tells of itself: help, completions, manual page, what is here; and what it says to those who mistype.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { distDirectory, guestPath } from '../support/built.ts';
import { finished, fusedos, start } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-help-'));
afterAll(() => rmSync(directory, { recursive: true }));

const COMMANDS =
  'run cc c++ mpicc mpic++ ar ranlib nm strip ld objcopy objdump size env cmake-toolchain daemon exec mpirun apps bench doctor completion help'.split(
    ' ',
  );

describe('the help', () => {
  test('names every command', async () => {
    const { stdout } = await fusedos(['--help']);
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${name.replaceAll('+', '\\+')}(?= )`, 'm'));
  });

  test('of run shows no default that says nothing', async () => {
    const { stdout } = await fusedos(['run', '--help']);
    expect(stdout).not.toMatch(/default:\s*(\{\}|\[\])/);
  });

  test.each(['doctor', 'completion', 'run', 'mpirun', 'apps'])('of %s is printed', async (name) => {
    const { status, stdout, stderr } = await fusedos([name, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: fusedos ${name}`));
  });
});

test.each(['run', 'mpirun'])('a reader that has gone away ends the help of %s quietly', (name) => {
  const script = `"${process.execPath}" "${join(distDirectory, 'cli.cjs')}" ${name} --help | true`;
  expect(spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stderr).toBe('');
});

describe('an error names what it is about', () => {
  test.each([
    [['run', '--memory', '10GB', 'x.wasm'], /"--memory" is out of range/],
    [['run', '--memroy', '1GB', 'x.wasm'], /--memroy.*--memory/],
    [['rnu'], /there is no command rnu: did you mean run\?/],
    [['zzzzzz'], /there is no command zzzzzz; see/],
    [['completion'], /name a shell/],
    [['completion', 'tcsh'], /name a shell/],
    [['run', '--save', join(directory, 'no/where.tar'), guestPath('status'), '0'], /--save .*there is no directory/],
    [['run', '--save', directory, guestPath('status'), '0'], /--save .*it is a directory/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await fusedos(args);
    expect({ status, stdout }).toEqual({ status: 125, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^[^\n]+\n$/);
  });

  test.skipIf(process.getuid?.() === 0)(
    'a place that may not be written is refused before the program runs',
    async () => {
      const closed = join(directory, 'closed');
      mkdirSync(closed);
      chmodSync(closed, 0o555);
      const result = await fusedos(['run', '--save', join(closed, 'x.tar'), guestPath('show')]);
      expect(result).toMatchObject({ status: 125, stdout: '' });
    },
  );

  test.each([
    ['hello.c', 'fusedos cc -O2'],
    ['hello.cpp', 'fusedos c++ -O2'],
    ['hello.ts', 'npx asc'],
  ])('%s is source: it says how it is compiled', async (name, how) => {
    const path = join(directory, name);
    writeFileSync(path, 'x');
    const { status, stderr } = await fusedos(['run', path]);
    expect(status).toBe(126);
    expect(stderr).toContain(how);
    expect(stderr).toContain(path.replace(/\w+$/, 'wasm'));
  });
});

describe('completion', () => {
  const hasBash = spawnSync('bash', ['--version']).status === 0;
  const complete = async (...words: string[]): Promise<string[]> => {
    const { stdout: script } = await fusedos(['completion', 'bash']);
    const line = `${script}
COMP_WORDS=(fusedos ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _fusedos
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', cwd: directory });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  };

  test.skipIf(!hasBash)('in bash offers commands, options, their values, and files', async () => {
    writeFileSync(join(directory, 'program.wasm'), '');
    expect(await complete('')).toEqual(COMMANDS);
    expect(await complete('run', '--pla')).toEqual(['--placement']);
    expect(await complete('run', '--placement', '')).toEqual(['cnk', 'fused', 'linux', 'library']);
    expect(await complete('run', 'prog')).toEqual(['program.wasm']);
    expect(await complete('run', '--image', 'prog')).toEqual(['program.wasm']);
    expect(await complete('completion', 'z')).toEqual(['zsh']);
  });

  test.each(['zsh', 'fish'])('for %s has every command and every option of run', async (shell) => {
    const { status, stdout } = await fusedos(['completion', shell]);
    expect(status).toBe(0);
    const { stdout: help } = await fusedos(['run', '--help']);
    const options = [...help.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name ?? '');
    expect(options.length).toBeGreaterThan(15);
    for (const name of [...COMMANDS, ...options]) expect(stdout).toContain(name);
    if (spawnSync(shell, ['--version']).status === 0) {
      expect(spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' }).stderr).toBe('');
    }
  });
});

test('the manual page has every command and option, and is part of the build', async () => {
  const { stdout } = await fusedos(['help', '--man']);
  expect(stdout).toMatch(/^\.TH FUSEDOS 1 /);
  expect(stdout).toContain('\\fB\\-\\-placement\\fR');
  for (const name of COMMANDS)
    expect(stdout).toMatch(new RegExp(`^\\.B fusedos ${name.replaceAll('+', '\\+').replaceAll('-', '.{1,2}')}`, 'm'));
  expect(readFileSync(join(distDirectory, 'fusedos.1'), 'latin1')).toBe(stdout);
  const checked = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], { input: stdout, encoding: 'utf8' });
  if (checked.error === undefined) expect(checked.stderr).toBe('');
});

test('doctor tells what is here', async () => {
  const { status, stdout, stderr } = await fusedos(['doctor']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const what of [
    'Node.js',
    'processors',
    'memory',
    'a machine',
    'C and C++ compiler',
    'AssemblyScript compiler',
  ]) {
    expect(stdout).toMatch(new RegExp(`^(ok|less) +${what.replaceAll('+', '\\+')}`, 'm'));
  }
});

test('bench says first what it does, and leaves nothing behind when it is ended', async () => {
  const places = ['/dev/shm', tmpdir()];
  const left = (): string[] =>
    places.flatMap((place) => {
      try {
        return readdirSync(place).filter((name) => name.startsWith('fusedos-bench-'));
      } catch {
        return [];
      }
    });
  const before = left();
  const child = start(['bench', '--quick', '--calls', 'sched_yield']);
  const first = await new Promise<string>((resolve) => child.stderr.once('data', (chunk) => resolve(`${chunk}`)));
  expect(first).toMatch(/^Measures 1 calls? in turns/);
  child.kill('SIGINT');
  expect((await finished(child)).status).toBe(130);
  expect(left().filter((name) => !before.includes(name))).toEqual([]);
});
