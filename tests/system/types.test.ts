// The types of the package, as programs with other settings than ours meet them: without the library for pages, or without
// Node's types, and with every declaration checked.

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { root } from '../support/built.ts';
import { createProject, type Project } from '../support/package.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const USE = `
import { boot, FusedError, getImportObject, type Machine, type MachineOptions, type RunResult } from 'fusedos';
const options: MachineOptions = { appCores: 2, mounts: { '/tmp': { type: 'tmpfs', size: 1 } }, workers: new URL('file:///w/') };
const machine: Machine = await boot(options);
const result: RunResult = await machine.run('x.wasm', { args: ['a'], stdin: 'text' });
const text: string = result.stdout.text();
if (result.exitCode !== 0) throw new FusedError('EIO', text);
const program = await machine.compile(new Uint8Array(8));
const guest = await machine.spawn(program);
for await (const chunk of guest.stdout) text.concat(String(chunk.length));
const library = await machine.load(program);
library.write(0, new Float64Array(3));
await machine.fs.writeFile('/a', text);
await machine[Symbol.asyncDispose]();
getImportObject({ args: ['a'] }).fs.existsSync('/');
// @ts-expect-error: what does not exist is not hidden behind an any
await machine.runs('x.wasm');
// @ts-expect-error
await boot({ appCore: 2 });
`;

const REQUIRE = `
import fusedos = require('fusedos');
async function main(): Promise<number> {
  const machine = await fusedos.boot();
  const { exitCode } = await machine.run('a.wasm');
  return exitCode;
}
void main();
`;

const NODE = { lib: ['ES2022'], types: ['node'] };
const PAGE = { lib: ['ES2022', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'], types: [] };
const RESOLUTIONS = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

describe('types', () => {
  let project: Project;
  let declarations: string;

  beforeAll(() => {
    project = createProject();
    for (const name of ['@types/node', 'undici-types']) {
      cpSync(join(root, 'node_modules', name), join(project.folder, 'node_modules', name), { recursive: true });
    }
    project.write('use.mts', USE);
    project.write('use.cts', REQUIRE);
    declarations = readFileSync(join(project.folder, 'node_modules/fusedos/dist/index.d.ts'), 'utf8');
  });
  afterAll(() => project?.remove());

  test.each([
    ['Node', NODE, 'nodenext', ['use.mts', 'use.cts']],
    ['Node', NODE, 'bundler', ['use.mts']],
    ['a page', PAGE, 'nodenext', ['use.mts', 'use.cts']],
    ['a page', PAGE, 'bundler', ['use.mts']],
  ] as const)('check in a program for %s without the other’s types: %#', (_, settings, resolution, files) => {
    const compilerOptions = {
      ...{ target: 'ES2022', strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
      ...settings,
      ...RESOLUTIONS[resolution],
    };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project.folder], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  test('are one file for import and one for require, which say the same', () => {
    const dist = join(project.folder, 'node_modules/fusedos/dist');
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => /\.d\.\w*ts$/.test(name));
    expect(files.sort()).toEqual(['index.d.cts', 'index.d.ts']);
    expect(readFileSync(join(dist, 'index.d.cts'), 'utf8')).toBe(declarations);
  });

  // What would be found there: mailboxes, cores, messages to workers. Mark it @internal where it is declared.
  test.each([
    'SharedArrayBuffer',
    'MessagePort',
    'Transferable',
    'Control',
    'Core',
    'StartGuest',
    'HostWorker',
    'PooledMemory',
    'MachineSettings',
  ])('have nothing internal: no %s', (name) => {
    expect(declarations).not.toMatch(new RegExp(`\\b${name}\\b`));
  });
});
