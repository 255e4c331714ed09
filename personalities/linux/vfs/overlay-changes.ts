// What a guest changed in an overlay: the difference to what is below, by path. Costs what was changed, not what is there,
// and asks nothing below.

import { OverlayDirectory } from './overlay-directory.ts';
import type { OverlayInode } from './overlay-inode.ts';

/**
 * A path whose file is not the one below. Directories come before what they hold, in no other order.
 *
 * - `added`: there is nothing below under that path. A directory that was moved brings along what is below it: that is
 *   not told name by name; changes in it are, relative to what it brought
 * - `changed`: contents, owner, permissions or modification time (of a directory: not its time), or another file in its place
 * - `removed`: with all that was in it
 *
 * Of a file with several names below, its change is told for one.
 */
export interface OverlayChange {
  /** Names from the top down, joined by `/`, without one at the start; empty for the top itself. */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed';
  /** What is there now; undefined: nothing. */
  readonly inode: OverlayInode | undefined;
  /** A directory that was moved here, with what is below it. */
  readonly isMoved: boolean;
}

export function changesOf(root: OverlayDirectory): OverlayChange[] {
  const changes: OverlayChange[] = [];
  if (root.isOwn && root.isChanged) changes.push({ path: '', kind: 'changed', inode: root, isMoved: false });
  const pending: [string, OverlayDirectory][] = [['', root]];
  // Grows while it is gone through.
  for (const [above, directory] of pending) {
    for (const [name, { inode, isBelow, isTaken }] of directory.names) {
      const path = above === '' ? name : `${above}/${name}`;
      if (inode === undefined) {
        changes.push({ path, kind: 'removed', inode, isMoved: false });
        continue;
      }
      if (!isTaken || inode.isChanged) {
        const isMoved = !isTaken && inode.isDirectory && inode.lower !== undefined;
        changes.push({ path, kind: isBelow ? 'changed' : 'added', inode, isMoved });
      }
      if (inode instanceof OverlayDirectory) pending.push([path, inode]);
    }
  }
  return changes;
}
