// The installed package in Node programs of every kind, from a folder whose name has what URLs and shells escape: the ways to
// load it, and the places that it is loaded in.

import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { guestPath } from '../support/built.ts';
import { type Finished, finished } from '../support/command.ts';
import { cleanEnvironment, createProject, type Project } from '../support/package.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const stripsTypes = major > 22 || (major === 22 && minor >= 18);

/** Runs a program and prints the first of its arguments; `boot` is there. */
const USE = `
  const machine = await boot({ appCores: 1 });
  const { stdout } = await machine.run('show.wasm', { args: ['loaded'], stdin: 'text' });
  await machine.close();
  console.log(stdout.lines()[1]);
`;
const IMPORT = `import { boot } from 'fusedos';${USE}`;
const REQUIRE = `const { boot } = require('fusedos'); (async () => {${USE}})();`;
const PRINTED = { status: 0, stdout: 'argument loaded\n', stderr: '' };

describe('the package', () => {
  let project: Project;

  beforeAll(() => {
    project = createProject('a b#c%20d ü');
    cpSync(guestPath('show'), join(project.folder, 'show.wasm'));
  });
  afterAll(() => project?.remove());

  const node = (...args: string[]): Promise<Finished> => {
    const options = { cwd: project.folder, env: cleanEnvironment(), timeout: 50_000, killSignal: 'SIGKILL' } as const;
    const child = spawn(process.execPath, args, options);
    child.stdin.end();
    return finished(child);
  };

  test.each([
    ['an ES module', 'program.mjs', IMPORT],
    ['a CommonJS module', 'program.cjs', REQUIRE],
    [
      'a CommonJS module that imports',
      'importing.cjs',
      `(async () => { const { boot } = await import('fusedos');${USE}})();`,
    ],
  ])('runs in %s', async (_, file, text) => {
    project.write(file, text);
    expect(await node(file)).toEqual(PRINTED);
  });

  test.each([
    ['--input-type=module', IMPORT],
    ['--input-type=commonjs', REQUIRE],
  ])('runs in a program that is an argument (%s)', async (type, text) => {
    expect(await node(type, '--eval', text)).toEqual(PRINTED);
  });

  test('runs in a worker thread', async () => {
    project.write('threaded.mjs', IMPORT);
    project.write(
      'main.mjs',
      "import { Worker } from 'node:worker_threads'; new Worker(new URL('threaded.mjs', import.meta.url));",
    );
    expect(await node('main.mjs')).toEqual(PRINTED);
  });

  test('runs under node --test', async () => {
    project.write(
      'run.test.mjs',
      `import test from 'node:test'; import { boot } from 'fusedos'; test('runs', async () => {${USE}});`,
    );
    const { status, stdout } = await node('--test', '--test-reporter=tap', 'run.test.mjs');
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringMatching(/# pass 1\n# fail 0/) });
    expect(stdout).toContain('argument loaded');
  });

  test.skipIf(!stripsTypes)('runs in a TypeScript program whose types Node strips', async () => {
    project.write('program.ts', IMPORT.replace('const { stdout }', 'const { stdout }: import("fusedos").RunResult'));
    expect(await node('program.ts')).toEqual(PRINTED);
  });

  test('runs under the permission model with leave for files and workers, else says what to allow', async () => {
    const permission = major >= 22 ? '--permission' : '--experimental-permission';
    const read = '--allow-fs-read=*';
    project.write('guarded.mjs', IMPORT);
    const { status, stdout } = await node(permission, read, '--allow-worker', 'guarded.mjs');
    expect({ status, stdout }).toEqual({ status: 0, stdout: PRINTED.stdout });
    const refused = await node(permission, read, 'guarded.mjs');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('--allow-worker');
  });

  test('has a command', async () => {
    const command = join(project.folder, 'node_modules/.bin/fusedos');
    const { status, stdout } = await node(command, 'run', 'show.wasm', 'loaded');
    expect({ status, stdout: stdout.split('\n')[1] }).toEqual({ status: 0, stdout: 'argument loaded' });
  });

  test('prints an error that nobody catches in lines that can be read', async () => {
    project.write('failing.mjs', "import { boot } from 'fusedos'; await boot({ appCores: -1 });");
    const { status, stderr } = await node('failing.mjs');
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('appCores') });
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(400);
  });
});
