// What the embedder has open of the machine's trees between its requests, by number: images that are saved or restored, and
// checkpoints. Of one Linux, whose thread alone uses it. See: image-requests.

import { Errno } from '../../../runtime/abi/errno.ts';
import { LinuxError } from '../kernel/error.ts';
import type { FileSystem, FileSystemCheckpoint } from '../vfs/inode.ts';
import type { MountNamespace } from '../vfs/mounts.ts';
import type { StagedTree } from './staged-tree.ts';
import type { TarReader } from './tar-reader.ts';

/** Paths in the machine's tree, sorted; a renamed file is removed and created. */
export interface Changes {
  readonly created: string[];
  /** Other contents or attributes, or another file of that name; a directory's entries are told for themselves. */
  readonly changed: string[];
  readonly removed: string[];
}

export interface Saving {
  readonly chunks: Iterator<Uint8Array<ArrayBuffer>, void, undefined>;
  release(): void;
}

export interface Restoring {
  readonly reader: TarReader;
  readonly tree: StagedTree;
}

type Checkpoints = Map<FileSystem, FileSystemCheckpoint>;

/** The number of the checkpoint that the machine's boot is. */
export const BOOT = 0;

export class OpenTrees {
  readonly #saving = new Map<number, Saving>();
  readonly #restoring = new Map<number, Restoring>();
  readonly #checkpoints = new Map<number, Checkpoints>();
  #lastId = BOOT;

  addSaving(saving: Saving): number {
    this.#saving.set(++this.#lastId, saving);
    return this.#lastId;
  }

  /** Errors: LinuxError EBADF. */
  saving(id: number): Saving {
    return this.#saving.get(id) ?? closed('save');
  }

  endSaving(id: number): void {
    this.#saving.get(id)?.release();
    this.#saving.delete(id);
  }

  addRestoring(restoring: Restoring, id = ++this.#lastId): number {
    this.#restoring.set(id, restoring);
    return id;
  }

  /** It is open no longer. Errors: LinuxError EBADF. */
  takeRestoring(id: number): Restoring {
    const restoring = this.#restoring.get(id) ?? closed('restore');
    this.#restoring.delete(id);
    return restoring;
  }

  addCheckpoint(namespace: MountNamespace): number {
    this.#checkpoints.set(++this.#lastId, checkpointsOf(namespace));
    return this.#lastId;
  }

  /** Errors: LinuxError EBADF. */
  checkpoint(id: number): ReadonlyMap<FileSystem, FileSystemCheckpoint> {
    return this.#checkpoints.get(id) ?? closed('changes');
  }

  endCheckpoint(id: number): void {
    for (const checkpoint of this.#checkpoints.get(id)?.values() ?? []) checkpoint.release();
    this.#checkpoints.delete(id);
  }

  markBoot(namespace: MountNamespace): void {
    this.endCheckpoint(BOOT);
    this.#checkpoints.set(BOOT, checkpointsOf(namespace));
  }

  /** A file system joins the machine's tree: its changes count from now on. */
  mounted(fileSystem: FileSystem): void {
    for (const checkpoints of this.#checkpoints.values()) addTo(checkpoints, fileSystem);
  }
}

/** Compares the machine's tree with what it was. File systems that do not keep checkpoints are left out. */
export function changesSince(
  checkpoints: ReadonlyMap<FileSystem, FileSystemCheckpoint>,
  namespace: MountNamespace,
): Changes {
  const changes: Changes = { created: [], changed: [], removed: [] };
  for (const { fileSystem, path } of namespace.mounts) {
    const found = checkpoints.get(fileSystem)?.changes();
    if (found === undefined) continue;
    const top = path.replace(/\/+$/, '');
    const inTree = (inner: string): string => (inner === '' ? path : `${top}/${inner}`);
    for (const kind of ['created', 'changed', 'removed'] as const) {
      // Not spread into one call: there may be a million.
      for (const inner of found[kind]) changes[kind].push(inTree(inner));
    }
  }
  for (const paths of Object.values(changes)) paths.sort();
  return changes;
}

function checkpointsOf(namespace: MountNamespace): Checkpoints {
  const checkpoints: Checkpoints = new Map();
  for (const { fileSystem } of namespace.mounts) addTo(checkpoints, fileSystem);
  return checkpoints;
}

function addTo(checkpoints: Checkpoints, fileSystem: FileSystem): void {
  const checkpoint = fileSystem.checkpoint?.();
  if (checkpoint !== undefined) checkpoints.set(fileSystem, checkpoint);
}

function closed(operation: string): never {
  throw new LinuxError(Errno.EBADF, operation, undefined, 'it has ended before');
}
