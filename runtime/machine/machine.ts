// The machine, whatever it stands on: the public face of the runtime, and the start, the limits and the end of processes. It runs on
// the booting thread, which never blocks, so it is also the spawner that Linux cannot be. Who serves calls and files, and whose a
// guest's memory is, its backing has: see backing.ts.

import { nextPid } from '../channel/layout.ts';
import { blockOfFirst, ProcessBlock } from '../process/block.ts';
import type {
  Backing,
  BackingParts,
  CommonStart,
  Degradation,
  Processes,
  ProcessLaunch,
  ProcessResources,
} from './backing.ts';
import type { CompileAssemblyScriptOptions, CompileCOptions, Sources } from './compile/options.ts';
import { type CompiledProgram, SourceCompiler } from './compile/source-compiler.ts';
import { type CorePool, type Cores, clearSlot } from './cores/pool.ts';
import { FusedError } from './errors.ts';
import type { MachineFileSystem } from './fs/index.ts';
import type { HereLibrary } from './here/library.ts';
import { selectHostImports } from './host-functions/imports.ts';
import type { Job } from './job/job.ts';
import type { JobOptions, JobPart, JobProgram } from './job/options.ts';
import type { JobResult } from './job/run.ts';
import type { JobStarter } from './job/start.ts';
import { Lifecycle } from './lifecycle.ts';
import { memoryLimit } from './memory.ts';
import type { HostStdio, JobSetup, Preopen, StartGuest } from './messages.ts';
import type { MountSource } from './mounts/table.ts';
import {
  coresOf,
  type HereOptions,
  type MachineOptions,
  type MachineSettings,
  type RunOptions,
  readHereOptions,
  readRunOptions,
  readSpawnOptions,
  type SpawnOptions,
} from './options.ts';
import {
  limit,
  nameOf,
  preopensIn,
  processMessage,
  requireEntry,
  requireRoom,
  type Standard,
} from './process/launch.ts';
import { callLimitsOf } from './process/limits.ts';
import { preopensFor, workingDirectory } from './process/preopens.ts';
import { GuestProcess } from './process/process.ts';
import type { RunResult } from './process/result.ts';
import { runToEnd } from './process/run.ts';
import { stagedMessages } from './process/stage.ts';
import { TraceReader } from './process/trace.ts';
import { type Program, type ProgramSource, Programs } from './program.ts';
import { invocationOf } from './resident/invoke.ts';
import { Library, type LoadedProgram } from './resident/library.ts';
import { untilAborted } from './values/deferred.ts';

export class Machine {
  /** The machine's files, shaped like node:fs/promises. */
  readonly fs: MachineFileSystem;
  /** What a machine without shared memory lacks, and why it has none; undefined for a whole machine. */
  readonly degraded: Degradation | undefined;
  readonly #settings: MachineSettings;
  readonly #backing: Backing;
  readonly #programs: Programs;
  readonly #compiler: SourceCompiler;
  readonly #lifecycle = new Lifecycle({
    shutDown: (error, failure) => this.#shutDown(error, failure),
    setRef: (keepsRunning) => this.#backing.setRef(keepsRunning),
  });
  readonly #processes: Processes = new Map();

  /** Use `boot`. @internal */
  constructor(settings: MachineSettings, createBacking: (parts: BackingParts) => Backing) {
    this.#settings = settings;
    this.#backing = createBacking({
      settings,
      epochMs: performance.timeOrigin + performance.now(),
      lifecycle: this.#lifecycle,
      processes: this.#processes,
    });
    this.fs = this.#backing.fs;
    this.degraded = this.#backing.degraded;
    this.#programs = new Programs(settings.maximumPages, this.degraded === undefined);
    const load = (bytes: Uint8Array): Promise<Program> => this.#programs.load(bytes);
    this.#compiler = new SourceCompiler({ compilers: settings.compilers, workers: settings.workers, load });
  }

  /** Cores that have no guest now. */
  get freeCores(): number {
    return this.#backing.cores.freeCount;
  }

  /** For `boot`. @internal */
  async start(mounts: NonNullable<MachineOptions['mounts']>, image: MachineOptions['image']): Promise<void> {
    await this.#backing.start(mounts, async () => {
      if (image !== undefined) await this.fs.restore(image, { merge: true });
    });
    this.#lifecycle.setRef();
  }

  /** Reads, checks and compiles a program, for many runs or to learn early that it cannot run. */
  compile(program: ProgramSource): Promise<Program> {
    return this.#programs.load(program);
  }

  /**
   * Compiles C or C++ by clang, in a worker that stays for the next one. The compiler sees the sources and its own headers,
   * nothing of the host.
   *
   * @param sources a source, or files by name, of which those named like `main.c` are compiled and linked
   *
   * Errors: CompileError with `diagnostics`. ENOSYS: no compiler; the message says what to install. ModuleError: what came
   * out is no program. ESHUTDOWN: the machine is closed. The signal's reason. As Node's, by `code`: ERR_INVALID_ARG_TYPE,
   * ERR_INVALID_ARG_VALUE.
   */
  async compileC(sources: Sources, options?: CompileCOptions): Promise<CompiledProgram> {
    this.#lifecycle.requireOpen();
    return this.#compiler.compileC(sources, options);
  }

  /**
   * Compiles AssemblyScript, as compileC; `main.ts`, or the first file, is what imports the others.
   *
   * Errors: as compileC.
   */
  async compileAssemblyScript(sources: Sources, options?: CompileAssemblyScriptOptions): Promise<CompiledProgram> {
    this.#lifecycle.requireOpen();
    return this.#compiler.compileAssemblyScript(sources, options);
  }

  /**
   * Puts something into the tree at an absolute path; what stood there is hidden, also what was mounted there. Missing
   * directories are made. Processes in the placement `library` that begin later have it too, with a tmpfs of their own.
   *
   * Errors: EINVAL: not such a source or path. ENOENT, ENOTDIR, EACCES: no such directory of the host. EROFS: the directory
   * cannot be made. ENOSYS: a machine without shared memory mounts no directory of the host, no OPFS, and nothing read-only; a
   * program gets a copy of what is mounted there, as of all files, and what it changed is stored when it has ended.
   */
  async mount(source: MountSource, path: string): Promise<void> {
    this.#lifecycle.requireOpen();
    await this.#backing.mount(source, path);
  }

  /**
   * Takes out what was mounted last at a path; what it hid is seen again. What a tmpfs held is gone.
   *
   * Errors: EINVAL: nothing was mounted there. EBUSY: a process has something open in it, or works in it, or something is
   * mounted in it.
   */
  async unmount(path: string): Promise<void> {
    this.#lifecycle.requireOpen();
    await this.#backing.unmount(path);
  }

  /**
   * Runs a program to its end and collects what it writes.
   *
   * @returns the result, also of a program that fails or traps, unless `check` is set
   *
   * Errors: as spawn; ExitError with `check`; those of the source of `stdin` and of `trace`, which end the program.
   */
  async run(program: ProgramSource, options: RunOptions = {}): Promise<RunResult> {
    const read = readRunOptions(options);
    if (read.changes && read.placement === 'library' && this.degraded === undefined) {
      throw new FusedError(
        'EINVAL',
        'changes: under the placement library a program’s files are its own, and end with it',
      );
    }
    return runToEnd(this.fs, read, async (stdin) => {
      const standard = { hasStdin: stdin !== undefined, stdin };
      return (await this.#begin(program, read, 'command', standard)).process;
    });
  }

  /**
   * Starts a program.
   *
   * Errors (FusedError or ModuleError, by `code`): ENOENT, EACCES: no such program. ENOEXEC: not one that runs here. EAGAIN:
   * no core free and `queue: false`, or the queue is full. ENOMEM: no memory. ESHUTDOWN: the machine is closed. As Node's:
   * ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE: an argument, or an option that there is not.
   */
  async spawn(program: ProgramSource, options: SpawnOptions = {}): Promise<GuestProcess> {
    return (await this.#begin(program, readSpawnOptions(options), 'command')).process;
  }

  /** For the command line: as `spawn`, with descriptors of this process's own in place of streams. @internal */
  async spawnOnHost(program: ProgramSource, options: SpawnOptions, hostStdio: HostStdio): Promise<GuestProcess> {
    const standard = { hasStdin: false, hostStdio };
    return (await this.#begin(program, readSpawnOptions(options), 'command', standard)).process;
  }

  /**
   * Runs a program as several ranks of MPI, each a process of its own, to the end of all, and collects what they write, line by
   * line. A rank that fails, or calls MPI_Abort, ends the job: the others are ended by SIGTERM.
   *
   * @param programs one program for all ranks, or several (MPMD), each for so many ranks as it says, in the order of ranks
   *
   * Errors: as run. EAGAIN: the machine has not so many cores. ENOSYS: it shares no memory.
   */
  async mpirun(programs: ProgramSource | readonly JobProgram[], options: JobOptions = {}): Promise<JobResult> {
    const { readJobOptions, readJobPrograms, runJob } = await import('./job/index.ts');
    const read = readJobOptions(options);
    const parts = readJobPrograms(programs, read);
    return runJob(this.fs, read, (stdin) => this.#beginJob(parts, read, { hasStdin: stdin !== undefined, stdin }));
  }

  /** For the command line: as `mpirun`, with descriptors of this process's own for the first rank. @internal */
  async startJobOnHost(programs: readonly JobProgram[], options: JobOptions, hostStdio: HostStdio): Promise<Job> {
    const { readJobOptions, readJobPrograms } = await import('./job/index.ts');
    const read = readJobOptions(options);
    return this.#beginJob(readJobPrograms(programs, read), read, { hasStdin: false, hostStdio });
  }

  /** Starts some ranks of a job, of which other machines have the rest; whoever calls moves their messages. @internal */
  async startJobPart(programs: readonly JobProgram[], options: JobOptions, part: JobPart): Promise<Job> {
    const { readJobOptions, readJobPrograms } = await import('./job/index.ts');
    const read = readJobOptions(options);
    return this.#beginJob(readJobPrograms(programs, read), read, { hasStdin: false }, part);
  }

  /**
   * Loads a program whose exported functions are to be called: a WASI reactor, plain C or AssemblyScript functions. It holds
   * a core until it is closed.
   */
  async load(program: ProgramSource, options: SpawnOptions = {}): Promise<Library> {
    const read = readSpawnOptions(options);
    const compiled = await untilAborted(this.#programs.load(program), read.signal);
    const name = nameOf(program, read);
    const start = async (): Promise<LoadedProgram> => {
      const loaded = await this.#begin(compiled, { ...read, name }, 'resident');
      await loaded.process.loaded;
      return loaded;
    };
    return new Library(compiled, await start(), start);
  }

  /**
   * Loads a program into this thread: its functions are called as functions, at little more than a plain export's cost, and its
   * calls reach the machine's files. While one runs this thread does nothing else, and nothing can stop it: for programs that are
   * trusted to return. Its stdin is at its end.
   *
   * Errors: as load. EDEADLK: the machine has a memfs Volume mounted, which this thread serves. EAGAIN: there are too many.
   */
  async loadHere(program: ProgramSource, given: HereOptions = {}): Promise<HereLibrary> {
    const options = readHereOptions(given);
    this.#lifecycle.requireOpen();
    this.#lifecycle.pend(1);
    try {
      const compiled = await this.#programs.load(program);
      requireEntry(compiled, options, 'resident');
      const preopens = await this.#preopensOf(options);
      const name = nameOf(program, options);
      return await this.#backing.loadHere({ program: compiled, name, options, mode: 'resident', preopens });
    } finally {
      this.#lifecycle.pend(-1);
    }
  }

  /** Ends all processes and workers. @returns when no thread is left */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #begin(
    source: ProgramSource,
    options: SpawnOptions,
    mode: StartGuest['mode'],
    standard: Standard = {},
  ): Promise<LoadedProgram> {
    this.#lifecycle.requireOpen();
    this.#lifecycle.pend(1);
    try {
      const launch = await this.#prepare(source, options, mode, standard);
      const { program, limitPages } = launch;
      const { signal } = options;
      const pool = this.#backing.coresFor(launch.placement);
      const mayQueue = options.queue !== false;
      // What stays leaves a core to what comes and goes.
      const free = (mayQueue ? pool.soonFreeCount : pool.freeCount) - (mode === 'resident' ? 1 : 0);
      const count = this.#mayHaveThreads(launch) ? coresOf(options, free) : 1;
      const cores = await pool.take(count, mayQueue, signal);
      const block = new ProcessBlock(this.#backing.control, blockOfFirst(cores[0].slot));
      let resources: ProcessResources;
      try {
        await untilAborted(this.#backing.settle(program, limitPages), signal);
        this.#lifecycle.requireOpen();
        resources = this.#backing.resourcesFor(cores, block, launch);
      } catch (error) {
        for (const core of cores) pool.giveBack(core);
        throw error;
      }
      return this.#startOn(cores, block, pool, launch, resources);
    } finally {
      this.#lifecycle.pend(-1);
    }
  }

  /** What can be known of a process before it has cores. Errors: as spawn. */
  async #prepare(
    source: ProgramSource,
    options: SpawnOptions,
    mode: StartGuest['mode'],
    { hasStdin = true, stdin, hostStdio }: Standard,
  ): Promise<ProcessLaunch> {
    const limitPages = memoryLimit(options.memory, this.#settings.maximumPages);
    const staged = stagedMessages(options);
    const { signal, placement = this.#backing.placement } = options;
    signal?.throwIfAborted();
    requireRoom(options);
    const program = await untilAborted(this.#programs.load(source), signal);
    requireEntry(program, options, mode);
    const host = selectHostImports(program, options.imports);
    this.#backing.requireServed(options, host, hostStdio);
    const readAhead = await untilAborted(this.#backing.prepare(staged, stdin), signal);
    const preopens = await untilAborted(this.#preopensOf(options), signal);
    const name = nameOf(source, options);
    const common = { program, name, options, mode, preopens, placement, host, staged, hasStdin, readAhead, hostStdio };
    return { ...common, limitPages, isRank: false };
  }

  /** More than one. */
  #mayHaveThreads({ program, placement, staged }: ProcessLaunch): boolean {
    return program.spawnsThreads && placement !== 'library' && staged.length === 0 && this.degraded === undefined;
  }

  /** Starts the ranks of a job, once there is all that they need. Errors: as mpirun. */
  async #beginJob(
    programs: readonly JobProgram[],
    options: JobOptions,
    standard: Standard,
    part?: JobPart,
  ): Promise<Job> {
    if (this.degraded !== undefined) {
      throw new FusedError('ENOSYS', `mpirun: the ranks of a job share memory: ${this.degraded.missing}`);
    }
    this.#lifecycle.requireOpen();
    this.#lifecycle.pend(1);
    try {
      const { startJob } = await import('./job/index.ts');
      const { linuxProcesses, appCores } = this.#settings;
      const starter: JobStarter = {
        backing: this.#backing,
        prepare: (program, own) => this.#prepare(program, own, 'command', { hasStdin: false }),
        mayHaveThreads: (launch) => this.#mayHaveThreads(launch),
        coresOf: (placement) => (placement === 'linux' ? { linuxProcesses } : { appCores }),
        requireOpen: () => this.#lifecycle.requireOpen(),
        start: (cores, block, pool, launch, resources, job) =>
          this.#startOn(cores, block, pool, launch, resources, job).process,
      };
      return await startJob(programs, options, standard, starter, part);
    } finally {
      this.#lifecycle.pend(-1);
    }
  }

  /** Errors: ENOENT, ENOTDIR: no such working directory. */
  async #preopensOf({ preopens, cwd = '/', placement }: SpawnOptions): Promise<readonly Preopen[]> {
    if (preopens !== undefined) return preopens;
    if (cwd === '/') return preopensFor([], [], []);
    const tops = placement === 'library' ? this.#backing.ownTops : undefined;
    return tops === undefined ? preopensIn(this.fs, cwd) : preopensFor(workingDirectory(cwd), tops, []);
  }

  #startOn(
    cores: Cores,
    block: ProcessBlock,
    pool: CorePool,
    launch: ProcessLaunch,
    resources: ProcessResources,
    job?: JobSetup,
  ): LoadedProgram {
    const { program, options, mode, placement } = launch;
    const { control } = this.#backing;
    this.#lifecycle.pend(1);
    const pid = nextPid(control);
    const trace = options.trace && new TraceReader(options.trace, this.degraded ? undefined : cores.length);
    block.clear(program.memory?.initialPages);
    for (const [index, core] of cores.entries()) {
      clearSlot(control, core.slot, block, index === 0 ? pid : 0);
      core.isHeld = mode === 'resident';
    }
    const process = new GuestProcess({
      ...resources.parts,
      pid,
      cores,
      control,
      block,
      stdio: resources.stdio,
      hasOwnLinux: placement === 'library',
      trace,
      limits: options,
      mode,
      isRank: launch.isRank,
      onCoreFree: (core) => pool.giveBack(core),
      onCoreStuck: (core, linuxLeft) => pool.replace(core, linuxLeft),
      onBug: (report) => this.#lifecycle.report(report),
      onGone: () => {
        const forget = (): void => {
          this.#processes.delete(pid);
          this.#lifecycle.pend(-1);
        };
        const left = resources.end();
        if (left === undefined) forget();
        else void left.then(forget);
      },
    });
    this.#processes.set(pid, process);
    const message: CommonStart = {
      type: 'start',
      block: block.number,
      process: processMessage(pid, launch, resources.stdio),
      module: program.module,
      placement,
      routes: options.route ?? {},
      unknownImports: options.unknownImports ?? 'trap',
      stubs: program.unknownImports,
      mode,
      invoke: invocationOf(program, options),
      quotaBytes: this.#settings.storage,
      limits: callLimitsOf(options),
      // Between two calls of its functions, a loaded program's threads may wait for the next.
      deadlockCheck: mode === 'command' && options.deadlockCheck !== false,
      usesMessaging: program.usesMessaging,
      ...(job && { job }),
    };
    resources.start(process, message, trace?.streams);
    limit(process, options);
    return { process, memory: resources.memory };
  }

  async #shutDown(error: FusedError, failure: FusedError | undefined): Promise<void> {
    for (const process of this.#processes.values()) {
      if (failure === undefined) process.kill('SIGKILL');
      else process.fail(failure);
    }
    await Promise.all([this.#compiler.close(), this.#backing.close(error)]);
    for (const process of this.#processes.values()) process.abandon();
    this.#backing.dispose();
  }
}
