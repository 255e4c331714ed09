/** A second try where LLVM's vectoriser fails: what is run then, and that the program is right. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Compiler, createCompiler } from '../../../runtime/toolchain/service.ts';
import { failedInVectoriser, vectoriserWarning, withoutVectorisers } from '../../../runtime/toolchain/vectoriser.ts';
import { silent, Workspace } from './workspace.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describe('a job without vectorisers', () => {
  test('of clang is as with -fno-vectorize -fno-slp-vectorize', () => {
    const job = ['clang', '-cc1', '-O2', '-vectorize-loops', '-vectorize-slp', '-o', 'x.o', 'x.c'];
    expect(withoutVectorisers(job)).toEqual(['clang', '-cc1', '-O2', '-o', 'x.o', 'x.c']);
  });

  test('of a link tells LTO', () => {
    const job = ['wasm-ld', 'x.o', '-o', 'x'];
    const again = [...job, '-mllvm', '-vectorize-loops=false', '-mllvm', '-vectorize-slp=false'];
    expect(withoutVectorisers(job)).toEqual(again);
    expect(withoutVectorisers(again)).toBeUndefined();
  });

  test('is none where there were none', () => {
    expect(withoutVectorisers(['clang', '-cc1', '-O0', 'x.c'])).toBeUndefined();
    expect(withoutVectorisers(['ar', 'r', 'x.a', '-vectorize-loops'])).toBeUndefined();
  });
});

test.each([
  ['Assertion failed: x && "y" (/src/llvm/lib/Transforms/Vectorize/LoopVectorize.cpp: f: 1)\n', true],
  ['x.c:1:1: warning: w\nAssertion failed: x (/src/llvm/lib/Transforms/Vectorize/SLPVectorizer.cpp: f: 1)\n', true],
  ['Assertion failed: x (/src/llvm/lib/Transforms/Scalar/LICM.cpp: f: 1)\n', false],
  ['x.c:1:1: error: Assertion failed: (/Transforms/Vectorize/)\n', false],
  ['', false],
])('%j is a failure of the vectoriser: %s', (said, isOne) => {
  expect(failedInVectoriser(said)).toBe(isOne);
});

/** At -O2 the models of cost that LLVM 22 compares disagree about this loop. */
const LEAST = `#include <math.h>
__attribute__((noinline)) double least(const double *a, const double *b, int n, double found) {
  int unused;
  for (int i = 0; i < n; i++) found = fmin(found, a[i] + b[i]);
  return found;
}
`;

const MAIN = `double least(const double *a, const double *b, int n, double found);
int main(int argc, char **argv) {
  double a[100], b[100];
  for (int i = 0; i < 100; i++) a[i] = 100 - i, b[i] = i % 7;
  return least(a, b, 99 + argc, 1e9);
}
`;

describe('a loop that LLVM’s vectoriser fails at', () => {
  let compiler: Compiler;
  let files: Workspace;
  beforeAll(async () => {
    compiler = await createCompiler({ sysroot: null });
    files = new Workspace(compiler, { 'least.c': LEAST, 'main.c': MAIN });
  });
  afterAll(async () => {
    await compiler.close();
    files.remove();
  });

  test('is compiled without, with a warning', async () => {
    const program = await files.command('cc -O3 -fno-lto main.c least.c -o program');
    expect(program).toEqual({ ...silent, stderr: vectoriserWarning('clang') });
    expect(files.execute('program').status).toBe(2);
  });

  test('and so where LTO meets it', async () => {
    expect(await files.command('cc -O1 -c least.c -o least.o')).toEqual(silent);
    const program = await files.command('cc -O2 main.c least.o -o linked');
    expect(program).toEqual({ ...silent, stderr: vectoriserWarning('wasm-ld') });
    expect(files.execute('linked').status).toBe(2);
  });

  test('says what else there is to say once', async () => {
    const { status, stdout, stderr } = await files.command('cc -O2 -Wall -MD -MF - -c least.c -o least.o');
    expect(status).toBe(0);
    expect(stdout).toBe('least.o: least.c\n');
    expect(stderr.match(/warning: unused variable/g)).toHaveLength(1);
    expect(stderr).toContain(vectoriserWarning('clang'));
    expect(stderr).not.toContain('Assertion');
  });

  test('is as it was where the vectoriser is off', async () => {
    expect(await files.command('cc -O2 -fno-vectorize -fno-lto -c least.c -o off.o')).toEqual(silent);
    expect(await files.command('cc -O2 -fno-lto -c least.c -o again.o')).toMatchObject({ status: 0 });
    expect(files.read('again.o')).toBe(files.read('off.o'));
  });
});
