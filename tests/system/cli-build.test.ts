// What build systems are given: the commands fusedos-cc and so on, `fusedos env`, programs that start by themselves, `fusedos exec`.

import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { bin } from '../../package.json';
import { distDirectory, root } from '../support/built.ts';
import { cli, fusedos } from '../support/command.ts';

vi.setConfig({ testTimeout: 240_000 });

const silent = { status: 0, stdout: '', stderr: '' };
/** What `bin` names beside the command itself. */
const COMMANDS = Object.keys(bin).filter((name) => name !== 'fusedos');
let directory = '';

/** The compile daemon of these tests, which is quicker than to load the compiler each time. */
let runtime = '';

beforeAll(() => {
  runtime = mkdtempSync(join(tmpdir(), 'fusedos-run-'));
});
afterAll(() => {
  inDirectory(process.execPath, [cli, 'daemon', 'stop']);
  rmSync(runtime, { recursive: true });
});

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-build-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function inDirectory(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: existsSync(directory) ? directory : root,
    encoding: 'utf8',
    env: { ...process.env, XDG_RUNTIME_DIR: runtime, ...env },
  });
  return { status, stdout, stderr };
}

function commandPath(name: string): string {
  return join(distDirectory, 'bin', name);
}

const report = `#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
  FILE *file = fopen("made.txt", "w");
  if (!file) return 1;
  fprintf(file, "%s", argv[1]);
  fclose(file);
  printf("%d %s\\n", argc, getenv("FUSEDOS_TEST_VALUE"));
  return 7;
}
`;

test('each command is in the package, and starts', () => {
  expect(readdirSync(join(distDirectory, 'bin')).toSorted()).toEqual([...COMMANDS, 'package.json'].toSorted());
  for (const name of COMMANDS) accessSync(commandPath(name), constants.X_OK);
  for (const name of ['fusedos-ar', 'fusedos-ranlib', 'fusedos-nm', 'fusedos-strip', 'fusedos-objdump']) {
    expect(inDirectory(commandPath(name), ['--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('LLVM'),
    });
  }
});

describe('fusedos env', () => {
  test('prints variables that name commands', async () => {
    const { status, stdout, stderr } = await fusedos(['env']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const variables = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('=')),
    );
    expect(Object.keys(variables)).toEqual(['CC', 'CXX', 'AR', 'RANLIB', 'NM', 'STRIP', 'FUSEDOS_EXECUTABLE']);
    expect(variables).toMatchObject({ CC: commandPath('fusedos-cc'), CXX: commandPath('fusedos-c++') });
  });

  test.each([
    ['its status', 'exit 3', 3],
    ['128 + the signal that ended it', 'kill -TERM $$', 143],
  ])('ends with a command’s: %s', async (_, line, status) => {
    expect(await fusedos(['env', 'sh', '-c', line])).toEqual({ ...silent, status });
  });

  test('tells of a command that there is not', async () => {
    const stderr = 'fusedos env: no-such-command: there is no such command\n';
    expect(await fusedos(['env', 'no-such-command'])).toEqual({ status: 127, stdout: '', stderr });
  });
});

test('a program starts by itself, sees files and environment, and survives strip', () => {
  const env = { FUSEDOS_EXECUTABLE: '1', FUSEDOS_TEST_VALUE: 'seen' };
  writeFileSync(join(directory, 'report.c'), report);
  expect(inDirectory(commandPath('fusedos-cc'), ['-g', 'report.c', '-o', 'report'], env)).toEqual(silent);
  const program = join(directory, 'report');
  const { size } = statSync(program);
  expect(readFileSync(program, 'latin1')).toMatch(/^#!.*fusedos-exec\n\0asm/);
  const told = { status: 7, stdout: '2 seen\n', stderr: '' };
  expect(inDirectory(program, ['first'], env)).toEqual(told);
  expect(readFileSync(join(directory, 'made.txt'), 'utf8')).toBe('first');

  expect(inDirectory(commandPath('fusedos-nm'), ['report'])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/ T _start$/m),
  });
  expect(inDirectory(commandPath('fusedos-strip'), ['report'])).toEqual(silent);
  expect(statSync(program).size).toBeLessThan(size);
  expect(inDirectory(program, ['second'], env)).toEqual(told);
  expect(readFileSync(join(directory, 'made.txt'), 'utf8')).toBe('second');

  // A copy is as executable as what it was made of, and `fusedos run` takes it as any other.
  expect(inDirectory(commandPath('fusedos-objcopy'), ['report', 'copy'])).toEqual(silent);
  accessSync(join(directory, 'copy'), constants.X_OK);
  expect(inDirectory(commandPath('fusedos-exec'), ['./copy', 'third'], env)).toEqual(told);
});

test('without the variable a program is a plain module, run by fusedos-exec', () => {
  writeFileSync(join(directory, 'report.c'), report);
  expect(inDirectory(commandPath('fusedos-cc'), ['report.c'])).toEqual(silent);
  expect(readFileSync(join(directory, 'a.out'), 'latin1')).toMatch(/^\0asm/);
  const told = { status: 7, stdout: '2 x\n', stderr: '' };
  expect(inDirectory(commandPath('fusedos-exec'), ['./a.out', 'y'], { FUSEDOS_TEST_VALUE: 'x' })).toEqual(told);
});

test.each([
  [[], 125, /^fusedos exec: .*--help\n$/],
  [['--no-such-option'], 125, /^fusedos exec: unknown option/],
  [['./missing'], 127, /^fusedos exec: \.\/missing: there is no such file\n$/],
  [['.'], 126, /^fusedos exec: \.: it is a directory\n$/],
])('exec %j is told in one line', async (args, status, stderr) => {
  expect(await fusedos(['exec', ...args])).toEqual({ status, stdout: '', stderr: expect.stringMatching(stderr) });
});

describe('CMake’s toolchain file', () => {
  test('is where the command says', async () => {
    const { status, stdout } = await fusedos(['cmake-toolchain']);
    expect(status).toBe(0);
    expect(existsSync(stdout.trimEnd())).toBe(true);
  });

  const hasCmake = spawnSync('cmake', ['--version']).status === 0;
  test.skipIf(!hasCmake)(
    'builds a project, asks what it can do, and runs its tests',

    async () => {
      const { stdout: toolchain } = await fusedos(['cmake-toolchain']);
      writeFileSync(
        join(directory, 'CMakeLists.txt'),
        `cmake_minimum_required(VERSION 3.10)
project(Six C CXX)
include(CheckCSourceRuns)
check_c_source_runs("int main(void) { return 0; }" RUNS)
check_c_source_runs("int main(void) { return 1; }" FAILS)
if(NOT RUNS OR FAILS)
  message(FATAL_ERROR "programs are not run")
endif()
add_library(six six.c)
add_executable(main main.cpp)
target_link_libraries(main six)
enable_testing()
add_test(NAME six COMMAND main)
`,
      );
      writeFileSync(join(directory, 'six.c'), 'int six(void) { return 6; }\n');
      writeFileSync(join(directory, 'main.cpp'), 'extern "C" int six(); int main() { return six() == 6 ? 0 : 1; }\n');
      for (const [command, args] of [
        ['cmake', ['-B', 'build', `-DCMAKE_TOOLCHAIN_FILE=${toolchain.trimEnd()}`]],
        ['cmake', ['--build', 'build']],
        ['ctest', ['--test-dir', 'build', '--output-on-failure']],
      ] as const) {
        const { status, stdout, stderr } = inDirectory(command, args);
        expect(status, stdout + stderr).toBe(0);
      }
    },
  );

  const hasSysroot = existsSync(join(distDirectory, 'sysroot/stamp.json'));
  test.skipIf(!hasCmake || !hasSysroot)(
    'finds threads and OpenMP, and builds programs that use them',

    async () => {
      const { stdout: toolchain } = await fusedos(['cmake-toolchain']);
      writeFileSync(
        join(directory, 'CMakeLists.txt'),
        `cmake_minimum_required(VERSION 3.10)
project(Two C CXX)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED)
add_executable(threads threads.cpp)
target_link_libraries(threads Threads::Threads)
add_executable(openmp openmp.c)
target_link_libraries(openmp OpenMP::OpenMP_C)
enable_testing()
add_test(NAME threads COMMAND threads)
add_test(NAME openmp COMMAND openmp)
`,
      );
      writeFileSync(
        join(directory, 'threads.cpp'),
        '#include <thread>\nint main() { int n = 1; std::thread([&] { n = 0; }).join(); return n; }\n',
      );
      writeFileSync(
        join(directory, 'openmp.c'),
        `int main(void) {
  int n = 0;
#pragma omp parallel num_threads(2) reduction(+ : n)
  n++;
  return n == 2 ? 0 : 1;
}
`,
      );
      for (const [command, args] of [
        ['cmake', ['-B', 'build-threads', `-DCMAKE_TOOLCHAIN_FILE=${toolchain.trimEnd()}`]],
        ['cmake', ['--build', 'build-threads']],
        ['ctest', ['--test-dir', 'build-threads', '--output-on-failure']],
      ] as const) {
        const { status, stdout, stderr } = inDirectory(command, args);
        expect(status, stdout + stderr).toBe(0);
      }
    },
  );
});
