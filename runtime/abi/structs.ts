// Sizes in bytes of what a guest pointer may point to, of all ABIs, by the name that a row's parameter uses.

import { LINUX_STRUCT_SIZES } from './linux/structs.ts';
import { MPI_STRUCT_SIZES } from './mpi/structs.ts';
import { STRUCT_SIZES as WASI_STRUCT_SIZES } from './wasi/structs.ts';

export const STRUCT_SIZES = { ...LINUX_STRUCT_SIZES, ...WASI_STRUCT_SIZES, ...MPI_STRUCT_SIZES } as const;
export type StructName = keyof typeof STRUCT_SIZES;
