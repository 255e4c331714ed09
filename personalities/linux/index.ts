// What others use of the Linux personality.

export type { HostOutcome } from './host-requests.ts';
export type { Changes } from './image/open-trees.ts';
export { SyscallContext } from './kernel/context.ts';
export { LinuxError } from './kernel/error.ts';
export { Process } from './kernel/process.ts';
export { Linux } from './linux.ts';
export type { LinuxOptions, MountSpec, ProcessSpec } from './options.ts';
export { HostFileSystem } from './vfs/hostfs.ts';
export type { FileSystem } from './vfs/inode.ts';
export { loadVolume, treeOfVolume } from './vfs/memfs-volume.ts';
export { MemoryFileSystem } from './vfs/memory-fs.ts';
export { encodeName } from './vfs/names.ts';
export { loadTree, type TreeEntry, treeOf } from './vfs/tree.ts';
