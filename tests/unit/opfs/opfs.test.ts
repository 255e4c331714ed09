// OPFS as a file system: guests' calls on it, by the rules of the platform's (see fake-opfs), for engines that differ.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import { FDFLAGS, OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { AT, DIRECTORY_RIGHTS, FILE_RIGHTS, type Guest, READ_RIGHTS } from '../linux/harness.ts';
import { FakeBrowser, fakeForTests, type MountedTab } from './support.ts';

const ROOT = 3;
const UNLINKED = '/.fusedos-unlinked';

const fake = fakeForTests();

/** The names of a directory as a guest reads them, a small buffer at a time. */
function list(
  guest: Guest,
  path: string,
  size = 256,
  between: () => void = () => {},
): { name: string; ino: bigint; type: number }[] {
  const fd = guest.fd(path, OFLAGS.DIRECTORY);
  const found: { name: string; ino: bigint; type: number }[] = [];
  let cookie = 0n;
  for (;;) {
    expect(guest.call('fd_readdir', fd, AT.buffer, size, cookie, AT.result)).toBe('OK');
    const used = guest.u32();
    const portion = guest.memory.copyOut(AT.buffer, used);
    between();
    guest.memory.copyIn(AT.buffer, portion);
    for (let at = AT.buffer; at + 24 <= AT.buffer + used; ) {
      const length = guest.memory.readU32(at + 16);
      if (at + 24 + length > AT.buffer + used) break;
      cookie = guest.memory.readU64(at);
      const name = guest.string(at + 24, length);
      found.push({ name, ino: guest.memory.readU64(at + 8), type: guest.memory.readU32(at + 20) & 0xff });
      at += 24 + length;
    }
    if (used < size) break;
  }
  expect(guest.call('fd_close', fd)).toBe('OK');
  return found.filter(({ name }) => name !== '.' && name !== '..');
}

function stat(guest: Guest, pathOrFd: string | number): Exclude<ReturnType<Guest['stat']>, string> {
  const found = guest.stat(pathOrFd);
  if (typeof found === 'string') throw new Error(`${pathOrFd}: ${found}`);
  return found;
}

const ENGINES = [
  { engine: 'all', hasMove: true, hasModes: true, takesSharedViews: true },
  { engine: 'no modes, no shared views', hasMove: true, hasModes: false, takesSharedViews: false },
] as const;

describe.each(ENGINES)('OPFS in an engine with $engine', (features) => {
  let browser: FakeBrowser;
  let guest: MountedTab['guest'];
  let client: number;
  beforeEach(async () => {
    browser = new FakeBrowser(fake.path, features);
    ({ guest, client } = await browser.mount());
  });
  afterEach(() => browser[Symbol.asyncDispose]());

  it('reads, writes, appends, truncates and allocates, and touches no other byte', async () => {
    const fd = guest.fd('data/f');
    expect(guest.write(fd, 'hello ')).toBe(6);
    expect(guest.write(fd, 'world')).toBe(5);
    const appending = guest.fd('data/f', 0, FILE_RIGHTS, FDFLAGS.APPEND);
    expect(guest.pwrite(fd, 'W', 6)).toBe(1);
    expect(guest.write(appending, '!')).toBe(1);
    expect(guest.pread(fd, 100, 0)).toBe('hello World!');
    expect(guest.pread(fd, 100, 1000)).toBe('');
    guest.memory.copyIn(AT.buffer, new Uint8Array(64).fill(0xee));
    expect(guest.call('fd_pread', fd, ...guest.iovec(AT.buffer + 8, 32), 6n, AT.result)).toBe('OK');
    expect(guest.string(AT.buffer, 20)).toBe(`${'\xee'.repeat(8)}World!${'\xee'.repeat(6)}`);
    expect(guest.call('fd_filestat_set_size', fd, 3n)).toBe('OK');
    expect(guest.call('fd_allocate', fd, 0n, 6n)).toBe('OK');
    expect(guest.call('fd_sync', fd)).toBe('OK');
    expect(guest.call('fd_datasync', guest.fd('data/f', 0, READ_RIGHTS))).toBe('OK');
    expect(guest.size('data/f')).toBe(6);
    expect(guest.write(guest.fd('data/f', OFLAGS.TRUNC, FILE_RIGHTS, FDFLAGS.DSYNC), 'anew')).toBe(4);
    expect((await browser.look()).tree).toEqual({ '/f': 'anew' });
  });

  it('moves large transfers whole', async () => {
    const text = Array.from({ length: 40_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
    const fd = guest.fd('data/f');
    for (let i = 0; i < 5; i++) expect(guest.write(fd, text)).toBe(text.length);
    expect(guest.pread(fd, text.length, text.length * 3)).toBe(text);
    expect((await browser.look()).tree['/f']).toBe(text.repeat(5));
  });

  it('makes, lists and removes names, with the numbers and types that stat tells', async () => {
    expect(guest.mkdir('data/d')).toBe('OK');
    expect(guest.mkdir('data/d')).toBe('EEXIST');
    expect(guest.mkdir('data/absent/d')).toBe('ENOENT');
    guest.fd('data/d/f');
    expect(guest.open('data/d/f', OFLAGS.CREAT | OFLAGS.EXCL)).toBe('EEXIST');
    expect(guest.open('data/d/f/g', OFLAGS.CREAT)).toBe('ENOTDIR');
    expect(guest.open('data/d', OFLAGS.CREAT)).toBe('EISDIR');
    expect(guest.path('path_remove_directory', 'data/d')).toBe('ENOTEMPTY');
    expect(guest.path('path_remove_directory', 'data/d/f')).toBe('ENOTDIR');
    expect(guest.path('path_unlink_file', 'data/d')).toBe('EISDIR');
    const [entry] = list(guest, 'data');
    expect(entry).toEqual({ name: 'd', ino: stat(guest, 'data/d').ino, type: 3 });
    const [file] = list(guest, 'data/d');
    expect(file).toEqual({ name: 'f', ino: stat(guest, 'data/d/f').ino, type: 4 });
    expect(guest.path('path_unlink_file', 'data/d/f')).toBe('OK');
    const directory = guest.fd('data/d', OFLAGS.DIRECTORY);
    expect(guest.path('path_remove_directory', 'data/d')).toBe('OK');
    const inRemoved = guest.call('path_create_directory', directory, ...guest.text('x'));
    expect(inRemoved).toBe('ENOENT');
    expect((await browser.look()).tree[UNLINKED]).toBeUndefined();
    expect(guest.stat('data/d')).toBe('ENOENT');
  });

  it('lists many names once each, in portions, while others come and go', () => {
    const names = Array.from({ length: 700 }, (_, i) => `name-${i}`);
    for (const name of names) expect(guest.call('fd_close', guest.fd(`data/${name}`))).toBe('OK');
    let portions = 0;
    const found = list(guest, 'data', 300, () => {
      guest.call('fd_close', guest.fd(`data/comes-${++portions}`));
      guest.path('path_unlink_file', `data/comes-${portions - 1}`);
    }).map(({ name }) => name);
    expect(portions).toBeGreaterThan(50);
    expect(found.filter((name) => name.startsWith('name-')).sort()).toEqual(names.sort());
    expect(new Set(found).size).toBe(found.length);
  });

  it('has neither links, nor times that can be set, nor directories that move', () => {
    const fd = guest.fd('data/f');
    expect(guest.mkdir('data/d')).toBe('OK');
    expect(guest.link('data/f', 'data/g')).toBe('EPERM');
    expect(guest.symlink('f', 'data/g')).toBe('EPERM');
    expect(guest.call('fd_filestat_set_times', fd, 1n, 2n, 5)).toBe('EPERM');
    expect(guest.rename('data/d', 'data/e')).toBe('EXDEV');
    expect(guest.rename('data/f', 'data/d')).toBe('EISDIR');
    expect(guest.rename('data/d', 'data/f')).toBe('ENOTDIR');
    expect(guest.rename('data/f', 'f')).toBe('EXDEV');
    expect(stat(guest, 'data/f')).toMatchObject({ type: 4, nlink: 1, size: 0 });
    expect(stat(guest, 'data/d')).toMatchObject({ type: 3 });
  });

  it('keeps its modes: chmod to another is EPERM', () => {
    guest.fd('data/f');
    const outcomes: unknown[] = [];
    const chmod = (path: string, mode: number): unknown => {
      outcomes.length = 0;
      guest.linux.request('chmod', [path, mode], (outcome) =>
        outcomes.push('error' in outcome ? outcome.error.code : 0),
      );
      while (outcomes.length === 0) {
        guest.linux.poll();
        guest.linux.takeRunnable();
      }
      return outcomes[0];
    };
    expect([chmod('/data/f', 0o644), chmod('/data/f', 0o600), chmod('/data', 0o755), chmod('/data', 0o777)]).toEqual([
      0,
      'EPERM',
      0,
      'EPERM',
    ]);
  });

  it('an unlinked file lives until it is closed last', async () => {
    const fd = guest.fd('data/f');
    const other = guest.fd('data/f', 0);
    expect(guest.write(fd, 'kept')).toBe(4);
    expect(guest.path('path_unlink_file', 'data/f')).toBe('OK');
    expect(guest.open('data/f', 0)).toBe('ENOENT');
    expect(list(guest, 'data')).toEqual([]);
    expect(guest.write(guest.fd('data/f'), 'a new one')).toBe(9);
    expect(guest.write(fd, ' on')).toBe(3);
    expect(guest.pread(other, 100, 0)).toBe('kept on');
    expect(stat(guest, other)).toMatchObject({ nlink: 0, size: 7 });
    expect(stat(guest, other).ino).not.toBe(stat(guest, 'data/f').ino);
    const during = await browser.look();
    expect(Object.values(during.tree)).toContain('kept on');
    expect(guest.call('fd_close', fd)).toBe('OK');
    expect(guest.call('fd_close', other)).toBe('OK');
    expect(guest.size('data/f')).toBe(9);
    expect((await browser.look()).tree).toEqual({ [UNLINKED]: undefined, '/f': 'a new one' });
    expect((await browser.look()).handles).toBe(1);
  });

  it('a file that is open moves, and keeps its number', async () => {
    expect(guest.mkdir('data/d')).toBe('OK');
    const fd = guest.fd('data/f');
    expect(guest.write(fd, 'text')).toBe(4);
    const { ino } = stat(guest, 'data/f');
    expect(guest.rename('data/f', 'data/d/g')).toBe('OK');
    expect(guest.write(fd, '!')).toBe(1);
    expect(stat(guest, 'data/d/g')).toMatchObject({ ino, size: 5 });
    expect(stat(guest, fd)).toMatchObject({ ino, size: 5, nlink: 1 });
    expect(guest.stat('data/f')).toBe('ENOENT');
    expect(guest.rename('data/d/g', 'data/d/g')).toBe('OK');
    expect((await browser.look()).tree).toEqual({ '/d': undefined, '/d/g': 'text!' });
  });

  it.each([
    ['closed', false],
    ['open', true],
  ])('a rename replaces a file that is %s, whose name is never without a file', async (_, isOpen) => {
    expect(guest.write(guest.fd('data/old'), 'the old one')).toBe(11);
    expect(guest.write(guest.fd('data/new'), 'new')).toBe(3);
    const held = isOpen ? guest.fd('data/old', 0) : -1;
    for (const fd of guest.descriptors) if (fd > ROOT && fd !== held) guest.call('fd_close', fd);
    await browser.ask({ type: 'set', watched: ['old'] });
    expect(guest.rename('data/new', 'data/old')).toBe('OK');
    expect(guest.pread(guest.fd('data/old', 0), 100, 0)).toBe('new');
    if (isOpen) {
      expect(guest.pread(held, 100, 0)).toBe('the old one');
      expect(guest.pwrite(held, 'THE', 0)).toBe(3);
      expect(guest.pread(held, 100, 0)).toBe('THE old one');
      expect(stat(guest, held).nlink).toBe(0);
      expect(guest.call('fd_close', held)).toBe('OK');
    }
    expect(guest.stat('data/new')).toBe('ENOENT');
    const { tree, absences } = await browser.look();
    expect(absences).toBe(0);
    expect(tree['/old']).toBe('new');
    expect(Object.keys(tree).filter((path) => path.startsWith(`${UNLINKED}/`))).toEqual([]);
  });

  it('a full store is ENOSPC after what fits, and a removal makes room', async () => {
    await browser.ask({ type: 'set', quota: 1000 });
    const fd = guest.fd('data/f');
    let written = 0;
    for (;;) {
      const count = guest.write(fd, 'x'.repeat(300));
      if (typeof count === 'string') {
        expect(count).toBe('ENOSPC');
        break;
      }
      written += count;
    }
    expect(written).toBe(1000);
    expect(guest.call('fd_allocate', fd, 0n, 1001n)).toBe('ENOSPC');
    expect(guest.call('fd_filestat_set_size', fd, 1001n)).toBe('ENOSPC');
    expect(guest.size(fd)).toBe(1000);
    expect(guest.call('fd_filestat_set_size', fd, 10n)).toBe('OK');
    expect(guest.write(guest.fd('data/g'), 'y'.repeat(990))).toBe(990);
  });

  it('a rename over an open file that there is no room to keep fails, and changes nothing', async () => {
    const held = guest.fd('data/old');
    expect(guest.write(held, 'o'.repeat(600))).toBe(600);
    expect(guest.write(guest.fd('data/new'), 'new')).toBe(3);
    await browser.ask({ type: 'set', quota: 1000 });
    expect(guest.rename('data/new', 'data/old')).toBe('ENOSPC');
    expect(guest.write(held, 'more')).toBe(4);
    expect(guest.size('data/old')).toBe(604);
    expect(guest.size('data/new')).toBe(3);
    guest.call('fd_close', held);
    expect(guest.size('data/old')).toBe(604);
  });

  it('names that OPFS cannot have are never found and cannot be made', () => {
    const bad = [new Uint8Array([0x61, 0xff]), 'back\\slash', UNLINKED.slice(1)];
    for (const name of bad) {
      const bytes = typeof name === 'string' ? new TextEncoder().encode(name) : name;
      const path = new Uint8Array([...new TextEncoder().encode('data/'), ...bytes]);
      const open = (oflags: number): string =>
        guest.call('path_open', ROOT, 0, ...guest.text(path), oflags, FILE_RIGHTS, FILE_RIGHTS, 0, AT.result);
      expect(open(0)).toBe('ENOENT');
      expect(open(OFLAGS.CREAT)).toBe('EINVAL');
      expect(guest.call('path_create_directory', ROOT, ...guest.text(path))).toBe('EINVAL');
      expect(guest.call('path_unlink_file', ROOT, ...guest.text(path))).toBe('ENOENT');
      guest.fd('data/f');
      const renamed = guest.call('path_rename', ROOT, ...guest.text('data/f'), ROOT, ...guest.text(path, AT.other));
      expect(renamed).toBe('EINVAL');
    }
    expect(guest.fd('data/Grüße 日本 . ', OFLAGS.CREAT)).toBeGreaterThan(ROOT);
    expect(list(guest, 'data').length).toBe(2);
  });

  it('another tab may read what is not open; what one writes is busy for the other', async () => {
    const { guest: other } = await browser.mount({ tab: 2 });
    const fd = guest.fd('data/f');
    expect(guest.write(fd, 'one')).toBe(3);
    expect(other.open('data/f', 0)).toBe('EBUSY');
    expect(other.path('path_unlink_file', 'data/f')).toBe('EBUSY');
    expect(other.rename('data/f', 'data/g')).toBe('EBUSY');
    expect(other.size('data/f')).toBe(3);
    expect(guest.call('fd_close', fd)).toBe('OK');
    const theirs = other.fd('data/f', 0, READ_RIGHTS);
    expect(other.read(theirs, 10)).toBe('one');
    expect(guest.open('data/f', 0)).toBe('EBUSY');
    const mine = guest.open('data/f', 0, READ_RIGHTS);
    if (features.hasModes) expect(guest.read(mine as number, 10)).toBe('one');
    else expect(mine).toBe('EBUSY');
    if (features.hasModes) expect(guest.open('data/f', 0)).toBe('EBUSY');
    if (features.hasModes) expect(guest.pread(mine as number, 10, 0)).toBe('one');
    expect(other.call('fd_close', theirs)).toBe('OK');
    expect(guest.write(guest.fd('data/f', 0), 'two')).toBe(3);
  });

  it('what another tab makes, removes and makes anew is seen', async () => {
    const { guest: other } = await browser.mount({ tab: 2 });
    expect(other.mkdir('data/x')).toBe('OK');
    expect(stat(guest, 'data/x').type).toBe(3);
    expect(other.path('path_remove_directory', 'data/x')).toBe('OK');
    expect(guest.stat('data/x')).toBe('ENOENT');
    other.call('fd_close', other.fd('data/x'));
    expect(stat(guest, 'data/x').type).toBe(4);
  });

  it('of two tabs that make one file exclusively, one does', async () => {
    const { guest: other } = await browser.mount({ tab: 2 });
    for (let round = 0; round < 50; round++) {
      const args = (g: Guest): (number | bigint)[] => [
        ...[ROOT, 0, ...g.text(`data/lock-${round}`)],
        ...[OFLAGS.CREAT | OFLAGS.EXCL, FILE_RIGHTS, FILE_RIGHTS, 0, AT.result],
      ];
      const results = [guest.begin('path_open', ...args(guest)), other.begin('path_open', ...args(other))];
      while (results.includes('WAITS')) {
        if (results[0] === 'WAITS') results[0] = guest.goOn();
        if (results[1] === 'WAITS') results[1] = other.goOn();
      }
      expect(results.sort(), `round ${round}`).toEqual(['EEXIST', 'OK']);
    }
  });

  it('a tab that crashes leaves what it wrote; what it had unlinked is removed by the next mount', async () => {
    const fd = guest.fd('data/f');
    expect(guest.write(fd, 'written')).toBe(7);
    expect(guest.write(guest.fd('data/gone'), 'unlinked')).toBe(8);
    expect(guest.path('path_unlink_file', 'data/gone')).toBe('OK');
    const { guest: alive } = await browser.mount({ tab: 3 });
    const held = alive.fd('data/held');
    expect(alive.path('path_unlink_file', 'data/held')).toBe('OK');
    expect((await browser.ask({ type: 'crash', tab: 1 })).handles).toBe(1);
    expect(guest.write(fd, 'lost')).toBe('EIO');
    const { guest: next } = await browser.mount({ tab: 2 });
    expect(next.read(next.fd('data/f', 0), 100)).toBe('written');
    // What lives on elsewhere is not touched.
    expect(alive.write(held, 'here')).toBe(4);
    const { tree } = await browser.look();
    expect(
      Object.values(tree)
        .filter((content) => content !== undefined)
        .sort(),
    ).toEqual(['here', 'written']);
  });

  it('closes everything when it is unmounted, and when its client ends', async () => {
    const fd = guest.fd('data/f');
    expect(() => guest.linux.unmount('/data')).toThrow('EBUSY');
    expect(guest.call('fd_close', fd)).toBe('OK');
    guest.linux.unmount('/data');
    const { client: second } = await browser.mount({ guest });
    guest.fd('data/f', 0);
    expect((await browser.look()).handles).toBe(1);
    expect((await browser.ask({ type: 'stop', client: second })).handles).toBe(0);
    expect((await browser.ask({ type: 'stop', client })).handles).toBe(0);
  });

  it('a subdirectory is made for a mount that may write, and is all that it shows', async () => {
    const { guest: inside } = await browser.mount({ tab: 2, path: 'a/b' });
    inside.fd('data/f');
    expect(list(guest, 'data/a/b').map(({ name }) => name)).toEqual(['f']);
    expect(inside.stat('data/../a')).toBe('ENOENT');
    expect((await browser.open(1, 'a/absent', true)).fileSystem).toBe(-Errno.ENOENT);
    expect((await browser.open(1, 'a/b/f', false)).fileSystem).toBe(-Errno.ENOTDIR);
  });

  it('a read-only mount refuses every change', async () => {
    expect(guest.write(guest.fd('data/f'), 'text')).toBe(4);
    for (const fd of guest.descriptors) if (fd > ROOT) guest.call('fd_close', fd);
    const { guest: reader } = await browser.mount({ readOnly: true });
    expect(reader.read(reader.fd('data/f', 0, READ_RIGHTS), 10)).toBe('text');
    const results = [
      reader.open('data/f', 0),
      reader.open('data/new', OFLAGS.CREAT),
      reader.mkdir('data/d'),
      reader.path('path_unlink_file', 'data/f'),
      reader.rename('data/f', 'data/g'),
      reader.symlink('f', 'data/g'),
      reader.call('path_filestat_set_times', ROOT, 0, ...reader.text('data/f'), 1n, 1n, 5),
    ];
    expect(results).toEqual(Array.from({ length: 7 }, () => 'EROFS'));
    expect((await browser.look()).tree).toEqual({ '/f': 'text' });
  });

  it('tells the time of the last change, and that it grows', () => {
    const fd = guest.fd('data/f');
    const { mtim } = stat(guest, fd);
    expect(guest.write(fd, 'x')).toBe(1);
    const later = stat(guest, 'data/f').mtim;
    expect(later).toBeGreaterThan(mtim);
    expect(guest.call('fd_close', fd)).toBe('OK');
    expect(stat(guest, 'data/f').mtim).toBeGreaterThanOrEqual(later - 10_000_000n);
  });

  it('a directory is opened, synchronised and not written', () => {
    expect(guest.mkdir('data/d')).toBe('OK');
    const rights = DIRECTORY_RIGHTS | BigInt(RIGHTS.FD_SYNC);
    const at = [...guest.text('data/d'), OFLAGS.DIRECTORY, rights, rights, 0, AT.result] as const;
    expect(guest.call('path_open', ROOT, 0, ...at)).toBe('OK');
    const fd = guest.u32();
    expect(guest.call('fd_sync', fd)).toBe('OK');
    expect(guest.path('path_remove_directory', 'data/d')).toBe('OK');
    expect(guest.call('fd_sync', fd)).toBe('ENOENT');
    expect(guest.mkdir('data/e')).toBe('OK');
    expect(guest.open('data/e', 0)).toBe('EISDIR');
    expect(guest.open('data/absent', 0)).toBe('ENOENT');
  });
});

describe('OPFS in an engine without move', () => {
  it('renames nothing (EXDEV), and keeps an open file from being unlinked (EBUSY)', async () => {
    await using browser = new FakeBrowser(fake.path, { hasMove: false, hasModes: false, takesSharedViews: true });
    const { guest } = await browser.mount();
    const fd = guest.fd('data/f');
    expect(guest.rename('data/f', 'data/g')).toBe('EXDEV');
    expect(guest.path('path_unlink_file', 'data/f')).toBe('EBUSY');
    expect(guest.write(fd, 'still')).toBe(5);
    expect(guest.call('fd_close', fd)).toBe('OK');
    expect(guest.path('path_unlink_file', 'data/f')).toBe('OK');
    expect(list(guest, 'data')).toEqual([]);
  });
});
