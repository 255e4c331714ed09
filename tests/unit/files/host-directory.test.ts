// The synchronous view of one host directory: what guests can do inside of it, and that they cannot get out. Each test runs
// both ways in which names are resolved: by handle (Linux), and by path as on other hosts.

import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import { emptyAttributes } from '../../../runtime/files/attributes.ts';
import { closeAllOf, createDescriptorNotes, HostDescriptors } from '../../../runtime/files/disk/descriptors.ts';
import { HostDirectory } from '../../../runtime/files/disk/directory.ts';
import { takeEntries } from '../../../runtime/files/listing.ts';
import { HOST_READ, HOST_WRITE } from '../../../runtime/files/protocol.ts';
import { takeStatus } from '../../../runtime/files/status.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { bytes, openDescriptors, temporaryDirectory, text } from './support.ts';

const NO_NAME = new Uint8Array(0);
const IS_LINUX = process.platform === 'linux';

describe.each([{ byHandle: true }, { byHandle: false }])('a host directory, by handle: $byHandle', ({ byHandle }) => {
  const at = emptyAttributes();
  let temporary: ReturnType<typeof temporaryDirectory>;
  let top: string;
  let outside: string;
  let descriptorsBefore = 0;
  let directory: HostDirectory;

  const notes = createDescriptorNotes();
  function open(path: string, readOnly = false, handles = 128): HostDirectory {
    const opened = HostDirectory.open(path, { readOnly, handles, byHandle, descriptors: new HostDescriptors(notes) });
    if (typeof opened === 'number') throw new Error(`open: ${opened}`);
    return opened;
  }
  function look(parent: number, name: string): number {
    return directory.lookup(parent, bytes(name), at);
  }

  beforeEach(() => {
    temporary = temporaryDirectory();
    top = join(temporary.path, 'top');
    outside = join(temporary.path, 'outside');
    mkdirSync(join(top, 'a', 'b'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(join(top, 'file'), 'inside');
    writeFileSync(join(top, 'a', 'b', 'deep'), 'deep inside');
    writeFileSync(join(outside, 'secret'), 'secret');
    descriptorsBefore = openDescriptors();
    directory = open(top);
  });
  afterEach(() => {
    directory.dispose();
    closeAllOf(notes);
    expect(openDescriptors()).toBe(descriptorsBefore);
    temporary[Symbol.dispose]();
  });

  it('says whether renames on the host can lead out', () => {
    expect(directory.isRaceFree).toBe(byHandle && IS_LINUX);
  });

  it('tells the attributes that the host tells', () => {
    expect(look(0, 'file')).toBe(0);
    const stats = lstatSync(join(top, 'file'), { bigint: true });
    expect(at.ino).toBe(stats.ino);
    expect(at.mode).toBe(Number(stats.mode));
    expect(at.size).toBe(6);
    expect(BigInt(at.mtimeSec) * 1_000_000_000n + BigInt(at.mtimeNsec)).toBe(stats.mtimeNs);
    expect(BigInt(at.ctimeSec) * 1_000_000_000n + BigInt(at.ctimeNsec)).toBe(stats.ctimeNs);
  });

  it('walks, reads and writes', () => {
    const b = look(look(0, 'a'), 'b');
    expect(b).toBeGreaterThan(0);
    const file = directory.open(b, bytes('deep'), 0n, HOST_READ | HOST_WRITE, at);
    const buffer = new Uint8Array(new SharedArrayBuffer(32)).fill(0xa5);
    expect(directory.files.read(file, buffer, 4, 20, 5)).toBe(6);
    expect(text(buffer.subarray(4, 10))).toBe('inside');
    expect(buffer.filter((byte) => byte === 0xa5)).toHaveLength(26);
    expect(directory.files.write(file, bytes('xyz'), 0, 3, 0)).toBe(3);
    expect(directory.files.write(file, bytes('end'), 0, 3, -1)).toBe(3);
    expect(readFileSync(join(top, 'a/b/deep'), 'utf8')).toBe('xyzp insideend');
    expect(directory.files.close(file)).toBe(0);
    expect(directory.files.close(file)).toBe(-Errno.EBADF);
  });

  it('appends at the end also when another process has appended', () => {
    const file = directory.open(0, bytes('file'), 0n, HOST_WRITE, at);
    directory.files.write(file, bytes('1'), 0, 1, -1);
    appendFileSync(join(top, 'file'), '2');
    directory.files.write(file, bytes('3'), 0, 1, -1);
    directory.files.write(file, bytes('I'), 0, 1, 0);
    expect(readFileSync(join(top, 'file'), 'utf8')).toBe('Inside123');
  });

  it('makes and removes files, directories and links', () => {
    const file = directory.create(0, bytes('new'), 0o640, 0, at);
    expect(file).toBeGreaterThanOrEqual(0);
    expect(at.mode & 0o777).toBe(0o640);
    expect(directory.create(0, bytes('new'), 0o640, 0, at)).toBe(-Errno.EEXIST);
    const sub = directory.mkdir(0, bytes('sub'), 0o750, at);
    expect(sub).toBeGreaterThan(0);
    expect(directory.rename(0, bytes('new'), sub, bytes('moved'))).toBe(0);
    expect(directory.link(sub, bytes('moved'), 0, bytes('again'))).toBe(0);
    expect(statSync(join(top, 'again')).nlink).toBe(2);
    expect(directory.symlink(0, bytes('link'), bytes('sub/moved'), at)).toBe(0);
    expect(readlinkSync(join(top, 'link'))).toBe('sub/moved');
    const target = new Uint8Array(64);
    expect(directory.readlink(0, bytes('link'), target)).toBe(9);
    expect(directory.rmdir(0, bytes('sub'))).toBe(-Errno.ENOTEMPTY);
    expect(directory.unlink(0, bytes('sub'))).toBe(-Errno.EISDIR);
    expect(directory.unlink(sub, bytes('moved'))).toBe(0);
    expect(directory.rmdir(0, bytes('sub'))).toBe(0);
    expect(existsSync(join(top, 'sub'))).toBe(false);
  });

  it('keeps a node through our own renames', () => {
    const a = look(0, 'a');
    const b = look(a, 'b');
    expect(directory.rename(a, bytes('b'), 0, bytes('moved'))).toBe(0);
    expect(directory.lookup(b, bytes('deep'), at)).toBe(0);
    expect(look(0, 'moved')).toBe(b);
    expect(look(a, 'b')).toBe(-Errno.ENOENT);
  });

  it.each(['..', '.', '', 'a/b', '../outside', '/', 'nul\0name', '/etc/passwd'])('refuses the name %j', (name) => {
    expect(look(0, name)).toBeLessThan(0);
    expect(directory.open(0, bytes(name), 0n, HOST_READ, at)).toBeLessThan(0);
    expect(directory.create(0, bytes(name), 0o644, 0, at)).toBeLessThan(0);
    expect(directory.mkdir(0, bytes(name), 0o755, at)).toBeLessThan(0);
    expect(directory.rename(0, bytes('file'), 0, bytes(name))).toBeLessThan(0);
    expect(directory.unlink(0, bytes(name))).toBeLessThan(0);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('refuses a name that is too long', () => {
    expect(look(0, 'n'.repeat(256))).toBe(-Errno.ENAMETOOLONG);
    expect(look(0, 'n'.repeat(255))).toBe(-Errno.ENOENT);
  });

  it('does not go through symbolic links, absolute or relative', () => {
    symlinkSync(join(outside, 'secret'), join(top, 'absolute'));
    symlinkSync('../outside/secret', join(top, 'relative'));
    symlinkSync('../outside', join(top, 'directory'));
    for (const name of ['absolute', 'relative', 'directory']) {
      expect(look(0, name)).toBe(0);
      expect(at.mode & 0o170000).toBe(0o120000);
      expect(directory.open(0, bytes(name), 0n, HOST_READ, at)).toBe(-Errno.ELOOP);
      expect(directory.create(0, bytes(name), 0o644, 0, at)).toBe(-Errno.EEXIST);
      const target = { file: -1, directory: 0, name: bytes(name), ino: 0n };
      expect(directory.attributes.truncate(target, 0)).toBe(-Errno.ELOOP);
      expect(directory.attributes.setMode(target, 0o777)).toBe(-Errno.EOPNOTSUPP);
      expect(directory.attributes.setTimes(target, 1, 2)).toBe(0);
      expect(lstatSync(join(top, name)).mtimeMs).toBe(2000);
    }
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(statSync(join(outside, 'secret')).mtimeMs).toBeGreaterThan(1e12);
    expect(statSync(join(outside, 'secret')).mode & 0o777).not.toBe(0o777);
  });

  it('does not go through a directory that became a link', () => {
    const a = look(0, 'a');
    renameSync(join(top, 'a'), join(top, 'old'));
    symlinkSync(outside, join(top, 'a'));
    const found = directory.lookup(a, bytes('secret'), at);
    expect([-Errno.ENOENT, -Errno.ESTALE]).toContain(found);
    expect(directory.open(a, bytes('secret'), 0n, HOST_READ, at)).toBe(found);
  });

  it('answers ESTALE when the name stands for another file than was seen', () => {
    look(0, 'file');
    const { ino } = at;
    renameSync(join(top, 'file'), join(top, 'kept'));
    writeFileSync(join(top, 'file'), 'another');
    expect(directory.open(0, bytes('file'), ino, HOST_READ, at)).toBe(-Errno.ESTALE);
    const target = { file: -1, directory: 0, name: bytes('file'), ino };
    expect(directory.attributes.truncate(target, 0)).toBe(-Errno.ESTALE);
    expect(directory.attributes.setMode(target, 0o600)).toBe(-Errno.ESTALE);
    expect(readFileSync(join(top, 'file'), 'utf8')).toBe('another');
    unlinkSync(join(top, 'file'));
    symlinkSync('kept', join(top, 'file'));
    expect(directory.open(0, bytes('file'), ino, HOST_READ, at)).toBe(-Errno.ESTALE);
  });

  it.runIf(IS_LINUX)('shows FIFOs and sockets, opens none, and never blocks', () => {
    execFileSync('mkfifo', [join(top, 'fifo')]);
    expect(look(0, 'fifo')).toBe(0);
    const { ino } = at;
    const start = performance.now();
    for (const expected of [0n, ino]) {
      for (const access of [HOST_READ, HOST_WRITE, HOST_READ | HOST_WRITE]) {
        expect(directory.open(0, bytes('fifo'), expected, access, at)).toBe(-Errno.ENXIO);
      }
    }
    expect(directory.attributes.truncate({ file: -1, directory: 0, name: bytes('fifo'), ino: 0n }, 0)).toBe(
      -Errno.ENXIO,
    );
    expect(performance.now() - start).toBeLessThan(1000);
    expect(directory.unlink(0, bytes('fifo'))).toBe(0);
  });

  it('opens a regular file while it looks it up, and tells what it has opened', () => {
    const first = directory.lookupToOpen(0, bytes('file'), 0n, HOST_READ, at);
    expect([first.node, at.size]).toEqual([0, 6]);
    // Seen before, and another file now: what is opened is what is told.
    const { ino } = at;
    renameSync(join(top, 'file'), join(top, 'old'));
    writeFileSync(join(top, 'file'), 'another');
    const second = directory.lookupToOpen(0, bytes('file'), ino, HOST_READ, at);
    expect([second.node, at.size, at.ino === ino]).toEqual([0, 7, false]);
    const buffer = new Uint8Array(16);
    expect(text(buffer.subarray(0, directory.files.read(second.file, buffer, 0, 16, 0)))).toBe('another');
    expect(text(buffer.subarray(0, directory.files.read(first.file, buffer, 0, 16, 0)))).toBe('inside');
    for (const { file } of [first, second]) expect(directory.files.close(file)).toBe(0);
    expect(directory.lookupToOpen(0, bytes('none'), 0n, HOST_READ, at)).toEqual({ node: -Errno.ENOENT, file: -1 });
    const gone = directory.lookupToOpen(0, bytes('none'), 1n, HOST_READ, at);
    expect([gone.node, gone.file < 0]).toEqual([-Errno.ENOENT, true]);
    const a = directory.lookupToOpen(0, bytes('a'), 0n, HOST_READ, at);
    expect([a.node > 0, a.file < 0]).toEqual([true, true]);
    symlinkSync('file', join(top, 'link'));
    for (const hint of [0n, ino]) {
      const link = directory.lookupToOpen(0, bytes('link'), hint, HOST_READ, at);
      expect([link.node, link.file < 0, at.mode & 0o170000]).toEqual([0, true, 0o120000]);
    }
    const readOnly = open(top, true);
    expect(readOnly.lookupToOpen(0, bytes('file'), 0n, HOST_WRITE, at).file).toBe(-Errno.EROFS);
    readOnly.dispose();
  });

  it.runIf(IS_LINUX)('looks before it opens what was not seen as a regular file, and keeps nothing else open', () => {
    execFileSync('mkfifo', [join(top, 'fifo')]);
    const opened: string[] = [];
    class Recording extends HostDescriptors {
      override open(path: string | Uint8Array, flags: number, mode?: number): number {
        opened.push(typeof path === 'string' ? path : text(path));
        return super.open(path, flags, mode);
      }
    }
    const watched = HostDirectory.open(top, { readOnly: false, byHandle, descriptors: new Recording(notes) });
    if (typeof watched === 'number') throw new Error(`open: ${watched}`);
    const before = openDescriptors();
    for (const [hint, times] of [
      [0n, 0],
      [1n, 1],
    ] as const) {
      opened.length = 0;
      const fifo = watched.lookupToOpen(0, bytes('fifo'), hint, HOST_READ, at);
      expect([fifo.node, fifo.file < 0, at.mode & 0o170000]).toEqual([0, true, 0o010000]);
      expect(opened.filter((path) => path.endsWith('fifo'))).toHaveLength(times);
      expect(openDescriptors()).toBe(before);
    }
    watched.dispose();
  });

  it('opens no directory as a file', () => {
    expect(directory.open(0, bytes('a'), 0n, HOST_READ, at)).toBe(-Errno.EISDIR);
  });

  it('refuses every change when it is read-only', () => {
    const readOnly = open(top, true);
    const before = readdirSync(top);
    const file = { file: -1, directory: 0, name: bytes('file'), ino: 0n };
    const name = bytes('file');
    const other = bytes('other');
    expect(readOnly.open(0, name, 0n, HOST_WRITE, at)).toBe(-Errno.EROFS);
    expect(readOnly.create(0, other, 0o644, 0, at)).toBe(-Errno.EROFS);
    expect(readOnly.mkdir(0, other, 0o755, at)).toBe(-Errno.EROFS);
    expect(readOnly.symlink(0, other, name, at)).toBe(-Errno.EROFS);
    expect(readOnly.link(0, name, 0, other)).toBe(-Errno.EROFS);
    expect(readOnly.rename(0, name, 0, other)).toBe(-Errno.EROFS);
    expect(readOnly.unlink(0, name)).toBe(-Errno.EROFS);
    expect(readOnly.rmdir(0, bytes('a'))).toBe(-Errno.EROFS);
    expect(readOnly.attributes.setMode(file, 0o600)).toBe(-Errno.EROFS);
    expect(readOnly.attributes.setTimes(file, 1, 1)).toBe(-Errno.EROFS);
    expect(readOnly.attributes.truncate(file, 0)).toBe(-Errno.EROFS);
    const opened = readOnly.open(0, name, 0n, HOST_READ, at);
    expect(readOnly.files.write(opened, name, 0, 4, 0)).toBe(-Errno.EBADF);
    readOnly.dispose();
    expect(readdirSync(top)).toEqual(before);
    expect(readFileSync(join(top, 'file'), 'utf8')).toBe('inside');
  });

  it('says why a directory cannot be mounted', () => {
    const options = { readOnly: true, byHandle };
    expect(HostDirectory.open(join(top, 'missing'), options)).toBe(-Errno.ENOENT);
    expect(HostDirectory.open(join(top, 'file'), options)).toBe(-Errno.ENOTDIR);
  });

  it('answers ENOENT or ESTALE after the directory has vanished', () => {
    const a = look(0, 'a');
    const file = directory.open(0, bytes('file'), 0n, HOST_READ, at);
    rmSync(top, { recursive: true });
    expect([-Errno.ENOENT, -Errno.ESTALE]).toContain(look(0, 'file'));
    expect([-Errno.ENOENT, -Errno.ESTALE]).toContain(look(a, 'b'));
    expect([-Errno.ENOENT, -Errno.ESTALE]).toContain(directory.create(0, bytes('new'), 0o644, 0, at));
    expect(directory.files.read(file, new Uint8Array(8), 0, 8, 0)).toBe(6);
  });

  it('sets modes, times and sizes, by name and by open file', () => {
    const byName = { file: -1, directory: 0, name: bytes('file'), ino: 0n };
    const opened = directory.open(0, bytes('file'), 0n, HOST_READ | HOST_WRITE, at);
    const byFile = { file: opened, directory: 0, name: NO_NAME, ino: at.ino };
    for (const target of [byName, byFile]) {
      expect(directory.attributes.setMode(target, 0o4640)).toBe(0);
      expect(statSync(join(top, 'file')).mode & 0o7777).toBe(0o640);
      expect(directory.attributes.setTimes(target, 1_700_000_000.5, 1_600_000_000.25)).toBe(0);
      expect(directory.attributes.setTimes(target, Number.NaN, -1.5)).toBe(0);
      expect(directory.attributes.stat(target, at)).toBe(0);
      expect([at.atimeSec, at.atimeNsec]).toEqual([1_700_000_000, 500_000_000]);
      expect([at.mtimeSec, at.mtimeNsec]).toEqual([-2, 500_000_000]);
      expect(directory.attributes.truncate(target, 3)).toBe(0);
      expect(readFileSync(join(top, 'file'), 'utf8').length).toBe(3);
    }
    const itself = { file: -1, directory: look(0, 'a'), name: NO_NAME, ino: at.ino };
    expect(directory.attributes.setMode(itself, 0o700)).toBe(0);
    expect(statSync(join(top, 'a')).mode & 0o777).toBe(0o700);
    expect(directory.attributes.setTimes(itself, 5, 6)).toBe(0);
    expect(directory.attributes.stat(itself, at)).toBe(0);
    expect(at.mtimeSec).toBe(6);
  });

  it('sets each time to the microsecond, and leaves the other one to it, however often', () => {
    const target = { file: -1, directory: 0, name: bytes('file'), ino: 0n };
    const seed = seedOfRun();
    const random = seededRandom(seed);
    const left = random.below(1e6);
    expect(directory.attributes.setTimes(target, 1_795_372_608 + left / 1e6, 0)).toBe(0);
    for (let i = 0; i < 300; i++) {
      const [sec, usec] = [random.below(2 ** 32) - 2 ** 30, random.below(1e6)];
      expect(directory.attributes.setTimes(target, Number.NaN, sec + usec / 1e6)).toBe(0);
      expect(directory.attributes.stat(target, at)).toBe(0);
      // Newer Nodes set what the floating point number is, not cut to microseconds.
      const offNs = [
        (at.mtimeSec - sec) * 1e9 + at.mtimeNsec - usec * 1000,
        (at.atimeSec - 1_795_372_608) * 1e9 + at.atimeNsec - left * 1000,
      ];
      expect(Math.max(...offNs.map(Math.abs)), `seed ${seed}`).toBeLessThan(500);
    }
  });

  it('reads and writes beyond 4 GiB', () => {
    const file = directory.create(0, bytes('large'), 0o600, 0, at);
    const position = 5 * 2 ** 30 + 7;
    expect(directory.files.write(file, bytes('far'), 0, 3, position)).toBe(3);
    const into = new Uint8Array(5);
    expect(directory.files.read(file, into, 0, 5, position - 2)).toBe(5);
    expect(text(into)).toBe('\0\0far');
    expect(statSync(join(top, 'large')).size).toBe(position + 3);
    expect(directory.files.extend(file, position)).toBe(0);
    expect(statSync(join(top, 'large')).size).toBe(position + 3);
    truncateSync(join(top, 'large'), 0);
  });

  it('tells that a file cannot be that long, or at such a place', () => {
    const file = directory.create(0, bytes('odd'), 0o600, 0, at);
    expect(directory.files.truncate(file, Number.MAX_SAFE_INTEGER)).toBeLessThan(0);
    expect(directory.files.write(file, bytes('x'), 0, 1, Number.MAX_SAFE_INTEGER - 1)).toBeLessThan(0);
  });

  it('lists 1,000 entries with their numbers and types, each once', () => {
    for (let i = 0; i < 1000; i++) writeFileSync(join(top, 'a', 'b', `entry-${i}`), '');
    const listing = directory.openListing(look(look(0, 'a'), 'b'));
    unlinkSync(join(top, 'a', 'b', 'entry-999'));
    const names = new Set<string>();
    const payload = new Uint8Array(8192);
    for (;;) {
      const used = directory.readEntries(listing, payload);
      expect(used).toBeGreaterThanOrEqual(0);
      if (used === 0) break;
      for (const { name, ino, mode } of takeEntries(payload.subarray(0, used))) {
        expect(names.has(text(name))).toBe(false);
        names.add(text(name));
        expect(mode & 0o170000).toBe(0o100000);
        if (names.size % 100 === 0) expect(ino).toBe(statSync(join(top, 'a/b', text(name)), { bigint: true }).ino);
      }
    }
    expect(names.size).toBe(1000);
    directory.files.close(listing);
  });

  it.runIf(IS_LINUX)('keeps names that are not UTF-8', () => {
    const name = Uint8Array.of(0xff, 0x41, 0xc3, 0xa9);
    directory.files.close(directory.create(0, name, 0o600, 0, at));
    expect(readdirSync(top, 'buffer').some((found) => found.equals(name))).toBe(true);
    const sub = directory.mkdir(0, Uint8Array.of(0xfe), 0o700, at);
    expect(directory.rename(0, name, sub, name)).toBe(0);
    expect(directory.lookup(sub, name, at)).toBe(0);
  });

  it('holds few handles however deep and broad the tree is', () => {
    directory.dispose();
    directory = open(top, false, 4);
    const nodes: number[] = [0];
    for (let depth = 0; depth < 100; depth++) {
      const node = directory.mkdir(nodes[depth] as number, bytes('d'), 0o700, at);
      expect(node).toBeGreaterThan(0);
      nodes.push(node);
    }
    const [first = 0, , middle = 0] = nodes;
    const last = nodes.at(-1) ?? 0;
    expect(directory.files.close(directory.create(last, bytes('f'), 0o600, 0, at))).toBe(0);
    expect(directory.rename(last, bytes('f'), middle, bytes('g'))).toBe(0);
    expect(directory.rename(middle, bytes('g'), last, bytes('f'))).toBe(0);
    expect(directory.lookup(last, bytes('f'), at)).toBe(0);
    expect(first).toBe(0);
    expect(directory.nodes.openHandles).toBeLessThanOrEqual(4);
    expect(openDescriptors()).toBeLessThanOrEqual(descriptorsBefore + 6);
    for (const node of nodes) directory.forget(node, 1);
    expect(directory.nodes.size).toBe(1);
  });

  it('forgets nodes when their numbers were all given back', () => {
    const a = look(0, 'a');
    expect(look(0, 'a')).toBe(a);
    const b = look(a, 'b');
    directory.forget(a, 2);
    expect(directory.lookup(b, bytes('deep'), at)).toBe(0);
    directory.forget(b, 1);
    expect(directory.nodes.size).toBe(1);
    expect(directory.lookup(b, bytes('deep'), at)).toBe(-Errno.ESTALE);
  });

  it('syncs files and directories and tells the file system’s room', () => {
    const file = directory.open(0, bytes('file'), 0n, HOST_WRITE, at);
    expect(directory.files.sync(file, false)).toBe(0);
    expect(directory.files.sync(file, true)).toBe(0);
    expect(directory.syncDirectory(look(0, 'a'))).toBe(0);
    const status = new Uint8Array(40);
    expect(directory.status(status)).toBe(40);
    expect(takeStatus(status).blocks).toBeGreaterThan(0);
  });

  it('keeps an unlinked file as long as it is open', () => {
    const file = directory.open(0, bytes('file'), 0n, HOST_READ, at);
    linkSync(join(top, 'file'), join(top, 'second'));
    unlinkSync(join(top, 'second'));
    expect(directory.unlink(0, bytes('file'))).toBe(0);
    const into = new Uint8Array(6);
    expect(directory.files.read(file, into, 0, 6, 0)).toBe(6);
    expect(directory.files.attributes(file, at)).toBe(0);
    expect(at.nlink).toBe(0);
  });
});
