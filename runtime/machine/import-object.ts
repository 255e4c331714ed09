// An import object for people who instantiate modules themselves: all calls of the table over a Linux of its own, in the
// caller's thread, a page's too. No machine, no worker, no shared memory. The guest's memory is known when `start` or
// `initialize` is given its instance; calls before (from a start function) find no memory: EFAULT.

import { type HostStat, type Linux, LinuxError, type ProcessSpec } from '../../personalities/linux/index.ts';
import { decodeStatus, exitStatus, type SignalName } from '../abi/signals.ts';
import { CALLS } from '../abi/table.ts';
import type { Pid } from '../abi/types.ts';
import { createLocalControl } from '../channel/layout.ts';
import { bindTable } from '../core/bind.ts';
import { readLastWords } from '../core/last-words.ts';
import { growing } from '../core/memory-calls.ts';
import { type GuestEnd, Monitor } from '../core/monitor.ts';
import { SignalHandlers } from '../core/signal-handlers.ts';
import { GuestMemory, unsharedSource } from '../memory/guest-memory.ts';
import { blockOfFirst, ProcessBlock } from '../process/block.ts';
import { coreService } from './cores/cnk-context.ts';
import { FusedError } from './errors.ts';
import { Stats } from './fs/stats.ts';
import {
  createPrivateLinux,
  loneSleeper,
  type PrivateLinux,
  type PrivateLinuxParts,
  publicError,
  publicRequest,
  request,
} from './linux/private.ts';
import type { Preopen } from './messages.ts';
import { DEFAULT_STORAGE, readPreopens } from './options.ts';
import { type Exit, exitTrap } from './process/exit.ts';
import { environmentOf } from './process/launch.ts';
import { Output } from './process/output.ts';
import { preopensFor, workingDirectory } from './process/preopens.ts';
import { bytesOf, type StdinChunk } from './process/stdin.ts';
import { bytesReader, sink } from './unshared/core.ts';
import { checkObject, invalidType } from './values/arguments.ts';
import {
  integerFrom,
  type Reader,
  type Readers,
  readAbsolutePath,
  readEnvironment,
  readOptions,
  readText,
  readTexts,
} from './values/option-readers.ts';

export interface ImportObjectOptions {
  /** What follows the program's name. */
  readonly args?: readonly string[];
  /** `args[0]`. Default `program`. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Working directory in the tree. Default `/`. */
  readonly cwd?: string;
  /** All that the program reads from descriptor 0. */
  readonly stdin?: StdinChunk;
  /** Files that it finds, by absolute path; directories are made. */
  readonly files?: Readonly<Record<string, StdinChunk>>;
  /** Directories that it finds open, by name. Default `/`, and the working directory as `.`. */
  readonly preopens?: readonly Preopen[];
  /** Most that its files may take, in bytes. Default 1 GiB. */
  readonly storage?: number;
  /** The memory, for a module that imports it and does not export it. */
  readonly memory?: WebAssembly.Memory;
}

/** How a program ended, with all that it wrote. */
export interface ImportObjectResult {
  /** The program's own; 128 + signal when a signal ended it. */
  readonly exitCode: number;
  readonly signal: SignalName | undefined;
  readonly trap: Exit['trap'];
  readonly stdout: Output;
  readonly stderr: Output;
}

/** The tree, in the shape of node:fs. Errors: FusedError with Node's codes. */
export interface ImportObjectFileSystem {
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
  readFileSync(path: string, encoding: 'utf8'): string;
  writeFileSync(path: string, content: Uint8Array | string): void;
  readdirSync(path: string): string[];
  mkdirSync(path: string, options?: { readonly recursive?: boolean }): void;
  rmSync(path: string, options?: { readonly recursive?: boolean; readonly force?: boolean }): void;
  statSync(path: string): Stats;
  existsSync(path: string): boolean;
}

export interface ImportObject {
  /** For WebAssembly.instantiate; add what else the module imports. */
  readonly imports: Record<string, Record<string, WebAssembly.ImportValue>>;
  readonly fs: ImportObjectFileSystem;
  /** What the program has written so far. */
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * Runs a command's `_start` to its end; once.
   *
   * Errors: FusedError EINVAL: no `_start`, or the program has begun before. What a function of the caller's own threw.
   */
  start(instance: WebAssembly.Instance): ImportObjectResult;
  /**
   * Runs a reactor's `_initialize`, if it has one; then the caller calls its exports. An export that exits or traps throws a
   * WebAssembly.RuntimeError.
   *
   * Errors: FusedError EINVAL: the program has begun before; ESRCH: it ended.
   */
  initialize(instance: WebAssembly.Instance): void;
}

const readContent: Reader<StdinChunk> = (name, value) => {
  const bytes = bytesOf(value);
  if (bytes === undefined) {
    throw invalidType(name, 'of type string or an instance of ArrayBuffer or ArrayBufferView', value);
  }
  return bytes;
};

const OPTIONS: Readers<ImportObjectOptions> = {
  args: readTexts,
  name: readText,
  env: readEnvironment,
  cwd: readAbsolutePath,
  stdin: readContent,
  files: (name, value) => {
    checkObject(name, value);
    const files = Object.entries(value).map(([path, content]) => {
      readAbsolutePath(`${name}[${JSON.stringify(path)}]`, path);
      return [path, readContent(`${name}[${JSON.stringify(path)}]`, content)] as const;
    });
    return Object.fromEntries(files);
  },
  preopens: readPreopens,
  storage: integerFrom(0, Number.MAX_SAFE_INTEGER),
  memory: (name, value) => {
    if (!(value instanceof WebAssembly.Memory)) throw invalidType(name, 'an instance of WebAssembly.Memory', value);
    return value;
  },
};

const PID = 2 as Pid;
/** Pages that a program of 32 bits can address. */
const MEMORY_MOST = 65536;
const SLOT = 0;

/**
 * Makes the imports for one instance of a module: `wasi_snapshot_preview1`, `wasi_unstable`, and AssemblyScript's own. A
 * call that has to wait (a sleep) waits if the thread may, else it fails with EAGAIN: in a page's own thread.
 *
 * Errors: FusedError: ENOENT, ENOTDIR: no such working or preopened directory. ENOSPC: the files do not fit. As Node's:
 * ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE: an option, or one that there is not.
 */
export function getImportObject(given: ImportObjectOptions = {}): ImportObject {
  const options = readOptions('options', given, OPTIONS);
  const control = createLocalControl(1);
  const block = new ProcessBlock(control, blockOfFirst(SLOT));
  const monitor = new Monitor(control, SLOT, block);
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  let memory = options.memory;
  const guestMemory = new GuestMemory(unsharedSource(() => memory));
  const stdio = [
    bytesReader(toBytes(options.stdin ?? '')),
    sink((bytes) => stdout.push(bytes)),
    sink((bytes) => stderr.push(bytes)),
  ] as const;
  const own = {
    memory: guestMemory,
    control,
    slot: SLOT,
    block,
    monitor,
    epochMs: performance.timeOrigin + performance.now(),
  };
  const library = makeLinux(options, stdio, {
    ...own,
    quotaBytes: options.storage ?? DEFAULT_STORAGE,
    sleeper: loneSleeper(),
  });
  const handlers = new SignalHandlers(monitor);
  const { core, attention } = coreService({
    ...own,
    process: { pid: PID, args: [], env: [] }, // the rest tells them
    sleep: library.sleep,
    rest: library,
    missing: monitor.missing,
    contain: monitor.contain,
    maximumPages: MEMORY_MOST,
    grow: (pages) => growing(memory)(pages),
    callHandler: handlers.call,
  });
  const imports = bindTable({
    calls: CALLS,
    placement: 'library',
    routes: {},
    unknownImports: 'trap',
    stubs: [],
    services: { core },
    rest: library,
    attention,
    noteLastWords: (row, args) => monitor.noteLastWords(readLastWords(guestMemory, row, args)),
    missing: monitor.missing,
    contain: monitor.contain,
  });
  let hasBegun = false;

  /** Runs an export as the program. @returns how it ended, when it did */
  function run(instance: WebAssembly.Instance, name: string): GuestEnd | undefined {
    const { exports } = instance;
    if (hasBegun)
      throw new FusedError('EINVAL', 'the program has begun before: make an import object for each instance');
    hasBegun = true;
    if (exports['memory'] instanceof WebAssembly.Memory) memory = exports['memory'];
    handlers.adopt(
      instance,
      Object.keys(exports).find((each) => exports[each] instanceof WebAssembly.Table),
    );
    const target = exports[name];
    const outcome = monitor.guard(() => (typeof target === 'function' ? target() : undefined));
    if (!('end' in outcome)) return undefined;
    return settle(outcome.end);
  }

  function settle(how: GuestEnd): GuestEnd {
    const { end } = monitor.settle(how);
    library.end(end.waitStatus);
    return end;
  }

  return {
    imports,
    fs: fileSystemOf(library.linux),
    get stdout() {
      return new Output(stdout);
    },
    get stderr() {
      return new Output(stderr);
    },
    start(instance) {
      checkInstance(instance);
      if (typeof instance.exports['_start'] !== 'function') {
        throw new FusedError('EINVAL', 'the program exports no _start: initialize it and call its exports');
      }
      const { waitStatus, trap } = run(instance, '_start') ?? settle({ waitStatus: exitStatus(0), trap: undefined });
      return {
        ...decodeStatus(waitStatus),
        trap: exitTrap(trap),
        stdout: new Output(stdout),
        stderr: new Output(stderr),
      };
    },
    initialize(instance) {
      checkInstance(instance);
      const end = run(instance, '_initialize');
      if (end === undefined) return;
      const { exitCode, signal } = decodeStatus(end.waitStatus);
      throw new FusedError('ESRCH', `the program ended: ${end.trap?.message ?? signal ?? `exit status ${exitCode}`}`);
    },
  };
}

function checkInstance(instance: unknown): void {
  if (instance instanceof WebAssembly.Instance) return;
  throw invalidType('instance', 'an instance of WebAssembly.Instance', instance);
}

type Parts = Omit<PrivateLinuxParts, 'prepare'>;

/** @param stdio descriptors 0, 1 and 2 */
function makeLinux(options: ImportObjectOptions, stdio: ProcessSpec['stdio'], parts: Parts): PrivateLinux {
  const { args = [], name = 'program', env = {}, cwd = '/', files = {} } = options;
  try {
    return createPrivateLinux({
      ...parts,
      prepare: (linux) => {
        for (const [path, content] of Object.entries(files)) addFile(linux, path, content);
        return {
          pid: PID,
          args: [name, ...args],
          env: environmentOf({ env }),
          cwd,
          stdio,
          preopens: options.preopens ?? preopensIn(linux, cwd),
        };
      },
    });
  } catch (error) {
    throw error instanceof LinuxError ? publicError(error) : error;
  }
}

function addFile(linux: Linux, path: string, content: StdinChunk): void {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (parent !== '') request(linux, 'mkdir', [parent, { recursive: true }]);
  request(linux, 'writeFile', [path, toBytes(content)]);
}

function preopensIn(linux: Linux, cwd: string): Preopen[] {
  const names = (path: string): string[] =>
    (request(linux, 'readdir', [path]) as { name: string }[]).map(({ name }) => name);
  return cwd === '/' ? preopensFor([], [], []) : preopensFor(workingDirectory(cwd), names('/'), names(cwd));
}

function fileSystemOf(linux: Linux): ImportObjectFileSystem {
  const run = (operation: string, ...args: unknown[]): unknown => publicRequest(linux, operation, args);
  function readFileSync(path: string): Uint8Array<ArrayBuffer>;
  function readFileSync(path: string, encoding: 'utf8'): string;
  function readFileSync(path: string, encoding?: 'utf8'): Uint8Array<ArrayBuffer> | string {
    const bytes = run('readFile', path) as Uint8Array<ArrayBuffer>;
    return encoding === undefined ? bytes : new TextDecoder().decode(bytes);
  }
  return {
    readFileSync,
    writeFileSync: (path, content) => void run('writeFile', path, toBytes(content)),
    readdirSync: (path) => (run('readdir', path) as { name: string }[]).map(({ name }) => name),
    mkdirSync: (path, options = {}) => void run('mkdir', path, options),
    rmSync: (path, options = {}) => void run('rm', path, options),
    statSync: (path) => new Stats(run('stat', path) as HostStat),
    existsSync: (path) => {
      try {
        run('access', path);
        return true;
      } catch {
        return false;
      }
    },
  };
}

function toBytes(content: StdinChunk): Uint8Array {
  return bytesOf(content) ?? new Uint8Array(0);
}
