// What fd_fdstat_get and the calls of filestats store, at checked addresses. See: WASI preview 1 witx, `fdstat`, `filestat`.

import type { DescriptorStat } from '../descriptor-table.ts';
import { FDSTAT, type StructMemory } from './structs.ts';
import type { WasiVersion } from './version.ts';

/** In 32 bits. */
const MOST_LINKS = 2 ** 32 - 1;

export function storeFdstat(memory: StructMemory, at: number, stat: DescriptorStat, { rights }: WasiVersion): void {
  const start = at >>> 0;
  // File type, padding, flags and padding in one store of eight bytes.
  memory.writeU64Halves(start + FDSTAT.filetype, stat.typeAndFlags, 0);
  memory.writeU64Halves(start + FDSTAT.rightsBase, stat.rightsBase & rights, 0);
  memory.writeU64Halves(start + FDSTAT.rightsInheriting, stat.rightsInheriting & rights, 0);
}

/** A file type with the links behind it, or among its padding: as many as fit. */
export function storeTypeAndLinks(
  memory: StructMemory,
  at: number,
  filetype: number,
  nlink: number | bigint,
  { filestat }: WasiVersion,
): void {
  memory.writeU64Halves(at + filestat.filetype, filetype, 0);
  if (filestat.size - filestat.nlink === 4) memory.writeU32(at + filestat.nlink, Math.min(Number(nlink), MOST_LINKS));
  else if (typeof nlink === 'bigint') memory.writeU64(at + filestat.nlink, nlink);
  else memory.writeNumber(at + filestat.nlink, nlink);
}
