// The ABI of MPIWasm: programs that were built for it import MPI's functions from module `env`, and number handles and constants in its own
// way. Its functions have the rows of module `mpi` with numbers of their own. What differs: see personalities/messaging/foreign.
// Source: MPIWasm (kky-fury/MPIWasm), wasi-mpi-cpp-toolchain/include/mpi.h.

import { type Abi, type Row, variant } from '../row.ts';
import { MPI_ROWS } from './rows.ts';

const MODULE = 'env';
const FIRST = 1600;

/** Those of its header that this library serves, without `MPI_`. */
const NAMES =
  'Abort Allgather Allgatherv Alloc_mem Allreduce Alltoall Alltoallv Barrier Bcast Cart_create Cart_get Cart_rank Cart_shift Comm_compare Comm_create Comm_create_group Comm_dup Comm_free Comm_group Comm_rank Comm_size Comm_split Comm_split_type Finalize Finalized Free_mem Gather Gatherv Get_count Get_processor_name Group_free Group_incl Group_range_excl Group_range_incl Group_translate_ranks Init Init_thread Initialized Irecv Isend Op_create Op_free Probe Query_thread Recv Reduce Reduce_scatter Request_free Rsend Scan Scatter Send Sendrecv Type_commit Type_contiguous Type_free Type_size Wait Waitall Waitany Wtime';

const rowsByName = new Map(MPI_ROWS.map((row) => [row.name, row]));

export const FOREIGN_MPI_ROWS: readonly Row[] = NAMES.split(' ').flatMap((name, index) => {
  const row = rowsByName.get(`MPI_${name}`);
  return row === undefined ? [] : [variant(row, { module: MODULE, number: FIRST + index })];
});

/** Errors are classes, which none of its programs looks at. */
export const FOREIGN_MPI: Abi = { rows: FOREIGN_MPI_ROWS, encodeError: (errno) => errno };

/** Whether a module that imports this communicates, by whichever ABI. */
export function isMessagingImport(module: string, name: string): boolean {
  return module === 'mpi' || (module === MODULE && /^MPI_[A-Z]/.test(name));
}
