// `fusedos cc`, `c++`, `ar` and `apps`, as commands. What the compiler itself does: tests/unit/toolchain.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GUEST_APPS } from '../../guest-apps/catalog.ts';
import { fusedos } from '../support/command.ts';

const COMPILE_MS = 120_000;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-cc-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const silent = { status: 0, stdout: '', stderr: '' };

test('a program is compiled and run by two commands', { timeout: COMPILE_MS }, async () => {
  writeFileSync(join(directory, 'hello.c'), '#include <stdio.h>\nint main(void) { puts("hello"); return 7; }\n');
  expect(await fusedos(['cc', '-O2', 'hello.c', '-o', 'hello.wasm'], { cwd: directory })).toEqual(silent);
  const hello = { status: 7, stdout: 'hello\n', stderr: '' };
  expect(await fusedos(['run', 'hello.wasm'], { cwd: directory })).toEqual(hello);
});

test('C++ with an archive, and a source from stdin', { timeout: COMPILE_MS }, async () => {
  const run = (args: readonly string[], stdin = '') => fusedos(args, { cwd: directory, stdin });
  expect(await run(['cc', '-c', '-xc', '-', '-o', 'six.o'], 'int six(void) { return 6; }')).toEqual(silent);
  expect(await run(['ar', 'rcs', 'libsix.a', 'six.o'])).toEqual(silent);
  writeFileSync(join(directory, 'main.cpp'), 'extern "C" int six(); int main() { return six(); }');
  expect(await run(['c++', 'main.cpp', '-L.', '-lsix', '-o', 'main.wasm'])).toEqual(silent);
  expect(await run(['run', 'main.wasm'])).toMatchObject({ status: 6 });
});

test('a source from stdin that LLVM’s vectoriser fails at is compiled all the same', {
  timeout: COMPILE_MS,
}, async () => {
  const source = `#include <math.h>
double least(const double *a, const double *b, int n, double found) {
  for (int i = 0; i < n; i++) found = fmin(found, a[i] + b[i]);
  return found;
}
int main(void) {
  double a[] = {7, 5, 6};
  return least(a, a, 3, 99);
}`;
  const compiled = await fusedos(['cc', '-O2', '-xc', '-', '-o', 'least.wasm'], { cwd: directory, stdin: source });
  expect(compiled).toMatchObject({ status: 0, stderr: expect.stringContaining('warning: LLVM') });
  expect(await fusedos(['run', 'least.wasm'], { cwd: directory })).toMatchObject({ status: 10 });
});

test.each([[['-O0']], [['-O2', '-fno-lto']]])(
  'a backtrace of a program built with -g and %j names source lines',
  { timeout: COMPILE_MS },
  async (options) => {
    // A copy and a growing memory are what the loader puts calls before and in the place of.
    writeFileSync(
      join(directory, 'deep.c'),
      `#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) int inner(int *p, const char *text) {
  memcpy(p, text, 64);
  return ((volatile int *)0xfffffff0u)[p[0]];
}
`,
    );
    writeFileSync(
      join(directory, 'main.c'),
      `#include <stdlib.h>
int inner(int *p, const char *text);
int main(int argc, char **argv) {
  int *p = malloc(1 << 22);
  int x =
      inner(p, argv[0]);
  return x + argc;
}
`,
    );
    expect(await fusedos(['cc', '-g', ...options, 'main.c', 'deep.c'], { cwd: directory })).toEqual(silent);
    const { stderr } = await fusedos(['run', 'a.out'], { cwd: directory });
    expect(stderr).toMatch(
      /^fusedos: SIGSEGV: .*\n {4}at .*inner \+0x[0-9a-f]+ \(deep\.c:5\)\n {4}at .*main \+0x[0-9a-f]+ \(main\.c:6\)\n/,
    );
  },
);

test('errors are the compiler’s, on stderr, with its status', { timeout: COMPILE_MS }, async () => {
  writeFileSync(join(directory, 'bad.c'), 'int main(void) { return x; }\n');
  const { status, stdout, stderr } = await fusedos(['cc', 'bad.c'], { cwd: directory });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^bad\.c:1:25: error: use of undeclared identifier 'x'/);
  expect(readdirSync(directory)).toEqual(['bad.c']);
});

describe('apps', () => {
  test.each([[['apps']], [['apps', 'list']]])('%j lists what there is', async (args) => {
    const { status, stdout, stderr } = await fusedos(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(GUEST_APPS.length);
    expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(GUEST_APPS.length);
  });

  test('build compiles those that are named, of both languages', { timeout: COMPILE_MS }, async () => {
    const out = join(directory, 'new/folder');
    const built = await fusedos(['apps', 'build', out, 'hello', 'as-sieve']);
    expect(built).toEqual({ status: 0, stdout: `${out}/hello.wasm\n${out}/as-sieve.wasm\n`, stderr: '' });
    const result = await fusedos(['run', join(out, 'hello.wasm')]);
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout).not.toBe('');
  });

  test('a directory that cannot be made is told in one line', async () => {
    writeFileSync(join(directory, 'file'), '');
    const { status, stderr } = await fusedos(['apps', 'build', join(directory, 'file/x'), 'hello']);
    expect(status).toBe(125);
    expect(stderr).toMatch(/^fusedos apps: [^\n]*ENOTDIR[^\n]*\n$/);
  });
});
