// A job of two ranks that ends as the first argument says: by an error of its own, in the middle, or well.

#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, numbers[4];

static void *ask(void *unused)
{
	int initialized, finalized, level, is_main;
	MPI_Initialized(&initialized);
	MPI_Finalized(&finalized);
	MPI_Query_thread(&level);
	MPI_Is_thread_main(&is_main);
	const double seconds = MPI_Wtime();
	printf("initialized %d finalized %d funneled %d main %d time %d tick %d\n", initialized, finalized,
	       level == MPI_THREAD_FUNNELED, is_main, seconds >= 0.0, MPI_Wtick() > 0.0);
	return unused;
}

static void *ask_rank(void *unused)
{
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	return unused;
}

static void in_a_thread(void *(*does)(void *))
{
	pthread_t thread;
	pthread_create(&thread, 0, does, 0);
	pthread_join(thread, 0);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int provided;
	if (!strcmp(how, "threads")) in_a_thread(ask);
	MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (!strcmp(how, "argument")) {
		if (rank == 0) MPI_Send(numbers, 1, MPI_INT, 99, 0, MPI_COMM_WORLD);
		else MPI_Recv(numbers, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	} else if (!strcmp(how, "abort")) {
		if (rank == 1) MPI_Abort(MPI_COMM_WORLD, 7);
		MPI_Barrier(MPI_COMM_WORLD);
	} else if (!strcmp(how, "operations")) {
		if (rank == 0) MPI_Bcast(numbers, 1, MPI_INT, 0, MPI_COMM_WORLD);
		else MPI_Barrier(MPI_COMM_WORLD);
	} else if (!strcmp(how, "counts")) {
		MPI_Bcast(numbers, rank == 0 ? 4 : 2, MPI_INT, 0, MPI_COMM_WORLD);
	} else if (!strcmp(how, "requests")) {
		MPI_Request request;
		MPI_Ibcast(numbers, rank == 0 ? 4 : 2, MPI_INT, 0, MPI_COMM_WORLD, &request);
		MPI_Wait(&request, MPI_STATUS_IGNORE);
	} else if (!strcmp(how, "leave")) {
		if (rank == 1) exit(3);
		MPI_Recv(numbers, 1, MPI_INT, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	} else if (!strcmp(how, "threads")) {
		in_a_thread(ask);
	} else if (!strcmp(how, "thread")) {
		in_a_thread(ask_rank);
	}
	MPI_Finalize();
	if (!strcmp(how, "threads")) in_a_thread(ask);
	return 0;
}
