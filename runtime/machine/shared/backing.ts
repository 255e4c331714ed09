// What a machine stands on where threads share memory: Linux in a worker of its own, cores for guests and for ordinary Linux
// processes, a pool of memories, streams in shared memory, whatever can be mounted. Used by machine.ts on the booting thread.

import { processStateBytes } from '../../../personalities/cnk/threads/process-state.ts';
import { type Control, createControl, ringDoorbell, ringSlot } from '../../channel/layout.ts';
import type { Placement } from '../../core/route.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { ByteStreamPool } from '../../shm/byte-stream.ts';
import type { Backing, BackingParts, ProcessLaunch, ProcessResources } from '../backing.ts';
import { CorePool, type Cores, SlotAllocator } from '../cores/pool.ts';
import type { FusedError } from '../errors.ts';
import { createFileSystem, type MachineFileSystem } from '../fs/index.ts';
import type { HereLibrary } from '../here/library.ts';
import type { SharedHere } from '../here/shared.ts';
import { HostCallbacks } from '../host-functions/callbacks.ts';
import { type LinuxNews, LinuxThread } from '../linux/thread.ts';
import { MachineMemory } from '../memory.ts';
import type { LinuxCore, StagedFileMessage, StartGuest, StdioBuffers, ThreadSetup } from '../messages.ts';
import { MachineMounts } from '../mounts/machine-mounts.ts';
import type { MountSource } from '../mounts/table.ts';
import { HERE_MOST, machineFacts } from '../options.ts';
import { closeUnused, type Launch } from '../process/launch.ts';
import { TOP_DIRECTORIES } from '../process/preopens.ts';
import { GuestProcess } from '../process/process.ts';
import { SharedStatePool } from '../process/shared-state.ts';
import type { Program } from '../program.ts';
import { LibraryMemory } from '../resident/memory.ts';

const NOTHING = new Uint8Array(0);

/** A rank's memory is every rank's: each time that it grows, all their threads take note (see memory/pages). So it has room at first. */
const RANK_AHEAD_PAGES = 16;

export class SharedBacking implements Backing {
  readonly degraded = undefined;
  readonly placement = 'cnk';
  readonly control: Control;
  readonly fs: MachineFileSystem;
  readonly cores: CorePool;
  readonly #parts: BackingParts;
  readonly #memories: MachineMemory;
  readonly #slots: SlotAllocator;
  readonly #streams = new ByteStreamPool();
  readonly #shared = new SharedStatePool();
  readonly #linuxCores: CorePool;
  readonly #linux: LinuxThread;
  readonly #mounts: MachineMounts;
  #here: SharedHere | undefined;

  constructor(parts: BackingParts) {
    this.#parts = parts;
    const { settings, lifecycle } = parts;
    const { appCores, linuxProcesses, spareCores, storage, workers } = settings;
    const onBug = (message: string): void => lifecycle.fail(message);
    const slots = 2 * (appCores + linuxProcesses + spareCores) + HERE_MOST;
    this.control = createControl(slots, settings.pollPolicy);
    this.#memories = new MachineMemory(settings.totalBytes);
    this.#slots = new SlotAllocator(slots);
    const { control } = this;
    const own = {
      control,
      slots: this.#slots,
      epochMs: parts.epochMs,
      queueLimit: settings.queueLimit,
      workers,
      onBug,
    };
    this.cores = new CorePool({ ...own, limit: appCores });
    this.#linuxCores = new CorePool({ ...own, limit: linuxProcesses });
    this.#linux = new LinuxThread({ control, lifecycle, onNews: (news) => this.#takeNews(news), workers });
    this.#mounts = new MachineMounts({
      control,
      storage,
      tellLinux: (message, transfer) => this.#linux.tell(message, transfer),
      request: (message) => this.#linux.request(message),
      onBug,
      onWorker: () => lifecycle.setRef(),
      workers,
    });
    this.fs = createFileSystem((operation, args, transfer) =>
      this.#linux.request({ type: 'fs', id: 0, operation, args }, transfer),
    );
  }

  async start(mounts: Readonly<Record<string, MountSource>>, onRoot: () => Promise<void>): Promise<void> {
    const { settings, epochMs } = this.#parts;
    const ready = this.#linux.boot({ epochMs, quotaBytes: settings.storage, machine: machineFacts(settings) });
    await Promise.all([ready, this.cores.start(settings.coresAhead)]);
    await this.#mounts.mountAll(mounts, onRoot);
    // Nobody waits for the answer: what is asked later is served later.
    this.#linux.tell({ type: 'fs', id: 0, operation: 'booted', args: [] });
  }

  /** Errors: those of MachineMounts.mount. */
  mount(source: MountSource, path: string): Promise<void> {
    return this.#mounts.mount(source, path);
  }

  /** Errors: those of MachineMounts.unmount. */
  unmount(path: string): Promise<void> {
    return this.#mounts.unmount(path);
  }

  /** What is there from the start, and the mounts. */
  get ownTops(): readonly string[] | undefined {
    return this.#mounts.hasRoot ? undefined : [...new Set([...TOP_DIRECTORIES, ...this.#mounts.tops])];
  }

  /** A whole machine lacks nothing. */
  requireServed(): void {}

  /** A program may look at the directory of a staged file, or make files there; in a mount that is the host's to have. */
  async prepare(staged: readonly StagedFileMessage[]): Promise<Uint8Array> {
    const directories = new Set(staged.map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
    for (const directory of directories) {
      // What stands in the way hides the directory only, not the staged file.
      if (directory !== '' && !this.#mounts.covers(directory))
        await this.fs.mkdir(directory, { recursive: true }).catch(() => {});
    }
    return NOTHING;
  }

  coresFor(placement: Placement): CorePool {
    return placement === 'linux' ? this.#linuxCores : this.cores;
  }

  settle(program: Program, limitPages: number): Promise<void> {
    return this.#memories.settle(program, limitPages);
  }

  resourcesFor(cores: Cores, block: ProcessBlock, launch: ProcessLaunch): ProcessResources {
    const { program, placement, host, hostStdio, mode, staged, isRank } = launch;
    const { control } = this;
    const [core] = cores;
    const { slot } = core;
    const hasOwnLinux = placement === 'library';
    const taken = this.#memories.take(program, launch.limitPages, isRank ? RANK_AHEAD_PAGES : 0);
    const lease = taken && this.#memories.lease(taken, this.coresFor(placement));
    const guestMemory = lease?.share();
    // Of a process with a Linux of its own, that of whoever serves its files elsewhere.
    const linuxMemory = lease?.share();
    const jobMemory = isRank ? lease?.share() : undefined;
    const stdio = this.#stdioOf(launch);
    const mounts = hasOwnLinux ? this.#mounts.forLibrary(slot) : undefined;
    const wakes = cores.map((one) => () => ringSlot(control, one.slot));
    const ring = hasOwnLinux ? () => ringSlot(control, slot) : () => ringDoorbell(control);
    hostStdio?.serve(ring);
    const hostCalls = host && new HostCallbacks(host, wakes);
    const share = mode === 'resident' || hostCalls !== undefined ? lease?.share() : undefined;
    const held = share && new LibraryMemory(share, block.memoryPages);
    if (hostCalls !== undefined) hostCalls.memory = held;
    const end = (): Promise<void> | undefined => {
      const left = mounts?.end();
      if (left !== undefined) return left.then(() => linuxMemory?.end());
      linuxMemory?.end();
      return undefined;
    };
    return {
      stdio,
      memory: held,
      jobMemory,
      parts: {
        guestMemory,
        linuxMemory,
        ring,
        hostCalls,
        endInLinux: (pid, waitStatus) => {
          if (!hasOwnLinux) this.#linux.tell({ type: 'end', pid, waitStatus });
        },
        onStreamFree: (stream) => this.#streams.giveBack(stream),
      },
      start: (process, message, traces) => {
        if (share !== undefined) process.exit.then(share.end, share.end);
        process.exit.then(
          ({ peakMemory }) => this.#memories.note(program, peakMemory),
          () => {},
        );
        const deliver = core.listener;
        if (mounts !== undefined) core.listener = (said) => mounts.take(said) || deliver?.(said);
        const start: StartGuest = {
          ...message,
          memory: taken?.memory,
          isMemoryDirty: taken?.isDirty ?? false,
          maximumPages: taken?.maximumPages ?? 0,
          ...(program.memoryCalls && { memoryCalls: program.memoryCalls }),
          ...(program.tableExport !== undefined && { tableExport: program.tableExport }),
          mounts: mounts?.mounts ?? [],
          ...(mounts?.volumes && { volumes: mounts.volumes }),
          ...(mounts?.opfs && { opfs: mounts.opfs }),
          machine: machineFacts(this.#parts.settings),
          ...(staged.length > 0 && { stage: staged }),
        };
        const threads = this.#threadsOn(cores, program, start.maximumPages, process);
        const told = cores.map((one, index): LinuxCore => {
          const hostWork = this.#mounts.hostWorkOf(one);
          const trace = traces?.[index];
          const reply = hostCalls?.replies[index];
          const own: StartGuest = {
            ...start,
            ...(reply && { host: { imports: host?.imports ?? [], reply } }),
            ...(hostWork && { hostWork }),
            ...(threads && { threads }),
            ...(trace !== undefined && { trace }),
          };
          one.worker.post(own, mounts?.opfs === undefined ? [] : [mounts.opfs.port]);
          return { slot: one.slot, ...(hostWork && { hostWork }) };
        });
        if (hasOwnLinux) return;
        // After the core: that has more to do before the two meet.
        this.#linux.tell({
          type: 'spawn',
          cores: told,
          block: message.block,
          process: message.process,
          memory: taken?.memory,
          limits: message.limits,
        });
      },
      end,
      discard: () => {
        for (const one of [share, guestMemory, jobMemory]) one?.end();
        void end();
        for (const stream of new Set(stdio)) if (stream !== null) this.#streams.giveBack(stream);
      },
    };
  }

  async loadHere(launch: Launch): Promise<HereLibrary> {
    const { SharedHere } = await import('../here/shared.ts');
    const { lifecycle, epochMs, settings } = this.#parts;
    lifecycle.requireOpen();
    this.#here ??= new SharedHere({
      control: this.control,
      slots: this.#slots,
      epochMs,
      tellLinux: (message) => this.#linux.tell(message),
      mounts: this.#mounts,
      memories: this.#memories,
      cores: this.cores,
      limitPages: settings.maximumPages,
    });
    return this.#here.load(launch, this.#parts);
  }

  setRef(keepsRunning: boolean): void {
    this.#linux.setRef(keepsRunning);
    this.#mounts.setRef(keepsRunning);
    this.cores.setRef(keepsRunning);
    this.#linuxCores.setRef(keepsRunning);
  }

  async close(error: FusedError): Promise<void> {
    await Promise.all([
      this.#linux.shutDown(error),
      this.#mounts.close(),
      this.cores.close(error),
      this.#linuxCores.close(error),
    ]);
  }

  dispose(): void {
    this.#mounts.closeLeft();
  }

  /** What the threads of a process share; undefined when it can have only one. */
  #threadsOn(
    cores: Cores,
    { reusesInstance }: Program,
    maximumPages: number,
    process: GuestProcess,
  ): ThreadSetup | undefined {
    if (cores.length === 1) return undefined;
    const shared = this.#shared.take(processStateBytes(maximumPages));
    void process.left.then(() => this.#shared.giveBack(shared));
    return { slots: cores.map(({ slot }) => slot), reusesInstance, shared };
  }

  #stdioOf({ options, hasStdin, hostStdio }: ProcessLaunch): StdioBuffers {
    const stdin = hasStdin ? this.#streams.take() : null;
    const stdout = this.#streams.take();
    const stdio: StdioBuffers = [stdin, stdout, options.joinOutput ? stdout : this.#streams.take()];
    if (hostStdio !== undefined) closeUnused(stdio, hostStdio);
    return stdio;
  }

  #takeNews(news: LinuxNews): void {
    if (news.type === 'volume-memory') return this.#mounts.takeVolumeMemory(news.message);
    const process = this.#parts.processes.get(news.pid);
    if (news.type === 'started') return process instanceof GuestProcess ? undefined : process?.begin();
    if (news.type === 'refused') process?.refuse(news.error);
    process?.linuxLeft();
  }
}
