// Collective operations between two groups, and with the neighbours of a topology, in each way in which blocks may stand.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;
enum { MOST = 64 };

// Even ranks and odd ones, joined; own_size and others: ranks of both groups.
static MPI_Comm join(int *own, int *own_size, int *others) {
  MPI_Comm half, joined;
  OK(MPI_Comm_split(world, rank % 2, rank, &half));
  OK(MPI_Intercomm_create(half, 0, world, 1 - rank % 2, 5, &joined));
  OK(MPI_Comm_free(&half));
  OK(MPI_Comm_rank(joined, own));
  OK(MPI_Comm_size(joined, own_size));
  OK(MPI_Comm_remote_size(joined, others));
  return joined;
}

// Rank 0 of the even group is the root.
static int root_for(int own) { return rank % 2 ? 0 : own == 0 ? MPI_ROOT : MPI_PROC_NULL; }

CASE(gather_and_scatter_between_groups) {
  NEED_RANKS(2);
  int own, own_size, others, all[MOST], counts[MOST], places[MOST];
  MPI_Comm joined = join(&own, &own_size, &others);
  int is_root = rank == 0, root = root_for(own), value = 100 + rank, got = -1;
  for (int i = 0; i < MOST; i++) all[i] = -1, counts[i] = 1, places[i] = 2 * i;
  OK(MPI_Gather(&value, 1, MPI_INT, all, 1, MPI_INT, root, joined));
  for (int i = 0; is_root && i < others; i++) CHECK_IS(all[i], 100 + 2 * i + 1);
  OK(MPI_Gatherv(&value, 1, MPI_INT, all, counts, places, MPI_INT, root, joined));
  for (int i = 0; is_root && i < others; i++) CHECK_IS(all[2 * i], 100 + 2 * i + 1);
  for (int i = 0; i < MOST; i++) all[i] = 7 * i;
  OK(MPI_Scatter(all, 1, MPI_INT, &got, 1, MPI_INT, root, joined));
  CHECK_IS(got, rank % 2 ? 7 * own : -1);
  OK(MPI_Scatterv(all, counts, places, MPI_INT, &got, 1, MPI_INT, root, joined));
  CHECK_IS(got, rank % 2 ? 14 * own : -1);
  OK(MPI_Bcast(&value, 1, MPI_INT, root, joined));
  CHECK_IS(value, rank % 2 ? 100 : 100 + rank);
  FAILS(MPI_Gather(&value, 1, MPI_INT, all, 1, MPI_INT, rank % 2 ? others : MPI_PROC_NULL, joined),
        rank % 2 ? MPI_ERR_ROOT : MPI_SUCCESS);
  OK(MPI_Comm_disconnect(&joined));
}

CASE(all_exchange_between_groups) {
  NEED_RANKS(2);
  int own, own_size, others, out[MOST], in[MOST], counts[MOST], places[MOST], bytes[MOST];
  MPI_Datatype types[MOST];
  MPI_Comm joined = join(&own, &own_size, &others);
  for (int i = 0; i < MOST; i++) counts[i] = 1, places[i] = i, bytes[i] = 4 * i, types[i] = MPI_INT, out[i] = 100 * rank + i;
  for (int way = 0; way < 5; way++) {
    memset(in, 0x5a, sizeof in);
    if (way == 0) OK(MPI_Allgather(out, 1, MPI_INT, in, 1, MPI_INT, joined));
    if (way == 1) OK(MPI_Allgatherv(out, 1, MPI_INT, in, counts, places, MPI_INT, joined));
    if (way == 2) OK(MPI_Alltoall(out, 1, MPI_INT, in, 1, MPI_INT, joined));
    if (way == 3) OK(MPI_Alltoallv(out, counts, places, MPI_INT, in, counts, places, MPI_INT, joined));
    if (way == 4) OK(MPI_Alltoallw(out, counts, bytes, types, in, counts, bytes, types, joined));
    for (int i = 0; i < others; i++) CHECK_IS(in[i], 100 * (2 * i + 1 - rank % 2) + (way < 2 ? 0 : own));
    CHECK_IS(in[others], 0x5a5a5a5a);
  }
  int sum = -1, expected = 0;
  for (int i = 0; i < others; i++) expected += 2 * i + 1 - rank % 2;
  OK(MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, joined));
  CHECK_IS(sum, expected);
  OK(MPI_Barrier(joined));
  OK(MPI_Comm_free(&joined));
}

CASE(neighbours_exchange_in_each_way) {
  MPI_Comm ring;
  int periodic = 1, out[2], in[3], counts[2] = {1, 1}, places[2] = {0, 1};
  MPI_Aint bytes[2] = {0, 4};
  MPI_Datatype types[2] = {MPI_INT, MPI_INT};
  OK(MPI_Cart_create(world, 1, &size, &periodic, 0, &ring));
  out[0] = 10 * rank, out[1] = 10 * rank + 1;
  for (int way = 0; way < 5; way++) {
    memset(in, 0x5a, sizeof in);
    if (way == 0) OK(MPI_Neighbor_allgather(out, 1, MPI_INT, in, 1, MPI_INT, ring));
    if (way == 1) OK(MPI_Neighbor_allgatherv(out, 1, MPI_INT, in, counts, places, MPI_INT, ring));
    if (way == 2) OK(MPI_Neighbor_alltoall(out, 1, MPI_INT, in, 1, MPI_INT, ring));
    if (way == 3) OK(MPI_Neighbor_alltoallv(out, counts, places, MPI_INT, in, counts, places, MPI_INT, ring));
    if (way == 4) OK(MPI_Neighbor_alltoallw(out, counts, bytes, types, in, counts, bytes, types, ring));
    CHECK_IS(in[0], 10 * last_rank() + (way < 2 ? 0 : 1));
    CHECK_IS(in[1], 10 * next_rank());
    CHECK_IS(in[2], 0x5a5a5a5a);
  }
  OK(MPI_Comm_free(&ring));
  FAILS(MPI_Neighbor_allgather(out, 1, MPI_INT, in, 1, MPI_INT, world), MPI_ERR_TOPOLOGY);
}
