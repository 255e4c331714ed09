// Trees between the machine and a memfs Volume, by copy: `machine.fs.toVolume` and `fromVolume`. Made of the operations of
// `machine.fs`, so that they work on whatever is mounted. A Volume that is to stay in step is mounted instead.

import {
  contentOf,
  loadVolume,
  type TreeEntry,
  treeOfVolume,
  type Volume,
} from '../../../personalities/linux/booting-thread.ts';
import { FusedError } from '../errors.ts';
import type { Files } from '../fs/copy-tree.ts';
import type { Stats } from '../fs/stats.ts';

const PERMISSIONS = 0o7777;

/**
 * Copies what is below a directory of the machine into a Volume, over what it has there. What is mounted below it is left
 * out, as are devices.
 *
 * Errors: ENOENT, ENOTDIR: no such directory. What the Volume throws.
 */
export async function toVolume(fs: Files, volume: Volume, path: string): Promise<void> {
  loadVolume(volume, await readTree(fs, path === '/' ? '' : path));
}

/**
 * Copies all that a Volume holds below a directory of the machine, which is made where it is missing. Files that are there
 * are written over.
 *
 * Errors: EEXIST, EISDIR, ENOTDIR: a name stands for something of another kind. ENOSPC, EROFS.
 */
export async function fromVolume(fs: Files, volume: Volume, path: string): Promise<void> {
  const entries = treeOfVolume(volume);
  const top = path === '/' ? '' : path;
  for (const entry of entries) await writeEntry(fs, placeOf(top, entry.path), top, entry);
  // Last, and from the bottom up: what is put into a directory changes its times.
  for (const { path: below, mode, target, sameAs, mtimeSec, mtimeNsec } of entries.reverse()) {
    if (target !== undefined || sameAs !== undefined || below === '') continue;
    // As a Date: a number below 0 is the present to `utimes`.
    const time = new Date(mtimeSec * 1000 + mtimeNsec / 1e6);
    await fs.chmod(placeOf(top, below), mode & PERMISSIONS);
    await fs.utimes(placeOf(top, below), time, time);
  }
}

async function writeEntry(fs: Files, path: string, top: string, entry: TreeEntry): Promise<void> {
  const { segments, size, target, sameAs } = entry;
  if (target !== undefined) {
    await fs.rm(path, { force: true });
    await fs.symlink(target, path);
  } else if (sameAs !== undefined) {
    await fs.rm(path, { force: true });
    await fs.link(placeOf(top, sameAs), path);
  } else if (segments !== undefined) await fs.writeFile(path, contentOf(size, segments));
  else await fs.mkdir(path, { recursive: true });
}

async function readTree(fs: Files, top: string): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const firstPaths = new Map<number, string>();
  const { dev } = await fs.lstat(top === '' ? '/' : top);
  const pending = [''];
  // Grows while it is gone through.
  for (const path of pending) {
    const stats = await fs.lstat(placeOf(top, path));
    const first = stats.nlink > 1 && !stats.isDirectory() ? firstPaths.get(stats.ino) : undefined;
    const isMount = stats.dev !== dev;
    if (path === '' && !stats.isDirectory()) throw new FusedError('ENOTDIR', `${top} is not a directory`);
    if (first !== undefined) {
      entries.push({ ...attributesOf(path, stats), sameAs: first });
      continue;
    }
    firstPaths.set(stats.ino, path);
    if (stats.isDirectory()) {
      entries.push(attributesOf(path, stats));
      if (isMount) continue;
      for (const name of await fs.readdir(placeOf(top, path))) pending.push(path === '' ? name : `${path}/${name}`);
    } else if (stats.isSymbolicLink()) {
      entries.push({ ...attributesOf(path, stats), target: await fs.readlink(placeOf(top, path)) });
    } else if (stats.isFile()) {
      const bytes = await fs.readFile(placeOf(top, path));
      entries.push({ ...attributesOf(path, stats), size: bytes.length, segments: [{ position: 0, bytes }] });
    }
  }
  return entries;
}

function attributesOf(path: string, { mode, uid, gid, mtimeMs }: Stats): TreeEntry {
  const mtimeSec = Math.floor(mtimeMs / 1000);
  return { path, mode, uid, gid, mtimeSec, mtimeNsec: Math.round((mtimeMs - mtimeSec * 1000) * 1e6) };
}

function placeOf(top: string, path: string): string {
  return path === '' ? top || '/' : `${top}/${path}`;
}
