// What WASI adds to paths: the sandbox, rights, flags. And permissions, mounts, times. Plain POSIX cases are in
// posix-oracle.test.ts.

import { describe, expect, it } from 'vitest';
import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { setMode } from '../../../personalities/linux/syscalls/attributes.ts';
import { mkdirAt, renameAt, symlinkAt, unlinkAt } from '../../../personalities/linux/syscalls/links.ts';
import { FSTFLAGS, LOOKUPFLAGS, OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { AT, DIRECTORY_RIGHTS, Guest } from './harness.ts';
import { KINDS, TreeGuest } from './overlay-guests.ts';

/** Those on which a process can begin: its directories are opened at once. */
const AT_ONCE = KINDS.filter((kind) => kind !== 'an overlay on a file system that takes time');

describe.each(AT_ONCE)('a path beneath a preopened directory, on %s', (kind) => {
  function sandbox(): Guest {
    const outside = TreeGuest.on(kind, (lower) => {
      lower.mkdir('tmp/box');
      lower.mkdir('tmp/box/d');
      lower.write(lower.fd('tmp/secret'), 'secret');
      const { ctx } = lower;
      symlinkAt(ctx, '../secret', ctx.process.root, '/tmp/box/up', 0);
      symlinkAt(ctx, '/tmp/secret', ctx.process.root, '/tmp/box/absolute', 0);
    });
    const { ctx } = outside;
    symlinkAt(ctx, '..', ctx.process.root, '/tmp/box/parent', 0);
    symlinkAt(ctx, 'd/../d', ctx.process.root, '/tmp/box/inside', 0);
    return TreeGuest.beside(outside, { preopens: [{ name: 'box', path: '/tmp/box' }] });
  }

  it.each(['..', '../secret', '/', '/tmp', 'd/../../secret', 'up', 'absolute', 'parent/secret', 'parent', 'd/../..'])(
    'does not lead out: %s',
    (path) => {
      expect(sandbox().stat(path, LOOKUPFLAGS.SYMLINK_FOLLOW)).toBe('ENOTCAPABLE');
    },
  );

  it.each(['.', 'd', 'd/..', 'inside', 'd/../d/.././d', './/d///'])('leads about inside: %s', (path) => {
    expect(sandbox().stat(path, LOOKUPFLAGS.SYMLINK_FOLLOW)).toBeTypeOf('object');
  });

  it('may not be created, renamed or linked to outside', () => {
    const guest = sandbox();
    expect(guest.mkdir('../new')).toBe('ENOTCAPABLE');
    expect(guest.rename('d', '../d')).toBe('ENOTCAPABLE');
    expect(guest.link('up', '../up')).toBe('ENOTCAPABLE');
    expect(guest.symlink('x', '../x')).toBe('ENOTCAPABLE');
    expect(guest.symlink('/absolute', 'x')).toBe('ENOTCAPABLE');
    expect(guest.open('../new', OFLAGS.CREAT)).toBe('ENOTCAPABLE');
    expect(guest.open('up', OFLAGS.CREAT, undefined, 0, LOOKUPFLAGS.SYMLINK_FOLLOW)).toBe('ENOTCAPABLE');
  });

  it('is told as the embedder named it', () => {
    const guest = sandbox();
    expect(guest.call('fd_prestat_get', 3, AT.result)).toBe('OK');
    expect(guest.u32(AT.result + 4)).toBe(3);
    expect(guest.call('fd_prestat_dir_name', 3, AT.buffer, 2)).toBe('ENAMETOOLONG');
    expect(guest.call('fd_prestat_dir_name', 3, AT.buffer, 3)).toBe('OK');
    expect(guest.string(AT.buffer, 3)).toBe('box');
  });
});

describe('a path', () => {
  it('that is asked for again leads to the file of just that name', () => {
    const guest = new Guest();
    // Many more than are remembered, so that each takes another's place.
    const names = Array.from({ length: 2000 }, (_, i) => `tmp/${(i * 7919).toString(36)}${'é'.repeat(i % 3)}`);
    for (const name of names) expect(guest.call('fd_close', guest.fd(name))).toBe('OK');
    const inodes = names.map((name) => (guest.stat(name) as { ino: bigint }).ino);
    expect(new Set(inodes).size).toBe(names.length);
    expect(names.map((name) => (guest.stat(name) as { ino: bigint }).ino)).toEqual(inodes);
  });

  it('has limits', () => {
    const guest = new Guest();
    expect(guest.stat('a\0b')).toBe('EINVAL');
    expect(guest.stat('./'.repeat(2047))).toBeTypeOf('object');
    expect(guest.stat('./'.repeat(2048))).toBe('ENAMETOOLONG');
    expect(guest.mkdir('é'.repeat(128))).toBe('ENAMETOOLONG');
    expect(guest.mkdir('é'.repeat(127))).toBe('OK');
    expect(guest.stat('tmp', 2)).toBe('EINVAL');
    expect(guest.open('tmp', 16)).toBe('EINVAL');
    expect(guest.open('tmp', 0, 0n, 32)).toBe('EINVAL');
  });

  it('may become longer than its limit by links', () => {
    const guest = new Guest();
    const { ctx } = guest;
    // As on Linux: forty links are too many before the name behind them is too long.
    symlinkAt(ctx, `link/${'n'.repeat(300)}`, ctx.process.root, '/link', 0);
    expect(guest.open('link/x', OFLAGS.CREAT)).toBe('ELOOP');
    guest.mkdir('d');
    for (let i = 0; i < 30; i++) {
      symlinkAt(ctx, `${i === 29 ? 'd' : `link${i + 1}`}${'/.'.repeat(2000)}`, ctx.process.root, `/link${i}`, 0);
    }
    expect(guest.write(guest.fd('link0/file'), 'x')).toBe(1);
    expect(guest.size('d/file')).toBe(1);
  });

  it('begins at a directory that is open', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    expect(guest.call('path_create_directory', fd, ...guest.text('x'))).toBe('ENOTDIR');
  });

  it('may be a thousand levels deep', () => {
    const guest = new Guest();
    let fd: number = 3;
    for (let i = 0; i < 1000; i++) {
      expect(guest.call('path_create_directory', fd, ...guest.text('d'))).toBe('OK');
      expect(
        guest.call(
          'path_open',
          fd,
          0,
          ...guest.text('d'),
          OFLAGS.DIRECTORY,
          DIRECTORY_RIGHTS,
          0x3fff_ffffn,
          0,
          AT.result,
        ),
      ).toBe('OK');
      guest.call('fd_close', fd);
      fd = guest.u32();
    }
  });

  it('reads a link cut to the buffer', () => {
    const guest = new Guest();
    guest.symlink('target', 'tmp/link');
    guest.text('..........', AT.buffer);
    expect(guest.call('path_readlink', 3, ...guest.text('tmp/link'), AT.buffer, 4, AT.result)).toBe('OK');
    expect(guest.string(AT.buffer, 6)).toBe('targ..');
    expect(guest.u32()).toBe(4);
    expect(guest.call('path_readlink', 3, ...guest.text('tmp'), AT.buffer, 4, AT.result)).toBe('EINVAL');
  });
});

describe('rights', () => {
  it('can be given up and never gained', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    expect(guest.call('fd_fdstat_set_rights', fd, BigInt(RIGHTS.FD_READ), 0n)).toBe('OK');
    expect(guest.write(fd, 'x')).toBe('ENOTCAPABLE');
    expect(guest.call('fd_fdstat_set_rights', fd, BigInt(RIGHTS.FD_READ | RIGHTS.FD_WRITE), 0n)).toBe('ENOTCAPABLE');
    expect(guest.call('fd_fdstat_set_rights', fd, 1n << 40n, 0n)).toBe('ENOTCAPABLE');
  });

  it('of what is opened are at most those that the directory hands down', () => {
    const guest = new Guest();
    const inheriting = BigInt(RIGHTS.FD_READ | RIGHTS.PATH_OPEN);
    const base = BigInt(RIGHTS.PATH_OPEN | RIGHTS.PATH_CREATE_FILE);
    expect(guest.call('path_open', 3, 0, ...guest.text('tmp'), OFLAGS.DIRECTORY, base, inheriting, 0, AT.result)).toBe(
      'OK',
    );
    const directory = guest.u32();
    const open = (oflags: number, rights: number): string =>
      guest.call('path_open', directory, 0, ...guest.text('file'), oflags, BigInt(rights), 0n, 0, AT.result);
    expect(open(OFLAGS.CREAT, RIGHTS.FD_READ)).toBe('OK');
    expect(open(0, RIGHTS.FD_WRITE)).toBe('ENOTCAPABLE');
    expect(open(OFLAGS.TRUNC, RIGHTS.FD_READ)).toBe('ENOTCAPABLE');
    expect(guest.call('path_create_directory', directory, ...guest.text('x'))).toBe('ENOTCAPABLE');
  });
});

describe.each(AT_ONCE)('permissions on %s', (kind) => {
  it('bind who is not root', () => {
    const root = TreeGuest.on(kind, (lower) => {
      lower.mkdir('tmp/mine');
      lower.write(lower.fd('tmp/file'), 'x');
    });
    const user = TreeGuest.beside(root, { uid: 1000, gid: 1000 });
    expect(user.mkdir('tmp/mine/x')).toBe('EACCES');
    expect(user.open('tmp/file')).toBe('EACCES');
    expect(user.open('tmp/file', 0, BigInt(RIGHTS.FD_READ))).toBeTypeOf('number');
    expect(user.open('tmp/own', OFLAGS.CREAT)).toBeTypeOf('number');
    // /tmp is sticky.
    expect(user.path('path_unlink_file', 'tmp/file')).toBe('EPERM');
    expect(user.rename('tmp/own', 'tmp/file')).toBe('EPERM');
    expect(user.path('path_unlink_file', 'tmp/own')).toBe('OK');
    expect(user.mkdir('new')).toBe('EACCES');
    const { ctx } = root;
    ctx.walk.toInode(ctx, ctx.process, ctx.process.root, '/tmp/mine', 0);
    expect(setMode(ctx, ctx.walk.inode, 0o700)).toBe(0);
    expect(user.stat('tmp/mine/x')).toBe('EACCES');
  });
});

describe('a mount', () => {
  it('covers a directory for one process or for all, read-only or not', () => {
    const guest = new Guest();
    const { linux, ctx } = guest;
    const fileSystem = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 20 });
    linux.mount({ path: '/data/deep', fileSystem, readOnly: false });
    guest.write(guest.fd('data/deep/file'), 'text');
    const limited = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 10_000 });
    const other = new Guest({ mounts: [{ path: '/data/own', fileSystem: limited, readOnly: false }] }, linux);
    expect(other.size('data/deep/file')).toBe(4);
    other.fd('data/own/x');
    expect(guest.stat('data/own/x')).toBe('ENOENT');
    expect(other.rename('data/own/x', 'data/x')).toBe('EXDEV');
    expect(other.link('data/own/x', 'data/x')).toBe('EXDEV');
    expect(other.stat('data/own/..')).toEqual(other.stat('data'));
    expect(other.path('path_remove_directory', 'data/own')).toBe('EBUSY');
    linux.end(other.process, 0);
    expect(guest.path('path_remove_directory', 'data/own')).toBe('OK');
    expect(renameAt(ctx, ctx.process.root, '/data/deep', ctx.process.root, '/x', 0)).toBeLessThan(0);
  });

  it('refuses every change when it is read-only', () => {
    const first = new Guest();
    const fileSystem = new MemoryFileSystem({ clock: first.linux.clock, quotaBytes: 1 << 20 });
    first.linux.mount({ path: '/data', fileSystem, readOnly: false });
    first.write(first.fd('data/file'), 'text');
    const other = new Guest();
    const readOnly = new Guest({ mounts: [{ path: '/data', fileSystem, readOnly: true }] }, other.linux);
    expect(readOnly.open('data/file')).toBe('EROFS');
    expect(readOnly.open('data/file', OFLAGS.TRUNC, BigInt(RIGHTS.FD_READ))).toBe('EROFS');
    expect(readOnly.open('data/new', OFLAGS.CREAT)).toBe('EROFS');
    expect(readOnly.mkdir('data/new')).toBe('EROFS');
    expect(readOnly.path('path_unlink_file', 'data/file')).toBe('EROFS');
    expect(readOnly.rename('data/file', 'data/x')).toBe('EROFS');
    expect(readOnly.link('data/file', 'data/x')).toBe('EROFS');
    const times = [1n, 1n, FSTFLAGS.MTIM] as const;
    expect(readOnly.call('path_filestat_set_times', 3, 0, ...readOnly.text('data/file'), ...times)).toBe('EROFS');
    const fd = readOnly.open('data/file', 0, BigInt(RIGHTS.FD_READ));
    expect(readOnly.pread(Number(fd), 9, 0)).toBe('text');
  });
});

describe.each(KINDS)('times on %s', (kind) => {
  const TIME = 1_234_567_890_123_456_789n;

  it('are kept to the nanosecond and set as asked', () => {
    const guest = TreeGuest.on(kind, (lower) => lower.write(lower.fd('tmp/file'), 'x'));
    const fd = guest.fd('tmp/file', 0);
    expect(guest.call('fd_filestat_set_times', fd, 0n, TIME, FSTFLAGS.MTIM)).toBe('OK');
    expect(guest.stat(fd)).toMatchObject({ mtim: TIME });
    const both = FSTFLAGS.MTIM | FSTFLAGS.MTIM_NOW;
    expect(guest.call('fd_filestat_set_times', fd, 0n, 0n, both)).toBe('EINVAL');
    expect(guest.call('fd_filestat_set_times', fd, 0n, 0n, 16)).toBe('EINVAL');
    expect(guest.call('fd_filestat_set_times', fd, 0n, 0n, FSTFLAGS.MTIM_NOW)).toBe('OK');
    const stat = guest.stat(fd);
    expect(typeof stat === 'object' && stat.mtim > TIME).toBe(true);
  });

  it.each([
    0n,
    1n,
    999_999_999n,
    65_535_999_999_999n,
    65_536_000_000_000n,
    2n ** 32n - 1n,
    2n ** 53n + 1n,
    2n ** 64n - 1n,
  ])('of %d ns come back whole', (time) => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    expect(guest.call('fd_filestat_set_times', fd, time, time, FSTFLAGS.ATIM | FSTFLAGS.MTIM)).toBe('OK');
    expect(guest.stat(fd)).toMatchObject({ mtim: time });
    expect(guest.memory.readU64(AT.result + 40)).toBe(time);
  });

  it('of a directory change with its names', () => {
    const guest = TreeGuest.on(kind);
    const mtim = (): bigint => {
      const stat = guest.stat('tmp');
      return typeof stat === 'string' ? 0n : stat.mtim;
    };
    const steps = [
      () => guest.mkdir('tmp/d'),
      () => guest.rename('tmp/d', 'tmp/e'),
      () => guest.path('path_remove_directory', 'tmp/e'),
    ];
    for (const step of steps) {
      const before = mtim();
      expect(step()).toBe('OK');
      expect(mtim()).toBeGreaterThan(before);
    }
  });
});

it('a kernel path may be walked without a sandbox', () => {
  const { ctx } = new Guest();
  const { root } = ctx.process;
  expect(mkdirAt(ctx, root, '/tmp/a', 0o777, 0)).toBe(0);
  expect(symlinkAt(ctx, '/tmp/a', root, '/tmp/link', 0)).toBe(0);
  expect(mkdirAt(ctx, root, '../../tmp/link/../b', 0o777, 0)).toBe(0);
  expect(ctx.walk.toInode(ctx, ctx.process, root, '/tmp/b', 0)).toBe(0);
  expect(unlinkAt(ctx, root, '/tmp/link', 0)).toBe(0);
});
