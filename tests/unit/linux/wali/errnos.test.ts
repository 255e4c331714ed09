// Every error of every call of Linux's that is served: EBADF and EFAULT are swept (sweeps.test), the others are here, each by a call
// that gives it. The last test holds the rows against what was seen. What Linux answers was looked up on a host, or is in the
// oracle's records.

import { afterAll, describe, expect, it } from 'vitest';
import { MemoryFileSystem } from '../../../../personalities/linux/fs/memory/file-system.ts';
import { LINUX_ROWS } from '../../../../runtime/abi/linux/rows.ts';
import type { Row } from '../../../../runtime/abi/row.ts';
import { Pipe } from '../harness.ts';
import { AT, AT_FDCWD, LinuxGuest, O, userBeside } from './guest.ts';

const REMOVEDIR = 0x200;
const NOFOLLOW = 0x100;
const UNKNOWN_FLAG = 0x4000_0000;
const S_IFIFO = 0o010000;
const HUGE = 2 ** 44;
const LONG_NAME = 'n'.repeat(256);

type Call = readonly [name: string, ...args: readonly number[]];
type Cases = (guest: LinuxGuest) => readonly Call[];

/** `SYS_name ERRNO` of what was seen. */
const seen = new Set<string>();

/** Each call gives the error, in a guest of its own. */
function gives(errno: string, title: string, cases: Cases, prepare: () => LinuxGuest = world): void {
  it(`${errno}: ${title}`, () => {
    const count = cases(prepare()).length;
    for (let i = 0; i < count; i++) {
      const guest = prepare();
      const [name = '', ...args] = cases(guest)[i] as unknown as [string, ...number[]];
      expect([name, guest.sys(name, ...args)]).toEqual([name, errno]);
      seen.add(`${name.startsWith('_') ? name : `SYS_${name}`} ${errno}`);
    }
  });
}

/** /w with files and directories, and /ro, which is mounted read-only. */
function world(options: { readonly quotaBytes?: number } = {}): LinuxGuest {
  const guest = new LinuxGuest(options);
  const file = guest.file('file');
  guest.put(file, 'contents');
  guest.must('close', file);
  for (const path of ['dir', 'dir/sub', 'empty', 'locked']) guest.must('mkdir', guest.text0(path), 0o777);
  guest.must('chmod', guest.text0('locked'), 0o700);
  guest.must('symlink', guest.text0('file'), guest.text0('link', AT.other));
  guest.must('symlink', guest.text0('loop'), guest.text0('loop', AT.other));
  const { ctx, linux } = guest;
  const fileSystem = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 20 });
  fileSystem.root.create(ctx, 'f', 0o666);
  fileSystem.root.mkdir(ctx, 'd', 0o777);
  linux.mount({ path: '/ro', fileSystem, readOnly: true });
  linux.mount({
    path: '/w/mounted',
    fileSystem: new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 20 }),
    readOnly: false,
  });
  return guest;
}

/** Somebody else in the same directory. */
const user = (): LinuxGuest => userBeside(world());

// The calls of each operation, by path.
const opens = (path: number, flags: number): Call[] => [
  ['open', path, flags, 0o666],
  ['openat', AT_FDCWD, path, flags, 0o666],
];
const mkdirs = (path: number): Call[] => [
  ['mkdir', path, 0o777],
  ['mkdirat', AT_FDCWD, path, 0o777],
];
const mknods = (path: number, mode: number): Call[] => [
  ['mknod', path, mode, 0],
  ['mknodat', AT_FDCWD, path, mode, 0],
];
const rmdirs = (path: number): Call[] => [
  ['rmdir', path],
  ['unlinkat', AT_FDCWD, path, REMOVEDIR],
];
const unlinks = (path: number): Call[] => [
  ['unlink', path],
  ['unlinkat', AT_FDCWD, path, 0],
];
const symlinks = (target: number, path: number): Call[] => [
  ['symlink', target, path],
  ['symlinkat', target, AT_FDCWD, path],
];
const links = (from: number, to: number): Call[] => [
  ['link', from, to],
  ['linkat', AT_FDCWD, from, AT_FDCWD, to, 0],
];
const renames = (from: number, to: number): Call[] => [
  ['rename', from, to],
  ['renameat', AT_FDCWD, from, AT_FDCWD, to],
  ['renameat2', AT_FDCWD, from, AT_FDCWD, to, 0],
];
const chmods = (path: number): Call[] => [
  ['chmod', path, 0o600],
  ['fchmodat', AT_FDCWD, path, 0o600, 0],
  ['fchmodat2', AT_FDCWD, path, 0o600, 0],
];
const chowns = (path: number): Call[] => [
  ['chown', path, 5, 5],
  ['lchown', path, 5, 5],
  ['fchownat', AT_FDCWD, path, 5, 5, 0],
];
const accesses = (path: number, mode: number): Call[] => [
  ['access', path, mode],
  ['faccessat', AT_FDCWD, path, mode, 0],
  ['faccessat2', AT_FDCWD, path, mode, 0],
];
/** Times of zeros. */
const times = (guest: LinuxGuest, path: number): Call[] => {
  guest.memory.bytes.fill(0, AT.struct, AT.struct + 32);
  return [
    ['utime', path, AT.struct],
    ['utimes', path, AT.struct],
    ['futimesat', AT_FDCWD, path, AT.struct],
    ['utimensat', AT_FDCWD, path, AT.struct, 0],
  ];
};
const stats = (path: number): Call[] => [
  ['stat', path, AT.buffer],
  ['lstat', path, AT.buffer],
  ['newfstatat', AT_FDCWD, path, AT.buffer, 0],
  ['statx', AT_FDCWD, path, 0, 0x7ff, AT.buffer],
];
const others = (path: number): Call[] => [
  ['truncate', path, 0],
  ['chdir', path],
  ['chroot', path],
  ['statfs', path, AT.buffer],
  ['creat', path, 0o666],
  ['readlink', path, AT.buffer, 10],
  ['readlinkat', AT_FDCWD, path, AT.buffer, 10],
];
/** Everything that takes a path, with one that exists or ought to. */
const everything = (guest: LinuxGuest, path: number): Call[] => [
  ...opens(path, O.RDONLY),
  ...mkdirs(path),
  ...mknods(path, 0),
  ...rmdirs(path),
  ...unlinks(path),
  ...symlinks(guest.text0('x', AT.other), path),
  ...links(path, guest.text0('new', AT.other)),
  ...renames(path, guest.text0('new', AT.other)),
  ...chmods(path),
  ...chowns(path),
  ...accesses(path, 4),
  ...times(guest, path),
  ...stats(path),
  ...others(path),
];

describe('a walk', () => {
  gives('ENOENT', 'a name on the way does not exist', (guest) => everything(guest, guest.text0('nowhere/x')));
  gives('ENOTDIR', 'a name on the way is a file', (guest) => everything(guest, guest.text0('file/x')));
  gives('ELOOP', 'a link leads to itself', (guest) => everything(guest, guest.text0('loop/x')));
  gives('ENAMETOOLONG', 'a name of 256 bytes', (guest) => everything(guest, guest.text0(LONG_NAME)));
  gives('EACCES', 'a directory that may not be searched', (guest) => everything(guest, guest.text0('locked/x')), user);
});

describe('a file system that is mounted read-only', () => {
  gives('EROFS', 'refuses changes', (guest) => {
    const [f, d, x] = [guest.text0('/ro/f'), guest.text0('/ro/d', 5000), guest.text0('/ro/x', AT.other)];
    return [
      ...opens(f, O.WRONLY),
      ['creat', x, 0o666],
      ...mkdirs(x),
      ...mknods(x, 0),
      ...rmdirs(d),
      ...unlinks(f),
      ...symlinks(f, x),
      ...links(f, x),
      ...renames(f, x),
      ...chmods(f),
      ...chowns(f),
      ...accesses(f, 2),
      ...times(guest, f),
      ['truncate', f, 0],
    ];
  });
  gives('EROFS', 'also by a descriptor', (guest) => {
    const fd = guest.file('/ro/f', O.RDONLY);
    return [
      ['fchmod', fd, 0o600],
      ['fchown', fd, 5, 5],
    ];
  });
});

describe('a file system that is full', () => {
  const full = (): LinuxGuest => {
    const guest = world({ quotaBytes: 1 << 20 });
    const fd = guest.file('filler');
    let written = guest.must('write', fd, AT.buffer, 32_768);
    while (typeof written === 'number') written = guest.sys('write', fd, AT.buffer, 32_768) as number;
    const target = guest.file('file');
    guest.must('lseek', target, 0, 2);
    for (const one of [fd, target]) while (guest.sys('write', one, AT.buffer, 1) === 1);
    for (let i = 0; guest.sys('mkdir', guest.text0(`filler${i}`), 0o777) === 0; i++);
    return guest;
  };
  gives(
    'ENOSPC',
    'takes no names',
    (guest) => {
      const x = guest.text0(`x${'y'.repeat(200)}`, AT.other);
      const file = guest.text0('file');
      return [
        ...opens(x, O.CREAT | O.WRONLY),
        ['creat', x, 0o666],
        ...mkdirs(x),
        ...mknods(x, 0),
        ...symlinks(file, x),
        ...links(file, x),
        ...renames(file, guest.text0(`dir/${'y'.repeat(250)}`, AT.other)),
      ];
    },
    full,
  );
  gives(
    'ENOSPC',
    'takes no bytes',
    (guest) => {
      const [fd, source] = [guest.file('file'), guest.file('filler', O.RDONLY)];
      guest.must('lseek', fd, 0, 2);
      const length = 1 << 17;
      guest.memory.writeU32(AT.struct, AT.buffer);
      guest.memory.writeU32(AT.struct + 4, length);
      const many = 1 << 30;
      return [
        ['write', fd, AT.buffer, length],
        ['pwrite64', fd, AT.buffer, length, many],
        ['writev', fd, AT.struct, 1],
        ['pwritev', fd, AT.struct, 1, many, 0],
        ['fallocate', fd, 0, 0, many],
        ['sendfile', fd, source, 0, length],
        ['copy_file_range', source, 0, fd, 0, length, 0],
      ];
    },
    full,
  );
});

describe('names', () => {
  gives('EEXIST', 'that are taken', (guest) => {
    const [file, dir] = [guest.text0('file'), guest.text0('dir', AT.other)];
    return [
      ...opens(file, O.CREAT | O.EXCL),
      ...mkdirs(dir),
      ...mknods(file, 0),
      ...symlinks(file, dir),
      ...links(file, dir),
      ['renameat2', AT_FDCWD, file, AT_FDCWD, dir, 1],
    ];
  });
  gives('EPERM', 'no second one of a directory', (guest) => links(guest.text0('dir'), guest.text0('new', AT.other)));
  gives('EXDEV', 'in another file system', (guest) => {
    const [from, to] = [guest.text0('file'), guest.text0('mounted/x', AT.other)];
    return [...links(from, to), ...renames(from, to)];
  });
  gives('ENOTEMPTY', 'of a directory with entries', (guest) => {
    const [dir, empty] = [guest.text0('dir'), guest.text0('empty', AT.other)];
    return [...rmdirs(dir), ...renames(empty, dir)];
  });
  gives('EBUSY', 'at which something is mounted', (guest) => {
    const mounted = guest.text0('mounted');
    return [...rmdirs(mounted), ...renames(mounted, guest.text0('new', AT.other))];
  });
  gives('EISDIR', 'of a directory', (guest) => {
    const dir = guest.text0('dir', AT.other);
    return [
      ...unlinks(dir),
      ...renames(guest.text0('file'), dir),
      ...opens(dir, O.WRONLY),
      ['creat', dir, 0o666],
      ['truncate', dir, 0],
    ];
  });
  gives('EINVAL', 'that may not be', (guest) => {
    const dir = guest.text0('dir');
    const inside = guest.text0('dir/sub/x', AT.other);
    return [...renames(dir, inside), ...rmdirs(guest.text0('dir/.', 5000))];
  });
  gives(
    'EPERM',
    'of others in a sticky directory',
    (guest) => {
      const [file, empty] = [guest.text0('/tmp/file'), guest.text0('/tmp/empty', 5000)];
      return [...unlinks(file), ...rmdirs(empty), ...renames(file, guest.text0('/tmp/new', AT.other))];
    },
    () => {
      const guest = world();
      guest.file('/tmp/file');
      guest.must('mkdir', guest.text0('/tmp/empty'), 0o777);
      return userBeside(guest);
    },
  );
  gives('EINVAL', 'no link', (guest) => [
    ['readlink', guest.text0('file'), AT.buffer, 10],
    ['readlinkat', AT_FDCWD, guest.text0('file'), AT.buffer, 10],
  ]);
});

describe('opening', () => {
  gives('EINVAL', 'a directory to be made', (guest) => opens(guest.text0('x'), O.CREAT | O.DIRECTORY));
  gives('EOPNOTSUPP', 'a file without a name', (guest) => opens(guest.text0('.'), O.TMPFILE | O.RDWR));
  gives('ELOOP', 'a link that is not to be followed', (guest) => opens(guest.text0('link'), O.NOFOLLOW));
  gives('ENXIO', 'a stream that is closed', (guest) => {
    guest.must('close', 0);
    const path = guest.text0('/dev/stdin');
    return [...opens(path, O.RDONLY), ['creat', path, 0o666]];
  });
  gives('EMFILE', 'too many', (guest) => {
    while (typeof guest.sys('dup', 0) === 'number');
    const path = guest.text0('file');
    return [...opens(path, O.RDONLY), ['creat', path, 0o666], ['dup', 0], ['fcntl', 0, 0, 0]];
  });
});

describe('attributes', () => {
  gives(
    'EPERM',
    "of somebody else's file",
    (guest) => {
      const file = guest.text0('file');
      const fd = guest.file('file', O.RDONLY);
      return [...chmods(file), ...chowns(file), ...times(guest, file), ['fchmod', fd, 0o600], ['fchown', fd, 5, 5]];
    },
    user,
  );
  gives('EPERM', 'nodes of other kinds', (guest) => mknods(guest.text0('x'), S_IFIFO));
  gives('EINVAL', 'a node of no kind', (guest) => mknods(guest.text0('x'), 0o170000));
  gives('EINVAL', 'unknown flags', (guest) => {
    const file = guest.text0('file');
    const other = guest.text0('x', AT.other);
    return [
      ['newfstatat', AT_FDCWD, file, AT.buffer, UNKNOWN_FLAG],
      ['statx', AT_FDCWD, file, UNKNOWN_FLAG, 0, AT.buffer],
      ['fchmodat', AT_FDCWD, file, 0o600, UNKNOWN_FLAG],
      ['fchmodat2', AT_FDCWD, file, 0o600, UNKNOWN_FLAG],
      ['fchownat', AT_FDCWD, file, 5, 5, UNKNOWN_FLAG],
      ['utimensat', AT_FDCWD, file, 0, UNKNOWN_FLAG],
      ['unlinkat', AT_FDCWD, file, UNKNOWN_FLAG],
      ['linkat', AT_FDCWD, file, AT_FDCWD, other, UNKNOWN_FLAG],
      ['renameat2', AT_FDCWD, file, AT_FDCWD, other, UNKNOWN_FLAG],
      ...accesses(file, 8),
    ];
  });
  gives('EINVAL', 'times that are none', (guest) => {
    const file = guest.text0('file');
    guest.memory.bytes.fill(0xff, AT.struct, AT.struct + 32);
    return [
      ['utimes', file, AT.struct],
      ['futimesat', AT_FDCWD, file, AT.struct],
      ['utimensat', AT_FDCWD, file, AT.struct, 0],
    ];
  });
  gives('EOPNOTSUPP', "a link's own mode", (guest) => {
    const link = guest.text0('link');
    return [
      ['fchmodat', AT_FDCWD, link, 0o600, NOFOLLOW],
      ['fchmodat2', AT_FDCWD, link, 0o600, NOFOLLOW],
    ];
  });
  gives('EINVAL', 'sizes that are none', (guest) => {
    const fd = guest.file('file');
    return [
      ['truncate', guest.text0('file'), -1],
      ['ftruncate', fd, -1],
      ['fallocate', fd, 0, -1, 1],
    ];
  });
  gives('EFBIG', 'sizes that no file has', (guest) => {
    const fd = guest.file('file');
    guest.memory.writeU32(AT.struct, AT.buffer);
    guest.memory.writeU32(AT.struct + 4, 8);
    return [
      ['truncate', guest.text0('file'), HUGE],
      ['ftruncate', fd, HUGE],
      ['fallocate', fd, 0, HUGE, 1],
      ['pwrite64', fd, AT.buffer, 8, HUGE],
      ['pwritev', fd, AT.struct, 1, HUGE, 0],
    ];
  });
  gives('EFBIG', 'at an offset that no file has', (guest) => {
    const [fd, source] = [guest.file('other'), guest.file('file', O.RDONLY)];
    guest.must('lseek', fd, HUGE - 4096, 0);
    guest.memory.writeU32(AT.struct, AT.buffer);
    guest.memory.writeU32(AT.struct + 4, 8);
    return [
      ['write', fd, AT.buffer, 8],
      ['writev', fd, AT.struct, 1],
      ['sendfile', fd, source, 0, 8],
      ['copy_file_range', source, 0, fd, 0, 8, 0],
    ];
  });
});

describe('a descriptor', () => {
  gives('EISDIR', 'of a directory', (guest) => {
    const fd = guest.file('dir', O.RDONLY);
    const file = guest.file('file');
    guest.memory.writeU32(AT.struct, AT.buffer);
    guest.memory.writeU32(AT.struct + 4, 8);
    return [
      ['read', fd, AT.buffer, 8],
      ['pread64', fd, AT.buffer, 8, 0],
      ['readv', fd, AT.struct, 1],
      ['preadv', fd, AT.struct, 1, 0, 0],
      ['copy_file_range', fd, 0, file, 0, 1, 0],
    ];
  });
  gives('ENOTDIR', 'of a file', (guest) => {
    const fd = guest.file('file');
    return [
      ['fchdir', fd],
      ['getdents64', fd, AT.buffer, 100],
    ];
  });
  gives(
    'EACCES',
    'of a directory that may not be searched',
    (guest) => [['fchdir', guest.file('unsearchable', O.RDONLY)]],
    () => {
      const guest = world();
      guest.must('mkdir', guest.text0('unsearchable'), 0o777);
      guest.must('chmod', guest.text0('unsearchable'), 0o744);
      return userBeside(guest);
    },
  );
  gives('EINVAL', 'arguments that are none', (guest) => {
    const [fd, directory] = [guest.file('file'), guest.file('.', O.RDONLY)];
    guest.memory.bytes.fill(0, AT.struct, AT.struct + 32);
    guest.memory.writeU32(AT.struct, 7);
    guest.putI64(AT.second, -1);
    return [
      ['pread64', fd, AT.buffer, 8, -1],
      ['pwrite64', fd, AT.buffer, 8, -1],
      ['readv', fd, AT.struct, 1025],
      ['writev', fd, AT.struct, 1025],
      ['preadv', fd, AT.struct, 1, -1, 0],
      ['pwritev', fd, AT.struct, 1, -1, 0],
      ['lseek', fd, 0, 9],
      ['lseek', directory, -1, 0],
      ['dup3', fd, fd, 0],
      ['fcntl', fd, 999, 0],
      ['fcntl', fd, 6, AT.struct],
      ['flock', fd, 16],
      ['fsync', 0],
      ['fdatasync', 0],
      ['fadvise', fd, 0, 0, 9],
      ['getdents64', directory, AT.buffer, 8],
      ['sendfile', fd, fd, AT.second, 8],
      ['copy_file_range', fd, 0, fd, 0, 8, 1],
    ];
  });
  gives(
    'ESPIPE',
    'of a stream',
    (guest) => {
      guest.memory.writeU32(AT.struct, AT.buffer);
      guest.memory.writeU32(AT.struct + 4, 8);
      guest.putI64(AT.second, 0);
      const fd = guest.file('file');
      return [
        ['lseek', 0, 0, 0],
        ['pread64', 0, AT.buffer, 8, 0],
        ['preadv', 0, AT.struct, 1, 0, 0],
        ['pwrite64', 1, AT.buffer, 8, 0],
        ['pwritev', 1, AT.struct, 1, 0, 0],
        ['fallocate', 1, 0, 0, 1],
        ['fadvise', 0, 0, 0, 0],
        ['sendfile', fd, 0, AT.second, 8],
      ];
    },
    streams,
  );
  gives('ENXIO', 'beyond the end', (guest) => [['lseek', guest.file('file'), 100, 3]]);
  gives('EOPNOTSUPP', 'a hole to be made', (guest) => [['fallocate', guest.file('file'), 3, 0, 1]]);
  gives('ENODEV', 'no file with a size', (guest) => [['fallocate', guest.file('/dev/null'), 0, 0, 1]]);
  gives('EINVAL', 'no storage', (guest) => [
    ['fsync', guest.file('/dev/null')],
    ['fdatasync', guest.file('/dev/null')],
  ]);
  gives('EOVERFLOW', 'a range that no number has', (guest) => {
    const [fd, other] = [guest.file('file'), guest.file('other')];
    guest.memory.bytes.fill(0, AT.struct, AT.struct + 32);
    guest.putI64(AT.struct + 8, 1n << 62n);
    guest.putI64(AT.struct + 16, (1n << 62n) + 1n);
    guest.putI64(AT.second, 2 ** 53 - 4);
    return [
      ['fcntl', fd, 6, AT.struct],
      ['sendfile', other, fd, AT.second, 8],
      ['copy_file_range', fd, AT.second, other, 0, 8, 0],
    ];
  });
  gives('ENOTTY', 'of no terminal', (guest) => [['ioctl', guest.file('file'), 0x5401, AT.buffer]]);
  gives(
    'EINVAL',
    'settings that a terminal has not',
    (guest) => {
      guest.must('ioctl', 0, 0x5401, AT.buffer);
      guest.memory.bytes[AT.buffer + 1] = 0;
      return [['ioctl', 0, 0x5402, AT.buffer]];
    },
    terminal,
  );
  gives(
    'EAGAIN',
    'of a stream that does not wait',
    (guest) => {
      for (const fd of [0, 1]) guest.must('fcntl', fd, 4, O.NONBLOCK);
      guest.memory.writeU32(AT.struct, AT.buffer);
      guest.memory.writeU32(AT.struct + 4, 8);
      guest.must('write', 1, AT.buffer, 64);
      return [
        ['read', 0, AT.buffer, 8],
        ['readv', 0, AT.struct, 1],
        ['write', 1, AT.buffer, 8],
        ['writev', 1, AT.struct, 1],
        ['sendfile', 1, guest.file('file', O.RDONLY), 0, 8],
      ];
    },
    streams,
  );
  gives(
    'EPIPE',
    'that nobody reads',
    (guest) => {
      guest.memory.writeU32(AT.struct, AT.buffer);
      guest.memory.writeU32(AT.struct + 4, 8);
      return [
        ['write', 1, AT.buffer, 8],
        ['writev', 1, AT.struct, 1],
        ['sendfile', 1, guest.file('file', O.RDONLY), 0, 8],
      ];
    },
    () => streams(true),
  );
});

/** A world with streams of 64 bytes as standard ones. */
function streams(isBroken = false): LinuxGuest {
  const out = new Pipe();
  out.isReaderClosed = isBroken === true;
  const guest = new LinuxGuest({ stdio: [new Pipe(), out, 'null'] });
  const fd = guest.file('file');
  guest.put(fd, 'contents');
  guest.must('close', fd);
  return guest;
}

function terminal(): LinuxGuest {
  return new LinuxGuest({ stdio: [new Pipe(), 'null', 'null'], terminals: [true, false, false] });
}

describe('the process', () => {
  gives(
    'EPERM',
    'only user 0 may',
    (guest) => [
      ['setuid', 0],
      ['setgid', 0],
      ['setreuid', 0, 0],
      ['setregid', 0, 0],
      ['setresuid', 0, 0, 0],
      ['setresgid', 0, 0, 0],
      ['setgroups', 0, AT.struct],
      ['chroot', guest.text0('.')],
    ],
    user,
  );
  gives('EINVAL', 'identities that are none', () => [
    ['setuid', -1],
    ['setgid', -1],
    ['setgroups', 70_000, AT.struct],
    ['setpgid', 0, -1],
  ]);
  gives(
    'EINVAL',
    'no room for the groups',
    () => [['getgroups', 1, AT.struct]],
    () => new LinuxGuest({ groups: [1, 2] }),
  );
  gives('ESRCH', 'nobody has the number', () => [
    ['getpgid', 999_999],
    ['getsid', 999_999],
    ['setpgid', 999_999, 0],
    ['prlimit64', 999_999, 7, 0, 0],
    ['getpriority', 0, 999_999],
    ['setpriority', 0, 999_999, 0],
  ]);
  gives('EPERM', 'groups and sessions of others', () => [['setpgid', 0, 1], ['setsid'], ['prlimit64', 1, 7, 0, 0]]);
  gives('EINVAL', 'what there is not', (guest) => {
    guest.putI64(AT.struct, 10);
    guest.putI64(AT.struct + 8, 5);
    return [
      ['getrlimit', 99, AT.struct],
      ['setrlimit', 7, AT.struct],
      ['setrlimit', 99, AT.struct],
      ['prlimit64', 0, 99, 0, 0],
      ['getrusage', 7, AT.struct],
      ['getpriority', 9, 0],
      ['setpriority', 9, 0, 0],
      ['prctl', 99_999, 0, 0, 0, 0],
      ['getrandom', AT.struct, 8, 64],
      ['clock_gettime', 99, AT.struct],
      ['clock_getres', 99, AT.struct],
      ['__cl_get_argv_len', 99],
      ['__cl_copy_argv', AT.struct, 99],
      ['poll', AT.struct, 4000, 0],
      ['ppoll', AT.struct, 4000, 0, 0, 8],
      ['select', -1, 0, 0, 0, 0],
      ['pselect6', -1, 0, 0, 0, 0, 0],
    ];
  });
  gives('EPERM', 'a limit that is raised', (guest) => {
    guest.putI64(AT.struct, 10);
    guest.putI64(AT.struct + 8, 5000);
    return [
      ['setrlimit', 7, AT.struct],
      ['prlimit64', 0, 7, AT.struct, 0],
    ];
  });
  gives('EACCES', 'a niceness that is lowered', () => [['setpriority', 0, 0, -5]], user);
  gives('ERANGE', 'no room for the path', () => [['getcwd', AT.buffer, 2]]);
  gives('ENOENT', 'in a directory that was removed', (guest) => {
    guest.must('chdir', guest.text0('empty'));
    guest.must('rmdir', guest.text0('../empty'));
    return [['getcwd', AT.buffer, 100]];
  });
  gives('ENAMETOOLONG', 'in a directory whose path is too long', (guest) => {
    for (let depth = 0; depth < 17; depth++) {
      guest.must('mkdir', guest.text0('n'.repeat(250)), 0o777);
      guest.must('chdir', guest.text0('n'.repeat(250)));
    }
    return [['getcwd', AT.buffer, 8000]];
  });
});

/** What takes several processes: cases of the oracle (oracle/lock-cases) through the same handlers. */
const BY_THE_ORACLE = [
  'SYS_fcntl EAGAIN',
  'SYS_fcntl EDEADLK',
  'SYS_fcntl ENOLCK',
  'SYS_flock EAGAIN',
  'SYS_flock ENOLCK',
];

afterAll(() => {
  const swept = ['EBADF', 'EFAULT'];
  const missing = (LINUX_ROWS as readonly Row[])
    .filter(({ support, home }) => support !== 'none' && home !== 'core')
    .flatMap(({ name, errors }) => Object.keys(errors).map((errno) => [name, errno] as const))
    .filter(([, errno]) => !swept.includes(errno))
    .map(([name, errno]) => `${name} ${errno}`)
    .filter((pair) => !seen.has(pair) && !BY_THE_ORACLE.includes(pair));
  expect(missing, 'errors of rows that no test has seen').toEqual([]);
});
