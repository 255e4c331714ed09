// Completion of several requests at once, null requests, and the classes of errors.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;
enum { MANY = 20 };

CASE(waitall_gives_a_status_for_each) {
  int in[MANY];
  MPI_Request requests[MANY];
  MPI_Status statuses[MANY];
  for (int i = 0; i < MANY; i++) OK(MPI_Irecv(&in[i], 1, MPI_INT, last_rank(), i, world, &requests[i]));
  for (int i = MANY - 1; i >= 0; i--) OK(MPI_Send(&i, 1, MPI_INT, next_rank(), i, world));
  OK(MPI_Waitall(MANY, requests, statuses));
  for (int i = 0; i < MANY; i++) CHECK(in[i] == i && statuses[i].MPI_TAG == i && requests[i] == MPI_REQUEST_NULL);
}

CASE(waitany_gives_each_once_then_undefined) {
  int in[MANY], seen = 0, index;
  MPI_Request requests[MANY];
  MPI_Status status;
  for (int i = 0; i < MANY; i++) OK(MPI_Irecv(&in[i], 1, MPI_INT, last_rank(), i, world, &requests[i]));
  for (int i = 0; i < MANY; i++) OK(MPI_Send(&i, 1, MPI_INT, next_rank(), i, world));
  for (int i = 0; i < MANY; i++) {
    OK(MPI_Waitany(MANY, requests, &index, &status));
    CHECK(index >= 0 && index < MANY && status.MPI_TAG == index && !(seen & 1 << index));
    seen |= 1 << index;
  }
  CHECK_IS(seen, (1 << MANY) - 1);
  OK(MPI_Waitany(MANY, requests, &index, &status));
  CHECK_IS(index, MPI_UNDEFINED);
  CHECK_IS(status.MPI_SOURCE, MPI_ANY_SOURCE);
}

CASE(waitsome_and_testsome_give_all_in_the_end) {
  for (int tests = 0; tests < 2; tests++) {
    int in[MANY], left = MANY, count, indices[MANY];
    MPI_Request requests[MANY];
    MPI_Status statuses[MANY];
    for (int i = 0; i < MANY; i++) OK(MPI_Irecv(&in[i], 1, MPI_INT, last_rank(), i, world, &requests[i]));
    for (int i = 0; i < MANY; i++) OK(MPI_Send(&i, 1, MPI_INT, next_rank(), i, world));
    while (left > 0) {
      if (tests) OK(MPI_Testsome(MANY, requests, &count, indices, statuses));
      else OK(MPI_Waitsome(MANY, requests, &count, indices, statuses));
      CHECK(count >= !tests && count <= left);
      for (int i = 0; i < count; i++) CHECK_IS(statuses[i].MPI_TAG, indices[i]);
      left -= count;
    }
    OK(MPI_Waitsome(MANY, requests, &count, indices, statuses));
    CHECK_IS(count, MPI_UNDEFINED);
  }
}

CASE(testall_and_testany_tell_nothing_before_all_came) {
  int in[2], flag = 1, index;
  MPI_Request requests[2];
  for (int i = 0; i < 2; i++) OK(MPI_Irecv(&in[i], 1, MPI_INT, last_rank(), i, world, &requests[i]));
  OK(MPI_Testany(2, requests, &index, &flag, MPI_STATUS_IGNORE));
  CHECK(flag == 0 && index == MPI_UNDEFINED);
  OK(MPI_Barrier(world));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 0, world));
  for (int i = 0; i < 10; i++) {
    OK(MPI_Testall(2, requests, &flag, MPI_STATUSES_IGNORE));
    CHECK_IS(flag, 0);
  }
  CHECK(requests[0] != MPI_REQUEST_NULL);
  OK(MPI_Barrier(world));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 1, world));
  while (!flag) OK(MPI_Testall(2, requests, &flag, MPI_STATUSES_IGNORE));
  CHECK(in[0] == last_rank() && in[1] == last_rank() && requests[0] == MPI_REQUEST_NULL);
}

CASE(null_requests_are_done) {
  MPI_Request requests[3] = {MPI_REQUEST_NULL, MPI_REQUEST_NULL, MPI_REQUEST_NULL};
  MPI_Status status;
  int flag = 0;
  OK(MPI_Wait(requests, &status));
  CHECK_IS(status.MPI_TAG, MPI_ANY_TAG);
  OK(MPI_Test(requests, &flag, &status));
  CHECK_IS(flag, 1);
  OK(MPI_Testall(3, requests, &flag, MPI_STATUSES_IGNORE));
  CHECK_IS(flag, 1);
  OK(MPI_Waitall(0, NULL, MPI_STATUSES_IGNORE));
}

CASE(request_get_status_leaves_the_request) {
  int in, flag = 0;
  MPI_Request request;
  MPI_Status status;
  OK(MPI_Irecv(&in, 1, MPI_INT, last_rank(), 4, world, &request));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 4, world));
  while (!flag) OK(MPI_Request_get_status(request, &flag, &status));
  CHECK(request != MPI_REQUEST_NULL && status.MPI_TAG == 4);
  OK(MPI_Wait(&request, &status));
  CHECK(status.MPI_TAG == 4 && in == last_rank());
}

CASE(error) {
  int in[4] = {0}, out[4] = {0};
  MPI_Request request;
  PART("error_of_a_message_too_long");
  OK(MPI_Isend(out, 4, MPI_INT, rank, 1, world, &request));
  FAILS(MPI_Recv(in, 2, MPI_INT, rank, 1, world, MPI_STATUS_IGNORE), MPI_ERR_TRUNCATE);
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  PART("error_of_a_rank_that_is_none");
  FAILS(MPI_Send(in, 1, MPI_INT, size, 1, world), MPI_ERR_RANK);
  PART("error_of_a_negative_count");
  FAILS(MPI_Send(in, -1, MPI_INT, rank, 1, world), MPI_ERR_COUNT);
  PART("error_of_a_tag_below_zero");
  FAILS(MPI_Send(in, 1, MPI_INT, rank, -7, world), MPI_ERR_TAG);
  PART("error_of_a_null_datatype");
  FAILS(MPI_Send(in, 1, MPI_DATATYPE_NULL, rank, 1, world), MPI_ERR_TYPE);
  PART("error_of_a_root_that_is_none");
  FAILS(MPI_Bcast(in, 1, MPI_INT, size + 3, world), MPI_ERR_ROOT);
}

// The last rank enters the barrier after rank 0, and leaves it only when that one goes on with it, which asks for what the last one sends then.
static void ask_within_a_barrier(int (*ask)(int tag), int tag) {
  MPI_Request request;
  if (rank == size - 1) OK(MPI_Recv(NULL, 0, MPI_INT, 0, tag, world, MPI_STATUS_IGNORE));
  OK(MPI_Ibarrier(world, &request));
  if (rank == 0) OK(MPI_Send(NULL, 0, MPI_INT, size - 1, tag, world));
  while (rank == 0 && !ask(tag)) continue;
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  if (rank == size - 1) OK(MPI_Send(&rank, 1, MPI_INT, 0, tag, world));
}

static int by_iprobe(int tag) {
  int flag = 0, number = 0;
  OK(MPI_Iprobe(size - 1, tag, world, &flag, MPI_STATUS_IGNORE));
  if (!flag) return 0;
  OK(MPI_Recv(&number, 1, MPI_INT, size - 1, tag, world, MPI_STATUS_IGNORE));
  CHECK_IS(number, size - 1);
  return 1;
}

static int by_improbe(int tag) {
  int flag = 0, number = 0;
  MPI_Message message;
  OK(MPI_Improbe(size - 1, tag, world, &flag, &message, MPI_STATUS_IGNORE));
  if (!flag) return 0;
  OK(MPI_Mrecv(&number, 1, MPI_INT, &message, MPI_STATUS_IGNORE));
  CHECK_IS(number, size - 1);
  return 1;
}

CASE(who_asks_for_a_message_makes_progress) {
  NEED_RANKS(2);
  PART("who_asks_by_iprobe_makes_progress");
  ask_within_a_barrier(by_iprobe, 1);
  PART("who_asks_by_improbe_makes_progress");
  ask_within_a_barrier(by_improbe, 2);
}
