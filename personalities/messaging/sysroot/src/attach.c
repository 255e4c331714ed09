// Tells MPI, before it starts, which functions of the program it may call. Called by MPI_Init and what else starts MPI.

#include "attach.h"
#include <stdlib.h>

// Only in programs that reduce something: see the stubs of functions with an operation.
extern __typeof__(__fusedos_mpi_reduce) __fusedos_mpi_reduce __attribute__((__weak__));
extern __typeof__(__fusedos_mpi_supports) __fusedos_mpi_supports __attribute__((__weak__));

/** For arguments of functions of the program. */
static _Alignas(16) char scratch[64];

struct services {
	void (*reduce)(MPI_Op, MPI_Datatype, const void *, void *, int);
	void *(*allocate)(size_t);
	void (*release)(void *);
	char *scratch;
	int (*supports)(MPI_Op, MPI_Datatype);
};

__attribute__((__import_module__("mpi"), __import_name__("fusedos_attach"))) int __mpi_fusedos_attach(
	const struct services *services);

void __fusedos_mpi_attach(void)
{
	static struct services services;
	services = (struct services){ __fusedos_mpi_reduce, malloc, free, scratch, __fusedos_mpi_supports };
	__mpi_fusedos_attach(&services);
}
