// What is wrong with arguments: each gives the class of its error, and leaves everything as it was.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;
static int buffer[64], more[64], number, flag;
static MPI_Request request;
static MPI_Status status;
static MPI_Comm newcomm;
static MPI_Group newgroup;
static MPI_Datatype newtype;
static MPI_Info newinfo;

// A handle that was one: predefined objects and those that there are differ from it.
static MPI_Comm freed_comm(void) {
  MPI_Comm comm, copy;
  OK(MPI_Comm_dup(world, &comm));
  copy = comm;
  OK(MPI_Comm_free(&comm));
  return copy;
}

#ifndef OPEN_MPI // 4.1 ends the job for some of them
CASE(bad_communicators) {
  MPI_Comm bad[] = {MPI_COMM_NULL, freed_comm()};
  static const char *const names[] = {"null", "freed"};
#ifdef MPI_ABI_VERSION
  enum { COUNT = 2 };
#else
  // What a freed handle does elsewhere is anybody's guess.
  enum { COUNT = 1 };
#endif
  for (int b = 0; b < COUNT; b++) {
    MPI_Comm comm = bad[b];
    PART("bad_communicator_%s_in_messages", names[b]);
    FAILS(MPI_Send(buffer, 1, MPI_INT, 0, 0, comm), MPI_ERR_COMM);
    FAILS(MPI_Ssend(buffer, 1, MPI_INT, 0, 0, comm), MPI_ERR_COMM);
    FAILS(MPI_Isend(buffer, 1, MPI_INT, 0, 0, comm, &request), MPI_ERR_COMM);
    FAILS(MPI_Recv(buffer, 1, MPI_INT, 0, 0, comm, &status), MPI_ERR_COMM);
    FAILS(MPI_Irecv(buffer, 1, MPI_INT, 0, 0, comm, &request), MPI_ERR_COMM);
    FAILS(MPI_Probe(0, 0, comm, &status), MPI_ERR_COMM);
    FAILS(MPI_Iprobe(0, 0, comm, &flag, &status), MPI_ERR_COMM);
    FAILS(MPI_Send_init(buffer, 1, MPI_INT, 0, 0, comm, &request), MPI_ERR_COMM);
    FAILS(MPI_Sendrecv(buffer, 1, MPI_INT, 0, 0, more, 1, MPI_INT, 0, 0, comm, &status), MPI_ERR_COMM);
    PART("bad_communicator_%s_in_collectives", names[b]);
    FAILS(MPI_Barrier(comm), MPI_ERR_COMM);
    FAILS(MPI_Bcast(buffer, 1, MPI_INT, 0, comm), MPI_ERR_COMM);
    FAILS(MPI_Allreduce(buffer, more, 1, MPI_INT, MPI_SUM, comm), MPI_ERR_COMM);
    FAILS(MPI_Alltoall(buffer, 1, MPI_INT, more, 1, MPI_INT, comm), MPI_ERR_COMM);
    FAILS(MPI_Ibarrier(comm, &request), MPI_ERR_COMM);
    PART("bad_communicator_%s_in_questions", names[b]);
    FAILS(MPI_Comm_rank(comm, &number), MPI_ERR_COMM);
    FAILS(MPI_Comm_size(comm, &number), MPI_ERR_COMM);
    FAILS(MPI_Comm_test_inter(comm, &flag), MPI_ERR_COMM);
    FAILS(MPI_Topo_test(comm, &number), MPI_ERR_COMM);
    FAILS(MPI_Comm_group(comm, &newgroup), MPI_ERR_COMM);
    FAILS(MPI_Comm_compare(world, comm, &number), MPI_ERR_COMM);
    FAILS(MPI_Pack_size(1, MPI_INT, comm, &number), MPI_ERR_COMM);
    PART("bad_communicator_%s_where_others_are_made", names[b]);
    FAILS(MPI_Comm_dup(comm, &newcomm), MPI_ERR_COMM);
    FAILS(MPI_Comm_split(comm, 0, 0, &newcomm), MPI_ERR_COMM);
    FAILS(MPI_Comm_create(comm, MPI_GROUP_EMPTY, &newcomm), MPI_ERR_COMM);
    FAILS(MPI_Comm_free(&(MPI_Comm){comm}), MPI_ERR_COMM);
    FAILS(MPI_Cart_create(comm, 1, (int[]){1}, (int[]){0}, 0, &newcomm), MPI_ERR_COMM);
    FAILS(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), MPI_ERR_COMM);
  }
#ifdef MPI_ABI_VERSION
  PART("bad_communicators_that_do_not_join_groups");
  FAILS(MPI_Comm_remote_size(world, &number), MPI_ERR_COMM);
  FAILS(MPI_Comm_remote_group(world, &newgroup), MPI_ERR_COMM);
  FAILS(MPI_Intercomm_merge(world, 0, &newcomm), MPI_ERR_COMM);
  PART("bad_communicators_that_are_never_freed");
  MPI_Comm all = world;
  FAILS(MPI_Comm_free(&all), MPI_ERR_COMM);
  CHECK(all == world);
#endif
}
#endif

CASE(bad_ranks) {
  static const char *const names[] = {"size", "below_zero"};
  int bad[] = {size, -77};
  for (int b = 0; b < 2; b++) {
    int peer = bad[b];
    PART("bad_rank_%s", names[b]);
    FAILS(MPI_Send(buffer, 1, MPI_INT, peer, 0, world), MPI_ERR_RANK);
    FAILS(MPI_Ssend(buffer, 1, MPI_INT, peer, 0, world), MPI_ERR_RANK);
    FAILS(MPI_Rsend(buffer, 1, MPI_INT, peer, 0, world), MPI_ERR_RANK);
    FAILS(MPI_Isend(buffer, 1, MPI_INT, peer, 0, world, &request), MPI_ERR_RANK);
    FAILS(MPI_Recv(buffer, 1, MPI_INT, peer, 0, world, &status), MPI_ERR_RANK);
    FAILS(MPI_Irecv(buffer, 1, MPI_INT, peer, 0, world, &request), MPI_ERR_RANK);
    FAILS(MPI_Send_init(buffer, 1, MPI_INT, peer, 0, world, &request), MPI_ERR_RANK);
    FAILS(MPI_Recv_init(buffer, 1, MPI_INT, peer, 0, world, &request), MPI_ERR_RANK);
    FAILS(MPI_Probe(peer, 0, world, &status), MPI_ERR_RANK);
    FAILS(MPI_Sendrecv(buffer, 1, MPI_INT, peer, 0, more, 1, MPI_INT, rank, 0, world, &status), MPI_ERR_RANK);
    FAILS(MPI_Sendrecv(buffer, 1, MPI_INT, rank, 0, more, 1, MPI_INT, peer, 0, world, &status), MPI_ERR_RANK);
  }
  PART("bad_rank_any_source_to_send_to");
  FAILS(MPI_Send(buffer, 1, MPI_INT, MPI_ANY_SOURCE, 0, world), MPI_ERR_RANK);
  // Nothing of the failed ones is under way.
  int got = -1;
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 0, &got, 1, MPI_INT, last_rank(), MPI_ANY_TAG, world, &status));
  CHECK_IS(got, last_rank());
}

CASE(bad_tags) {
  PART("bad_tag_below_zero");
  FAILS(MPI_Send(buffer, 1, MPI_INT, rank, -5, world), MPI_ERR_TAG);
  FAILS(MPI_Isend(buffer, 1, MPI_INT, rank, -5, world, &request), MPI_ERR_TAG);
  FAILS(MPI_Recv(buffer, 1, MPI_INT, rank, -5, world, &status), MPI_ERR_TAG);
  FAILS(MPI_Irecv(buffer, 1, MPI_INT, rank, -5, world, &request), MPI_ERR_TAG);
  FAILS(MPI_Send_init(buffer, 1, MPI_INT, rank, -5, world, &request), MPI_ERR_TAG);
  FAILS(MPI_Iprobe(rank, -5, world, &flag, &status), MPI_ERR_TAG);
  FAILS(MPI_Sendrecv(buffer, 1, MPI_INT, rank, -5, more, 1, MPI_INT, rank, 0, world, &status), MPI_ERR_TAG);
  PART("bad_tag_any_to_send_with");
  FAILS(MPI_Send(buffer, 1, MPI_INT, rank, MPI_ANY_TAG, world), MPI_ERR_TAG);
}

CASE(bad_counts) {
  FAILS(MPI_Send(buffer, -1, MPI_INT, rank, 0, world), MPI_ERR_COUNT);
  FAILS(MPI_Recv(buffer, -1, MPI_INT, rank, 0, world, &status), MPI_ERR_COUNT);
  FAILS(MPI_Irecv(buffer, -1, MPI_INT, rank, 0, world, &request), MPI_ERR_COUNT);
  FAILS(MPI_Send_init(buffer, -1, MPI_INT, rank, 0, world, &request), MPI_ERR_COUNT);
  FAILS(MPI_Bcast(buffer, -1, MPI_INT, 0, world), MPI_ERR_COUNT);
#ifndef MPICH_VERSION // 4.0 does not look
  FAILS(MPI_Allreduce(buffer, more, -1, MPI_INT, MPI_SUM, world), MPI_ERR_COUNT);
  FAILS(MPI_Alltoall(buffer, -1, MPI_INT, more, -1, MPI_INT, world), MPI_ERR_COUNT);
#endif
  FAILS(MPI_Type_contiguous(-1, MPI_INT, &newtype), MPI_ERR_COUNT);
  FAILS(MPI_Type_vector(-1, 1, 1, MPI_INT, &newtype), MPI_ERR_COUNT);
#ifdef HAS_MPI_4_1
  PART("bad_counts_that_are_large");
  FAILS(MPI_Send_c(buffer, -1, MPI_INT, rank, 0, world), MPI_ERR_COUNT);
  FAILS(MPI_Send_c(buffer, 1LL << 40, MPI_INT, rank, 0, world), MPI_ERR_BUFFER);
  FAILS(MPI_Bcast_c(buffer, -(1LL << 40), MPI_INT, 0, world), MPI_ERR_COUNT);
#endif
}

CASE(bad_types) {
  MPI_Datatype open;
  OK(MPI_Type_contiguous(2, MPI_INT, &open));
  static const char *const names[] = {"null", "that_is_not_committed"};
  MPI_Datatype bad[] = {MPI_DATATYPE_NULL, open};
  for (int b = 0; b < 2; b++) {
    MPI_Datatype type = bad[b];
    PART("bad_type_%s", names[b]);
    FAILS(MPI_Send(buffer, 1, type, rank, 0, world), MPI_ERR_TYPE);
    FAILS(MPI_Isend(buffer, 1, type, rank, 0, world, &request), MPI_ERR_TYPE);
    FAILS(MPI_Recv(buffer, 1, type, rank, 0, world, &status), MPI_ERR_TYPE);
    FAILS(MPI_Recv_init(buffer, 1, type, rank, 0, world, &request), MPI_ERR_TYPE);
    FAILS(MPI_Bcast(buffer, 1, type, 0, world), MPI_ERR_TYPE);
  }
  PART("bad_type_null_in_questions");
  FAILS(MPI_Type_size(MPI_DATATYPE_NULL, &number), MPI_ERR_TYPE);
  MPI_Aint lower, extent;
  FAILS(MPI_Type_get_extent(MPI_DATATYPE_NULL, &lower, &extent), MPI_ERR_TYPE);
  FAILS(MPI_Type_contiguous(2, MPI_DATATYPE_NULL, &newtype), MPI_ERR_TYPE);
  FAILS(MPI_Type_commit(&(MPI_Datatype){MPI_DATATYPE_NULL}), MPI_ERR_TYPE);
  FAILS(MPI_Type_dup(MPI_DATATYPE_NULL, &newtype), MPI_ERR_TYPE);
  FAILS(MPI_Type_free(&(MPI_Datatype){MPI_DATATYPE_NULL}), MPI_ERR_TYPE);
  PART("bad_type_predefined_to_be_freed");
  FAILS(MPI_Type_free(&(MPI_Datatype){MPI_INT}), MPI_ERR_TYPE);
#ifdef MPI_ABI_VERSION
  PART("bad_type_freed");
  MPI_Datatype freed = open;
  OK(MPI_Type_free(&open));
  FAILS(MPI_Type_size(freed, &number), MPI_ERR_TYPE);
  FAILS(MPI_Send(buffer, 1, freed, rank, 0, world), MPI_ERR_TYPE);
  PART("bad_type_contents_of_a_predefined_one");
  FAILS(MPI_Type_get_contents(MPI_INT, 0, 0, 0, NULL, NULL, NULL), MPI_ERR_TYPE);
#else
  OK(MPI_Type_free(&open));
#endif
}

CASE(bad_type_constructors) {
  PART("bad_type_blocks_below_zero");
  FAILS(MPI_Type_vector(1, -1, 1, MPI_INT, &newtype), MPI_ERR_ARG);
  FAILS(MPI_Type_indexed(1, (int[]){-1}, (int[]){0}, MPI_INT, &newtype), MPI_ERR_ARG);
#ifdef MPI_ABI_VERSION
  PART("bad_type_subarrays");
  FAILS(MPI_Type_create_subarray(0, (int[]){4}, (int[]){2}, (int[]){0}, MPI_ORDER_C, MPI_INT, &newtype), MPI_ERR_ARG);
  FAILS(MPI_Type_create_subarray(1, (int[]){4}, (int[]){5}, (int[]){0}, MPI_ORDER_C, MPI_INT, &newtype), MPI_ERR_ARG);
  FAILS(MPI_Type_create_subarray(1, (int[]){4}, (int[]){2}, (int[]){3}, MPI_ORDER_C, MPI_INT, &newtype), MPI_ERR_ARG);
  FAILS(MPI_Type_create_subarray(1, (int[]){4}, (int[]){2}, (int[]){0}, 99, MPI_INT, &newtype), MPI_ERR_ARG);
  PART("bad_type_darrays");
  FAILS(MPI_Type_create_darray(4, 4, 1, (int[]){8}, (int[]){MPI_DISTRIBUTE_BLOCK}, (int[]){MPI_DISTRIBUTE_DFLT_DARG}, (int[]){4},
                               MPI_ORDER_C, MPI_INT, &newtype), MPI_ERR_RANK);
  FAILS(MPI_Type_create_darray(4, 0, 1, (int[]){8}, (int[]){MPI_DISTRIBUTE_BLOCK}, (int[]){MPI_DISTRIBUTE_DFLT_DARG}, (int[]){3},
                               MPI_ORDER_C, MPI_INT, &newtype), MPI_ERR_ARG);
#endif
}

CASE(bad_operations) {
  FAILS(MPI_Allreduce(buffer, more, 1, MPI_INT, MPI_OP_NULL, world), MPI_ERR_OP);
  FAILS(MPI_Reduce_local(buffer, more, 1, MPI_INT, MPI_OP_NULL), MPI_ERR_OP);
  FAILS(MPI_Op_free(&(MPI_Op){MPI_OP_NULL}), MPI_ERR_OP);
  PART("bad_operations_for_their_type");
  FAILS(MPI_Allreduce(buffer, more, 1, MPI_DOUBLE, MPI_BAND, world), MPI_ERR_OP);
  FAILS(MPI_Allreduce(buffer, more, 1, MPI_INT, MPI_MAXLOC, world), MPI_ERR_OP);
  FAILS(MPI_Reduce(buffer, more, 1, MPI_DOUBLE_INT, MPI_SUM, 0, world), MPI_ERR_OP);
  PART("bad_operations_predefined_to_be_freed");
  FAILS(MPI_Op_free(&(MPI_Op){MPI_SUM}), MPI_ERR_OP);
}

CASE(bad_roots) {
  FAILS(MPI_Bcast(buffer, 1, MPI_INT, size, world), MPI_ERR_ROOT);
  FAILS(MPI_Bcast(buffer, 1, MPI_INT, -1 - size, world), MPI_ERR_ROOT);
  FAILS(MPI_Gather(buffer, 1, MPI_INT, more, 1, MPI_INT, size, world), MPI_ERR_ROOT);
  FAILS(MPI_Scatter(buffer, 1, MPI_INT, more, 1, MPI_INT, size, world), MPI_ERR_ROOT);
  FAILS(MPI_Reduce(buffer, more, 1, MPI_INT, MPI_SUM, size, world), MPI_ERR_ROOT);
  FAILS(MPI_Ibcast(buffer, 1, MPI_INT, size, world, &request), MPI_ERR_ROOT);
  PART("bad_roots_of_intercommunicators_alone");
  FAILS(MPI_Bcast(buffer, 1, MPI_INT, MPI_ROOT, world), MPI_ERR_ROOT);
}

CASE(bad_requests) {
#ifdef MPI_ABI_VERSION
  FAILS(MPI_Request_free(&(MPI_Request){MPI_REQUEST_NULL}), MPI_ERR_REQUEST);
  FAILS(MPI_Start(&(MPI_Request){MPI_REQUEST_NULL}), MPI_ERR_REQUEST);
  FAILS(MPI_Cancel(&(MPI_Request){MPI_REQUEST_NULL}), MPI_ERR_REQUEST);
  PART("bad_requests_that_are_not_persistent");
  OK(MPI_Irecv(buffer, 1, MPI_INT, rank, 0, world, &request));
  FAILS(MPI_Start(&request), MPI_ERR_REQUEST);
  FAILS(MPI_Grequest_complete(request), MPI_ERR_REQUEST);
  MPI_Request gone = request;
  OK(MPI_Send(buffer, 1, MPI_INT, rank, 0, world));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  PART("bad_requests_that_are_gone");
  FAILS(MPI_Wait(&gone, MPI_STATUS_IGNORE), MPI_ERR_REQUEST);
  FAILS(MPI_Test(&gone, &flag, MPI_STATUS_IGNORE), MPI_ERR_REQUEST);
  PART("bad_requests_that_are_started_twice");
  OK(MPI_Recv_init(buffer, 1, MPI_INT, rank, 0, world, &request));
  OK(MPI_Start(&request));
  FAILS(MPI_Start(&request), MPI_ERR_REQUEST);
  OK(MPI_Cancel(&request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  OK(MPI_Request_free(&request));
#endif
  PART("bad_counts_of_requests");
  FAILS(MPI_Waitall(-1, &request, &status), MPI_ERR_COUNT);
}

CASE(bad_buffers) {
  FAILS(MPI_Allreduce(buffer, MPI_IN_PLACE, 1, MPI_INT, MPI_SUM, world), MPI_ERR_BUFFER);
#ifdef MPI_ABI_VERSION
  char *beyond = (char *)0xfffffff0u;
  PART("bad_buffers_beyond_memory");
  FAILS(MPI_Send(beyond, 100, MPI_INT, rank, 0, world), MPI_ERR_BUFFER);
  FAILS(MPI_Recv(beyond, 100, MPI_INT, rank, 0, world, &status), MPI_ERR_BUFFER);
  FAILS(MPI_Bcast(beyond, 100, MPI_INT, 0, world), MPI_ERR_BUFFER);
  FAILS(MPI_Allreduce(beyond, more, 100, MPI_INT, MPI_SUM, world), MPI_ERR_BUFFER);
  FAILS(MPI_Send(buffer, 2000000000, MPI_LONG, rank, 0, world), MPI_ERR_BUFFER);
  PART("bad_places_of_results");
  FAILS(MPI_Comm_rank(world, (int *)beyond), MPI_ERR_ARG);
  FAILS(MPI_Comm_rank(world, NULL), MPI_ERR_ARG);
  FAILS(MPI_Isend(buffer, 1, MPI_INT, rank, 0, world, NULL), MPI_ERR_ARG);
#endif
  PART("bad_buffer_to_send_from_is_not_there");
  int attached_size = 100 + MPI_BSEND_OVERHEAD;
  char attached[100 + MPI_BSEND_OVERHEAD];
  void *detached;
  FAILS(MPI_Bsend(buffer, 1, MPI_INT, rank, 0, world), MPI_ERR_BUFFER);
  PART("bad_buffer_to_send_from_is_too_small");
  OK(MPI_Buffer_attach(attached, attached_size));
  static int large[500];
  FAILS(MPI_Bsend(large, 500, MPI_INT, rank, 0, world), MPI_ERR_BUFFER);
  PART("bad_buffer_to_send_from_is_attached_twice");
  FAILS(MPI_Buffer_attach(attached, attached_size), MPI_ERR_BUFFER);
  OK(MPI_Buffer_detach(&detached, &attached_size));
#ifdef MPI_ABI_VERSION
  FAILS(MPI_Buffer_detach(&detached, &attached_size), MPI_ERR_BUFFER);
  FAILS(MPI_Buffer_attach(attached, -1), MPI_ERR_ARG);
#endif
}

CASE(messages_that_are_too_long) {
  int in[2] = {-1, -1};
  MPI_Request sent;
  static int long_ones[100000], few[10];
  static const int lengths[] = {3, 100000};
#ifdef OPEN_MPI // 4.1 writes behind the buffer
  enum { COUNT = 1 };
#else
  enum { COUNT = 2 };
#endif
  for (int l = 0; l < COUNT; l++) {
    PART("messages_of_%d_that_are_too_long", lengths[l]);
    OK(MPI_Isend(long_ones, lengths[l], MPI_INT, next_rank(), 0, world, &sent));
    FAILS(MPI_Recv(in, 2, MPI_INT, last_rank(), 0, world, &status), MPI_ERR_TRUNCATE);
    OK(MPI_Wait(&sent, MPI_STATUS_IGNORE));
    PART("messages_of_%d_that_are_too_long_for_a_posted_receive", lengths[l]);
    OK(MPI_Irecv(few, 2, MPI_INT, last_rank(), 1, world, &request));
    OK(MPI_Barrier(world));
    OK(MPI_Send(long_ones, lengths[l], MPI_INT, next_rank(), 1, world));
    FAILS(MPI_Wait(&request, &status), MPI_ERR_TRUNCATE);
    CHECK_IS(few[2], 0);
    PART("messages_of_%d_that_are_too_long_among_others", lengths[l]);
    MPI_Request requests[2];
    MPI_Status statuses[2];
    OK(MPI_Irecv(few, 2, MPI_INT, last_rank(), 2, world, &requests[0]));
    OK(MPI_Irecv(in, 2, MPI_INT, last_rank(), 3, world, &requests[1]));
    OK(MPI_Barrier(world));
    OK(MPI_Send(long_ones, lengths[l], MPI_INT, next_rank(), 2, world));
    OK(MPI_Send(long_ones, 2, MPI_INT, next_rank(), 3, world));
    FAILS(MPI_Waitall(2, requests, statuses), MPI_ERR_IN_STATUS);
    CHECK_IS(class_of(statuses[0].MPI_ERROR), MPI_ERR_TRUNCATE);
    // Whether the other one is done is not said.
    int other = class_of(statuses[1].MPI_ERROR);
    CHECK(other == MPI_SUCCESS || other == MPI_ERR_PENDING);
    if (other == MPI_ERR_PENDING) OK(MPI_Wait(&requests[1], MPI_STATUS_IGNORE));
  }
}

CASE(bad_groups) {
  MPI_Group all;
  OK(MPI_Comm_group(world, &all));
  PART("bad_group_null");
  FAILS(MPI_Group_size(MPI_GROUP_NULL, &number), MPI_ERR_GROUP);
  FAILS(MPI_Group_rank(MPI_GROUP_NULL, &number), MPI_ERR_GROUP);
  FAILS(MPI_Group_union(all, MPI_GROUP_NULL, &newgroup), MPI_ERR_GROUP);
  FAILS(MPI_Group_compare(MPI_GROUP_NULL, all, &number), MPI_ERR_GROUP);
  FAILS(MPI_Comm_create(world, MPI_GROUP_NULL, &newcomm), MPI_ERR_GROUP);
  FAILS(MPI_Group_free(&(MPI_Group){MPI_GROUP_NULL}), MPI_ERR_GROUP);
  PART("bad_group_ranks");
  FAILS(MPI_Group_incl(all, 1, (int[]){size}, &newgroup), MPI_ERR_RANK);
  FAILS(MPI_Group_incl(all, 1, (int[]){-1}, &newgroup), MPI_ERR_RANK);
  FAILS(MPI_Group_excl(all, 1, (int[]){size}, &newgroup), MPI_ERR_RANK);
  FAILS(MPI_Group_translate_ranks(all, 1, (int[]){size}, all, &number), MPI_ERR_RANK);
  PART("bad_group_ranks_that_are_there_twice");
  if (size > 1) FAILS(MPI_Group_incl(all, 2, (int[]){0, 0}, &newgroup), MPI_ERR_RANK);
  PART("bad_group_counts");
  CHECK(MPI_Group_incl(all, -1, (int[]){0}, &newgroup) != MPI_SUCCESS);
  CHECK(MPI_Group_incl(all, size + 1, (int[]){0}, &newgroup) != MPI_SUCCESS);
  PART("bad_group_ranges");
  int stuck[1][3] = {{0, 0, 0}}, beyond[1][3] = {{0, size, 1}};
  CHECK(MPI_Group_range_incl(all, 1, stuck, &newgroup) != MPI_SUCCESS);
  CHECK(MPI_Group_range_incl(all, 1, beyond, &newgroup) != MPI_SUCCESS);
  CHECK(MPI_Group_range_excl(all, 1, beyond, &newgroup) != MPI_SUCCESS);
#ifdef MPI_ABI_VERSION
  PART("bad_group_freed");
  MPI_Group gone = all;
  OK(MPI_Group_free(&all));
  FAILS(MPI_Group_size(gone, &number), MPI_ERR_GROUP);
  OK(MPI_Comm_group(world, &all));
  PART("bad_group_of_others_than_the_communicators");
  if (size > 1) FAILS(MPI_Comm_create(MPI_COMM_SELF, all, &newcomm), MPI_ERR_GROUP);
#endif
  OK(MPI_Group_free(&all));
}

CASE(bad_topologies) {
  PART("bad_topology_none");
  FAILS(MPI_Cartdim_get(world, &number), MPI_ERR_TOPOLOGY);
  FAILS(MPI_Cart_rank(world, (int[]){0}, &number), MPI_ERR_TOPOLOGY);
  FAILS(MPI_Cart_coords(world, 0, 1, &number), MPI_ERR_TOPOLOGY);
  FAILS(MPI_Cart_shift(world, 0, 1, &number, &flag), MPI_ERR_TOPOLOGY);
  FAILS(MPI_Graphdims_get(world, &number, &flag), MPI_ERR_TOPOLOGY);
  FAILS(MPI_Graph_neighbors_count(world, 0, &number), MPI_ERR_TOPOLOGY);
  PART("bad_topology_dimensions");
  FAILS(MPI_Cart_create(world, 1, (int[]){-1}, (int[]){0}, 0, &newcomm), MPI_ERR_DIMS);
  FAILS(MPI_Dims_create(7, 1, (int[]){2}), MPI_ERR_DIMS);
  FAILS(MPI_Dims_create(4, 1, (int[]){-2}), MPI_ERR_DIMS);
  CHECK(MPI_Cart_create(world, 1, (int[]){size + 1}, (int[]){0}, 0, &newcomm) != MPI_SUCCESS);
  CHECK(MPI_Cart_create(world, -1, (int[]){1}, (int[]){0}, 0, &newcomm) != MPI_SUCCESS);
  PART("bad_topology_places");
  MPI_Comm line;
  OK(MPI_Cart_create(world, 1, &size, (int[]){0}, 0, &line));
  CHECK(MPI_Cart_rank(line, &size, &number) != MPI_SUCCESS);
  FAILS(MPI_Cart_coords(line, size, 1, &number), MPI_ERR_RANK);
  CHECK(MPI_Cart_shift(line, 1, 1, &number, &flag) != MPI_SUCCESS);
  OK(MPI_Comm_free(&line));
  PART("bad_topology_graphs");
  CHECK(MPI_Graph_create(world, 1, (int[]){1}, (int[]){size}, 0, &newcomm) != MPI_SUCCESS);
  CHECK(MPI_Graph_create(world, size + 1, (int[]){0}, (int[]){0}, 0, &newcomm) != MPI_SUCCESS);
  CHECK(MPI_Dist_graph_create_adjacent(world, -1, NULL, MPI_UNWEIGHTED, 0, NULL, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &newcomm) != MPI_SUCCESS);
#ifdef MPI_ABI_VERSION
  PART("bad_topology_for_neighbours");
  FAILS(MPI_Neighbor_allgather(buffer, 1, MPI_INT, more, 1, MPI_INT, world), MPI_ERR_TOPOLOGY);
#endif
}

CASE(bad_keys) {
  int keyval = MPI_KEYVAL_INVALID;
  void *value;
  FAILS(MPI_Comm_free_keyval(&keyval), MPI_ERR_KEYVAL);
  FAILS(MPI_Comm_set_attr(world, keyval, NULL), MPI_ERR_KEYVAL);
  FAILS(MPI_Comm_get_attr(world, keyval, &value, &flag), MPI_ERR_KEYVAL);
  FAILS(MPI_Comm_delete_attr(world, keyval), MPI_ERR_KEYVAL);
  FAILS(MPI_Type_set_attr(MPI_INT, keyval, NULL), MPI_ERR_KEYVAL);
  PART("bad_keys_of_another_kind");
  OK(MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &keyval, NULL));
  FAILS(MPI_Comm_set_attr(world, keyval, NULL), MPI_ERR_KEYVAL);
  OK(MPI_Type_free_keyval(&keyval));
#ifdef MPI_ABI_VERSION
  PART("bad_keys_that_are_predefined");
  FAILS(MPI_Comm_set_attr(world, MPI_TAG_UB, NULL), MPI_ERR_KEYVAL);
  FAILS(MPI_Comm_delete_attr(world, MPI_TAG_UB), MPI_ERR_KEYVAL);
  PART("bad_keys_that_are_freed");
  OK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &keyval, NULL));
  int freed = keyval;
  OK(MPI_Comm_free_keyval(&keyval));
  FAILS(MPI_Comm_set_attr(world, freed, NULL), MPI_ERR_KEYVAL);
#endif
}

CASE(bad_infos) {
  MPI_Info info;
  char value[MPI_MAX_INFO_VAL + 2], key[MPI_MAX_INFO_KEY + 2];
  OK(MPI_Info_create(&info));
  PART("bad_info_null");
  FAILS(MPI_Info_set(MPI_INFO_NULL, "key", "value"), MPI_ERR_INFO);
  FAILS(MPI_Info_get_nkeys(MPI_INFO_NULL, &number), MPI_ERR_INFO);
  FAILS(MPI_Info_dup(MPI_INFO_NULL, &newinfo), MPI_ERR_INFO);
  FAILS(MPI_Info_free(&(MPI_Info){MPI_INFO_NULL}), MPI_ERR_INFO);
  PART("bad_info_key_too_long");
  memset(key, 'k', sizeof key), key[sizeof key - 1] = 0;
  FAILS(MPI_Info_set(info, key, "value"), MPI_ERR_INFO_KEY);
  FAILS(MPI_Info_get(info, key, 10, value, &flag), MPI_ERR_INFO_KEY);
  PART("bad_info_value_too_long");
  memset(value, 'v', sizeof value), value[sizeof value - 1] = 0;
  FAILS(MPI_Info_set(info, "key", value), MPI_ERR_INFO_VALUE);
  PART("bad_info_key_that_is_not_there");
  FAILS(MPI_Info_delete(info, "key"), MPI_ERR_INFO_NOKEY);
  PART("bad_info_position");
  FAILS(MPI_Info_get_nthkey(info, 0, key), MPI_ERR_ARG);
  FAILS(MPI_Info_get_nthkey(info, -1, key), MPI_ERR_ARG);
  OK(MPI_Info_get_nkeys(info, &number));
  CHECK_IS(number, 0);
#ifdef MPI_ABI_VERSION
  PART("bad_info_env_is_not_changed");
  FAILS(MPI_Info_set(MPI_INFO_ENV, "key", "value"), MPI_ERR_INFO);
  PART("bad_info_freed");
  MPI_Info gone = info;
  OK(MPI_Info_free(&info));
  FAILS(MPI_Info_get_nkeys(gone, &number), MPI_ERR_INFO);
#else
  OK(MPI_Info_free(&info));
#endif
}

CASE(bad_error_codes_and_handlers) {
  FAILS(MPI_Error_class(-5, &number), MPI_ERR_ARG);
#ifdef MPI_ABI_VERSION
  FAILS(MPI_Comm_set_errhandler(world, MPI_ERRHANDLER_NULL), MPI_ERR_ERRHANDLER);
  FAILS(MPI_Errhandler_free(&(MPI_Errhandler){MPI_ERRHANDLER_NULL}), MPI_ERR_ERRHANDLER);
  FAILS(MPI_Add_error_string(MPI_ERR_LASTCODE + 100000, "none"), MPI_ERR_ARG);
#endif
}

CASE(bad_splits) {
  FAILS(MPI_Comm_split(world, -5, 0, &newcomm), MPI_ERR_ARG);
  CHECK(MPI_Comm_split_type(world, -5, 0, MPI_INFO_NULL, &newcomm) != MPI_SUCCESS);
  PART("bad_leaders_of_intercommunicators");
  CHECK(MPI_Intercomm_create(MPI_COMM_SELF, 1, world, 0, 0, &newcomm) != MPI_SUCCESS);
}

CASE(all_goes_on_after_errors) {
  int sum = -1;
  OK(MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, world));
  CHECK_IS(sum, size * (size - 1) / 2);
}
