// What a thread that has no Linux uses of the personality: the booting thread, which checks mounts and serves Volumes. Apart
// from index.ts, because a bundle that imports from there loads the whole kernel. Imports nothing that leads to linux.ts.

export type { HostStat, HostStatFs } from './embedder/stat.ts';
export type { TreeEntry } from './fs/memory/tree.ts';
export type { MountedVolume } from './fs/volume/call.ts';
export { contentOf, loadVolume, treeOfVolume } from './fs/volume/copies.ts';
export type { Volume, VolumeFiles } from './fs/volume/files.ts';
export { VolumeRequests } from './fs/volume/requests.ts';
export type { Changes } from './image/open-trees.ts';
export * from './vfs/mode.ts';
export { decodeName, encodeName } from './vfs/names.ts';
export { Quota } from './vfs/quota.ts';
