// Where ranks are, by all ways in which programs for Blue Gene/Q ask, which must agree. Rank 0 prints a line for each rank.

#include <mpi.h>
#include <mpix.h>
#include <spi/include/kernel/location.h>
#include <spi/include/kernel/process.h>
#include <stdio.h>
#include <string.h>

static int check(const int *at, int rank)
{
	MPIX_Hardware_t hw;
	Personality_t own;
	int back = -1, count = 0;
	if (MPIX_Hardware(&hw) || MPIX_Torus_ndims(&count) || Kernel_GetPersonality(&own, sizeof own)) return 1;
	if (MPIX_Torus2rank((int *)at, &back) || back != rank) return 2;
	if (count != MPIX_TORUS_MAX_DIMS || hw.torus_dimension != 5) return 3;
	for (int i = 0; i < 5; i++)
		if (hw.Coords[i] != (unsigned)at[i] || hw.Coords[i] >= hw.Size[i]) return 4;
	if (hw.coreID != (unsigned)at[5] || hw.ppn != Kernel_ProcessCount() || hw.coreID != Kernel_MyTcoord()) return 5;
	const Personality_Networks_t *net = &own.Network_Config;
	if (net->Acoord != at[0] || net->Bcoord != at[1] || net->Ccoord != at[2] || net->Dcoord != at[3] || net->Ecoord != at[4])
		return 6;
	if (net->Anodes * net->Bnodes * net->Cnodes * net->Dnodes * net->Enodes * hw.ppn != hw.psize) return 7;
	return Kernel_GetPersonality(&own, sizeof own - 1) == -1 ? 0 : 8;
}

int main(int argc, char **argv)
{
	int rank, size, at[6], wrong, all, none = 0, class = 0;
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &size);
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
	for (int i = 0; rank == 0 && i < size; i++) {
		MPIX_Rank2torus(i, at);
		printf("%d: %d,%d,%d,%d,%d,%d\n", i, at[0], at[1], at[2], at[3], at[4], at[5]);
	}
	MPIX_Rank2torus(rank, at);
	wrong = check(at, rank);
	MPI_Error_class(MPIX_Rank2torus(size, at), &class);
	if (class != MPI_ERR_RANK) wrong = 9;
	memset(at, -1, sizeof at);
	MPI_Error_class(MPIX_Torus2rank(at, &none), &class);
	if (class != MPI_ERR_ARG) wrong = 10;
	MPI_Allreduce(&wrong, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
	MPI_Finalize();
	return all;
}
