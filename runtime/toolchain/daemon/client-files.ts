// What tells one view of a file system from another: a daemon may have been started in another container or chroot.

import * as fs from 'node:fs';

/** @param cwd of whoever asks */
export function viewOfFiles(cwd: string): string[] {
  return ['/', cwd].map((path) => {
    const stat = fs.statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? '' : `${stat.dev} ${stat.ino}`;
  });
}
