// Mounts come, lie over each other, and go: mount(2), umount(2) and tmpfs as Linux has them.

import { describe, expect, it } from 'vitest';
import { LinuxError, MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { Guest } from './harness.ts';
import { SlowFileSystem } from './slow-file-system.ts';

function tmpfs(guest: Guest, size = 1 << 20): MemoryFileSystem {
  const { linux } = guest;
  return new MemoryFileSystem({ clock: linux.clock, quotaBytes: size, within: linux.storage, type: 'tmpfs' });
}

function mount(guest: Guest, path: string, fileSystem = tmpfs(guest), readOnly = false): MemoryFileSystem {
  guest.linux.mount({ path, fileSystem, readOnly });
  return fileSystem;
}

/** @returns the error's code, or `OK` */
function unmount(guest: Guest, path: string): string {
  try {
    guest.linux.unmount(path);
    return 'OK';
  } catch (error) {
    return error instanceof LinuxError ? error.code : String(error);
  }
}

/** Asks for it as the embedder does. @returns where the error's code, or `OK`, is put */
function request(guest: Guest, path: string): string[] {
  const answers: string[] = [];
  guest.linux.requestUnmount(path, (outcome) => answers.push('error' in outcome ? outcome.error.code : 'OK'));
  return answers;
}

/** What the server does between calls. */
function turn({ linux }: Guest): void {
  linux.poll();
  while (linux.takeRunnable() !== undefined);
}

describe('unmounting', () => {
  it('shows again what was hidden', () => {
    const guest = new Guest();
    guest.mkdir('d');
    guest.write(guest.fd('d/below'), 'x');
    mount(guest, '/d');
    expect(guest.open('d/below', 0)).toBe('ENOENT');
    expect(unmount(guest, '/d')).toBe('OK');
    expect(guest.size('d/below')).toBe(1);
    expect(guest.path('path_unlink_file', 'd/below')).toBe('OK');
    expect(guest.path('path_remove_directory', 'd')).toBe('OK');
  });

  it('of what is not mounted: EINVAL', () => {
    const guest = new Guest();
    guest.mkdir('d');
    expect(unmount(guest, '/d')).toBe('EINVAL');
    expect(unmount(guest, '/nope')).toBe('EINVAL');
    mount(guest, '/d');
    expect(unmount(guest, '/d')).toBe('OK');
    expect(unmount(guest, '/d')).toBe('EINVAL');
  });

  it('while a file in it is open: EBUSY, also an unlinked one', () => {
    const guest = new Guest();
    mount(guest, '/d');
    const fd = guest.fd('d/f');
    expect(unmount(guest, '/d')).toBe('EBUSY');
    guest.path('path_unlink_file', 'd/f');
    expect(unmount(guest, '/d')).toBe('EBUSY');
    guest.call('fd_close', fd);
    expect(unmount(guest, '/d')).toBe('OK');
  });

  it('while its top is open, or a working directory: EBUSY', () => {
    const guest = new Guest();
    mount(guest, '/d');
    const fd = guest.fd('d', OFLAGS.DIRECTORY);
    expect(unmount(guest, '/d')).toBe('EBUSY');
    guest.call('fd_close', fd);
    const other = new Guest({ cwd: '/d' }, guest.linux);
    expect(unmount(guest, '/d')).toBe('EBUSY');
    guest.linux.end(other.process, 0);
    expect(unmount(guest, '/d')).toBe('OK');
  });

  it('while something is mounted in it: EBUSY', () => {
    const guest = new Guest();
    mount(guest, '/d');
    mount(guest, '/d/e');
    expect(unmount(guest, '/d')).toBe('EBUSY');
    expect(unmount(guest, '/d/e')).toBe('OK');
    expect(unmount(guest, '/d')).toBe('OK');
  });

  it('while a call waits in it: EBUSY', () => {
    const guest = new Guest();
    const slow = new SlowFileSystem(guest.linux.clock);
    guest.linux.mount({ path: '/slow', fileSystem: slow, readOnly: false });
    Object.assign(slow, { isBusy: () => true });
    expect(unmount(guest, '/slow')).toBe('EBUSY');
    Object.assign(slow, { isBusy: () => false });
    expect(unmount(guest, '/slow')).toBe('OK');
  });

  it('on request looks first at what guests have posted: the end of one, say', () => {
    const guest = new Guest();
    mount(guest, '/d');
    const other = new Guest({ cwd: '/d' }, guest.linux);
    const asked = request(guest, '/d');
    expect(asked).toEqual([]);
    guest.linux.end(other.process, 0);
    turn(guest);
    expect(asked).toEqual(['OK']);
  });

  it('on request waits for the answers of calls, for a second', () => {
    const guest = new Guest();
    const slow = new SlowFileSystem(guest.linux.clock);
    let isBusy = true;
    Object.assign(slow, { isBusy: () => isBusy });
    guest.linux.mount({ path: '/slow', fileSystem: slow, readOnly: false });
    const refused = request(guest, '/slow');
    for (const ms of [0, 10, 900]) {
      guest.nowNs += ms * 1e6;
      turn(guest);
      expect(refused).toEqual([]);
    }
    guest.nowNs += 100e6;
    turn(guest);
    expect(refused).toEqual(['EBUSY']);
    const asked = request(guest, '/slow');
    turn(guest);
    expect(asked).toEqual([]);
    isBusy = false;
    guest.nowNs += 2e6;
    turn(guest);
    expect(asked).toEqual(['OK']);
  });

  it('takes the latest of those that lie over each other', () => {
    const guest = new Guest();
    mount(guest, '/d');
    guest.mkdir('d/first');
    mount(guest, '/d');
    guest.mkdir('d/second');
    expect(guest.stat('d/first')).toBe('ENOENT');
    expect(unmount(guest, '/d')).toBe('OK');
    expect(guest.stat('d/second')).toBe('ENOENT');
    expect(guest.stat('d/first')).toMatchObject({ type: 3 });
    expect(unmount(guest, '/d')).toBe('OK');
    expect(guest.stat('d/first')).toBe('ENOENT');
  });

  it('follows no link that a guest has made meanwhile', () => {
    const guest = new Guest();
    mount(guest, '/a/m');
    mount(guest, '/b/m');
    guest.mkdir('b/m/kept');
    expect(guest.rename('a', 'moved')).toBe('OK');
    expect(guest.symlink('b', 'a')).toBe('OK');
    expect(unmount(guest, '/a/m')).toBe('OK');
    expect(guest.stat('a/m/kept')).toMatchObject({ type: 3 });
    expect(guest.path('path_remove_directory', 'moved/m')).toBe('OK');
  });

  it('a mount point can be neither removed nor replaced while it is one', () => {
    const guest = new Guest();
    mount(guest, '/d');
    guest.mkdir('e');
    expect(guest.path('path_remove_directory', 'd')).toBe('EBUSY');
    expect(guest.rename('d', 'x')).toBe('EBUSY');
    expect(guest.rename('e', 'd')).toBe('EBUSY');
    expect(unmount(guest, '/d')).toBe('OK');
    expect(guest.rename('e', 'd')).toBe('OK');
  });

  it('read-only holds for one mount alone', () => {
    const guest = new Guest();
    mount(guest, '/ro', tmpfs(guest), true);
    mount(guest, '/rw');
    expect(guest.open('ro/f', OFLAGS.CREAT)).toBe('EROFS');
    expect(guest.mkdir('ro/d')).toBe('EROFS');
    expect(guest.mkdir('rw/d')).toBe('OK');
    expect(() => mount(guest, '/ro/below')).toThrow('EROFS');
  });
});

describe('a tmpfs', () => {
  it('is full exactly at its limit, whatever the order in which its files grow, and loses nothing', () => {
    const limit = 300_000;
    const guest = new Guest();
    const fileSystem = mount(guest, '/t', tmpfs(guest, limit));
    const files = Array.from({ length: 7 }, (_, i) => ({ fd: guest.fd(`t/${i}`), text: '' }));
    let isFull = false;
    for (let turn = 0; !isFull; turn++) {
      const file = files[turn % files.length] as (typeof files)[0];
      const piece = String.fromCharCode(97 + (turn % 26)).repeat(1000 + turn);
      const written = guest.write(file.fd, piece);
      if (typeof written === 'number') file.text += piece.slice(0, written);
      isFull = written !== piece.length;
    }
    expect(fileSystem.quota.left).toBeLessThan(512);
    for (const { fd } of files) expect(guest.pwrite(fd, 'x'.repeat(512), guest.size(fd) + 512)).toBe('ENOSPC');
    for (const { fd, text } of files) expect(guest.pread(fd, 60_000, 0)).toBe(text.slice(0, 60_000));
    // Grains of 512 bytes; an inode and a name each.
    const charged = files.reduce((sum, { text }) => sum + Math.ceil(text.length / 512) * 512 + 512 + 128 + 2, 0);
    expect(fileSystem.quota.used).toBe(charged);
    expect(guest.mkdir('t/d')).toBe('ENOSPC');
    expect(guest.path('path_unlink_file', 't/0')).toBe('OK');
    guest.call('fd_close', (files[0] as (typeof files)[0]).fd);
    expect(guest.mkdir('t/d')).toBe('OK');
  });

  it('counts each inode and name', () => {
    const guest = new Guest();
    mount(guest, '/t', tmpfs(guest, 10 * (512 + 128 + 2)));
    for (let i = 0; i < 10; i++) expect(guest.mkdir(`t/${i}`)).toBe('OK');
    expect(guest.mkdir('t/x')).toBe('ENOSPC');
    expect(guest.symlink('target', 't/x')).toBe('ENOSPC');
    expect(guest.open('t/x', OFLAGS.CREAT)).toBe('ENOSPC');
    expect(guest.link('t/0', 't/x')).toBe('EPERM');
  });

  it('tells its size, and what is left', () => {
    const guest = new Guest();
    const fileSystem = mount(guest, '/t', tmpfs(guest, 1 << 20));
    expect(fileSystem.status()).toMatchObject({ blockSize: 4096, blocks: 256, blocksFree: 256 });
    guest.write(guest.fd('t/f'), 'x'.repeat(40_000));
    expect(fileSystem.status().blocksFree).toBe(Math.floor(((1 << 20) - 40_448 - 642) / 4096));
  });

  it('takes from the machine’s storage, which may be less than its own limit, and gives back when it goes', () => {
    const guest = new Guest({ quotaBytes: 100_000 });
    const before = guest.linux.storage.used;
    const fileSystem = mount(guest, '/t', tmpfs(guest, 1 << 20));
    const mounted = guest.linux.storage.used;
    const fd = guest.fd('t/f');
    const written = guest.write(fd, 'x'.repeat(120_000));
    expect(written).toBeLessThan(100_000);
    expect(guest.linux.storage.left).toBeLessThan(512);
    expect(fileSystem.quota.left).toBe(guest.linux.storage.left);
    expect(guest.open('else', OFLAGS.CREAT)).toBe('ENOSPC');
    guest.call('fd_close', fd);
    expect(unmount(guest, '/t')).toBe('OK');
    expect(guest.linux.storage.used).toBe(mounted);
    guest.path('path_remove_directory', 't');
    expect(guest.linux.storage.used).toBe(before);
  });
});

it('a mount below a file system that takes time waits for it', () => {
  const guest = new Guest();
  const slow = new SlowFileSystem(guest.linux.clock);
  guest.linux.mount({ path: '/slow', fileSystem: slow, readOnly: false });
  const spec = { path: '/slow/d/t', fileSystem: tmpfs(guest), readOnly: false };
  expect(() => guest.linux.mount(spec)).toThrow('EAGAIN');
  const outcomes: object[] = [];
  guest.linux.requestMount(spec, (outcome) => outcomes.push(outcome));
  for (let turn = 0; outcomes.length === 0 && turn < 100; turn++) {
    slow.answer();
    guest.linux.poll();
    guest.linux.takeRunnable();
  }
  expect(outcomes).toEqual([{ value: undefined }]);
});
