// What libmpi serves to MPI.

#include <mpi.h>

/** Tells MPI where these functions are. It may be called more than once. */
void __fusedos_mpi_attach(void);

/** inout[i] = in[i] op inout[i], where `__fusedos_mpi_supports` says that there is such a thing. */
void __fusedos_mpi_reduce(MPI_Op op, MPI_Datatype type, const void *in, void *inout, int count);

/** Whether a predefined operation is defined on a predefined datatype. */
int __fusedos_mpi_supports(MPI_Op op, MPI_Datatype type);
