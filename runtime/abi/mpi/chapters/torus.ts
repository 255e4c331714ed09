// Where ranks are: functions of <mpix.h>, as MPI of Blue Gene/Q has them beside the standard's.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const TORUS_FUNCTIONS = {
  MPIX_Hardware: ['out hw', 'Tells where the rank is, and of what shape the torus is.'],
  MPIX_Torus_ndims: ['out int numdimensions', 'Tells how many dimensions the torus has.'],
  MPIX_Rank2torus: ['int rank, out int[] coords', 'Tells where a rank of MPI_COMM_WORLD is.'],
  MPIX_Torus2rank: ['in int[] coords, out int rank', 'Tells which rank of MPI_COMM_WORLD is where.'],
} as const satisfies Chapter;
