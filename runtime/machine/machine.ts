// The machine: boots Linux and the cores, starts processes, hands out memory, and shuts everything down. The public face of
// the runtime; it runs on the booting thread, which never blocks, so it is also the spawner that Linux cannot be.

import type { Pid } from '../abi/types.ts';
import { type Control, createControl, memoryPagesOf, ringDoorbell, ringSlot } from '../channel/layout.ts';
import type { Placement } from '../core/route.ts';
import type { MemoryLease } from '../memory/lease.ts';
import type { PooledMemory } from '../memory/pool.ts';
import { ByteStreamPool } from '../shm/byte-stream.ts';
import type { CompileAssemblyScriptOptions, CompileCOptions, Sources } from './compile/options.ts';
import { type CompiledProgram, SourceCompiler } from './compile/source-compiler.ts';
import { type Core, CorePool, clearSlot, SlotAllocator } from './cores/pool.ts';
import { FusedError } from './errors.ts';
import { createFileSystem, type MachineFileSystem } from './fs/index.ts';
import type { HereLibrary } from './here/library.ts';
import { HERE_MOST } from './here/limits.ts';
import type { HereProcess } from './here/process.ts';
import type { HereMachine } from './here/shared.ts';
import { HostCallbacks } from './host-functions/callbacks.ts';
import { type HostSelection, selectHostImports } from './host-functions/imports.ts';
import { Lifecycle } from './lifecycle.ts';
import { type LinuxNews, LinuxThread } from './linux/thread.ts';
import { MachineMemory, memoryLimit } from './memory.ts';
import type { HostStdio, Preopen, StagedFileMessage, StartGuest, StdioBuffers } from './messages.ts';
import { MachineMounts } from './mounts/machine-mounts.ts';
import type { MountSource } from './mounts/table.ts';
import {
  type HereOptions,
  type MachineOptions,
  type MachineSettings,
  machineFacts,
  type RunOptions,
  readHereOptions,
  readRunOptions,
  readSpawnOptions,
  type SpawnOptions,
} from './options.ts';
import {
  closeUnused,
  type Launch,
  limit,
  nameOf,
  preopensIn,
  processMessage,
  requireEntry,
  requireRoom,
  untilAborted,
} from './process/launch.ts';
import { callLimitsOf } from './process/limits.ts';
import { preopensFor, TOP_DIRECTORIES, workingDirectory } from './process/preopens.ts';
import { GuestProcess } from './process/process.ts';
import type { RunResult } from './process/result.ts';
import { runToEnd } from './process/run.ts';
import { stagedMessages } from './process/stage.ts';
import { TraceReader } from './process/trace.ts';
import { type Program, type ProgramSource, Programs } from './program.ts';
import { invocationOf } from './resident/invoke.ts';
import { Library, type LoadedProgram } from './resident/library.ts';
import { LibraryMemory } from './resident/memory.ts';
import type { Degradation } from './unshared/lacks.ts';

interface MachineLaunch extends Launch {
  readonly host: HostSelection | undefined;
  /** Descriptor 0 is a stream; else it is /dev/null. */
  readonly hasStdin: boolean;
  readonly placement: Placement;
  readonly staged: readonly StagedFileMessage[];
}

/** What a start is told beside the user's options, and tells. */
interface Keep {
  /** Descriptor 0 is a stream. Default: yes. */
  readonly hasStdin?: boolean;
  /** Descriptors of this process's own in place of streams. */
  readonly hostStdio?: HostStdio;
  /** The embedder's share of a loaded program's memory. */
  memory?: LibraryMemory | undefined;
}

export class Machine {
  /** The machine's files, shaped like node:fs/promises. */
  readonly fs: MachineFileSystem;
  /** What a machine without shared memory lacks, and why it has none; undefined for a whole machine. */
  readonly degraded: Degradation | undefined = undefined;
  readonly #settings: MachineSettings;
  readonly #control: Control;
  readonly #epochMs = performance.timeOrigin + performance.now();
  readonly #programs: Programs;
  readonly #compiler: SourceCompiler;
  readonly #memories: MachineMemory;
  readonly #slots: SlotAllocator;
  readonly #streams = new ByteStreamPool();
  readonly #cores: CorePool;
  readonly #linuxCores: CorePool;
  readonly #linux: LinuxThread;
  readonly #mounts: MachineMounts;
  readonly #lifecycle = new Lifecycle({
    shutDown: (error, failure) => this.#shutDown(error, failure),
    setRef: (keepsRunning) => this.#setRef(keepsRunning),
  });
  readonly #processes = new Map<Pid, GuestProcess | HereProcess>();
  #here: HereMachine | undefined;
  #lastPid = 1;

  /** Use `boot`. @internal */
  constructor(settings: MachineSettings) {
    this.#settings = settings;
    const slots = 2 * (settings.appCores + settings.linuxProcesses + settings.spareCores) + HERE_MOST;
    this.#control = createControl(slots, settings.pollPolicy);
    this.#programs = new Programs(settings.maximumPages);
    const load = (bytes: Uint8Array): Promise<Program> => this.#programs.load(bytes);
    this.#compiler = new SourceCompiler({ compilers: settings.compilers, workers: settings.workers, load });
    this.#memories = new MachineMemory(settings.totalBytes);
    this.#slots = new SlotAllocator(slots);
    const pool = (limit: number): CorePool =>
      new CorePool({
        control: this.#control,
        slots: this.#slots,
        epochMs: this.#epochMs,
        limit,
        queueLimit: settings.queueLimit,
        workers: settings.workers,
        onBug: (message) => this.#lifecycle.fail(message),
      });
    this.#cores = pool(settings.appCores);
    this.#linuxCores = pool(settings.linuxProcesses);
    this.#linux = new LinuxThread({
      control: this.#control,
      lifecycle: this.#lifecycle,
      onNews: (news) => this.#takeNews(news),
      workers: settings.workers,
    });
    this.#mounts = new MachineMounts({
      control: this.#control,
      storage: settings.storage,
      tellLinux: (message, transfer) => this.#linux.tell(message, transfer),
      request: (message) => this.#linux.request(message),
      onBug: (message) => this.#lifecycle.fail(message),
      onWorker: () => this.#lifecycle.setRef(),
      workers: settings.workers,
    });
    this.fs = createFileSystem((operation, args, transfer) =>
      this.#linux.request({ type: 'fs', id: 0, operation, args }, transfer),
    );
  }

  /** Cores that have no guest now. */
  get freeCores(): number {
    return this.#cores.freeCount;
  }

  /** For `boot`. @internal */
  async start(mounts: NonNullable<MachineOptions['mounts']>, image: MachineOptions['image']): Promise<void> {
    const ready = this.#linux.boot({
      epochMs: this.#epochMs,
      quotaBytes: this.#settings.storage,
      machine: machineFacts(this.#settings),
    });
    await Promise.all([ready, this.#cores.start(this.#settings.appCores + this.#settings.spareCores)]);
    await this.#mounts.mountAll(mounts, async () => {
      if (image !== undefined) await this.fs.restore(image, { merge: true });
    });
    // Nobody waits for the answer: what is asked later is served later.
    this.#linux.tell({ type: 'fs', id: 0, operation: 'booted', args: [] });
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
   * cannot be made.
   */
  async mount(source: MountSource, path: string): Promise<void> {
    this.#lifecycle.requireOpen();
    await this.#mounts.mount(source, path);
  }

  /**
   * Takes out what was mounted last at a path; what it hid is seen again. What a tmpfs held is gone.
   *
   * Errors: EINVAL: nothing was mounted there. EBUSY: a process has something open in it, or works in it, or something is
   * mounted in it.
   */
  async unmount(path: string): Promise<void> {
    this.#lifecycle.requireOpen();
    await this.#mounts.unmount(path);
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
    if (read.changes && read.placement === 'library') {
      throw new FusedError(
        'EINVAL',
        'changes: under the placement library a program’s files are its own, and end with it',
      );
    }
    return runToEnd(this.fs, read, (stdin) => this.#begin(program, read, 'command', { hasStdin: stdin !== undefined }));
  }

  /**
   * Starts a program.
   *
   * Errors (FusedError or ModuleError, by `code`): ENOENT, EACCES: no such program. ENOEXEC: not one that runs here. EAGAIN:
   * no core free and `queue: false`, or the queue is full. ENOMEM: no memory. ESHUTDOWN: the machine is closed. As Node's:
   * ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE: an argument, or an option that there is not.
   */
  async spawn(program: ProgramSource, options: SpawnOptions = {}): Promise<GuestProcess> {
    return this.#begin(program, readSpawnOptions(options), 'command');
  }

  /** For the command line: as `spawn`, with descriptors of this process's own in place of streams. @internal */
  async spawnOnHost(program: ProgramSource, options: SpawnOptions, hostStdio: HostStdio): Promise<GuestProcess> {
    return this.#begin(program, readSpawnOptions(options), 'command', { hasStdin: false, hostStdio });
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
      const keep: Keep = {};
      const process = await this.#begin(compiled, { ...read, name }, 'library', keep);
      await process.loaded;
      return { process, memory: keep.memory };
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
      requireEntry(compiled, options, 'library');
      const preopens = options.preopens ?? (await this.#defaultPreopens(options));
      this.#here ??= await this.#createHere();
      this.#lifecycle.requireOpen();
      const name = nameOf(program, options);
      return await this.#here.start({ program: compiled, name, options, mode: 'library', preopens });
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
    keep: Keep = {},
  ): Promise<GuestProcess> {
    this.#lifecycle.requireOpen();
    const limitPages = memoryLimit(options.memory, this.#settings.maximumPages);
    const staged = stagedMessages(options);
    const { signal, placement = 'cnk' } = options;
    signal?.throwIfAborted();
    requireRoom(options);
    this.#lifecycle.pend(1);
    try {
      const program = await untilAborted(this.#programs.load(source), signal);
      requireEntry(program, options, mode);
      const host = selectHostImports(program, options.imports);
      await untilAborted(this.#makeDirectoriesOf(staged), signal);
      const preopens = options.preopens ?? (await untilAborted(this.#defaultPreopens(options), signal));
      const cores = placement === 'linux' ? this.#linuxCores : this.#cores;
      const core = await cores.take(options.queue !== false, signal);
      let memory: PooledMemory | undefined;
      try {
        await untilAborted(this.#memories.settle(program, limitPages), signal);
        this.#lifecycle.requireOpen();
        memory = this.#memories.take(program, limitPages);
      } catch (error) {
        cores.giveBack(core);
        throw error;
      }
      const name = nameOf(source, options);
      const { hasStdin = true, hostStdio } = keep;
      const launch = { program, name, placement, options, staged, mode, preopens, hasStdin, hostStdio, host };
      return this.#startOn(core, cores, memory, launch, keep);
    } catch (error) {
      this.#lifecycle.pend(-1);
      throw error;
    }
  }

  /** A program may look at the directory of a staged file, or make files there; in a mount that is the host's to have. */
  async #makeDirectoriesOf(staged: readonly StagedFileMessage[]): Promise<void> {
    const directories = new Set(staged.map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
    for (const directory of directories) {
      // What stands in the way hides the directory only, not the staged file.
      if (directory !== '' && !this.#mounts.covers(directory))
        await this.fs.mkdir(directory, { recursive: true }).catch(() => {});
    }
  }

  /** Errors: ENOENT, ENOTDIR: no such working directory. */
  async #defaultPreopens({ cwd = '/', placement }: SpawnOptions): Promise<Preopen[]> {
    if (cwd === '/') return preopensFor([], [], []);
    if (placement === 'library' && !this.#mounts.hasRoot) {
      // A tree of its own, which nobody can ask yet: what is there from the start, and the mounts.
      return preopensFor(workingDirectory(cwd), [...new Set([...TOP_DIRECTORIES, ...this.#mounts.tops])], []);
    }
    return preopensIn(this.fs, cwd);
  }

  #startOn(
    core: Core,
    cores: CorePool,
    memory: PooledMemory | undefined,
    launch: MachineLaunch,
    keep: Keep,
  ): GuestProcess {
    const { program, placement, options, staged, mode } = launch;
    const control = this.#control;
    const pid = ++this.#lastPid as Pid;
    const isApart = placement === 'library';
    const stdout = this.#streams.take();
    const stdio: StdioBuffers = [
      launch.hasStdin ? this.#streams.take() : null,
      stdout,
      options.joinOutput ? stdout : this.#streams.take(),
    ];
    if (launch.hostStdio !== undefined) closeUnused(stdio, launch.hostStdio);
    const trace = options.trace === undefined ? undefined : new TraceReader(options.trace, true);
    const apart = isApart ? this.#mounts.forLibrary(core.slot) : undefined;
    clearSlot(control, core.slot, program.memory?.initialPages);
    const lease = memory && this.#memories.lease(memory, cores);
    // Of the placement `library`, that of whoever serves its files elsewhere.
    const linuxMemory = lease?.share();
    const ring = isApart ? () => ringSlot(control, core.slot) : () => ringDoorbell(control);
    launch.hostStdio?.serve(ring);
    core.isHeld = mode === 'library';
    const hostCalls = launch.host && new HostCallbacks(launch.host, () => ringSlot(control, core.slot));
    const process = new GuestProcess({
      pid,
      core,
      hostCalls,
      guestMemory: lease?.share(),
      linuxMemory,
      stdio,
      control,
      ring,
      endInLinux: (waitStatus) => {
        if (!isApart) this.#linux.tell({ type: 'end', pid, waitStatus });
      },
      onCoreFree: () => cores.giveBack(core),
      onCoreStuck: (linuxLeft) => cores.replace(core, linuxLeft),
      onGone: () => {
        const forget = (): void => {
          linuxMemory?.end();
          this.#processes.delete(pid);
          this.#lifecycle.pend(-1);
        };
        const left = apart?.end();
        if (left === undefined) forget();
        else void left.then(forget);
      },
      onBug: (report) => this.#lifecycle.report(report),
      trace,
      onStreamFree: (stream) => this.#streams.giveBack(stream),
      isApart,
      limits: options,
      mode,
    });
    this.#processes.set(pid, process);
    if (lease !== undefined && (mode === 'library' || hostCalls !== undefined)) {
      keep.memory = libraryMemory(process, lease, control, core.slot);
      if (hostCalls !== undefined) hostCalls.memory = keep.memory;
    }
    process.exit.then(
      ({ peakMemory }) => this.#memories.note(program, peakMemory),
      () => {},
    );
    if (apart !== undefined) {
      const deliver = core.listener;
      core.listener = (message) => apart.take(message) || deliver?.(message);
    }
    const message = processMessage(pid, launch, stdio);
    const hostWork = this.#mounts.hostWorkOf(core);
    const limits = callLimitsOf(options);
    const start = {
      type: 'start',
      process: message,
      module: program.module,
      memory: memory?.memory,
      isMemoryDirty: memory?.isDirty ?? false,
      maximumPages: memory?.maximumPages ?? 0,
      ...(program.memoryCalls === undefined ? {} : { memoryCalls: program.memoryCalls }),
      placement,
      routes: options.route ?? {},
      unknownImports: options.unknownImports ?? 'trap',
      stubs: program.unknownImports,
      ...(hostCalls === undefined ? {} : { host: { imports: launch.host?.imports ?? [], reply: hostCalls.reply } }),
      mode,
      invoke: invocationOf(program, options),
      mounts: apart?.mounts ?? [],
      ...(apart?.volumes === undefined ? {} : { volumes: apart.volumes }),
      ...(apart?.opfs === undefined ? {} : { opfs: apart.opfs }),
      quotaBytes: this.#settings.storage,
      limits,
      machine: machineFacts(this.#settings),
      ...(hostWork === undefined ? {} : { hostWork }),
      ...(staged.length === 0 ? {} : { stage: staged }),
      ...(trace === undefined ? {} : { trace: trace.stream }),
    } satisfies StartGuest;
    core.worker.post(start, apart?.opfs === undefined ? [] : [apart.opfs.port]);
    // The core first: it has more to do before the two meet.
    if (!isApart) {
      const spawn = { type: 'spawn', slot: core.slot, process: message, memory: memory?.memory, limits } as const;
      this.#linux.tell(hostWork === undefined ? spawn : { ...spawn, hostWork });
    }
    limit(process, options);
    return process;
  }

  async #createHere(): Promise<HereMachine> {
    const { HereMachine } = await import('./here/shared.ts');
    return new HereMachine({
      control: this.#control,
      slots: this.#slots,
      epochMs: this.#epochMs,
      nextPid: () => ++this.#lastPid as Pid,
      tellLinux: (message) => this.#linux.tell(message),
      requireAllowed: () => this.#mounts.requireNoVolumes(),
      memories: this.#memories,
      cores: this.#cores,
      limitPages: this.#settings.maximumPages,
      register: (pid, process) => {
        if (process === undefined) this.#processes.delete(pid);
        else this.#processes.set(pid, process);
        this.#mounts.isBusyHere = [...this.#processes.values()].some((one) => !(one instanceof GuestProcess));
      },
      onBug: (report) => this.#lifecycle.report(report),
    });
  }

  #takeNews(news: LinuxNews): void {
    if (news.type === 'volume-memory') return this.#mounts.takeVolumeMemory(news.message);
    const process = this.#processes.get(news.pid);
    if (news.type === 'started') return process instanceof GuestProcess ? undefined : process?.begin();
    if (news.type === 'refused') process?.refuse(news.error);
    process?.linuxLeft();
  }

  #setRef(keepsRunning: boolean): void {
    this.#linux.setRef(keepsRunning);
    this.#mounts.setRef(keepsRunning);
    this.#cores.setRef(keepsRunning);
    this.#linuxCores.setRef(keepsRunning);
  }

  async #shutDown(error: FusedError, failure: FusedError | undefined): Promise<void> {
    for (const process of this.#processes.values()) {
      if (failure === undefined) process.kill('SIGKILL');
      else process.fail(failure);
    }
    await Promise.all([
      this.#compiler.close(),
      this.#linux.shutDown(error),
      this.#mounts.close(),
      this.#cores.close(error),
      this.#linuxCores.close(error),
    ]);
    for (const process of this.#processes.values()) process.abandon();
    this.#mounts.closeLeft();
  }
}

/** The embedder's share ends with the program. */
function libraryMemory(process: GuestProcess, lease: MemoryLease, control: Control, slot: number): LibraryMemory {
  const share = lease.share();
  process.exit.then(share.end, share.end);
  return new LibraryMemory(share, memoryPagesOf(control, slot));
}
