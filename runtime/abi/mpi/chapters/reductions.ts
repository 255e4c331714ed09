// Operations of reductions.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const REDUCTION_FUNCTIONS = {
  MPI_Reduce_local: [
    'in inbuf, out inoutbuf, count, datatype, op',
    'Combines two buffers of the process itself.',
    'large',
  ],
  MPI_Op_create: [
    'fn User_function user_fn, int commute, out Op op',
    'Makes an operation of a function of the program.',
    'large',
  ],
  MPI_Op_free: ['out Op op', 'Frees an operation of the program.'],
  MPI_Op_commutative: ['op, out int commute', 'Tells whether an operation is commutative.'],
} as const satisfies Chapter;
