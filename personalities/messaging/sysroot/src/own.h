// How a function of libmpi is defined: as PMPI_, and weakly as MPI_, so that a program or a profiler may have one of its own.

#include <mpi.h>

#define ALSO(name, type, ...) type MPI_##name(__VA_ARGS__) __attribute__((__weak__, __alias__("PMPI_" #name)))
