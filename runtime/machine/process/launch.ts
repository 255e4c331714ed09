// What it takes to start a program, on a machine of either kind: its entry, its name, the directories that it finds open,
// the ways by which it is ended from outside.

import type { Pid } from '../../abi/types.ts';
import { escapedLength } from '../../memory/escaped-text.ts';
import { RingWriter } from '../../shm/byte-stream.ts';
import { FusedError } from '../errors.ts';
import type { MachineFileSystem } from '../fs/index.ts';
import type { HostStdio, Preopen, ProcessMessage, StartGuest, StdioBuffers } from '../messages.ts';
import type { SpawnOptions } from '../options.ts';
import type { Program, ProgramSource } from '../program.ts';
import { invocationOf } from '../resident/invoke.ts';
import { startTimer } from '../values/timer.ts';
import { watchRunning } from './limits.ts';
import { preopensFor, workingDirectory, workingPath } from './preopens.ts';
import type { GuestProcess } from './process.ts';
import type { OpenStdin } from './stdin.ts';

/** A program that is to start, once it has a core. */
export interface Launch {
  readonly program: Program;
  /** `args[0]`. */
  readonly name: string;
  readonly options: SpawnOptions;
  readonly mode: StartGuest['mode'];
  readonly preopens: readonly Preopen[];
  /** Descriptors of this process's own in place of streams. */
  readonly hostStdio?: HostStdio | undefined;
}

/** What descriptors 0, 1 and 2 of a process are. */
export interface Standard {
  /** Descriptor 0 is a stream; else it is /dev/null. Default: yes. */
  readonly hasStdin?: boolean;
  /** What it reads, where that has to be read ahead. */
  readonly stdin?: OpenStdin | undefined;
  /** Descriptors of this process's own in place of streams. */
  readonly hostStdio?: HostStdio;
}

/** What the machine calls itself. See: WASI application ABI. */
const ENTRIES: ReadonlySet<string> = new Set(['_start', '_initialize']);

/** The variables that are set, as `NAME=VALUE`s. */
export function environmentOf({ env = {} }: Pick<SpawnOptions, 'env'>): string[] {
  return Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
}

/** What Linux and the core are told of its process. */
export function processMessage(
  pid: Pid,
  { program, name, options, preopens, hostStdio }: Launch,
  stdio: StdioBuffers,
): ProcessMessage {
  return {
    pid,
    args: [name, ...(options.args ?? [])],
    env: environmentOf(options),
    cwd: options.cwd ?? (program.isLinuxProgram ? workingPath(preopens) : '/'),
    stdio,
    ...(hostStdio && { standardFiles: hostStdio.files }),
    terminals: options.terminals ?? [false, false, false],
    preopens: program.isLinuxProgram ? [] : preopens,
  };
}

/** Linux's limits, of one string with its NUL and of all: MAX_ARG_STRLEN, and a quarter of a stack of 8 MiB. */
const STRING_MAX = 131_072;
const STRINGS_MAX = 2 ** 21;
const POINTER_BYTES = 4;

/** Errors: E2BIG: arguments and environment that no process can have. */
export function requireRoom({ args = [], env = {}, name = '' }: SpawnOptions): void {
  const lengths = [name, ...args].map((text) => escapedLength(text) + 1);
  // With the `=`.
  for (const [key, value = ''] of Object.entries(env)) lengths.push(escapedLength(key) + escapedLength(value) + 2);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const all = lengths.reduce((sum, length) => sum + length + POINTER_BYTES, 0);
  if (longest > STRING_MAX) {
    throw new FusedError('E2BIG', `an argument or variable has ${longest - 1} bytes; it may have ${STRING_MAX - 1}`);
  }
  if (all > STRINGS_MAX) {
    throw new FusedError('E2BIG', `arguments and environment take ${all} bytes; they may take ${STRINGS_MAX}`);
  }
}

/** Ends at once the streams in whose place the program has the host's own descriptors. */
export function closeUnused([, stdout, stderr]: StdioBuffers, { files }: HostStdio): void {
  if (files[1] !== undefined) new RingWriter(stdout).close();
  if (files[2] !== undefined && stderr !== stdout) new RingWriter(stderr).close();
}

/** Errors: ENOEXEC for a module that gives nothing to run, or an entry of a type that none has; those of `invocationOf`. */
export function requireEntry(program: Program, options: SpawnOptions, mode: StartGuest['mode']): void {
  const { exports, hasStart } = program;
  for (const { name, type } of exports) {
    if (!ENTRIES.has(name) || type === undefined || type.params.length + type.results.length === 0) continue;
    throw new FusedError(
      'ENOEXEC',
      `the program’s ${name} is a function with parameters or results; it must have none`,
    );
  }
  const functions = exports
    .filter(({ kind, name }) => kind === 'function' && name !== '_initialize')
    .map(({ name }) => name);
  if (mode === 'resident' && functions.length > 0) return;
  if (invocationOf(program, options) !== undefined || functions.includes('_start') || hasStart) return;
  const hint =
    functions.length > 0
      ? `; it exports ${functions.slice(0, 5).join(', ')}: name one to call`
      : ' and no other function';
  throw new FusedError('ENOEXEC', `the program exports no _start${hint}`);
}

/** `args[0]`. */
export function nameOf(source: ProgramSource, { name }: SpawnOptions): string {
  if (name !== undefined) return name;
  const location = typeof source === 'string' ? source : source instanceof URL ? source.pathname : '';
  return location.split(/[/\\]/).pop() || 'program';
}

const NEVER = Number.POSITIVE_INFINITY;

/** Ends the process when its time or processor time is up or its signal aborts, or has aborted already. */
export function limit(process: GuestProcess, { timeoutMs = NEVER, cpuMs = NEVER, signal }: SpawnOptions): void {
  const stopTimer = startTimer(timeoutMs, () => process.exceed('timeout'));
  const stopWatch = watchRunning(
    cpuMs,
    () => process.cpuMs,
    () => process.exceed('cpu'),
  );
  const abort = (): void => void process.kill('SIGKILL');
  signal?.addEventListener('abort', abort);
  if (signal?.aborted === true) abort();
  const done = (): void => {
    stopTimer();
    stopWatch();
    signal?.removeEventListener('abort', abort);
  };
  process.exit.then(done, done);
}

/** The default, in a tree that can be asked. Errors: ENOENT, ENOTDIR: no such working directory. */
export async function preopensIn(fs: MachineFileSystem, cwd: string): Promise<Preopen[]> {
  const [entries, tops] = await Promise.all([
    fs.readdir(cwd).catch((error: unknown) => Promise.reject(cwdError(cwd, error))),
    fs.readdir('/', { withFileTypes: true }),
  ]);
  const names = tops.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return preopensFor(workingDirectory(cwd), names, entries);
}

function cwdError(cwd: string, error: unknown): unknown {
  if (!(error instanceof FusedError)) return error;
  const reason = error.code === 'ENOENT' ? 'there is no such directory' : error.message;
  return new FusedError(error.code, `cwd ${cwd}: ${reason}`, { cause: error });
}
