// /proc as a tree: what is there, what refuses to be changed and by which errno (as the host's own /proc answers), what
// listings see while processes come and go, what is left of one that ended.

import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OWNER_CNK, replaceDescriptor } from '../../../runtime/abi/descriptor-table.ts';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { AT, Guest, READ_RIGHTS } from './harness.ts';
import { ask, readAs, textOf } from './procfs-support.ts';

const names = (guest: Guest, path: string) =>
  (ask(guest.linux, 'readdir', path) as { name: string }[]).map(({ name }) => name);

describe('what is there', () => {
  it('is the machine, and a directory for each process', () => {
    const guest = new Guest();
    const other = new Guest({}, guest.linux);
    const top = names(guest, '/proc');
    expect(top.slice(0, 3)).toEqual(['self', 'thread-self', 'mounts']);
    expect(top.slice(-3)).toEqual(['1', `${guest.process.pid}`, `${other.process.pid}`]);
    expect(names(guest, `/proc/${guest.process.pid}`)).toEqual(
      'task fd fdinfo environ environ_lines status limits comm cmdline stat statm maps cwd root exe mounts mountinfo'.split(
        ' ',
      ),
    );
    expect(names(guest, `/proc/${guest.process.pid}/task`)).toEqual([`${guest.process.pid}`]);
    const { nlink } = ask(guest.linux, 'stat', '/proc') as { nlink: number };
    // `.`, `..`, `sys`, and the processes: what programs count on that search trees.
    expect(nlink).toBe(3 + 3);
    guest.linux.end(other.process, 0);
    expect((ask(guest.linux, 'stat', '/proc') as { nlink: number }).nlink).toBe(3 + 2);
  });

  it('tells everyone its own `self`', () => {
    const guest = new Guest();
    const { pid } = guest.process;
    expect(readAs(guest, 'proc/self/stat').startsWith(`${pid} (guest) `)).toBe(true);
    expect(readAs(guest, 'proc/thread-self/stat').startsWith(`${pid} (guest) `)).toBe(true);
    expect(textOf(guest.linux, '/proc/self/stat').startsWith('1 (linux) ')).toBe(true);
    expect(ask(guest.linux, 'readlink', '/proc/thread-self')).toBe('1/task/1');
  });

  it('shows every name of a directory by the inode that a lookup finds', () => {
    const guest = new Guest();
    guest.fd('tmp/a');
    const seen = new Map<number, string>();
    const visit = (path: string): void => {
      const fd = guest.fd(path.slice(1), OFLAGS.DIRECTORY);
      expect(guest.call('fd_readdir', fd, AT.buffer, 40_000, 0n, AT.result)).toBe('OK');
      const end = AT.buffer + guest.u32();
      const found: [string, number, number][] = [];
      for (let at = AT.buffer as number; at < end; ) {
        const length = guest.memory.readU32(at + 16);
        found.push([
          guest.string(at + 24, length),
          Number(guest.memory.readU64(at + 8)),
          guest.memory.bytes[at + 20] as number,
        ]);
        at += 24 + length;
      }
      for (const [name, ino, type] of found) {
        if (name === '..') continue;
        const child = name === '.' ? path : `${path}/${name}`;
        const stat = ask(guest.linux, 'lstat', child) as { ino: number; mode: number };
        expect(stat.ino, child).toBe(ino);
        if (name === '.') continue;
        expect(seen.get(ino), child).toBeUndefined();
        seen.set(ino, child);
        expect((stat.mode & 0o170000) === 0o040000, child).toBe(type === 3);
        if (type === 3) visit(child);
      }
      guest.call('fd_close', fd);
    };
    visit('/proc');
    expect([...seen.values()]).toContain(`/proc/${guest.process.pid}/task/${guest.process.pid}/fd/3`);
  });

  it('has the permissions and sizes of Linux', () => {
    const guest = new Guest();
    const modeOf = (path: string) => (ask(guest.linux, 'lstat', path) as { mode: number }).mode & 0o7777;
    const host = (path: string) => fs.lstatSync(path).mode & 0o7777;
    const process = `/proc/${guest.process.pid}`;
    // fdinfo's files: Linux since 6.9 and before 6.9 differ; auxv and the like are not here.
    for (const name of names(guest, process).filter((one) => one !== 'environ_lines'))
      expect(modeOf(`${process}/${name}`), name).toBe(host(`/proc/self/${name}`));
    for (const name of [
      'self',
      'thread-self',
      'mounts',
      'cpuinfo',
      'meminfo',
      'uptime',
      'stat',
      'version',
      'loadavg',
    ]) {
      expect(modeOf(`/proc/${name}`), name).toBe(host(`/proc/${name}`));
    }
    expect((ask(guest.linux, 'stat', '/proc/meminfo') as { size: number }).size).toBe(0);
    expect((ask(guest.linux, 'stat', `${process}/fd`) as { size: number }).size).toBe(4);
    expect((ask(guest.linux, 'lstat', `${process}/fd/0`) as { size: number }).size).toBe(64);
  });
});

describe('what cannot be changed', () => {
  const code = (run: () => unknown): string => {
    try {
      run();
      return 'OK';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  /** Operations by their outcome on a path below /proc; `%` is a process's own directory. */
  const OPERATIONS: Record<string, [host: (path: string) => unknown, ours: (guest: Guest, path: string) => unknown]> = {
    mkdir: [(path) => fs.mkdirSync(path), (guest, path) => ask(guest.linux, 'mkdir', path)],
    rmdir: [(path) => fs.rmdirSync(path), (guest, path) => ask(guest.linux, 'rmdir', path)],
    unlink: [(path) => fs.unlinkSync(path), (guest, path) => ask(guest.linux, 'unlink', path)],
    symlink: [(path) => fs.symlinkSync('x', path), (guest, path) => ask(guest.linux, 'symlink', 'x', path)],
    create: [
      (path) => fs.writeFileSync(path, '', { flag: 'wx' }),
      (guest, path) => ask(guest.linux, 'writeFile', path, new Uint8Array(0), { flag: 'wx' }),
    ],
    write: [
      (path) => fs.writeFileSync(path, 'x'),
      (guest, path) => ask(guest.linux, 'writeFile', path, Uint8Array.of(120)),
    ],
    rename: [(path) => fs.renameSync(path, `${path}2`), (guest, path) => ask(guest.linux, 'rename', path, `${path}2`)],
    'rename over it': [
      (path) => fs.renameSync('/proc/meminfo', path),
      (guest, path) => ask(guest.linux, 'rename', '/proc/meminfo', path),
    ],
    link: [
      (path) => fs.linkSync('/proc/version', path),
      (guest, path) => ask(guest.linux, 'link', '/proc/version', path),
    ],
    truncate: [(path) => fs.truncateSync(path), (guest, path) => ask(guest.linux, 'truncate', path)],
  };
  const PATHS = [
    '/proc/nothing',
    '/proc/version',
    '/proc/sys/kernel/nothing',
    '%/nothing',
    '%/status',
    '%/cmdline',
    '%/fd',
    '%/fd/nothing',
    '%/fd/99999',
    '%/fd/01',
    '/proc/self',
  ];
  /** Where we do not answer as Linux: a process's files are immutable there, which is EPERM before types are looked at. */
  const DEPARTURES: Record<string, string> = {
    'rmdir %/status': 'ENOTDIR',
    'rmdir %/cmdline': 'ENOTDIR',
    'unlink %/fd': 'EISDIR',
    'rename over it %/fd': 'EISDIR',
  };
  const isRoot = process.getuid?.() === 0 && fs.existsSync('/proc/self/status');

  it.skipIf(!isRoot)(`answers root as the host does${isRoot ? '' : ' (skipped: not root, or no /proc)'}`, () => {
    const guest = new Guest();
    for (const path of PATHS) {
      for (const [name, [host, ours]] of Object.entries(OPERATIONS)) {
        // Linux would do it: the shell's own name, the kernel's settings.
        const there = path.replace('%', `/proc/${process.pid}`);
        const here = path.replace('%', `/proc/${guest.process.pid}`);
        const expected = DEPARTURES[`${name} ${path}`] ?? code(() => host(there));
        expect(`${name} ${path}: ${code(() => ours(guest, here))}`).toBe(`${name} ${path}: ${expected}`);
      }
    }
  });

  it('is ENOENT for other users too where a name is missing, EACCES where it is not', () => {
    const guest = new Guest({ uid: 7, gid: 7 });
    expect(guest.mkdir('proc/new')).toBe('ENOENT');
    expect(guest.open('proc/self/new', OFLAGS.CREAT)).toBe('ENOENT');
    expect(guest.symlink('x', 'proc/new')).toBe('ENOENT');
    expect(guest.path('path_unlink_file', 'proc/version')).toBe('EACCES');
    expect(guest.open('proc/version')).toBe('EACCES');
    expect(guest.rename('tmp', 'proc/tmp')).toBe('EXDEV');
  });

  it('is EACCES for writers of settings, root too', () => {
    const guest = new Guest();
    expect(guest.open('proc/sys/kernel/ostype')).toBe('EACCES');
    expect(guest.open('proc/sys/kernel/ostype', 0, READ_RIGHTS)).toBeTypeOf('number');
  });

  it('does not count as removable with the tree around it', () => {
    const guest = new Guest();
    expect(() => ask(guest.linux, 'rm', '/proc', { recursive: true })).toThrow('EBUSY');
    expect(names(guest, '/proc')).toContain('self');
  });
});

describe('comm', () => {
  it('is the last part of the program, cut to 15 bytes, and its process may change it', () => {
    const guest = new Guest({ args: ['/bin/a-program-with-a-name'] });
    expect(readAs(guest, 'proc/self/comm')).toBe('a-program-with-\n');
    const fd = guest.fd('proc/self/comm', 0);
    expect(guest.write(fd, 'another name\n that is long')).toBe(26);
    expect(readAs(guest, 'proc/self/comm')).toBe('another name\n t\n');
    expect(readAs(guest, 'proc/self/status').split('\n')[0]).toBe('Name:\tanother name\\n t');
    guest.write(fd, 'x\0y');
    expect(readAs(guest, 'proc/self/comm')).toBe('x\n');
  });

  it('is nobody else’s to change', () => {
    const guest = new Guest();
    const other = new Guest({}, guest.linux);
    expect(guest.write(guest.fd(`proc/${other.process.pid}/comm`, 0), 'x')).toBe('EINVAL');
  });

  it('keeps a character that would be cut as its bytes', () => {
    const guest = new Guest({ args: ['12345678901234α'] });
    expect(readAs(guest, 'proc/self/comm')).toBe('12345678901234\xce\n');
    expect(readAs(guest, 'proc/self/stat')).toContain('(12345678901234\xce)');
  });
});

describe('the content of a file', () => {
  it('is one text for all reads of a description, made again at its start', () => {
    const guest = new Guest();
    const fd = guest.fd('proc/self/comm', 0);
    expect(guest.read(fd, 3)).toBe('gue');
    guest.write(guest.fd('proc/self/comm', 0), 'renamed');
    expect(guest.read(fd, 30)).toBe('st\n');
    expect(guest.read(fd, 30)).toBe('');
    expect(guest.pread(fd, 30, 0)).toBe('renamed\n');
    expect(guest.pread(fd, 30, 2)).toBe('named\n');
    expect(guest.call('fd_seek', fd, 0n, 0, AT.result)).toBe('OK');
    expect(guest.read(fd, 30)).toBe('renamed\n');
    expect(guest.pread(fd, 30, 1 << 30)).toBe('');
  });

  it('is the same by single bytes and by large reads', () => {
    const guest = new Guest();
    for (const path of ['status', 'limits', 'mounts', 'environ', 'cmdline', 'maps']) {
      expect(readAs(guest, `proc/self/${path}`, 1), path).toBe(readAs(guest, `proc/self/${path}`));
    }
  });

  it('has no end to seek from where Linux makes it in one go', () => {
    const guest = new Guest();
    const end = (path: string) => guest.call('fd_seek', guest.fd(path, 0, READ_RIGHTS), 0n, 2, AT.result);
    for (const path of ['proc/version', 'proc/self/status', 'proc/self/comm', 'proc/self/mounts']) {
      expect(end(path), path).toBe('EINVAL');
    }
    for (const path of ['proc/self/cmdline', 'proc/sys/kernel/ostype']) expect(end(path), path).toBe('OK');
  });
});

describe('listings', () => {
  const cookiesOf = (guest: Guest, fd: number, from: bigint, length: number): [string, bigint][] => {
    expect(guest.call('fd_readdir', fd, AT.buffer, length, from, AT.result)).toBe('OK');
    const found: [string, bigint][] = [];
    const end = AT.buffer + guest.u32();
    for (let at = AT.buffer as number; at + 24 <= end; ) {
      const size = guest.memory.readU32(at + 16);
      if (at + 24 + size > end) break;
      found.push([guest.string(at + 24, size), guest.memory.readU64(at)]);
      at += 24 + size;
    }
    return found;
  };
  /** Lists to the end in small pieces, each name once; something happens after each. */
  const listedWhile = (guest: Guest, fd: number, happens: (step: number) => void): string[] => {
    const seen: string[] = [];
    for (let cookie = 0n, step = 0; ; step++) {
      expect(step).toBeLessThan(100);
      const found = cookiesOf(guest, fd, cookie, 80);
      if (found.length === 0) break;
      seen.push(...found.map(([name]) => name));
      cookie = (found.at(-1) as [string, bigint])[1];
      happens(step);
    }
    expect(new Set(seen).size).toBe(seen.length);
    return seen;
  };

  it('give each process that stays once while others come and go', () => {
    const guest = new Guest();
    const others = Array.from({ length: 20 }, () => new Guest({}, guest.linux));
    const fd = guest.fd('proc', OFLAGS.DIRECTORY);
    const seen = listedWhile(guest, fd, (step) => {
      const leaving = others[step];
      if (leaving !== undefined && step % 2 === 0) guest.linux.end(leaving.process, 0);
      if (step < 10) new Guest({}, guest.linux);
    });
    for (let i = 1; i < 20; i += 2) expect(seen).toContain(`${others[i]?.process.pid}`);
  });

  it('give each descriptor that stays once while others come and go', () => {
    const guest = new Guest();
    const open = Array.from({ length: 30 }, (_, i) => guest.fd(`tmp/${i}`));
    const fd = guest.fd('proc/self/fd', OFLAGS.DIRECTORY);
    const seen = listedWhile(guest, fd, (step) => {
      if (step < 15) guest.call('fd_close', open[2 * step] as number);
    });
    for (let i = 1; i < 30; i += 2) expect(seen).toContain(`${open[i]}`);
    expect(seen).toContain(`${fd}`);
  });

  it('go on from every cookie', () => {
    const guest = new Guest();
    for (const path of ['proc', `proc/${guest.process.pid}`, 'proc/self/fd', 'proc/sys', 'proc/self/task']) {
      const fd = guest.fd(path, OFLAGS.DIRECTORY);
      const all = cookiesOf(guest, fd, 0n, 20_000);
      for (const [i, [, cookie]] of all.entries()) {
        expect(cookiesOf(guest, fd, cookie, 20_000), path).toEqual(all.slice(i + 1));
      }
      guest.call('fd_close', fd);
    }
  });
});

describe('descriptors that CNK owns', () => {
  it('are listed as what the table says, and cannot be opened here', () => {
    const guest = new Guest();
    const { pid, descriptors } = guest.process;
    replaceDescriptor(descriptors.table, 9, OWNER_CNK, 0o10);
    replaceDescriptor(descriptors.table, 10, OWNER_CNK, 0o2);
    expect(names(guest, `/proc/${pid}/fd`)).toEqual(['0', '1', '2', '3', '9', '10']);
    expect(ask(guest.linux, 'readlink', `/proc/${pid}/fd/9`)).toBe('anon_inode:[staged file]');
    expect(ask(guest.linux, 'readlink', `/proc/${pid}/fd/10`)).toBe('anon_inode:[staged device]');
    expect(() => textOf(guest.linux, `/proc/${pid}/fd/9`)).toThrow('ENXIO');
    // Their offsets are in the guest's worker.
    expect(names(guest, `/proc/${pid}/fdinfo`)).toEqual(['0', '1', '2', '3']);
  });
});

describe('a process that has ended', () => {
  it('leaves of its open files what was read already, and ESRCH or the end beyond', () => {
    const guest = new Guest();
    const ending = new Guest({}, guest.linux);
    const { pid } = ending.process;
    const open = (name: string) => guest.fd(`proc/${pid}/${name}`, 0, READ_RIGHTS);
    const made = ['status', 'stat', 'statm', 'cmdline', 'maps', 'comm', 'limits'];
    const begun = made.map((name) => {
      const fd = open(name);
      expect(guest.read(fd, 2), name).toHaveLength(2);
      return fd;
    });
    const fresh = made.map(open);
    const environ = open('environ');
    const mounts = open('mounts');
    const fdinfo = open('fdinfo/0');
    guest.linux.end(ending.process, 0);
    for (const [i, name] of made.entries()) {
      expect(guest.read(begun[i] as number, 2), name).toHaveLength(2);
      expect(guest.pread(begun[i] as number, 5, 0), name).toBe('ESRCH');
      expect(guest.read(fresh[i] as number, 5), name).toBe('ESRCH');
    }
    expect(guest.read(environ, 5)).toBe('');
    expect(guest.read(mounts, 5)).toBe('memfs');
    expect(guest.read(fdinfo, 5)).toBe('ENOENT');
    expect(guest.size(mounts)).toBe(0);
  });

  it('leaves directories that are empty', () => {
    const guest = new Guest();
    const ending = new Guest({}, guest.linux);
    const { pid } = ending.process;
    const open = (name: string) => guest.fd(`proc/${pid}${name}`, OFLAGS.DIRECTORY);
    const directories = ['', '/task', '/fdinfo', `/task/${pid}`].map(open);
    const fds = open('/fd');
    const count = guest.descriptors.length;
    guest.linux.end(ending.process, 0);
    for (const fd of directories) {
      expect(guest.call('fd_readdir', fd, AT.buffer, 1000, 0n, AT.result)).toBe('OK');
      expect(guest.u32()).toBe(0);
      expect(guest.call('path_filestat_get', fd, 0, ...guest.text('status'), AT.result)).toMatch(/ESRCH|ENOENT/);
    }
    expect(guest.call('path_filestat_get', directories[0] as number, 0, ...guest.text('status'), AT.result)).toBe(
      'ESRCH',
    );
    expect(guest.call('fd_readdir', fds, AT.buffer, 1000, 0n, AT.result)).toBe('ENOENT');
    expect(guest.call('path_filestat_get', fds, 0, ...guest.text('0'), AT.result)).toBe('ENOENT');
    expect(guest.open(`proc/${pid}/status`)).toBe('ENOENT');
    for (const fd of [...directories, fds]) expect(guest.call('fd_close', fd)).toBe('OK');
    expect(guest.descriptors).toHaveLength(count - 5);
  });
});
