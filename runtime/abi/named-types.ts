// The named types of all ABIs, by the `type` of a row's parameter, for traces and the manual.

import { LINUX_NAMED_TYPES } from './linux/types.ts';
import { MPI_NAMED_TYPES } from './mpi/types.ts';
import type { NamedType } from './named-type.ts';
import { NAMED_TYPES as WASI_NAMED_TYPES } from './wasi/types.ts';

/** Types that are plain numbers are absent. */
export const NAMED_TYPES: ReadonlyMap<string, NamedType> = new Map<string, NamedType>([
  ...WASI_NAMED_TYPES,
  ...LINUX_NAMED_TYPES,
  ...MPI_NAMED_TYPES,
]);
