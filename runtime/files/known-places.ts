// The places of one mount that a thread knows, as directory nodes of its own. Which nodes it keeps is its own affair, since
// every request tells the way (see host-places). Used by who carries requests out, for host directories and for Volumes (no
// builtins); one thread.

import { Errno } from '../abi/errno.ts';
import { type HostPlace, type PlaceStep, stepsOf } from './places.ts';

/** Nodes that are kept for the next request. */
const KEPT = 256;
/** Numbers of places that are remembered. */
const REMEMBERED = 4096;

/** Directory nodes: numbers, never used twice, of directories that were seen; 0: the top. */
export interface PlaceNodes {
  has(node: number): boolean;
  /** The node of a directory that was seen below another; it counts as given out. @returns it, or −ESTALE */
  giveBelow(above: number, name: Uint8Array, dev: number, ino: bigint): number;
  /** Takes back so many times that it was given out. */
  forget(node: number, times: number): void;
}

export class KnownPlaces {
  readonly #directories: PlaceNodes;
  /** By the place's number. A node may be gone. */
  readonly #nodes = new Map<number, number>();
  /** Given to us and not given back, the oldest first. */
  readonly #kept = new Set<number>();

  constructor(nodes: PlaceNodes) {
    this.#directories = nodes;
  }

  /** The node of a place, or −errno: ESTALE, a place on the way is not known. */
  locate(place: HostPlace): number {
    if (place.id === 0) return 0;
    const known = this.#nodes.get(place.id);
    return known !== undefined && this.#directories.has(known) ? known : this.#resolve(place);
  }

  /**
   * Runs an operation on the node of a place, once more when the node that was remembered is stale: the directory was
   * moved, by another thread, and the way tells where to. A result that comes later stands: only OPFS answers so, and its
   * directories never move.
   */
  on<Late extends Promise<number>>(place: HostPlace, operation: (node: number) => number | Late): number | Late {
    const node = this.locate(place);
    if (node < 0) return node;
    const result = operation(node);
    if (result !== -Errno.ESTALE || node === 0) return result;
    this.#nodes.delete(place.id);
    const again = this.#resolve(place);
    return again < 0 || again === node ? result : operation(again);
  }

  /** Keeps a node that was given out, for some time. */
  keep(node: number): void {
    if (this.#kept.has(node)) return this.#directories.forget(node, 1);
    this.#kept.add(node);
    if (this.#kept.size <= KEPT) return;
    const [oldest = 0] = this.#kept;
    this.#kept.delete(oldest);
    this.#directories.forget(oldest, 1);
  }

  /** As `keep`, of an operation's result. @returns 0 instead of a node */
  keepResult(result: number): number {
    if (result <= 0) return result;
    this.keep(result);
    return 0;
  }

  #resolve({ from, way }: HostPlace): number {
    let node = from === 0 ? 0 : (this.#nodes.get(from) ?? -Errno.ESTALE);
    for (const step of stepsOf(way)) {
      if (node < 0) return node;
      node = this.#below(node, step);
    }
    return node;
  }

  #below(above: number, { id, dev, ino, name }: PlaceStep): number {
    const node = this.#directories.giveBelow(above, name, dev, ino);
    if (node < 0) return node;
    this.keep(node);
    if (this.#nodes.size >= REMEMBERED) this.#nodes.clear();
    this.#nodes.set(id, node);
    return node;
  }
}
