#include "own.h"

int PMPI_Pcontrol(const int level, ...)
{
	return MPI_SUCCESS;
}

ALSO(Pcontrol, int, const int level, ...);
