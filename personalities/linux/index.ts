// What others use of the Linux personality.

export type { HostOutcome } from './host-requests.ts';
export type { HostStat } from './host-stat.ts';
export type { Changes } from './image/open-trees.ts';
export { SyscallContext } from './kernel/context.ts';
export { LinuxError } from './kernel/error.ts';
export { Process } from './kernel/process.ts';
export { Linux } from './linux.ts';
export type { LinuxOptions, MachineFacts, MountSpec, ProcessSpec } from './options.ts';
export { HostFileSystem } from './vfs/hostfs.ts';
export type { FileSystem } from './vfs/inode.ts';
export { contentOf, loadVolume, treeOfVolume } from './vfs/memfs-volume.ts';
export { MemoryFileSystem } from './vfs/memory-fs.ts';
export { encodeName } from './vfs/names.ts';
export { OverlayFileSystem } from './vfs/overlay.ts';
export { Quota } from './vfs/quota.ts';
export { loadTree, type TreeEntry, treeOf } from './vfs/tree.ts';
export type { MountedVolume } from './vfs/volume-call.ts';
export type { Volume, VolumeFiles } from './vfs/volume-files.ts';
export { VolumeRequests } from './vfs/volume-requests.ts';
