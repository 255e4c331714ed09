// Values of pointers that are no addresses.

// In place of a buffer.
export const MPI_BOTTOM = 0;
export const MPI_IN_PLACE = 1;
export const MPI_BUFFER_AUTOMATIC = 2;

// In place of what the caller does not want or give.
export const MPI_STATUS_IGNORE = 0;
export const MPI_STATUSES_IGNORE = 0;
export const MPI_ERRCODES_IGNORE = 0;
export const MPI_ARGV_NULL = 0;
export const MPI_ARGVS_NULL = 0;
export const MPI_UNWEIGHTED = 10;
export const MPI_WEIGHTS_EMPTY = 11;
