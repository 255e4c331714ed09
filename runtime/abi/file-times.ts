// The times that a file can have, on whatever file system and whoever sets or tells them: those that a Date has, 100 million
// days around 1970. Others become the nearest of these, as Linux does with what a file system has no room for; so what one
// way lets in every other lets out: guests' calls, `machine.fs`, images, Volumes, host directories.
// See: Linux fs/inode.c, timestamp_truncate.

/** ±; a file's time has no nanoseconds there. */
export const FILE_SECONDS_MAX = 8.64e12;

/** The nearest time that a file can have. @param sec seconds since 1970; NaN: 1970 @param nsec below 1e9 */
export function fileTime(sec: number, nsec: number): { readonly sec: number; readonly nsec: number } {
  if (sec > -FILE_SECONDS_MAX && sec < FILE_SECONDS_MAX) return { sec, nsec };
  if (Number.isNaN(sec)) return { sec: 0, nsec: 0 };
  return { sec: sec < 0 ? -FILE_SECONDS_MAX : FILE_SECONDS_MAX, nsec: 0 };
}
