// Runs one test on a machine and compares. For Node and for a page, where it is loaded as a module of its own: so it imports
// types only, and what it is given survives JSON.

import type { Machine, RunResult } from '../../runtime/index.ts';
import type { RunSpecification } from './specification.ts';
import type { TreeEntry } from './suite.ts';

export type Placement = 'cnk' | 'fused' | 'linux' | 'library';

export interface Start {
  readonly name: string;
  readonly placement: Placement;
  readonly run: RunSpecification;
  /** Where each of the run's directories stands in the machine's tree, in their order. */
  readonly places: readonly string[];
}

/** A directory to be made in the machine's tree. */
export interface Tree {
  readonly place: string;
  readonly entries: readonly TreeEntry[];
}

const TIMEOUT_MS = 30_000;
/** How much of what a failed test wrote is shown: a panic comes first, then our trace of the trap. */
const SHOWN = 400;

/** @returns why the test failed, or undefined */
export async function execute(
  machine: Machine,
  program: Uint8Array | string,
  { name, placement, run, places }: Start,
): Promise<string | undefined> {
  const preopens = run.directories.map((directory, i) => ({ name: directory.name, path: places[i] ?? '' }));
  const { args, env } = run;
  const stdin = run.keepsStdinOpen ? openStdin(run.stdin) : run.stdin;
  const options = { name: `${name}.wasm`, args, env, stdin, placement, preopens, timeoutMs: TIMEOUT_MS };
  try {
    return compare(run, await machine.run(program, options));
  } catch (error) {
    return `it could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Gives a text, and never ends. */
function openStdin(text: string): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      if (text !== '') controller.enqueue(text);
    },
  });
}

/** Makes the trees, runs, and takes them away again, with all that the test has left in them. */
export async function executeWithTrees(
  machine: Machine,
  program: Uint8Array | string,
  start: Start,
  trees: readonly Tree[],
): Promise<string | undefined> {
  for (const tree of trees) await makeTree(machine, tree);
  try {
    return await execute(machine, program, start);
  } finally {
    for (const { place } of trees) await machine.fs.rm(place, { recursive: true, force: true });
  }
}

async function makeTree({ fs }: Machine, { place, entries }: Tree): Promise<void> {
  for (const { path, mode, content, target } of entries) {
    const at = path === '' ? place : `${place}/${path}`;
    if (target !== undefined) await fs.symlink(target, at);
    else if (content === undefined) await fs.mkdir(at, { recursive: path === '', mode });
    else await fs.writeFile(at, Uint8Array.from(content), { mode });
  }
}

function compare(expected: RunSpecification, result: RunResult): string | undefined {
  const { exitCode, signal, trap, hasTimedOut } = result;
  const [stdout, stderr] = [result.stdout.text(), result.stderr.text()];
  const wrote = shown('stdout', stdout) + shown('stderr', stderr);
  if (hasTimedOut) return `it did not end within ${TIMEOUT_MS / 1000} s${wrote}`;
  if (exitCode !== expected.exitCode) {
    const how = trap?.message ?? signal;
    return `its exit status is ${exitCode}${how ? ` (${how})` : ''}, not ${expected.exitCode}${wrote}`;
  }
  if (!stdout.startsWith(expected.stdout)) return `stdout does not begin with ${quoted(expected.stdout)}${wrote}`;
  if (!stderr.startsWith(expected.stderr)) return `stderr does not begin with ${quoted(expected.stderr)}${wrote}`;
  return undefined;
}

function shown(stream: string, text: string): string {
  return text === '' ? '' : `; ${stream}: ${quoted(text.slice(0, SHOWN))}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
