// A C program on Linux's calls that its own thread serves: the same under every placement, and on a machine without shared memory.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { readStamp } from '../../runtime/toolchain/linux-sysroot.ts';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { distDirectory, importBuilt, root } from '../support/built.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

const sysroot = join(distDirectory, 'sysroot');
const missing = readStamp(sysroot) === undefined ? 'there is no sysroot: npm run sysroot' : undefined;
if (missing !== undefined) console.log(`skipped, because ${missing}`);

describe.skipIf(missing !== undefined)('a C program on the calls of its own thread', () => {
  let program: Uint8Array;
  let machine: Machine;
  let unshared: Machine;

  beforeAll(async () => {
    await using compiler = await createCompiler({
      cacheDir: join(root, 'build/cache'),
      worker: pathToFileURL(join(distDirectory, 'compile-worker.js')),
      sysroot,
    });
    const source = 'tests/guests/linux/own-calls.c';
    program = await compiler.build({ language: 'c', source, args: ['-O1', '-D_GNU_SOURCE'], cwd: root });
    const { boot } = await importBuilt();
    machine = await boot({ appCores: 1, linuxProcesses: 1 });
    unshared = await boot({ sharedMemory: false });
  });
  afterAll(async () => {
    await machine?.close();
    await unshared?.close();
  });

  test.each(['cnk', 'fused', 'linux', 'library'] as const)('under %s', async (placement) => {
    const { stdout, stderr, signal, exitCode } = await machine.run(program, { placement, cwd: '/tmp' });
    expect([stdout.text(), signal, exitCode]).toEqual(['looked at all\n', 'SIGABRT', 134]);
    expect(stderr.text()).not.toContain('bug');
  });

  test('without shared memory', async () => {
    const { stdout, signal } = await unshared.run(program, { cwd: '/tmp' });
    expect([stdout.text(), signal]).toEqual(['looked at all\n', 'SIGABRT']);
  });

  test('a signal whose default is to end it, and one whose default is nothing', async () => {
    expect(await machine.run(program, { args: ['15'], cwd: '/tmp' })).toMatchObject({ exitCode: 9 }); // it ignores that
    expect(await machine.run(program, { args: ['3'], cwd: '/tmp' })).toMatchObject({ signal: 'SIGQUIT' });
    expect(await machine.run(program, { args: ['17'], cwd: '/tmp' })).toMatchObject({ exitCode: 9 });
  });
});
