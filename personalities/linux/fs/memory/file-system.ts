// The machine's own file system in memory: the tree of `/`, and of every tmpfs. It only does the work; the rules are
// checked above (vfs/inode says what may be relied on).
//
// Not memfs's own tree, on measured grounds (docs/rationale.md): its core keeps 1.4 kB for an empty file, takes 3.4 µs to
// make one, allocates a Date at each step of a walk, stores each link's whole path (memory is quadratic in the depth of a
// tree, outside every quota), walks the whole subtree, recursively, to rename a directory, and knows milliseconds only.
// memfs stays the format of exchange: see fs/volume/copies.

import type { Clock } from '../../kernel/clock.ts';
import { Quota } from '../../vfs/quota.ts';
import { Checkpoint } from './checkpoint.ts';
import { MemoryDirectory } from './directory.ts';
import { MemoryStore } from './inode.ts';

export interface MemoryFileSystemOptions {
  readonly clock: Clock;
  /** Storage for everything in it, in bytes. */
  readonly quotaBytes: number;
  /** Is charged for everything in it, too. */
  readonly within?: Quota;
  /** As /proc/mounts shows it. */
  readonly type?: string;
  /** Permission bits of its top directory. */
  readonly rootMode?: number;
}

export class MemoryFileSystem extends MemoryStore {
  readonly root: MemoryDirectory;

  constructor(options: MemoryFileSystemOptions) {
    super(options.type ?? 'memfs', options.clock, new Quota(options.quotaBytes, options.within));
    this.root = new MemoryDirectory(this, options.rootMode ?? 0o755, 0, 0, undefined);
  }

  /** What changes from now on can be told, until it is released. */
  checkpoint(): Checkpoint {
    const checkpoint = new Checkpoint(this.epoch, this.root, () => {
      this.checkpoints.delete(checkpoint);
      this.checkedEpoch = Math.max(0, ...[...this.checkpoints].map(({ epoch }) => epoch));
    });
    this.checkedEpoch = this.epoch++;
    this.checkpoints.add(checkpoint);
    return checkpoint;
  }
}
