// Two ranks that wait for ever, as the first argument says; each in functions that its name tells.

#include <mpi.h>
#include <string.h>

#define OWN __attribute__((__noinline__)) static

static int number;

OWN void receive(int from)
{
	MPI_Recv(&number, 1, MPI_INT, from, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

OWN void exchange(int peer)
{
	receive(peer);
	MPI_Send(&number, 1, MPI_INT, peer, 7, MPI_COMM_WORLD);
}

OWN void broadcast(int root)
{
	MPI_Bcast(&number, 1, MPI_INT, root, MPI_COMM_WORLD);
	number++;
}

OWN void await_request(int from)
{
	MPI_Request request;
	MPI_Irecv(&number, 1, MPI_INT, from, 3, MPI_COMM_WORLD, &request);
	MPI_Wait(&request, MPI_STATUS_IGNORE);
}

int main(int argc, char **argv)
{
	int rank;
	const char *how = argc > 1 ? argv[1] : "";
	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (strcmp(how, "receive") == 0) exchange(1 - rank);
	if (strcmp(how, "roots") == 0) broadcast(1 - rank);
	if (strcmp(how, "forgotten") == 0 && rank == 0) await_request(1);
	MPI_Finalize();
	return 0;
}
