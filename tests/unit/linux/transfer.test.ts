// Reading, writing, offsets, sizes and the quota.

import { describe, expect, it } from 'vitest';
import { createDescriptorTable } from '../../../runtime/abi/descriptor-table.ts';
import { FDFLAGS, OFLAGS, WHENCE } from '../../../runtime/abi/wasi/types.ts';
import { AT, FILE_RIGHTS, Guest, PAGE, READ_RIGHTS } from './harness.ts';

function seek(guest: Guest, fd: number, offset: number | bigint, whence: number): number | string {
  const result = guest.call('fd_seek', fd, BigInt(offset), whence, AT.result);
  return result === 'OK' ? Number(guest.memory.readU64(AT.result)) : result;
}

describe('a regular file', () => {
  it('is read where it was written, and the offset moves', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    expect(guest.write(fd, 'hello ')).toBe(6);
    expect(guest.write(fd, 'world')).toBe(5);
    expect(guest.read(fd, 10)).toBe('');
    expect(seek(guest, fd, 0, WHENCE.SET)).toBe(0);
    expect(guest.read(fd, 8)).toBe('hello wo');
    expect(guest.read(fd, 8)).toBe('rld');
    expect(guest.pread(fd, 5, 6)).toBe('world');
    expect(seek(guest, fd, 0, WHENCE.CUR)).toBe(11);
  });

  it('takes several buffers, empty ones too, wherever those point', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    guest.text('abcdef', AT.buffer);
    const buffers = [AT.buffer, 2, 0xffff_ffff, 0, AT.buffer + 2, 4];
    for (const [i, word] of buffers.entries()) guest.memory.writeU32(AT.iovec + 4 * i, word);
    expect(guest.call('fd_write', fd, AT.iovec, 3, AT.result)).toBe('OK');
    expect(guest.u32()).toBe(6);
    expect(guest.pread(fd, 10, 0)).toBe('abcdef');
  });

  it('reads as zeros where it was never written', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    guest.pwrite(fd, 'x', 3_000_000);
    guest.pwrite(fd, 'y', 1_048_575);
    expect(guest.size(fd)).toBe(3_000_001);
    guest.memory.bytes.fill(7);
    expect(guest.pread(fd, 6, 2_999_996)).toBe('\0\0\0\0x');
    expect(guest.pread(fd, 4, 1_048_574)).toBe('\0y\0\0');
    expect(guest.pread(fd, 3, 10)).toBe('\0\0\0');
  });

  it('costs a page for a byte far out', () => {
    const guest = new Guest({ quotaBytes: 1 << 16 });
    const fd = guest.fd('tmp/file');
    expect(guest.pwrite(fd, 'x', 1_500_000_000)).toBe(1);
    expect(guest.process.descriptors.get(fd)?.inode.storage).toBe(4096);
  });

  it('appends at its end in append mode, pwrite too', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file', OFLAGS.CREAT, FILE_RIGHTS, FDFLAGS.APPEND);
    guest.write(fd, 'one');
    seek(guest, fd, 0, WHENCE.SET);
    guest.write(fd, 'two');
    guest.pwrite(fd, 'three', 0);
    expect(guest.pread(fd, 20, 0)).toBe('onetwothree');
    expect(seek(guest, fd, 0, WHENCE.CUR)).toBe(6);
  });

  it('shows zeros again where it was cut and lengthened', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    guest.write(fd, 'abcdefgh');
    expect(guest.call('fd_filestat_set_size', fd, 3n)).toBe('OK');
    expect(guest.call('fd_filestat_set_size', fd, 6n)).toBe('OK');
    expect(guest.pread(fd, 10, 0)).toBe('abc\0\0\0');
    guest.pwrite(fd, 'z', 2_000_000);
    guest.call('fd_filestat_set_size', fd, 1_048_576n);
    guest.call('fd_filestat_set_size', fd, 2_000_001n);
    expect(guest.pread(fd, 1, 2_000_000)).toBe('\0');
  });

  it('has limits: EFBIG, EINVAL', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/file');
    expect(guest.pwrite(fd, 'x', 2n ** 60n)).toBe('EFBIG');
    expect(guest.pwrite(fd, 'x', 2n ** 63n)).toBe('EINVAL');
    expect(guest.call('fd_filestat_set_size', fd, 2n ** 62n)).toBe('EFBIG');
    expect(guest.call('fd_filestat_set_size', fd, 2n ** 63n)).toBe('EINVAL');
    expect(guest.call('fd_allocate', fd, 2n ** 62n, 1n)).toBe('EFBIG');
    expect(guest.call('fd_allocate', fd, 0n, 0n)).toBe('EINVAL');
    expect(seek(guest, fd, -1, WHENCE.SET)).toBe('EINVAL');
    expect(seek(guest, fd, 2n ** 62n, WHENCE.SET)).toBe('EINVAL');
    expect(seek(guest, fd, 0, 3)).toBe('EINVAL');
    expect(seek(guest, fd, 100, WHENCE.END)).toBe(100);
    expect(guest.call('fd_advise', fd, 0n, 0n, 6)).toBe('EINVAL');
    expect(guest.call('fd_advise', fd, 2n ** 63n, 0n, 0)).toBe('EINVAL');
  });

  it('is advised about, and so is a directory, as on Linux', () => {
    const guest = new Guest();
    expect(guest.call('fd_advise', 3, 0n, 0n, 3)).toBe('OK');
    expect(guest.call('fd_advise', 3, 0n, 0n, 6)).toBe('EINVAL');
  });

  it('outlives its name while it is open, and then gives its storage back', () => {
    const guest = new Guest({ quotaBytes: 100_000 });
    for (let i = 0; i < 20; i++) {
      const fd = guest.fd('tmp/file');
      expect(guest.write(fd, new Uint8Array(30_000))).toBe(30_000);
      expect(guest.path('path_unlink_file', 'tmp/file')).toBe('OK');
      expect(guest.size(fd)).toBe(30_000);
      expect(guest.call('fd_close', fd)).toBe('OK');
    }
  });
});

describe('access', () => {
  it('is refused without the right', () => {
    const guest = new Guest();
    guest.write(guest.fd('tmp/file'), 'text');
    const reader = guest.fd('tmp/file', 0, READ_RIGHTS);
    expect(guest.write(reader, 'x')).toBe('ENOTCAPABLE');
    expect(guest.call('fd_filestat_set_size', reader, 0n)).toBe('ENOTCAPABLE');
    expect(guest.read(3, 10)).toBe('ENOTCAPABLE');
    expect(guest.call('fd_readdir', reader, AT.buffer, 100, 0n, AT.result)).toBe('ENOTDIR');
  });

  it('truncates with O_TRUNC even when opened for reading', () => {
    const guest = new Guest();
    guest.write(guest.fd('tmp/file'), 'text');
    guest.fd('tmp/file', OFLAGS.TRUNC, 0n);
    expect(guest.size('tmp/file')).toBe(0);
  });
});

describe('a long transfer', () => {
  const length = 40 * PAGE;

  it('goes in slices, and others have their turn in between', () => {
    const guest = new Guest({ pages: 50 });
    const fd = guest.fd('tmp/file');
    guest.memory.bytes.fill(0x61, AT.buffer, AT.buffer + length);
    expect(guest.begin('fd_write', fd, ...guest.iovec(AT.buffer, length), AT.result)).toBe('WAITS');
    expect(guest.process.descriptors.get(fd)?.inode.size).toBe(1 << 20);
    expect(guest.goOn()).toBe('OK');
    expect(guest.u32()).toBe(length);
    expect(guest.size(fd)).toBe(length);
    expect(guest.call('fd_pread', fd, ...guest.iovec(AT.buffer, length), 0n, AT.result)).toBe('OK');
    expect(guest.u32()).toBe(length);
    expect(guest.call('random_get', AT.buffer, length)).toBe('OK');
    expect(guest.memory.bytes[AT.buffer + length - 1]).toBe(0xa5);
  });
});

describe('a full disk', () => {
  it('stores what fits, then is ENOSPC; nothing that was written is lost', () => {
    const guest = new Guest({ quotaBytes: 20_000, pages: 4 });
    const fd = guest.fd('tmp/file');
    let total = 0;
    for (;;) {
      const written = guest.write(fd, new Uint8Array(3000).fill(0x62));
      if (typeof written === 'string') {
        expect(written).toBe('ENOSPC');
        break;
      }
      total += written;
    }
    expect(total).toBeGreaterThan(16_000);
    expect(guest.size(fd)).toBe(total);
    expect(guest.pread(fd, 20_000, 0)).toBe('b'.repeat(total));
    expect(guest.mkdir('tmp/directory')).toBe('ENOSPC');
    expect(guest.open('tmp/new', OFLAGS.CREAT)).toBe('ENOSPC');
    expect(guest.call('fd_allocate', fd, 0n, 100_000n)).toBe('ENOSPC');
    expect(guest.call('fd_filestat_set_size', fd, 0n)).toBe('OK');
    expect(guest.mkdir('tmp/directory')).toBe('OK');
  });

  it('is met by many empty files too', () => {
    const guest = new Guest({ quotaBytes: 100_000 });
    let made = 0;
    while (guest.open(`tmp/${made}`, OFLAGS.CREAT) !== 'ENOSPC' && made < 1000) made++;
    expect(made).toBeLessThan(200);
    for (let i = 0; i < made; i++) expect(guest.path('path_unlink_file', `tmp/${i}`)).toBe('OK');
  });
});

describe('descriptors', () => {
  it('are the lowest free, and EMFILE when there is none', () => {
    const guest = new Guest({ descriptors: createDescriptorTable(6) });
    expect(guest.fd('tmp/a')).toBe(4);
    expect(guest.fd('tmp/b')).toBe(5);
    expect(guest.open('tmp/c', OFLAGS.CREAT)).toBe('EMFILE');
    expect(guest.stat('tmp/c')).toBe('ENOENT');
    expect(guest.call('fd_close', 4)).toBe('OK');
    expect(guest.fd('tmp/c')).toBe(4);
  });

  it('are free again after an open that failed', () => {
    const guest = new Guest();
    expect(guest.open('tmp/nope')).toBe('ENOENT');
    expect(guest.fd('tmp/a')).toBe(4);
  });

  it('move by fd_renumber, and preopens with them', () => {
    const guest = new Guest();
    const a = guest.fd('tmp/a');
    const b = guest.fd('tmp/b');
    guest.write(a, 'aaa');
    expect(guest.call('fd_renumber', a, b)).toBe('OK');
    expect(guest.size(b)).toBe(3);
    expect(guest.call('fd_renumber', b, 77)).toBe('EBADF');
    expect(guest.call('fd_renumber', 3, b)).toBe('OK');
    expect(guest.call('fd_prestat_get', b, AT.result)).toBe('OK');
    expect(guest.call('fd_prestat_get', 3, AT.result)).toBe('EBADF');
    expect(guest.descriptors).toEqual([0, 1, 2, b]);
  });
});

describe('devices', () => {
  it('null, zero, full and random do what they are for', () => {
    const guest = new Guest();
    const open = (name: string) => guest.fd(`dev/${name}`, 0);
    expect(guest.write(open('null'), 'gone')).toBe(4);
    expect(guest.read(open('null'), 4)).toBe('');
    expect(guest.read(open('zero'), 3)).toBe('\0\0\0');
    expect(guest.write(open('full'), 'x')).toBe('ENOSPC');
    expect(guest.read(open('urandom'), 2)).toBe('\xa5\xa5');
    expect(guest.mkdir('dev/new')).toBe('EROFS');
    expect(guest.path('path_remove_directory', 'dev')).toBe('EBUSY');
    expect(guest.rename('dev', 'tmp/dev')).toBe('EBUSY');
    expect(guest.open('dev/null', OFLAGS.TRUNC)).not.toBe('EINVAL');
  });
});
