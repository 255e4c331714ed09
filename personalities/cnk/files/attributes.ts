// Attributes of staged files, as guests see and set them: of 64 bits all through, since a user's file may have any.

import { type TimeFromGuest, timesFromGuest } from '../../../runtime/abi/wasi/arguments.ts';
import { storeTypeAndLinks } from '../../../runtime/abi/wasi/stat.ts';
import type { WasiVersion } from '../../../runtime/abi/wasi/version.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import type { FilesContext } from './context.ts';
import type { FileAttributes, NewTimes } from './file.ts';

const NS_PER_MS = 1e6;

/** Stores a filestat at a checked address. */
export function storeFilestat(
  memory: GuestMemory,
  buf: number,
  attributes: FileAttributes,
  version: WasiVersion,
): void {
  const { filestat } = version;
  const at = buf >>> 0;
  memory.writeU64(at + filestat.dev, attributes.dev);
  memory.writeU64(at + filestat.ino, attributes.ino);
  storeTypeAndLinks(memory, at, attributes.filetype, attributes.nlink, version);
  memory.writeU64(at + filestat.size, attributes.size);
  memory.writeU64(at + filestat.atim, attributes.atim);
  memory.writeU64(at + filestat.mtim, attributes.mtim);
  memory.writeU64(at + filestat.ctim, attributes.ctim);
}

/** The times that two timestamps and FSTFLAGS mean; undefined: EINVAL. */
export function newTimes(
  { realtimeOriginMs }: FilesContext,
  atim: bigint,
  mtim: bigint,
  flags: number,
): NewTimes | undefined {
  const times = timesFromGuest(atim, mtim, flags);
  const now = BigInt(Math.floor((performance.now() + realtimeOriginMs) * NS_PER_MS));
  const pick = (time: TimeFromGuest): bigint | undefined => (time === 'now' ? now : time === 'keep' ? undefined : time);
  return times && { atim: pick(times.atim), mtim: pick(times.mtim) };
}

export function isNothing({ atim, mtim }: NewTimes): boolean {
  return atim === undefined && mtim === undefined;
}
