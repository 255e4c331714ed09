// The functions with large counts: each does what the one with small counts does.
#include "case.h"

#ifdef HAS_MPI_4_0
static const MPI_Comm world = MPI_COMM_WORLD;
enum { N = 12, MOST = 16 };
static int out[N * MOST], in[N * MOST];

static void fresh(void) {
  for (int i = 0; i < N * MOST; i++) out[i] = rank * 10000 + i, in[i] = -1;
}
static void check_block(const int *block, int from, int first, int count) {
  for (int i = 0; i < count; i++) CHECK_IS(block[i], from * 10000 + first + i);
}
static void wait_for(MPI_Request *request) {
  OK(MPI_Wait(request, MPI_STATUS_IGNORE));
  CHECK(*request == MPI_REQUEST_NULL);
}
static void run_persistent(MPI_Request *request) {
  for (int i = 0; i < 2; i++) {
    OK(MPI_Start(request));
    OK(MPI_Wait(request, MPI_STATUS_IGNORE));
    OK(MPI_Barrier(world));
  }
  OK(MPI_Request_free(request));
}

// Sends in one way while a receive with a large count is posted.
#define LARGE_SEND(name, call)                                      \
  CASE(large_##name) {                                              \
    fresh();                                                        \
    int attached_size = 4096;                                       \
    void *attached = need_memory((size_t)attached_size);            \
    MPI_Request sent = MPI_REQUEST_NULL, received;                  \
    MPI_Status status;                                              \
    MPI_Count count = -1;                                           \
    OK(MPI_Buffer_attach_c(attached, attached_size));               \
    OK(MPI_Irecv_c(in, N, MPI_INT, last_rank(), 3, world, &received)); \
    OK(MPI_Barrier(world));                                         \
    OK(call);                                                       \
    OK(MPI_Wait(&received, &status));                               \
    OK(MPI_Wait(&sent, MPI_STATUS_IGNORE));                         \
    OK(MPI_Get_count_c(&status, MPI_INT, &count));                  \
    CHECK_IS(count, N - 1);                                         \
    OK(MPI_Get_elements_c(&status, MPI_INT, &count));               \
    CHECK_IS(count, N - 1);                                         \
    check_block(in, last_rank(), 0, N - 1);                         \
    CHECK_IS(in[N - 1], -1);                                        \
    MPI_Count detached_size = -1;                                   \
    OK(MPI_Buffer_detach_c(&attached, &detached_size));             \
    CHECK_IS(detached_size, attached_size);                         \
    free(attached);                                                 \
  }
LARGE_SEND(send, MPI_Send_c(out, N - 1, MPI_INT, next_rank(), 3, world))
LARGE_SEND(ssend, MPI_Ssend_c(out, N - 1, MPI_INT, next_rank(), 3, world))
LARGE_SEND(bsend, MPI_Bsend_c(out, N - 1, MPI_INT, next_rank(), 3, world))
LARGE_SEND(rsend, MPI_Rsend_c(out, N - 1, MPI_INT, next_rank(), 3, world))
LARGE_SEND(isend, MPI_Isend_c(out, N - 1, MPI_INT, next_rank(), 3, world, &sent))
LARGE_SEND(issend, MPI_Issend_c(out, N - 1, MPI_INT, next_rank(), 3, world, &sent))
LARGE_SEND(ibsend, MPI_Ibsend_c(out, N - 1, MPI_INT, next_rank(), 3, world, &sent))
LARGE_SEND(irsend, MPI_Irsend_c(out, N - 1, MPI_INT, next_rank(), 3, world, &sent))

#define LARGE_PERSISTENT_SEND(name, function)                                   \
  CASE(large_persistent_##name) {                                               \
    fresh();                                                                    \
    int attached_size = 4096;                                                   \
    void *attached = need_memory((size_t)attached_size);                        \
    MPI_Request requests[2];                                                    \
    OK(MPI_Buffer_attach_c(attached, attached_size));                           \
    OK(MPI_Recv_init_c(in, N, MPI_INT, last_rank(), 3, world, &requests[0]));   \
    OK(function(out, N, MPI_INT, next_rank(), 3, world, &requests[1]));         \
    for (int i = 0; i < 3; i++) {                                               \
      OK(MPI_Start(&requests[0]));                                              \
      OK(MPI_Barrier(world));                                                   \
      OK(MPI_Start(&requests[1]));                                              \
      OK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));                        \
      check_block(in, last_rank(), 0, N);                                       \
    }                                                                           \
    OK(MPI_Request_free(&requests[0])), OK(MPI_Request_free(&requests[1]));     \
    MPI_Count detached_size = -1;                                               \
    OK(MPI_Buffer_detach_c(&attached, &detached_size));                         \
    free(attached);                                                             \
  }
LARGE_PERSISTENT_SEND(send, MPI_Send_init_c)
LARGE_PERSISTENT_SEND(ssend, MPI_Ssend_init_c)
LARGE_PERSISTENT_SEND(bsend, MPI_Bsend_init_c)
LARGE_PERSISTENT_SEND(rsend, MPI_Rsend_init_c)

CASE(large_recv) {
  fresh();
  MPI_Request sent;
  OK(MPI_Isend_c(out, N, MPI_INT, next_rank(), 1, world, &sent));
  OK(MPI_Recv_c(in, N, MPI_INT, last_rank(), 1, world, MPI_STATUS_IGNORE));
  check_block(in, last_rank(), 0, N);
  wait_for(&sent);
}

CASE(large_sendrecv) {
  MPI_Status status;
  MPI_Request request;
  fresh();
  OK(MPI_Sendrecv_c(out, N, MPI_INT, next_rank(), 1, in, N, MPI_INT, last_rank(), 1, world, &status));
  check_block(in, last_rank(), 0, N);
  PART("large_sendrecv_replace");
  fresh();
  OK(MPI_Sendrecv_replace_c(out, N, MPI_INT, next_rank(), 1, last_rank(), 1, world, &status));
  check_block(out, last_rank(), 0, N);
  PART("large_isendrecv");
  fresh();
  OK(MPI_Isendrecv_c(out, N, MPI_INT, next_rank(), 1, in, N, MPI_INT, last_rank(), 1, world, &request));
  wait_for(&request);
  check_block(in, last_rank(), 0, N);
  PART("large_isendrecv_replace");
  fresh();
  OK(MPI_Isendrecv_replace_c(out, N, MPI_INT, next_rank(), 1, last_rank(), 1, world, &request));
  wait_for(&request);
  check_block(out, last_rank(), 0, N);
}

CASE(large_matched_receives) {
  MPI_Message message;
  MPI_Request request, sent[2];
  fresh();
  for (int i = 0; i < 2; i++) OK(MPI_Isend_c(out, N, MPI_INT, next_rank(), i, world, &sent[i]));
  OK(MPI_Mprobe(last_rank(), 0, world, &message, MPI_STATUS_IGNORE));
  OK(MPI_Mrecv_c(in, N, MPI_INT, &message, MPI_STATUS_IGNORE));
  check_block(in, last_rank(), 0, N);
  OK(MPI_Mprobe(last_rank(), 1, world, &message, MPI_STATUS_IGNORE));
  OK(MPI_Imrecv_c(in + N, N, MPI_INT, &message, &request));
  wait_for(&request);
  check_block(in + N, last_rank(), 0, N);
  OK(MPI_Waitall(2, sent, MPI_STATUSES_IGNORE));
}

// The three forms of a collective operation, each checked.
#define LARGE_COLLECTIVE(name, blocking, starting, making, check) \
  CASE(large_##name) {                                            \
    MPI_Request request;                                          \
    prepare();                                                    \
    OK(blocking);                                                 \
    check;                                                        \
    PART("large_i" #name);                                        \
    prepare();                                                    \
    OK(starting);                                                 \
    wait_for(&request);                                           \
    check;                                                        \
    PART("large_" #name "_init");                                 \
    prepare();                                                    \
    OK(making);                                                   \
    run_persistent(&request);                                     \
    check;                                                        \
  }

static MPI_Count counts[MOST], ones[MOST];
static MPI_Aint places[MOST], bytes[MOST];
static MPI_Datatype types[MOST];
static void prepare(void) {
  fresh();
  for (int r = 0; r < MOST; r++) {
    counts[r] = N - 2, ones[r] = 1, places[r] = r * N, bytes[r] = r * N * (MPI_Aint)sizeof(int), types[r] = MPI_INT;
  }
}
#define INFO MPI_INFO_NULL, &request
static void check_each(int first, int count) {
  for (int r = 0; r < size; r++) check_block(in + r * N, r, first, count);
}
static void check_sums(const int *sums, int first, int last, int begin, int count) {
  int ranks = 0;
  for (int r = first; r <= last; r++) ranks += r;
  for (int i = 0; i < count; i++) CHECK_IS(sums[i], ranks * 10000 + (last - first + 1) * (begin + i));
}

LARGE_COLLECTIVE(bcast, MPI_Bcast_c(rank == 0 ? out : in, N, MPI_INT, 0, world),
                 MPI_Ibcast_c(rank == 0 ? out : in, N, MPI_INT, 0, world, &request),
                 MPI_Bcast_init_c(rank == 0 ? out : in, N, MPI_INT, 0, world, INFO), if (rank != 0) check_block(in, 0, 0, N))
LARGE_COLLECTIVE(gather, MPI_Gather_c(out, N, MPI_INT, in, N, MPI_INT, 0, world),
                 MPI_Igather_c(out, N, MPI_INT, in, N, MPI_INT, 0, world, &request),
                 MPI_Gather_init_c(out, N, MPI_INT, in, N, MPI_INT, 0, world, INFO), if (rank == 0) check_each(0, N))
LARGE_COLLECTIVE(gatherv, MPI_Gatherv_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, 0, world),
                 MPI_Igatherv_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, 0, world, &request),
                 MPI_Gatherv_init_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, 0, world, INFO),
                 if (rank == 0) check_each(0, N - 2))
LARGE_COLLECTIVE(scatter, MPI_Scatter_c(out, N, MPI_INT, in, N, MPI_INT, 0, world),
                 MPI_Iscatter_c(out, N, MPI_INT, in, N, MPI_INT, 0, world, &request),
                 MPI_Scatter_init_c(out, N, MPI_INT, in, N, MPI_INT, 0, world, INFO), check_block(in, 0, rank * N, N))
LARGE_COLLECTIVE(scatterv, MPI_Scatterv_c(out, counts, places, MPI_INT, in, N - 2, MPI_INT, 0, world),
                 MPI_Iscatterv_c(out, counts, places, MPI_INT, in, N - 2, MPI_INT, 0, world, &request),
                 MPI_Scatterv_init_c(out, counts, places, MPI_INT, in, N - 2, MPI_INT, 0, world, INFO),
                 check_block(in, 0, rank * N, N - 2))
LARGE_COLLECTIVE(allgather, MPI_Allgather_c(out, N, MPI_INT, in, N, MPI_INT, world),
                 MPI_Iallgather_c(out, N, MPI_INT, in, N, MPI_INT, world, &request),
                 MPI_Allgather_init_c(out, N, MPI_INT, in, N, MPI_INT, world, INFO), check_each(0, N))
LARGE_COLLECTIVE(allgatherv, MPI_Allgatherv_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, world),
                 MPI_Iallgatherv_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, world, &request),
                 MPI_Allgatherv_init_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, world, INFO), check_each(0, N - 2))
LARGE_COLLECTIVE(alltoall, MPI_Alltoall_c(out, N, MPI_INT, in, N, MPI_INT, world),
                 MPI_Ialltoall_c(out, N, MPI_INT, in, N, MPI_INT, world, &request),
                 MPI_Alltoall_init_c(out, N, MPI_INT, in, N, MPI_INT, world, INFO), check_each(rank * N, N))
LARGE_COLLECTIVE(alltoallv, MPI_Alltoallv_c(out, counts, places, MPI_INT, in, counts, places, MPI_INT, world),
                 MPI_Ialltoallv_c(out, counts, places, MPI_INT, in, counts, places, MPI_INT, world, &request),
                 MPI_Alltoallv_init_c(out, counts, places, MPI_INT, in, counts, places, MPI_INT, world, INFO),
                 check_each(rank * N, N - 2))
LARGE_COLLECTIVE(alltoallw, MPI_Alltoallw_c(out, counts, bytes, types, in, counts, bytes, types, world),
                 MPI_Ialltoallw_c(out, counts, bytes, types, in, counts, bytes, types, world, &request),
                 MPI_Alltoallw_init_c(out, counts, bytes, types, in, counts, bytes, types, world, INFO),
                 check_each(rank * N, N - 2))
LARGE_COLLECTIVE(reduce, MPI_Reduce_c(out, in, N, MPI_INT, MPI_SUM, 0, world),
                 MPI_Ireduce_c(out, in, N, MPI_INT, MPI_SUM, 0, world, &request),
                 MPI_Reduce_init_c(out, in, N, MPI_INT, MPI_SUM, 0, world, INFO),
                 if (rank == 0) check_sums(in, 0, size - 1, 0, N))
LARGE_COLLECTIVE(allreduce, MPI_Allreduce_c(out, in, N, MPI_INT, MPI_SUM, world),
                 MPI_Iallreduce_c(out, in, N, MPI_INT, MPI_SUM, world, &request),
                 MPI_Allreduce_init_c(out, in, N, MPI_INT, MPI_SUM, world, INFO), check_sums(in, 0, size - 1, 0, N))
LARGE_COLLECTIVE(reduce_scatter_block, MPI_Reduce_scatter_block_c(out, in, N, MPI_INT, MPI_SUM, world),
                 MPI_Ireduce_scatter_block_c(out, in, N, MPI_INT, MPI_SUM, world, &request),
                 MPI_Reduce_scatter_block_init_c(out, in, N, MPI_INT, MPI_SUM, world, INFO),
                 check_sums(in, 0, size - 1, rank * N, N))
LARGE_COLLECTIVE(reduce_scatter, MPI_Reduce_scatter_c(out, in, counts, MPI_INT, MPI_SUM, world),
                 MPI_Ireduce_scatter_c(out, in, counts, MPI_INT, MPI_SUM, world, &request),
                 MPI_Reduce_scatter_init_c(out, in, counts, MPI_INT, MPI_SUM, world, INFO),
                 check_sums(in, 0, size - 1, rank * (N - 2), N - 2))
LARGE_COLLECTIVE(scan, MPI_Scan_c(out, in, N, MPI_INT, MPI_SUM, world),
                 MPI_Iscan_c(out, in, N, MPI_INT, MPI_SUM, world, &request),
                 MPI_Scan_init_c(out, in, N, MPI_INT, MPI_SUM, world, INFO), check_sums(in, 0, rank, 0, N))
LARGE_COLLECTIVE(exscan, MPI_Exscan_c(out, in, N, MPI_INT, MPI_SUM, world),
                 MPI_Iexscan_c(out, in, N, MPI_INT, MPI_SUM, world, &request),
                 MPI_Exscan_init_c(out, in, N, MPI_INT, MPI_SUM, world, INFO), if (rank > 0) check_sums(in, 0, rank - 1, 0, N))

// In a ring that goes one way.
static MPI_Comm ring(void) {
  static MPI_Comm made = MPI_COMM_NULL;
  if (made != MPI_COMM_NULL) return made;
  int from = last_rank(), to = next_rank();
  OK(MPI_Dist_graph_create_adjacent(world, 1, &from, MPI_UNWEIGHTED, 1, &to, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &made));
  return made;
}
LARGE_COLLECTIVE(neighbor_allgather, MPI_Neighbor_allgather_c(out, N, MPI_INT, in, N, MPI_INT, ring()),
                 MPI_Ineighbor_allgather_c(out, N, MPI_INT, in, N, MPI_INT, ring(), &request),
                 MPI_Neighbor_allgather_init_c(out, N, MPI_INT, in, N, MPI_INT, ring(), INFO), check_block(in, last_rank(), 0, N))
LARGE_COLLECTIVE(neighbor_allgatherv, MPI_Neighbor_allgatherv_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, ring()),
                 MPI_Ineighbor_allgatherv_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, ring(), &request),
                 MPI_Neighbor_allgatherv_init_c(out, N - 2, MPI_INT, in, counts, places, MPI_INT, ring(), INFO),
                 check_block(in, last_rank(), 0, N - 2))
LARGE_COLLECTIVE(neighbor_alltoall, MPI_Neighbor_alltoall_c(out, N, MPI_INT, in, N, MPI_INT, ring()),
                 MPI_Ineighbor_alltoall_c(out, N, MPI_INT, in, N, MPI_INT, ring(), &request),
                 MPI_Neighbor_alltoall_init_c(out, N, MPI_INT, in, N, MPI_INT, ring(), INFO), check_block(in, last_rank(), 0, N))
LARGE_COLLECTIVE(neighbor_alltoallv,
                 MPI_Neighbor_alltoallv_c(out, counts, places, MPI_INT, in, counts, places, MPI_INT, ring()),
                 MPI_Ineighbor_alltoallv_c(out, counts, places, MPI_INT, in, counts, places, MPI_INT, ring(), &request),
                 MPI_Neighbor_alltoallv_init_c(out, counts, places, MPI_INT, in, counts, places, MPI_INT, ring(), INFO),
                 check_block(in, last_rank(), 0, N - 2))
LARGE_COLLECTIVE(neighbor_alltoallw, MPI_Neighbor_alltoallw_c(out, counts, bytes, types, in, counts, bytes, types, ring()),
                 MPI_Ineighbor_alltoallw_c(out, counts, bytes, types, in, counts, bytes, types, ring(), &request),
                 MPI_Neighbor_alltoallw_init_c(out, counts, bytes, types, in, counts, bytes, types, ring(), INFO),
                 check_block(in, last_rank(), 0, N - 2))

static void add(void *a, void *b, MPI_Count *length, MPI_Datatype *type) {
  for (MPI_Count i = 0; i < *length; i++) ((int *)b)[i] += ((int *)a)[i];
}
CASE(large_operations) {
  MPI_Op op;
  int is_commutative = -1;
  PART("large_operations_of_the_program");
  fresh();
  OK(MPI_Op_create_c(add, 1, &op));
  OK(MPI_Op_commutative(op, &is_commutative));
  CHECK_IS(is_commutative, 1);
  OK(MPI_Allreduce_c(out, in, N, MPI_INT, op, world));
  check_sums(in, 0, size - 1, 0, N);
  OK(MPI_Allreduce(out, in, N, MPI_INT, op, world));
  check_sums(in, 0, size - 1, 0, N);
  OK(MPI_Op_free(&op));
  PART("large_operations_within_a_process");
  fresh();
  for (int i = 0; i < N; i++) in[i] = 1;
  OK(MPI_Reduce_local_c(out, in, N, MPI_INT, MPI_SUM));
  for (int i = 0; i < N; i++) CHECK_IS(in[i], out[i] + 1);
}

CASE(large_communicators_go) {
  MPI_Comm made = ring();
  OK(MPI_Comm_free(&made));
}
#endif
