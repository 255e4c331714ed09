// The directories of a Volume that were walked, each by a number, as the protocol of runtime/files wants it. A number stands for a
// name below another number, and for the directory that was seen there. A Volume gives no handles, so its path is walked again
// each time; a directory that its owner has moved or removed meanwhile is ESTALE. See: files/disk/nodes, for the host's.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { isDirectoryMode } from '../../vfs/mode.ts';
import { decodeName } from '../../vfs/names.ts';
import { inoOf, type VolumeFiles } from './files.ts';

const TOP = 0;
/** As a host's: memfs keeps each file's whole path, so a tree's depth must have an end. */
const PATH_LIMIT = 4096;

interface Node {
  readonly id: number;
  parent: number;
  name: string;
  readonly ino: bigint;
  /** How often the number was given out and not yet given back, and nodes below it. */
  uses: number;
}

export class VolumeNodes {
  readonly #volume: VolumeFiles;
  readonly #nodes = new Map<number, Node>();
  /** By parent and name. */
  readonly #byPlace = new Map<string, Node>();
  #lastId = TOP;

  constructor(volume: VolumeFiles) {
    this.#volume = volume;
  }

  has(id: number): boolean {
    return id === TOP || this.#nodes.has(id);
  }

  /** As `give`, of a directory that was seen there before. */
  giveBelow(above: number, name: Uint8Array, _dev: number, ino: bigint): number {
    return this.has(above) ? this.give(above, decodeName(new Uint8Array(name)), ino) : -Errno.ESTALE;
  }

  /** Gives a directory's number, to be given back by `forget`. */
  give(parent: number, name: string, ino: bigint): number {
    const place = placeOf(parent, name);
    let node = this.#byPlace.get(place);
    if (node === undefined || node.ino !== ino) {
      node = { id: ++this.#lastId, parent, name, ino, uses: 0 };
      this.#nodes.set(node.id, node);
      this.#byPlace.set(place, node);
      this.#use(parent, 1);
    }
    node.uses++;
    return node.id;
  }

  forget(id: number, times: number): void {
    this.#use(id, -times);
  }

  /** The path of a directory that is still there. @returns it, or −ESTALE, −ENAMETOOLONG */
  pathOf(id: number): string | number {
    if (id === TOP) return '';
    const names: string[] = [];
    let at = this.#nodes.get(id);
    const ino = at?.ino;
    for (; at !== undefined && at.id !== TOP; at = this.#nodes.get(at.parent)) {
      names.unshift(at.name);
      if (at.parent === TOP) break;
    }
    if (at === undefined) return -Errno.ESTALE;
    const path = `/${names.join('/')}`;
    if (path.length > PATH_LIMIT) return -Errno.ENAMETOOLONG;
    return this.#isDirectory(path, ino) ? path : -Errno.ESTALE;
  }

  /** The path of a name in a directory. */
  entryPath(id: number, name: string): string | number {
    const path = this.pathOf(id);
    if (typeof path === 'number') return path;
    if (path.length + name.length >= PATH_LIMIT) return -Errno.ENAMETOOLONG;
    return `${path}/${name}`;
  }

  /** A guest has moved what a name stood for; what was at the new one is gone. */
  moved(parent: number, name: string, newParent: number, newName: string): void {
    this.removed(newParent, newName);
    const node = this.#byPlace.get(placeOf(parent, name));
    if (node === undefined) return;
    this.#byPlace.delete(placeOf(parent, name));
    this.#use(newParent, 1);
    node.parent = newParent;
    node.name = newName;
    this.#byPlace.set(placeOf(newParent, newName), node);
    this.#use(parent, -1);
  }

  removed(parent: number, name: string): void {
    this.#byPlace.delete(placeOf(parent, name));
  }

  #isDirectory(path: string, ino: bigint | undefined): boolean {
    try {
      const stats = this.#volume.lstatSync(path);
      return isDirectoryMode(Number(stats.mode)) && inoOf(stats) === ino;
    } catch {
      return false;
    }
  }

  #use(id: number, change: number): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.uses += change;
    if (node.uses > 0) return;
    this.#nodes.delete(id);
    const place = placeOf(node.parent, node.name);
    if (this.#byPlace.get(place) === node) this.#byPlace.delete(place);
    this.#use(node.parent, -1);
  }
}

function placeOf(parent: number, name: string): string {
  return `${parent}/${name}`;
}
