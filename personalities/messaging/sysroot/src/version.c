// What was linked, not what runs it.

#include "own.h"
#include <string.h>

int PMPI_Get_version(int *version, int *subversion)
{
	*version = MPI_VERSION;
	*subversion = MPI_SUBVERSION;
	return MPI_SUCCESS;
}

ALSO(Get_version, int, int *version, int *subversion);

int PMPI_Abi_get_version(int *abi_major, int *abi_minor)
{
	*abi_major = MPI_ABI_VERSION;
	*abi_minor = MPI_ABI_SUBVERSION;
	return MPI_SUCCESS;
}

ALSO(Abi_get_version, int, int *abi_major, int *abi_minor);

int PMPI_Get_library_version(char *version, int *resultlen)
{
	static const char text[] = "FusedOS MPI, standard ABI of MPI 5.0";
	memcpy(version, text, sizeof text);
	*resultlen = sizeof text - 1;
	return MPI_SUCCESS;
}

ALSO(Get_library_version, int, char *version, int *resultlen);
