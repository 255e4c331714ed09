// Where ranks are, as a program for Blue Gene/Q asks, and as a user of its runjob places them.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { distDirectory, guestDirectory, importBuilt } from '../support/built.ts';
import { compilePrograms } from '../support/compile-programs.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

const sysroot = join(distDirectory, 'sysroot');
const file = join(guestDirectory, 'torus/torus.wasm');
const missing = existsSync(join(sysroot, 'include/mpix.h')) ? undefined : 'the sysroot has no <mpix.h>';

describe.skipIf(missing !== undefined)(`the torus${missing ? ` (skipped, because ${missing})` : ''}`, () => {
  beforeAll(async () => {
    mkdirSync(join(guestDirectory, 'torus'), { recursive: true });
    const args = ['-O1', '-lmpi'];
    await compilePrograms(sysroot, [{ language: 'c', source: 'tests/guests/torus/torus.c', args, file }]);
  });

  test.each([
    [{}, ['0,0,0,0,0,0', '0,0,0,0,0,1', '0,0,0,0,0,2', '0,0,0,0,0,3']],
    [{ ranksPerNode: 2 }, ['0,0,0,0,0,0', '0,0,0,0,0,1', '1,0,0,0,0,0', '1,0,0,0,0,1']],
    [{ shape: [2, 1, 1, 1, 1], mapping: 'TEDCBA' }, ['0,0,0,0,0,0', '1,0,0,0,0,0', '0,0,0,0,0,1', '1,0,0,0,0,1']],
  ])('%o', async (torus, places) => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: 4 });
    const { exitCode, stdout, stderr } = await machine.mpirun(readFileSync(file), { n: 4, torus });
    expect({ exitCode, stderr: stderr.text() }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.text()).toBe(places.map((place, rank) => `${rank}: ${place}\n`).join(''));
  });

  test('a program that runs alone is on the only node', async () => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: 1 });
    const { exitCode, stdout } = await machine.run(readFileSync(file));
    expect({ exitCode, stdout: stdout.text() }).toEqual({ exitCode: 0, stdout: '0: 0,0,0,0,0,0\n' });
  });

  test.each([
    [{ shape: [1, 2, 3] }, 'ERR_INVALID_ARG_VALUE'],
    [{ shape: [1, 1, 1, 1, 0] }, 'ERR_OUT_OF_RANGE'],
    [{ shape: [1, 1, 1, 1, 2], ranksPerNode: 1 }, 'ERR_INVALID_ARG_VALUE'],
    [{ mapping: 'ABCDEE' }, 'ERR_INVALID_ARG_VALUE'],
  ])('what is none is refused: %o', async (torus, code) => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: 4 });
    await expect(machine.mpirun(readFileSync(file), { n: 4, torus })).rejects.toMatchObject({ code });
  });
});
