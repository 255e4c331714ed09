// An overlay on a host directory: guests change what they like, the host's files stay as they are; what the host changes
// meanwhile; calls that are killed; numbers and descriptors of the host.

import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BLOCK } from '../../../personalities/linux/fs/overlay/content.ts';
import { MemoryFileSystem, OverlayFileSystem } from '../../../personalities/linux/index.ts';
import { Clock } from '../../../personalities/linux/kernel/clock.ts';
import { FDFLAGS, FSTFLAGS, OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { type HostClient, LocalHostClient } from '../../../runtime/files/client.ts';
import { AT, FILE_RIGHTS } from '../linux/harness.ts';
import {
  mountOf,
  openDescriptors,
  Served,
  temporaryDirectory,
  until,
  WaitingGuest,
  workerForTests,
} from './support.ts';

const BIG = 10 * BLOCK + 5;

const worker = workerForTests();

describe.each(['worker', 'local'])('an overlay on a host directory (%s)', (kind) => {
  let temporary: ReturnType<typeof temporaryDirectory>;
  let top: string;
  let served: Served | undefined;
  let client: HostClient;
  let overlay: OverlayFileSystem;
  let before: string;

  beforeEach(() => {
    temporary = temporaryDirectory();
    top = join(temporary.path, 'top');
    mkdirSync(join(top, 'd', 'sub'), { recursive: true });
    mkdirSync(join(top, 'empty'));
    writeFileSync(join(top, 'f'), 'contents');
    writeFileSync(join(top, 'd', 'x'), 'x');
    writeFileSync(join(top, 'd', 'sub', 'y'), 'y');
    writeFileSync(
      join(top, 'big'),
      Uint8Array.from({ length: BIG }, (_, i) => i % 251),
    );
    linkSync(join(top, 'f'), join(top, 'linked'));
    symlinkSync('d/x', join(top, 'symbolic'));
    before = hostTree(top);
    served = kind === 'worker' ? new Served(worker.path) : undefined;
    client = served?.client ?? new LocalHostClient();
  });
  afterEach(async () => {
    if (served !== undefined) await served[Symbol.asyncDispose]();
    else client.close();
    temporary[Symbol.dispose]();
  });

  async function guest(): Promise<WaitingGuest> {
    // Read-only: the host side refuses changes, so none is ever asked for.
    const lower = await mountOf(client, top, true);
    let nowNs = 0;
    const clock = new Clock({ monotonicNs: () => nowNs++, realtimeNs: () => 1_700_000_000_000_000_000n });
    overlay = new OverlayFileSystem({ lower, upper: new MemoryFileSystem({ clock, quotaBytes: 1 << 24 }), clock });
    return new WaitingGuest({
      mounts: [{ path: '/mnt', fileSystem: overlay, readOnly: false }],
      preopens: [{ name: '/mnt', path: '/mnt' }],
    });
  }

  it('takes every change and leaves the host as it is', async () => {
    const g = await guest();
    const checkpoint = overlay.checkpoint();
    const append = g.fd('f', 0, FILE_RIGHTS, FDFLAGS.APPEND);
    expect(g.write(append, ' and more')).toBe(9);
    expect(g.read(g.fd('linked', 0), 50)).toBe('contents and more');
    const big = g.fd('big', 0);
    expect(g.pwrite(big, 'AB', 4 * BLOCK - 1)).toBe(2);
    const around = [4 * BLOCK - 2, 4 * BLOCK + 1].map((i) => String.fromCharCode(i % 251));
    expect(g.pread(big, 4, 4 * BLOCK - 2)).toBe(`${around[0]}AB${around[1]}`);
    expect(g.size(big)).toBe(BIG);
    expect(g.rename('d', 'moved')).toBe('OK');
    expect(g.read(g.fd('moved/sub/y', 0), 5)).toBe('y');
    expect(g.stat('symbolic', 1)).toBe('ENOENT');
    expect(g.rename('moved', 'empty')).toBe('OK');
    expect(g.path('path_unlink_file', 'empty/x')).toBe('OK');
    expect(g.path('path_unlink_file', 'empty/sub/y')).toBe('OK');
    expect(g.path('path_remove_directory', 'empty')).toBe('ENOTEMPTY');
    expect(g.path('path_remove_directory', 'empty/sub')).toBe('OK');
    expect(g.path('path_remove_directory', 'empty')).toBe('OK');
    expect(g.mkdir('d')).toBe('OK');
    expect(g.link('f', 'd/f')).toBe('OK');
    expect(g.stat('d/f')).toMatchObject({ nlink: 3, size: 17 });
    expect(g.call('path_filestat_set_times', 3, 0, ...g.text('d/f'), 5n, 5n, FSTFLAGS.MTIM)).toBe('OK');
    g.fd('d/f', OFLAGS.TRUNC);
    expect(g.size('linked')).toBe(0);
    expect(names(g)).toEqual(['big', 'd', 'f', 'linked', 'symbolic']);
    expect(hostTree(top)).toBe(before);
    const { created, changed, removed } = checkpoint.changes();
    // Of a file with several names, a change is told for one: that which it was changed by.
    expect([created, changed.sort(), removed.sort()]).toEqual([['d/f'], ['big', 'd', 'f'], ['empty']]);
  });

  it("keeps the host's numbers, also of what was changed", async () => {
    const g = await guest();
    const ino = statSync(join(top, 'f'), { bigint: true }).ino;
    expect(g.stat('f')).toMatchObject({ ino, nlink: 2 });
    g.pwrite(g.fd('f', 0), 'C', 0);
    g.rename('f', 'd/g');
    expect(g.stat('d/g')).toMatchObject({ ino, nlink: 2 });
    expect(g.stat('linked')).toMatchObject({ ino });
    g.fd('new');
    const made = g.stat('new');
    expect(typeof made === 'object' && made.ino >= 2n ** 52n).toBe(true);
  });

  it('shows what the host changes where nothing was changed here', async () => {
    const g = await guest();
    expect(g.stat('d/x')).toMatchObject({ size: 1 });
    writeFileSync(join(top, 'd', 'x'), 'longer');
    writeFileSync(join(top, 'd', 'z'), 'new');
    rmSync(join(top, 'd', 'sub'), { recursive: true });
    expect(g.read(g.fd('d/x', 0), 20)).toBe('longer');
    expect(g.read(g.fd('d/z', 0), 20)).toBe('new');
    expect(g.stat('d/sub')).toBe('ENOENT');
  });

  it('does not let the host take changes away', async () => {
    const g = await guest();
    g.write(g.fd('f', OFLAGS.TRUNC), 'mine');
    g.write(g.fd('d/mine'), 'mine too');
    // As an editor saves: another file under the name, perhaps with the number of one that was removed.
    for (let i = 0; i < 5; i++) {
      writeFileSync(join(top, 'saved'), `of the host ${i}`);
      renameSync(join(top, 'saved'), join(top, 'f'));
      rmSync(join(top, 'linked'), { force: true });
      writeFileSync(join(top, `other ${i}`), `other ${i}`);
    }
    rmSync(join(top, 'd'), { recursive: true });
    expect(g.read(g.fd('f', 0), 20)).toBe('mine');
    expect(g.read(g.fd('d/mine', 0), 20)).toBe('mine too');
    for (let i = 0; i < 5; i++) expect(g.read(g.fd(`other ${i}`, 0), 20)).toBe(`other ${i}`);
    expect(g.stat('d/x')).toBe('ENOENT');
    expect(names(g, 'd')).toEqual(['mine']);
  });

  it('makes a file stale whose blocks the host has changed since some were changed here', async () => {
    const g = await guest();
    const fd = g.fd('big', 0);
    g.pwrite(fd, 'A', 0);
    truncateSync(join(top, 'big'), 2 * BLOCK);
    expect(g.open('big', 0)).toBe('ESTALE');
    expect(g.pread(fd, 10, 5 * BLOCK)).toBe('ESTALE');
    expect(g.pread(fd, 1, 0)).toBe('A');
  });

  it('is refused what the host does not let it read', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'because root may read every file');
    chmodSync(join(top, 'f'), 0);
    const g = await guest();
    expect(g.open('f', 0)).toBe('EACCES');
    expect(g.open('f', OFLAGS.TRUNC)).toBeTypeOf('number');
  });

  it('leaves nothing open on the host, whatever call is killed', async () => {
    const calls: Record<string, (g: WaitingGuest) => string> = {
      open: (g) => g.begin('path_open', 3, 0, ...g.text('d/x'), 0, FILE_RIGHTS, FILE_RIGHTS, 0, AT.result),
      write: (g) => g.begin('fd_pwrite', 4, ...g.iovec(AT.buffer, 7), 5n, AT.result),
      list: (g) => g.begin('fd_readdir', 3, AT.buffer, 512, 0n, AT.result),
      rmdir: (g) => g.begin('path_remove_directory', 3, ...g.text('d')),
    };
    for (const begin of Object.values(calls)) {
      const g = await guest();
      const others = openDescriptors();
      expect(g.fd('big', 0)).toBe(4);
      begin(g);
      g.linux.end(g.process, 9);
      await until(() => client.poll() >= 0 && client.pending === 0);
      // The mount has gone with its process, its handle too.
      expect(openDescriptors()).toBeLessThan(others);
      expect(hostTree(top)).toBe(before);
    }
  });
});

/** The names that a guest sees, in alphabetical order. */
function names(g: WaitingGuest, path?: string): string[] {
  const fd = path === undefined ? 3 : g.fd(path, OFLAGS.DIRECTORY);
  expect(g.call('fd_readdir', fd, AT.buffer, 4000, 0n, AT.result)).toBe('OK');
  const found: string[] = [];
  const end = AT.buffer + g.u32();
  for (let at: number = AT.buffer; at < end; ) {
    const length = g.memory.readU32(at + 16);
    found.push(g.string(at + 24, length));
    at += 24 + length;
  }
  return found.filter((name) => name !== '.' && name !== '..').sort();
}

/** What is on the host, but for times of reading. */
function hostTree(top: string): string {
  const lines: string[] = [];
  for (const path of readdirSync(top, { recursive: true, encoding: 'utf8' }).sort()) {
    const { mode, ino, nlink, size, mtimeMs, ctimeMs } = statSync(join(top, path));
    const isFile = (mode & 0o170000) === 0o100000;
    const contents = isFile ? readFileSync(join(top, path)).toString('latin1') : '';
    lines.push(`${path} ${mode} ${ino} ${nlink} ${isFile ? size : ''} ${mtimeMs} ${ctimeMs} ${contents}`);
  }
  return lines.join('\n');
}
