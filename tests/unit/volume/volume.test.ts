// A memfs Volume that is mounted live: guests' calls on it, its owner's changes meanwhile, and memfs's own defects.

import { Volume } from 'memfs';
import { describe, expect, it } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import { FDFLAGS, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { FILE_RIGHTS, READ_RIGHTS } from '../linux/harness.ts';
import { mountVolume } from './support.ts';

const FOLLOW = 1;

function volumeOf(files: Record<string, string>): Volume {
  return Volume.fromJSON(files);
}

it('is not mounted when its top cannot be looked at', () => {
  const volume = new Volume();
  volume.lstatSync = () => {
    throw Object.assign(new Error('not allowed'), { code: 'EACCES' });
  };
  expect(() => mountVolume({ volume })).toThrow(`mount: ${-Errno.EACCES}`);
});

describe('a guest', () => {
  it('finds what the owner put there before and puts there later', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/a/b': 'before' }) });
    const fd = guest.fd('vol/a/b', 0);
    expect(guest.read(fd, 100)).toBe('before');
    volume.writeFileSync('/a/b', 'after, and longer');
    volume.writeFileSync('/a/new', 'new');
    expect(guest.pread(fd, 100, 0)).toBe('after, and longer');
    expect(guest.size(fd)).toBe(17);
    expect(guest.read(guest.fd('vol/a/new', 0), 100)).toBe('new');
    volume.renameSync('/a', '/z');
    expect(guest.open('vol/a/b', 0)).toBe('ENOENT');
    expect(guest.read(guest.fd('vol/z/new', 0), 100)).toBe('new');
  });

  it('shows the owner what it does', () => {
    const { volume, guest } = mountVolume();
    expect(guest.mkdir('vol/d')).toBe('OK');
    const fd = guest.fd('vol/d/f');
    expect(guest.write(fd, 'hello ')).toBe(6);
    expect(guest.write(fd, 'world')).toBe(5);
    expect(volume.readFileSync('/d/f', 'utf8')).toBe('hello world');
    const appending = guest.fd('vol/d/f', 0, FILE_RIGHTS, FDFLAGS.APPEND);
    volume.appendFileSync('/d/f', '!');
    expect(guest.write(appending, '?')).toBe(1);
    expect(volume.readFileSync('/d/f', 'utf8')).toBe('hello world!?');
    expect(guest.link('vol/d/f', 'vol/hard')).toBe('OK');
    expect(guest.symlink('d/f', 'vol/soft')).toBe('OK');
    expect(volume.readlinkSync('/soft')).toBe('d/f');
    expect(volume.statSync('/hard').nlink).toBe(2);
    expect(guest.rename('vol/d', 'vol/e')).toBe('OK');
    expect(guest.call('fd_filestat_set_times', fd, 1_500_000_000n, 2_500_000_000n, 5)).toBe('OK');
    expect(volume.statSync('/e/f').mtimeMs).toBe(2500);
    expect(guest.call('fd_filestat_set_size', fd, 5n)).toBe('OK');
    expect(volume.readFileSync('/e/f', 'utf8')).toBe('hello');
  });

  it('keeps what it has open when the owner removes it', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/f': 'old' }) });
    const fd = guest.fd('vol/f', 0);
    volume.unlinkSync('/f');
    // memfs gives the number of the old file to the new one.
    volume.writeFileSync('/f', 'a new one');
    expect(guest.read(fd, 100)).toBe('old');
    expect(guest.size(fd)).toBe(3);
    expect(guest.size('vol/f')).toBe(9);
    expect(guest.read(guest.fd('vol/f', 0), 100)).toBe('a new one');
  });

  it('is told ESTALE of a directory that the owner has replaced', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/d/f': 'x' }) });
    const directory = guest.fd('vol/d', OFLAGS.DIRECTORY);
    volume.renameSync('/d', '/e');
    volume.mkdirSync('/d');
    const call = guest.call('path_open', directory, 0, ...guest.text('f'), 0, FILE_RIGHTS, FILE_RIGHTS, 0, 64);
    expect(call).toBe('ESTALE');
    expect(guest.open('vol/d/f', 0)).toBe('ENOENT');
  });

  it('goes on when the owner has reset the Volume', () => {
    const { volume, guest, foreign } = mountVolume({ volume: volumeOf({ '/f': 'x' }) });
    const fd = guest.fd('vol/f', 0);
    volume.reset();
    expect(guest.read(fd, 10)).toBe('EBADF');
    expect(guest.open('vol/f', 0)).toBe('ENOENT');
    expect(guest.write(guest.fd('vol/g'), 'again')).toBe(5);
    expect(volume.readFileSync('/g', 'utf8')).toBe('again');
    expect(guest.call('fd_close', fd)).toBe('OK');
    expect(foreign).toEqual([]);
  });

  it('may not change what is mounted read-only', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/d/f': 'x' }), readOnly: true });
    expect(guest.read(guest.fd('vol/d/f', 0, READ_RIGHTS), 10)).toBe('x');
    for (const result of [
      guest.open('vol/new', OFLAGS.CREAT),
      guest.open('vol/d/f', OFLAGS.TRUNC),
      guest.mkdir('vol/e'),
      guest.rename('vol/d', 'vol/e'),
      guest.link('vol/d/f', 'vol/g'),
      guest.symlink('x', 'vol/s'),
      guest.path('path_unlink_file', 'vol/d/f'),
    ]) {
      expect(result).toBe('EROFS');
    }
    expect(volume.toJSON()).toEqual({ '/d/f': 'x' });
  });

  it('lists a directory of 1,000 entries, each once', () => {
    const { volume, guest } = mountVolume();
    for (let i = 0; i < 1000; i++) volume.writeFileSync(`/entry ${i}`, '');
    const fd = guest.fd('vol', OFLAGS.DIRECTORY);
    const names: string[] = [];
    for (let cookie = 0n; ; ) {
      expect(guest.call('fd_readdir', fd, 20_480, 512, cookie, 64)).toBe('OK');
      const used = guest.u32();
      for (let at = 0; at + 24 <= used; ) {
        const length = guest.memory.readU32(20_480 + at + 16);
        if (at + 24 + length > used) break;
        names.push(guest.string(20_480 + at + 24, length));
        cookie = guest.memory.readU64(20_480 + at);
        at += 24 + length;
      }
      if (used < 512) break;
    }
    expect(names.length).toBe(1002);
    expect(new Set(names).size).toBe(1002);
  });

  it('has names of any bytes, and gets them back', () => {
    const { guest } = mountVolume();
    const name = Uint8Array.of(0x76, 0x6f, 0x6c, 0x2f, 0xff, 0x80, 0x41);
    const { memory } = guest;
    memory.copyIn(4096, name);
    expect(guest.call('path_create_directory', 3, 4096, name.length)).toBe('OK');
    expect(guest.call('path_create_directory', 3, 4096, name.length)).toBe('EEXIST');
    const fd = guest.fd('vol', OFLAGS.DIRECTORY);
    expect(guest.call('fd_readdir', fd, 20_480, 512, 2n, 64)).toBe('OK');
    expect([...memory.copyOut(20_480 + 24, 3)]).toEqual([0xff, 0x80, 0x41]);
  });

  it('cannot add more than the limit', () => {
    const { volume, guest, quota } = mountVolume({ limit: 20_000 });
    const fd = guest.fd('vol/f');
    expect(guest.write(fd, 'x'.repeat(15_000))).toBe(15_000);
    const written = guest.write(fd, 'y'.repeat(10_000));
    expect(written).toBeGreaterThan(4000);
    expect(quota.left).toBe(0);
    expect(guest.write(fd, 'z')).toBe('ENOSPC');
    expect(volume.readFileSync('/f', 'utf8')).toBe('x'.repeat(15_000) + 'y'.repeat(Number(written)));
    expect(guest.mkdir('vol/d')).toBe('ENOSPC');
    expect(guest.pwrite(fd, 'Z', 0)).toBe(1);
    expect(guest.pwrite(fd, 'far', 1_000_000)).toBe('ENOSPC');
    expect(guest.pwrite(fd, 'far', 2 ** 40)).toBe('EFBIG');
    expect(guest.call('fd_filestat_set_size', fd, 1n << 40n)).toBe('EFBIG');
    expect(guest.call('fd_filestat_set_size', fd, 0n)).toBe('OK');
    expect(guest.mkdir('vol/d')).toBe('OK');
    expect(guest.path('path_remove_directory', 'vol/d')).toBe('OK');
    expect(guest.path('path_unlink_file', 'vol/f')).toBe('OK');
    expect(quota.used).toBe(0);
  });
});

describe('memfs’s defects are not the guest’s', () => {
  it('a link is renamed itself, not what it leads to', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/f': 'x', '/g': 'y' }) });
    volume.symlinkSync('f', '/link');
    expect(guest.rename('vol/link', 'vol/moved')).toBe('OK');
    expect(volume.readlinkSync('/moved')).toBe('f');
    expect(volume.existsSync('/f')).toBe(true);
    expect(guest.rename('vol/moved', 'vol/g')).toBe('OK');
    expect(volume.readlinkSync('/g')).toBe('f');
    expect(guest.stat('vol/g')).toMatchObject({ type: 7, size: 1 });
    expect(guest.stat('vol/g', FOLLOW)).toMatchObject({ type: 4, size: 1 });
  });

  it('what a rename replaces is gone, and open files of it know', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/f': 'new', '/g': 'old' }) });
    const fd = guest.fd('vol/g', 0);
    expect(guest.rename('vol/f', 'vol/g')).toBe('OK');
    expect(volume.toJSON()).toEqual({ '/g': 'new' });
    expect(guest.stat(fd)).toMatchObject({ nlink: 0, size: 3 });
    expect(guest.read(fd, 10)).toBe('old');
  });

  it('a rename that memfs refuses loses nothing', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/f': 'new', '/d/g': 'old' }) });
    volume.chmodSync('/d', 0o555);
    expect(guest.rename('vol/f', 'vol/d/g')).toBe('EACCES');
    expect(volume.toJSON()).toEqual({ '/f': 'new', '/d/g': 'old' });
  });

  it('directories are replaced only by directories, and only when empty', () => {
    const { guest } = mountVolume({ volume: volumeOf({ '/d/f': 'x', '/e/g': 'y', '/f': 'z' }) });
    expect(guest.rename('vol/d', 'vol/e')).toBe('ENOTEMPTY');
    expect(guest.rename('vol/d', 'vol/f')).toBe('ENOTDIR');
    expect(guest.rename('vol/f', 'vol/d')).toBe('EISDIR');
    expect(guest.rename('vol/d', 'vol/d/x')).toBe('EINVAL');
    expect(guest.path('path_unlink_file', 'vol/d')).toBe('EISDIR');
    expect(guest.link('vol/d', 'vol/hard')).toBe('EPERM');
  });

  it('a time before 1970 is kept', () => {
    const { volume, guest } = mountVolume({ volume: volumeOf({ '/f': 'x' }) });
    volume.lutimesSync('/f', new Date(-5000), new Date(-2500));
    expect(guest.stat('vol/f')).not.toBe('EIO');
    guest.fd('vol/f', 0);
    expect(volume.statSync('/f').mtimeMs).toBe(-2500);
  });

  it('an exception that is no file system error is EIO, and the owner hears of it', () => {
    const { volume, guest, foreign } = mountVolume({ volume: volumeOf({ '/f': 'x' }) });
    const fd = guest.fd('vol/f', 0);
    const defect = new TypeError('cannot read properties of undefined');
    Object.assign(volume, {
      readSync: () => {
        throw defect;
      },
    });
    expect(guest.read(fd, 10)).toBe('EIO');
    expect(foreign).toEqual([defect]);
  });
});
