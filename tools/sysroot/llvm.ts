// What C++ needs: the compiler's own library, libunwind, libc++abi and libc++ of the compiler's version, with exceptions in the
// encoding that every engine runs.

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Compiler, Unit } from './compile.ts';
import { OPENMP_EDITS } from './openmp.ts';
import { renderSite } from './template.ts';
import { type Edit, listFiles, type Port } from './tree.ts';
import { FLAGS } from './variant.ts';

const ROUNDING = 'libcxx/include/__math/rounding_functions.h';

const EDITS: readonly Edit[] = [
  // What a comparison of long doubles returns is an int for the code that clang makes, though long has 64 bits.
  {
    file: 'compiler-rt/lib/builtins/fp_compare_impl.inc',
    find: 'typedef long CMP_RESULT;',
    replace: 'typedef int CMP_RESULT;',
  },
  // A long has two words here.
  {
    file: 'libcxx/include/bitset',
    find: '    static_assert(sizeof(__storage_type) >= sizeof(unsigned long),',
    replace:
      '    if _LIBCPP_CONSTEXPR (sizeof(__storage_type) < sizeof(unsigned long)) return static_cast<unsigned long>(to_ullong());\n    static_assert(true,',
  },
  // A call of its own, instead of a device that a process may not see.
  {
    file: 'libcxx/include/__config',
    find: '#  elif defined(__wasi__) || defined(__EMSCRIPTEN__)\n#    define _LIBCPP_USING_GETENTROPY',
    replace: '#  elif defined(__wasi__) || defined(__wali__)\n#    define _LIBCPP_USING_GETENTROPY',
  },
  {
    file: 'libcxx/src/random.cpp',
    find: '_LIBCPP_USING_GETENTROPY)\n#  include <sys/random.h>',
    replace: '_LIBCPP_USING_GETENTROPY)\n#  include <unistd.h>',
  },
  // The public syscall() takes with it every call that there is.
  {
    file: 'libcxx/src/atomic.cpp',
    find: `#    define SYS_futex SYS_futex_time64
#  endif
#  define _LIBCPP_FUTEX(...) syscall(SYS_futex, __VA_ARGS__)`,
    replace: `#    define SYS_futex SYS_futex_time64
#  endif
extern "C" long __futex(volatile const void *, int, int, const void *, int, int);
#  define _LIBCPP_FUTEX(...) __futex(__VA_ARGS__)`,
  },
  // See our bits/lround.h.
  { file: ROUNDING, find: '__builtin_lrint', replace: '__builtin_llrint', times: 4 },
  { file: ROUNDING, find: '__builtin_lround', replace: '__builtin_llround', times: 4 },
];

export const LLVM_PORT: Port = {
  overlay: 'personalities/linux/sysroot/llvm',
  copies: [],
  edits: [...EDITS, ...OPENMP_EDITS],
};

/** Of libc++'s configuration what is not 0. Times zones are in the experimental library and read a mounted zoneinfo. */
const SITE: { readonly [name: string]: string } = {
  _LIBCPP_ABI_VERSION: '1',
  _LIBCPP_ABI_NAMESPACE: '__1',
  _LIBCPP_HAS_THREADS: '1',
  _LIBCPP_HAS_MONOTONIC_CLOCK: '1',
  _LIBCPP_HAS_TERMINAL: '1',
  _LIBCPP_HAS_MUSL_LIBC: '1',
  _LIBCPP_HAS_THREAD_API_PTHREAD: '1',
  _LIBCPP_HAS_FILESYSTEM: '1',
  _LIBCPP_HAS_RANDOM_DEVICE: '1',
  _LIBCPP_HAS_LOCALIZATION: '1',
  _LIBCPP_HAS_UNICODE: '1',
  _LIBCPP_HAS_WIDE_CHARACTERS: '1',
  _LIBCPP_HAS_TIME_ZONE_DATABASE: '1',
  _LIBCPP_PSTL_BACKEND_SERIAL: '',
  // none, and what an assertion does follows from the mode.
  _LIBCPP_HARDENING_MODE_DEFAULT: '2',
  _LIBCPP_ASSERTION_SEMANTIC_DEFAULT: '2',
};

/** Sources of compiler-rt that are no part of a library for this target. */
const NO_BUILTINS =
  /^(apple_versioning|atomic_.*|clear_cache|emutls|enable_execute_stack|eprintf|gcc_personality_v0|os_version_check|trampoline_setup|.*bf.*|.*xf.*|.*xc3|.*hc3|crtbegin|crtend|cpu_model|.*bf16.*)\.c$/;

/** Writes what libc++'s own build generates. */
export function generateLlvm(tree: string): void {
  const template = readFileSync(join(tree, 'libcxx/include/__config_site.in'), 'utf8');
  const generated = join(tree, 'generated');
  mkdirSync(generated, { recursive: true });
  const write = (name: string, text: string) => {
    const path = join(generated, name);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  };
  write('__config_site', renderSite(template, SITE));
  write('__assertion_handler', readFileSync(join(tree, 'libcxx/vendor/llvm/default_assertion_handler.in'), 'utf8'));
}

/** Compiles the compiler's library and C++'s into `lib`. @param headers of the C library, installed */
export async function buildLlvm(tree: string, headers: string, compiler: Compiler, lib: string): Promise<void> {
  const files = listFiles(tree);
  // Relative, so that an object is the same wherever the repository lies.
  const system = ['-nostdlibinc', '-idirafter', relative(tree, headers)];
  const build = async (what: string, name: string, sources: readonly string[], flags: readonly string[]) => {
    const units = sources.map((source): Unit => ({ source, flags: [...FLAGS, ...flags, ...system, '-w'] }));
    await compiler.archive(join(lib, name), await compiler.compile({ what, tree, units }));
  };
  const below = (directory: string, pattern: RegExp) =>
    files.filter((path) => path.startsWith(directory) && pattern.test(path.slice(directory.length)));

  const builtins = 'compiler-rt/lib/builtins/';
  const general = below(builtins, /^[^/]+\.c$/).filter((path) => !NO_BUILTINS.test(path.slice(builtins.length)));
  await build(
    'compiler-rt',
    'libclang_rt.builtins.a',
    [...general, ...below(builtins, /^wasm\/.*\.S$/)],
    [...['-std=c11', '-fno-builtin', '-mexception-handling', '-DVISIBILITY_HIDDEN']],
  );
  const exceptions = ['-DNDEBUG', '-fwasm-exceptions', '-fexceptions'];
  await build(
    'libunwind',
    'libunwind.a',
    ['libunwind/src/Unwind-wasm-guard.cpp'],
    [...exceptions, ...['-std=c++23', '-nostdinc++', '-Ilibunwind/include', '-D_LIBUNWIND_HIDE_SYMBOLS']],
  );
  const cxx = [
    ...exceptions,
    ...['-std=c++23', '-nostdinc++', '-fvisibility-inlines-hidden', '-D_GNU_SOURCE', '-D_LIBCPP_BUILDING_LIBRARY'],
    ...['generated', 'libcxx/include', 'libcxx/src', 'libcxxabi/include', 'libunwind/include', 'libc'].map(
      (path) => `-I${path}`,
    ),
  ];
  await build(
    'libc++abi',
    'libc++abi.a',
    below('libcxxabi/src/', /^\w+\.cpp$/).filter((path) => !path.endsWith('/cxa_noexception.cpp')),
    [...cxx, '-D_LIBCXXABI_BUILDING_LIBRARY'],
  );
  const libcxx = [
    ...cxx,
    '-DLIBCXX_BUILDING_LIBCXXABI',
    '-D_LIBCPP_REMOVE_TRANSITIVE_INCLUDES',
    '-DLIBC_NAMESPACE=__llvm_libc_common_utils',
  ];
  await build(
    'libc++',
    'libc++.a',
    below('libcxx/src/', /^((filesystem|ryu)\/)?\w+(\.\w+)?\.cpp$/).filter(
      (path) => !path.endsWith('/int128_builtins.cpp'),
    ),
    libcxx,
  );
  await build('libc++experimental', 'libc++experimental.a', below('libcxx/src/experimental/', /\.cpp$/), [
    ...libcxx,
    '-D_LIBCPP_ENABLE_EXPERIMENTAL',
  ]);
}

/** Puts C++'s headers into `include`, but for the frozen ones of C++03, which are for who asks for them by a macro of libc++'s. */
export function installLlvmHeaders(tree: string, include: string): void {
  const v1 = join(include, 'c++/v1');
  cpSync(join(tree, 'libcxx/include'), v1, { recursive: true, filter: (path) => !/\.(in|txt)$|\/__cxx03$/.test(path) });
  cpSync(join(tree, 'libcxxabi/include'), v1, { recursive: true, filter: (path) => !path.endsWith('.txt') });
  cpSync(join(tree, 'generated'), v1, { recursive: true });
  cpSync(join(tree, 'libunwind/include/unwind.h'), join(include, 'unwind.h'));
  cpSync(join(tree, 'libunwind/include/unwind_itanium.h'), join(include, 'unwind_itanium.h'));
}
