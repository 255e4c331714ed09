// memfs as the format of exchange: a user's `Volume` becomes a tree for the machine, and a machine's tree a Volume. Runs where
// the Volume lives, which may be another thread than Linux's: the list of entries goes between. The one file that calls
// memfs; what it throws (a path that is taken) is the embedder's to see.
// What memfs does not keep is lost: nanoseconds, names that are not UTF-8.

import type { Volume } from 'memfs';
import { isDirectoryMode, isRegularMode, isSymlinkMode } from './mode.ts';
import type { TreeEntry } from './tree.ts';

/** The part of memfs's API that is used; a `Volume` has it. */
export type VolumeFiles = Pick<
  Volume,
  | 'readdirSync'
  | 'lstatSync'
  | 'readFileSync'
  | 'readlinkSync'
  | 'mkdirSync'
  | 'writeFileSync'
  | 'symlinkSync'
  | 'linkSync'
  | 'chmodSync'
  | 'utimesSync'
>;

/** Copies a Volume's tree. Files that are neither regular, directories nor symbolic links are left out. */
export function treeOfVolume(volume: VolumeFiles): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const firstPaths = new Map<number, string>();
  const pending = [''];
  // Grows while it is gone through.
  for (const path of pending) {
    const { mode, uid, gid, ino, mtimeMs } = volume.lstatSync(`/${path}`);
    const type = Number(mode);
    const milliseconds = Number(mtimeMs);
    const mtimeSec = Math.floor(milliseconds / 1000);
    const mtimeNsec = Math.round((milliseconds - mtimeSec * 1000) * 1e6);
    const attributes = { path, mode: type, uid: Number(uid), gid: Number(gid), mtimeSec, mtimeNsec };
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

/** Adds a tree to a Volume; directories that exist stay. */
export function loadVolume(volume: VolumeFiles, entries: Iterable<TreeEntry>): void {
  for (const { path, mode, size, segments, target, sameAs, mtimeSec, mtimeNsec } of entries) {
    const name = `/${path}`;
    if (sameAs !== undefined) {
      volume.linkSync(`/${sameAs}`, name);
      continue;
    }
    if (target !== undefined) {
      volume.symlinkSync(target, name);
      continue;
    }
    if (isDirectoryMode(mode)) volume.mkdirSync(name, { recursive: true });
    else volume.writeFileSync(name, contentOf(size, segments));
    volume.chmodSync(name, mode & 0o7777);
    const seconds = mtimeSec + mtimeNsec / 1e9;
    volume.utimesSync(name, seconds, seconds);
  }
}

/** memfs keeps a file in one piece. */
function contentOf(size = 0, segments: TreeEntry['segments'] = []): Uint8Array<ArrayBuffer> {
  const content = new Uint8Array(size);
  for (const { position, bytes } of segments) content.set(bytes, position);
  return content;
}
