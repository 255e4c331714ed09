// Programs that are compiled with the sysroot, with nothing but their source, and run: they check themselves. And what the
// sysroot has beside its libraries. Skipped where `npm run sysroot` has not been run.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { distDirectory, root } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const sysroot = join(distDirectory, 'sysroot');
const isThere = existsSync(join(sysroot, 'stamp.json'));
const because = isThere ? '' : ' (skipped, because `npm run sysroot` has not been run)';

describe.skipIf(!isThere)(`the sysroot${because}`, () => {
  let directory = '';
  /** What is said of a program with threads that is linked without. */
  let refused = '';
  const program = (name: string) => join(directory, `${name}.wasm`);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fusedos-sysroot-'));
    await using compiler = await createCompiler({ cacheDir: join(root, 'build/cache'), sysroot });
    for (const [name, language, args] of [
      ['library.c', 'c', ['-O2']],
      ['cxx.cpp', 'c++', ['-O1', '-std=c++23']],
      ['thread.c', 'c', ['-lpthread']],
      ['overflow.c', 'c', ['-pthread']],
    ] as const) {
      const source = join(root, 'tests/guests/sysroot', name);
      writeFileSync(program(name), await compiler.build({ language, source, args }));
    }
    const source = join(root, 'tests/guests/sysroot/thread.c');
    refused = await compiler.build({ language: 'c', source, args: [] }).then(() => '', String);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('a C program finds types, formats, mathematics, jumps, signals, memory, files and texts as it wants them', async () => {
    const { status, stdout, stderr } = await fusedos(
      ['run', '--dir', '.', '--env', 'FROM_OUTSIDE=a value', program('library.c'), 'one', ''],
      { cwd: directory },
    );
    expect({ status, stdout, stderr }).toEqual({ status: 42, stdout: 'ok\nat exit\ndestructor\n', stderr: '' });
  });

  test('a C++ program finds exceptions, streams, containers, files, regular expressions and locks', async () => {
    const { status, stdout, stderr } = await fusedos(['run', '--dir', '.', program('cxx.cpp')], { cwd: directory });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'ok\n', stderr: '' });
  });

  test.each([
    ['throw', ' due to uncaught exception of type std::runtime_error: nobody catches this'],
    // What leaves a noexcept function is not known any more where it ends: LLVM compiles that without the exception.
    ['noexcept', ''],
    ['atexit', ' due to uncaught exception of type std::logic_error: at exit'],
  ])('what nothing catches (%s) ends by SIGABRT and says what it was', async (how, what) => {
    const { status, stdout, stderr } = await fusedos(['run', '--dir', '.', program('cxx.cpp'), how], {
      cwd: directory,
    });
    expect(stderr).toContain(`libc++abi: terminating${what}`);
    expect({ status, stdout }).toEqual({ status: 128 + 6, stdout: 'ok\n' });
  });

  test('a program with threads is linked with their library, and is told so without', async () => {
    expect(refused).toMatch(/undefined symbol: pthread_create\n(.*\n)*.*note: .* linked with -pthread\n?$/);
    const { status, stdout, stderr } = await fusedos(['run', program('thread.c')]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '1 2\n', stderr: '' });
  });

  test('a thread whose stack runs over ends the program there, though nothing stood there', async () => {
    const within = await fusedos(['run', program('overflow.c'), '40960']);
    expect(within).toEqual({ status: 0, stdout: '10 frames\nended\n', stderr: '' });
    const beyond = await fusedos(['run', program('overflow.c'), '66560']);
    expect({ ...beyond, stderr: beyond.stderr.split('\n')[0] }).toEqual({
      status: 128 + 11,
      stdout: '',
      stderr: 'fusedos: SIGSEGV: memory access out of bounds',
    });
  });

  test('it has the licences of what it is built of, and says what that is', () => {
    for (const name of ['musl', 'llvm']) {
      expect(readFileSync(join(sysroot, 'share/licenses', name), 'utf8').length).toBeGreaterThan(1000);
    }
    const stamp: unknown = JSON.parse(readFileSync(join(sysroot, 'stamp.json'), 'utf8'));
    expect(stamp).toMatchObject({ target: 'wasm32-linux-muslwali', packages: { musl: { version: '1.2.5' } } });
  });
});
