// What needs no host: libmpi serves it in C (personalities/messaging/sysroot/src), so there are no imports.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const GUEST_FUNCTIONS = {
  MPI_Get_address: ['in location, out Aint address', 'Tells the address of a variable.'],
  MPI_Aint_add: ['Aint base, Aint disp', 'Adds a displacement to an address.'],
  MPI_Aint_diff: ['Aint addr1, Aint addr2', 'Gives the displacement between two addresses.'],
  MPI_Get_version: ['out int version, out int subversion', 'Tells the version of the standard.'],
  MPI_Get_library_version: ['out char version, out int resultlen', 'Tells the version of the library.'],
  MPI_Abi_get_version: ['out int abi_major, out int abi_minor', 'Tells the version of the standard ABI.'],
  MPI_Pcontrol: ['int level', 'Is for profilers and does nothing.'],
  MPI_Status_get_source: ['in Status status, out int source', 'Tells the source of a status.'],
  MPI_Status_get_tag: ['in Status status, out int tag', 'Tells the tag of a status.'],
  MPI_Status_get_error: ['in Status status, out int error', 'Tells the error of a status.'],
  MPI_Status_set_source: ['status, source', 'Sets the source of a status.'],
  MPI_Status_set_tag: ['status, tag', 'Sets the tag of a status.'],
  MPI_Status_set_error: ['status, int error', 'Sets the error of a status.'],
} as const satisfies Chapter;
