// What a thread that has no Linux uses of the personality: the booting thread, which checks mounts and serves Volumes. Apart
// from index.ts, because a bundle that imports from there loads the whole kernel. Imports nothing that leads to linux.ts.

export type { Changes } from './image/open-trees.ts';
export { contentOf, loadVolume, treeOfVolume } from './vfs/memfs-volume.ts';
export { encodeName } from './vfs/names.ts';
export { Quota } from './vfs/quota.ts';
export type { TreeEntry } from './vfs/tree.ts';
export type { MountedVolume } from './vfs/volume-call.ts';
export type { Volume, VolumeFiles } from './vfs/volume-files.ts';
export { VolumeRequests } from './vfs/volume-requests.ts';
