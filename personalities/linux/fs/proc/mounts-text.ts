// The text of /proc/PID/mounts and mountinfo, and of /proc/filesystems. See: proc(5), proc_pid_mountinfo(5); Linux
// fs/proc_namespace.c.

import type { Mount, MountNamespace } from '../../vfs/mounts.ts';
import { pathOfDirectory } from '../../vfs/paths.ts';
import type { ProcSource } from './inodes.ts';

/** The file systems that /proc/filesystems lists besides those that are mounted: all without a device. */
const FILE_SYSTEMS = ['devfs', 'hostfs', 'memfs', 'proc'];

export function mountsText(namespace: MountNamespace): string {
  return [...namespace.mounts]
    .map((mount) => {
      const { type } = mount.fileSystem;
      return `${type} ${escaped(pathOf(namespace, mount))} ${type} ${access(mount)} 0 0\n`;
    })
    .join('');
}

/** A mount's number is that of its file system's device: a namespace has each file system once. */
export function mountinfoText(namespace: MountNamespace): string {
  return [...namespace.mounts]
    .map((mount) => {
      const { type, device } = mount.fileSystem;
      // The parent of the root is nobody's: a number that no mount has.
      const parent = mount.covered?.fileSystem.device ?? 0;
      const path = escaped(pathOf(namespace, mount));
      return `${device} ${parent} 0:${device} / ${path} ${access(mount)} - ${type} ${type} ${access(mount)}\n`;
    })
    .join('');
}

export function fileSystemsText(source: ProcSource): string {
  const types = new Set(FILE_SYSTEMS);
  for (const { namespace } of source.processes()) {
    for (const { fileSystem } of namespace.mounts) types.add(fileSystem.type);
  }
  return [...types].map((type) => `nodev\t${type}\n`).join('');
}

function pathOf(namespace: MountNamespace, { fileSystem }: Mount): string {
  return pathOfDirectory(namespace, fileSystem.root);
}

function access({ isReadOnly }: Mount): string {
  return isReadOnly ? 'ro' : 'rw';
}

/** Linux's mangling: what would end a field or a line stands as three octal digits. */
function escaped(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
