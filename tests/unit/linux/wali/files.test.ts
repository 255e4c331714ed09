// What Linux's calls on files do beyond the oracle's cases (oracle.test, posix-oracle.test run through the same handlers): O_PATH,
// AT_EMPTY_PATH, directories as C libraries read them, offsets, times, layouts of structs. Looked up on a host first.

import { describe, expect, it } from 'vitest';
import { DIRENT64, STAT, STATFS, STATX } from '../../../../runtime/abi/linux/structs.ts';
import { Pipe } from '../harness.ts';
import { AT, AT_FDCWD, LinuxGuest, O, userBeside } from './guest.ts';

const EMPTY_PATH = 0x1000;
const NOFOLLOW = 0x100;
const FOLLOW = 0x400;
const UTIME_NOW = 0x3fffffff;
const UTIME_OMIT = 0x3ffffffe;
const S_IFMT = 0o170000;

/** Entries as [name, cookie after it, type], in as many calls as the buffer asks for. */
function list(guest: LinuxGuest, fd: number, bytes = 4096): [string, number, number][] {
  const entries: [string, number, number][] = [];
  for (;;) {
    const length = guest.must('getdents64', fd, AT.buffer, bytes);
    if (length === 0) return entries;
    for (let at = AT.buffer; at < AT.buffer + length; at += guest.memory.readU16(at + DIRENT64.reclen)) {
      expect(guest.memory.readU16(at + DIRENT64.reclen) % 8).toBe(0);
      entries.push([
        guest.cText(at + DIRENT64.name),
        guest.i64(at + DIRENT64.off),
        guest.memory.bytes[at + DIRENT64.type] as number,
      ]);
    }
  }
}

describe('a directory', () => {
  it('is read in pieces, each of whole records, and ends with 0', () => {
    const guest = new LinuxGuest();
    for (const name of ['a', 'bb', 'ccc', 'é']) guest.file(name);
    guest.must('mkdir', guest.text0('sub'), 0o777);
    const fd = guest.file('.', O.RDONLY | O.DIRECTORY);
    const names = list(guest, fd, 64).map(([name]) => name);
    expect(names.sort()).toEqual(['.', '..', 'a', 'bb', 'ccc', 'sub', 'Ã©']);
    expect(guest.must('getdents64', fd, AT.buffer, 64)).toBe(0);
    expect(guest.must('lseek', fd, 0, 0)).toBe(0);
    const types = new Map(list(guest, fd).map(([name, , type]) => [name, type]));
    expect([types.get('.'), types.get('a'), types.get('sub')]).toEqual([4, 8, 4]);
  });

  it('is read on from the cookie of an entry, which telldir and seekdir keep', () => {
    const guest = new LinuxGuest();
    for (const name of ['a', 'b', 'c', 'd']) guest.file(name);
    const fd = guest.file('.', O.RDONLY);
    const all = list(guest, fd);
    const [, cookie] = all[2] as [string, number, number];
    expect(guest.must('lseek', fd, cookie, 0)).toBe(cookie);
    expect(list(guest, fd)).toEqual(all.slice(3));
    expect(guest.must('lseek', fd, 0, 1)).toBe((all.at(-1) as [string, number, number])[1]);
    expect(guest.sys('lseek', fd, 0, 2)).toBe('EINVAL');
  });

  it('gives no half entry: EINVAL, and the next call goes on as before', () => {
    const guest = new LinuxGuest();
    guest.file('n'.repeat(100));
    const fd = guest.file('.', O.RDONLY);
    expect(guest.sys('getdents64', fd, AT.buffer, 8)).toBe('EINVAL');
    expect(guest.must('getdents64', fd, AT.buffer, 48)).toBe(48);
    expect(guest.sys('getdents64', fd, AT.buffer, 48)).toBe('EINVAL');
    expect(list(guest, fd).map(([name]) => name.length)).toEqual([100]);
  });

  it('shares its offset with duplicates', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('.', O.RDONLY);
    const other = guest.must('dup', fd);
    expect(list(guest, fd)).toHaveLength(2);
    expect(guest.must('getdents64', other, AT.buffer, 4096)).toBe(0);
  });
});

describe('O_PATH', () => {
  it('opens what may not be read, and is good for attributes, directories and duplicates alone', () => {
    const guest = new LinuxGuest();
    guest.file('secret', O.CREAT | O.RDWR, 0o600);
    guest.must('mkdir', guest.text0('dir'), 0o777);
    const user = userBeside(guest);
    expect(user.sys('open', user.text0('secret'), O.RDONLY, 0)).toBe('EACCES');
    const fd = user.file('secret', O.PATH);
    expect(user.must('fstat', fd, AT.struct)).toBe(0);
    expect(user.must('fcntl', fd, 3, 0)).toBe(O.PATH);
    expect(user.must('dup', fd)).toBe(fd + 1);
    for (const [name, ...args] of [
      ['read', AT.buffer, 8],
      ['write', AT.buffer, 8],
      ['lseek', 0, 0],
      ['fchmod', 0o777],
      ['fchown', 1, 1],
      ['ftruncate', 0],
      ['fsync'],
      ['flock', 1],
      ['ioctl', 0x541b, AT.buffer],
      ['fcntl', 4, 0],
      ['getdents64', AT.buffer, 100],
      ['utimensat', 0, 0, 0],
    ] as [string, ...number[]][]) {
      expect([name, user.sys(name, fd, ...args)]).toEqual([name, 'EBADF']);
    }
    const directory = user.file('dir', O.PATH | O.DIRECTORY);
    expect(user.sys('openat', directory, user.text0('../secret'), O.PATH, 0)).toBeTypeOf('number');
    expect(user.sys('fchdir', directory)).toBe(0);
    expect(user.sys('open', user.text0('../secret'), O.PATH | O.DIRECTORY, 0)).toBe('ENOTDIR');
  });

  it('with O_NOFOLLOW opens a symbolic link itself', () => {
    const guest = new LinuxGuest();
    guest.must('symlink', guest.text0('nowhere'), guest.text0('link', AT.other));
    const fd = guest.file('link', O.PATH | O.NOFOLLOW);
    guest.must('fstat', fd, AT.struct);
    expect(guest.memory.readU32(AT.struct + STAT.mode) & S_IFMT).toBe(0o120000);
  });
});

describe('AT_EMPTY_PATH', () => {
  it('is the file of the descriptor, or the working directory', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('file', O.CREAT | O.RDWR, 0o640);
    const empty = guest.text0('');
    guest.must('newfstatat', fd, empty, AT.struct, EMPTY_PATH);
    expect(guest.memory.readU32(AT.struct + STAT.mode)).toBe(0o100640);
    guest.must('newfstatat', AT_FDCWD, empty, AT.struct, EMPTY_PATH);
    expect(guest.memory.readU32(AT.struct + STAT.mode) & S_IFMT).toBe(0o040000);
    expect(guest.sys('fchmodat2', fd, empty, 0o600, EMPTY_PATH)).toBe(0);
    expect(guest.sys('fchownat', fd, empty, 7, 8, EMPTY_PATH)).toBe(0);
    expect(guest.sys('faccessat2', fd, empty, 6, EMPTY_PATH)).toBe(0);
    expect(guest.sys('utimensat', fd, empty, 0, EMPTY_PATH)).toBe(0);
    expect(guest.statOf('stat', 'file')).toMatchObject({ mode: 0o100600, uid: 7, gid: 8 });
    guest.text0('', AT.text);
    expect(guest.sys('linkat', fd, AT.text, AT_FDCWD, guest.text0('second', AT.other), EMPTY_PATH)).toBe(0);
    expect(guest.statOf('stat', 'second')).toMatchObject({ mode: 0o100600 });
    expect(guest.sys('newfstatat', fd, guest.text0(''), AT.struct, 0)).toBe('ENOENT');
  });

  it('gives nobody but user 0 a second name', () => {
    const user = userBeside(new LinuxGuest());
    const fd = user.file('mine');
    expect(user.sys('linkat', fd, user.text0(''), AT_FDCWD, user.text0('x', AT.other), EMPTY_PATH)).toBe('ENOENT');
  });
});

describe('attributes', () => {
  it('of struct stat and statx are the same, and what no file has is zero', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('file', O.CREAT | O.RDWR, 0o604);
    guest.put(fd, 'contents');
    guest.memory.bytes.fill(0xff, AT.buffer, AT.buffer + 512);
    guest.must('fstat', fd, AT.buffer);
    guest.must('statx', fd, guest.text0(''), EMPTY_PATH, 0x7ff, AT.buffer + 256);
    const [stat, statx] = [AT.buffer, AT.buffer + 256];
    expect(guest.i64(stat + STAT.size)).toBe(8);
    expect(guest.i64(stat + STAT.nlink)).toBe(1);
    expect(guest.i64(stat + STAT.blksize)).toBe(4096);
    expect(guest.i64(stat + 120)).toBe(0);
    expect(guest.memory.readU32(stat + 36)).toBe(0);
    expect(guest.memory.readU32(statx + STATX.mask)).toBe(0x7ff);
    expect(guest.memory.readU16(statx + STATX.mode)).toBe(0o100604);
    expect(guest.i64(statx + STATX.size)).toBe(8);
    expect(guest.i64(statx + STATX.ino)).toBe(guest.i64(stat + STAT.ino));
    expect(guest.i64(statx + STATX.mtime)).toBe(guest.i64(stat + STAT.mtim));
    expect(guest.i64(statx + STATX.btime)).toBe(0);
    expect(guest.memory.readU32(statx + STATX.devMinor)).toBe(guest.i64(stat + STAT.dev));
    expect(guest.i64(statx + 248)).toBe(0);
  });

  it('of devices have their numbers', () => {
    const guest = new LinuxGuest();
    guest.must('stat', guest.text0('/dev/null'), AT.struct);
    expect(guest.i64(AT.struct + STAT.rdev)).toBe(0x103);
    guest.must('statx', AT_FDCWD, guest.text0('/dev/null'), 0, 0, AT.buffer);
    expect([guest.i32(AT.buffer + STATX.rdevMajor), guest.i32(AT.buffer + STATX.rdevMinor)]).toEqual([1, 3]);
  });

  it('are changed by chmod, which obeys no umask', () => {
    const guest = new LinuxGuest();
    guest.file('file', O.CREAT | O.RDWR, 0o666);
    expect(guest.statOf('stat', 'file')).toMatchObject({ mode: 0o100644 });
    expect(guest.must('umask', 0o077)).toBe(0o022);
    expect(guest.must('chmod', guest.text0('file'), 0o777)).toBe(0);
    expect(guest.statOf('stat', 'file')).toMatchObject({ mode: 0o100777 });
    guest.must('mknod', guest.text0('node'), 0o100666, 0);
    expect(guest.statOf('stat', 'node')).toMatchObject({ mode: 0o100600, size: 0 });
  });

  it('of a link are its own with AT_SYMLINK_NOFOLLOW', () => {
    const guest = new LinuxGuest();
    guest.file('file');
    guest.must('symlink', guest.text0('file'), guest.text0('link', AT.other));
    guest.must('fchownat', AT_FDCWD, guest.text0('link'), 7, 8, NOFOLLOW);
    expect(guest.statOf('lstat', 'link')).toMatchObject({ uid: 7, gid: 8 });
    expect(guest.statOf('stat', 'link')).toMatchObject({ uid: 0, gid: 0 });
    guest.must('linkat', AT_FDCWD, guest.text0('link'), AT_FDCWD, guest.text0('hard', AT.other), 0);
    expect(guest.statOf('lstat', 'hard')).toMatchObject({ mode: 0o120777 });
    guest.must('linkat', AT_FDCWD, guest.text0('link'), AT_FDCWD, guest.text0('other', AT.other), FOLLOW);
    expect(guest.statOf('lstat', 'other')).toMatchObject({ mode: 0o100644 });
  });

  it('times: given, now, left; before 1970 too', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('file');
    const set = (...words: readonly number[]): void => {
      for (const [i, word] of words.entries()) guest.putI64(AT.second + 8 * i, word);
    };
    const told = (): number[] => {
      guest.must('fstat', fd, AT.struct);
      return [STAT.atim, STAT.atim + 8, STAT.mtim, STAT.mtim + 8].map((at) => guest.i64(AT.struct + at));
    };
    set(-5, 999_999_999, 2 ** 33, 1);
    guest.must('utimensat', AT_FDCWD, guest.text0('file'), AT.second, 0);
    expect(told()).toEqual([-5, 999_999_999, 2 ** 33, 1]);
    set(1, UTIME_OMIT, 2, UTIME_NOW);
    guest.must('utimensat', fd, 0, AT.second, 0);
    expect(told().slice(0, 3)).toEqual([-5, 999_999_999, 1_700_000_000]);
    set(7, 500_000, 8, 6);
    guest.must('utimes', guest.text0('file'), AT.second);
    expect(told()).toEqual([7, 500_000_000, 8, 6000]);
    set(3, 4);
    guest.must('utime', guest.text0('file'), AT.second);
    expect(told()).toEqual([3, 0, 4, 0]);
    set(0, UTIME_OMIT, 0, UTIME_OMIT);
    expect(guest.sys('utimensat', AT_FDCWD, guest.text0('nowhere'), AT.second, 0)).toBe(0);
    expect(guest.sys('utimensat', AT_FDCWD, 0, 0, 0)).toBe('EFAULT');
  });

  it('of a file system are told', () => {
    const guest = new LinuxGuest({ quotaBytes: 1 << 20 });
    guest.must('statfs', guest.text0('.'), AT.struct);
    expect(guest.i64(AT.struct + STATFS.type)).toBe(0x0102_1994);
    const [size = 0, blocks = 0] = [STATFS.bsize, STATFS.blocks].map((at) => guest.i64(AT.struct + at));
    expect(size * blocks).toBe(1 << 20);
    expect(guest.i64(AT.struct + STATFS.namelen)).toBe(255);
  });
});

describe('offsets', () => {
  it('a file is data up to its end', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('file');
    guest.put(fd, 'contents');
    expect(guest.must('lseek', fd, 3, 3)).toBe(3);
    expect(guest.must('lseek', fd, 3, 4)).toBe(8);
    expect(guest.take(fd, 8)).toBe('');
  });

  it('beyond 32 bits are exact', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('file');
    const far = 5 * 2 ** 32 + 123;
    expect(guest.must('lseek', fd, far, 0)).toBe(far);
    guest.put(fd, 'x');
    guest.must('fstat', fd, AT.struct);
    expect(guest.i64(AT.struct + STAT.size)).toBe(far + 1);
    expect(guest.must('pread64', fd, AT.buffer, 10, far)).toBe(1);
  });

  it('of sendfile and copy_file_range are moved where they stand in memory, else in the file', () => {
    const guest = new LinuxGuest();
    const [from, to] = [guest.file('from'), guest.file('to')];
    guest.put(from, '0123456789');
    guest.putI64(AT.second, 2);
    expect(guest.must('sendfile', to, from, AT.second, 3)).toBe(3);
    expect([guest.i64(AT.second), guest.must('lseek', from, 0, 1), guest.must('lseek', to, 0, 1)]).toEqual([5, 10, 3]);
    guest.putI64(AT.third, 0);
    expect(guest.must('copy_file_range', from, AT.second, to, AT.third, 100, 0)).toBe(5);
    expect([guest.i64(AT.second), guest.i64(AT.third)]).toEqual([10, 5]);
    guest.must('lseek', to, 0, 0);
    expect(guest.take(to, 20)).toBe('56789');
    guest.putI64(AT.second, -1);
    expect(guest.sys('copy_file_range', from, AT.second, to, 0, 1, 0)).toBe('EINVAL');
  });
});

describe('names', () => {
  it('RENAME_NOREPLACE moves only to a free one', () => {
    const guest = new LinuxGuest();
    guest.file('a');
    guest.file('b');
    const [a, b] = [guest.text0('a'), guest.text0('b', AT.other)];
    expect(guest.sys('renameat2', AT_FDCWD, a, AT_FDCWD, b, 1)).toBe('EEXIST');
    expect(guest.sys('renameat2', AT_FDCWD, a, AT_FDCWD, guest.text0('c', AT.other), 1)).toBe(0);
    expect(guest.sys('renameat2', AT_FDCWD, guest.text0('c'), AT_FDCWD, guest.text0('.', AT.other), 1)).toBe('EEXIST');
    expect(guest.sys('renameat2', AT_FDCWD, a, AT_FDCWD, b, 4)).toBe('EINVAL');
  });

  it('RENAME_EXCHANGE gives each the file of the other, directories with their parents and links', () => {
    const guest = new LinuxGuest();
    const exchange = (from: string, to: string): number | string =>
      guest.sys('renameat2', AT_FDCWD, guest.text0(from), AT_FDCWD, guest.text0(to, AT.other), 2);
    for (const path of ['d', 'd/e', 'd/e/f']) guest.must('mkdir', guest.text0(path), 0o777);
    const fd = guest.file('file');
    guest.put(fd, 'contents');
    expect(exchange('file', 'd/e')).toBe(0);
    expect(guest.statOf('stat', 'd/e')).toMatchObject({ mode: 0o100644, size: 8 });
    expect(guest.statOf('stat', 'file/f/../..')).toEqual(guest.statOf('stat', '.'));
    guest.must('stat', guest.text0('d'), AT.struct);
    expect(guest.i64(AT.struct + STAT.nlink)).toBe(2);
    guest.must('readlink', guest.text0(`/proc/self/fd/${fd}`), AT.buffer, 100);
    expect(guest.string(AT.buffer, 6)).toBe('/w/d/e');
    expect([exchange('file', 'd/e'), exchange('d/e', 'd/e')]).toEqual([0, 0]);
    expect([exchange('d', 'd/e'), exchange('file', 'nowhere'), exchange('file/', 'd'), exchange('.', 'd')]).toEqual([
      'EINVAL',
      'ENOENT',
      'ENOTDIR',
      'EBUSY',
    ]);
  });

  it('a link is told cut, without a NUL', () => {
    const guest = new LinuxGuest();
    guest.must('symlink', guest.text0('some/target'), guest.text0('link', AT.other));
    guest.memory.bytes.fill(0x55, AT.buffer, AT.buffer + 20);
    expect(guest.must('readlink', guest.text0('link'), AT.buffer, 4)).toBe(4);
    expect(guest.string(AT.buffer, 5)).toBe('someU');
    expect(guest.sys('readlink', guest.text0('link'), AT.buffer, 0)).toBe('EINVAL');
  });

  it('begin at the root, the working directory, or a descriptor', () => {
    const guest = new LinuxGuest();
    guest.must('mkdir', guest.text0('dir'), 0o777);
    const dir = guest.file('dir', O.RDONLY);
    const file = guest.must('openat', dir, guest.text0('f'), O.CREAT | O.RDWR, 0o666);
    expect(guest.statOf('stat', '/w/dir/f')).toMatchObject({ size: 0 });
    expect(guest.sys('openat', file, guest.text0('x'), O.RDONLY, 0)).toBe('ENOTDIR');
    expect(guest.sys('openat', file, guest.text0('/w'), O.RDONLY, 0)).toBeTypeOf('number');
    expect(guest.sys('openat', 999, guest.text0('/w'), O.RDONLY, 0)).toBeTypeOf('number');
    guest.must('chdir', guest.text0('..'));
    guest.must('getcwd', AT.buffer, 100);
    expect(guest.cText(AT.buffer)).toBe('/');
  });

  it('another root hides what is above it, but not the directory that one is in', () => {
    const guest = new LinuxGuest();
    guest.must('mkdir', guest.text0('jail'), 0o777);
    guest.file('jail/inside');
    guest.must('chroot', guest.text0('jail'));
    const cwd = (): string => {
      guest.must('getcwd', AT.buffer, 100);
      return guest.cText(AT.buffer);
    };
    expect(cwd()).toBe('(unreachable)/w');
    guest.must('chdir', guest.text0('/'));
    expect(cwd()).toBe('/');
    expect(guest.statOf('stat', '../../inside')).toMatchObject({ size: 0 });
    expect(guest.statOf('stat', '/w')).toBe('ENOENT');
    const root = guest.process.root;
    expect(root.holds).toBe(2);
    guest.linux.end(guest.process, 0);
    expect(root.holds).toBe(0);
  });
});

describe('descriptors', () => {
  it('the lowest free one is 3, and O_CLOEXEC is kept beside it', () => {
    const guest = new LinuxGuest();
    expect(guest.file('a', O.CREAT | O.RDWR | O.CLOEXEC)).toBe(3);
    expect(guest.must('fcntl', 3, 1, 0)).toBe(1);
    expect(guest.must('dup', 3)).toBe(4);
    expect(guest.must('fcntl', 4, 1, 0)).toBe(0);
    guest.must('ioctl', 4, 0x5451, 0);
    expect(guest.must('fcntl', 4, 1, 0)).toBe(1);
    guest.must('ioctl', 4, 0x5450, 0);
    expect(guest.must('fcntl', 4, 1, 0)).toBe(0);
    expect(guest.must('fcntl', 3, 1030, 10)).toBe(10);
    expect(guest.must('dup3', 3, 20, O.CLOEXEC)).toBe(20);
    expect(guest.must('fcntl', 20, 1, 0)).toBe(1);
  });

  it('FIONREAD tells what is left, FIONBIO sets O_NONBLOCK', () => {
    const guest = new LinuxGuest();
    const fd = guest.file('file');
    guest.put(fd, 'contents');
    guest.must('lseek', fd, 3, 0);
    guest.must('ioctl', fd, 0x541b, AT.struct);
    expect(guest.i32(AT.struct)).toBe(5);
    guest.memory.writeU32(AT.struct, 1);
    guest.must('ioctl', fd, 0x5421, AT.struct);
    expect(guest.must('fcntl', fd, 3, 0)).toBe(O.RDWR | O.NONBLOCK);
    guest.memory.writeU32(AT.struct, 0);
    guest.must('ioctl', fd, 0x5421, AT.struct);
    expect(guest.must('fcntl', fd, 3, 0)).toBe(O.RDWR);
  });

  it('of a terminal have the settings of a new one, and no size', () => {
    const guest = new LinuxGuest({ terminals: [true, false, false], stdio: [new Pipe(), 'null', 'null'] });
    guest.must('ioctl', 0, 0x5401, AT.struct);
    // ISIG, ICANON, ECHO …; VEOF.
    expect(guest.i32(AT.struct + 12)).toBe(0o105073);
    expect(guest.memory.bytes[AT.struct + 17 + 4]).toBe(4);
    expect(guest.sys('ioctl', 0, 0x5402, AT.struct)).toBe(0);
    guest.memory.bytes.fill(0xff, AT.struct, AT.struct + 8);
    guest.must('ioctl', 0, 0x5413, AT.struct);
    expect(guest.i64(AT.struct)).toBe(0);
    guest.must('ioctl', 0, 0x540f, AT.struct);
    expect(guest.i32(AT.struct)).toBe(guest.process.pid);
    expect(guest.sys('ioctl', 1, 0x5401, AT.struct)).toBe('ENOTTY');
  });
});
