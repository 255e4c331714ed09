// What others use of the Linux personality.

export type { HostOutcome } from './embedder/requests.ts';
export type { HostStat } from './embedder/stat.ts';
export { MemoryFileSystem } from './fs/memory/file-system.ts';
export { loadTree, type TreeEntry, treeOf } from './fs/memory/tree.ts';
export { OverlayFileSystem } from './fs/overlay/file-system.ts';
export { HostFileSystem } from './fs/remote/file-system.ts';
export type { MountedVolume } from './fs/volume/call.ts';
export { contentOf, loadVolume, treeOfVolume } from './fs/volume/copies.ts';
export type { Volume, VolumeFiles } from './fs/volume/files.ts';
export { VolumeRequests } from './fs/volume/requests.ts';
export type { Changes } from './image/open-trees.ts';
export { SyscallContext } from './kernel/context.ts';
export { LinuxError } from './kernel/error.ts';
export { Process } from './kernel/process.ts';
export { Linux } from './linux.ts';
export type { LinuxOptions, MachineFacts, MountSpec, ProcessSpec } from './options.ts';
export type { FileSystem } from './vfs/inode.ts';
export { encodeName } from './vfs/names.ts';
export { Quota } from './vfs/quota.ts';
