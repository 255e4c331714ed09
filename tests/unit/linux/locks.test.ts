// What the cases of the oracle cannot show of locks: that nothing is left behind, limits, threads of one process, and that
// random histories keep the rules. See: oracle.test.ts.

import { describe, expect, it } from 'vitest';
import type { SyscallContext } from '../../../personalities/linux/index.ts';
import {
  F_GETLK,
  F_OFD_SETLKW,
  F_SETLK,
  F_SETLKW,
  type Flock,
  flock,
  getLock,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  setLock,
} from '../../../personalities/linux/syscalls/locks.ts';
import { openAt } from '../../../personalities/linux/syscalls/open.ts';
import type { FileDescription } from '../../../personalities/linux/vfs/inode.ts';
import { F_RDLCK, F_UNLCK, F_WRLCK, RANGES_MAX } from '../../../personalities/linux/vfs/locks.ts';
import { O_CREAT, O_RDWR } from '../../../personalities/linux/vfs/mode.ts';
import { ERESTART, Errno, errnoName } from '../../../runtime/abi/errno.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { Guest } from './harness.ts';
import { SlowFileSystem } from './slow-file-system.ts';

/** A thread of a process, and the call that it is in. */
class Thread {
  readonly guest: Guest;
  readonly ctx: SyscallContext;
  /** How often its calls ran. */
  runs = 0;
  #call: (() => number) | undefined;

  constructor(guest: Guest, ctx = guest.ctx) {
    this.guest = guest;
    this.ctx = ctx;
  }

  open(path: string): number {
    const { ctx } = this;
    const opened = openAt(ctx, ctx.process.root, path, O_RDWR | O_CREAT, 0o666, 0);
    if (typeof opened === 'number') throw new Error(`${path}: ${opened}`);
    return ctx.process.descriptors.add(opened);
  }
  file(fd: number): FileDescription {
    const description = this.ctx.process.descriptors.get(fd);
    if (description === undefined) throw new Error(`${fd} is not open`);
    return description;
  }
  close(fd: number): void {
    expect(this.ctx.process.descriptors.close(fd)).toBe(0);
  }

  /** fcntl of a lock. @returns `OK`, `WAITS` or the errno's name */
  lock(fd: number, type: number, start = 0, length = 0, command = F_SETLK): string {
    return this.begin(() => this.onFile(fd, (file) => setLock(this.ctx, file, command, asked(type, start, length))));
  }
  flock(fd: number, operation: number): string {
    return this.begin(() => this.onFile(fd, (file) => flock(this.ctx, file, operation)));
  }

  /** In a call: looks its descriptor up, as an ABI does. */
  onFile(fd: number, call: (description: FileDescription) => number): number {
    const description = this.ctx.description(fd);
    return description === undefined ? -Errno.EBADF : call(description);
  }

  begin(call: () => number): string {
    this.#call = call;
    return this.run();
  }
  run(): string {
    if (this.#call === undefined) throw new Error('no call is open');
    this.runs++;
    const result = this.#call();
    if (result === -ERESTART) return 'WAITS';
    this.#call = undefined;
    this.guest.linux.completed(this.ctx);
    return result === 0 ? 'OK' : errnoName(-result);
  }
}

function asked(type: number, start: number, length: number): Flock {
  return { type, whence: 0, start: BigInt(start), length: BigInt(length), pid: 0 };
}

/** Processes of one Linux, each with a thread. */
function processes(count: number): Thread[] {
  const first = new Guest({ preopens: [] });
  const others = Array.from({ length: count - 1 }, () => new Guest({ preopens: [] }, first.linux));
  return [first, ...others].map((guest) => new Thread(guest));
}

function two(): [Thread, Thread] {
  const [a, b] = processes(2);
  if (a === undefined || b === undefined) throw new Error('two');
  return [a, b];
}

/** Runs what may run. @returns what completed, in order */
function settle(threads: readonly Thread[]): [Thread, string][] {
  const { linux } = (threads[0] as Thread).guest;
  const done: [Thread, string][] = [];
  for (let ctx = linux.takeRunnable(); ctx !== undefined; ctx = linux.takeRunnable()) {
    const thread = threads.find((candidate) => candidate.ctx === ctx);
    const result = thread?.run() ?? 'nobody';
    if (thread !== undefined && result !== 'WAITS') done.push([thread, result]);
  }
  return done;
}

describe('locks leave nothing behind', () => {
  it('a file is known only while it is locked', () => {
    const [a] = two();
    const { locks } = a.guest.linux;
    const fd = a.open('/f');
    expect(a.lock(fd, F_UNLCK)).toBe('OK');
    expect(a.flock(fd, LOCK_UN)).toBe('OK');
    expect(getLock(a.ctx, a.file(fd), F_GETLK, asked(F_WRLCK, 0, 0))).toBe(0);
    expect(locks.size).toBe(0);
    expect(a.file(fd).locks).toBeUndefined();
    expect(a.lock(fd, F_WRLCK, 0, 5)).toBe('OK');
    expect(a.flock(fd, LOCK_EX)).toBe('OK');
    expect(locks.size).toBe(2);
    a.close(fd);
    expect(locks.size).toBe(0);
    expect(a.ctx.process.lockedRanges).toBe(0);
    expect(a.ctx.process.descriptors.locks?.lists.size).toBe(0);
  });

  it('a process that is killed while it waits', () => {
    for (const command of [F_SETLKW, F_OFD_SETLKW]) {
      const [a, b] = two();
      const { linux } = a.guest;
      const [fd, other] = [a.open('/f'), b.open('/f')];
      const waiting = b.file(other);
      expect(a.lock(fd, F_WRLCK)).toBe('OK');
      expect(b.lock(other, F_WRLCK, 0, 0, command)).toBe('WAITS');
      expect(waiting.references).toBe(2);
      linux.end(b.ctx.process, 9);
      expect(waiting.references).toBe(0);
      expect(waiting.inode.holds).toBe(1);
      expect(b.ctx.queues).toHaveLength(0);
      a.close(fd);
      expect(linux.locks.size).toBe(0);
      expect(linux.scheduler.hasRunnable).toBe(false);
      expect(settle([a, b])).toEqual([]);
    }
  });

  it('a process that is killed after it was woken, before it ran: the next one gets the lock', () => {
    const [a, b, c] = processes(3) as [Thread, Thread, Thread];
    const fds = [a, b, c].map((thread) => thread.open('/f'));
    expect(a.lock(fds[0] as number, F_WRLCK)).toBe('OK');
    expect(b.lock(fds[1] as number, F_WRLCK, 0, 0, F_SETLKW)).toBe('WAITS');
    expect(c.flock(fds[2] as number, LOCK_SH)).toBe('OK');
    expect(c.lock(fds[2] as number, F_WRLCK, 0, 0, F_SETLKW)).toBe('WAITS');
    a.close(fds[0] as number);
    a.guest.linux.end(b.ctx.process, 9);
    expect(settle([a, b, c])).toEqual([[c, 'OK']]);
  });

  it('a thread that ends while it waits: its process goes on', () => {
    const [a, b] = two();
    const { linux } = a.guest;
    const thread = new Thread(b.guest, linux.attach(b.ctx.process, b.guest.memory));
    const [fd, other] = [a.open('/f'), b.open('/f')];
    expect(a.flock(fd, LOCK_EX)).toBe('OK');
    expect(thread.flock(other, LOCK_EX)).toBe('WAITS');
    linux.detach(thread.ctx);
    a.close(fd);
    expect(settle([a, b, thread])).toEqual([]);
    expect(linux.locks.size).toBe(0);
    expect(b.file(other).references).toBe(1);
    expect(b.flock(other, LOCK_EX | LOCK_NB)).toBe('OK');
  });
});

describe('threads of one process', () => {
  // As Linux answers: only a process's own lock must not be taken after its descriptor was closed.
  it.each([
    ['F_SETLKW', 'EBADF'],
    ['F_OFD_SETLKW', 'OK'],
    ['flock', 'OK'],
  ])('a descriptor that is closed, or another file by then, when the lock of %s comes free: %s', (name, outcome) => {
    for (const isReopened of [false, true]) {
      const [a, b] = two();
      const thread = new Thread(b.guest, a.guest.linux.attach(b.ctx.process, b.guest.memory));
      const [fd, other] = [a.open('/f'), b.open('/f')];
      const lock = (by: Thread, of: number): string => {
        if (name === 'flock') return by.flock(of, LOCK_EX);
        return by.lock(of, F_WRLCK, 0, 0, name === 'F_SETLKW' ? F_SETLKW : F_OFD_SETLKW);
      };
      expect(lock(a, fd)).toBe('OK');
      expect(lock(thread, other)).toBe('WAITS');
      b.close(other);
      if (isReopened) expect(b.open('/g')).toBe(other);
      expect(settle([a, b, thread])).toEqual([]);
      a.close(fd);
      expect(settle([a, b, thread]).map(([, result]) => result)).toEqual([outcome]);
      expect(a.guest.linux.locks.size).toBe(0);
      expect(b.ctx.process.lockedRanges).toBe(0);
    }
  });

  it('do not stand against each other: both go on at once', () => {
    const [a, b] = two();
    const thread = new Thread(b.guest, a.guest.linux.attach(b.ctx.process, b.guest.memory));
    const [fd, other] = [a.open('/f'), b.open('/f')];
    expect(a.lock(fd, F_WRLCK)).toBe('OK');
    expect(b.lock(other, F_WRLCK, 0, 10, F_SETLKW)).toBe('WAITS');
    expect(thread.lock(other, F_WRLCK, 5, 10, F_SETLKW)).toBe('WAITS');
    a.close(fd);
    expect(settle([a, b, thread]).map(([, result]) => result)).toEqual(['OK', 'OK']);
  });
});

describe('who waits', () => {
  it('is served in the order of arrival, and only who can have it is run', () => {
    const all = processes(12);
    const fds = all.map((thread) => thread.open('/f'));
    const [holder, ...writers] = all as [Thread, ...Thread[]];
    expect(holder.lock(fds[0] as number, F_WRLCK)).toBe('OK');
    for (const [i, thread] of writers.entries()) {
      expect(thread.lock(fds[i + 1] as number, F_WRLCK, 0, 0, F_SETLKW)).toBe('WAITS');
    }
    holder.close(fds[0] as number);
    for (const [i, thread] of writers.entries()) {
      expect(settle(all)).toEqual([[thread, 'OK']]);
      thread.close(fds[i + 1] as number);
    }
    // Each ran when it began, and once when it got the lock.
    expect(writers.map(({ runs }) => runs)).toEqual(writers.map(() => 2));
  });

  it('keeps its place behind one that came first, though it was passed by', () => {
    const [a, b, c] = processes(3) as [Thread, Thread, Thread];
    const [x, y, z] = [a.open('/f'), b.open('/f'), c.open('/f')];
    expect(a.flock(x, LOCK_SH)).toBe('OK');
    expect(b.flock(y, LOCK_SH)).toBe('OK');
    expect(c.flock(z, LOCK_EX)).toBe('WAITS');
    expect(a.flock(x, LOCK_EX)).toBe('WAITS');
    expect(b.flock(y, LOCK_UN)).toBe('OK');
    expect(settle([a, b, c])).toEqual([[c, 'OK']]);
    expect(c.flock(z, LOCK_UN)).toBe('OK');
    expect(settle([a, b, c])).toEqual([[a, 'OK']]);
  });

  it('goes on when the one in whose favour it was passed over is beaten by a newcomer', () => {
    const [a, b, c, d] = processes(4) as [Thread, Thread, Thread, Thread];
    const [w, x, y, z] = [a.open('/f'), b.open('/f'), c.open('/f'), d.open('/f')];
    expect(a.lock(w, F_WRLCK)).toBe('OK');
    expect(b.lock(x, F_WRLCK, 0, 20, F_SETLKW)).toBe('WAITS');
    expect(c.lock(y, F_WRLCK, 10, 10, F_SETLKW)).toBe('WAITS');
    a.close(w);
    expect(d.lock(z, F_WRLCK, 0, 5)).toBe('OK');
    expect(settle([a, b, c, d])).toEqual([[c, 'OK']]);
    d.close(z);
    expect(settle([a, b, c, d])).toEqual([]);
    c.close(y);
    expect(settle([a, b, c, d])).toEqual([[b, 'OK']]);
  });

  it('when one of a longer ring asks, it is refused: EDEADLK', () => {
    const all = processes(20);
    const fds = all.map((thread) => thread.open('/f'));
    for (const [i, thread] of all.entries()) expect(thread.lock(fds[i] as number, F_WRLCK, i, 1)).toBe('OK');
    const results = all.map((thread, i) => thread.lock(fds[i] as number, F_WRLCK, (i + 1) % 20, 1, F_SETLKW));
    expect(results).toEqual([...Array.from({ length: 19 }, () => 'WAITS'), 'EDEADLK']);
  });

  it('asks a slow file system for its end once, and then waits for the lock', () => {
    const [a, b] = two();
    const slow = new SlowFileSystem(a.guest.linux.clock);
    a.guest.linux.mount({ path: '/slow', fileSystem: slow, readOnly: false });
    const inode = slow.root.inner.create(a.ctx, 'f', 0o666);
    if (typeof inode === 'number') throw new Error('create');
    inode.truncate(a.ctx, 100);
    const open = (thread: Thread): number => {
      const description = slow.wrap(inode).inner.open(thread.ctx, O_RDWR);
      if (typeof description === 'number') throw new Error('open');
      Object.defineProperty(description, 'inode', { value: slow.wrap(inode) });
      return thread.ctx.process.descriptors.add(description);
    };
    const [fd, other] = [open(a), open(b)];
    expect(a.lock(fd, F_WRLCK, 95, 5)).toBe('OK');
    slow.requests.length = 0;
    const lock = { ...asked(F_WRLCK, -10, 10), whence: 2 };
    const atEnd = (): number => b.onFile(other, (file) => setLock(b.ctx, file, F_SETLKW, { ...lock }));
    expect(b.begin(atEnd)).toBe('WAITS');
    expect(slow.answer()).toBe(1);
    expect(settle([a, b])).toEqual([]);
    a.close(fd);
    expect(settle([a, b])).toEqual([[b, 'OK']]);
    expect(slow.requests).toHaveLength(1);
    const found = asked(F_WRLCK, 0, 0);
    expect(getLock(a.ctx, b.file(other), F_GETLK, found)).toBe(0);
    expect(found).toMatchObject({ start: 90n, length: 10n });
  });
});

describe('a process has a limit of ranges', () => {
  it('ENOLCK beyond it, also for a cut that would make two of one; nothing changes then', () => {
    const [a, b] = two();
    const [fd, other] = [a.open('/f'), b.open('/f')];
    for (let i = 0; i < RANGES_MAX - 1; i++) expect(a.lock(fd, F_WRLCK, 10 * i, 5)).toBe('OK');
    expect(a.lock(fd, F_RDLCK, 10 * RANGES_MAX, 5)).toBe('OK');
    expect(a.ctx.process.lockedRanges).toBe(RANGES_MAX);
    expect(a.lock(fd, F_WRLCK, 20 * RANGES_MAX, 5)).toBe('ENOLCK');
    expect(a.lock(fd, F_UNLCK, 22, 1)).toBe('ENOLCK');
    expect(a.lock(fd, F_RDLCK, 22, 1)).toBe('ENOLCK');
    expect(b.lock(other, F_WRLCK, 22, 1)).toBe('EAGAIN');
    expect(b.lock(other, F_WRLCK, 20 * RANGES_MAX, 5)).toBe('OK');
    // What joins ranges, or takes an end away, needs no more.
    expect(a.lock(fd, F_UNLCK, 24, 1)).toBe('OK');
    expect(a.lock(fd, F_WRLCK, 0, 100)).toBe('OK');
    expect(a.lock(fd, F_UNLCK, 50, 1)).toBe('OK');
    a.guest.linux.end(a.ctx.process, 0);
    expect(a.ctx.process.lockedRanges).toBe(0);
    expect(b.lock(other, F_WRLCK)).toBe('OK');
    expect(b.ctx.process.lockedRanges).toBe(1);
  });
});

// A model of record locks: for each file and process the type that it holds at each of a few positions.

const POSITIONS = 12;

interface Pending {
  readonly file: number;
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

class Model {
  readonly held: number[][][];
  readonly pending = new Map<number, Pending>();

  constructor(files: number, owners: number) {
    this.held = Array.from({ length: files }, () =>
      Array.from({ length: owners }, () => Array.from({ length: POSITIONS }, () => F_UNLCK)),
    );
  }
  /** Processes that stand against one. */
  against(owner: number, { file, type, start, end }: Pending): number[] {
    if (type === F_UNLCK) return [];
    const conflicts = (held: number): boolean => held === F_WRLCK || (held === F_RDLCK && type === F_WRLCK);
    return (this.held[file] as number[][]).flatMap((types, other) =>
      other !== owner && types.slice(start, end + 1).some(conflicts) ? [other] : [],
    );
  }
  grant(owner: number, { file, type, start, end }: Pending): void {
    this.held[file]?.[owner]?.fill(type, start, end + 1);
  }
  release(file: number, owner: number): void {
    this.held[file]?.[owner]?.fill(F_UNLCK);
  }
  /** Whether `owner` is among those that `via` would wait for, at last. */
  wouldDeadlock(owner: number, request: Pending, via = owner, seen = new Set<number>()): boolean {
    return this.against(via, request).some((other) => {
      if (other === owner) return true;
      if (seen.has(other)) return false;
      seen.add(other);
      const next = this.pending.get(other);
      return next !== undefined && this.wouldDeadlock(owner, next, other, seen);
    });
  }
}

/** A history of random calls, each compared with the model. */
function runHistory(random: SeededRandom, steps: number): { waited: number; refused: number; deadlocks: number } {
  const counts = { waited: 0, refused: 0, deadlocks: 0 };
  const owners = 5;
  const files = ['/f', '/g'];
  const threads = processes(owners + 1);
  const probe = threads[owners] as Thread;
  const fds = threads.map((thread) => files.map((path) => thread.open(path)));
  const model = new Model(files.length, owners);

  const complete = ([thread, result]: [Thread, string]): void => {
    const owner = threads.indexOf(thread);
    const request = model.pending.get(owner);
    if (request === undefined) throw new Error('not pending');
    model.pending.delete(owner);
    expect(result).toBe('OK');
    expect(model.against(owner, request)).toEqual([]);
    model.grant(owner, request);
  };

  for (let step = 0; step < steps; step++) {
    const owner = random.below(owners);
    if (model.pending.has(owner)) continue;
    const thread = threads[owner] as Thread;
    const file = random.below(files.length);
    const fd = fds[owner]?.[file] as number;
    if (random.oneIn(12)) {
      thread.close(fd);
      expect(thread.open(files[file] as string)).toBe(fd);
      model.release(file, owner);
    } else {
      const start = random.below(POSITIONS);
      const end = start + random.below(POSITIONS - start);
      const request = { file, type: random.pick([F_RDLCK, F_WRLCK, F_UNLCK]), start, end };
      const waits = random.oneIn(2);
      const result = thread.lock(fd, request.type, start, end - start + 1, waits ? F_SETLKW : F_SETLK);
      const blocked = model.against(owner, request).length > 0;
      const expected = !blocked ? 'OK' : !waits ? 'EAGAIN' : model.wouldDeadlock(owner, request) ? 'EDEADLK' : 'WAITS';
      expect(result).toBe(expected);
      if (result === 'OK') model.grant(owner, request);
      if (result === 'WAITS') model.pending.set(owner, request);
      counts.waited += Number(result === 'WAITS');
      counts.refused += Number(result === 'EAGAIN');
      counts.deadlocks += Number(result === 'EDEADLK');
    }
    for (const done of settle(threads)) complete(done);
    // Nobody waits for what is free.
    for (const [waiting, request] of model.pending) expect(model.against(waiting, request)).not.toEqual([]);
    expectHeld(probe, fds[owners] as number[], threads, model);
  }
  for (const thread of threads) thread.guest.linux.end(thread.ctx.process, 0);
  expect(probe.guest.linux.locks.size).toBe(0);
  expect(threads.map(({ ctx }) => ctx.process.lockedRanges)).toEqual(threads.map(() => 0));
  return counts;
}

/** What F_GETLK tells at each position is what somebody holds there, over the whole run of that type. */
function expectHeld(probe: Thread, fds: readonly number[], threads: readonly Thread[], model: Model): void {
  for (const [file, held] of model.held.entries()) {
    for (let at = 0; at < POSITIONS; at++) {
      const lock = asked(F_WRLCK, at, 1);
      expect(getLock(probe.ctx, probe.file(fds[file] as number), F_GETLK, lock)).toBe(0);
      const owner = threads.findIndex(({ ctx }) => ctx.process.pid === lock.pid);
      if (lock.type === F_UNLCK) {
        expect(held.every((types) => types[at] === F_UNLCK)).toBe(true);
        continue;
      }
      const types = held[owner] as number[];
      let [start, end] = [at, at];
      while (start > 0 && types[start - 1] === types[at]) start--;
      while (end < POSITIONS - 1 && types[end + 1] === types[at]) end++;
      expect([lock.type, Number(lock.start), Number(lock.length)]).toEqual([types[at], start, end - start + 1]);
    }
  }
}

it('random histories keep the rules', () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const total = { waited: 0, refused: 0, deadlocks: 0 };
  for (let round = 0; round < 30; round++) {
    try {
      const counts = runHistory(random, 150);
      total.waited += counts.waited;
      total.refused += counts.refused;
      total.deadlocks += counts.deadlocks;
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}`, { cause: error });
    }
  }
  // The histories are not idle.
  expect(Math.min(total.waited, total.refused, total.deadlocks)).toBeGreaterThan(30);
});
