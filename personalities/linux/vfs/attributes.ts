// Changes of the attributes of an inode that is kept in memory, and the times that each change stamps.
// See: POSIX.1-2024, 4.12 File Times Update; mount(8), `relatime`.

import type { Clock } from '../kernel/clock.ts';
import type { Inode, TimesChange } from './inode.ts';

/** Makes the attributes of one inode, but its number, those of another too. */
export function copyAttributes(from: Inode, to: Inode): void {
  to.mode = from.mode;
  to.uid = from.uid;
  to.gid = from.gid;
  to.nlink = from.nlink;
  to.size = from.size;
  to.storage = from.storage;
  to.rdev = from.rdev;
  to.atimeSec = from.atimeSec;
  to.atimeNsec = from.atimeNsec;
  to.mtimeSec = from.mtimeSec;
  to.mtimeNsec = from.mtimeNsec;
  to.ctimeSec = from.ctimeSec;
  to.ctimeNsec = from.ctimeNsec;
}

// File times. `clock` was read by the caller.

export function stampModification(inode: Inode, clock: Clock): void {
  inode.mtimeSec = clock.sec;
  inode.mtimeNsec = clock.nsec;
  inode.ctimeSec = clock.sec;
  inode.ctimeNsec = clock.nsec;
}

export function stampChange(inode: Inode, clock: Clock): void {
  inode.ctimeSec = clock.sec;
  inode.ctimeNsec = clock.nsec;
}

export function stampAll(inode: Inode, clock: Clock): void {
  inode.atimeSec = clock.sec;
  inode.atimeNsec = clock.nsec;
  stampModification(inode, clock);
}

const DAY_SEC = 86_400;
/**
 * An access, by the rule of Linux's `relatime`: recorded when the file changed since the last recorded access, or that is a
 * day old.
 */
export function stampAccess(inode: Inode, clock: Clock): void {
  const { atimeSec, atimeNsec } = inode;
  const isStale =
    atimeSec < inode.mtimeSec ||
    atimeSec < inode.ctimeSec ||
    (atimeSec === inode.mtimeSec && atimeNsec <= inode.mtimeNsec) ||
    (atimeSec === inode.ctimeSec && atimeNsec <= inode.ctimeNsec) ||
    clock.sec - atimeSec >= DAY_SEC;
  if (!isStale) return;
  clock.read();
  inode.atimeSec = clock.sec;
  inode.atimeNsec = clock.nsec;
}

export function changeMode(inode: Inode, clock: Clock, mode: number): number {
  inode.mode = (inode.mode & ~0o7777) | (mode & 0o7777);
  clock.read();
  stampChange(inode, clock);
  return 0;
}

export function changeOwner(inode: Inode, clock: Clock, uid: number, gid: number): number {
  inode.uid = uid;
  inode.gid = gid;
  clock.read();
  stampChange(inode, clock);
  return 0;
}

export function changeTimes(inode: Inode, clock: Clock, change: TimesChange): number {
  if (change.atime !== undefined) {
    inode.atimeSec = change.atime.sec;
    inode.atimeNsec = change.atime.nsec;
  }
  if (change.mtime !== undefined) {
    inode.mtimeSec = change.mtime.sec;
    inode.mtimeNsec = change.mtime.nsec;
  }
  clock.read();
  stampChange(inode, clock);
  return 0;
}
