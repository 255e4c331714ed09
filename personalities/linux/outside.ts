// What a thread that has no Linux uses of the personality: the booting thread, which checks mounts and serves Volumes. Apart
// from index.ts, because a bundle that imports from there loads the whole kernel. Imports nothing that leads to linux.ts.

export type { HostStat, HostStatFs } from './host-stat.ts';
export type { Changes } from './image/open-trees.ts';
export { contentOf, loadVolume, treeOfVolume } from './vfs/memfs-volume.ts';
export {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
} from './vfs/mode.ts';
export { decodeName, encodeName } from './vfs/names.ts';
export { Quota } from './vfs/quota.ts';
export type { TreeEntry } from './vfs/tree.ts';
export type { MountedVolume } from './vfs/volume-call.ts';
export type { Volume, VolumeFiles } from './vfs/volume-files.ts';
export { VolumeRequests } from './vfs/volume-requests.ts';
