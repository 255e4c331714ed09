// Boeing/libc-test, a copy of musl's own tests: each program checks a part of the C library, prints what is wrong, and ends by 1 then.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledTest } from './compiled.ts';

const FOLDERS = ['functional', 'regression', 'math'] as const;
/** What is compiled into every test; the rest of that folder is a runner, which forks. */
const COMMON = ['fdfill', 'memfill', 'mtest', 'path', 'print', 'rand', 'setrlim', 'utf8', 'vmfill'] as const;
const FLAGS = ['-std=c99', '-D_POSIX_C_SOURCE=200809L', '-D_FILE_OFFSET_BITS=64', '-O0', '-w', '-fno-builtin'];

/** By what a test calls. */
const NOT_YET: readonly (readonly [RegExp, string])[] = [
  [/\bdlopen\s*\(|\bdlsym\s*\(|_dso\b/, 'needs dynamic linking'],
  [/\btimer_create\s*\(/, 'needs timers that start threads'],
  [/\b(v?fork|waitpid|wait|popen|posix_spawnp?|system|exec[lv]p?e?|daemon)\s*\(/, 'needs processes'],
  [/\b(msgget|semget|shmget|sem_open|shm_open)\s*\(/, 'needs System V’s or POSIX’s shared memory and semaphores'],
  [/\b(socket|socketpair)\s*\(/, 'needs sockets'],
  [/\bpipe\s*\(/, 'needs pipes'],
];

const NEEDS_THREADS = /\bpthread_create\s*\(|\bsem_init\s*\(|\bpthread_barrier|<threads\.h>/;
const THREADS_MOST = 32;

/** Why a test fails that does, by `folder/name`. */
export const LIBC_FAILURES: Readonly<Record<string, string>> = {
  'functional/pthread_cancel': 'a loop without calls goes on when its thread is to be cancelled',
  'functional/strptime': 'musl 1.2.5 parses neither %F, %s nor %z',
  'math/fma': 'the sign of a zero to which musl’s own fma underflows',
  'regression/sigaltstack': 'handlers run on the stack of the call at whose end they run',
};

/** @returns none when it is no checkout of libc-test */
export function readLibcTest(checkout: string): CompiledTest[] {
  const common = join(checkout, 'src/common');
  if (!existsSync(common)) return [];
  return FOLDERS.flatMap((folder) => {
    const directory = join(checkout, 'src', folder);
    const files = readdirSync(directory).filter((file) => file.endsWith('.c'));
    return files.sort().map((file): CompiledTest => {
      const source = join(directory, file);
      const name = file.slice(0, -'.c'.length);
      const text = readFileSync(source, 'utf8');
      const needsThreads = NEEDS_THREADS.test(text);
      return {
        suite: `libc-test, ${folder}`,
        name: `${folder}/${name}`,
        skip: /_dso$|_dlopen$|^tls_align$/.test(name)
          ? 'needs dynamic linking'
          : NOT_YET.find(([needs]) => needs.test(text))?.[1],
        sources: [source],
        common: COMMON.map((each) => join(common, `${each}.c`)),
        flags: [...FLAGS, `-I${common}`, '-lm', ...(needsThreads ? ['-pthread'] : [])],
        ...(needsThreads && { threads: THREADS_MOST }),
        runs: [{ args: [] }],
      };
    });
  });
}
