// Where a thread is in its program, by stacks as engines write them.

import { describe, expect, test } from 'vitest';
import { programPlace } from '../../../runtime/core/program-place.ts';

/** As V8 writes them, innermost first. */
function stackOf(module: string, ...names: readonly string[]): string {
  const url = `wasm://wasm/${module === '' ? '' : `${module}-`}0123abcd`;
  const prefix = module === '' ? '' : `${module}.`;
  const frames = names.map(
    (name, i) => `    at ${prefix}${name} (${url}:wasm-function[${i}]:0x${(i + 1).toString(16)})`,
  );
  return ['Error', '    at Monitor.place (file:///core-worker.js:1:2)', ...frames].join('\n');
}

const nowhere = (): undefined => undefined;

describe('the place of a thread', () => {
  test.each([
    [
      'of C',
      [
        '__timedwait',
        'pthread_cond_wait',
        'await',
        'work',
        '__main_argc_argv',
        '__main_void',
        '__start_process',
        '_start',
      ],
      'await <- work <- main',
    ],
    ['of C in a thread', ['__wait', 'sem_wait', 'start', 'start', 'run', '__thread_begin', '__thread_start'], 'start'],
    [
      'of MPI',
      ['PMPI_Recv', 'exchange', 'step', 'solve', 'main', '__main_void', '_start'],
      'exchange <- step <- solve',
    ],
    [
      'of C++',
      [
        'pthread_mutex_lock',
        'std::__2::mutex::lock()',
        'Queue<int>::take(std::__2::vector<int>&)',
        'decltype(std::declval<int>()()) std::__2::__invoke[abi:v1]<int>(int)',
        'void* std::__2::__thread_proxy[abi:v1]<int>(void*)',
        'start',
        'run',
        '__thread_begin',
        '__thread_start',
      ],
      'Queue<int>::take(std::__2::vector<int>&)',
    ],
    [
      'of OpenMP',
      [
        '__kmp_suspend_64',
        'int __kmp_barrier_template<true>(int)',
        '__kmpc_barrier',
        'main.omp_outlined',
        '__kmp_invoke_microtask',
      ],
      'main.omp_outlined',
    ],
    [
      'of Rust',
      [
        'std::sys::futex::wait::h01',
        '<alloc::boxed::Box<F> as core::ops::FnOnce>::call_once',
        '_ZN4work5total17h01E',
        '_start',
      ],
      '_ZN4work5total17h01E',
    ],
    ['that is a library’s alone', ['__wait', '__start_process', '_start'], ''],
    ['with long names', ['x'.repeat(100)], `${'x'.repeat(59)}…`],
  ])('%s', (_what, names, expected) => {
    expect(programPlace(stackOf('a-b.wasm', ...names), nowhere)).toBe(expected);
    expect(programPlace(stackOf('', ...names), nowhere)).toBe(expected);
  });

  test('names lines where they are known', () => {
    const lines = (offset: number): string | undefined => (offset === 1 ? 'a.c:7' : undefined);
    expect(programPlace(stackOf('a', 'work', 'main'), lines)).toBe('work (a.c:7) <- main');
  });

  test('leaves out functions of the machine’s, and those without a name', () => {
    const unnamed = '    at wasm://wasm/0123abcd:wasm-function[1]:0x9\n';
    expect(programPlace(`${unnamed}${stackOf('', 'work', 'main', 'own')}`, nowhere, 2)).toBe('work <- main');
  });

  test('is read of other engines’ stacks', () => {
    const stack = 'place@core-worker.js:1:2\nwork@http://x/a.js line 5 > WebAssembly.Module:wasm-function[1]:0x1\n';
    expect(programPlace(stack, nowhere)).toBe('work');
  });
});
