// memfs Volumes in and out.

import { memfs } from 'memfs';
import { expect, it } from 'vitest';
import { loadTree, loadVolume, MemoryFileSystem, treeOf, treeOfVolume } from '../../../personalities/linux/index.ts';
import { Clock } from '../../../personalities/linux/kernel/clock.ts';
import { Guest } from './harness.ts';

function memory(quotaBytes = 1 << 20): MemoryFileSystem {
  const clock = new Clock({ monotonicNs: () => 0, realtimeNs: () => 1_000_000_000n });
  return new MemoryFileSystem({ clock, quotaBytes });
}

it('a Volume’s files, links and attributes are a guest’s, and come back', () => {
  const { vol } = memfs({ '/a/b/file': 'contents', '/a/empty': '' });
  vol.symlinkSync('b/file', '/a/link');
  vol.linkSync('/a/b/file', '/a/hard');
  vol.chmodSync('/a/b/file', 0o640);
  vol.utimesSync('/a/b/file', 1.5, 2.5);
  const guest = new Guest();
  const fileSystem = memory();
  expect(loadTree(fileSystem, structuredClone(treeOfVolume(vol)))).toBe(0);
  guest.linux.mount({ path: '/volume', fileSystem, readOnly: false });
  expect(guest.pread(guest.fd('volume/a/hard', 0), 20, 0)).toBe('contents');
  expect(guest.stat('volume/a/link', 1)).toMatchObject({ size: 8, nlink: 2, mtim: 2_500_000_000n });
  guest.pwrite(guest.fd('volume/a/new'), 'new', 0);

  const back = memfs({}).vol;
  loadVolume(back, treeOf(fileSystem));
  expect(back.toJSON()).toEqual({
    '/a/b/file': 'contents',
    '/a/hard': 'contents',
    '/a/empty': '',
    '/a/new': 'new',
  });
  expect(back.readlinkSync('/a/link')).toBe('b/file');
  expect(back.statSync('/a/hard').nlink).toBe(2);
  expect(Number(back.statSync('/a/b/file').mode) & 0o777).toBe(0o640);
});

it('a tree that does not fit is refused: ENOSPC', () => {
  const { vol } = memfs({ '/file': 'x'.repeat(10_000) });
  expect(loadTree(memory(5000), treeOfVolume(vol))).toBe(-28);
});

it('a tree with a path that leads nowhere is refused', () => {
  const attributes = { uid: 0, gid: 0, mtimeSec: 0, mtimeNsec: 0 };
  expect(loadTree(memory(), [{ ...attributes, path: 'a/b', mode: 0o100644 }])).toBe(-2);
  expect(loadTree(memory(), [{ ...attributes, path: '..', mode: 0o100644 }])).toBe(-22);
});
