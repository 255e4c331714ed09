// What is an overlay's own: what a change costs and leaves below, full quotas, calls that end in the middle, several at
// once, a tree below that changes, directories of any size. That it is a file system like others: posix-oracle, directory,
// overlay-model.

import { describe, expect, it } from 'vitest';
import { INODE_COST, NAME_COST } from '../../../personalities/linux/fs/memory/inode.ts';
import { BLOCK } from '../../../personalities/linux/fs/overlay/content.ts';
import {
  contentOf,
  MemoryFileSystem,
  OverlayFileSystem,
  type TreeEntry,
  treeOf,
} from '../../../personalities/linux/index.ts';
import { find } from '../../../personalities/linux/syscalls/attributes.ts';
import type { Inode } from '../../../personalities/linux/vfs/inode.ts';
import { FSTFLAGS, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { AT, FILE_RIGHTS, Guest } from './harness.ts';
import { newMemory, TreeGuest } from './overlay-guests.ts';
import { SlowFileSystem } from './slow-file-system.ts';

const BLOCKS = 40;

/** A file system with `/big` of 40 blocks and a bit, `/f`, `/d/x`, `/d/y`, `/empty`. */
function below(): MemoryFileSystem {
  const memory = newMemory();
  const guest = TreeGuest.on('memory');
  guest.linux.mount({ path: '/below', fileSystem: memory, readOnly: false });
  const big = guest.fd('below/big');
  for (let block = 0; block <= BLOCKS; block++) {
    const bytes = new Uint8Array(block === BLOCKS ? 100 : BLOCK).fill(block + 1);
    expect(guest.write(big, bytes)).toBe(bytes.length);
  }
  guest.write(guest.fd('below/f'), 'contents');
  guest.mkdir('below/d');
  guest.write(guest.fd('below/d/x'), 'x');
  guest.write(guest.fd('below/d/y'), 'y');
  guest.mkdir('below/empty');
  return memory;
}

/** The bytes of `/big` at an offset. */
function bigAt(offset: number): number {
  return Math.floor(offset / BLOCK) + 1;
}

/** A tree to compare: quicker than `toEqual`, which looks at each byte as a value. */
function asText(tree: readonly TreeEntry[]): string {
  return tree
    .map(
      ({ size, segments, ...rest }) => JSON.stringify(rest) + Buffer.from(contentOf(size, segments)).toString('latin1'),
    )
    .join();
}

function byteAt(guest: Guest, fd: number, offset: number): number {
  return guest.pread(fd, 1, offset).charCodeAt(0);
}

describe('a change of a file that exists below', () => {
  it('keeps the blocks that it touches, and no others', () => {
    const memory = below();
    const before = asText(treeOf(memory));
    const guest = TreeGuest.over(memory);
    const fd = guest.fd('tmp/big', 0);
    const { quota } = guest.overlay.upper;
    expect(quota.used).toBe(0);
    expect(guest.pwrite(fd, 'AB', 5 * BLOCK - 1)).toBe(2);
    expect(quota.used).toBeGreaterThan(2 * BLOCK);
    expect(quota.used).toBeLessThan(3 * BLOCK);
    for (const offset of [0, 4 * BLOCK, 5 * BLOCK - 2, 5 * BLOCK + 1, 39 * BLOCK, BLOCKS * BLOCK + 99]) {
      expect(byteAt(guest, fd, offset)).toBe(bigAt(offset));
    }
    expect(guest.pread(fd, 4, 5 * BLOCK - 2)).toBe('\x05AB\x06');
    expect(guest.size(fd)).toBe(BLOCKS * BLOCK + 100);
    expect(asText(treeOf(memory)) === before).toBe(true);
  });

  it('of its attributes, name or directory copies nothing of it', () => {
    const guest = TreeGuest.over(below());
    const before = guest.stat('tmp/big');
    const times = [1n, 1n, FSTFLAGS.MTIM] as const;
    expect(guest.call('path_filestat_set_times', 3, 0, ...guest.text('tmp/big'), ...times)).toBe('OK');
    expect(guest.link('tmp/big', 'tmp/d/big')).toBe('OK');
    expect(guest.rename('tmp/big', 'tmp/large')).toBe('OK');
    expect(guest.rename('tmp/d', 'tmp/e')).toBe('OK');
    expect(guest.stat('tmp/e/big')).toMatchObject({ nlink: 2, mtim: 1n, size: BLOCKS * BLOCK + 100 });
    expect(guest.stat('tmp/large')).toMatchObject({ ino: (before as { ino: bigint }).ino });
    expect(guest.overlay.upper.quota.used).toBeLessThan(10_000);
    expect(byteAt(guest, guest.fd('tmp/e/big', 0), 7 * BLOCK)).toBe(8);
  });

  it('cuts it without reading it, for good', () => {
    const slow = new SlowFileSystem(newMemory().clock, below());
    const guest = TreeGuest.over(slow);
    slow.requests.length = 0;
    const fd = guest.fd('tmp/big', OFLAGS.TRUNC);
    expect(slow.requests.filter((request) => request.startsWith('read'))).toEqual([]);
    expect(guest.call('fd_filestat_set_size', fd, BigInt(3 * BLOCK))).toBe('OK');
    expect(byteAt(guest, fd, 0)).toBe(0);
    const whole = guest.fd('tmp/f', 0);
    expect(guest.call('fd_filestat_set_size', whole, 3n)).toBe('OK');
    expect(guest.call('fd_filestat_set_size', whole, 6n)).toBe('OK');
    expect(guest.pread(whole, 10, 0)).toBe('con\0\0\0');
  });

  it('is seen by descriptions that were opened before, and after the last name is gone', () => {
    const guest = TreeGuest.over(below());
    const reader = guest.fd('tmp/big', 0);
    const writer = guest.fd('tmp/big', 0);
    expect(guest.path('path_unlink_file', 'tmp/big')).toBe('OK');
    guest.pwrite(writer, 'new', 2 * BLOCK);
    expect(guest.pread(reader, 4, 2 * BLOCK)).toBe('new\x03');
    expect(guest.stat(reader)).toMatchObject({ nlink: 0 });
    guest.call('fd_close', reader);
    guest.call('fd_close', writer);
    expect(guest.open('tmp/big', 0)).toBe('ENOENT');
    expect(guest.overlay.upper.quota.used).toBeLessThan(2000);
  });

  it('that writes every block needs the file below no more', () => {
    const guest = TreeGuest.over(below(), { pages: 8 });
    const checkpoint = guest.checkpoint();
    const fd = guest.fd('tmp/big', 0);
    const block = new Uint8Array(BLOCK).fill(0x7a);
    for (let i = 0; i < BLOCKS; i++) guest.write(fd, block);
    guest.write(fd, block.subarray(0, 100));
    const again = guest.fd('tmp/big', 0);
    expect(guest.size(again)).toBe(BLOCKS * BLOCK + 100);
    for (let i = 0; i <= BLOCKS; i++) expect(byteAt(guest, again, i * BLOCK + 99)).toBe(0x7a);
    expect(checkpoint.changes()).toEqual({ created: [], changed: ['big'], removed: [] });
  });
});

describe('a full quota', () => {
  function fullAfter(bytes: number): TreeGuest {
    return TreeGuest.over(below(), {}, bytes);
  }

  it('leaves a file that it keeps from changing as it was', () => {
    const guest = fullAfter(10_000);
    const fd = guest.fd('tmp/big', 0);
    expect(guest.pwrite(fd, 'A', 5)).toBe('ENOSPC');
    expect(guest.pread(fd, 3, 4)).toBe('\x01\x01\x01');
    expect(guest.size(fd)).toBe(BLOCKS * BLOCK + 100);
    const { quota } = guest.overlay.upper;
    expect(quota.left).toBeGreaterThan(5000);
    // A small one has room.
    expect(guest.pwrite(guest.fd('tmp/f', 0), 'A', 5)).toBe(1);
  });

  it('stores what there is room for, up to a block', () => {
    const guest = TreeGuest.over(below(), { pages: 16 }, 3 * BLOCK + 4000);
    const fd = guest.fd('tmp/big', 0);
    const bytes = new Uint8Array(5 * BLOCK).fill(0x41);
    expect(
      guest.call('fd_pwrite', fd, ...guest.iovec(guest.text(bytes, AT.buffer)[0], bytes.length), 0n, AT.result),
    ).toBe('OK');
    expect(guest.u32()).toBe(3 * BLOCK);
    expect(guest.pread(fd, 2, 3 * BLOCK - 1)).toBe('A\x04');
  });

  it('of next to nothing refuses every change, and the tree stays', () => {
    const guest = fullAfter(100);
    const checkpoint = guest.checkpoint();
    expect(guest.mkdir('tmp/new')).toBe('ENOSPC');
    expect(guest.path('path_unlink_file', 'tmp/f')).toBe('ENOSPC');
    expect(guest.path('path_remove_directory', 'tmp/empty')).toBe('ENOSPC');
    expect(guest.rename('tmp/f', 'tmp/g')).toBe('ENOSPC');
    expect(guest.link('tmp/f', 'tmp/g')).toBe('ENOSPC');
    expect(guest.open('tmp/f', OFLAGS.TRUNC)).toBe('ENOSPC');
    expect(guest.call('path_filestat_set_times', 3, 0, ...guest.text('tmp/f'), 1n, 1n, FSTFLAGS.MTIM)).toBe('ENOSPC');
    expect(guest.overlay.upper.quota.used).toBe(0);
    expect(checkpoint.changes()).toEqual({ created: [], changed: [], removed: [] });
    expect(guest.read(guest.fd('tmp/f', 0), 20)).toBe('contents');
  });

  it('is as it was when all changes are taken back', () => {
    const guest = TreeGuest.over(newMemory());
    guest.mkdir('tmp/d');
    const used = guest.overlay.upper.quota.used;
    for (let i = 0; i < 50; i++) {
      guest.call('fd_close', guest.fd(`tmp/d/${i}`));
      guest.rename(`tmp/d/${i}`, `tmp/d/other ${i}`);
      guest.symlink('target', `tmp/d/${i}`);
    }
    for (let i = 0; i < 50; i++) {
      expect(guest.path('path_unlink_file', `tmp/d/other ${i}`)).toBe('OK');
      expect(guest.path('path_unlink_file', `tmp/d/${i}`)).toBe('OK');
    }
    expect(guest.overlay.upper.quota.used).toBe(used);
  });
});

type Begin = (guest: TreeGuest) => string;
const BIG_AT = 3 * BLOCK - 1;

/** Calls that ask the file system below; `big` is open as 4, the top as 5. */
const CALLS: Readonly<Record<string, Begin>> = {
  'a write across two blocks': (g) => {
    const [at, length] = g.text('AB', AT.buffer);
    return g.begin('fd_pwrite', 4, ...g.iovec(at, length), BigInt(BIG_AT), AT.result);
  },
  'a read': (g) => g.begin('fd_pread', 4, ...g.iovec(AT.buffer, 10), 5n, AT.result),
  unlink: (g) => g.begin('path_unlink_file', 3, ...g.text('tmp/d/x')),
  rmdir: (g) => g.begin('path_remove_directory', 3, ...g.text('tmp/empty')),
  'rename of a file': (g) => g.begin('path_rename', 3, ...g.text('tmp/f'), 3, ...g.text('tmp/d/x', AT.other)),
  'rename of a directory over another': (g) =>
    g.begin('path_rename', 3, ...g.text('tmp/d'), 3, ...g.text('tmp/empty', AT.other)),
  link: (g) => g.begin('path_link', 3, 0, ...g.text('tmp/f'), 3, ...g.text('tmp/d/f', AT.other)),
  mkdir: (g) => g.begin('path_create_directory', 3, ...g.text('tmp/d/new')),
  'a change of times': (g) =>
    g.begin('path_filestat_set_times', 3, 0, ...g.text('tmp/d/y'), 7n, 7n, FSTFLAGS.MTIM | FSTFLAGS.ATIM),
  'an opening that creates': (g) => openBegin(g, 'tmp/d/new', OFLAGS.CREAT),
  'an opening that cuts': (g) => openBegin(g, 'tmp/big', OFLAGS.TRUNC),
  'an opening': (g) => openBegin(g, 'tmp/big', 0),
  'a listing': (g) => g.begin('fd_readdir', 5, AT.buffer, 1000, 0n, AT.result),
};

function openBegin(guest: TreeGuest, path: string, oflags: number): string {
  return guest.begin('path_open', 3, 0, ...guest.text(path), oflags, FILE_RIGHTS, 0n, 0, AT.result);
}

/** What every guest sees of the tree. */
function look(guest: TreeGuest): unknown {
  const top = guest.fd('tmp', OFLAGS.DIRECTORY);
  expect(guest.call('fd_readdir', top, AT.buffer, 2000, 0n, AT.result)).toBe('OK');
  const seen: unknown[] = [guest.string(AT.buffer, guest.u32())];
  guest.call('fd_close', top);
  for (const path of ['big', 'f', 'd', 'd/x', 'd/y', 'd/f', 'd/new', 'empty', 'empty/x']) {
    seen.push(path, guest.stat(`tmp/${path}`));
    const fd = guest.open(`tmp/${path}`, 0, FILE_RIGHTS);
    if (typeof fd === 'string') continue;
    seen.push(guest.pread(fd, 20, 0), guest.pread(fd, 20, BIG_AT - 1));
    guest.call('fd_close', fd);
  }
  return seen;
}

describe('a call on an overlay of a file system that takes time', () => {
  function start(): { slow: SlowFileSystem; guest: TreeGuest } {
    const slow = new SlowFileSystem(newMemory().clock, below());
    const guest = TreeGuest.over(slow);
    expect(guest.fd('tmp/big', 0)).toBe(4);
    expect(guest.fd('tmp', OFLAGS.DIRECTORY)).toBe(5);
    return { slow, guest };
  }
  /** Runs a call to a number of waits. @returns whether it still waits then */
  function runTo(waits: number, begin: Begin, guest: TreeGuest, slow: SlowFileSystem): boolean {
    let result = begin(guest);
    for (let i = 0; i < waits && result === 'WAITS'; i++) {
      expect(slow.answer()).toBeGreaterThan(0);
      result = Guest.prototype.goOn.call(guest);
    }
    if (result !== 'WAITS') expect(result).toBe('OK');
    return result === 'WAITS';
  }

  it.each(Object.keys(CALLS))('that is killed wherever it waits has changed nothing: %s', (name) => {
    const begin = CALLS[name] as Begin;
    for (let waits = 0; ; waits++) {
      const { slow, guest } = start();
      const unchanged = look(TreeGuest.beside(guest));
      if (!runTo(waits, begin, guest, slow)) {
        expect(waits).toBeGreaterThan(0);
        return;
      }
      const other = TreeGuest.beside(guest);
      guest.linux.end(guest.process, 9);
      while (slow.answer() > 0) guest.linux.poll();
      expect(look(other)).toEqual(unchanged);
      // Nothing is left open below.
      expect([...slow.open]).toEqual([]);
      expect(other.fd('tmp/big', 0)).toBe(4);
      expect(other.fd('tmp', OFLAGS.DIRECTORY)).toBe(5);
      expect(runTo(100, begin, other, slow)).toBe(false);
    }
  });

  it('shares the reading of a block with another that writes it', () => {
    const { slow, guest } = start();
    const other = TreeGuest.beside(guest);
    expect(other.fd('tmp/big', 0)).toBe(4);
    slow.requests.length = 0;
    const write = (g: TreeGuest, text: string, offset: number): string => {
      const [at, length] = g.text(text, AT.buffer);
      return g.begin('fd_pwrite', 4, ...g.iovec(at, length), BigInt(offset), AT.result);
    };
    expect(write(guest, 'first', 10)).toBe('WAITS');
    slow.answer();
    expect(Guest.prototype.goOn.call(guest)).toBe('WAITS');
    expect(write(other, 'second', 20)).toBe('WAITS');
    expect(slow.answer()).toBe(1);
    expect(guest.goOn()).toBe('OK');
    expect(other.goOn()).toBe('OK');
    expect(slow.requests.filter((request) => request.startsWith('read'))).toHaveLength(1);
    expect(guest.pread(4, 17, 9)).toBe('\x01first\x01\x01\x01\x01\x01second');
  });

  it('goes on when another that began its work is killed', () => {
    const { slow, guest } = start();
    const other = TreeGuest.beside(guest);
    other.fd('tmp/big', 0);
    const write = CALLS['a write across two blocks'] as Begin;
    runTo(1, write, guest, slow);
    expect(write(other)).toBe('WAITS');
    guest.linux.end(guest.process, 9);
    expect(other.goOn()).toBe('OK');
    expect(other.pread(4, 4, BIG_AT - 1)).toBe('\x03AB\x04');
  });
});

describe('a tree below that changes meanwhile', () => {
  function beside(): { below: TreeGuest; guest: TreeGuest } {
    const memory = below();
    const host = TreeGuest.on('memory');
    host.linux.mount({ path: '/below', fileSystem: memory, readOnly: false });
    return { below: host, guest: TreeGuest.over(memory) };
  }

  it('is seen where nothing was changed', () => {
    const { below: host, guest } = beside();
    guest.stat('tmp/f');
    host.write(host.fd('below/f', OFLAGS.TRUNC), 'more contents');
    host.fd('below/new');
    host.path('path_unlink_file', 'below/d/x');
    expect(guest.read(guest.fd('tmp/f', 0), 20)).toBe('more contents');
    expect(guest.stat('tmp/new')).toMatchObject({ size: 0 });
    expect(guest.stat('tmp/d/x')).toBe('ENOENT');
  });

  it('does not show where something was changed', () => {
    const { below: host, guest } = beside();
    guest.path('path_unlink_file', 'tmp/d/x');
    guest.pwrite(guest.fd('tmp/f', 0), 'CON', 0);
    host.rename('below/big', 'below/d/x');
    host.rename('below/d/y', 'below/f');
    expect(guest.stat('tmp/d/x')).toBe('ENOENT');
    expect(guest.read(guest.fd('tmp/f', 0), 20)).toBe('CONtents');
    // What was moved below is another file under its new name.
    expect(guest.stat('tmp/big')).toBe('ENOENT');
  });

  it('makes a file whose blocks would be mixed stale', () => {
    const { below: host, guest } = beside();
    const fd = guest.fd('tmp/big', 0);
    guest.pwrite(fd, 'A', 0);
    host.call('fd_filestat_set_size', host.fd('below/big', 0), BigInt(2 * BLOCK));
    expect(guest.open('tmp/big', 0)).toBe('ESTALE');
    expect(guest.pread(fd, 10, 4 * BLOCK)).toBe('ESTALE');
    expect(guest.pwrite(fd, 'A', 4 * BLOCK + 5)).toBe('ESTALE');
    expect(guest.pread(fd, 1, 0)).toBe('A');
    // Cut, it is whole again.
    expect(typeof guest.open('tmp/big', OFLAGS.TRUNC)).toBe('number');
  });

  it('is listed anew when reading begins anew', () => {
    const { below: host, guest } = beside();
    const fd = guest.fd('tmp/d', OFLAGS.DIRECTORY);
    const list = (): string => {
      expect(guest.call('fd_readdir', fd, AT.buffer, 1000, 0n, AT.result)).toBe('OK');
      return guest.string(AT.buffer, guest.u32()).replaceAll(/[^a-z]/g, '');
    };
    expect(list()).toBe('xy');
    host.path('path_unlink_file', 'below/d/x');
    host.fd('below/d/z');
    expect(list()).toBe('yz');
  });

  it('has moved a directory that was changed here: changes stay under the old name', () => {
    const { below: host, guest } = beside();
    guest.fd('tmp/d/mine');
    expect(host.rename('below/d', 'below/e')).toBe('OK');
    expect(guest.stat('tmp/e/x')).toMatchObject({ size: 1 });
    expect(guest.stat('tmp/e/mine')).toBe('ENOENT');
    expect(guest.stat('tmp/d/mine')).toMatchObject({ size: 0 });
  });

  it('leaves what was made in a directory that is gone below', () => {
    const { below: host, guest } = beside();
    guest.write(guest.fd('tmp/d/mine'), 'mine');
    const directory = guest.fd('tmp/d', OFLAGS.DIRECTORY);
    for (const name of ['x', 'y']) host.path('path_unlink_file', `below/d/${name}`);
    expect(host.path('path_remove_directory', 'below/d')).toBe('OK');
    expect(guest.read(guest.fd('tmp/d/mine', 0), 9)).toBe('mine');
    expect(guest.stat('tmp/d/x')).toBe('ENOENT');
    expect(guest.call('fd_readdir', directory, AT.buffer, 1000, 0n, AT.result)).toBe('OK');
    expect(guest.string(AT.buffer, guest.u32())).toMatch(/mine$/);
    expect(guest.path('path_unlink_file', 'tmp/d/mine')).toBe('OK');
    expect(guest.path('path_remove_directory', 'tmp/d')).toBe('OK');
  });
});

describe('a directory of an overlay', () => {
  const MANY = 10_000;

  function withMany(): TreeGuest {
    return TreeGuest.on('an overlay on memory', (lower) => {
      lower.mkdir('tmp/d');
      for (let i = 0; i < MANY; i++) lower.call('fd_close', lower.fd(`tmp/d/${i}`));
    });
  }

  it('of many names lets others run while it is read, and is told whole', () => {
    const guest = withMany();
    const fd = guest.fd('tmp/d', OFLAGS.DIRECTORY);
    const other = TreeGuest.beside(guest);
    expect(guest.begin('fd_readdir', fd, AT.buffer, 1000, 0n, AT.result)).toBe('WAITS');
    // It goes on by itself, without an event from outside.
    expect(guest.linux.scheduler.hasRunnable).toBe(true);
    expect(other.mkdir('tmp/x')).toBe('OK');
    expect(guest.goOn()).toBe('OK');
    let told: unknown;
    guest.linux.request('readdir', ['/tmp/d'], (outcome) => {
      told = 'value' in outcome ? outcome.value : outcome.error;
    });
    expect(guest.goOn()).toBe('WAITS');
    expect(told).toHaveLength(MANY);
  });

  it('of many names that are all hidden is empty', () => {
    const guest = withMany();
    const checkpoint = guest.checkpoint();
    for (let i = 1; i < MANY; i++) guest.path('path_unlink_file', `tmp/d/${i}`);
    expect(guest.path('path_remove_directory', 'tmp/d')).toBe('ENOTEMPTY');
    guest.path('path_unlink_file', 'tmp/d/0');
    expect(guest.path('path_remove_directory', 'tmp/d')).toBe('OK');
    expect(checkpoint.changes()).toEqual({ created: [], changed: [], removed: ['d'] });
  });

  it('is read to the end, and let go, when who asked is killed', () => {
    const guest = withMany();
    const other = TreeGuest.beside(guest);
    const fd = guest.fd('tmp/d', OFLAGS.DIRECTORY);
    expect(guest.begin('fd_readdir', fd, AT.buffer, 1000, 0n, AT.result)).toBe('WAITS');
    guest.linux.end(guest.process, 9);
    const { overlay } = other;
    expect(overlay.isBusy()).toBe(true);
    for (let i = 0; i < 10; i++) other.linux.poll();
    expect(overlay.isBusy()).toBe(false);
    // Who mounts it holds its top's cover, nobody anything in it: it may be unmounted.
    expect(overlay.holds).toBe(0);
  });

  it('forgets files that nobody uses, and their numbers stay', () => {
    const guest = withMany();
    const before = guest.stat('tmp/d/5');
    for (let i = 0; i < MANY; i++) {
      guest.stat(`tmp/d/${i}`);
      guest.linux.poll();
    }
    expect(guest.overlay.lower.holds).toBeGreaterThan(4000);
    expect(guest.overlay.lower.holds).toBeLessThan(5000);
    expect(guest.stat('tmp/d/5')).toEqual(before);
  });

  it('forgets no file that was changed: its other names show the change', () => {
    const guest = TreeGuest.on('an overlay on memory', (lower) => {
      lower.write(lower.fd('tmp/f'), 'contents');
      lower.link('tmp/f', 'tmp/g');
      for (let i = 0; i < 6000; i++) lower.call('fd_close', lower.fd(`tmp/${i}`));
    });
    const fd = guest.fd('tmp/f', 0);
    guest.write(fd, 'C');
    guest.call('fd_close', fd);
    for (let i = 0; i < 6000; i++) {
      guest.stat(`tmp/${i}`);
      guest.linux.poll();
      guest.linux.poll();
    }
    const other = guest.fd('tmp/g', 0);
    expect(guest.read(other, 20)).toBe('Contents');
    guest.call('fd_close', other);
    const { quota } = guest.overlay.upper;
    expect(guest.path('path_unlink_file', 'tmp/f')).toBe('OK');
    expect(guest.stat('tmp/g')).toMatchObject({ nlink: 1 });
    expect(guest.path('path_unlink_file', 'tmp/g')).toBe('OK');
    expect(quota.used).toBe(INODE_COST + 2 * (NAME_COST + 2));
  });

  it('is charged for a file that lost one of its names', () => {
    const guest = TreeGuest.on('an overlay on memory', (lower) => {
      lower.fd('tmp/f');
      lower.link('tmp/f', 'tmp/g');
    });
    expect(guest.path('path_unlink_file', 'tmp/f')).toBe('OK');
    // The top, the file, the name that is hidden.
    expect(guest.overlay.upper.quota.used).toBe(2 * INODE_COST + NAME_COST + 2);
  });

  it('still has its `..` after it was moved and removed', () => {
    const guest = TreeGuest.over(below());
    const at = (base: Inode, path: string): Inode => {
      expect(find(guest.ctx, base, path, 0)).toBe(0);
      return guest.ctx.walk.inode;
    };
    const { root } = guest.overlay;
    const empty = at(root, 'empty');
    empty.hold();
    expect(guest.rename('tmp/empty', 'tmp/d/moved')).toBe('OK');
    expect(guest.path('path_remove_directory', 'tmp/d/moved')).toBe('OK');
    expect(at(empty, '..')).toBe(at(root, 'd'));
    const used = guest.overlay.upper.quota.used;
    empty.drop();
    expect(guest.overlay.upper.quota.used).toBe(used - INODE_COST);
  });

  it('made in the place of one below shows nothing of it', () => {
    const guest = TreeGuest.over(below());
    for (const name of ['x', 'y']) guest.path('path_unlink_file', `tmp/d/${name}`);
    guest.path('path_remove_directory', 'tmp/d');
    expect(guest.mkdir('tmp/d')).toBe('OK');
    expect(guest.stat('tmp/d/x')).toBe('ENOENT');
    expect(guest.rename('tmp/d', 'tmp/e')).toBe('OK');
    expect(guest.mkdir('tmp/d')).toBe('OK');
    expect(guest.stat('tmp/d/x')).toBe('ENOENT');
  });

  it('that was moved takes what is below it along', () => {
    const guest = TreeGuest.over(below());
    const checkpoint = guest.checkpoint();
    expect(guest.rename('tmp/d', 'tmp/e')).toBe('OK');
    expect(guest.rename('tmp/e', 'tmp/empty')).toBe('OK');
    expect(guest.read(guest.fd('tmp/empty/x', 0), 5)).toBe('x');
    expect(guest.stat('tmp/d')).toBe('ENOENT');
    expect(checkpoint.changes()).toEqual({ created: [], changed: ['empty'], removed: ['d'] });
  });
});

it('an overlay tells the room of what holds its changes', () => {
  const memory = newMemory();
  const upper = new MemoryFileSystem({ clock: memory.clock, quotaBytes: 1 << 20 });
  const overlay = new OverlayFileSystem({ lower: memory, upper, clock: memory.clock });
  expect(overlay.status()).toEqual(upper.status());
  expect(overlay.type).toBe('overlay');
  expect(overlay.device).not.toBe(memory.device);
});
