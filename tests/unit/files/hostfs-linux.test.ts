// A host directory mounted in Linux: system calls of a guest on it, through a worker and in the same thread.

import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FDFLAGS, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { type HostClient, LocalHostClient } from '../../../runtime/files/client.ts';
import { createDescriptorNotes } from '../../../runtime/files/disk/descriptors.ts';
import { AT, FILE_RIGHTS, type GuestOptions } from '../linux/harness.ts';
import {
  CalledBack,
  mountOf,
  openDescriptors,
  Served,
  temporaryDirectory,
  until,
  WaitingGuest,
  workerForTests,
} from './support.ts';

const FOLLOW = 1;
const MNT = 3;

const worker = workerForTests();

describe.each(['worker', 'local', 'guest'])('a host directory in Linux (%s)', (kind) => {
  let temporary: ReturnType<typeof temporaryDirectory>;
  let top: string;
  let served: Served | undefined;
  let client: HostClient;
  let descriptorsBefore = 0;

  beforeEach(() => {
    temporary = temporaryDirectory();
    top = join(temporary.path, 'top');
    mkdirSync(join(top, 'a', 'b'), { recursive: true });
    mkdirSync(join(temporary.path, 'outside'));
    writeFileSync(join(temporary.path, 'outside', 'secret'), 'secret');
    writeFileSync(join(top, 'a', 'b', 'f'), 'content');
    const notes = createDescriptorNotes();
    served = kind === 'local' ? undefined : new Served(worker.path, notes);
    client = served?.client ?? new LocalHostClient();
    if (kind === 'guest') client = new CalledBack(client, notes);
  });
  afterEach(async () => {
    client.close();
    await served?.[Symbol.asyncDispose]();
    temporary[Symbol.dispose]();
  });

  async function guest(readOnly = false, options: GuestOptions = {}): Promise<WaitingGuest> {
    const fileSystem = await mountOf(client, top, readOnly);
    descriptorsBefore = openDescriptors();
    return new WaitingGuest({
      mounts: [{ path: '/mnt', fileSystem, readOnly }],
      preopens: [{ name: '/mnt', path: '/mnt' }],
      ...options,
    });
  }

  it('opens, reads, writes, truncates and appends', async () => {
    const g = await guest();
    expect(g.read(g.fd('a/b/f', 0), 100)).toBe('content');
    const fd = g.fd('a/b/new');
    expect(g.write(fd, 'hello ')).toBe(6);
    expect(g.write(fd, 'world')).toBe(5);
    expect(g.pread(fd, 100, 6)).toBe('world');
    expect(g.pwrite(fd, 'W', 6)).toBe(1);
    const appending = g.fd('a/b/new', 0, FILE_RIGHTS, FDFLAGS.APPEND);
    expect(g.write(appending, '!')).toBe(1);
    expect(readFileSync(join(top, 'a/b/new'), 'utf8')).toBe('hello World!');
    expect(g.size(fd)).toBe(12);
    g.fd('a/b/new', OFLAGS.TRUNC);
    expect(g.size('a/b/new')).toBe(0);
    expect(g.open('a/b/new', OFLAGS.CREAT | OFLAGS.EXCL)).toBe('EEXIST');
    expect(g.open('a/b/none', 0)).toBe('ENOENT');
    expect(g.open('a', OFLAGS.CREAT)).toBe('EISDIR');
  });

  it('renames, links, removes and tells attributes', async () => {
    const g = await guest();
    expect(g.mkdir('d')).toBe('OK');
    expect(g.mkdir('d')).toBe('EEXIST');
    expect(g.rename('a/b/f', 'd/g')).toBe('OK');
    expect(g.link('d/g', 'h')).toBe('OK');
    expect(g.stat('h')).toMatchObject({ nlink: 2, size: 7, ino: statSync(join(top, 'h'), { bigint: true }).ino });
    expect(g.rename('d', 'a')).toBe('ENOTEMPTY');
    expect(g.rename('a', 'a/b/x')).toBe('EINVAL');
    expect(g.path('path_remove_directory', 'd')).toBe('ENOTEMPTY');
    expect(g.path('path_unlink_file', 'd/g')).toBe('OK');
    expect(g.path('path_remove_directory', 'd')).toBe('OK');
    expect(g.rename('a', 'z')).toBe('OK');
    expect(readdirSync(top).sort()).toEqual(['h', 'z']);
  });

  it('lets nobody out by links or `..`', async () => {
    symlinkSync('/etc', join(top, 'absolute'));
    symlinkSync('../outside', join(top, 'relative'));
    symlinkSync('b/f', join(top, 'a', 'inside'));
    const g = await guest();
    for (const path of [
      'absolute/passwd',
      'relative/secret',
      '../outside/secret',
      'a/../../outside/secret',
      '/etc/passwd',
    ]) {
      expect(g.open(path, 0, FILE_RIGHTS, 0, FOLLOW)).toBe('ENOTCAPABLE');
    }
    expect(g.symlink('../outside/secret', 'made')).toBe('OK');
    expect(g.open('made', 0, FILE_RIGHTS, 0, FOLLOW)).toBe('ENOTCAPABLE');
    const fd = g.open('a/inside', 0, FILE_RIGHTS, 0, FOLLOW);
    expect(g.read(fd as number, 10)).toBe('content');
  });

  it('lists a directory of 1,000 entries through a small buffer', async () => {
    for (let i = 0; i < 1000; i++) linkSync(join(top, 'a/b/f'), join(top, 'a', `entry ${i}`));
    const g = await guest();
    const fd = g.fd('a', OFLAGS.DIRECTORY);
    const names = new Set<string>();
    const size = 512;
    for (let cookie = 0n; ; ) {
      expect(g.call('fd_readdir', fd, AT.buffer, size, cookie, AT.result)).toBe('OK');
      const used = g.u32();
      for (let at = 0; at + 24 <= used; ) {
        const length = g.memory.readU32(AT.buffer + at + 16);
        if (at + 24 + length > used) break;
        names.add(g.string(AT.buffer + at + 24, length));
        cookie = g.memory.readU64(AT.buffer + at);
        at += 24 + length;
      }
      if (used < size) break;
    }
    expect(names.size).toBe(1003);
    expect(names.has('entry 999')).toBe(true);
  });

  it('refuses changes when it is mounted read-only', async () => {
    const g = await guest(true);
    expect(g.open('new', OFLAGS.CREAT)).toBe('EROFS');
    expect(g.mkdir('d')).toBe('EROFS');
    expect(g.path('path_unlink_file', 'a/b/f')).toBe('EROFS');
    expect(g.rename('a', 'z')).toBe('EROFS');
    expect(g.open('a/b/f', OFLAGS.TRUNC)).toBe('EROFS');
    expect(readFileSync(join(top, 'a/b/f'), 'utf8')).toBe('content');
  });

  it('leaves nothing open when a guest is killed in the middle of calls', async () => {
    for (const name of ['path_open', 'fd_read', 'fd_readdir'] as const) {
      const g = await guest();
      const fd = g.fd('a/b/f', 0);
      const directory = g.fd('a', OFLAGS.DIRECTORY);
      const pattern = g.memory.copyOut(AT.buffer, 1000);
      if (name === 'path_open') {
        g.begin(name, MNT, 0, ...g.text('a/b/f'), 0, FILE_RIGHTS, FILE_RIGHTS, 0, AT.result);
      } else if (name === 'fd_read') {
        g.begin(name, fd, ...g.iovec(AT.buffer, 7), AT.result);
      } else {
        g.begin(name, directory, AT.buffer, 512, 0n, AT.result);
      }
      g.linux.end(g.process, 9);
      if (client instanceof CalledBack) client.leave(g.ctx);
      await until(() => client.poll() >= 0 && client.busyFor(g.ctx) === 0 && client.pending === 0);
      g.linux.poll();
      await until(() => client.poll() >= 0 && client.pending === 0);
      expect(g.linux.takeRunnable()).toBeUndefined();
      expect(g.exits).toEqual([9]);
      if (kind === 'worker' && name === 'fd_readdir') expect(g.memory.copyOut(AT.buffer, 1000)).toEqual(pattern);
      // The mount went with its last process: its own handle too.
      expect(openDescriptors()).toBeLessThan(descriptorsBefore);
    }
  });
});
