// The Linux personality: one object is one kernel, with its tree, its processes and the handlers of every call. It runs in a
// worker of its own, in a guest's worker (`library`), or in a page: so it creates no worker, never waits, and learns of
// events from outside only when `poll` is called. Its thread alone uses it; of a process it shares with others only the
// words of the descriptor table and the guest's memory.
// See: runtime/channel/service, for what serves its calls.

import { createDescriptorTable } from '../../runtime/abi/descriptor-table.ts';
import { Errno } from '../../runtime/abi/errno.ts';
import type { Pid } from '../../runtime/abi/types.ts';
import type { Service } from '../../runtime/channel/service.ts';
import { GuestMemory } from '../../runtime/memory/guest-memory.ts';
import { encodeStrings } from '../../runtime/memory/string-vector.ts';
import { HANDLERS } from './abi/handlers.ts';
import { fdstatOf } from './abi/wasi/fd.ts';
import { mountSteps, rootSteps, runNow, unmount, unmountSteps } from './embedder/mount-steps.ts';
import { type HostOutcome, hostOperations } from './embedder/requests.ts';
import { call, makeDirectories, startSteps } from './embedder/steps.ts';
import { DeviceFileSystem } from './fs/dev/file-system.ts';
import { MemoryFileSystem } from './fs/memory/file-system.ts';
import { ProcFileSystem } from './fs/proc/file-system.ts';
import { imageOperations } from './image/image-requests.ts';
import { OpenTrees } from './image/open-trees.ts';
import type { Steps } from './kernel/block.ts';
import { Clock } from './kernel/clock.ts';
import { type Kernel, SyscallContext } from './kernel/context.ts';
import { LinuxError } from './kernel/error.ts';
import { commOf, Process } from './kernel/process.ts';
import { Scheduler } from './kernel/scheduler.ts';
import { StandardDescription, StandardInode } from './kernel/standard-file.ts';
import { type OpenStreams, openStdio, openStream, type StandardEnd, StreamInode } from './kernel/stdio.ts';
import type { LinuxOptions, MachineFacts, MountSpec, ProcessSpec } from './options.ts';
import { openAt } from './syscalls/open.ts';
import type { Caller } from './vfs/caller.ts';
import type { FileDescription, Inode } from './vfs/inode.ts';
import { FileLocks } from './vfs/locks.ts';
import { O_DIRECTORY, O_RDONLY, O_RDWR } from './vfs/mode.ts';
import { type Mount, MountedFileSystems, MountNamespace } from './vfs/mounts.ts';
import { encodeName } from './vfs/names.ts';
import type { Allowance, Quota } from './vfs/quota.ts';

const KERNEL_PID = 1 as Pid;
const KERNEL_NAME = 'linux';
const SHARED_MODE = 0o1777;
const FIRST_PREOPEN = 3;
const NS_PER_MS = 1e6;
/** Of a Linux whose owner tells nothing: a guest can address 4 GiB. */
const LONE_MACHINE: MachineFacts = { applicationCores: 1, systemCores: 0, memoryBytes: 2 ** 32 };

/** @param args were checked by the machine */
type Operation = (ctx: SyscallContext, ...args: never[]) => Steps<unknown>;

export class Linux implements Service<SyscallContext>, Kernel {
  readonly handlers = HANDLERS;
  readonly clock: Clock;
  readonly scheduler = new Scheduler<SyscallContext>();
  readonly locks = new FileLocks();
  readonly hostname: string;
  readonly machine: MachineFacts;
  /** Pid 1, root: on whose behalf `machine.fs` works. */
  readonly kernelProcess: Process;
  readonly #options: LinuxOptions;
  readonly #root: MemoryFileSystem;
  readonly #devices: DeviceFileSystem;
  readonly #proc: ProcFileSystem;
  readonly #namespace: MountNamespace;
  readonly #processes = new Map<Pid, Process>();
  /** How many of them are given what they begin with. */
  #starting = 0;
  readonly #streams: OpenStreams = new Set();
  readonly #mounted = new MountedFileSystems();
  /** Whose allowance is charged between calls. */
  #payer: Allowance | undefined;
  /** Images and checkpoints of the machine's embedder. */
  readonly #openTrees = new OpenTrees();
  /** What the embedder may ask for, by name. */
  readonly #operations = new Map<string, Operation>(
    Object.entries({ ...hostOperations, ...imageOperations(this.#openTrees) }),
  );
  /** For paths that the kernel itself walks. */
  readonly #context: SyscallContext;

  constructor(options: LinuxOptions) {
    this.#options = options;
    this.hostname = options.hostname ?? 'fusedos';
    this.machine = options.machine ?? LONE_MACHINE;
    this.clock = new Clock(options.clock, options.isPolled);
    this.#root = new MemoryFileSystem({ clock: this.clock, quotaBytes: options.quotaBytes });
    this.#devices = new DeviceFileSystem({
      clock: this.clock,
      random: (into) => options.random(into),
      descriptionOf: (caller, fd) => (caller instanceof SyscallContext ? caller.description(fd) : undefined),
    });
    this.#proc = new ProcFileSystem({
      clock: this.clock,
      hostname: this.hostname,
      machine: this.machine,
      processOf,
      tidOf: (caller) => (caller instanceof SyscallContext ? caller.tid : 0),
      process: (pid) => this.#processes.get(pid as Pid),
      processes: () => this.#processes.values(),
    });
    this.#namespace = new MountNamespace(this.#root);
    this.#mounted.add(this.#root);
    this.kernelProcess = this.#createProcess({ pid: KERNEL_PID, args: [], env: [] }, this.#namespace, this.#root.root);
    this.#context = this.#kernelContext();
    this.mount({ path: '/dev', fileSystem: this.#devices, readOnly: false });
    this.mount({ path: '/proc', fileSystem: this.#proc, readOnly: false });
    const { umask } = this.kernelProcess;
    this.kernelProcess.umask = 0;
    runNow(makeDirectories(this.#context, '/tmp', SHARED_MODE), 'mkdir', '/tmp');
    this.kernelProcess.umask = umask;
    this.#openTrees.markBoot(this.#namespace);
  }

  // Processes.

  /**
   * Enters a process. Errors (LinuxError): a working or preopened directory is missing; EEXIST, the pid is taken.
   *
   * @param done is called once: at once, unless a directory takes time to be found, else while `takeRunnable` runs
   */
  spawn(spec: ProcessSpec, done: (outcome: { readonly process: Process } | { error: LinuxError }) => void): void {
    const process = this.#enter(spec);
    this.#starting++;
    startSteps(
      (resume) => new SyscallContext(this, process, NO_MEMORY, resume),
      'spawn',
      (ctx) => this.#provide(ctx, spec),
      (outcome) => {
        this.#starting--;
        if ('error' in outcome) this.#release(process);
        done('error' in outcome ? outcome : { process });
      },
      (error) => {
        this.#options.onBug(describe(error, 'spawn'));
        return undefined;
      },
    );
  }

  /**
   * The context for the calls of a process's threads, one after another, that run on one core.
   *
   * @param tidOf the id of the thread there, 0: none; absent: it is the only one
   */
  attach(process: Process, memory: GuestMemory, tidOf?: () => number): SyscallContext {
    const ctx = new SyscallContext(this, process, memory, undefined, tidOf);
    process.threads.add(ctx);
    return ctx;
  }

  /** A thread has ended and its process has not: its open call never completes. */
  detach(ctx: SyscallContext): void {
    ctx.process.threads.delete(ctx);
    ctx.clear();
  }

  /** Ends a process, once: cancels its calls, closes its descriptors, forgets it. */
  end(process: Process, waitStatus: number): void {
    if (process.hasEnded) return;
    process.waitStatus = waitStatus;
    this.#release(process);
    this.#options.onExit(process, waitStatus);
  }

  process(pid: Pid): Process | undefined {
    return this.#processes.get(pid);
  }

  get processes(): Iterable<Process> {
    return this.#processes.values();
  }

  random(into: Uint8Array<ArrayBuffer>): void {
    this.#options.random(into);
  }

  // The tree.

  /** What the machine's files are charged to. */
  get storage(): Quota {
    return this.#root.quota;
  }

  /**
   * Mounts in the machine's tree, at once; makes the directory. Errors (LinuxError): those of embedder/mount-steps; EAGAIN, it would
   * have to wait.
   */
  mount(spec: MountSpec): void {
    this.#mountIn(this.#namespace, spec);
    this.#openTrees.mounted(spec.fileSystem);
  }

  /**
   * As `mount`, also where that takes time. At `/` it takes the place of the tree in memory, and no process may have begun:
   * see embedder/mount-steps.
   */
  requestMount(spec: MountSpec, done: (outcome: HostOutcome) => void): void {
    const steps = spec.path === '/' ? rootSteps : mountSteps;
    const mount = (ctx: SyscallContext): Steps<void> => steps(ctx, this.#namespace, spec);
    this.#start('mount', mount, (outcome) => {
      if ('value' in outcome) {
        this.#mounted.add(spec.fileSystem);
        this.#openTrees.mounted(spec.fileSystem);
      }
      done(outcome);
    });
  }

  /** Takes the latest mount at a path out of the machine's tree. Errors (LinuxError): EINVAL, EBUSY: see embedder/mount-steps. */
  unmount(path: string): void {
    this.#mounted.remove(unmount(this.#namespace, path).fileSystem);
  }

  /** As `unmount`, also where answers are still to come. */
  requestUnmount(path: string, done: (outcome: HostOutcome) => void): void {
    const lift = (ctx: SyscallContext): Steps<Mount> =>
      unmountSteps(ctx, this.#namespace, path, () => this.#starting > 0);
    this.#start('umount', lift, (outcome) => {
      if ('value' in outcome) this.#mounted.remove((outcome.value as Mount).fileSystem);
      done(outcome);
    });
  }

  /**
   * Serves a request of the machine's embedder on the tree (see embedder/requests).
   *
   * @param done is called once, at once or while `takeRunnable` runs
   */
  request(operation: string, args: readonly unknown[], done: (outcome: HostOutcome) => void): void {
    const begin = this.#operations.get(operation);
    if (begin === undefined) done({ error: new LinuxError(Errno.ENOSYS, operation) });
    else this.#start(operation, (ctx) => begin(ctx, ...(args as never[])), done);
  }

  // What serves its calls uses these.

  takeRunnable(): SyscallContext | undefined {
    for (;;) {
      const ctx = this.scheduler.take();
      if (ctx === undefined) return undefined;
      if (ctx.process.hasEnded) continue;
      if (ctx.resume === undefined) {
        ctx.beginRun();
        return ctx;
      }
      this.#root.quota.payer = this.#payer;
      ctx.resume();
    }
  }

  /** Whether a context's waiting call should run again; it is not given by `takeRunnable` then. */
  takeBack(ctx: SyscallContext): boolean {
    if (!ctx.isRunnable) return false;
    this.scheduler.cancel(ctx);
    ctx.beginRun();
    return true;
  }

  poll(): number {
    this.#root.quota.payer = this.#payer;
    this.clock.tick();
    for (const stream of this.#streams) stream.look();
    this.#mounted.poll();
    const { scheduler } = this;
    if (scheduler.nextNs === Number.POSITIVE_INFINITY) {
      return scheduler.hasRunnable ? 0 : Number.POSITIVE_INFINITY;
    }
    const nowNs = this.clock.monotonicNs();
    scheduler.expire(nowNs);
    return scheduler.hasRunnable ? 0 : Math.max(0, (scheduler.nextNs - nowNs) / NS_PER_MS);
  }

  /** What the call adds to files in memory is charged to its process, too, until the next `poll`. */
  begins(ctx: SyscallContext): void {
    this.#root.quota.payer = ctx.process.allowance;
  }

  /** All that is added to files from now on is charged to one process, too: this Linux has no other. */
  chargeAlways({ allowance }: Process): void {
    this.#payer = allowance;
    this.#root.quota.payer = allowance;
  }

  refused({ process: { allowance, limits } }: SyscallContext, errno: number): void {
    if (errno === Errno.EMFILE) return limits?.onRefused('openFiles');
    const { limit, used } = this.#root.quota;
    // Else it is the machine that has no room.
    if (errno === Errno.ENOSPC && allowance !== undefined && allowance.left <= limit - used)
      limits?.onRefused('storage');
  }

  interrupt(ctx: SyscallContext): number | undefined {
    if (!ctx.isInterruptible) return undefined;
    return ctx.progress > 0 ? ctx.progress : -Errno.EINTR;
  }

  completed(ctx: SyscallContext): void {
    ctx.clear();
  }

  // Helpers.

  #start(name: string, begin: (ctx: SyscallContext) => Steps<unknown>, done: (outcome: HostOutcome) => void): void {
    this.#root.quota.payer = this.#payer;
    this.clock.tick();
    startSteps(
      (resume) => this.#kernelContext(resume),
      name,
      begin,
      done,
      // The embedder gets the report. The tree is whole: an operation checks first, then changes it by single stores.
      (error) => `an error of fusedos itself; please report it. ${describe(error, name)}`,
    );
  }

  #createProcess(
    spec: Pick<ProcessSpec, 'pid' | 'args' | 'env' | 'uid' | 'gid' | 'groups' | 'umask' | 'descriptors' | 'limits'>,
    namespace: MountNamespace,
    workingDirectory: Inode,
  ): Process {
    const process = new Process({
      pid: spec.pid,
      args: encodeStrings(spec.args),
      env: encodeStrings(spec.env),
      uid: spec.uid ?? 0,
      gid: spec.gid ?? 0,
      groups: spec.groups ?? [],
      umask: spec.umask ?? 0o022,
      namespace,
      workingDirectory,
      descriptors: spec.descriptors ?? createDescriptorTable(),
      statOf: fdstatOf,
      comm: commOf(spec.args[0] ?? KERNEL_NAME),
      startedNs: this.clock.monotonicNs(),
      limits: spec.limits,
    });
    this.#processes.set(spec.pid, process);
    this.#proc.processBegan(process, this.#processes.size);
    return process;
  }

  #release(process: Process): void {
    process.waitStatus ??= 0;
    for (const ctx of process.threads) ctx.clear();
    process.threads.clear();
    process.descriptors.closeAll();
    process.leaveDirectories();
    if (process.namespace !== this.#namespace) this.#mounted.disposeNamespace(process.namespace);
    this.#processes.delete(process.pid);
    this.#proc.processEnded(this.#processes.size);
  }

  #kernelContext(resume?: () => void): SyscallContext {
    return new SyscallContext(this, this.kernelProcess, NO_MEMORY, resume);
  }

  #namespaceFor(mounts: readonly MountSpec[]): MountNamespace {
    if (mounts.length === 0) return this.#namespace;
    const namespace = this.#namespace.copy();
    for (const { fileSystem } of namespace.mounts) this.#mounted.add(fileSystem);
    try {
      for (const spec of mounts) this.#mountIn(namespace, spec);
    } catch (error) {
      this.#mounted.disposeNamespace(namespace);
      throw error;
    }
    return namespace;
  }

  #mountIn(namespace: MountNamespace, spec: MountSpec): void {
    runNow(mountSteps(this.#context, namespace, spec), 'mount', spec.path);
    this.#mounted.add(spec.fileSystem);
  }

  #enter(spec: ProcessSpec): Process {
    if (this.#processes.has(spec.pid)) throw new LinuxError(Errno.EEXIST, 'spawn', `pid ${spec.pid}`);
    return this.#createProcess(spec, this.#namespaceFor(spec.mounts ?? []), this.#namespace.root);
  }

  /** What a process begins with: standard streams, working directory, preopened directories. */
  *#provide(ctx: SyscallContext, spec: ProcessSpec): Steps<void> {
    const { process } = ctx;
    openStdio(process.descriptors, spec, (end, isTerminal) => this.#stream(end, isTerminal));
    const cwd = yield* openDirectory(ctx, spec.cwd ?? '/');
    process.changeDirectory(cwd.inode);
    cwd.retain();
    cwd.release();
    for (const { name, path } of spec.preopens) {
      const fd = process.descriptors.add(yield* openDirectory(ctx, path), FIRST_PREOPEN);
      if (fd < 0) throw new LinuxError(-fd, 'open', path);
      process.preopens.set(fd, encodeName(name));
    }
  }

  #stream(end: StandardEnd, isTerminal: boolean): FileDescription {
    if (end !== 'null' && end.kind === 'host') {
      const inode = new StandardInode(this.#devices, end.file, isTerminal, this.#streams);
      return new StandardDescription(inode, end.file.flags);
    }
    const opened =
      end === 'null'
        ? openAt(this.#context, this.#devices.root, 'null', O_RDWR, 0, 0)
        : openStream(new StreamInode(this.#devices, this.clock, end, isTerminal, this.#streams));
    if (typeof opened === 'number') throw new LinuxError(-opened, 'open', 'stdio');
    return opened;
  }
}

function processOf(caller: Caller): Process | undefined {
  return caller instanceof SyscallContext ? caller.process : undefined;
}

function openDirectory(ctx: SyscallContext, path: string): Steps<FileDescription> {
  return call(ctx, 'open', path, () => openAt(ctx, ctx.process.root, path, O_RDONLY | O_DIRECTORY, 0, 0));
}

/** For calls of the kernel's own, which have no guest. */
const NO_MEMORY = new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 });

function describe(error: unknown, operation: string): string {
  return `${operation}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
