// The host's side of the oracle: compiles oracle.c and runs cases by it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Case } from './case.ts';

const COMPILERS = ['cc', 'clang', 'gcc'];
/** As major · 100 + minor. */
const OLDEST = 606;

/** Why there is no oracle here; undefined: there is one. */
export function whyNoOracle(): string | undefined {
  if (process.platform !== 'linux') return 'the host is not Linux';
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major * 100 + minor < OLDEST) return 'a Linux before 6.6, which answers some cases otherwise';
  // Cases change identity and give files away.
  if (process.getuid?.() !== 0) return 'not user 0';
  const compiler = COMPILERS.find((name) => spawnSync(name, ['--version']).status === 0);
  return compiler === undefined ? 'no native C compiler' : undefined;
}

/** What the host answers to each step of each case. */
export function onHost(cases: readonly Case[]): string[][] {
  const directory = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const program = join(directory, 'oracle');
    compile(program);
    const input = cases.flatMap(({ steps }, i) => steps.map((step) => `${i} | ${step}\n`)).join('');
    const run = spawnSync(program, [directory], { input, encoding: 'utf8', timeout: 60_000, maxBuffer: 1 << 24 });
    if (run.status !== 0) throw new Error(`oracle: ${run.stderr}${run.error ?? ''}`);
    const answers: string[][] = cases.map(() => []);
    for (const line of run.stdout.split('\n')) {
      const at = line.indexOf(' | ');
      if (at > 0) answers[Number(line.slice(0, at))]?.push(line.slice(at + 3));
    }
    return answers;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function compile(program: string): void {
  for (const compiler of COMPILERS) {
    const run = spawnSync(compiler, ['-O1', '-o', program, join(import.meta.dirname, 'oracle.c')], {
      encoding: 'utf8',
    });
    if (run.status === 0) return;
    if (run.error === undefined) throw new Error(run.stderr);
  }
  throw new Error('no compiler');
}
