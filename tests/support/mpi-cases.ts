// Compiles the programs of tests/guests/mpi and runs them as jobs of so many ranks. See: tests/guests/mpi/case.h, which says what they print.

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { argsOf, GUEST_APPS, type GuestApp } from '../../guest-apps/catalog.ts';
import type { Machine } from '../../runtime/index.ts';
import { distDirectory, guestDirectory, root } from './built.ts';
import { compilePrograms, type ProgramSource } from './compile-programs.ts';

export interface Outcome {
  readonly exitCode: number;
  /** Messages by sender, then receiver. */
  readonly messages: readonly (readonly number[])[];
  /** Names of cases. */
  readonly right: readonly string[];
  readonly skipped: readonly string[];
  /** What was printed of those that failed, and last on stderr. */
  readonly failures: readonly string[];
}

/** What a job of one of the programs has written, and sent. */
interface Said extends Pick<Outcome, 'exitCode' | 'messages'> {
  readonly stdout: string;
  readonly stderr: string;
  /** Why it was ended, by MPI or by a trap. */
  readonly reason?: string | undefined;
}

const folder = join(guestDirectory, 'mpi');
const sysroot = join(distDirectory, 'sysroot');

/** The programs' names. */
export const MPI_PROGRAMS = readdirSync(join(root, 'tests/guests/mpi'))
  .filter((name) => name.endsWith('.c'))
  .map((name) => basename(name, '.c'));

/** Those that ask for nothing but MPI. */
export const PORTABLE_MPI_PROGRAMS = MPI_PROGRAMS.filter((name) => name !== 'arithmetic');

/** The guest apps that communicate. */
export const MPI_APPS: readonly GuestApp[] = GUEST_APPS.filter(({ ranks }) => ranks !== undefined);
/** Of each rank of those that have some. */
export const MPI_APP_THREADS = 2;

export function compileMpiPrograms(names: readonly string[]): Promise<void> {
  const args = ['-O2', '-D_GNU_SOURCE', '-lmpi', '-lm'];
  return compile(names.map((name) => ({ name, language: 'c', source: `tests/guests/mpi/${name}.c`, args })));
}

export function compileMpiApps(): Promise<void> {
  return compile(MPI_APPS.map((app) => ({ ...app, args: argsOf(app) })));
}

async function compile(programs: readonly (Omit<ProgramSource, 'file'> & { readonly name: string })[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await compilePrograms(
    sysroot,
    programs.map((program) => ({ ...program, file: mpiProgram(program.name) })),
  );
}

/** The last line that an app has printed, and what it said on stderr. */
export async function runMpiApp(
  machine: Machine,
  name: string,
  n: number,
  { threads = MPI_APP_THREADS, args = [] as string[] } = {},
): Promise<string> {
  const options = { n, threads, args, timeoutMs: 300_000 };
  const { stdout, stderr } = await machine.mpirun(readFileSync(mpiProgram(name)), options);
  return `${stdout.text().trimEnd().split('\n').at(-1)}${stderr.text()}`;
}

/** @param args names of cases to begin with; none: all */
export async function runMpiProgram(
  machine: Machine,
  name: string,
  n: number,
  args: readonly string[] = [],
): Promise<Outcome> {
  const bytes = readFileSync(mpiProgram(name));
  const job = await machine.mpirun(bytes, { n, args: [...args], timeoutMs: 300_000 });
  const { exitCode, aborted, trap, stdout, stderr, traffic } = job;
  const reason = aborted ?? trap?.message;
  return outcomeOf({ exitCode, reason, stdout: stdout.text(), stderr: stderr.text(), messages: traffic.messages });
}

/** What a program of cases has said. */
export function outcomeOf({ exitCode, reason, stdout, stderr, messages }: Said): Outcome {
  const lines = stdout.split('\n');
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const failures = of('FAILED');
  if (exitCode !== 0) failures.push(`exit status ${exitCode}: ${reason ?? ''} ${stderr.slice(-600)}`);
  return { exitCode, messages, right: of('ok'), skipped: of('skipped'), failures };
}

/** The file of a compiled program. */
export function mpiProgram(name: string): string {
  return join(folder, `${name}.wasm`);
}
