// A machine on a host that shares no memory between threads, such as a page that is not cross-origin isolated. Each guest
// has a private Linux in its worker; the machine's own, for `machine.fs`, is in the booting thread. Files go to a guest
// when it starts and come back when it has ended, output comes by messages, and a kill ends the worker.
// Otherwise as machine.ts: the same cores, processes and programs, on memory that each thread has for itself.

import { Linux, LinuxError, VolumeRequests } from '../../../personalities/linux/index.ts';
import type { Pid } from '../../abi/types.ts';
import { type Control, createLocalControl, SLOT, slotBase, slotCounters } from '../../channel/layout.ts';
import { creditSleep, setRanMs, startRunning } from '../../channel/run-clock.ts';
import { type HostClient, LocalHostClient } from '../../files/client.ts';
import { createLocalByteStream, RingWriter } from '../../shm/byte-stream.ts';
import type { CompileAssemblyScriptOptions, CompileCOptions, Sources } from '../compile/options.ts';
import { type CompiledProgram, SourceCompiler } from '../compile/source-compiler.ts';
import { type Core, CorePool, clearSlot, SlotAllocator } from '../cores/pool.ts';
import type { UnsharedStart } from '../cores/unshared.ts';
import { FusedError } from '../errors.ts';
import { createFileSystem, type MachineFileSystem } from '../fs/index.ts';
import type { HereLibrary } from '../here/library.ts';
import type { HereProcess } from '../here/process.ts';
import { type HostSelection, selectHostImports } from '../host-functions/imports.ts';
import { Lifecycle } from '../lifecycle.ts';
import { fillRandom, linuxClock } from '../linux/parts.ts';
import { publicError, publicly, publicRequest } from '../linux/private.ts';
import { maximumFor, memoryLimit } from '../memory.ts';
import type { FromCore, StartGuest, StdioBuffers } from '../messages.ts';
import { mountSource } from '../mounts/sources.ts';
import {
  baseOf,
  checkMount,
  checkMountPath,
  checkMounts,
  type MountRequest,
  type MountSource,
  MountTable,
  ROOT,
} from '../mounts/table.ts';
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
} from '../options.ts';
import {
  type Launch,
  limit,
  nameOf,
  preopensIn,
  processMessage,
  requireEntry,
  requireRoom,
  untilAborted,
} from '../process/launch.ts';
import { callLimitsOf } from '../process/limits.ts';
import { preopensFor } from '../process/preopens.ts';
import { GuestProcess } from '../process/process.ts';
import type { RunResult } from '../process/result.ts';
import { runToEnd } from '../process/run.ts';
import { readStdin } from '../process/stdin.ts';
import { TraceReader } from '../process/trace.ts';
import { type Program, type ProgramSource, Programs } from '../program.ts';
import { invocationOf } from '../resident/invoke.ts';
import { Library, type LoadedProgram } from '../resident/library.ts';
import { applyChanges, copyFiles } from './file-copies.ts';
import { type Degradation, LOST } from './lacks.ts';

type EndMessage = Extract<FromCore, { type: 'ended' }>;

/** What a guest is started with. */
interface LaunchWithStdin extends Launch {
  readonly host: HostSelection | undefined;
  readonly stdin: Uint8Array;
  readonly memory: UnsharedStart['memory'];
}

export class DegradedMachine {
  readonly fs: MachineFileSystem;
  readonly degraded: Degradation;
  readonly #settings: MachineSettings;
  readonly #epochMs = performance.timeOrigin + performance.now();
  readonly #control: Control;
  readonly #programs: Programs;
  readonly #compiler: SourceCompiler;
  readonly #cores: CorePool;
  readonly #linux: Linux;
  readonly #processes = new Set<GuestProcess>();
  /** In this thread. */
  readonly #here = new Map<Pid, HereProcess>();
  #lastPid = 1;
  readonly #mounts: MountTable;
  readonly #volumes: HostClient;
  readonly #lifecycle = new Lifecycle({
    shutDown: (error, failure) => this.#shutDown(error, failure),
    setRef: (keepsRunning) => this.#cores.setRef(keepsRunning),
  });

  /** Use `boot`. */
  constructor(settings: MachineSettings, missing: string) {
    this.degraded = { missing, lost: LOST };
    this.#settings = settings;
    const slots = 2 * (settings.appCores + settings.spareCores);
    this.#control = createLocalControl(slots);
    this.#programs = new Programs(settings.maximumPages, false);
    const load = (bytes: Uint8Array): Promise<Program> => this.#programs.load(bytes);
    this.#compiler = new SourceCompiler({ compilers: settings.compilers, workers: settings.workers, load });
    this.#cores = new CorePool({
      control: this.#control,
      slots: new SlotAllocator(slots),
      epochMs: this.#epochMs,
      limit: settings.appCores,
      queueLimit: settings.queueLimit,
      workers: settings.workers,
      onBug: (message) => this.#lifecycle.fail(message),
    });
    this.#linux = new Linux({
      clock: linuxClock(this.#epochMs),
      random: fillRandom,
      quotaBytes: settings.storage,
      machine: machineFacts(settings, 0),
      onExit: ({ pid }, waitStatus) => this.#here.get(pid)?.endedInLinux(waitStatus),
      onBug: (report) => this.#lifecycle.fail(`linux: ${report}`),
    });
    this.#mounts = new MountTable(settings.storage);
    this.#volumes = new LocalHostClient(new VolumeRequests(this.#mounts.volumes));
    this.fs = createFileSystem(async (operation, args) => this.#request(operation, args));
  }

  get freeCores(): number {
    return this.#cores.freeCount;
  }

  /** For `boot`. */
  async start(mounts: NonNullable<MachineOptions['mounts']>, image: MachineOptions['image']): Promise<void> {
    console.warn(`fusedos: a machine without shared memory: ${this.degraded.missing}`);
    await this.#cores.start(this.#settings.appCores + this.#settings.spareCores);
    const requests = checkMounts(mounts, this.#settings.storage);
    const others = requests.filter(({ path }) => path !== ROOT);
    for (const request of requests) if (request.path === ROOT) this.#mount(request);
    if (image !== undefined) await this.fs.restore(image, { merge: true });
    for (const request of others) this.#mount(request);
    this.#request('booted', []);
    this.#lifecycle.setRef();
  }

  compile(program: ProgramSource): Promise<Program> {
    return this.#programs.load(program);
  }

  /** As Machine.compileC. */
  async compileC(sources: Sources, options?: CompileCOptions): Promise<CompiledProgram> {
    this.#lifecycle.requireOpen();
    return this.#compiler.compileC(sources, options);
  }

  /** As Machine.compileAssemblyScript. */
  async compileAssemblyScript(sources: Sources, options?: CompileAssemblyScriptOptions): Promise<CompiledProgram> {
    this.#lifecycle.requireOpen();
    return this.#compiler.compileAssemblyScript(sources, options);
  }

  /**
   * As Machine.mount. A program gets a copy of what is mounted, as of all files; what it changed is stored when it has ended.
   *
   * Errors: ENOSYS: a directory of the host, OPFS, a read-only mount.
   */
  async mount(source: MountSource, path: string): Promise<void> {
    this.#lifecycle.requireOpen();
    this.#mount(checkMount('source', checkMountPath('path', path), source, this.#settings.storage));
  }

  /** As Machine.unmount. */
  async unmount(path: string): Promise<void> {
    this.#lifecycle.requireOpen();
    const at = checkMountPath('path', path);
    if (!this.#mounts.has(at)) throw new FusedError('EINVAL', `unmount: nothing is mounted at ${at}`);
    publicly(() => this.#linux.unmount(at));
    this.#mounts.remove(at);
  }

  /** As Machine.run; the program starts when all of its stdin is there. */
  async run(program: ProgramSource, options: RunOptions = {}): Promise<RunResult> {
    const read = readRunOptions(options);
    return runToEnd(this.fs, read, async (stdin) => {
      this.#lifecycle.requireOpen();
      read.signal?.throwIfAborted();
      const bytes = await untilAborted(readStdin(stdin), read.signal);
      return this.#begin(program, read, 'command', bytes);
    });
  }

  /** As Machine.spawn; the program's stdin is empty. */
  async spawn(program: ProgramSource, options: SpawnOptions = {}): Promise<GuestProcess> {
    return this.#begin(program, readSpawnOptions(options), 'command', new Uint8Array(0));
  }

  spawnOnHost(): Promise<GuestProcess> {
    return Promise.reject(this.#lacking('descriptors of the host'));
  }

  /** As Machine.load; the library's memory is out of reach. */
  async load(program: ProgramSource, options: SpawnOptions = {}): Promise<Library> {
    const read = readSpawnOptions(options);
    const compiled = await untilAborted(this.#programs.load(program), read.signal);
    const memory = this.#lacking('access to the memory of a program');
    const name = nameOf(program, read);
    const start = async (): Promise<LoadedProgram> => {
      const process = await this.#begin(compiled, { ...read, name }, 'library', new Uint8Array(0));
      await process.loaded;
      return { process, memory };
    };
    return new Library(compiled, await start(), start);
  }

  /** As Machine.loadHere; a call that has to wait waits if this thread may, else it fails with EAGAIN. */
  async loadHere(program: ProgramSource, given: HereOptions = {}): Promise<HereLibrary> {
    const options = readHereOptions(given);
    this.#lifecycle.requireOpen();
    const compiled = await this.#programs.load(program);
    requireEntry(compiled, options, 'library');
    const { cwd = '/' } = options;
    const preopens = options.preopens ?? (cwd === '/' ? preopensFor([], [], []) : await preopensIn(this.fs, cwd));
    const { startHere } = await import('../here/unshared.ts');
    this.#lifecycle.requireOpen();
    const launch: Launch = { program: compiled, name: nameOf(program, options), options, mode: 'library', preopens };
    return startHere(launch, {
      linux: this.#linux,
      nextPid: () => ++this.#lastPid as Pid,
      register: (pid, process) => {
        if (process === undefined) this.#here.delete(pid);
        else this.#here.set(pid, process);
      },
      onBug: (report) => this.#lifecycle.report(report),
    });
  }

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
    stdin: Uint8Array,
  ): Promise<GuestProcess> {
    this.#lifecycle.requireOpen();
    const limitPages = memoryLimit(options.memory, this.#settings.maximumPages);
    const { placement = 'library', cwd = '/', signal } = options;
    signal?.throwIfAborted();
    if (placement !== 'library') throw this.#lacking(`the placement ${placement}`);
    if (options.stage !== undefined) throw this.#lacking('staged files');
    requireRoom(options);
    this.#lifecycle.pend(1);
    try {
      const program = await untilAborted(this.#programs.load(source), signal);
      requireEntry(program, options, mode);
      const host = selectHostImports(program, options.imports);
      if (host !== undefined && host.functions.size > 0) throw this.#lacking('host functions that are called back');
      const preopens = options.preopens ?? (cwd === '/' ? preopensFor([], [], []) : await preopensIn(this.fs, cwd));
      const core = await this.#cores.take(options.queue !== false, signal);
      try {
        this.#lifecycle.requireOpen();
        const memory = program.memory && {
          initialPages: program.memory.initialPages,
          maximumPages: maximumFor(program.memory, limitPages),
        };
        return this.#startOn(core, {
          program,
          name: nameOf(source, options),
          options,
          mode,
          preopens,
          stdin,
          memory,
          host,
        });
      } catch (error) {
        this.#cores.giveBack(core);
        throw error;
      }
    } catch (error) {
      this.#lifecycle.pend(-1);
      throw error;
    }
  }

  #startOn(core: Core, launch: LaunchWithStdin): GuestProcess {
    const { program, options, mode, stdin, memory } = launch;
    const pid = ++this.#lastPid as Pid;
    const stdout = createLocalByteStream();
    const stdio: StdioBuffers = [null, stdout, options.joinOutput ? stdout : createLocalByteStream()];
    const unshared: UnsharedStart = {
      memory,
      stdin,
      joinsOutput: options.joinOutput ?? false,
      files: copyFiles(this.#linux),
    };
    const trace = options.trace === undefined ? undefined : new TraceReader(options.trace, false);
    clearSlot(this.#control, core.slot, memory?.initialPages);
    const process: GuestProcess = new GuestProcess({
      pid,
      core,
      guestMemory: undefined,
      linuxMemory: undefined,
      stdio,
      control: this.#control,
      ring: () => {},
      endInLinux: () => {},
      onCoreFree: () => this.#cores.giveBack(core),
      onCoreStuck: (linuxLeft) => this.#cores.replace(core, linuxLeft),
      onBug: (report) => this.#lifecycle.report(report),
      onStreamFree: () => {},
      onGone: () => {
        this.#processes.delete(process);
        this.#lifecycle.pend(-1);
      },
      trace,
      isApart: true,
      limits: options,
      countsEarly: true,
      mode,
    });
    this.#processes.add(process);
    core.isHeld = mode === 'library';
    this.#relay(core, stdio, process);
    startRunning(this.#control, core.slot);
    core.worker.post({
      type: 'start',
      process: processMessage(pid, launch, [null, NO_STREAM, NO_STREAM]),
      module: program.module,
      memory: undefined,
      isMemoryDirty: false,
      maximumPages: memory?.maximumPages ?? 0,
      placement: 'library',
      routes: {},
      unknownImports: options.unknownImports ?? 'trap',
      stubs: program.unknownImports,
      ...(launch.host === undefined ? {} : { host: { imports: launch.host.imports, reply: undefined } }),
      mode,
      invoke: invocationOf(program, options),
      // What a Volume holds is among the copies.
      mounts: this.#mounts.mounts.filter(({ source }) => source.type === 'tmpfs'),
      quotaBytes: this.#settings.storage,
      limits: callLimitsOf(options),
      machine: machineFacts(this.#settings, 0),
      ...(trace === undefined ? {} : { trace: trace.stream }),
      unshared,
    } satisfies StartGuest);
    limit(process, options);
    return process;
  }

  /** Puts what the guest writes into the process's streams; its end is told when all of it is there. */
  #relay(core: Core, [, stdout, stderr]: StdioBuffers, process: GuestProcess): void {
    const deliver = core.listener;
    const writers = { 1: new RingWriter(stdout), 2: new RingWriter(stderr) };
    let written: Promise<unknown> = Promise.resolve();
    core.listener = (message) => {
      if (message.type === 'output') {
        // Counted as it comes: nothing else bounds what waits here.
        const kept = process.keepOutput(message.bytes);
        written = written.then(() => writers[message.fd].writeAll(kept));
      } else if (message.type === 'sleeps') {
        creditSleep(this.#control, core.slot, message.durationMs);
      } else if (message.type === 'ended') {
        written = written.then(() => deliver?.(this.#takeOver(core, message)));
      } else {
        deliver?.(message);
      }
    };
  }

  /** Keeps the counts and files of a guest that has ended. @returns how it ended, an error when the files do not fit */
  #takeOver(core: Core, message: EndMessage): EndMessage {
    const { unshared } = message;
    if (unshared === undefined || message.error !== undefined) return message;
    slotCounters(this.#control, core.slot).local.set(unshared.localCalls);
    this.#control.i32[slotBase(core.slot) + SLOT.MEMORY_PAGES] = unshared.memoryPages;
    setRanMs(this.#control, core.slot, unshared.ranMs);
    Atomics.store(this.#control.i32, slotBase(core.slot) + SLOT.REFUSED, unshared.refused);
    try {
      applyChanges(this.#linux, unshared.files);
      return message;
    } catch (error) {
      if (!(error instanceof LinuxError)) throw error;
      return {
        ...message,
        error: { code: error.code, message: `the program’s files cannot be kept: ${error.message}` },
      };
    }
  }

  #request(operation: string, args: readonly unknown[]): unknown {
    this.#lifecycle.requireOpen();
    return publicRequest(this.#linux, operation, args);
  }

  #lacking(what: string): FusedError {
    return new FusedError('ENOSYS', `this machine lacks ${what}: ${this.degraded.missing}`);
  }

  #mount(request: MountRequest): void {
    const mount = this.#mounts.messageFor(request);
    const { type } = baseOf(mount.source);
    if (type === 'host') throw this.#lacking('host directories');
    if (type === 'opfs') throw this.#lacking('OPFS');
    if (request.readOnly) throw this.#lacking('read-only mounts');
    const clients = { host: () => this.#volumes, volumes: () => this.#volumes, opfs: () => this.#volumes };
    let failure: LinuxError | undefined;
    mountSource(this.#linux, mount, clients, (error) => {
      failure = error;
    });
    if (failure !== undefined) throw publicError(failure);
    this.#mounts.add(mount);
  }

  async #shutDown(error: FusedError, failure: FusedError | undefined): Promise<void> {
    for (const process of this.#processes) {
      if (failure === undefined) process.kill('SIGKILL');
      else process.fail(failure);
    }
    await this.#cores.close(error);
    for (const process of this.#processes) process.abandon();
    for (const process of this.#here.values()) process.abandon();
    this.#volumes.close();
  }
}

/** Stands where a guest that shares memory has streams. */
const NO_STREAM = createLocalByteStream(0);
