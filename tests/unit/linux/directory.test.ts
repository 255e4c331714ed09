// fd_readdir: cookies, cut entries, changes while a directory is listed; names that are not UTF-8.

import { describe, expect, it } from 'vitest';
import { decodeName, encodeName, nameLength } from '../../../personalities/linux/vfs/names.ts';
import { DIRENT, STRUCT_SIZES } from '../../../runtime/abi/wasi/structs.ts';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { AT, Guest } from './harness.ts';
import { KINDS, type Kind, TreeGuest } from './overlay-guests.ts';

interface Entry {
  readonly name: string;
  readonly next: bigint;
  readonly type: number;
}

/** One call: the whole entries that it gave, and how many bytes it used. */
function readSome(guest: Guest, fd: number, cookie: bigint, length: number): { entries: Entry[]; used: number } {
  expect(guest.call('fd_readdir', fd, AT.buffer, length, cookie, AT.result)).toBe('OK');
  const used = guest.u32();
  const entries: Entry[] = [];
  const { memory } = guest;
  for (let at: number = AT.buffer; at + STRUCT_SIZES.dirent <= AT.buffer + used; ) {
    const nameLen = memory.readU32(at + DIRENT.namlen);
    const end = at + STRUCT_SIZES.dirent + nameLen;
    if (end > AT.buffer + used) break;
    const name = guest.string(at + STRUCT_SIZES.dirent, nameLen);
    entries.push({ name, next: memory.readU64(at + DIRENT.next), type: memory.bytes[at + DIRENT.type] as number });
    at = end;
  }
  return { entries, used };
}

function list(guest: Guest, fd: number, length: number, between: () => void = () => {}): string[] {
  const names: string[] = [];
  let cookie = 0n;
  for (;;) {
    const { entries, used } = readSome(guest, fd, cookie, length);
    names.push(...entries.map(({ name }) => name));
    cookie = entries.at(-1)?.next ?? cookie;
    if (used < length) return names;
    between();
  }
}

/** Of an overlay, the first half of the names is below. */
function directoryWith(kind: Kind, names: readonly string[]): { guest: Guest; fd: number } {
  const half = names.length / 2;
  const make = (guest: Guest, some: readonly string[]): void => {
    for (const name of some) guest.call('fd_close', guest.fd(`tmp/d/${name}`));
  };
  const guest = TreeGuest.on(kind, (lower) => {
    lower.mkdir('tmp/d');
    make(lower, names.slice(0, half));
  });
  make(guest, names.slice(half));
  return { guest, fd: guest.fd('tmp/d', OFLAGS.DIRECTORY) };
}

const NAMES = Array.from({ length: 100 }, (_, i) => `name-${i}`);

describe.each(KINDS)('fd_readdir on %s', (kind) => {
  it('gives `.` and `..`, then every name once, whatever the size of the buffer', () => {
    const { guest, fd } = directoryWith(kind, NAMES);
    for (const length of [40, 64, 100, 333, 4096, 20_000]) {
      expect(list(guest, fd, length)).toEqual(['.', '..', ...NAMES]);
    }
  });

  it('cuts the last entry to the buffer', () => {
    const { guest, fd } = directoryWith(kind, ['a']);
    expect(readSome(guest, fd, 0n, 10)).toEqual({ entries: [], used: 10 });
    expect(readSome(guest, fd, 0n, 30).used).toBe(30);
    expect(readSome(guest, fd, 0n, 0).used).toBe(0);
  });

  it('goes on from the cookie of any entry', () => {
    const { guest, fd } = directoryWith(kind, NAMES);
    const { entries } = readSome(guest, fd, 0n, 20_000);
    for (const [i, { next }] of entries.entries()) {
      const rest = readSome(guest, fd, next, 20_000).entries;
      expect(rest.map(({ name }) => name)).toEqual(entries.slice(i + 1).map(({ name }) => name));
    }
    expect(guest.call('fd_readdir', fd, AT.buffer, 100, 2n ** 63n, AT.result)).toBe('EINVAL');
  });

  it('lists what stays exactly once while other names come and go', () => {
    const { guest, fd } = directoryWith(kind, NAMES);
    let step = 0;
    const seen = list(guest, fd, 200, () => {
      guest.path('path_unlink_file', `tmp/d/name-${step * 2}`);
      guest.call('fd_close', guest.fd(`tmp/d/new-${step}`));
      step++;
    });
    for (let i = 1; i < 100; i += 2) expect(seen.filter((name) => name === `name-${i}`)).toHaveLength(1);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('lists names that came after the end, when asked again', () => {
    const { guest, fd } = directoryWith(kind, ['a']);
    const { entries } = readSome(guest, fd, 0n, 1000);
    const last = entries.at(-1)?.next ?? 0n;
    expect(readSome(guest, fd, last, 1000).entries).toEqual([]);
    guest.fd('tmp/d/b');
    expect(readSome(guest, fd, last, 1000).entries.map(({ name }) => name)).toEqual(['b']);
  });

  it('is ENOENT in a directory that was removed', () => {
    const { guest, fd } = directoryWith(kind, []);
    expect(guest.path('path_remove_directory', 'tmp/d')).toBe('OK');
    const accessed = (): unknown[] => {
      const inode = guest.process.descriptors.get(fd)?.inode;
      return [inode?.atimeSec, inode?.atimeNsec];
    };
    const before = accessed();
    expect(guest.call('fd_readdir', fd, AT.buffer, 100, 0n, AT.result)).toBe('ENOENT');
    // Linux: what is dead is not accessed any more.
    expect(accessed()).toEqual(before);
    expect(guest.call('path_create_directory', fd, ...guest.text('new'))).toBe('ENOENT');
  });

  it('lists more than a slice in one call', () => {
    const guest = new Guest({ pages: 64, quotaBytes: 64 << 20 });
    guest.mkdir('tmp/d');
    for (let i = 0; i < 8000; i++) guest.call('fd_close', guest.fd(`tmp/d/${'n'.repeat(200)}${i}`));
    const fd = guest.fd('tmp/d', OFLAGS.DIRECTORY);
    const length = 2_000_000;
    expect(guest.begin('fd_readdir', fd, AT.buffer, length, 0n, AT.result)).toBe('WAITS');
    expect(guest.goOn()).toBe('OK');
    expect(readSome(guest, fd, 0n, length).entries).toHaveLength(8002);
  });
});

describe('a name that is not UTF-8', () => {
  const CASES: readonly (readonly number[])[] = [
    [0xff],
    [0x61, 0x80, 0x62],
    [0xc3, 0xa9],
    [0xc3],
    [0xed, 0xa0, 0x80],
    [0xed, 0xb2, 0x80],
    [0xf0, 0x9f, 0x98, 0x80],
    [0xf0, 0x9f, 0x98],
    [0xef, 0xbb, 0xbf, 0x61],
    [0xc0, 0xaf],
    [0xf4, 0x90, 0x80, 0x80],
  ];

  it.each(CASES)('comes back byte by byte: %s …', (...bytes) => {
    const name = decodeName(Uint8Array.from(bytes));
    expect([...encodeName(name)]).toEqual(bytes);
    expect(nameLength(name)).toBe(bytes.length);
  });

  it('names a file, and no other', () => {
    const { guest, fd } = directoryWith('memory', []);
    const names = [Uint8Array.of(0xff), Uint8Array.of(0xfe), new TextEncoder().encode('\ufffd')];
    for (const name of names) {
      const result = guest.call('path_create_directory', fd, ...guest.text(name));
      expect(result).toBe('OK');
    }
    const { entries } = readSome(guest, fd, 0n, 1000);
    expect(entries.slice(2).map(({ name }) => name)).toEqual(['\xff', '\xfe', '\xef\xbf\xbd']);
  });
});
