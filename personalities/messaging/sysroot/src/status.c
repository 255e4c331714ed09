// The fields of a status that are everybody's, and a status as Fortran has it: the same words.

#include "own.h"
#include <string.h>

int PMPI_Status_get_source(const MPI_Status *status, int *source)
{
	*source = status->MPI_SOURCE;
	return MPI_SUCCESS;
}

ALSO(Status_get_source, int, const MPI_Status *status, int *source);

int PMPI_Status_get_tag(const MPI_Status *status, int *tag)
{
	*tag = status->MPI_TAG;
	return MPI_SUCCESS;
}

ALSO(Status_get_tag, int, const MPI_Status *status, int *tag);

int PMPI_Status_get_error(const MPI_Status *status, int *error)
{
	*error = status->MPI_ERROR;
	return MPI_SUCCESS;
}

ALSO(Status_get_error, int, const MPI_Status *status, int *error);

int PMPI_Status_set_source(MPI_Status *status, int source)
{
	status->MPI_SOURCE = source;
	return MPI_SUCCESS;
}

ALSO(Status_set_source, int, MPI_Status *status, int source);

int PMPI_Status_set_tag(MPI_Status *status, int tag)
{
	status->MPI_TAG = tag;
	return MPI_SUCCESS;
}

ALSO(Status_set_tag, int, MPI_Status *status, int tag);

int PMPI_Status_set_error(MPI_Status *status, int error)
{
	status->MPI_ERROR = error;
	return MPI_SUCCESS;
}

ALSO(Status_set_error, int, MPI_Status *status, int error);

int PMPI_Status_c2f(const MPI_Status *status, MPI_Fint *words)
{
	memcpy(words, status, sizeof *status);
	return MPI_SUCCESS;
}

ALSO(Status_c2f, int, const MPI_Status *status, MPI_Fint *words);

int PMPI_Status_f2c(const MPI_Fint *words, MPI_Status *status)
{
	memcpy(status, words, sizeof *status);
	return MPI_SUCCESS;
}

ALSO(Status_f2c, int, const MPI_Fint *words, MPI_Status *status);
