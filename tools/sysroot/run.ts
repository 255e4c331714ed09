// Runs the programs that the build needs, and says which package has the one that is missing.

import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { Failure, failureOf } from './failure.ts';

export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PACKAGES: { readonly [program: string]: string } = {
  'clang-22': 'clang-22',
  'llvm-ar-22': 'llvm-22',
  'apt-get': 'apt',
  tar: 'tar',
  xz: 'xz-utils',
};

/** Runs a program to its end while other things go on. Errors: it is not there, or has no space. */
export function run(program: string, args: readonly string[], cwd?: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    child.on('error', (error) => reject(missing(program, error)));
    child.on('close', (status) => {
      const result = { status: status ?? 1, stdout: `${Buffer.concat(stdout)}`, stderr: `${Buffer.concat(stderr)}` };
      if (/no space left/i.test(result.stderr)) reject(failureOf(new Error(result.stderr), `running ${program}`));
      else resolve(result);
    });
  });
}

/** Runs a program and waits for it; what it says on stdout. Errors: as `run`, and a status other than 0. */
export function output(program: string, args: readonly string[]): string {
  const result: SpawnSyncReturns<string> = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (result.error) throw missing(program, result.error);
  if (result.status !== 0) throw new Failure(`${program} ${args.join(' ')}: ${lastLine(result.stderr)}`);
  return result.stdout;
}

/** The line of a program's complaint that says most. */
export function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^(E:|.*\berror\b)/.test(line)) ?? lines.at(-1) ?? 'no message';
}

function missing(program: string, error: NodeJS.ErrnoException): Failure {
  if (error.code !== 'ENOENT') return failureOf(error, `running ${program}`);
  return new Failure(`${program} is not there: install the package ${PACKAGES[program] ?? program} (Debian's name)`);
}
