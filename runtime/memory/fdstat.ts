// Puts what fd_fdstat_get answers into guest memory, for both personalities.

import type { DescriptorStat } from '../abi/descriptor-table.ts';
import type { GuestPtr } from '../abi/types.ts';
import { FDSTAT } from '../abi/wasi/structs.ts';
import type { WasiVersion } from '../abi/wasi/version.ts';
import type { GuestMemory } from './guest-memory.ts';

/** Stores an fdstat at a checked address. */
export function storeFdstat(memory: GuestMemory, at: GuestPtr, stat: DescriptorStat, { rights }: WasiVersion): void {
  const start = at >>> 0;
  // File type, padding, flags and padding in one store of eight bytes.
  memory.writeU64Halves(start + FDSTAT.filetype, stat.typeAndFlags, 0);
  memory.writeU64Halves(start + FDSTAT.rightsBase, stat.rightsBase & rights, 0);
  memory.writeU64Halves(start + FDSTAT.rightsInheriting, stat.rightsInheriting & rights, 0);
}
