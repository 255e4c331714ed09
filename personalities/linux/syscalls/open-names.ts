// The names of open files, for /proc. Each description keeps the name by which it was opened; renames and removals change it
// here. So opening costs two stores, and only the renaming or removal of a file that is open looks at all descriptors of the
// machine. A directory has one name and keeps it itself.

import type { SyscallContext } from '../kernel/context.ts';
import type { FileDescription, Inode } from '../vfs/inode.ts';

/** A name of a file has become another one. */
export function nameMoved(
  ctx: SyscallContext,
  inode: Inode,
  from: { readonly directory: Inode; readonly name: string },
  to: { readonly directory: Inode; readonly name: string },
): void {
  if (inode.isDirectory) {
    inode.walkedIn = to.directory;
    inode.walkedAs = to.name;
    return;
  }
  for (const description of openedBy(ctx, inode, from.directory, from.name)) {
    description.openedIn = to.directory;
    description.openedAs = to.name;
  }
}

/** A name of a file is gone. */
export function nameRemoved(ctx: SyscallContext, inode: Inode, directory: Inode, name: string): void {
  for (const description of openedBy(ctx, inode, directory, name)) description.isNameGone = true;
}

function openedBy(ctx: SyscallContext, inode: Inode, directory: Inode, name: string): FileDescription[] {
  if (inode.holds === 0) return [];
  const found: FileDescription[] = [];
  for (const { descriptors } of ctx.kernel.processes) {
    for (const [, description] of descriptors.entries()) {
      const { openedIn, openedAs, isNameGone } = description;
      if (description.inode === inode && openedIn === directory && openedAs === name && !isNameGone) {
        found.push(description);
      }
    }
  }
  return found;
}
