// The C library: musl with our port for wasm32, whose system calls are imports.

import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { LINUX_ROWS } from '../../runtime/abi/linux/rows.ts';
import { renderCalls, renderVariadic } from './calls.ts';
import type { Compiler, Unit } from './compile.ts';
import { type Copy, type Edit, listFiles, type Port } from './tree.ts';
import { FLAGS as COMMON } from './variant.ts';

const ARCH = 'arch/wasm32';

/** Layouts and numbers are those of Linux on x86-64, where a pointer has 32 bits. */
const COPIES: readonly Copy[] = [
  ...['syscall.h.in', 'stat.h', 'sem.h', 'limits.h', 'reg.h'].map((name) => ({
    from: `arch/x86_64/bits/${name}`,
    to: `${ARCH}/bits/${name}`,
  })),
  { from: 'arch/x86_64/kstat.h', to: `${ARCH}/kstat.h` },
  // A long double has 128 bits there too.
  { from: 'arch/aarch64/bits/float.h', to: `${ARCH}/bits/float.h` },
];

const EDITS: readonly Edit[] = [
  // A call with a constant number must pull in its own import alone: see our syscall_arch.h.
  {
    file: 'src/internal/syscall.h',
    find: `__syscall_ret(unsigned long),
	__syscall_cp(syscall_arg_t, syscall_arg_t, syscall_arg_t, syscall_arg_t,
	             syscall_arg_t, syscall_arg_t, syscall_arg_t);`,
    replace: '__syscall_ret(unsigned long);',
  },
  // size_t is narrower than long.
  {
    file: 'src/internal/pthread_impl.h',
    find: '__SU (sizeof(size_t)/sizeof(int))',
    replace: '__SU (sizeof(long)/sizeof(int))',
  },
  { file: 'include/limits.h', find: '#define SSIZE_MAX LONG_MAX', replace: '#define SSIZE_MAX INT_MAX' },
  // int64_t is long, as on x86-64, though pointers are not.
  { file: 'include/stdint.h', find: '#if UINTPTR_MAX == UINT64_MAX', replace: '#if 1' },
  {
    file: 'include/inttypes.h',
    find: '#if UINTPTR_MAX == UINT64_MAX\n#define __PRI64  "l"\n#define __PRIPTR "l"',
    replace: '#if 1\n#define __PRI64  "l"\n#define __PRIPTR ""',
  },
  // intmax_t is what clang takes %jd for: long long.
  { file: 'include/alltypes.h.in', find: 'TYPEDEF signed _Int64   intmax_t;', replace: 'TYPEDEF long long intmax_t;' },
  {
    file: 'include/alltypes.h.in',
    find: 'TYPEDEF unsigned _Int64 uintmax_t;',
    replace: 'TYPEDEF unsigned long long uintmax_t;',
  },
  {
    file: 'include/stdint.h',
    find: '#define INTMAX_C(c)  c ## L\n#define UINTMAX_C(c) c ## UL\n#else',
    replace: '#define INTMAX_C(c)  c ## LL\n#define UINTMAX_C(c) c ## ULL\n#else',
  },
  { file: 'include/inttypes.h', find: 'MAX __PRI64', replace: 'MAX "ll"', times: 11 },
  // In C++ too a thread's name is as wide as the pointer that it is in C, or calls would not match.
  {
    file: 'include/alltypes.h.in',
    find: 'TYPEDEF unsigned long pthread_t;',
    replace: 'TYPEDEF unsigned _Addr pthread_t;',
  },
  { file: 'include/threads.h', find: 'typedef unsigned long thrd_t;', replace: 'typedef unsigned thrd_t;' },
  {
    file: 'include/math.h',
    find: 'long        lroundl(long double);\n',
    replace: 'long        lroundl(long double);\n\n#include <bits/lround.h>\n',
  },
  // The kernel's layout is x86-64's.
  { file: 'include/sys/epoll.h', find: '#ifdef __x86_64__', replace: '#ifdef __wasm__' },
  // LLVM lowers calls of `setjmp` and `longjmp` by these names, and a setjmp must stand in the function itself.
  {
    file: 'include/setjmp.h',
    find: 'int sigsetjmp (sigjmp_buf, int) __setjmp_attr;\n_Noreturn void siglongjmp (sigjmp_buf, int);',
    replace: `void __sigsetjmp_save (sigjmp_buf, int);
void __siglongjmp_restore (sigjmp_buf);
#define sigsetjmp(buf, save) (__sigsetjmp_save((buf), (save)), setjmp(buf))
#define siglongjmp(buf, val) (__siglongjmp_restore(buf), longjmp((buf), (val)))`,
  },
  {
    file: 'include/setjmp.h',
    find: 'int _setjmp (jmp_buf) __setjmp_attr;\n_Noreturn void _longjmp (jmp_buf, int);',
    replace: '#define _setjmp(buf) setjmp(buf)\n#define _longjmp(buf, val) longjmp((buf), (val))',
  },
  // A thread's memory is kept for the next one: see our stack.c. Nothing can be protected, so a guard is memory that nobody uses.
  {
    file: 'src/internal/pthread_impl.h',
    find: 'hidden void __unmapself(void *, size_t);',
    replace: `hidden void __unmapself(void *, size_t);
hidden void *__map_stack(size_t size, size_t used);
hidden void __unmap_stack(void *, size_t);
hidden void __check_stack(void);`,
  },
  {
    file: 'src/thread/pthread_create.c',
    find: `		if (guard) {
			map = __mmap(0, size, PROT_NONE, MAP_PRIVATE|MAP_ANON, -1, 0);
			if (map == MAP_FAILED) goto fail;
			if (__mprotect(map+guard, size-guard, PROT_READ|PROT_WRITE)
			    && errno != ENOSYS) {
				__munmap(map, size);
				goto fail;
			}
		} else {
			map = __mmap(0, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON, -1, 0);
			if (map == MAP_FAILED) goto fail;
		}
`,
    replace: `		map = __map_stack(size, libc.tls_size + __pthread_tsd_size);
		if (!map) goto fail;
`,
  },
  { file: 'src/thread/pthread_create.c', find: '__munmap(map, size)', replace: '__unmap_stack(map, size)' },
  {
    file: 'src/thread/pthread_join.c',
    find: '__munmap(t->map_base, t->map_size)',
    replace: '__unmap_stack(t->map_base, t->map_size)',
  },
  // What is wrong with a join is told: a thread that waits for itself would wait for ever, and its block is there after it.
  {
    file: 'src/internal/pthread_impl.h',
    find: '\tDT_DETACHED,\n',
    replace: '\tDT_DETACHED,\n\tDT_JOINED,\n',
  },
  {
    file: 'src/thread/pthread_join.c',
    find: '\t__pthread_testcancel();\n',
    replace: '\t__pthread_testcancel();\n\tif (t == __pthread_self()) return EDEADLK;\n',
  },
  {
    file: 'src/thread/pthread_join.c',
    find: 'if (state >= DT_DETACHED) a_crash();',
    replace: 'if (state >= DT_DETACHED) { r = EINVAL; break; }',
  },
  {
    file: 'src/thread/pthread_join.c',
    find: '\t__tl_sync(t);\n',
    replace: '\tif (a_cas(&t->detach_state, DT_EXITED, DT_JOINED) != DT_EXITED) return EINVAL;\n\t__tl_sync(t);\n',
  },
  {
    file: 'src/thread/pthread_detach.c',
    find: '\t\t__pthread_join(t, 0);\n\t\t__pthread_setcancelstate(cs, 0);\n',
    replace: '\t\tint error = __pthread_join(t, 0);\n\t\t__pthread_setcancelstate(cs, 0);\n\t\treturn error;\n',
  },
  // The kernel has robust lists, but does not tell which.
  {
    file: 'src/thread/pthread_mutexattr_setrobust.c',
    find: 'r = -__syscall(SYS_get_robust_list, 0, &p, &l);',
    replace: 'r = 0;',
  },
  // Each thread has a core to itself: nobody of less importance keeps its owner from going on, so there is nothing to inherit, and a mutex
  // that would is one as others are.
  {
    file: 'src/thread/pthread_mutexattr_setprotocol.c',
    find: 'r = -__syscall(SYS_futex, &lk, FUTEX_LOCK_PI, 0, 0);',
    replace: 'r = 0;',
  },
  {
    file: 'src/thread/pthread_mutex_init.c',
    find: 'm->_m_type = a->__attr;',
    replace: 'm->_m_type = a->__attr & ~8;',
  },
  // A process has as many threads as it was given cores, of which OpenMP makes its teams.
  {
    file: 'src/conf/sysconf.c',
    find: '[_SC_THREAD_THREADS_MAX] = -1',
    replace: '[_SC_THREAD_THREADS_MAX] = RLIM(NPROC)',
  },
  {
    file: 'src/thread/pthread_create.c',
    find: '\t__dl_thread_cleanup();\n',
    replace: '\t__dl_thread_cleanup();\n\t__check_stack();\n',
  },
  // See pthread/pthread_create.c.
  { file: 'src/thread/pthread_create.c', find: 'weak_alias(__pthread_create, pthread_create);\n', replace: '' },
  ...['src/time/timer_create.c', 'src/aio/aio.c', 'src/aio/lio_listio.c', 'src/mq/mq_notify.c'].map((file) => ({
    file,
    find: 'pthread_create(&td',
    replace: '__pthread_create(&td',
  })),
  // As glibc's, which programs are written for. What is not used takes no memory of the host's.
  {
    file: 'src/internal/pthread_impl.h',
    find: '#define DEFAULT_STACK_SIZE 131072',
    replace: '#define DEFAULT_STACK_SIZE (8<<20)',
  },
  // A line's last field ends where the line does.
  { file: 'src/misc/mntent.c', find: '%n%*[^ \\t]%n', replace: '%n%*[^ \\n\\t]%n', times: 4 },
  // CVE-2025-26519, as fixed in 1.2.6.
  {
    file: 'src/locale/iconv.c',
    find: 'if (c >= 93 || c>=0xc6-0x81 && d>0x52)',
    replace: 'if (c > 0xc6-0x81 || c==0xc6-0x81 && d>0x52)',
  },
  {
    file: 'src/locale/iconv.c',
    find: '} else k = wctomb_utf8(*out, c);\n',
    replace: '} else k = wctomb_utf8(*out, c);\n\t\t\tif (k>4) goto ilseq;\n',
  },
];

export const MUSL_PORT: Port = { overlay: 'personalities/linux/sysroot/musl', copies: COPIES, edits: EDITS };

/** Sources of musl's that files of ours under other names stand in for. */
const LEFT_OUT = new Set([
  ...['fabs', 'sqrt', 'ceil', 'floor', 'trunc', 'rint', 'nearbyint', 'copysign'].flatMap((name) => [
    `src/math/${name}.c`,
    `src/math/${name}f.c`,
  ]),
  'src/setjmp/longjmp.c',
  'src/signal/sigsetjmp.c',
  'src/signal/sigsetjmp_tail.c',
  'src/thread/__syscall_cp.c',
  'src/thread/__unmapself.c',
]);

/** Libraries whose functions are libc's here. */
const EMPTY_LIBRARIES = ['m', 'rt', 'crypt', 'util', 'xnet', 'resolv', 'dl', 'atomic'];

/** Of libpthread, which a link with `-pthread` has before libc: what starts a thread, and a malloc for many. */
const PTHREAD = ['pthread_create.c', 'pthread_exit.c', 'clone.c', 'start.s', 'malloc.c', 'mallocng.c'].map(
  (name) => `pthread/${name}`,
);

/** Writes what musl's own makefile generates. */
export function generateMusl(tree: string): void {
  const generated = join(tree, 'generated');
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(generated, path)), { recursive: true });
    const isThere = existsSync(join(generated, path)) && readFileSync(join(generated, path), 'utf8') === text;
    if (!isThere) writeFileSync(join(generated, path), text);
  };
  const read = (path: string) => readFileSync(join(tree, path), 'utf8');
  write('include/bits/alltypes.h', renderTypes(read(`${ARCH}/bits/alltypes.h.in`) + read('include/alltypes.h.in')));
  const numbers = read(`${ARCH}/bits/syscall.h.in`);
  write('include/bits/syscall.h', numbers + numbers.replaceAll('__NR_', 'SYS_'));
  write('internal/version.h', `#define VERSION "${read('VERSION').trim()}"\n`);
  write('internal/wali_calls.h', renderCalls(LINUX_ROWS));
  write('internal/wali_variadic.h', renderVariadic(LINUX_ROWS));
}

/** musl's lines `TYPEDEF type name;`, `STRUCT name { … };`, `UNION …` as guarded declarations. */
function renderTypes(text: string): string {
  const guarded = (needed: string, declaration: string) =>
    `#if defined(__NEED_${needed}) && !defined(__DEFINED_${needed})\n${declaration}\n#define __DEFINED_${needed}\n#endif\n`;
  return text
    .replace(/^TYPEDEF (.*) ([^ ]*);$/gm, (_, type: string, name: string) => guarded(name, `typedef ${type} ${name};`))
    .replace(/^(STRUCT|UNION) * ([^ ]*) (.*);$/gm, (_, kind: string, name: string, body: string) =>
      guarded(`${kind.toLowerCase()}_${name}`, `${kind.toLowerCase()} ${name} ${body};`),
    );
}

const FLAGS = [
  ...['-std=c99', '-ffreestanding', '-nostdinc', '-w', '-D_XOPEN_SOURCE=700'],
  ...[ARCH, 'arch/generic', 'generated/internal', 'src/include', 'src/internal', 'generated/include', 'include'].map(
    (path) => `-I${path}`,
  ),
];

/** Of programs, and of libraries (-mexec-model=reactor). */
const ENTRIES = ['crt1', 'crt1-reactor'];

/** Compiles the C library into `lib`. */
export async function buildMusl(tree: string, compiler: Compiler, lib: string): Promise<void> {
  const sources = listFiles(tree).filter(
    (path) => /^src\/([^/]+|malloc\/mallocng)\/[^/]+\.[cs]$/.test(path) && !LEFT_OUT.has(path),
  );
  const unit = (source: string): Unit => ({
    source,
    flags: [
      ...COMMON,
      ...(source.endsWith('.s') ? ['-mexception-handling'] : FLAGS),
      ...(needsTag(source) ? ['-mexception-handling', '-mllvm', '-wasm-enable-sjlj'] : []),
    ],
  });
  const objects = await compiler.compile({ what: 'musl', tree, units: sources.map(unit) });
  const starts = await compiler.compile({
    what: 'crt1',
    tree,
    units: ENTRIES.map((name) => unit(`crt/${name}.c`)),
  });
  const pthread = await compiler.compile({ what: 'pthread', tree, units: PTHREAD.map(unit) });
  await compiler.archive(join(lib, 'libc.a'), objects);
  await compiler.archive(join(lib, 'libpthread.a'), pthread);
  for (const name of EMPTY_LIBRARIES) await compiler.archive(join(lib, `lib${name}.a`), []);
  for (const [index, name] of ENTRIES.entries()) cpSync(starts[index] ?? '', join(lib, `${name}.o`));
}

/** Whether it throws, or jumps. */
function needsTag(source: string): boolean {
  return ['setjmp.c', 'timer_create.c'].includes(basename(source));
}

/** Puts the C library's headers into `include`. */
export function installMuslHeaders(tree: string, include: string): void {
  cpSync(join(tree, 'arch/generic/bits'), join(include, 'bits'), { recursive: true });
  for (const directory of ['include', `${ARCH}/bits`, 'generated/include']) {
    const target = directory.endsWith('bits') ? join(include, 'bits') : include;
    cpSync(join(tree, directory), target, { recursive: true, filter: (path) => !path.endsWith('.in') });
  }
}
