// What a command line compiles for, and what each target adds to it.

import { describe, expect, test } from 'vitest';
import {
  chooseTarget,
  linkOptions,
  missingForOption,
  missingForSource,
  missingThreads,
  sharedMemoryOptions,
  targetOptions,
  wantsOpenmp,
  wantsThreads,
  withoutThreads,
} from '../../../runtime/toolchain/target.ts';

const usual = ['-mllvm', '-wasm-enable-eh', '-mllvm', '-wasm-enable-sjlj', '-mllvm', '-exception-model=wasm'];

test.each([
  [[], true, 'linux'],
  [[], false, 'wasi'],
  [['--target=wasm32-wasip1'], true, 'wasi'],
  [['-target', 'wasm32-wasip1'], true, 'wasi'],
  [['--target=wasm32-linux-muslwali'], false, 'linux'],
  [['--target=wasm32-unknown-linux-muslwali'], false, 'linux'],
  [['--target=wasm32-wasip1', '--target=wasm32-linux-muslwali'], true, 'linux'],
  [['--target=wasm32-linux-muslwali', '-target', 'wasm32-wasip1'], true, 'wasi'],
  [['--target=x86_64-linux-gnu'], true, 'wasi'],
  [['-target'], true, 'linux'],
] as const)('%j with a sysroot: %s is for %s', (args, hasLinux, target) => {
  expect(chooseTarget(args, hasLinux)).toBe(target);
});

describe('options before the user’s own', () => {
  test('give C++ exceptions on Linux, and none on WASI, where there are no libraries for them', () => {
    expect(targetOptions('linux', true, [], true)).toEqual(
      expect.arrayContaining(['-fwasm-exceptions', '-fexceptions']),
    );
    expect(targetOptions('wasi', true, [], true)).toContain('-fno-exceptions');
    expect(targetOptions('linux', false, [], true).join()).not.toContain('exceptions');
  });

  test.each([
    [['-mllvm', '-wasm-enable-sjlj']],
    [['-mllvm', '--wasm-enable-sjlj=true']],
    [['-mllvm=-wasm-enable-sjlj']],
  ])('leave out what the user gives LLVM in %j', (args) => {
    expect(targetOptions('linux', false, args, true)).not.toContain('-mllvm');
    expect(targetOptions('linux', false, [], true)).toContain('-mllvm');
  });
});

describe('options of the link', () => {
  test('are Linux’s, then none for WASI', () => {
    expect(linkOptions('linux', [], [])).toEqual(usual);
    expect(linkOptions('wasi', [], [])).toEqual([]);
  });

  test('have the user’s own, each once', () => {
    const args = ['-mllvm', '-inline-threshold=5', '-O2', '-mllvm', '-wasm-enable-sjlj'];
    expect(linkOptions('wasi', args, [])).toEqual(['-mllvm', '-inline-threshold=5', '-mllvm', '-wasm-enable-sjlj']);
    expect(linkOptions('linux', args, []).filter((word) => word === '-wasm-enable-sjlj')).toHaveLength(1);
    expect(linkOptions('linux', args, [])).toContain('-exception-model=wasm');
  });

  test('leave out what the link has already, by -Wl', () => {
    const job = ['-o', 'a.out', '-mllvm', '-exception-model=wasm', '--mllvm=-wasm-enable-eh'];
    expect(linkOptions('linux', [], job)).toEqual(['-mllvm', '-wasm-enable-sjlj']);
  });

  test('do not fall over a -mllvm at the end', () => {
    expect(linkOptions('wasi', ['-mllvm'], [])).toEqual(['-mllvm', '']);
  });
});

test.each([
  [['-c', '-fexceptions', 'x.cpp'], /-fexceptions .*npm run sysroot/],
  [['-pthread'], /-pthread .*npm run sysroot/],
  [['-fno-exceptions', 'x.cpp'], /^$/],
  [['--target=wasm32-wasip1', '-fexceptions', '-fwasm-exceptions'], /^$/],
])('without a sysroot %j is told in a line, or not at all', (args, line) => {
  expect(missingForOption(args)).toMatch(line);
  expect(missingForOption(args).split('\n').length).toBeLessThanOrEqual(2);
});

test.each([
  [[], "x.cpp:1:2: error: cannot use 'throw' with exceptions disabled", /an exception .*npm run sysroot/],
  [[], '#error Setjmp/longjmp support requires Exception handling support', /setjmp .*npm run sysroot/],
  [[], 'x.c:1:2: error: expected a declaration', /^$/],
  [['--target=wasm32-wasip1'], "cannot use 'try' with exceptions disabled", /^$/],
  [['-fexceptions'], "cannot use 'try' with exceptions disabled", /^$/],
])('without a sysroot, with %j, what clang refuses by %j is told in a line, or not at all', (args, said, line) => {
  expect(missingForSource(args, said)).toMatch(line);
});

describe('threads', () => {
  test.each([
    [['-c', 'x.c'], false],
    [['-pthread', 'x.c'], true],
    [['x.o', '-lpthread'], true],
    [['x.o', '/usr/lib/libomp.a'], true],
    [['x.o', 'mylibomp.a', '-lompl'], false],
    [['-pthread', '-no-pthread', 'x.c'], false],
    [['-fopenmp', 'x.c'], true],
    [['-fopenmp=libomp', 'x.c'], true],
    [['-fopenmp', '-fno-openmp', 'x.c'], false],
    [['-fopenmp-simd', 'x.c'], false],
  ])('%j: %s', (args, wanted) => {
    expect(wantsThreads(args)).toBe(wanted);
    expect(targetOptions('linux', false, args, true).includes('-pthread')).toBe(wanted);
  });

  test('OpenMP is what the last option of it says', () => {
    expect(wantsOpenmp(['-fno-openmp', '-fopenmp'])).toBe(true);
    expect(wantsOpenmp(['-fopenmp', '-fno-openmp'])).toBe(false);
    expect(wantsOpenmp(['-pthread'])).toBe(false);
  });

  test('OpenMP’s names can be seen, as those of a device must', () => {
    expect(targetOptions('linux', false, ['-fopenmp'], true)).toContain('-fvisibility=default');
    expect(targetOptions('linux', false, ['-pthread'], true).join()).not.toContain('visibility');
  });

  test('every program for Linux has atomic operations, as the libraries have, unless they are old', () => {
    expect(targetOptions('linux', false, [], true)).toContain('-matomics');
    expect(targetOptions('linux', false, [], false)).not.toContain('-matomics');
    expect(targetOptions('wasi', false, [], true)).not.toContain('-matomics');
  });

  test('a link with shared memory is given that memory', () => {
    expect(sharedMemoryOptions(['-o', 'a.out', '--shared-memory'])).toEqual([
      '--import-memory',
      '--export-memory',
      '--max-memory=4294967296',
      '--export-if-defined=__stack_limit',
    ]);
    expect(sharedMemoryOptions(['-o', 'a.out'])).toEqual([]);
  });

  test('a link that wants -pthread is told so', () => {
    expect(missingThreads('wasm-ld: error: x.o: undefined symbol: pthread_create\n')).toMatch(/-pthread\n$/);
    expect(missingThreads('wasm-ld: error: x.o: undefined symbol: sin\n')).toBe('');
  });

  test('are left out, and that is told, where the libraries are of before', () => {
    expect(withoutThreads(['-c', '-pthread', '-fopenmp', 'x.c'])).toEqual({
      args: ['-c', '-D_REENTRANT', 'x.c'],
      warning: expect.stringMatching(/^clang: warning: -pthread: .*npm run sysroot.*\n$/),
    });
    expect(withoutThreads(['-c', 'x.c'])).toEqual({ args: ['-c', 'x.c'], warning: '' });
  });
});
