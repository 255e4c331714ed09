// A C source as a job of so many ranks here, and natively by Debian's MPICH and Open MPI. It prints lines `name number`.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Machine, Program } from '../../runtime/index.ts';
import { ROOT } from './guest-programs.ts';

/** Numbers by name. */
export type Times = ReadonlyMap<string, number>;

export interface NativeMpi {
  /** The suffix of its commands. */
  readonly name: string;
  /** Options to start a program with, each way a list of them. */
  readonly ways: readonly (readonly string[])[];
}

const AS_ROOT = ['--allow-run-as-root'];
const SINGLE_COPY = ['pml ob1', 'btl self,vader', 'btl_vader_single_copy_mechanism cma'];

const NATIVES: readonly NativeMpi[] = [
  { name: 'mpich', ways: [[]] },
  {
    name: 'openmpi',
    ways: [AS_ROOT, [...AS_ROOT, ...SINGLE_COPY.flatMap((option) => ['--mca', ...option.split(' ')])]],
  },
];

/** Those that are installed. */
export function nativesHere(): NativeMpi[] {
  return NATIVES.filter(({ name }) => spawnSync(`mpicc.${name}`, ['--version']).status === 0);
}

/** Builds a source. @returns what runs it, a function for each way */
export function nativeStarts(
  { name, ways }: NativeMpi,
  source: string,
  folder: string,
  n: number,
): ((part: string) => Times)[] {
  const output = join(folder, name);
  const built = spawnSync(`mpicc.${name}`, ['-O3', source, '-o', output], { cwd: ROOT, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`mpicc.${name} cannot build ${source}:\n${built.stderr}`);
  return ways.map((way) => (part) => {
    const command = [...way, '-n', String(n), output, part];
    const { status, stdout, stderr } = spawnSync(`mpirun.${name}`, command, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`mpirun.${name} ended with ${status}: ${stderr}`);
    return timesIn(stdout);
  });
}

export async function runGuest(machine: Machine, program: Program, n: number, part: string): Promise<Times> {
  const { stdout } = await machine.mpirun(program, { n, args: [part], check: true });
  return timesIn(stdout.text());
}

function timesIn(output: string): Times {
  return new Map([...output.matchAll(/^(\w+) ([\d.e+-]+)$/gm)].map(([, name = '', value]) => [name, Number(value)]));
}
