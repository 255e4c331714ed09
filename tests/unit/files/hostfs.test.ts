// A host directory as a file system of guests: operations that wait run again and are answered from the record, whether the
// directory is served by a worker or in the same thread; what calls leave behind when they are cancelled; the host's errors.

import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HostFileSystem } from '../../../personalities/linux/fs/remote/file-system.ts';
import type { HostInode } from '../../../personalities/linux/fs/remote/inode.ts';
import type { Caller } from '../../../personalities/linux/vfs/caller.ts';
import type { FileDescription, Inode } from '../../../personalities/linux/vfs/inode.ts';
import { O_APPEND, O_RDONLY, O_RDWR, O_WRONLY } from '../../../personalities/linux/vfs/mode.ts';
import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import { emptyAttributes } from '../../../runtime/files/attributes.ts';
import { type HostClient, LocalHostClient } from '../../../runtime/files/client.ts';
import { createDescriptorNotes } from '../../../runtime/files/disk/descriptors.ts';
import {
  bytes,
  CalledBack,
  mountOf,
  openDescriptors,
  openMount,
  Served,
  TestCaller,
  temporaryDirectory,
  text,
  until,
  workerForTests,
} from './support.ts';

const worker = workerForTests();

describe.each(['worker', 'local', 'guest'])('a host directory as a file system (%s)', (kind) => {
  let temporary: ReturnType<typeof temporaryDirectory>;
  let top: string;
  let served: Served | undefined;
  let client: HostClient;
  let fileSystem: HostFileSystem;
  let caller: TestCaller;

  beforeEach(async () => {
    temporary = temporaryDirectory();
    top = join(temporary.path, 'top');
    mkdirSync(top);
    caller = new TestCaller();
    const notes = createDescriptorNotes();
    served = kind === 'local' ? undefined : new Served(worker.path, notes);
    client = served?.client ?? new LocalHostClient();
    if (kind === 'guest') client = new CalledBack(client, notes);
    fileSystem = await mountOf(client, top);
  });
  afterEach(async () => {
    client.close();
    await served?.[Symbol.asyncDispose]();
    temporary[Symbol.dispose]();
  });

  const call = <T>(operation: (caller: Caller) => T): Promise<T> => caller.call(client, operation);
  async function found<T>(operation: (caller: Caller) => T | number): Promise<T> {
    const result = await call(operation);
    if (typeof result === 'number') throw new Error(`failed: ${result}`);
    return result as T;
  }
  const lookup = (directory: Inode, name: string): Promise<Inode> => found((c) => directory.lookup(c, name));
  async function open(name: string, flags: number): Promise<FileDescription> {
    const inode = await lookup(fileSystem.root, name);
    const description = await found((c) => inode.open(c, flags));
    description.retain();
    return description;
  }
  /** All that is under way is answered, and what nobody wants is closed. */
  async function settled(): Promise<void> {
    await until(() => {
      fileSystem.poll();
      return client.pending === 0;
    });
  }
  async function list(directory: Inode, limit = Number.POSITIVE_INFINITY): Promise<string[]> {
    const description = await found((c) => directory.open(c, O_RDONLY));
    description.retain();
    const names: string[] = [];
    let cookie = 0;
    for (let isEnd = false; !isEnd; ) {
      let portion: string[] = [];
      let next = cookie;
      const answer = await call((c) => {
        portion = [];
        next = cookie;
        isEnd = true;
        return description.readDirectory(c, cookie, {
          entry(name, ino, mode, after) {
            if (portion.length >= limit) {
              isEnd = false;
              return false;
            }
            expect(ino).toBeGreaterThan(0);
            expect(mode & 0o170000).toBeGreaterThan(0);
            portion.push(name);
            next = after;
            return true;
          },
        });
      });
      expect(answer).toBe(0);
      names.push(...portion);
      cookie = next;
    }
    description.release();
    return names;
  }

  it('creates, writes, reads and tells attributes', async () => {
    const description = await found((c) => {
      const made = fileSystem.root.create(c, 'file', 0o640);
      return typeof made === 'number' ? made : made.open(c, O_RDWR);
    });
    // Opening what was just created asks nothing: one request, so two runs.
    expect(caller.runs).toBe(kind === 'local' ? 1 : 2);
    description.retain();
    const memory = new Uint8Array(new SharedArrayBuffer(100)).fill(0xa5);
    memory.set(bytes('guest'), 10);
    expect(await call((c) => description.write(c, memory, 10, 5, 0))).toBe(5);
    expect(await call((c) => description.write(c, memory, 10, 5, -1))).toBe(5);
    expect(description.inode.size).toBe(10);
    expect(await call((c) => description.read(c, memory, 50, 20, 3))).toBe(7);
    expect(text(memory.subarray(50, 57))).toBe('stguest');
    expect(await call((c) => description.read(c, memory, 50, 20, 10))).toBe(0);
    expect(await call((c) => description.inode.refresh(c))).toBe(0);
    const stats = statSync(join(top, 'file'), { bigint: true });
    const { inode } = description;
    expect([inode.size, BigInt(inode.ino), inode.mode]).toEqual([10, stats.ino, Number(stats.mode)]);
    expect(BigInt(inode.mtimeSec) * 1_000_000_000n + BigInt(inode.mtimeNsec)).toBe(stats.mtimeNs);
    expect(await call((c) => description.sync(c, false))).toBe(0);
    expect(await call((c) => description.allocate(c, 8, 100))).toBe(0);
    expect(statSync(join(top, 'file')).size).toBe(108);
    description.release();
  });

  it('moves more than one request takes', async () => {
    const size = 3 * 2 ** 20 + 17;
    const memory = new Uint8Array(new SharedArrayBuffer(size + 10));
    for (let i = 0; i < memory.length; i += 997) memory[i] = i % 251;
    writeFileSync(join(top, 'file'), '');
    const description = await open('file', O_RDWR);
    expect(await call((c) => description.write(c, memory, 5, size, 0))).toBe(size);
    expect(Buffer.compare(readFileSync(join(top, 'file')), memory.slice(5, 5 + size))).toBe(0);
    const into = new Uint8Array(new SharedArrayBuffer(size + 10));
    expect(await call((c) => description.read(c, into, 5, size + 4, 0))).toBe(size);
    expect(Buffer.compare(into.slice(5, 5 + size), memory.slice(5, 5 + size))).toBe(0);
    description.release();
  });

  it('has one inode a file, and knows it after renames', async () => {
    mkdirSync(join(top, 'd'));
    writeFileSync(join(top, 'f'), 'x');
    const { root } = fileSystem;
    const d = await lookup(root, 'd');
    const f = await lookup(root, 'f');
    expect(await call((c) => root.rename(c, 'f', f, d, 'g', undefined))).toBe(0);
    expect(await lookup(d, 'g')).toBe(f);
    expect(await call((c) => d.link(c, 'h', f))).toBe(0);
    expect(await lookup(d, 'h')).toBe(f);
    expect(f.nlink).toBe(2);
    expect(await call((c) => root.rename(c, 'd', d, root, 'e', undefined))).toBe(0);
    expect(await lookup(root, 'e')).toBe(d);
    expect(await lookup(d, 'g')).toBe(f);
    expect(d.parent(caller)).toBe(root);
    expect(root.parent(caller)).toBe(root);
    // The host renames.
    renameSync(join(top, 'e'), join(top, 'z'));
    expect(await lookup(root, 'z')).toBe(d);
    expect(await lookup(d, 'g')).toBe(f);
  });

  it('looks several names up in one request when the walk says what comes', async () => {
    mkdirSync(join(top, 'a', 'b', 'c'), { recursive: true });
    writeFileSync(join(top, 'a', 'b', 'c', 'f'), 'content');
    symlinkSync('b', join(top, 'a', 'l'));
    const walk = async (path: string): Promise<{ answer: Inode | number; runs: number }> => {
      const answer = await call((c) => {
        let inode: Inode | number = fileSystem.root;
        let rest = 0;
        for (const name of path.split('/')) {
          rest += name.length + 1;
          if (typeof inode === 'number') return inode;
          const directory = inode as HostInode;
          inode = name === '..' ? directory.parent(c) : directory.lookup(c, name, path, rest);
        }
        return inode;
      });
      return { answer, runs: caller.runs };
    };
    const once = kind === 'local' ? 1 : 2;
    const f = await walk('a/b/c/f');
    expect(f.runs).toBe(once);
    expect(f.answer).toMatchObject({ size: 7, isRegular: true });
    const c = await walk('a/b/c');
    expect(await lookup(c.answer as Inode, 'f')).toBe(f.answer);
    expect((await walk('a/b/none/f')).answer).toBe(-Errno.ENOENT);
    expect((await walk('a/b/none/f')).runs).toBe(once);
    expect((await walk('a/l')).answer).toMatchObject({ isSymlink: true });
    // What a link or `..` leads to is asked when the walk is there.
    const back = await walk('a/b/../b/c/f');
    expect(back.answer).toBe(f.answer);
    expect(back.runs).toBe(kind === 'local' ? 1 : 3);
    unlinkSync(join(top, 'a', 'b', 'c', 'f'));
    expect((await walk('a/b/c/f')).answer).toBe(-Errno.ENOENT);
    const deep = Array.from({ length: 100 }, () => 'd');
    mkdirSync(join(top, ...deep), { recursive: true });
    expect((await walk(deep.join('/'))).answer).toMatchObject({ isDirectory: true });
    expect((await walk(`${deep.join('/')}/none`)).answer).toBe(-Errno.ENOENT);
  });

  it('makes directories and links, and removes them', async () => {
    const { root } = fileSystem;
    const d = await found((c) => root.mkdir(c, 'd', 0o750));
    expect(d.isDirectory).toBe(true);
    expect(await call((c) => root.mkdir(c, 'd', 0o750))).toBe(-Errno.EEXIST);
    const l = await found((c) => d.symlink(c, 'l', '../outside/ü'));
    expect(readlinkSync(join(top, 'd', 'l'))).toBe('../outside/ü');
    expect(await call((c) => l.readlink(c))).toBe('../outside/ü');
    expect(await call((c) => root.rmdir(c, 'd', d))).toBe(-Errno.ENOTEMPTY);
    expect(await call((c) => d.unlink(c, 'l', l))).toBe(0);
    expect(await call((c) => root.rmdir(c, 'd', d))).toBe(0);
    expect(await call((c) => root.lookup(c, 'd'))).toBe(-Errno.ENOENT);
    expect(existsSync(join(top, 'd'))).toBe(false);
  });

  it('changes modes, times and sizes', async () => {
    writeFileSync(join(top, 'f'), 'content');
    const f = await lookup(fileSystem.root, 'f');
    expect(await call((c) => f.setMode(c, 0o600))).toBe(0);
    const atime = { sec: 1_700_000_000, nsec: 250_000_000 };
    expect(await call((c) => f.setTimes(c, { atime, mtime: undefined }))).toBe(0);
    expect(await call((c) => f.truncate(c, 3))).toBe(0);
    expect(await call((c) => f.refresh(c))).toBe(0);
    expect([f.mode & 0o777, f.atimeSec, f.atimeNsec, f.size]).toEqual([0o600, atime.sec, atime.nsec, 3]);
    expect(await call((c) => f.setOwner(c, 1, 1))).toBe(-Errno.EPERM);
  });

  it('is cut also while it is open for reading', async () => {
    writeFileSync(join(top, 'f'), 'content');
    const reading = await open('f', O_RDONLY);
    expect(await call((c) => reading.inode.truncate(c, 4))).toBe(0);
    const writing = await open('f', O_RDWR);
    expect(await call((c) => fileSystem.root.unlink(c, 'f', writing.inode))).toBe(0);
    expect(await call((c) => writing.inode.truncate(c, 2))).toBe(0);
    const into = new Uint8Array(7);
    expect(await call((c) => reading.read(c, into, 0, 7, 0))).toBe(2);
    reading.release();
    writing.release();
  });

  it('tells times to the nanosecond as they were set, or left, until the host has others', async () => {
    const path = join(top, 'f');
    writeFileSync(path, '');
    const f = await lookup(fileSystem.root, 'f');
    const left = [f.atimeSec, f.atimeNsec];
    for (const nsec of [0, 1, 999, 1000, 113_294_365, 113_295_000, 999_999_999]) {
      const mtime = { sec: 1_795_372_608, nsec };
      expect(await call((c) => f.setTimes(c, { atime: undefined, mtime }))).toBe(0);
      expect(await call((c) => f.refresh(c))).toBe(0);
      expect([f.mtimeSec, f.mtimeNsec, f.atimeSec, f.atimeNsec]).toEqual([mtime.sec, nsec, ...left]);
      // Node sets microseconds.
      const ofHost = statSync(path, { bigint: true }).mtimeNs;
      expect(Math.abs(Number(ofHost - 1_795_372_608_000_000_000n) - nsec)).toBeLessThan(1000);
    }
    // Two microseconds off, and a whole second.
    for (const text of ['1795372608.999997', '1795372607.999999']) {
      utimesSync(path, text, text);
      expect(await call((c) => f.refresh(c))).toBe(0);
      const stats = statSync(path, { bigint: true });
      expect(BigInt(f.mtimeSec) * 1_000_000_000n + BigInt(f.mtimeNsec)).toBe(stats.mtimeNs);
      expect(BigInt(f.atimeSec) * 1_000_000_000n + BigInt(f.atimeNsec)).toBe(stats.atimeNs);
    }
  });

  it('keeps no time that the host refused to set', async () => {
    writeFileSync(join(top, 'f'), '');
    const f = (await lookup(fileSystem.root, 'f')) as HostInode;
    const before = { atimeSec: f.atimeSec, atimeNsec: f.atimeNsec, mtimeSec: f.mtimeSec, mtimeNsec: f.mtimeNsec };
    writeFileSync(join(top, 'another'), '');
    renameSync(join(top, 'another'), join(top, 'f'));
    const mtime = { sec: before.mtimeSec, nsec: (before.mtimeNsec + 500) % 1e9 };
    expect(await call((c) => f.setTimes(c, { atime: undefined, mtime }))).toBe(-Errno.ESTALE);
    f.take({ ...emptyAttributes(), ...before });
    expect(f).toMatchObject(before);
  });

  it('serves an unlinked file as long as it is open', async () => {
    writeFileSync(join(top, 'f'), 'content');
    const description = await open('f', O_RDWR | O_APPEND);
    const f = description.inode;
    expect(await call((c) => fileSystem.root.unlink(c, 'f', f))).toBe(0);
    const into = new Uint8Array(7);
    expect(await call((c) => description.read(c, into, 0, 7, 0))).toBe(7);
    expect(await call((c) => f.truncate(c, 2))).toBe(0);
    expect(await call((c) => f.refresh(c))).toBe(0);
    expect([f.nlink, f.size]).toEqual([0, 2]);
    description.release();
    writeFileSync(join(top, 'f'), 'new');
    expect((await lookup(fileSystem.root, 'f')).size).toBe(3);
  });

  it('lists 1,000 entries, in portions, while names come and go', async () => {
    for (let i = 0; i < 1000; i++) writeFileSync(join(top, `a rather long name of an entry ${i}`), '');
    const all = await list(fileSystem.root);
    expect(all.slice(0, 2)).toEqual(['.', '..']);
    expect(all).toHaveLength(1002);
    expect(await list(fileSystem.root, 7)).toEqual(all);
    expect(new Set(all).size).toBe(1002);
  });

  it('reads a directory anew from cookie 0, and goes on where a cookie says', async () => {
    for (const name of ['a', 'b', 'c']) writeFileSync(join(top, name), '');
    const description = await found((c) => fileSystem.root.open(c, O_RDONLY));
    description.retain();
    const from = async (cookie: number): Promise<{ names: string[]; cookies: number[] }> => {
      const names: string[] = [];
      const cookies: number[] = [];
      await call((c) => {
        names.length = 0;
        cookies.length = 0;
        return description.readDirectory(c, cookie, {
          entry: (name, _ino, _mode, next) => names.push(name) > 0 && cookies.push(next) > 0,
        });
      });
      return { names, cookies };
    };
    const first = await from(0);
    unlinkSync(join(top, 'a'));
    writeFileSync(join(top, 'd'), '');
    const afterThree = await from(first.cookies[2] as number);
    expect(afterThree.names).toEqual(first.names.slice(3));
    expect((await from(0)).names.sort()).toEqual(['.', '..', 'b', 'c', 'd']);
    description.release();
  });

  it('keeps links that lead out as links: the walk above follows them among the guest’s own files', async () => {
    symlinkSync('/etc/passwd', join(top, 'l'));
    const l = await lookup(fileSystem.root, 'l');
    expect(l.isSymlink).toBe(true);
    expect(await call((c) => l.readlink(c))).toBe('/etc/passwd');
    expect(await call((c) => l.open(c, O_RDONLY))).toBe(-Errno.ENXIO);
  });

  it.runIf(process.platform === 'linux')('opens no FIFO', async () => {
    execFileSync('mkfifo', [join(top, 'fifo')]);
    const fifo = await lookup(fileSystem.root, 'fifo');
    for (const flags of [O_RDONLY, O_WRONLY, O_RDWR]) {
      expect(await call((c) => fifo.open(c, flags))).toBe(-Errno.ENXIO);
    }
  });

  it('refuses changes of a read-only mount by itself', async () => {
    writeFileSync(join(top, 'f'), 'content');
    const readOnly = await mountOf(client, top, true);
    const f = await lookup(readOnly.root, 'f');
    expect(await call((c) => f.open(c, O_WRONLY))).toBe(-Errno.EROFS);
    expect(await call((c) => f.truncate(c, 0))).toBe(-Errno.EROFS);
    expect(await call((c) => readOnly.root.create(c, 'g', 0o600))).toBe(-Errno.EROFS);
    expect(await call((c) => readOnly.root.unlink(c, 'f', f))).toBe(-Errno.EROFS);
    expect(readFileSync(join(top, 'f'), 'utf8')).toBe('content');
  });

  it('says why it cannot be mounted', async () => {
    expect(await openMount(client, join(top, 'missing'))).toBe(-Errno.ENOENT);
    writeFileSync(join(top, 'f'), '');
    expect(await openMount(client, join(top, 'f'))).toBe(-Errno.ENOTDIR);
  });

  it('answers ENOENT or ESTALE after the directory has vanished, and loses no open file', async () => {
    mkdirSync(join(top, 'd'));
    writeFileSync(join(top, 'f'), 'content');
    const d = await lookup(fileSystem.root, 'd');
    const description = await open('f', O_RDWR);
    rmSync(top, { recursive: true });
    const gone = [-Errno.ENOENT, -Errno.ESTALE];
    expect(gone).toContain(await call((c) => fileSystem.root.lookup(c, 'f')));
    expect(gone).toContain(await call((c) => fileSystem.root.create(c, 'n', 0o600)));
    expect(gone).toContain(await call((c) => d.lookup(c, 'x')));
    expect(gone).toContain(await call((c) => d.mkdir(c, 'x', 0o700)));
    const into = new Uint8Array(7);
    expect(await call((c) => description.read(c, into, 0, 7, 0))).toBe(7);
    expect(text(into)).toBe('content');
    description.release();
  });

  it('ends reading where the host has cut the file', async () => {
    writeFileSync(join(top, 'f'), 'content');
    const description = await open('f', O_RDONLY);
    truncateSync(join(top, 'f'), 2);
    const into = new Uint8Array(7);
    expect(await call((c) => description.read(c, into, 0, 7, 0))).toBe(2);
    description.release();
  });

  it('tells its room', async () => {
    const status = await found((c) => fileSystem.status(c));
    expect(status.blockSize).toBeGreaterThan(0);
    expect(status.blocks).toBeGreaterThanOrEqual(status.blocksFree);
  });

  it('answers ESTALE when another file has taken the name', async () => {
    writeFileSync(join(top, 'f'), 'first');
    const f = await lookup(fileSystem.root, 'f');
    renameSync(join(top, 'f'), join(top, 'kept'));
    writeFileSync(join(top, 'f'), 'second');
    expect(await call((c) => f.open(c, O_RDWR))).toBe(-Errno.ESTALE);
    expect(await call((c) => f.truncate(c, 0))).toBe(-Errno.ESTALE);
    expect(readFileSync(join(top, 'f'), 'utf8')).toBe('second');
  });

  it('keeps few inodes of files that nobody holds', async () => {
    const count = 5000;
    for (let i = 0; i < count; i++) mkdirSync(join(top, `d${i}`));
    const held = await lookup(fileSystem.root, 'd0');
    held.hold();
    for (let i = 1; i < count; i++) await lookup(fileSystem.root, `d${i}`);
    expect(await lookup(fileSystem.root, 'd0')).toBe(held);
    expect(await call((c) => held.lookup(c, 'x'))).toBe(-Errno.ENOENT);
    held.drop();
  });

  it('closes what calls have opened that were cancelled in the middle', async () => {
    writeFileSync(join(top, 'f'), 'content');
    const f = await lookup(fileSystem.root, 'f');
    await settled();
    const before = openDescriptors();
    for (let i = 0; i < 20; i++) {
      // Cancelled before the answer, and after the answer but before the next run.
      const opened = caller.run((c) => f.open(c, O_RDONLY));
      if (typeof opened !== 'number') opened.release();
      if (i % 2 === 0) await until(() => client.poll() >= 0 && client.pending === 0);
      caller.clear();
      caller.run((c) => fileSystem.root.create(c, `n${i}`, 0o600));
      caller.clear();
    }
    await settled();
    await settled();
    expect(openDescriptors()).toBe(before);
    expect(readdirSync(top)).toHaveLength(21);
  });

  it('closes files and listings when their last descriptor goes', async () => {
    writeFileSync(join(top, 'f'), 'content');
    // A guest's thread opens the top when it is first asked.
    (await open('f', O_RDWR)).release();
    await settled();
    const before = openDescriptors();
    for (let i = 0; i < 20; i++) {
      (await open('f', O_RDWR)).release();
      await list(fileSystem.root, 1);
    }
    await settled();
    expect(openDescriptors()).toBe(before);
  });

  it.runIf(canMountTmpfs())('answers ENOSPC when the host has no room, and keeps what was written', async () => {
    const small = join(temporary.path, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const mounted = await mountOf(client, small);
      const description = await found((c) => {
        const made = mounted.root.create(c, 'f', 0o600);
        return typeof made === 'number' ? made : made.open(c, O_WRONLY);
      });
      description.retain();
      const memory = new Uint8Array(new SharedArrayBuffer(100_000)).fill(7);
      const written = await call((c) => description.write(c, memory, 0, memory.length, 0));
      expect(written).toBe(65536);
      expect(await call((c) => description.write(c, memory, 0, 10, written))).toBe(-Errno.ENOSPC);
      expect(readFileSync(join(small, 'f')).every((byte) => byte === 7)).toBe(true);
      description.release();
      mounted.dispose();
      await until(() => client.poll() >= 0 && client.pending === 0);
      if (client instanceof CalledBack) client.leave(caller);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

describe('a call that waits for the worker', () => {
  it('sends a request once, however often it is woken', async () => {
    using temporary = temporaryDirectory();
    await using served = new Served(worker.path);
    const { client } = served;
    const { root } = await mountOf(client, temporary.path);
    const caller = new TestCaller();
    for (let i = 0; i < 5; i++) expect(caller.run((c) => root.mkdir(c, 'd', 0o700))).toBe(-ERESTART);
    expect(client.pending).toBe(1);
    expect(client.busyFor(caller)).toBe(1);
    await until(() => client.poll() > 0);
    expect(caller.run((c) => root.mkdir(c, 'd', 0o700))).toBeInstanceOf(Object);
    expect(client.busyFor(caller)).toBe(0);
  });

  it('has its memory in use until the request is done, also when it was cancelled', async () => {
    using temporary = temporaryDirectory();
    await using served = new Served(worker.path);
    const { client } = served;
    const owner = new TestCaller();
    client.submit({ op: 'mount', mount: 0, other: bytes(temporary.path), access: 0 }, owner);
    owner.clear();
    expect(client.busyFor(owner)).toBe(1);
    await until(() => client.poll() > 0);
    expect(client.busyFor(owner)).toBe(0);
  });
});

function canMountTmpfs(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  using temporary = temporaryDirectory();
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', temporary.path]);
  return mounted.status === 0 && spawnSync('umount', [temporary.path]).status === 0;
}
