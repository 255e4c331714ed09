// The mounts of a machine, on the booting thread: its table, and what is started for them when first needed: the worker that
// asks the host's disk for who has no thread for it, the one that asks OPFS, and what serves Volumes here. See:
// machine/mounts/sources, where they are mounted.

import { type Control, linuxDoorbell, ringDoorbell, slotDoorbell } from '../../channel/layout.ts';
import { closeRing, markRingDead } from '../../files/client.ts';
import { closeAllOf, createDescriptorNotes } from '../../files/disk/descriptors.ts';
import { createGate, shutGate } from '../../files/guest-thread/ending-gate.ts';
import type { GuestThreadSetup } from '../../files/guest-thread/server.ts';
import { createRing } from '../../files/ring.ts';
import type { MemoryMessage } from '../../files/server.ts';
import { type HostWorker, host } from '../../host/index.ts';
import type { Core } from '../cores/pool.ts';
import { FusedError } from '../errors.ts';
import type { FromCore, HostLink, ToLinux } from '../messages.ts';
import { OpfsServer } from './opfs.ts';
import {
  baseOf,
  checkMount,
  checkMountPath,
  checkMounts,
  type MountMessage,
  type MountSource,
  MountTable,
  ROOT,
} from './table.ts';
import { VolumeServer } from './volumes.ts';

export interface MachineMountsParts {
  readonly control: Control;
  /** Of the machine, in bytes. */
  readonly storage: number;
  readonly tellLinux: (message: ToLinux, transfer?: readonly Transferable[]) => void;
  /** Tells Linux, and waits for its answer. */
  readonly request: (message: Extract<ToLinux, { type: 'mount' | 'unmount' }>) => Promise<unknown>;
  readonly onBug: (message: string) => void;
  /** The folder of the workers, if not the usual one. */
  readonly workers: URL | undefined;
  /** A worker has come: it must learn whether it keeps the program running. */
  readonly onWorker: () => void;
}

/** What a process in the `library` placement gets of the machine's mounts. */
export interface LibraryMounts {
  readonly mounts: readonly MountMessage[];
  /** By which it asks for Volumes; undefined when there are none. */
  readonly volumes: SharedArrayBuffer | undefined;
  /** By which it asks for OPFS, its port to be transferred; undefined when there is none. */
  readonly opfs: HostLink | undefined;
  /** Takes what the core says of them. @returns false when the message is another's */
  readonly take: (message: FromCore) => boolean;
  /** The process has left its memory. @returns when those whom it asked have, too; undefined: they have */
  readonly end: () => Promise<void> | undefined;
}

export class MachineMounts {
  readonly #parts: MachineMountsParts;
  readonly #table: MountTable;
  #hostDirectories:
    | {
        readonly worker: HostWorker;
        readonly ring: SharedArrayBuffer;
        readonly notes: SharedArrayBuffer;
        readonly gate: SharedArrayBuffer;
      }
    | undefined;
  #volumes: VolumeServer | undefined;
  #opfs: OpfsServer | undefined;
  readonly #ofLibraries = new Set<VolumeServer>();

  constructor(parts: MachineMountsParts) {
    this.#parts = parts;
    this.#table = new MountTable(parts.storage);
  }

  /** Errors: those of checkMounts and of `mount`. @param onRoot the root is there, what stands in it is not */
  async mountAll(mounts: Readonly<Record<string, MountSource>>, onRoot: () => Promise<void>): Promise<void> {
    const requests = checkMounts(mounts, this.#parts.storage);
    const [first] = requests;
    const root = first?.path === ROOT ? first : undefined;
    if (root !== undefined) await this.#mount(this.#table.messageFor(root));
    await onRoot();
    for (const request of requests) if (request !== root) await this.#mount(this.#table.messageFor(request));
  }

  /** Whether the tree stands on a mount, as that of a process in the placement `library` does then. */
  get hasRoot(): boolean {
    return this.#table.has(ROOT);
  }

  /** Whether a library runs in this thread, which then cannot serve Volumes while that waits for one. */
  isBusyHere = false;
  /** Volumes whose mount is not answered. */
  #comingVolumes = 0;

  /** Errors: EDEADLK: a Volume is mounted. */
  requireNoVolumes(): void {
    if (!this.#table.hasType('memfs') && this.#comingVolumes === 0) return;
    throw new FusedError(
      'EDEADLK',
      'a memfs Volume is mounted, which this thread serves: a library in it would wait for itself; use load',
    );
  }

  /** Errors: EINVAL; those of machine/mounts/sources; EBUSY: a Volume, while a library runs in this thread. */
  async mount(source: MountSource, path: string): Promise<void> {
    await this.#mount(
      this.#table.messageFor(checkMount('source', checkMountPath('path', path), source, this.#parts.storage)),
    );
  }

  /** Errors: EINVAL: nothing was mounted there. EBUSY: it is in use. */
  async unmount(path: string): Promise<void> {
    const at = checkMountPath('path', path);
    if (!this.#table.has(at)) throw new FusedError('EINVAL', `unmount: nothing is mounted at ${at}`);
    await this.#parts.request({ type: 'unmount', id: 0, path: at });
    this.#table.remove(at);
  }

  /** Whether a directory is a mount, or in one. */
  covers(directory: string): boolean {
    return this.#table.covers(directory);
  }

  /** The names at the top of the tree that mounts need. */
  get tops(): readonly string[] {
    return this.#table.tops;
  }

  /** What a process that has a tree of its own is given. */
  forLibrary(slot: number): LibraryMounts {
    const { mounts } = this.#table;
    const { control, onBug } = this.#parts;
    const doorbell = slotDoorbell(control, slot);
    const server = this.#table.hasType('memfs') ? new VolumeServer(this.#table, doorbell, onBug) : undefined;
    if (server !== undefined) this.#ofLibraries.add(server);
    const opfs = this.#table.hasType('opfs') ? this.#opfs?.serve(doorbell) : undefined;
    return {
      mounts: [...mounts],
      volumes: server?.ring,
      opfs: opfs?.link,
      take: (message) => {
        if (message.type !== 'volume-memory') return false;
        server?.takeMemory(message.message);
        return true;
      },
      end: () => {
        server?.stop();
        if (server !== undefined) this.#ofLibraries.delete(server);
        return opfs === undefined ? undefined : this.#opfs?.stop(opfs.client);
      },
    };
  }

  /** What a guest's thread needs to ask the disk itself; undefined on a machine that has no host directory. */
  hostWorkOf(core: Core): GuestThreadSetup | undefined {
    if (this.#hostDirectories === undefined) return undefined;
    core.hostWork ??= { ring: createRing(1), notes: this.#hostDirectories.notes, gate: createGate() };
    return core.hostWork;
  }

  /** A memory through which the machine's Linux asks for Volumes. */
  takeVolumeMemory(message: MemoryMessage): void {
    this.#volumes?.takeMemory(message);
  }

  setRef(keepsProgramRunning: boolean): void {
    this.#hostDirectories?.worker.setRef(keepsProgramRunning);
    this.#opfs?.setRef(keepsProgramRunning);
  }

  /** Lets what serves mounts end, after what it was asked. @returns when no thread is left */
  async close(): Promise<void> {
    this.#volumes?.stop();
    for (const server of this.#ofLibraries) server.stop();
    this.#ofLibraries.clear();
    await this.#opfs?.close();
    if (this.#hostDirectories === undefined) return;
    closeRing(this.#hostDirectories.ring);
    await shutGate(this.#hostDirectories.gate);
    await this.#hostDirectories.worker.terminate();
  }

  /** After `close`, when no thread of the machine is left: closes the host's files that guests had open. */
  closeLeft(): void {
    if (this.#hostDirectories !== undefined) closeAllOf(this.#hostDirectories.notes);
  }

  async #mount(mount: MountMessage): Promise<void> {
    const { type } = baseOf(mount.source);
    if (type === 'memfs' && this.isBusyHere) {
      throw new FusedError('EBUSY', 'a library of loadHere runs in this thread, which would have to serve the Volume');
    }
    if (type === 'host') this.#startHostDirectories();
    if (type === 'memfs') this.#startVolumes();
    if (type === 'opfs') this.#startOpfs();
    if (type === 'memfs') this.#comingVolumes++;
    try {
      await this.#parts.request({ type: 'mount', id: 0, mount });
      this.#table.add(mount);
    } finally {
      if (type === 'memfs') this.#comingVolumes--;
    }
  }

  #startHostDirectories(): void {
    if (this.#hostDirectories !== undefined) return;
    const { control, tellLinux, onBug, onWorker, workers } = this.#parts;
    const worker = host.createWorker('host-directory', workers);
    const ring = createRing();
    const notes = createDescriptorNotes();
    const gate = createGate();
    const { port1, port2 } = new MessageChannel();
    worker.onMessage((message) => {
      const { bug } = message as { readonly bug?: string };
      if (bug !== undefined) onBug(`host directories: ${bug}`);
    });
    worker.onError((error) => {
      markRingDead(ring);
      ringDoorbell(control);
      onBug(`host directories: ${error.stack ?? error.message}`);
    });
    worker.post({ ring, doorbell: linuxDoorbell(control), port: port1, notes, gate }, [port1]);
    tellLinux({ type: 'host-directories', ring, notes, port: port2 }, [port2]);
    this.#hostDirectories = { worker, ring, notes, gate };
    onWorker();
  }

  #startOpfs(): void {
    if (this.#opfs !== undefined) return;
    const { control, tellLinux, onBug, onWorker, workers } = this.#parts;
    this.#opfs = new OpfsServer(onBug, workers);
    const { link } = this.#opfs.serve(linuxDoorbell(control));
    tellLinux({ type: 'opfs', ...link }, [link.port]);
    onWorker();
  }

  #startVolumes(): void {
    if (this.#volumes !== undefined) return;
    const { control, tellLinux, onBug } = this.#parts;
    this.#volumes = new VolumeServer(this.#table, linuxDoorbell(control), onBug);
    tellLinux({ type: 'volumes', ring: this.#volumes.ring });
  }
}
