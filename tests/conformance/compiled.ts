// Suites that come as sources in C: each test is compiled for Linux's target, by the compiler that the user names or by ours, and run.
// What is compiled is kept until source, compiler or sysroot change; so is what the host's own compiler and program say.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../runtime/index.ts';
import { importBuilt, root } from '../support/built.ts';
import type { Placement } from './execute.ts';
import type { Score, TestResult } from './report.ts';

/** How a program is started, and what it must do. */
export interface ProgramRun {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Default: 0. */
  readonly status?: number;
  /** What it must write to stdout; absent: anything. */
  readonly stdout?: string;
  /** Arguments of the test's other program, which runs before and after. */
  readonly setup?: readonly string[];
  readonly cleanup?: readonly string[];
}

export interface CompiledTest {
  readonly suite: string;
  readonly name: string;
  /** Why it is not run. */
  readonly skip?: string | undefined;
  /** Compiled, or as it is: a path that ends in .wasm. */
  readonly sources: readonly string[];
  readonly flags: readonly string[];
  /** What many tests have in common: each is compiled once. */
  readonly common?: readonly string[];
  /** Of the program that makes and removes what the test finds. */
  readonly hooks?: { readonly sources: readonly string[]; readonly flags: readonly string[] };
  /** That it may have at once; absent: it starts none. */
  readonly threads?: number;
  /** It is run natively first, if the user has a compiler for that, and skipped when it fails there. */
  readonly isNative?: boolean;
  readonly runs: readonly ProgramRun[];
}

const TIMEOUT_MS = 60_000;
const SHOWN = 300;
const CACHE = 'build/conformance/programs';
const NATIVE_CACHE = 'build/conformance/native';
const NATIVE_TIMEOUT_MS = 20_000;
/** Most of a program. */
const THREADS_MOST = 72;
const TARGET = ['--target=wasm32-linux-muslwali'];
const OWN_COMPILER = [process.execPath, join(root, 'dist/cli.cjs'), 'cc'] as const;

/** Compiles for Linux's target. */
export class ProgramCompiler {
  readonly #command: readonly string[];
  /** Behind the sources, where libraries must stand. */
  readonly #options: readonly string[];
  readonly #stamp: string;

  /** @param command and its options, apart by spaces; absent: `fusedos cc` */
  constructor(command: string | undefined) {
    const [compiler, ...options] = command?.split(' ').filter((word) => word !== '') ?? [];
    this.#command = compiler === undefined ? OWN_COMPILER : [compiler];
    this.#options = compiler === undefined ? TARGET : options;
    const stamp = join(root, 'dist/sysroot/stamp.json');
    this.#stamp = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  }

  /** @returns the module's path. Errors: Error with what the compiler says. */
  compile(sources: readonly string[], flags: readonly string[]): string {
    const [first = ''] = sources;
    if (first.endsWith('.wasm')) return first;
    const hash = createHash('sha256').update(JSON.stringify([this.#command, this.#options, flags, this.#stamp]));
    for (const source of sources) hash.update(readFileSync(source));
    const directory = join(root, CACHE);
    const module = join(directory, `${hash.digest('hex').slice(0, 32)}.wasm`);
    if (existsSync(module)) return module;
    mkdirSync(directory, { recursive: true });
    const [command = '', ...given] = this.#command;
    const made = `${module}.new`;
    const args = [...given, ...sources, ...flags, ...this.#options, '-o', made];
    const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(firstError(stderr));
    renameSync(made, module);
    return module;
  }
}

function firstError(stderr: string): string {
  const lines = stderr.split('\n');
  return (lines.find((line) => /error/.test(line)) ?? lines[0] ?? '').slice(0, SHOWN);
}

/**
 * Runs tests, one after another, each in a working directory of its own.
 *
 * @param native compiles for the host; absent: nothing is run natively
 * @param expected why a test fails that is known to, by its name
 * @param tell is told each result
 */
export async function scorePrograms(
  tests: readonly CompiledTest[],
  compiler: ProgramCompiler,
  native: string | undefined,
  placement: Placement,
  expected: Readonly<Record<string, string>>,
  tell: (host: string, result: TestResult) => void,
): Promise<Score> {
  const { boot } = await importBuilt();
  const machine = await boot({ appCores: THREADS_MOST, linuxProcesses: THREADS_MOST, readyCores: 1 });
  const host = `Node, ${placement}`;
  const results: TestResult[] = [];
  try {
    for (const test of tests) {
      const unfit = test.isNative && native !== undefined ? nativeFailure(test, native) : undefined;
      const result =
        unfit === undefined
          ? await resultOf(machine, test, compiler, placement, expected)
          : { suite: test.suite, name: test.name, outcome: 'skipped' as const, reason: unfit };
      results.push(result);
      tell(host, result);
    }
  } finally {
    await machine.close();
  }
  return { host, results };
}

/** Why a test says nothing: the host's own compiler or program fails it. */
function nativeFailure(test: CompiledTest, command: string): string | undefined {
  const { sources, flags, runs } = test;
  const hash = createHash('sha256').update(JSON.stringify([command, flags, runs]));
  for (const source of sources) hash.update(readFileSync(source));
  const kept = join(root, NATIVE_CACHE, hash.digest('hex').slice(0, 32));
  if (existsSync(kept)) return readFileSync(kept, 'utf8') || undefined;
  const failure = findNativeFailure(test, command);
  mkdirSync(join(root, NATIVE_CACHE), { recursive: true });
  writeFileSync(kept, failure ?? '');
  return failure;
}

function findNativeFailure({ sources, flags, runs }: CompiledTest, command: string): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'fusedos-native-'));
  try {
    const program = join(directory, 'program');
    const [compiler = '', ...options] = command.split(' ');
    const compiled = spawnSync(compiler, [...options, ...sources, ...flags, '-o', program], { encoding: 'utf8' });
    if (compiled.error !== undefined) throw compiled.error;
    if (compiled.status !== 0) return 'the host’s own clang does not compile it';
    const isRight = runs.every(({ args, env, status = 0 }) => {
      const how = { cwd: directory, timeout: NATIVE_TIMEOUT_MS, env: { ...process.env, ...env } } as const;
      return spawnSync(program, args, { ...how, stdio: 'ignore' }).status === status;
    });
    return isRight ? undefined : 'fails natively too';
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function resultOf(
  machine: Machine,
  test: CompiledTest,
  compiler: ProgramCompiler,
  placement: Placement,
  expected: Readonly<Record<string, string>>,
): Promise<TestResult> {
  const { suite, name, skip } = test;
  if (skip !== undefined) return { suite, name, outcome: 'skipped', reason: skip };
  const known = expected[name];
  const reason = await failureOf(machine, test, compiler, placement);
  if (known === undefined)
    return reason === undefined ? { suite, name, outcome: 'passed' } : { suite, name, outcome: 'failed', reason };
  // One that passes after all must leave the list.
  if (reason === undefined)
    return { suite, name, outcome: 'failed', reason: 'it passes, though it is listed as one that fails' };
  return { suite, name, outcome: 'skipped', reason: `fails: ${known}` };
}

async function failureOf(
  machine: Machine,
  { sources, flags, common = [], hooks, runs, name, threads }: CompiledTest,
  compiler: ProgramCompiler,
  placement: Placement,
): Promise<string | undefined> {
  let program: Uint8Array;
  let other: Uint8Array | undefined;
  try {
    const objects = common.map((each) => compiler.compile([each], [...flags, '-c']));
    program = readFileSync(compiler.compile(sources, [...flags, ...objects]));
    other = hooks && readFileSync(compiler.compile(hooks.sources, hooks.flags));
  } catch (error) {
    return `it does not compile: ${error instanceof Error ? error.message : String(error)}`;
  }
  for (const run of runs) {
    const options = { name, placement, cwd: '/tmp', timeoutMs: TIMEOUT_MS, ...(threads && { threads }) };
    const hook = async (what: string, args: readonly string[] | undefined): Promise<void> => {
      if (other !== undefined && args !== undefined) await machine.run(other, { ...options, args: [what, ...args] });
    };
    try {
      await hook('setup', run.setup);
      const { exitCode, hasTimedOut, trap, stdout, stderr } = await machine.run(program, {
        ...options,
        args: run.args,
        env: run.env ?? {},
        stdin: run.stdin ?? '',
      });
      await hook('cleanup', run.cleanup);
      const of = run.args.length === 0 ? '' : `${run.args.join(' ')}: `;
      const said = `${stdout}${stderr}`.trim().slice(0, SHOWN).replaceAll('\n', ' | ');
      if (hasTimedOut) return `${of}it did not end in ${TIMEOUT_MS / 1000} s: ${said}`;
      if (exitCode !== (run.status ?? 0))
        return `${of}status ${exitCode}${trap === undefined ? '' : ` (${trap.message})`}: ${said}`;
      if (run.stdout !== undefined && String(stdout) !== run.stdout) return `${of}it wrote ${said}`;
    } catch (error) {
      return `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}
