// OpenMP-Validation-and-Verification/OpenMP_VV: each program checks a part of OpenMP and ends by 0 when it is right. There is no device, so what is
// for one runs on the host, as natively. A test that the host's own clang fails says nothing about us and is skipped.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledTest } from './compiled.ts';

const VERSIONS = ['4.5', '5.0', '5.1'] as const;
/** Of most programs, and of those that ask for large teams. */
const THREADS = 12;
const THREADS_MOST = 72;
const ASKS_FOR_MANY = /\b(16|32|64)\b/;

/** Why a test fails that passes natively, by `version/path`. */
export const OPENMP_FAILURES: Readonly<Record<string, string>> = {};

/** @returns none when it is no checkout of OpenMP_VV */
export function readOpenmpVv(checkout: string): CompiledTest[] {
  const headers = join(checkout, 'ompvv');
  if (!existsSync(join(headers, 'ompvv.h'))) return [];
  return VERSIONS.flatMap((version) => {
    const directory = join(checkout, 'tests', version);
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.c'));
    return files.sort().map(
      (file): CompiledTest => ({
        suite: `OpenMP_VV, ${version}`,
        name: `${version}/${file.slice(0, -'.c'.length)}`,
        sources: [join(directory, file)],
        flags: ['-O2', '-w', '-fopenmp', '-DVERBOSE_MODE=1', `-I${headers}`, '-lm'],
        threads: ASKS_FOR_MANY.test(readFileSync(join(directory, file), 'utf8')) ? THREADS_MOST : THREADS,
        isNative: true,
        runs: [{ args: [], env: { OMP_NUM_THREADS: '4' } }],
      }),
    );
  });
}
