// Calls that need more than one file system, a stream or the clock, which the cases of the oracle have not: working
// directories over mounts, copies to streams and slow file systems, statfs, access times.

import { describe, expect, it, vi } from 'vitest';
import { MemoryFileSystem, type SyscallContext } from '../../../personalities/linux/index.ts';
import { accessAt, setMode } from '../../../personalities/linux/syscalls/attributes.ts';
import { copyFileRange, sendfile } from '../../../personalities/linux/syscalls/copy.ts';
import { dup2, F_DUPFD, F_GETFD, F_SETFD, fcntl } from '../../../personalities/linux/syscalls/descriptors.ts';
import { chdir, getcwd } from '../../../personalities/linux/syscalls/directories.ts';
import { mkdirAt } from '../../../personalities/linux/syscalls/links.ts';
import { openAt } from '../../../personalities/linux/syscalls/open.ts';
import { ST_RDONLY, type StatFs, statfs } from '../../../personalities/linux/syscalls/statfs.ts';
import { AT_OFFSET } from '../../../personalities/linux/syscalls/transfer.ts';
import type { FileDescription } from '../../../personalities/linux/vfs/inode.ts';
import { O_APPEND, O_CREAT, O_DIRECTORY, O_NONBLOCK, O_RDONLY, O_RDWR } from '../../../personalities/linux/vfs/mode.ts';
import { FOLLOW } from '../../../personalities/linux/vfs/walk.ts';
import {
  createDescriptorTable,
  descriptorOwner,
  OWNER_CNK,
  OWNER_LINUX,
  replaceDescriptor,
} from '../../../runtime/abi/descriptor-table.ts';
import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import { Guest, Pipe } from './harness.ts';
import { SlowFileSystem } from './slow-file-system.ts';

function open(ctx: SyscallContext, path: string, flags = O_RDWR | O_CREAT): FileDescription {
  const opened = openAt(ctx, ctx.process.root, path, flags, 0o666, 0);
  if (typeof opened === 'number') throw new Error(`${path}: ${opened}`);
  opened.retain();
  return opened;
}

function put(ctx: SyscallContext, file: FileDescription, text: string): void {
  const bytes = new TextEncoder().encode(text);
  expect(file.write(ctx, bytes, 0, bytes.length, 0)).toBe(bytes.length);
}

/** Runs a call to its end on a slow file system. */
function finish<Result>(guest: Guest, slow: SlowFileSystem, call: () => Result | number): Result | number {
  for (;;) {
    const result = call();
    if (result !== -ERESTART) {
      guest.linux.completed(guest.ctx);
      return result;
    }
    slow.answer();
    if (guest.linux.takeRunnable() !== guest.ctx) throw new Error('nothing goes on');
  }
}

function mountSlow(guest: Guest, path = '/slow'): SlowFileSystem {
  const slow = new SlowFileSystem(guest.linux.clock);
  guest.linux.mount({ path, fileSystem: slow, readOnly: false });
  return slow;
}

describe('the working directory', () => {
  it('is told through mounts, one inside of the other', () => {
    const guest = new Guest();
    const { ctx, linux } = guest;
    const inner = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 20 });
    const outer = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 20 });
    linux.mount({ path: '/mnt/outer', fileSystem: outer, readOnly: false });
    linux.mount({ path: '/mnt/outer/a/inner', fileSystem: inner, readOnly: false });
    expect(mkdirAt(ctx, ctx.process.root, '/mnt/outer/a/inner/d', 0o755, 0)).toBe(0);
    for (const path of ['/', '/dev', '/mnt/outer', '/mnt/outer/a/inner', '/mnt/outer/a/inner/d']) {
      expect(chdir(ctx, path)).toBe(0);
      expect(getcwd(ctx)).toBe(path);
    }
    expect(chdir(ctx, '../../..')).toBe(0);
    expect(getcwd(ctx)).toBe('/mnt/outer');
  });

  it('is found in the listing where a file system does not know names', () => {
    const guest = new Guest();
    const { ctx } = guest;
    const slow = mountSlow(guest);
    for (const path of ['/slow/a', '/slow/a/b', '/slow/a/c']) {
      expect(finish(guest, slow, () => mkdirAt(ctx, ctx.process.root, path, 0o755, 0))).toBe(0);
    }
    expect(finish(guest, slow, () => chdir(ctx, '/slow/a/c'))).toBe(0);
    expect(finish(guest, slow, () => getcwd(ctx))).toBe('/slow/a/c');
  });

  it('is held, and let go when it is left', () => {
    const { ctx } = new Guest();
    expect(mkdirAt(ctx, ctx.process.root, '/d', 0o755, 0)).toBe(0);
    expect(chdir(ctx, '/d')).toBe(0);
    const directory = ctx.process.workingDirectory;
    expect(directory.holds).toBe(1);
    expect(chdir(ctx, '/')).toBe(0);
    expect(directory.holds).toBe(0);
  });

  it('whose path is too long: ENAMETOOLONG', () => {
    const { ctx } = new Guest();
    const name = 'n'.repeat(250);
    for (let depth = 0; depth < 17; depth++) {
      expect(mkdirAt(ctx, ctx.process.workingDirectory, name, 0o755, 0)).toBe(0);
      expect(chdir(ctx, name)).toBe(0);
      expect(typeof getcwd(ctx)).toBe(depth < 16 ? 'string' : 'number');
    }
    expect(getcwd(ctx)).toBe(-Errno.ENAMETOOLONG);
  });
});

describe('a read-only mount', () => {
  it('access refuses writing with EROFS, after EACCES, and not for devices', () => {
    const guest = new Guest();
    const { ctx, linux } = guest;
    const fileSystem = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 20 });
    const file = fileSystem.root.create(ctx, 'f', 0o644);
    linux.mount({ path: '/mnt', fileSystem, readOnly: true });
    const { root } = ctx.process;
    expect(accessAt(ctx, root, '/mnt/f', 4, FOLLOW)).toBe(0);
    expect(accessAt(ctx, root, '/mnt/f', 6, FOLLOW)).toBe(-Errno.EROFS);
    expect(accessAt(ctx, root, '/mnt', 2, FOLLOW)).toBe(-Errno.EROFS);
    expect(accessAt(ctx, root, '/dev/null', 2, FOLLOW)).toBe(0);
    const user = new Guest({ uid: 1000, gid: 1000 }, linux);
    expect(accessAt(user.ctx, root, '/mnt/f', 2, FOLLOW)).toBe(-Errno.EACCES);
    expect(typeof file !== 'number' && setMode(ctx, file, 0o600)).toBe(-Errno.EROFS);
  });
});

describe('statfs', () => {
  function status(ctx: SyscallContext, path: string): StatFs {
    const result = statfs(ctx, open(ctx, path, O_RDONLY).inode);
    if (typeof result === 'number') throw new Error(`${result}`);
    return result;
  }

  it('tells what is left of the quota as files come, grow and go', () => {
    const quotaBytes = 1 << 20;
    const { ctx, linux } = new Guest({ quotaBytes });
    const before = status(ctx, '/');
    expect(before).toMatchObject({ blockSize: 4096, blocks: quotaBytes / 4096, nameMax: 255, magic: 0x0102_1994 });
    const file = open(ctx, '/tmp/file');
    expect(file.write(ctx, new Uint8Array(40_960), 0, 40_960, 0)).toBe(40_960);
    const after = status(ctx, '/');
    expect(before.blocksFree - after.blocksFree).toBeGreaterThanOrEqual(10);
    expect(before.blocksFree - after.blocksFree).toBeLessThanOrEqual(12);
    expect(after.files - after.filesFree).toBe(before.files - before.filesFree + 1);
    expect(file.inode.truncate(ctx, 0)).toBe(0);
    expect(ctx.process.namespace.root.fileSystem.status(ctx)).toMatchObject({ blocks: before.blocks });
    expect(before.blocksFree - status(ctx, '/').blocksFree).toBeLessThanOrEqual(1);
    linux.end(ctx.process, 0);
  });

  it('tells file systems apart, and which are read-only', () => {
    const { ctx, linux } = new Guest();
    const fileSystem = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 1 << 16, type: 'tmpfs' });
    linux.mount({ path: '/mnt', fileSystem, readOnly: true });
    const all = ['/', '/dev', '/mnt'].map((path) => status(ctx, path));
    expect(new Set(all.map(({ id }) => id)).size).toBe(3);
    expect(all.map(({ flags }) => flags & ST_RDONLY)).toEqual([0, 0, ST_RDONLY]);
    expect(all[2]).toMatchObject({ blocks: 16 });
  });

  it('a full file system has no block left, and ENOSPC is what a write says', () => {
    const { ctx } = new Guest({ quotaBytes: 1 << 18 });
    const file = open(ctx, '/tmp/file');
    const bytes = new Uint8Array(1 << 18);
    const written = file.write(ctx, bytes, 0, bytes.length, 0);
    expect(written).toBeGreaterThan(0);
    expect(file.write(ctx, bytes, 0, bytes.length, written)).toBe(-Errno.ENOSPC);
    expect(status(ctx, '/')).toMatchObject({ blocksFree: 0, filesFree: 0 });
  });
});

describe('access times, by the rule of relatime', () => {
  const DAY_NS = 86_400e9;

  it('move with the first read after a change, and then once a day', () => {
    const guest = new Guest();
    const { ctx } = guest;
    const file = open(ctx, '/tmp/file');
    const into = new Uint8Array(8);
    const read = (): number => {
      const again = open(ctx, '/tmp/file', O_RDONLY);
      again.read(ctx, into, 0, 8, 0);
      again.release();
      return file.inode.atimeSec + file.inode.atimeNsec / 1e9;
    };
    const created = file.inode.atimeSec;
    guest.nowNs += 10e9;
    put(ctx, file, 'text');
    expect(file.inode.atimeSec).toBe(created);
    guest.nowNs += 10e9;
    const first = read();
    expect(first).toBeGreaterThan(created + 19);
    guest.nowNs += DAY_NS / 2;
    expect(read()).toBe(first);
    guest.nowNs += DAY_NS / 2;
    const second = read();
    expect(second).toBeGreaterThan(first + 86_000);
    guest.nowNs += 10e9;
    expect(read()).toBe(second);
    // A change of attributes counts like one of contents.
    expect(setMode(ctx, file.inode, 0o600)).toBe(0);
    guest.nowNs += 10e9;
    expect(read()).toBeGreaterThan(second + 10);
  });

  it('a read of nothing moves none; listing a directory does', () => {
    const guest = new Guest();
    const { ctx } = guest;
    const file = open(ctx, '/tmp/file');
    const before = file.inode.atimeSec;
    guest.nowNs += 10e9;
    put(ctx, file, 'text');
    file.read(ctx, new Uint8Array(0), 0, 0, 0);
    expect(file.inode.atimeSec).toBe(before);
    const directory = open(ctx, '/tmp', O_RDONLY | O_DIRECTORY);
    const { atimeSec } = directory.inode;
    guest.nowNs += 10e9;
    expect(directory.readDirectory(ctx, 0, { entry: () => true })).toBe(0);
    expect(directory.inode.atimeSec).toBeGreaterThan(atimeSec + 9);
  });
});

describe('sendfile to a stream', () => {
  function streaming(capacity: number): { guest: Guest; pipe: Pipe; stdout: FileDescription; file: FileDescription } {
    const pipe = new Pipe(capacity);
    const guest = new Guest({ stdio: ['null', pipe, 'null'] });
    const stdout = guest.process.descriptors.get(1);
    if (stdout === undefined) throw new Error('stdout');
    return { guest, pipe, stdout, file: open(guest.ctx, '/tmp/file') };
  }

  it('waits for room until everything is written, each byte once', () => {
    const { guest, pipe, stdout, file } = streaming(4);
    const { ctx, linux } = guest;
    put(ctx, file, '0123456789');
    file.offset = 1;
    let text = '';
    let result = sendfile(ctx, stdout, file, AT_OFFSET, 100);
    while (result === -ERESTART) {
      text += pipe.text;
      pipe.bytes = [];
      linux.poll();
      expect(linux.takeRunnable()).toBe(ctx);
      result = sendfile(ctx, stdout, file, AT_OFFSET, 100);
    }
    linux.completed(ctx);
    expect(text + pipe.text).toBe('123456789');
    expect([result, file.offset]).toEqual([9, 10]);
  });

  it('without waiting: what there is room for, then EAGAIN; the offset is that of what was sent', () => {
    const { guest, stdout, file } = streaming(4);
    const { ctx, linux } = guest;
    put(ctx, file, '0123456789');
    stdout.flags |= O_NONBLOCK;
    expect(sendfile(ctx, stdout, file, AT_OFFSET, 100)).toBe(4);
    linux.completed(ctx);
    expect(file.offset).toBe(4);
    expect(sendfile(ctx, stdout, file, AT_OFFSET, 100)).toBe(-Errno.EAGAIN);
    linux.completed(ctx);
    expect(file.offset).toBe(4);
  });

  it('a closed reader: EPIPE; a stream as source: EINVAL, or ESPIPE with a position', () => {
    const { guest, pipe, stdout, file } = streaming(4);
    const { ctx, linux } = guest;
    put(ctx, file, '0123456789');
    pipe.isReaderClosed = true;
    expect(sendfile(ctx, stdout, file, 0, 100)).toBe(-Errno.EPIPE);
    linux.completed(ctx);
    const input = new Guest({ stdio: [new Pipe(), 'null', 'null'] });
    const stdin = input.process.descriptors.get(0);
    if (stdin === undefined) throw new Error('stdin');
    expect(sendfile(input.ctx, open(input.ctx, '/tmp/x'), stdin, AT_OFFSET, 1)).toBe(-Errno.EINVAL);
    expect(sendfile(input.ctx, open(input.ctx, '/tmp/x'), stdin, 0, 1)).toBe(-Errno.ESPIPE);
  });
});

describe('copy_file_range', () => {
  it('goes between file systems that take time, asking each piece once', () => {
    const guest = new Guest();
    const { ctx } = guest;
    const slow = mountSlow(guest);
    const source = open(ctx, '/tmp/file');
    const bytes = Uint8Array.from({ length: 150_000 }, (_, i) => i * 7);
    expect(source.write(ctx, bytes, 0, bytes.length, 0)).toBe(bytes.length);
    const opened = finish(guest, slow, () => openAt(ctx, ctx.process.root, '/slow/f', O_RDWR | O_CREAT, 0o666, 0));
    if (typeof opened === 'number') throw new Error(`${opened}`);
    opened.retain();
    slow.requests.length = 0;
    expect(finish(guest, slow, () => copyFileRange(ctx, source, 10, opened, AT_OFFSET, 140_000))).toBe(140_000);
    expect(opened.offset).toBe(140_000);
    expect(source.offset).toBe(0);
    expect(slow.requests).toEqual(['write 0 65536', 'write 65536 65536', 'write 131072 8928']);
    const back = open(ctx, '/tmp/back');
    slow.requests.length = 0;
    expect(finish(guest, slow, () => copyFileRange(ctx, opened, 0, back, 0, 1 << 20))).toBe(140_000);
    expect(slow.requests.filter((request) => request.startsWith('read'))).toHaveLength(3);
    const copied = new Uint8Array(140_000);
    back.read(ctx, copied, 0, copied.length, 0);
    expect(Buffer.compare(copied, bytes.subarray(10, 140_010))).toBe(0);
  });

  it('lets others run within a long copy', () => {
    const guest = new Guest();
    const { ctx, linux } = guest;
    const [source, target] = [open(ctx, '/tmp/a'), open(ctx, '/tmp/b')];
    expect(source.inode.truncate(ctx, 5 << 20)).toBe(0);
    let runs = 0;
    let result = -ERESTART;
    for (; result === -ERESTART; runs++) {
      if (runs > 0) expect(linux.takeRunnable()).toBe(ctx);
      result = copyFileRange(ctx, source, 0, target, 0, 5 << 20);
    }
    linux.completed(ctx);
    expect(result).toBe(5 << 20);
    expect(runs).toBe(5);
  });

  it('beyond the largest file: EFBIG; where storage ends: as much as there is, then ENOSPC', () => {
    const guest = new Guest({ quotaBytes: 1 << 18 });
    const { ctx, linux } = guest;
    const [source, target] = [open(ctx, '/tmp/a'), open(ctx, '/tmp/b')];
    expect(source.inode.truncate(ctx, 1 << 20)).toBe(0);
    expect(copyFileRange(ctx, source, 0, target, 2 ** 44, 1)).toBe(-Errno.EFBIG);
    expect(copyFileRange(ctx, source, 0, target, Number.MAX_SAFE_INTEGER, 1)).toBe(-Errno.EOVERFLOW);
    const copied = copyFileRange(ctx, source, 0, target, 0, 1 << 20);
    linux.completed(ctx);
    expect(copied).toBeGreaterThan(1 << 16);
    expect(target.inode.size).toBe(copied);
    expect(copyFileRange(ctx, source, 0, target, copied, 1 << 20)).toBe(-Errno.ENOSPC);
  });
});

describe('descriptors', () => {
  it('a number that CNK owns is replaced', () => {
    const guest = new Guest();
    const { ctx, process } = guest;
    const { table } = process.descriptors;
    replaceDescriptor(table, 5, OWNER_CNK, 0);
    expect(fcntl(ctx, 5, F_GETFD, 0)).toBe(-Errno.EBADF);
    expect(dup2(ctx, 3, 5)).toBe(5);
    expect(process.descriptors.get(5)).toBe(process.descriptors.get(3));
    expect(descriptorOwner(table, 5)).toBe(OWNER_LINUX);
    replaceDescriptor(table, 6, OWNER_CNK, 0);
    expect(fcntl(ctx, 3, F_DUPFD, 5)).toBe(7);
  });

  it('a full table: EMFILE, and nothing is held', () => {
    const guest = new Guest({ descriptors: createDescriptorTable(5) });
    const { ctx, process } = guest;
    const description = process.descriptors.get(3);
    expect(fcntl(ctx, 3, F_DUPFD, 0)).toBe(4);
    expect(fcntl(ctx, 3, F_DUPFD, 0)).toBe(-Errno.EMFILE);
    expect(fcntl(ctx, 3, F_DUPFD, 5)).toBe(-Errno.EINVAL);
    expect(dup2(ctx, 3, 5)).toBe(-Errno.EBADF);
    expect(description?.references).toBe(2);
  });

  it('fd_renumber takes close-on-exec along', () => {
    const guest = new Guest();
    const { ctx } = guest;
    const [from, to] = [guest.fd('tmp/a'), guest.fd('tmp/b')];
    fcntl(ctx, from, F_SETFD, 1);
    expect(guest.call('fd_renumber', from, to)).toBe('OK');
    expect(fcntl(ctx, to, F_GETFD, 0)).toBe(1);
    expect(fcntl(ctx, from, F_GETFD, 0)).toBe(-Errno.EBADF);
    expect(guest.fd('tmp/c')).toBe(from);
    expect(fcntl(ctx, from, F_GETFD, 0)).toBe(0);
  });

  it('a preopened directory’s number that becomes another file is none any more', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/a', undefined, undefined);
    expect(dup2(guest.ctx, fd, 3)).toBe(3);
    expect(guest.call('fd_prestat_get', 3, 64)).toBe('EBADF');
  });
});

describe('a privileged file that cannot be made an ordinary one', () => {
  it('is not written; but it is where a host refuses that, for the host’s kernel will do it', () => {
    const root = new Guest();
    const file = open(root.ctx, '/tmp/file');
    put(root.ctx, file, 'old');
    expect(setMode(root.ctx, file.inode, 0o6777)).toBe(0);
    const user = new Guest({ uid: 1000, gid: 1000 }, root.linux);
    const fd = user.fd('tmp/file');
    const refuse = vi.spyOn(file.inode, 'setMode').mockReturnValue(-Errno.EIO);
    expect(user.write(fd, 'new')).toBe('EIO');
    expect(user.call('fd_filestat_set_size', fd, 0n)).toBe('EIO');
    expect(user.call('fd_allocate', fd, 0n, 100n)).toBe('EIO');
    expect(user.pread(fd, 10, 0)).toBe('old');
    refuse.mockReturnValue(-Errno.EPERM);
    expect(user.write(fd, 'new')).toBe(3);
    expect(refuse).toHaveBeenLastCalledWith(user.ctx, 0o777);
  });
});

it('appending by sendfile is refused, by copy_file_range too', () => {
  const { ctx } = new Guest();
  const source = open(ctx, '/tmp/a');
  const target = open(ctx, '/tmp/b', O_RDWR | O_CREAT | O_APPEND);
  expect(sendfile(ctx, target, source, 0, 1)).toBe(-Errno.EINVAL);
  expect(copyFileRange(ctx, source, 0, target, 0, 1)).toBe(-Errno.EBADF);
});
