// An overlay against a file system in memory that begins with the same tree: a random program must see the same on both, call
// by call, whatever part of the tree lies below: results, attributes, times, the order of listing, which names are one
// file, and that a file's number stays. And what `changes` tells is the difference between the trees.
//
// Not compared: when a directory was last read (an overlay looks into the one below to see whether it is empty); inode
// numbers themselves; storage (blocks that lie below are counted as they are stored there).

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { INODE_COST, NAME_COST } from '../../../personalities/linux/fs/memory/inode.ts';
import type { OverlayFileSystem } from '../../../personalities/linux/index.ts';
import { find, setMode, setOwner, setTimes, truncate } from '../../../personalities/linux/syscalls/attributes.ts';
import { allocate } from '../../../personalities/linux/syscalls/files.ts';
import {
  linkAt,
  mkdirAt,
  renameAt,
  rmdirAt,
  symlinkAt,
  unlinkAt,
} from '../../../personalities/linux/syscalls/links.ts';
import { openAt } from '../../../personalities/linux/syscalls/open.ts';
import type { FileDescription, FileSystemCheckpoint, Inode } from '../../../personalities/linux/vfs/inode.ts';
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from '../../../personalities/linux/vfs/mode.ts';
import { FOLLOW } from '../../../personalities/linux/vfs/walk.ts';
import { errnoName } from '../../../runtime/abi/errno.ts';
import { rounds } from '../../support/long.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { KINDS, type Kind, TreeGuest, time } from './overlay-guests.ts';

const ROUNDS = rounds(40);
const STEPS_BELOW = 60;
const STEPS = 250;
const FILES_OPEN = 8;

type Step =
  | { readonly op: 'mkdir' | 'rmdir' | 'unlink' | 'stat' | 'list'; readonly path: string }
  | { readonly op: 'rename' | 'link' | 'symlink'; readonly path: string; readonly other: string }
  | { readonly op: 'open'; readonly path: string; readonly flags: number; readonly slot: number }
  | { readonly op: 'chmod' | 'chown' | 'utimes' | 'truncate'; readonly path: string; readonly value: number }
  | {
      readonly op: 'write' | 'read' | 'allocate' | 'cut';
      readonly slot: number;
      readonly at: number;
      readonly length: number;
    }
  | { readonly op: 'fstat' | 'more' | 'close' | 'fchmod'; readonly slot: number };

beforeEach(() => {
  time.isByHand = true;
});
afterEach(() => {
  time.isByHand = false;
});

describe.each(KINDS.filter((kind) => kind !== 'memory'))('%s', (kind) => {
  it('is what a file system in memory is', () => {
    const seed = seedOfRun();
    const random = seededRandom(seed);
    for (let round = 0; round < ROUNDS; round++) {
      try {
        runRound(kind, random);
      } catch (error) {
        throw new Error(`FUSEDOS_SEED=${seed}, round ${round}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

function runRound(kind: Kind, random: SeededRandom): void {
  const before = Array.from({ length: random.below(STEPS_BELOW) }, () => stepOf(random, true));
  const began = time.nowNs;
  const build = (guest: TreeGuest): void => {
    time.nowNs = began;
    const program = new Program(guest);
    for (const step of before) program.run(step);
    program.close();
  };
  const reference = new Program(TreeGuest.on('memory', build));
  const tested = new Program(TreeGuest.on(kind, build));
  const done: string[] = [];
  const points = [new CheckedPoint(tested, reference)];
  const middle = random.below(STEPS);
  for (let i = 0; i < STEPS; i++) {
    if (i === middle) points.push(new CheckedPoint(tested, reference));
    const step = stepOf(random, false);
    time.nowNs += 1000;
    const expected = reference.run(step);
    const actual = tested.run(step);
    done.push(`${JSON.stringify(step)} ${expected}`);
    if (actual !== expected) throw new Error(`${done.join('\n')}\ninstead: ${actual}`);
  }
  reference.close();
  tested.close();
  const tree = reference.tree();
  const linked = new Set(
    Object.values(points[0]?.tree ?? {})
      .filter((file) => / nlink [^1]/.test(file))
      .map(numberOf),
  );
  expect(tested.tree()).toEqual(tree);
  for (const point of points) point.expectSameChanges(tree, linked);
  tested.removeAll();
  expectOnlyWhiteouts(tested.guest.overlay);
}

const NAMES = ['a', 'b', 'c', 'd'] as const;

function pathOf(random: SeededRandom): string {
  const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(NAMES));
  return names.join('/');
}

function stepOf(random: SeededRandom, isBelow: boolean): Step {
  const path = pathOf(random);
  const slot = random.below(FILES_OPEN);
  // A few bytes, or across the borders of blocks.
  const at = random.oneIn(3) ? random.below(200_000) : random.below(20);
  const length = random.oneIn(5) ? random.below(140_000) : random.below(30);
  const flags =
    random.pick([O_RDONLY, O_RDWR, O_WRONLY]) |
    (random.oneIn(2) ? O_CREAT : 0) |
    (random.oneIn(6) ? O_EXCL : 0) |
    (random.oneIn(6) ? O_TRUNC : 0) |
    (random.oneIn(6) ? O_APPEND : 0);
  const open: Step = { op: 'open', path, slot, flags: random.oneIn(5) ? O_DIRECTORY : flags };
  if (isBelow) {
    switch (random.below(8)) {
      case 0:
      case 1:
        return { op: 'mkdir', path };
      case 2:
        return { op: 'symlink', path, other: pathOf(random) };
      case 3:
        return { op: 'link', path, other: pathOf(random) };
      case 4:
      case 5:
        return { op: 'open', path, slot, flags: O_RDWR | O_CREAT };
      default:
        return { op: 'write', slot, at, length };
    }
  }
  switch (random.below(24)) {
    case 0:
    case 1:
      return { op: 'mkdir', path };
    case 2:
      return { op: 'rmdir', path };
    case 3:
    case 4:
      return { op: 'unlink', path };
    case 5:
    case 6:
    case 7:
      return { op: 'rename', path, other: pathOf(random) };
    case 8:
      return { op: 'link', path, other: pathOf(random) };
    case 9:
      return { op: 'symlink', path, other: pathOf(random) };
    case 10:
      return { op: random.pick(['chmod', 'chown', 'utimes'] as const), path, value: random.below(0o1000) };
    case 11:
      return { op: 'truncate', path, value: at };
    case 12:
    case 13:
    case 14:
      return open;
    case 15:
    case 16:
    case 17:
      return { op: 'write', slot, at: random.oneIn(3) ? -1 : at, length };
    case 18:
      return { op: random.pick(['allocate', 'cut'] as const), slot, at, length: length + 1 };
    case 19:
      return { op: 'read', slot, at, length };
    case 20:
      return { op: random.pick(['fstat', 'close', 'fchmod'] as const), slot };
    case 21:
      return { op: 'more', slot };
    case 22:
      return { op: 'list', path };
    default:
      return { op: 'stat', path };
  }
}

/** A program on one file system: its files, and the numbers of inodes in the order in which they were seen. */
class Program {
  readonly guest: TreeGuest;
  readonly #top: Inode;
  readonly #files: (FileDescription | undefined)[] = [];
  readonly #cookies: number[] = [];
  readonly #numbers = new Map<number, number>();

  constructor(guest: TreeGuest) {
    this.guest = guest;
    this.#top = guest.files.root;
  }

  run(step: Step): string {
    const result = this.#result(step);
    return typeof result === 'number' && result < 0 ? errnoName(-result) : String(result);
  }

  close(): void {
    for (let slot = 0; slot < FILES_OPEN; slot++) this.#close(slot);
  }

  /** Everything that can be seen, by path. */
  tree(): Record<string, string> {
    const tree: Record<string, string> = {};
    const pending = [''];
    for (const path of pending) {
      const inode = this.#find(path === '' ? '.' : path, 0);
      if (typeof inode === 'number') throw new Error(`${path}: ${errnoName(-inode)}`);
      tree[path] = this.#describe(inode);
      if (inode.isSymlink) tree[path] += ` -> ${this.guest.settle((ctx) => inode.readlink(ctx))}`;
      else if (inode.isRegular) tree[path] += ` ${this.#contents(inode)}`;
      else {
        const names = this.#list(path === '' ? '.' : path);
        tree[path] += ` ${names}`;
        for (const name of String(names).split(' ').slice(2)) pending.push(path === '' ? name : `${path}/${name}`);
      }
    }
    return tree;
  }

  removeAll(): void {
    for (const path of Object.keys(this.tree()).reverse()) {
      if (path === '') continue;
      const inode = this.#find(path, 0);
      const op = typeof inode !== 'number' && inode.isDirectory ? 'rmdir' : 'unlink';
      expect(this.run({ op, path })).toBe('0');
    }
  }

  #result(step: Step): string | number {
    const { guest } = this;
    const top = this.#top;
    switch (step.op) {
      case 'mkdir':
        return guest.settle((ctx) => mkdirAt(ctx, top, step.path, 0o777, 0));
      case 'rmdir':
        return guest.settle((ctx) => rmdirAt(ctx, top, step.path, 0));
      case 'unlink':
        return guest.settle((ctx) => unlinkAt(ctx, top, step.path, 0));
      case 'rename':
        return guest.settle((ctx) => renameAt(ctx, top, step.path, top, step.other, 0));
      case 'link':
        return guest.settle((ctx) => linkAt(ctx, top, step.path, top, step.other, 0, 0));
      case 'symlink':
        return guest.settle((ctx) => symlinkAt(ctx, step.other, top, step.path, 0));
      case 'stat': {
        const inode = this.#find(step.path, 0);
        return typeof inode === 'number' ? inode : this.#describe(inode);
      }
      case 'list':
        return this.#list(step.path);
      case 'open':
        return this.#open(step.path, step.flags, step.slot);
      case 'chmod':
      case 'chown':
      case 'utimes':
      case 'truncate':
        return this.#change(step.op, step.path, step.value);
      default:
        return this.#onFile(step);
    }
  }

  #change(op: 'chmod' | 'chown' | 'utimes' | 'truncate', path: string, value: number): number {
    const inode = this.#find(path, op === 'truncate' ? FOLLOW : 0);
    if (typeof inode === 'number') return inode;
    return this.guest.settle((ctx) => {
      switch (op) {
        case 'chmod':
          return setMode(ctx, inode, value);
        case 'chown':
          return setOwner(ctx, inode, value, -1);
        case 'utimes':
          return setTimes(ctx, inode, 'keep', { sec: value, nsec: 5 });
        case 'truncate':
          return truncate(ctx, inode, value);
      }
    });
  }

  #onFile(step: Extract<Step, { readonly slot: number }>): string | number {
    const file = this.#files[step.slot];
    if (file === undefined) return 'closed';
    const { guest } = this;
    switch (step.op) {
      case 'write': {
        if (!file.isWritable) return 'read-only';
        const bytes = pattern(step.at, step.length);
        const position = file.isAppending ? -1 : step.at;
        return guest.settle((ctx) => file.write(ctx, bytes, 0, bytes.length, position));
      }
      case 'read': {
        if (!file.isReadable) return 'write-only';
        const bytes = new Uint8Array(step.length + 2).fill(0xee);
        const count = guest.settle((ctx) => file.read(ctx, bytes, 1, step.length, Math.max(step.at, 0)));
        return count < 0 ? count : `${count} ${digest(bytes)}`;
      }
      case 'allocate':
        return guest.settle((ctx) => allocate(ctx, file, step.at, step.length));
      case 'cut':
        return file.isWritable ? guest.settle((ctx) => file.inode.truncate(ctx, step.at)) : 'read-only';
      case 'fchmod':
        return guest.settle((ctx) => setMode(ctx, file.inode, 0o640));
      case 'fstat':
        return this.#describe(file.inode);
      case 'more':
        return this.#more(step.slot, file);
      case 'close':
        this.#close(step.slot);
        return 0;
      case 'open':
        throw new Error('not here');
    }
  }

  #open(path: string, flags: number, slot: number): string | number {
    this.#close(slot);
    const file = this.guest.settle((ctx) => openAt(ctx, this.#top, path, flags, 0o666, 0));
    if (typeof file === 'number') return file;
    file.retain();
    this.#files[slot] = file;
    this.#cookies[slot] = 0;
    return this.#describe(file.inode);
  }

  #close(slot: number): void {
    this.#files[slot]?.release();
    this.#files[slot] = undefined;
  }

  /** Goes on listing a directory, three names at a time. */
  #more(slot: number, file: FileDescription): string | number {
    const names = new Map<string, number>();
    const result = this.guest.settle((ctx) =>
      file.readDirectory(ctx, this.#cookies[slot] ?? 0, {
        entry: (name, ino, _mode, next) => {
          if (names.size === 3) return false;
          names.set(name, this.#number(ino));
          this.#cookies[slot] = next;
          return true;
        },
      }),
    );
    return result < 0 ? result : [...names].join(' ');
  }

  #list(path: string): string | number {
    const file = this.guest.settle((ctx) => openAt(ctx, this.#top, path, O_RDONLY | O_DIRECTORY, 0, 0));
    if (typeof file === 'number') return file;
    file.retain();
    const names = new Set<string>();
    const result = this.guest.settle((ctx) =>
      file.readDirectory(ctx, 0, { entry: (name) => names.add(name).size > 0 }),
    );
    file.release();
    return result < 0 ? result : [...names].join(' ');
  }

  #find(path: string, flags: number): Inode | number {
    return this.guest.settle((ctx) => {
      const result = find(ctx, this.#top, path, flags);
      return result < 0 ? result : ctx.walk.inode;
    });
  }

  #describe(inode: Inode): string {
    const result = this.guest.settle((ctx) => inode.refresh(ctx));
    if (result < 0) return errnoName(-result);
    const { mode, uid, gid, nlink, size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec, atimeSec, atimeNsec } = inode;
    const accessed = inode.isDirectory ? '' : `a ${atimeSec}.${atimeNsec} `;
    const times = `${accessed}m ${mtimeSec}.${mtimeNsec} c ${ctimeSec}.${ctimeNsec}`;
    return `#${this.#number(inode.ino)} ${mode.toString(8)} ${uid}:${gid} nlink ${nlink} size ${size} ${times}`;
  }

  #contents(inode: Inode): string {
    const file = this.guest.settle((ctx) => inode.open(ctx, O_RDONLY));
    if (typeof file === 'number') return errnoName(-file);
    file.retain();
    const bytes = new Uint8Array(inode.size);
    const count = this.guest.settle((ctx) => file.read(ctx, bytes, 0, bytes.length, 0));
    file.release();
    return `${count} ${digest(bytes)}`;
  }

  /** The same number for the same file in each program: in the order in which files were seen first. */
  #number(ino: number): number {
    const number = this.#numbers.get(ino) ?? this.#numbers.size;
    this.#numbers.set(ino, number);
    return number;
  }
}

function pattern(at: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (at + length + i * 7) & 0xff);
}

function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}

/**
 * A checkpoint of an overlay and of the file system in memory. An overlay asks nothing below, so it leaves out what a
 * directory that was removed or moved takes along; of a file that had several names it tells one; and a name that was
 * taken away and given back is a change to it.
 */
class CheckedPoint {
  readonly #tested: FileSystemCheckpoint;
  readonly #reference: FileSystemCheckpoint;
  readonly tree: Record<string, string>;

  constructor(tested: Program, reference: Program) {
    this.#tested = tested.guest.checkpoint();
    this.#reference = reference.guest.checkpoint();
    this.tree = reference.tree();
    tested.tree();
  }

  /** @param linked the files that had several names below, by number */
  expectSameChanges(now: Record<string, string>, linked: ReadonlySet<string>): void {
    const told = this.#tested.changes();
    const real = this.#reference.changes();
    const replaced = new Set([...told.created, ...told.changed, ...told.removed]);
    const isTakenAlong = (path: string): boolean =>
      [...path.matchAll(/\//g)].some(({ index }) => replaced.has(path.slice(0, index)));
    for (const kind of ['created', 'changed', 'removed'] as const) {
      const known = new Set(told[kind]);
      expect(known.size).toBe(told[kind].length);
      for (const path of real[kind]) {
        if (isTakenAlong(path) || (kind === 'changed' && linked.has(numberOf(now[path])))) continue;
        expect(known.has(path), `${kind} ${path}`).toBe(true);
      }
      for (const path of known) {
        if (isTakenAlong(path)) continue;
        const isGivenBack = kind === 'changed' && this.tree[path] !== undefined && now[path] !== undefined;
        expect(isGivenBack || real[kind].includes(path), `told: ${kind} ${path}`).toBe(true);
      }
    }
  }
}

function numberOf(description: string | undefined): string {
  return description?.split(' ')[0] ?? '';
}

/** What an empty overlay is charged for: its top, and the names that it hides. */
function expectOnlyWhiteouts({ root, upper }: OverlayFileSystem): void {
  let cost = root.isOwn ? INODE_COST : 0;
  for (const [name, { inode }] of root.names) {
    expect(inode).toBeUndefined();
    cost += NAME_COST + 2 * name.length;
  }
  expect(upper.quota.used).toBe(cost);
  // Its own top counts.
  expect(upper.inodes).toBe(root.isOwn ? 2 : 1);
}
