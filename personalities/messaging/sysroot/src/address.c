// Addresses as numbers. Sums wrap around, as pointers' do.

#include "own.h"

int PMPI_Get_address(const void *location, MPI_Aint *address)
{
	*address = (MPI_Aint)location;
	return MPI_SUCCESS;
}

ALSO(Get_address, int, const void *location, MPI_Aint *address);

MPI_Aint PMPI_Aint_add(MPI_Aint base, MPI_Aint disp)
{
	return (MPI_Aint)((uintptr_t)base + (uintptr_t)disp);
}

ALSO(Aint_add, MPI_Aint, MPI_Aint base, MPI_Aint disp);

MPI_Aint PMPI_Aint_diff(MPI_Aint addr1, MPI_Aint addr2)
{
	return (MPI_Aint)((uintptr_t)addr1 - (uintptr_t)addr2);
}

ALSO(Aint_diff, MPI_Aint, MPI_Aint addr1, MPI_Aint addr2);
