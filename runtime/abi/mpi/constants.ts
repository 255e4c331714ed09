// Numbers of the MPI 5.0 standard ABI: handles, error classes, special values. <mpi.h> is rendered from them.
// See: MPI: A Message-Passing Interface Standard, version 5.0, chapter "Application Binary Interface".

export * from './constants/addresses.ts';
export * from './constants/datatypes.ts';
export * from './constants/errors.ts';
export * from './constants/handles.ts';
export * from './constants/operations.ts';
export * from './constants/tools.ts';
export * from './constants/values.ts';
export * from './structs.ts';
