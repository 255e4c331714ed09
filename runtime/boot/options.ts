// What a user may ask of a machine and of a run: the options of the public API, their defaults and checks.

import type { MachineFacts } from '../../personalities/linux/index.ts';
import { findRow, TABLE } from '../abi/table.ts';
import { POLICIES, type PollPolicy } from '../channel/layout.ts';
import { PLACEMENTS, type Placement, type Routes } from '../core/route.ts';
import { PAGE_BYTES } from '../memory/pool.ts';
import { FusedError } from './errors.ts';
import type { ImageSource } from './image.ts';
import type { Preopen } from './messages.ts';
import type { MountSource } from './mounts.ts';
import type { StagedContent } from './stage.ts';
import type { StdinSource } from './stdin.ts';
import { checkWorkers } from './workers.ts';

export interface MachineOptions {
  /** Workers that run the Linux personality. Default and only value now: 1. */
  readonly systemCores?: 1;
  /** Workers that run guests, one guest thread each. Default: the host's processors less the system cores, at least 1. */
  readonly appCores?: number;
  readonly memory?: {
    /** Most that one process may grow to, in bytes. Default 1 GiB. */
    readonly process?: number;
    /** Most that all processes together may grow to, in bytes; each counts with its maximum. Default: enough for all cores. */
    readonly total?: number;
  };
  /** Most that the files of the machine may take, in bytes. Default 1 GiB. */
  readonly storage?: number;
  /**
   * Whether threads share memory. Default: where the host can. `false`: never, on a machine that is `degraded`; `true`: boot
   * fails where the host cannot.
   */
  readonly sharedMemory?: boolean;
  /** How both sides of a shipped call wait. Default `adaptive`. */
  readonly pollPolicy?: PollPolicy;
  /** Programs that may wait for a core. Default 1024. */
  readonly queueLimit?: number;
  /** Ordinary Linux processes at once (placement `linux`). Default 16. */
  readonly linuxProcesses?: number;
  /** Cores kept ready for when a guest has to be ended by ending its thread. Default 1. */
  readonly spareCores?: number;
  /**
   * The folder with the workers of this version (`core-worker` …), a URL, or a path in Node: for bundles that do not have them
   * beside them. Default: where the package, or the bundler, has them.
   */
  readonly workers?: string | URL;
  /** Files that the machine begins with, a tar image (see `machine.fs.restore`); mounts come on top. */
  readonly image?: ImageSource;
  /** What stands in the machine's tree besides its own files, by path; those above are mounted before those below them. */
  readonly mounts?: Readonly<Record<string, MountSource>>;
}

export interface SpawnOptions {
  /** What follows the program's name. */
  readonly args?: readonly string[];
  /** `args[0]`; default: the last part of the program's path. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory in the machine's tree. Default `/`. */
  readonly cwd?: string;
  readonly placement?: Placement;
  /** Who serves a single call, where both can. */
  readonly route?: Routes;
  /** Ends the process by SIGKILL when aborted. */
  readonly signal?: AbortSignal;
  /** Ends the process by SIGKILL after so long. */
  readonly timeoutMs?: number;
  /** `false`: fail with EAGAIN instead of waiting for a core. */
  readonly queue?: boolean;
  /** What an import does that nobody provides. Default `trap`: calling it ends the guest by SIGSYS. */
  readonly unknownImports?: 'trap' | 'enosys';
  /** An exported function to call instead of `_start`, with numbers as text (`7n` for a 64-bit integer). */
  readonly invoke?: { readonly name: string; readonly args: readonly string[] };
  /** Directories that a WASI program finds open, by name. Default `/`, and the working directory as `.`. */
  readonly preopens?: readonly Preopen[];
  /** stdout and stderr are one stream, in the order written: `stdout`. `stderr` has only what we say of a trap. */
  readonly joinOutput?: boolean;
  /**
   * Files that are served in the guest's own worker, by absolute path, for the placement `cnk`. They hide the machine's files
   * of that path, no directory lists them, and they end with the process.
   * A directory that they stand in is made in the machine's tree when it is missing there, unless in a mount.
   */
  readonly stage?: Readonly<Record<string, StagedContent>>;
  /**
   * Gets a line for each call that the program makes, in the manner of strace: arguments, result, who served it, the time
   * that it took. Lines come while the program runs, some milliseconds late; the next one waits for a promise that is
   * returned, and the program when too many lines wait.
   */
  readonly trace?: (line: string) => void | Promise<void>;
  /** Which of the descriptors 0, 1 and 2 the program takes for terminals. Default: none. */
  readonly terminals?: readonly [boolean, boolean, boolean];
}

export interface RunOptions extends SpawnOptions {
  /**
   * What the program reads from descriptor 0; default: end of file. A source that fails ends the program by SIGKILL, and `run`
   * rejects with its error; one that the program reads no more is cancelled.
   */
  readonly stdin?: StdinSource;
  /** Reject when the program does not end with status 0. */
  readonly check?: boolean;
  /**
   * Tell which files changed while it ran, whoever changed them: those that `machine.fs` shows, so not under the placement
   * `library`, whose files end with the program.
   */
  readonly changes?: boolean;
}

const GIB = 2 ** 30;
/** Half of what WebAssembly can address: pointers beyond it break programs that take them for signed. */
const PROCESS_MAX = 2 * GIB;
export const APP_CORES_MAX = 64;
export const DEFAULT_STORAGE = GIB;

export interface MachineSettings {
  readonly appCores: number;
  readonly maximumPages: number;
  readonly totalBytes: number;
  readonly storage: number;
  readonly pollPolicy: PollPolicy;
  readonly queueLimit: number;
  readonly linuxProcesses: number;
  readonly spareCores: number;
  readonly workers: URL | undefined;
}

/** What /proc tells of the machine. @param systemCores workers that run Linux alone */
export function machineFacts({ appCores, totalBytes }: MachineSettings, systemCores = 1): MachineFacts {
  return { applicationCores: appCores, systemCores, memoryBytes: totalBytes };
}

/** Errors: FusedError EINVAL that names the option and what it may be. */
export function checkMachineOptions(options: MachineOptions, processors: number): MachineSettings {
  const appCores = integer('appCores', options.appCores ?? Math.max(1, processors - 1), 1, APP_CORES_MAX);
  integer('systemCores', options.systemCores ?? 1, 1, 1);
  const linuxProcesses = integer('linuxProcesses', options.linuxProcesses ?? 16, 0, 256);
  const process = integer('memory.process', options.memory?.process ?? GIB, PAGE_BYTES, 2 * PROCESS_MAX - PAGE_BYTES);
  // Twice: the memory of a guest that was killed stays in quarantine while the next one runs.
  const enough = 2 * process * (appCores + linuxProcesses);
  const pollPolicy = options.pollPolicy ?? 'adaptive';
  if (!POLICIES.includes(pollPolicy)) throw invalid('pollPolicy', pollPolicy, POLICIES.join(', '));
  return {
    appCores,
    maximumPages: Math.floor(process / PAGE_BYTES),
    totalBytes: integer('memory.total', options.memory?.total ?? enough, PAGE_BYTES, Number.MAX_SAFE_INTEGER),
    storage: integer('storage', options.storage ?? DEFAULT_STORAGE, 0, Number.MAX_SAFE_INTEGER),
    pollPolicy,
    queueLimit: integer('queueLimit', options.queueLimit ?? 1024, 0, 1_000_000),
    linuxProcesses,
    spareCores: integer('spareCores', options.spareCores ?? 1, 0, APP_CORES_MAX),
    workers: checkWorkers(options.workers),
  };
}

/** Errors: FusedError EINVAL that names the option and what it may be. */
export function checkSpawnOptions(options: SpawnOptions): void {
  const { placement, route, cwd, timeoutMs } = options;
  checkStrings(options);
  if (placement !== undefined && !PLACEMENTS.includes(placement))
    throw invalid('placement', placement, PLACEMENTS.join(', '));
  if (cwd !== undefined && !cwd.startsWith('/')) throw invalid('cwd', cwd, 'an absolute path in the machine’s tree');
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) throw invalid('timeoutMs', timeoutMs, 'a number of milliseconds');
  for (const [call, personality] of Object.entries(route ?? {})) {
    if (!TABLE.some((row) => row.name === call)) throw new FusedError('EINVAL', `route: there is no call ${call}`);
    if (personality === 'linux') continue;
    if (personality !== 'cnk') throw invalid(`route.${call}`, personality, 'cnk, linux');
    const row = findRow('wasi_snapshot_preview1', call) ?? findRow('env', call);
    if (row?.home === 'linux') throw new FusedError('EINVAL', `route: CNK does not serve ${call}`);
  }
}

/** What the guest gets as C strings. */
function checkStrings({ args = [], env = {}, name = '' }: SpawnOptions): void {
  for (const text of [name, ...args, ...Object.entries(env).flat()]) {
    if (text.includes('\0')) {
      throw new FusedError('EINVAL', `arguments and environment cannot have a NUL character: ${JSON.stringify(text)}`);
    }
  }
  const odd = Object.keys(env).find((key) => key === '' || key.includes('='));
  if (odd !== undefined) throw new FusedError('EINVAL', `env: a variable cannot be called ${JSON.stringify(odd)}`);
}

function integer(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(name, value, least === most ? `${least}` : `an integer from ${least} to ${most}`);
}

function invalid(name: string, value: unknown, allowed: string): FusedError {
  return new FusedError('EINVAL', `${name} is ${String(value)}; it may be ${allowed}`);
}
