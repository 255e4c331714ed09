// The Linux personality: one object is one kernel, with its tree, its processes and the handlers of every call. It runs in a
// worker of its own, in a guest's worker (`library`), or in a page: so it creates no worker, never waits, and learns of
// events from outside only when `poll` is called. Its thread alone uses it; of a process it shares with others only the
// words of the descriptor table and the guest's memory.
// See: runtime/channel/service, for what serves its calls.

import { createDescriptorTable } from '../../runtime/abi/descriptor-table.ts';
import { ERESTART, Errno } from '../../runtime/abi/errno.ts';
import type { Pid } from '../../runtime/abi/types.ts';
import type { Service } from '../../runtime/channel/service.ts';
import { GuestMemory } from '../../runtime/memory/guest-memory.ts';
import { encodeStrings } from '../../runtime/memory/string-vector.ts';
import { HANDLERS } from './abi/handlers.ts';
import { type HostOperation, type HostOutcome, hostOperations, startHostRequest } from './host-requests.ts';
import { OpenTrees } from './image/open-trees.ts';
import { Clock } from './kernel/clock.ts';
import { type Kernel, SyscallContext } from './kernel/context.ts';
import { LinuxError } from './kernel/error.ts';
import { Process } from './kernel/process.ts';
import { Scheduler } from './kernel/scheduler.ts';
import { type OpenStreams, openStdio, openStream, type StreamEnd, StreamInode } from './kernel/stdio.ts';
import type { LinuxOptions, MountSpec, ProcessSpec } from './options.ts';
import { mkdirAt } from './syscalls/links.ts';
import { openAt } from './syscalls/open.ts';
import type { FileDescription } from './vfs/description.ts';
import { DeviceFileSystem } from './vfs/devfs.ts';
import type { Inode } from './vfs/inode.ts';
import { FileLocks } from './vfs/locks.ts';
import { MemoryFileSystem } from './vfs/memory-fs.ts';
import { O_DIRECTORY, O_RDONLY, O_RDWR } from './vfs/mode.ts';
import { MountedFileSystems, MountNamespace } from './vfs/mounts.ts';
import { encodeName } from './vfs/names.ts';
import { FOLLOW } from './vfs/walk.ts';

const KERNEL_PID = 1 as Pid;
const DIRECTORY_MODE = 0o755;
const SHARED_MODE = 0o1777;
const FIRST_PREOPEN = 3;
const NS_PER_MS = 1e6;

export class Linux implements Service<SyscallContext>, Kernel {
  readonly handlers = HANDLERS;
  readonly clock: Clock;
  readonly scheduler = new Scheduler<SyscallContext>();
  readonly locks = new FileLocks();
  readonly openTrees = new OpenTrees();
  readonly hostname: string;
  /** Pid 1, root: on whose behalf `machine.fs` works. */
  readonly kernelProcess: Process;
  readonly #options: LinuxOptions;
  readonly #root: MemoryFileSystem;
  readonly #devices: DeviceFileSystem;
  readonly #namespace: MountNamespace;
  readonly #processes = new Map<Pid, Process>();
  readonly #streams: OpenStreams = new Set();
  readonly #mounted = new MountedFileSystems();
  /** For paths that the kernel itself walks. */
  readonly #context: SyscallContext;

  constructor(options: LinuxOptions) {
    this.#options = options;
    this.hostname = options.hostname ?? 'fusedos';
    this.clock = new Clock(options.clock, options.isPolled);
    this.#root = new MemoryFileSystem({ clock: this.clock, quotaBytes: options.quotaBytes });
    this.#devices = new DeviceFileSystem({
      clock: this.clock,
      random: (into) => options.random(into),
      inodeOf: (caller, fd) =>
        caller instanceof SyscallContext ? caller.process.descriptors.get(fd)?.inode : undefined,
    });
    this.#namespace = new MountNamespace(this.#root);
    this.#mounted.add(this.#root);
    this.kernelProcess = this.#createProcess({ pid: KERNEL_PID, args: [], env: [] }, this.#namespace, this.#root.root);
    this.#context = this.#kernelContext();
    this.mount({ path: '/dev', fileSystem: this.#devices, readOnly: false });
    this.#makeDirectories('/tmp', SHARED_MODE);
    this.openTrees.markBoot(this.#namespace);
  }

  // Processes.

  /** Enters a process. Errors (LinuxError): a working or preopened directory is missing; EEXIST, the pid is taken. */
  spawn(spec: ProcessSpec): Process {
    if (this.#processes.has(spec.pid)) throw new LinuxError(Errno.EEXIST, 'spawn', `pid ${spec.pid}`);
    const namespace = this.#namespaceFor(spec.mounts ?? []);
    const process = this.#createProcess(spec, namespace, this.#root.root);
    try {
      openStdio(process.descriptors, spec, (end, isTerminal) => this.#stream(end, isTerminal));
      const ctx = new SyscallContext(this, process, NO_MEMORY);
      const cwd = this.#openDirectory(ctx, spec.cwd ?? '/');
      process.changeDirectory(cwd.inode);
      cwd.retain();
      cwd.release();
      for (const { name, path } of spec.preopens) {
        const fd = process.descriptors.add(this.#openDirectory(ctx, path), FIRST_PREOPEN);
        if (fd < 0) throw new LinuxError(-fd, 'open', path);
        process.preopens.set(fd, encodeName(name));
      }
    } catch (error) {
      this.#release(process);
      throw error;
    }
    return process;
  }

  /** The context for the calls of one of a process's threads. */
  attach(process: Process, memory: GuestMemory): SyscallContext {
    const ctx = new SyscallContext(this, process, memory);
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

  random(into: Uint8Array<ArrayBuffer>): void {
    this.#options.random(into);
  }

  // The tree.

  /** Mounts for the machine and for processes that begin later; makes the directory. Errors (LinuxError): EBUSY, ENOTDIR … */
  mount(spec: MountSpec): void {
    this.#mountIn(this.#namespace, this.#context, spec);
    this.openTrees.mounted(spec.fileSystem);
  }

  /**
   * Serves a request of the machine's embedder on the tree (see host-requests).
   *
   * @param done is called once, at once or while `takeRunnable` runs
   */
  request(operation: string, args: readonly unknown[], done: (outcome: HostOutcome) => void): void {
    if (!Object.hasOwn(hostOperations, operation)) {
      done({ error: new LinuxError(Errno.ENOSYS, operation) });
      return;
    }
    this.clock.tick();
    startHostRequest(
      (resume) => this.#kernelContext(resume),
      operation as HostOperation,
      args,
      done,
      (error) => this.#options.onBug(describe(error, operation)),
    );
  }

  // What serves its calls uses these.

  takeRunnable(): SyscallContext | undefined {
    for (;;) {
      const ctx = this.scheduler.take();
      if (ctx === undefined) return undefined;
      if (ctx.process.hasEnded) continue;
      ctx.beginRun();
      if (ctx.resume === undefined) return ctx;
      ctx.resume();
    }
  }

  poll(): number {
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

  completed(ctx: SyscallContext): void {
    ctx.clear();
  }

  // Helpers.

  #createProcess(
    spec: Pick<ProcessSpec, 'pid' | 'args' | 'env' | 'uid' | 'gid' | 'groups' | 'umask' | 'descriptors'>,
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
      startedNs: this.clock.monotonicNs(),
    });
    this.#processes.set(spec.pid, process);
    return process;
  }

  #release(process: Process): void {
    process.waitStatus ??= 0;
    for (const ctx of process.threads) ctx.clear();
    process.threads.clear();
    process.descriptors.closeAll();
    process.workingDirectory.drop();
    if (process.namespace !== this.#namespace) this.#mounted.disposeNamespace(process.namespace);
    this.#processes.delete(process.pid);
  }

  #kernelContext(resume?: () => void): SyscallContext {
    return new SyscallContext(this, this.kernelProcess, NO_MEMORY, resume);
  }

  #namespaceFor(mounts: readonly MountSpec[]): MountNamespace {
    if (mounts.length === 0) return this.#namespace;
    const namespace = this.#namespace.copy();
    for (const { fileSystem } of namespace.mounts) this.#mounted.add(fileSystem);
    try {
      for (const spec of mounts) this.#mountIn(namespace, this.#context, spec);
    } catch (error) {
      this.#mounted.disposeNamespace(namespace);
      throw error;
    }
    return namespace;
  }

  #mountIn(namespace: MountNamespace, ctx: SyscallContext, { path, fileSystem, readOnly }: MountSpec): void {
    this.#makeDirectories(path, DIRECTORY_MODE);
    const start = { namespace, root: namespace.root };
    let result = ctx.walk.toInode(ctx, start, namespace.root, path, FOLLOW);
    if (result === 0) result = namespace.mount(ctx.walk.inode, fileSystem, readOnly, path);
    if (result < 0) throw new LinuxError(-result, 'mount', path);
    this.#mounted.add(fileSystem);
  }

  /** Makes a directory and those above it that are missing, as root. */
  #makeDirectories(path: string, mode: number): void {
    const ctx = this.#context;
    const { umask } = this.kernelProcess;
    this.kernelProcess.umask = 0;
    try {
      for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
        const isLast = end < 0;
        const result = mkdirAt(
          ctx,
          this.#root.root,
          isLast ? path : path.slice(0, end),
          isLast ? mode : DIRECTORY_MODE,
          0,
        );
        if (result < 0 && result !== -Errno.EEXIST) throw new LinuxError(-result, 'mkdir', path);
        if (isLast) return;
      }
    } finally {
      this.kernelProcess.umask = umask;
    }
  }

  #openDirectory(ctx: SyscallContext, path: string): FileDescription {
    const opened = openAt(ctx, ctx.process.root, path, O_RDONLY | O_DIRECTORY, 0, 0);
    if (typeof opened !== 'number') return opened;
    // A path that goes on inside of a host directory would have to wait.
    throw new LinuxError(opened === -ERESTART ? Errno.EAGAIN : -opened, 'open', path);
  }

  #stream(end: StreamEnd | 'null', isTerminal: boolean): FileDescription {
    const opened =
      end === 'null'
        ? openAt(this.#context, this.#root.root, '/dev/null', O_RDWR, 0, 0)
        : openStream(new StreamInode(this.#devices, this.clock, end, isTerminal, this.#streams));
    if (typeof opened === 'number') throw new LinuxError(-opened, 'open', 'stdio');
    return opened;
  }
}

/** For calls of the kernel's own, which have no guest. */
const NO_MEMORY = new GuestMemory({ buffer: new ArrayBuffer(0), grow: () => 0 });

function describe(error: unknown, operation: string): string {
  return `${operation}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
