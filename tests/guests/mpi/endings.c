// Communicators that end while something of theirs is under way, and many that come and go.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;
enum { LONG = 100000, ROUNDS = 2000 };

// MPICH 4.0 does not wait, though the standard says so; Open MPI does.
CASE(disconnect_completes_what_was_begun) {
  MPI_Comm own;
  MPI_Request requests[2];
  int *out = need_memory(LONG * sizeof *out), *in = need_memory(LONG * sizeof *in);
  for (int i = 0; i < LONG; i++) out[i] = i ^ rank;
  OK(MPI_Comm_dup(world, &own));
  OK(MPI_Irecv(in, LONG, MPI_INT, last_rank(), 1, own, &requests[0]));
  OK(MPI_Isend(out, LONG, MPI_INT, next_rank(), 1, own, &requests[1]));
  OK(MPI_Comm_disconnect(&own));
  CHECK(own == MPI_COMM_NULL);
  int wrong = 0;
  for (int i = 0; i < LONG; i++) wrong += in[i] != (i ^ last_rank());
  CHECK_IS(wrong, 0);
  OK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  free(out), free(in);
}

CASE(disconnect_of_the_predefined_fails) {
  MPI_Comm predefined = MPI_COMM_WORLD, none = MPI_COMM_NULL;
  FAILS(MPI_Comm_disconnect(&none), MPI_ERR_COMM);
  FAILS(MPI_Comm_free(&predefined), MPI_ERR_COMM);
}

CASE(what_was_begun_goes_on_when_its_communicator_is_freed) {
  MPI_Comm own;
  MPI_Request requests[2];
  int in = 0;
  OK(MPI_Comm_dup(world, &own));
  OK(MPI_Irecv(&in, 1, MPI_INT, last_rank(), 1, own, &requests[0]));
  OK(MPI_Ibarrier(own, &requests[1]));
  MPI_Comm named = own;
  OK(MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 1, named));
  OK(MPI_Comm_free(&own));
  OK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
  CHECK_IS(in, last_rank());
}

CASE(many_come_and_go) {
  MPI_Comm half = MPI_COMM_NULL;
  for (int round = 0; round < ROUNDS; round++) {
    MPI_Comm own;
    int in = -1, sum = 0;
    OK(MPI_Comm_dup(world, &own));
    OK(MPI_Sendrecv(&round, 1, MPI_INT, next_rank(), 0, &in, 1, MPI_INT, last_rank(), 0, own, MPI_STATUS_IGNORE));
    OK(MPI_Allreduce(&in, &sum, 1, MPI_INT, MPI_SUM, own));
    CHECK_IS(sum, size * round);
    if (round % 2) OK(MPI_Comm_disconnect(&own));
    else OK(MPI_Comm_free(&own));
  }
  OK(MPI_Comm_split(world, rank % 2, rank, &half));
  OK(MPI_Barrier(half));
  OK(MPI_Comm_disconnect(&half));
}
