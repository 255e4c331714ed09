// memfs as the format of exchange: a user's `Volume` becomes a tree for the machine, and a machine's tree a Volume. Runs where
// the Volume lives, which may be another thread than Linux's: the list of entries goes between. What memfs throws here (a
// path that is taken) is the embedder's to see. For a Volume that is mounted, live, see fs/volume/directory.
// What memfs does not keep is lost: nanoseconds, names that are not UTF-8.

import { fileTime } from '../../../../runtime/abi/file-times.ts';
import { isDirectoryMode, isRegularMode, isSymlinkMode } from '../../vfs/mode.ts';
import type { TreeEntry } from '../memory/tree.ts';
import type { Volume } from './files.ts';

/** Copies a Volume's tree. Files that are neither regular, directories nor symbolic links are left out. */
export function treeOfVolume(volume: Volume): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const firstPaths = new Map<number, string>();
  const pending = [''];
  // Grows while it is gone through.
  for (const path of pending) {
    const { mode, uid, gid, ino, mtimeMs } = volume.lstatSync(`/${path}`);
    const type = Number(mode);
    const milliseconds = Number(mtimeMs);
    const second = Math.floor(milliseconds / 1000);
    const time = fileTime(second, Math.round((milliseconds - second * 1000) * 1e6));
    const times = { mtimeSec: time.sec, mtimeNsec: time.nsec };
    const attributes = { path, mode: type, uid: Number(uid), gid: Number(gid), ...times };
    const first = firstPaths.get(Number(ino));
    if (isDirectoryMode(type)) {
      entries.push(attributes);
      for (const name of volume.readdirSync(`/${path}`)) pending.push(path === '' ? `${name}` : `${path}/${name}`);
    } else if (first !== undefined) entries.push({ ...attributes, sameAs: first });
    else if (isSymlinkMode(type)) entries.push({ ...attributes, target: String(volume.readlinkSync(`/${path}`)) });
    else if (isRegularMode(type)) {
      const bytes = new Uint8Array(volume.readFileSync(`/${path}`) as Uint8Array);
      entries.push({ ...attributes, size: bytes.length, segments: [{ position: 0, bytes }] });
    }
    if (!isDirectoryMode(type)) firstPaths.set(Number(ino), path);
  }
  return entries;
}

/** Adds a tree to a Volume, over files that are there; directories that exist stay. */
export function loadVolume(volume: Volume, entries: Iterable<TreeEntry>): void {
  const directories: TreeEntry[] = [];
  for (const entry of entries) {
    const { path, mode, size, segments, target, sameAs } = entry;
    const name = `/${path}`;
    if (sameAs !== undefined || target !== undefined) removeFile(volume, name);
    if (sameAs !== undefined) volume.linkSync(`/${sameAs}`, name);
    else if (target !== undefined) volume.symlinkSync(target, name);
    else if (isDirectoryMode(mode)) {
      volume.mkdirSync(name, { recursive: true });
      directories.push(entry);
    } else {
      volume.writeFileSync(name, contentOf(size, segments));
      setAttributes(volume, entry);
    }
  }
  // Last, and from the bottom up: what is put into a directory changes its times.
  for (const entry of directories.reverse()) setAttributes(volume, entry);
}

function setAttributes(volume: Volume, { path, mode, mtimeSec, mtimeNsec }: TreeEntry): void {
  const name = `/${path}`;
  volume.chmodSync(name, mode & 0o7777);
  // As a Date: a number below 0 is the present to memfs.
  const time = new Date(mtimeSec * 1000 + mtimeNsec / 1e6);
  volume.utimesSync(name, time, time);
}

/** A file in one piece, as memfs keeps it. */
export function contentOf(size = 0, segments: TreeEntry['segments'] = []): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(size);
  for (const { position, bytes } of segments) content.set(bytes, position);
  return content;
}

/** What stands where a link shall be. */
function removeFile(volume: Volume, path: string): void {
  try {
    volume.unlinkSync(path);
  } catch {
    // Nothing is there, or a directory: then making the link says so.
  }
}
