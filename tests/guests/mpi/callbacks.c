// Functions of the program that MPI calls, and that call MPI in their turn: what the outer one was given stays as it is.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;

static MPI_Op greatest;
static void take_greatest(void *in, void *inout, int *length, MPI_Datatype *type) {
  int *a = in, *b = inout;
  (void)type;
  for (int i = 0; i < *length; i++) b[i] = a[i] > b[i] ? a[i] : b[i];
}
static void take_greatest_one_by_one(void *in, void *inout, int *length, MPI_Datatype *type) {
  int *a = in, *b = inout;
  for (int i = 0; i < *length; i++) OK(MPI_Reduce_local(&a[i], &b[i], 1, *type, greatest));
}

CASE(an_operation_reduces) {
  int out[4], in[4];
  MPI_Op op;
  OK(MPI_Op_create(take_greatest, 1, &greatest));
  OK(MPI_Op_create(take_greatest_one_by_one, 1, &op));
  for (int i = 0; i < 4; i++) out[i] = rank + i;
  OK(MPI_Allreduce(out, in, 4, MPI_INT, op, world));
  for (int i = 0; i < 4; i++) CHECK_IS(in[i], size - 1 + i);
  OK(MPI_Op_free(&op));
  OK(MPI_Op_free(&greatest));
}

static MPI_Request looked_at = MPI_REQUEST_NULL;
static void take_greatest_and_look(void *in, void *inout, int *length, MPI_Datatype *type) {
  int flag = 0;
  OK(MPI_Request_get_status(looked_at, &flag, MPI_STATUS_IGNORE));
  take_greatest(in, inout, length, type);
}

CASE(an_operation_makes_progress_of_its_own) {
  int in = -1;
  MPI_Op op;
  MPI_Request request;
  OK(MPI_Op_create(take_greatest_and_look, 1, &op));
  OK(MPI_Irecv(NULL, 0, MPI_INT, rank, 3, world, &looked_at));
  OK(MPI_Iallreduce(&rank, &in, 1, MPI_INT, op, world, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(in, size - 1);
  OK(MPI_Send(NULL, 0, MPI_INT, rank, 3, world));
  OK(MPI_Wait(&looked_at, MPI_STATUS_IGNORE));
  OK(MPI_Op_free(&op));
}

static int odd_sizes;
static void add_pairs(void *in, void *inout, int *length, MPI_Datatype *type) {
  int *a = in, *b = inout, bytes = -1;
  if (MPI_Type_size(*type, &bytes) != MPI_SUCCESS || bytes != 2 * (int)sizeof(int)) odd_sizes++;
  for (int i = 0; i < 2 * *length; i++) b[i] += a[i];
}

CASE(an_operation_asks_for_its_type_which_was_freed) {
  int out[] = {rank, 10 * rank}, in[2] = {0}, sum = size * (size - 1) / 2;
  MPI_Datatype pair, other;
  MPI_Op op;
  MPI_Request request;
  OK(MPI_Type_contiguous(2, MPI_INT, &pair));
  OK(MPI_Type_commit(&pair));
  OK(MPI_Op_create(add_pairs, 1, &op));
  OK(MPI_Iallreduce(out, in, 1, pair, op, world, &request));
  OK(MPI_Type_free(&pair));
  OK(MPI_Op_free(&op));
  OK(MPI_Type_contiguous(7, MPI_INT, &other));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  OK(MPI_Type_free(&other));
  CHECK(in[0] == sum && in[1] == 10 * sum && odd_sizes == 0);
}

static MPI_Comm with_attribute;
static int copy_not(MPI_Comm comm, int keyval, void *state, void *in, void *out, int *flag) {
  (void)comm, (void)keyval, (void)state;
  *(void **)out = in;
  *flag = 0;
  return MPI_SUCCESS;
}
static int copy_the_next_one(MPI_Comm comm, int keyval, void *state, void *in, void *out, int *flag) {
  (void)comm, (void)keyval, (void)state;
  MPI_Comm copy;
  *(void **)out = (char *)in + 1;
  *flag = 1;
  OK(MPI_Comm_dup(with_attribute, &copy));
  OK(MPI_Comm_free(&copy));
  return MPI_SUCCESS;
}

CASE(a_function_that_copies_an_attribute_copies_a_communicator) {
  int inner, outer, flag = 0;
  void *value = NULL;
  MPI_Comm from, to;
  OK(MPI_Comm_create_keyval(copy_not, MPI_COMM_NULL_DELETE_FN, &inner, NULL));
  OK(MPI_Comm_create_keyval(copy_the_next_one, MPI_COMM_NULL_DELETE_FN, &outer, NULL));
  OK(MPI_Comm_dup(world, &with_attribute));
  OK(MPI_Comm_dup(world, &from));
  OK(MPI_Comm_set_attr(with_attribute, inner, (void *)77));
  OK(MPI_Comm_set_attr(from, outer, (void *)10));
  OK(MPI_Comm_dup(from, &to));
  OK(MPI_Comm_get_attr(to, outer, &value, &flag));
  CHECK(flag && value == (void *)11);
  OK(MPI_Comm_free(&to));
  OK(MPI_Comm_free(&from));
  OK(MPI_Comm_free(&with_attribute));
  OK(MPI_Comm_free_keyval(&inner));
  OK(MPI_Comm_free_keyval(&outer));
}

static MPI_Comm other_comm;
static int inner_calls, outer_calls, outer_is_whole;
static void handle_inner(MPI_Comm *comm, int *code, ...) {
  (void)comm, (void)code;
  inner_calls++;
}
static void handle_outer(MPI_Comm *comm, int *code, ...) {
  MPI_Comm comm_before = *comm;
  int code_before = *code;
  MPI_Comm_call_errhandler(other_comm, MPI_ERR_TAG);
  outer_is_whole = *comm == comm_before && *code == code_before && class_of(*code) == MPI_ERR_RANK;
  outer_calls++;
}

CASE(an_error_handler_calls_another_one) {
  MPI_Errhandler inner, outer;
  MPI_Comm comm;
  OK(MPI_Comm_dup(world, &comm));
  OK(MPI_Comm_dup(world, &other_comm));
  OK(MPI_Comm_create_errhandler(handle_inner, &inner));
  OK(MPI_Comm_create_errhandler(handle_outer, &outer));
  OK(MPI_Comm_set_errhandler(other_comm, inner));
  OK(MPI_Comm_set_errhandler(comm, outer));
  FAILS(MPI_Send(NULL, 0, MPI_INT, size, 1, comm), MPI_ERR_RANK);
  CHECK(inner_calls == 1 && outer_calls == 1 && outer_is_whole);
  OK(MPI_Errhandler_free(&inner));
  OK(MPI_Errhandler_free(&outer));
  OK(MPI_Comm_free(&comm));
  OK(MPI_Comm_free(&other_comm));
}

static int fill(MPI_Status *status, int number, int is_cancelled) {
  MPI_Status_set_elements(status, MPI_BYTE, number);
  MPI_Status_set_cancelled(status, is_cancelled);
  status->MPI_SOURCE = number / 10, status->MPI_TAG = number / 5;
  return MPI_SUCCESS;
}
static int ask_inner(void *state, MPI_Status *status) {
  (void)state;
  return fill(status, 300, 1);
}
static int ask_outer(void *state, MPI_Status *status) {
  MPI_Status own;
  fill(status, 30, 0);
  return MPI_Wait(state, &own);
}
static int free_nothing(void *state) {
  (void)state;
  return MPI_SUCCESS;
}
static int refuse_to_cancel(void *state, int is_complete) {
  (void)state, (void)is_complete;
  return MPI_ERR_ARG;
}

CASE(a_generalised_request_waits_for_another_one) {
  MPI_Request inner, outer;
  MPI_Status status;
  int count = -1, is_cancelled = -1;
  OK(MPI_Grequest_start(ask_inner, free_nothing, refuse_to_cancel, NULL, &inner));
  OK(MPI_Grequest_start(ask_outer, free_nothing, refuse_to_cancel, &inner, &outer));
  OK(MPI_Grequest_complete(inner));
  OK(MPI_Grequest_complete(outer));
  OK(MPI_Wait(&outer, &status));
  OK(MPI_Get_count(&status, MPI_BYTE, &count));
  OK(MPI_Test_cancelled(&status, &is_cancelled));
  CHECK(status.MPI_SOURCE == 3 && status.MPI_TAG == 6 && count == 30 && !is_cancelled);
  PART("a_generalised_request_that_cannot_be_cancelled_says_so");
  OK(MPI_Grequest_start(ask_inner, free_nothing, refuse_to_cancel, NULL, &inner));
  FAILS(MPI_Cancel(&inner), MPI_ERR_ARG);
  OK(MPI_Grequest_complete(inner));
  OK(MPI_Wait(&inner, MPI_STATUS_IGNORE));
}
