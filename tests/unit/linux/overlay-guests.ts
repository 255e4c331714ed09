// Guests whose /tmp is a file system of some kind, a part of which was there before: for cases that must give the same on
// each. What a test puts below lies in the file system itself (memory), or in what an overlay begins with.

import { Volume } from 'memfs';
import {
  HostFileSystem,
  type Linux,
  MemoryFileSystem,
  OverlayFileSystem,
  Quota,
  type SyscallContext,
  VolumeRequests,
} from '../../../personalities/linux/index.ts';
import { Clock } from '../../../personalities/linux/kernel/clock.ts';
import type { FileSystem, FileSystemCheckpoint } from '../../../personalities/linux/vfs/inode.ts';
import { ERESTART } from '../../../runtime/abi/errno.ts';
import { LocalHostClient } from '../../../runtime/files/client.ts';
import { Guest, type GuestOptions } from './harness.ts';
import { SlowFileSystem } from './slow-file-system.ts';

export const KINDS = [
  'memory',
  'an overlay on memory',
  'an overlay on an overlay',
  'an overlay on a file system that takes time',
] as const;
/** A memfs Volume in the place of the tree in memory: what it cannot do is in docs/rationale.md. */
export const VOLUME_ROOT = 'a Volume as the root';
export type Kind = (typeof KINDS)[number] | typeof VOLUME_ROOT;

const QUOTA = 64 << 20;

function newVolume(): FileSystem {
  const onForeign = (error: unknown): never => {
    throw error;
  };
  const mounted = { files: new Volume(), quota: new Quota(QUOTA), onForeign };
  const opened: (HostFileSystem | number)[] = [];
  const client = new LocalHostClient(new VolumeRequests([mounted]));
  HostFileSystem.open(client, '0', false, (result) => opened.push(result), 'memfs');
  const [files] = opened;
  if (!(files instanceof HostFileSystem)) throw new Error(`mount: ${files}`);
  return files;
}

export class TreeGuest extends Guest {
  readonly files: FileSystem;
  readonly slow: SlowFileSystem | undefined;

  private constructor(options: GuestOptions, files: FileSystem, slow: SlowFileSystem | undefined, linux?: Linux) {
    super(options, linux);
    if (linux === undefined && options.root === undefined)
      this.linux.mount({ path: '/tmp', fileSystem: files, readOnly: false });
    this.files = files;
    this.slow = slow;
  }

  /** @param putBelow makes what is there before, under /tmp */
  static on(kind: Kind, putBelow: (guest: TreeGuest) => void = () => {}, options: GuestOptions = {}): TreeGuest {
    if (kind === VOLUME_ROOT) {
      const files = newVolume();
      const guest = new TreeGuest({ ...options, root: files }, files, undefined);
      putBelow(guest);
      return guest;
    }
    const memory = newMemory();
    if (kind === 'memory') {
      const guest = new TreeGuest(options, memory, undefined);
      putBelow(guest);
      return guest;
    }
    const lower = kind === 'an overlay on an overlay' ? overlayOn(newMemory()) : memory;
    putBelow(new TreeGuest({}, lower, undefined));
    const isSlow = kind === 'an overlay on a file system that takes time';
    return TreeGuest.over(isSlow ? new SlowFileSystem(memory.clock, memory) : lower, options);
  }

  /** With an overlay on a file system. */
  static over(lower: FileSystem, options: GuestOptions = {}, quotaBytes = QUOTA): TreeGuest {
    const slow = lower instanceof SlowFileSystem ? lower : undefined;
    return new TreeGuest(options, overlayOn(lower, quotaBytes), slow);
  }

  /** Another process of the same machine. */
  static beside({ files, slow, linux }: TreeGuest, options: GuestOptions = {}): TreeGuest {
    return new TreeGuest(options, files, slow, linux);
  }

  get overlay(): OverlayFileSystem {
    if (!(this.files instanceof OverlayFileSystem)) throw new Error('no overlay');
    return this.files;
  }

  /** What changes from now on can be told. */
  checkpoint(): FileSystemCheckpoint {
    const checkpoint = this.files.checkpoint?.();
    if (checkpoint === undefined) throw new Error('keeps no checkpoints');
    return checkpoint;
  }

  override goOn(): string {
    let result = super.goOn();
    while (result === 'WAITS' && this.slow !== undefined && this.slow.answer() > 0) result = super.goOn();
    return result;
  }

  /** Runs an operation on the kernel's functions as a call of the guest's. */
  settle<Result>(run: (ctx: SyscallContext) => Result): Result {
    const { ctx, linux } = this;
    for (;;) {
      ctx.beginRun();
      const result = run(ctx);
      if (result !== -ERESTART) {
        ctx.clear();
        return result;
      }
      for (;;) {
        linux.poll();
        if (linux.takeRunnable() === ctx) break;
        if (this.slow === undefined || this.slow.answer() === 0) throw new Error('an operation waits for ever');
      }
    }
  }
}

/** The time of all these file systems, those below too: a nanosecond a look, or by hand. */
export const time = { nowNs: 0, isByHand: false };
const clock = new Clock({
  monotonicNs: () => (time.isByHand ? time.nowNs : time.nowNs++),
  realtimeNs: () => 1_700_000_000_000_000_000n + BigInt(time.nowNs),
});

export function newMemory(): MemoryFileSystem {
  return new MemoryFileSystem({ clock, quotaBytes: QUOTA, rootMode: 0o1777 });
}

function overlayOn(lower: FileSystem, quotaBytes = QUOTA): OverlayFileSystem {
  return new OverlayFileSystem({ lower, upper: new MemoryFileSystem({ clock, quotaBytes }), clock });
}
