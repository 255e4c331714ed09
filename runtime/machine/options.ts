// What a user may ask of a machine and of a run: the options of the public API, their defaults and checks.

import type { MachineFacts, VolumeFiles } from '../../personalities/linux/index.ts';
import { findRow, TABLE } from '../abi/table.ts';
import { POLICIES, type PollPolicy } from '../channel/layout.ts';
import { PLACEMENTS, type Placement, type Routes } from '../core/route.ts';
import { host } from '../host/index.ts';
import { PAGE_BYTES } from '../memory/pages.ts';
import { COMPILER_LOCATIONS, type CompilerLocations } from './compile/options.ts';
import { type HostImports, readHostImports } from './host-functions/imports.ts';
import type { ImageSource } from './linux/image.ts';
import type { Preopen } from './messages.ts';
import type { MountSource } from './mounts/table.ts';
import { RUN_LIMITS, RUN_OUTPUT_BYTES, type RunLimits } from './process/limits.ts';
import type { StagedContent } from './process/stage.ts';
import type { StdinSource } from './process/stdin.ts';
import {
  checkArray,
  checkBoolean,
  checkInteger,
  checkObject,
  checkOneOf,
  invalidType,
  invalidValue,
} from './values/arguments.ts';
import {
  integerFrom,
  nested,
  oneOf,
  type Reader,
  type Readers,
  readAbsolutePath,
  readBoolean,
  readEnvironment,
  readFunction,
  readObject,
  readOptions,
  readSignal,
  readText,
  readTexts,
} from './values/option-readers.ts';

export interface MachineOptions {
  /** Workers that run the Linux personality. Default and only value now: 1. */
  readonly systemCores?: 1;
  /**
   * Workers that run guests, one guest thread each, at most 256. Default: one more than the host has processors, at least 4.
   */
  readonly appCores?: number;
  /** Those of them that start with the machine; others start when they are needed. Default: the host's processors less the system cores, at least 2. */
  readonly readyCores?: number;
  readonly memory?: {
    /** Most that one process may grow to, in bytes. Default 1 GiB. */
    readonly process?: number;
    /** Most that all processes together may grow to, in bytes; each counts with its maximum. Default: enough for all cores and `loadHere`. */
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
  /** Where the compilers of `compileC` and `compileAssemblyScript` are. */
  readonly compilers?: CompilerLocations;
  /**
   * What the whole tree stands on, in the place of the machine's own files in memory: a memfs `Volume`, live both ways, or
   * anything that can be mounted; as `mounts: { '/': … }`. The directories /dev, /proc and /tmp are made in it where they are
   * missing. `fs.save`, `fs.restore` and `image` are for files in memory (EOPNOTSUPP).
   */
  readonly root?: MountSource | VolumeFiles;
  /** Files that the machine begins with, a tar image (see `machine.fs.restore`); mounts come on top. */
  readonly image?: ImageSource;
  /** What stands in the machine's tree besides its own files, by path; those above are mounted before those below them. */
  readonly mounts?: Readonly<Record<string, MountSource>>;
}

export interface SpawnOptions extends RunLimits {
  /** What follows the program's name. A byte that is not UTF-8 stands as U+DC80 to U+DCFF here and in `env`, as in a path. */
  readonly args?: readonly string[];
  /** `args[0]`; default: the last part of the program's path. */
  readonly name?: string;
  /** Variables; one that is undefined is not set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Working directory in the machine's tree. Default `/`. */
  readonly cwd?: string;
  readonly placement?: Placement;
  /** Who serves a single call, where both can. */
  readonly route?: Routes;
  /** Ends the process by SIGKILL when aborted. */
  readonly signal?: AbortSignal;
  /** Most that the program's memory may grow to, in bytes, in whole pages of 64 KiB. Default, and most: the machine's `memory.process`. */
  readonly memory?: number;
  /**
   * Threads that the program may have at once, main among them: it takes so many cores. Default, for a program that can start
   * threads: one more than the host has processors, at least 4, as far as cores are free; `load` leaves one free. Under the placement `library`, with
   * `stage`, and without shared memory a program has one.
   */
  readonly threads?: number;
  /**
   * A program whose threads all wait for one another, with no time to end at, is ended by SIGABRT, and its trap tells where each waits.
   * Default: yes, but for programs of `load`.
   */
  readonly deadlockCheck?: boolean;
  /** `false`: fail with EAGAIN instead of waiting for a core. */
  readonly queue?: boolean;
  /** What an import does that nobody provides. Default `trap`: calling it ends the guest by SIGSYS. */
  readonly unknownImports?: 'trap' | 'enosys';
  /**
   * Functions of yours that the program imports, by import module and name: `{ env: { add: (a, b) => a + b } }` runs here while the
   * program waits, `{ env: { add: { module: URL, export: 'add' } } }` in the program's thread. See HostFunction.
   */
  readonly imports?: HostImports;
  /** An exported function to call instead of `_start`, with numbers as text, as its parameters' types want them. */
  readonly invoke?: { readonly name: string; readonly args: readonly string[] };
  /**
   * Directories that a WASI program finds open, by name, from descriptor 3 on. Default: `/`; with another working directory
   * that one as `.`, and the directories at the top of the tree by name.
   */
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
  /** Reject when the program does not end with status 0, or a limit ended it. */
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
export const APP_CORES_MAX = 256;
/** Programs with threads count on a few, whatever the host has. */
const APP_CORES_LEAST = 4;
/** With fewer, a program beside a loaded one would wait for a worker to start. */
const READY_CORES_LEAST = 2;
export const DEFAULT_STORAGE = GIB;
/** Libraries in the booting thread at once; each has a slot of the control memory for its life. */
export const HERE_MOST = 8;

export interface MachineSettings {
  readonly appCores: number;
  readonly maximumPages: number;
  readonly totalBytes: number;
  readonly storage: number;
  readonly pollPolicy: PollPolicy;
  readonly queueLimit: number;
  readonly linuxProcesses: number;
  readonly spareCores: number;
  /** Cores that start with the machine; others start when they are needed. */
  readonly coresAhead: number;
  readonly workers: URL | undefined;
  readonly compilers: CompilerLocations;
}

/** What /proc tells of the machine. @param systemCores workers that run Linux alone */
export function machineFacts({ appCores, totalBytes }: MachineSettings, systemCores = 1): MachineFacts {
  return { applicationCores: appCores, systemCores, memoryBytes: totalBytes };
}

const readBytes = integerFrom(0, Number.MAX_SAFE_INTEGER);

const readSystemCores: Reader<1> = (name, value) => {
  checkInteger(name, value, 1, 1);
  return 1;
};

/** Whatever may be an image is an object or names one; what it is instead is seen when it is read. */
const readImage: Reader<ImageSource> = (name, value) => {
  const isImage = typeof value === 'string' || (typeof value === 'object' && value !== null);
  if (!isImage) throw invalidType(name, 'a path, a URL, bytes or a stream of bytes', value);
  return value as ImageSource;
};

const MACHINE_OPTIONS: Readers<MachineOptions> = {
  systemCores: readSystemCores,
  appCores: integerFrom(1, APP_CORES_MAX),
  readyCores: integerFrom(0, APP_CORES_MAX),
  memory: nested<NonNullable<MachineOptions['memory']>>({
    process: integerFrom(PAGE_BYTES, 2 * PROCESS_MAX - PAGE_BYTES),
    total: integerFrom(PAGE_BYTES, Number.MAX_SAFE_INTEGER),
  }),
  storage: readBytes,
  sharedMemory: readBoolean,
  pollPolicy: oneOf(POLICIES),
  queueLimit: integerFrom(0, 1_000_000),
  linuxProcesses: integerFrom(0, 256),
  spareCores: integerFrom(0, APP_CORES_MAX),
  root: (name, value) => {
    if (typeof value !== 'string') checkObject(name, value);
    return value as MountSource | VolumeFiles;
  },
  image: readImage,
  mounts: readObject,
  compilers: nested<CompilerLocations>(COMPILER_LOCATIONS),
  workers: (_name, value) => {
    checkWorkers(value);
    return value as string | URL;
  },
};

/** What `boot` knows. */
export const MACHINE_OPTION_NAMES: readonly string[] = Object.keys(MACHINE_OPTIONS);

/** Errors: those of readOptions. */
export function readMachineOptions(options: unknown): MachineOptions {
  return readOptions('options', options, MACHINE_OPTIONS);
}

/** Errors: as readMachineOptions. */
export function checkMachineOptions(options: MachineOptions, processors: number): MachineSettings {
  const read = readMachineOptions(options);
  const { appCores = Math.min(Math.max(APP_CORES_LEAST, processors + 1), APP_CORES_MAX), spareCores = 1 } = read;
  const { readyCores = Math.max(READY_CORES_LEAST, processors - 1) } = read;
  const linuxProcesses = read.linuxProcesses ?? 16;
  const process = read.memory?.process ?? GIB;
  // Twice: the memory of a guest that was killed stays in quarantine while the next one runs.
  const enough = process * (2 * (appCores + linuxProcesses) + HERE_MOST);
  return {
    appCores,
    maximumPages: Math.floor(process / PAGE_BYTES),
    totalBytes: read.memory?.total ?? enough,
    storage: read.storage ?? DEFAULT_STORAGE,
    pollPolicy: read.pollPolicy ?? 'adaptive',
    queueLimit: read.queueLimit ?? 1024,
    linuxProcesses,
    spareCores,
    coresAhead: Math.min(appCores, readyCores) + spareCores,
    workers: checkWorkers(read.workers),
    compilers: read.compilers ?? {},
  };
}

/** Cores that a process takes whose program can start threads: one for each that it may have at once. @param free of the machine, now */
export function coresOf({ threads }: SpawnOptions, free: number): number {
  // Main waits, in most programs, while as many threads as there are processors work.
  return threads ?? Math.max(1, Math.min(free, Math.max(APP_CORES_LEAST, host.processors + 1)));
}

/** The option `workers`. Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
function checkWorkers(value: unknown): URL | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof URL) && typeof value !== 'string') {
    throw invalidType('options.workers', 'of type string or an instance of URL', value);
  }
  const folder = host.workersAt(value);
  if (folder !== undefined) return folder;
  const wanted =
    host.name === 'node' ? 'must be a path or a file: URL' : 'must be a URL, or relative to one of the page';
  throw invalidValue('options.workers', String(value), wanted);
}

const readRoutes: Reader<Routes> = (name, value) => {
  checkObject(name, value);
  for (const [call, personality] of Object.entries(value)) {
    if (!TABLE.some((row) => row.name === call))
      throw invalidValue(name, call, `cannot have it: there is no call ${call}`);
    checkOneOf(`${name}.${call}`, personality, ['cnk', 'linux']);
    const row = findRow('wasi_snapshot_preview1', call) ?? findRow('env', call);
    if (personality === 'cnk' && row?.home === 'linux') {
      throw invalidValue(`${name}.${call}`, personality, `cannot be that: CNK does not serve ${call}`);
    }
  }
  return { ...value } as Routes;
};

const readInvocation = nested<NonNullable<SpawnOptions['invoke']>>({ name: readText, args: readTexts });

const PREOPEN: Readers<Preopen> = { name: readText, path: readText };

export const readPreopens: Reader<readonly Preopen[]> = (name, value) => {
  checkArray(name, value);
  return Array.from(value, (preopen, index) => {
    const { name: guestName, path } = readOptions<Partial<Preopen>>(`${name}[${index}]`, preopen ?? null, PREOPEN);
    // Both are required: an absent one is of a wrong type.
    return { name: readText(`${name}[${index}].name`, guestName), path: readText(`${name}[${index}].path`, path) };
  });
};

const readTerminals: Reader<readonly [boolean, boolean, boolean]> = (name, value) => {
  checkArray(name, value);
  const [stdin, stdout, stderr, ...more] = value;
  if (value.length !== 3 || more.length > 0) throw invalidValue(name, value, 'must have three elements');
  checkBoolean(`${name}[0]`, stdin);
  checkBoolean(`${name}[1]`, stdout);
  checkBoolean(`${name}[2]`, stderr);
  return [stdin, stdout, stderr];
};

const SPAWN_OPTIONS: Readers<SpawnOptions> = {
  ...RUN_LIMITS,
  args: readTexts,
  name: readText,
  env: readEnvironment,
  cwd: readAbsolutePath,
  placement: oneOf(PLACEMENTS),
  route: readRoutes,
  signal: readSignal,
  memory: integerFrom(PAGE_BYTES, 2 * PROCESS_MAX - PAGE_BYTES), // and what the machine allows: see machine-memory
  threads: integerFrom(1, APP_CORES_MAX),
  deadlockCheck: readBoolean,
  queue: readBoolean,
  unknownImports: oneOf(['trap', 'enosys']),
  imports: readHostImports,
  invoke: readInvocation,
  preopens: readPreopens,
  joinOutput: readBoolean,
  stage: readObject,
  trace: readFunction,
  terminals: readTerminals,
};

export const RUN_OPTIONS: Readers<RunOptions> = {
  ...SPAWN_OPTIONS,
  // Checked where it is opened, before anything starts: see machine/process/stdin.
  stdin: (_name, value) => value as StdinSource,
  check: readBoolean,
  changes: readBoolean,
};

/** What `run` knows. */
export const RUN_OPTION_NAMES: readonly string[] = Object.keys(RUN_OPTIONS);

/** For `spawn` and `load`. Errors: those of readOptions. */
export function readSpawnOptions(options: unknown): SpawnOptions {
  return readOptions('options', options, SPAWN_OPTIONS);
}

/** For `run`. Errors: those of readOptions. */
export function readRunOptions(options: unknown): RunOptions {
  return { maxOutput: RUN_OUTPUT_BYTES, ...readOptions('options', options, RUN_OPTIONS) };
}

/** What a library in the booting thread may be told: nothing interrupts it, so it has no limits of time. */
export type HereOptions = Pick<
  SpawnOptions,
  'args' | 'name' | 'env' | 'cwd' | 'preopens' | 'unknownImports' | 'imports'
>;

const HERE_OPTIONS: Readers<HereOptions> = {
  args: readTexts,
  name: readText,
  env: readEnvironment,
  cwd: readAbsolutePath,
  preopens: readPreopens,
  unknownImports: oneOf(['trap', 'enosys']),
  imports: readHostImports,
};

/** For `loadHere`. Errors: those of readOptions. */
export function readHereOptions(options: unknown): HereOptions {
  return readOptions('options', options, HERE_OPTIONS);
}
