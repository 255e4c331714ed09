// Where MPI stands in a rank, as a word that all threads of its process read.

/** Beside the level of support for threads; 0: before MPI_Init. */
export const STANDING = { initialized: 1, finalized: 2, level: 0xff00 } as const;
