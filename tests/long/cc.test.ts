/** `fusedos cc`, `c++` and `ar` as their users meet them. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Compiler, createCompiler } from '../../runtime/toolchain/service.ts';
import { silent, Workspace } from '../unit/toolchain/workspace.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let compiler: Compiler;
const workspaces: Workspace[] = [];

function workspace(files: Readonly<Record<string, string>>): Workspace {
  const created = new Workspace(compiler, files);
  workspaces.push(created);
  return created;
}

beforeAll(async () => {
  // These programs run under node:wasi.
  compiler = await createCompiler({ sysroot: null });
});

afterEach(() => {
  for (const used of workspaces.splice(0)) used.remove();
});

afterAll(() => compiler.close());

const hello = '#include <stdio.h>\nint main(void) { puts("hello"); return 7; }\n';

describe('inputs and outputs', () => {
  test('a source becomes a.out, and nothing else is left behind', async () => {
    const files = workspace({ 'hello.c': hello });
    expect(await files.command('cc hello.c')).toEqual(silent);
    expect(files.list()).toEqual(['a.out', 'hello.c']);
    expect(files.execute('a.out')).toEqual({ status: 7, stdout: 'hello\n', stderr: '' });
  });

  test('several sources, objects and archives link to one program', async () => {
    const files = workspace({
      'main.c': 'int one(void), two(void), three(void); int main(void) { return one() + two() + three(); }',
      'one.c': 'int one(void) { return 1; }',
      'two.c': 'int two(void) { return 2; }',
      'three.c': 'int three(void) { return 3; }',
    });
    expect(await files.command('cc -c two.c three.c')).toEqual(silent);
    expect(await files.command('ar rcs libthree.a three.o')).toEqual(silent);
    expect(await files.command('ar t libthree.a')).toEqual({ ...silent, stdout: 'three.o\n' });
    expect(await files.command('cc main.c one.c two.o -L. -lthree -o sum.wasm')).toEqual(silent);
    expect(files.execute('sum.wasm').status).toBe(6);
  });

  test('objects made with and without -flto link to one program', async () => {
    const files = workspace({
      'main.c': 'int one(void); int main(void) { return one(); }',
      'one.c': 'int one(void) { return 1; }',
    });
    expect(await files.command('cc -O2 -fno-lto -c one.c')).toEqual(silent);
    expect(files.read('one.o').slice(0, 4)).toBe('\0asm');
    expect(await files.command('cc -O2 -c main.c')).toEqual(silent);
    expect(files.read('main.o').slice(0, 2)).toBe('BC');
    expect(await files.command('cc main.o one.o -o x')).toEqual(silent);
    expect(files.execute('x').status).toBe(1);
  });

  test('-S, -E and -M write what they write natively', async () => {
    const files = workspace({
      'x.c': '#include <stdint.h>\n#include "x.h"\nint32_t f(void) { return X; }\n',
      'x.h': '#define X 5\n',
    });
    expect(await files.command('cc -S -O1 x.c')).toEqual(silent);
    expect(files.read('x.s')).toMatch(/^f:[\s\S]*i32\.const\s+5/m);
    expect((await files.command('cc -E -P x.c')).stdout).toContain('int32_t f(void) { return 5; }');
    // Headers of the tool chain are not on disk, so make must not look for them.
    expect(await files.command('cc -M x.c')).toEqual({ ...silent, stdout: 'x.o: x.c x.h\n' });
    expect(await files.command('cc -MD -MP -MF x.d -c x.c')).toEqual(silent);
    expect(files.read('x.d')).toBe('x.o: x.c x.h\nx.h:\n');
  });

  test('- is standard input, @file a list of arguments, -include and -D work', async () => {
    const files = workspace({ args: '-DA=3 -include inc.h\n-o out', 'inc.h': '#define B 4\n' });
    expect(await files.command('cc -x c - @args', 'int main(void) { return A + B; }')).toEqual(silent);
    expect(files.execute('out').status).toBe(7);
  });

  test('names may hold blanks, quotes, dollars, backslashes and letters of any script', async () => {
    const name = 'a "b" $c \\d é 世界';
    const files = workspace({
      [`${name}.c`]: `#include "${name.replaceAll('"', '')}.h"\nint main(void) { return N; }\n`,
    });
    files.write(`${name.replaceAll('"', '')}.h`, '#define N 3\n');
    expect(await files.command(['cc', '-O1', `${name}.c`, '-o', name])).toEqual(silent);
    expect(files.execute(name).status).toBe(3);
  });

  test('a program is executable, a device stays what it is', async () => {
    const files = workspace({ 'hello.c': hello });
    expect(await files.command('cc hello.c -o hello')).toEqual(silent);
    expect(fs.statSync(files.path('hello')).mode & 0o700).toBe(0o700);
    expect(await files.command('cc hello.c -o /dev/null')).toEqual(silent);
    expect(fs.statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('a program with 33 MB of static data links without a wait', async () => {
    const files = workspace({
      'big.c': 'char big[33000000] = {1}; int main(int c, char **v) { return big[c] + big[0]; }',
    });
    expect(await files.command('cc -fno-lto big.c -o big')).toEqual(silent);
    expect(fs.statSync(files.path('big')).size).toBeGreaterThan(33_000_000);
    expect(files.execute('big').status).toBe(1);
  });
});

describe('headers', () => {
  test('are found through .., symbolic links, -I, -isystem and absolute paths', async () => {
    const files = workspace({
      'src/deep/main.c': `#include "../../inc/a.h"
#include "link/b.h"
#include <c.h>
#include <d.h>
int main(void) { return A + B + C + D; }`,
      'inc/a.h': '#include "../other/a2.h"\n#define A A2\n',
      'other/a2.h': '#define A2 1\n',
      'real/b.h': '#include "../real2/b2.h"\n#define B B2\n',
      'real2/b2.h': '#define B2 2\n',
      'c/c.h': '#define C 3\n',
      'd/d.h': '#define D 4\n',
    });
    fs.symlinkSync('../../real', files.path('src/deep/link'));
    expect(await files.command(`cc src/deep/main.c -Isrc/../c -isystem ${files.path('d')} -o x`)).toEqual(silent);
    expect(files.execute('x').status).toBe(10);
  });

  test('with #pragma once are read once, by whatever path', async () => {
    const files = workspace({
      'x.c': '#include "x.h"\n#include "../x/x.h"\n#include "link.h"\nint main(void) { struct x x = {3}; return x.i; }',
      'x.h': '#pragma once\nstruct x { int i; };\n',
    });
    fs.symlinkSync('x.h', files.path('link.h'));
    const name = files.root.slice(files.root.lastIndexOf('/') + 1);
    files.write('x.c', files.read('x.c').replace('../x/', `../${name}/`));
    expect(await files.command('cc x.c -o x')).toEqual(silent);
  });

  test('of the host never slip in between those of the tool chain', async () => {
    const files = workspace({
      'x.c': '#if __has_include(<linux/limits.h>)\n#error host\n#endif\nint main(void) { return 0; }',
    });
    expect(await files.command('cc -c x.c')).toEqual(silent);
  });
});

describe('defaults', () => {
  test('abort() and a failed assert() raise SIGABRT', async () => {
    const files = workspace({
      'abort.c': '#include <stdlib.h>\nint main(void) { abort(); }',
      'assert.c': '#include <assert.h>\nint main(int c, char **v) { assert(c == 5); }',
    });
    expect(await files.command('cc abort.c -o abort')).toEqual(silent);
    expect(await files.command('cc -O2 -fno-lto assert.c -o assert')).toEqual(silent);
    expect(files.execute('abort')).toEqual({ status: 128 + 6, stdout: '', stderr: '' });
    expect(files.execute('assert')).toEqual({
      status: 128 + 6,
      stdout: '',
      stderr: 'Assertion failed: c == 5 (assert.c: main: 2)\n',
    });
  });

  test('with the emulated signals a handler for SIGABRT runs first, and raise() is theirs', async () => {
    const files = workspace({
      'x.c': `#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
static void handle(int s) { printf("caught %d\\n", s); fflush(stdout); }
int main(void) { signal(SIGABRT, handle); signal(SIGUSR1, handle); raise(SIGUSR1); abort(); }`,
      'raise.c': 'int raise(int); int main(void) { return raise(15); }',
    });
    expect(await files.command('cc -D_WASI_EMULATED_SIGNAL x.c -lwasi-emulated-signal -o x')).toEqual(silent);
    expect(files.execute('x')).toEqual({ status: 128 + 6, stdout: 'caught 10\ncaught 6\n', stderr: '' });
    expect(await files.command('cc raise.c -o raise')).toEqual(silent);
    expect(files.execute('raise').status).toBe(128 + 15);
  });

  test('the stack holds 7 MB, and to overflow it is a trap', async () => {
    const files = workspace({
      'x.c': `#include <string.h>
__attribute__((noinline)) static int use(int size) { volatile char a[size]; memset((char *)a, 1, size); return a[size - 1]; }
int main(void) { return use(SIZE) + use(SIZE); }`,
    });
    expect(await files.command('cc -DSIZE=7000000 x.c -o fits')).toEqual(silent);
    expect(await files.command('cc -DSIZE=9000000 x.c -o overflows')).toEqual(silent);
    expect(await files.command('cc -DSIZE=100000 -Wl,-z,stack-size=65536 x.c -o small')).toEqual(silent);
    expect(files.execute('fits').status).toBe(2);
    expect(files.execute('overflows')).toMatchObject({ status: 200, stderr: expect.stringMatching(/out of bounds/) });
    expect(files.execute('small')).toMatchObject({ status: 200, stderr: expect.stringMatching(/out of bounds/) });
  });

  test('SIMD is on, and -mno-simd128 turns it off', async () => {
    const files = workspace({
      'x.c': 'void f(float *restrict a, float *restrict b) { for (int i = 0; i < 64; i++) a[i] *= b[i]; }',
    });
    expect(await files.command('cc -S -O3 x.c -o on.s')).toEqual(silent);
    expect(await files.command('cc -S -O3 -mno-simd128 x.c -o off.s')).toEqual(silent);
    expect(files.read('on.s')).toContain('f32x4.mul');
    expect(files.read('off.s')).not.toContain('f32x4');
  });

  test('with -nostdlib nothing of ours is linked', async () => {
    const files = workspace({ 'x.c': 'int add(int a, int b) { return a + b; }' });
    expect(await files.command('cc -nostdlib -Wl,--no-entry,--export=add x.c -o x')).toEqual(silent);
    const module = new WebAssembly.Module(fs.readFileSync(files.path('x')));
    expect(WebAssembly.Module.imports(module)).toEqual([]);
  });

  test('C++ has its library, without exceptions', async () => {
    const files = workspace({
      'x.cc': `#include <algorithm>
#include <string>
#include <vector>
int main() { std::vector<std::string> v{"b", "a"}; std::sort(v.begin(), v.end()); return v.at(0) == "a" ? 3 : 1; }`,
      'throw.cc': 'int main() { throw 1; }',
    });
    expect(await files.command('c++ -O1 x.cc -o x')).toEqual(silent);
    expect(files.execute('x').status).toBe(3);
    const refused = await files.command('c++ throw.cc');
    expect(refused).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot use 'throw' with exceptions disabled/),
    });
  });
});

describe('errors', () => {
  test.each([
    ['cc', 1, /^clang: error: no input files\n$/],
    ['cc missing.c', 1, /^clang: error: no such file or directory: 'missing.c'\n$/],
    ['cc -fno-such-option hello.c', 1, /^clang: error: unknown argument: '-fno-such-option'\n$/],
    ['cc hello.c hello.c -c -o x.o', 1, /^clang: error: cannot specify -o when generating multiple output files\n$/],
    [
      'cc hello.c -lmissing',
      1,
      /^wasm-ld: error: unable to find library -lmissing\nclang: error: linker command failed/,
    ],
    ['cc -c hello.c -o missing/x.o', 1, /unable to open output file 'missing\/x.o': 'No such file or directory'/],
    ['cc hello.c -Wl,--no-such-option', 1, /^wasm-ld: error: unknown argument: --no-such-option\n/],
    ['c++ @missing', 1, /^clang\+*: error: no such file or directory: '@missing'\n/],
    ['ar x missing.a', 1, /^ar: error: unable to load 'missing.a': No such file or directory\n$/],
    ['ar', 1, /^ar: error: an archive name must be specified\n/],
  ])('%s', async (line, status, stderr) => {
    const files = workspace({ 'hello.c': hello });
    expect(await files.command(line)).toMatchObject({ status, stderr: expect.stringMatching(stderr) });
    expect(files.list()).toEqual(['hello.c']);
  });

  test('a source that fails keeps others from linking, not from compiling', async () => {
    const files = workspace({ 'bad.c': 'int f(void) { return x; }\n', 'good.c': 'int g(void) { return 1; }\n' });
    expect((await files.command('cc -c bad.c good.c')).status).toBe(1);
    expect(files.list()).toEqual(['bad.c', 'good.c', 'good.o']);
    const linked = await files.command('cc bad.c good.c -o x');
    expect(linked.status).toBe(1);
    expect(linked.stderr).not.toContain('wasm-ld');
    expect(files.has('x')).toBe(false);
  });

  test('an undefined function is named', async () => {
    const files = workspace({ 'x.c': 'int missing(void); int main(void) { return missing(); }\n' });
    const { status, stderr } = await files.command('cc x.c');
    expect(status).toBe(1);
    expect(stderr).toMatch(/undefined symbol: missing/);
    expect(files.has('a.out')).toBe(false);
  });

  test('a working directory that is too deep for us is said so', async () => {
    const output = { stdout: () => {}, stderr: () => {} };
    const run = compiler.run({ tool: 'cc', args: ['-v'], cwd: `/${'x'.repeat(1000)}`, ...output });
    await expect(run).rejects.toThrow(/working directory's path is too long/);
  });

  test('an option that has no effect is a warning', async () => {
    const files = workspace({ 'hello.c': hello });
    expect(await files.command('cc -c hello.c -lm')).toMatchObject({
      status: 0,
      stderr: "clang: warning: -lm: 'linker' input unused [-Wunused-command-line-argument]\n",
    });
  });

  const native = spawnSync('clang-22', ['--version']).error ? undefined : 'clang-22';
  test.skipIf(!native)('diagnostics are word for word those of native clang (skipped without clang-22)', async () => {
    const files = workspace({
      'src/bad.c': `#include "../inc/bad.h"
#define TWICE(x) ((x) + (x))
struct point { int x, y; };
static int unused(int a) { return a; }
int main(void) {
  struct point p = { .z = 1 };
  int *q = 3.5;
  return TWICE(undeclared) + header(1, 2) + p.w;
}
#include "missing.h"
`,
      'inc/bad.h': 'int header(int);\nint twice(int a) { int b; return b; }\n',
    });
    for (const flags of ['-Wall -Wextra', '-Werror -Weverything -fno-caret-diagnostics', '-w -ferror-limit=1']) {
      const line = `${flags} -fsyntax-only src/bad.c`;
      const { status, stderr } = spawnSync('clang-22', ['--target=wasm32-wasip1', ...line.split(' ')], {
        cwd: files.root,
        encoding: 'utf8',
      });
      expect(await files.command(`cc ${line}`)).toEqual({ status, stdout: '', stderr });
    }
  });
});

describe('questions', () => {
  test('--version, -v and -### answer', async () => {
    const files = workspace({ 'hello.c': hello });
    expect((await files.command('cc --version')).stdout).toMatch(/^clang version \d+/);
    expect((await files.command('cc -print-resource-dir')).stdout).toBe('/@fusedos/usr\n');
    const plan = await files.command('cc -### hello.c');
    expect(plan).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^clang version [\s\S]*"-cc1" [\s\S]*\n "wasm-ld" /),
    });
    expect(files.list()).toEqual(['hello.c']);
    expect(await files.command('cc -v hello.c')).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/"-cc1" [\s\S]*search starts here[\s\S]*\n "wasm-ld" /),
    });
  });

  test('diagnostics are coloured on a terminal alone', async () => {
    const files = workspace({ 'x.c': 'int f(void) { return x; }\n' });
    let text = '';
    const collect = (bytes: Uint8Array): void => {
      text += Buffer.from(bytes).toString();
    };
    for (const isTerminal of [true, false]) {
      text = '';
      const output = { stdout: collect, stderr: collect, isTerminal, env: { TERM: 'xterm' } };
      expect(await compiler.run({ tool: 'cc', args: ['-c', 'x.c'], cwd: files.root, ...output })).toBe(1);
      expect(text.includes('\u001b[')).toBe(isTerminal);
    }
  });

  test('debug information names the working directory', async () => {
    const files = workspace({ 'hello.c': hello });
    expect(await files.command('cc -g -fno-lto -c hello.c')).toEqual(silent);
    expect(files.read('hello.o')).toContain(files.root);
  });
});
