// Numbers of the MPI 5.0 standard ABI: handles, error classes, special values. See: MPI: A Message-Passing Interface Standard, version 5.0,
// chapter "Application Binary Interface".

/** Error classes. */
export const MPI_SUCCESS = 0;
