// What a machine stands on where threads share no memory, such as a page that is not cross-origin isolated. Each guest has a
// private Linux in its worker; the machine's own, for `machine.fs`, is in the booting thread. Files go to a guest when it starts
// and come back when it has ended, output comes by messages, and a kill ends the worker. Used by machine.ts.

import { Linux, LinuxError, VolumeRequests } from '../../../personalities/linux/index.ts';
import type { Pid } from '../../abi/types.ts';
import { type Control, createLocalControl, nextPid, slotCounters } from '../../channel/layout.ts';
import { creditSleep, setRanMs, startRunning } from '../../channel/run-clock.ts';
import { type HostClient, LocalHostClient } from '../../files/client.ts';
import type { ProcessBlock } from '../../process/block.ts';
import { createLocalByteStream, RingWriter } from '../../shm/byte-stream.ts';
import type { Backing, BackingParts, Degradation, ProcessLaunch, ProcessResources } from '../backing.ts';
import { type Core, CorePool, type Cores, SlotAllocator } from '../cores/pool.ts';
import { FusedError } from '../errors.ts';
import { createFileSystem, type MachineFileSystem } from '../fs/index.ts';
import type { HereLibrary } from '../here/library.ts';
import type { HostSelection } from '../host-functions/imports.ts';
import { fillRandom, linuxClock } from '../linux/parts.ts';
import { publicError, publicly, publicRequest } from '../linux/private.ts';
import { maximumFor } from '../memory.ts';
import type { FromCore, HostStdio, StagedFileMessage, StartGuest, StdioBuffers } from '../messages.ts';
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
import { machineFacts, type SpawnOptions } from '../options.ts';
import type { Launch } from '../process/launch.ts';
import { GuestProcess } from '../process/process.ts';
import { type OpenStdin, readStdin } from '../process/stdin.ts';
import { applyChanges, copyFiles } from './file-copies.ts';

type EndMessage = Extract<FromCore, { type: 'ended' }>;

/** Stands where a guest that shares memory has streams. */
const NO_STREAM = createLocalByteStream(0);

/** What a machine without shared memory cannot do. */
const LOST = [
  'every program runs under the placement "library", on a Linux of its own',
  'a program begins with a copy of the machine’s files; what it changed is stored when it has ended, not when it was killed',
  'stdin is given whole at the start: spawn() has none, and output is not held back when nobody reads it',
  'a kill ends the program’s worker: signals and time limits stop it, and nothing that it did to files is kept',
  'the memory of a loaded program cannot be read or written',
  'no shared memory: no threads, no host directories',
] as const;

export class UnsharedBacking implements Backing {
  readonly degraded: Degradation;
  readonly placement = 'library';
  /** A process can be asked where it works: its tree is a copy of the machine's. */
  readonly ownTops = undefined;
  readonly control: Control;
  readonly fs: MachineFileSystem;
  readonly cores: CorePool;
  readonly #parts: BackingParts;
  readonly #linux: Linux;
  readonly #mounts: MountTable;
  readonly #volumes: HostClient;

  constructor(parts: BackingParts, missing: string) {
    this.#parts = parts;
    this.degraded = { missing, lost: LOST };
    const { settings, epochMs, lifecycle } = parts;
    const { appCores, spareCores, queueLimit, storage, workers } = settings;
    const slots = 2 * (appCores + spareCores);
    this.control = createLocalControl(slots);
    this.cores = new CorePool({
      control: this.control,
      slots: new SlotAllocator(slots),
      epochMs,
      limit: appCores,
      queueLimit,
      workers,
      onBug: (message) => lifecycle.fail(message),
    });
    this.#linux = new Linux({
      clock: linuxClock(epochMs),
      random: fillRandom,
      quotaBytes: storage,
      machine: machineFacts(settings, 0),
      onExit: ({ pid }, waitStatus) => this.#exited(pid, waitStatus),
      onBug: (report) => lifecycle.fail(`linux: ${report}`),
    });
    this.#mounts = new MountTable(storage);
    this.#volumes = new LocalHostClient(new VolumeRequests(this.#mounts.volumes));
    this.fs = createFileSystem(async (operation, args) => this.#request(operation, args));
  }

  async start(mounts: Readonly<Record<string, MountSource>>, onRoot: () => Promise<void>): Promise<void> {
    const { coresAhead, storage } = this.#parts.settings;
    console.warn(`fusedos: a machine without shared memory: ${this.degraded.missing}`);
    await this.cores.start(coresAhead);
    const requests = checkMounts(mounts, storage);
    const others = requests.filter(({ path }) => path !== ROOT);
    for (const request of requests) if (request.path === ROOT) this.#mount(request);
    await onRoot();
    for (const request of others) this.#mount(request);
    this.#request('booted', []);
  }

  /** Errors: ENOSYS: a directory of the host, OPFS, a read-only mount. Those of checkMount, and Linux's. */
  async mount(source: MountSource, path: string): Promise<void> {
    this.#mount(checkMount('source', checkMountPath('path', path), source, this.#parts.settings.storage));
  }

  /** Errors: EINVAL: nothing was mounted there. EBUSY: it is in use. */
  async unmount(path: string): Promise<void> {
    const at = checkMountPath('path', path);
    if (!this.#mounts.has(at)) throw new FusedError('EINVAL', `unmount: nothing is mounted at ${at}`);
    publicly(() => this.#linux.unmount(at));
    this.#mounts.remove(at);
  }

  requireServed(
    { placement = 'library', stage }: SpawnOptions,
    host: HostSelection | undefined,
    hostStdio: HostStdio | undefined,
  ): void {
    if (placement !== 'library') throw this.#lacking(`the placement ${placement}`);
    if (stage !== undefined) throw this.#lacking('staged files');
    if (hostStdio !== undefined) throw this.#lacking('descriptors of the host');
    if (host !== undefined && host.functions.size > 0) throw this.#lacking('host functions that are called back');
  }

  /** A guest begins when all of its stdin is there. */
  prepare(_staged: readonly StagedFileMessage[], stdin: OpenStdin | undefined): Promise<Uint8Array> {
    return readStdin(stdin);
  }

  coresFor(): CorePool {
    return this.cores;
  }

  async settle(): Promise<void> {}

  resourcesFor(
    [core]: Cores,
    block: ProcessBlock,
    { program, options, host, readAhead, limitPages }: ProcessLaunch,
  ): ProcessResources {
    const memory = program.memory && {
      initialPages: program.memory.initialPages,
      maximumPages: maximumFor(program.memory, limitPages),
    };
    const stdout = createLocalByteStream();
    const stdio: StdioBuffers = [null, stdout, options.joinOutput ? stdout : createLocalByteStream()];
    return {
      stdio,
      parts: {
        guestMemory: undefined,
        linuxMemory: undefined,
        ring: () => {},
        endInLinux: () => {},
        onStreamFree: () => {},
        countsEarly: true,
      },
      memory: this.#lacking('access to the memory of a program'),
      jobMemory: undefined,
      start: (process, message, traces) => {
        this.#relay(core, block, stdio, process);
        startRunning(this.control, core.slot);
        core.worker.post({
          ...message,
          process: { ...message.process, stdio: [null, NO_STREAM, NO_STREAM] },
          memory: undefined,
          isMemoryDirty: false,
          maximumPages: memory?.maximumPages ?? 0,
          ...(program.memoryCalls && { memoryCalls: program.memoryCalls }),
          ...(program.tableExport !== undefined && { tableExport: program.tableExport }),
          ...(host && { host: { imports: host.imports, reply: undefined } }),
          // What a Volume holds is among the copies.
          mounts: this.#mounts.mounts.filter(({ source }) => source.type === 'tmpfs'),
          machine: machineFacts(this.#parts.settings, 0),
          ...(traces?.[0] !== undefined && { trace: traces[0] }),
          unshared: {
            memory,
            stdin: readAhead,
            joinsOutput: options.joinOutput ?? false,
            files: copyFiles(this.#linux),
          },
        } satisfies StartGuest);
      },
      end: () => undefined,
      discard: () => {},
    };
  }

  /** A call that has to wait waits if this thread may, else it fails with EAGAIN. */
  async loadHere(launch: Launch): Promise<HereLibrary> {
    const { loadHereUnshared } = await import('../here/unshared.ts');
    this.#parts.lifecycle.requireOpen();
    return loadHereUnshared(launch, nextPid(this.control), this.#linux, this.#parts);
  }

  setRef(keepsProgramRunning: boolean): void {
    this.cores.setRef(keepsProgramRunning);
  }

  close(error: FusedError): Promise<void> {
    return this.cores.close(error);
  }

  dispose(): void {
    this.#volumes.close();
  }

  /** Puts what the guest writes into the process's streams; its end is told when all of it is there. */
  #relay(core: Core, block: ProcessBlock, [, stdout, stderr]: StdioBuffers, process: GuestProcess): void {
    const deliver = core.listener;
    const writers = { 1: new RingWriter(stdout), 2: new RingWriter(stderr) };
    let written: Promise<unknown> = Promise.resolve();
    core.listener = (message) => {
      if (message.type === 'output') {
        // Counted as it comes: nothing else bounds what waits here.
        const kept = process.keepOutput(message.bytes);
        written = written.then(() => writers[message.fd].writeAll(kept));
      } else if (message.type === 'sleeps') {
        creditSleep(this.control, core.slot, message.durationMs);
      } else if (message.type === 'ended') {
        written = written.then(() => deliver?.(this.#takeOver(core, block, message)));
      } else {
        deliver?.(message);
      }
    };
  }

  /** Keeps the counts and files of a guest that has ended. @returns how it ended, an error when the files do not fit */
  #takeOver(core: Core, block: ProcessBlock, message: EndMessage): EndMessage {
    const { unshared } = message;
    if (unshared === undefined || message.error !== undefined) return message;
    slotCounters(this.control, core.slot).local.set(unshared.localCalls);
    block.words[block.pagesIndex] = unshared.memoryPages;
    setRanMs(this.control, core.slot, unshared.ranMs);
    block.refused = unshared.refused;
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

  /** Those of its processes whose guests are in this thread; others have a Linux of their own. */
  #exited(pid: Pid, waitStatus: number): void {
    const process = this.#parts.processes.get(pid);
    if (process !== undefined && !(process instanceof GuestProcess)) process.endedInLinux(waitStatus);
  }

  #request(operation: string, args: readonly unknown[]): unknown {
    this.#parts.lifecycle.requireOpen();
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
}
