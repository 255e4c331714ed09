// How a program that makes Linux's calls begins: in its working directory, with the standard streams and nothing else open, in the
// machine's tree and what is mounted in it; under every placement, and by the command line's --dir and --cwd.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importBuilt } from '../support/built.ts';
import { fusedos } from '../support/command.ts';
import { buildModule, concat, i32Const } from '../support/module-builder.ts';

const { boot } = await importBuilt();
const directory = mkdtempSync(join(tmpdir(), 'fusedos-linux-'));
afterAll(() => rmSync(directory, { recursive: true }));

const TEXT = 16;
const BUFFER = 1024;
const CALL = 0x10;
const DROP = 0x1a;
const WRAP = 0xa7;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const SUB = 0x6b;

/** Writes its working directory to descriptor 1, opens `file` there, and ends with the descriptor's number, or 100 − errno. */
const PROGRAM = buildModule({
  types: [
    { params: ['i32', 'i32'], results: ['i64'] },
    { params: ['i32', 'i32', 'i32'], results: ['i64'] },
    { params: ['i32'], results: ['i64'] },
    {},
  ],
  imports: [
    { module: 'wali', name: 'SYS_getcwd', func: 0 },
    { module: 'wali', name: 'SYS_write', func: 1 },
    { module: 'wali', name: 'SYS_open', func: 1 },
    { module: 'wali', name: 'SYS_exit_group', func: 2 },
  ],
  functions: [
    {
      type: 3,
      locals: [[1, 'i32']],
      body: concat(
        concat(i32Const(BUFFER), i32Const(512), [CALL, 0, WRAP, LOCAL_SET, 0]),
        concat(i32Const(1), i32Const(BUFFER), [LOCAL_GET, 0], i32Const(1), [SUB, CALL, 1, DROP]),
        concat(i32Const(TEXT), i32Const(0), i32Const(0), [CALL, 2, WRAP, LOCAL_SET, 0]),
        // (local + 100) % 100: a descriptor as it is.
        concat([LOCAL_GET, 0], i32Const(100), [0x6a], i32Const(100), [0x70, CALL, 3, DROP]),
      ),
    },
  ],
  memories: [{ initial: 1 }],
  data: [{ at: TEXT, bytes: new TextEncoder().encode('file\0') }],
  exports: [
    { name: 'memory', kind: 'memory', index: 0 },
    { name: '_start', kind: 'func', index: 0 + 4 },
  ],
});

const ENOENT = 2;

describe.each(['cnk', 'fused', 'linux', 'library'] as const)('under placement %s', (placement) => {
  const small = { appCores: 1, linuxProcesses: 1, spareCores: 0 };

  test('it begins at the root, or where it is told, or in the directory that is open as the working one', async () => {
    await using machine = await boot(small);
    const program = await machine.compile(PROGRAM);
    const run = async (options: object): Promise<[string, number | null]> => {
      const { stdout, exitCode } = await machine.run(program, { placement, ...options });
      return [String(stdout), exitCode];
    };
    expect(await run({})).toEqual(['/', 100 - ENOENT]);
    expect(await run({ cwd: '/tmp' })).toEqual(['/tmp', 100 - ENOENT]);
    const preopens = [
      { name: '/x', path: '/dev' },
      { name: '.', path: '/tmp' },
    ];
    expect(await run({ preopens })).toEqual(['/tmp', 100 - ENOENT]);
    expect(await run({ preopens, cwd: '/dev' })).toEqual(['/dev', 100 - ENOENT]);
  });
});

test('its first descriptor is 3, whatever directories are open to others', async () => {
  await using machine = await boot({ appCores: 1 });
  await machine.fs.writeFile('/tmp/file', '');
  const { stdout, exitCode } = await machine.run(PROGRAM, { cwd: '/tmp', preopens: [{ name: '/', path: '/' }] });
  expect([String(stdout), exitCode]).toEqual(['/tmp', 3]);
});

test('a working directory that is not there refuses to start', async () => {
  await using machine = await boot({ appCores: 1 });
  await expect(machine.run(PROGRAM, { cwd: '/nowhere' })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('--dir . is the working directory, --dir of another name stands in the tree, --cwd chooses', async () => {
  const host = join(directory, 'host');
  mkdirSync(join(host, 'sub'), { recursive: true });
  for (const path of ['file', 'sub/file']) writeFileSync(join(host, path), '');
  const program = join(directory, 'program.wasm');
  writeFileSync(program, PROGRAM);
  const run = async (...options: string[]): Promise<[string, number | string]> => {
    const { stdout, status } = await fusedos(['run', ...options, program], { cwd: host });
    return [stdout, status];
  };
  expect(await run()).toEqual(['/', 100 - ENOENT]);
  expect(await run('--dir', '.')).toEqual(['/mnt/0', 3]);
  expect(await run('--dir', '.::/data')).toEqual(['/', 100 - ENOENT]);
  expect(await run('--dir', '.::/data', '--cwd', '/data/sub')).toEqual(['/data/sub', 3]);
});
