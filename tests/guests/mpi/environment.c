// The environment: start and end, threads, versions, time, memory, error classes and handlers, profiling.
static int init_with_threads(int *argc, char ***argv);
static void check_before(void), check_after(void);
#define INIT init_with_threads
#define BEFORE_INIT check_before
#define AFTER_FINALIZE check_after
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;
static int is_to_be_deleted, deleted_at_the_end;
static int was_wrong_before, provided_at_init = -1;

// What may be called at any time.
static int is_wrong_at_any_time(int is_initialized, int is_finalized) {
  int flag = -1, version = 0, subversion = -1, length = -1;
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  if (MPI_Initialized(&flag) != MPI_SUCCESS || flag != is_initialized) return 1;
  if (MPI_Finalized(&flag) != MPI_SUCCESS || flag != is_finalized) return 2;
  if (MPI_Get_version(&version, &subversion) != MPI_SUCCESS) return 3;
  if (version != MPI_VERSION || subversion != MPI_SUBVERSION) return 4;
  if (MPI_Get_library_version(text, &length) != MPI_SUCCESS) return 5;
  return length < 1 || text[0] == 0 ? 6 : 0;
}

static void check_before(void) { was_wrong_before = is_wrong_at_any_time(0, 0); }

static void check_after(void) {
  int wrong = is_wrong_at_any_time(1, 1);
  if (wrong == 0 && deleted_at_the_end == is_to_be_deleted) return;
  printf("FAILED what is asked after the end: %d, %d deleted\n", wrong, deleted_at_the_end);
  exit(93);
}

static int init_with_threads(int *argc, char ***argv) {
  return MPI_Init_thread(argc, argv, MPI_THREAD_MULTIPLE, &provided_at_init);
}

// Stands before the library's, as a profiler does.
static int profiled_calls;
int MPI_Topo_test(MPI_Comm comm, int *status) {
  profiled_calls++;
  return PMPI_Topo_test(comm, status);
}

CASE(asked_before_the_start_it_is_not_started) { CHECK_IS(was_wrong_before, 0); }

CASE(asked_while_it_runs_it_is_started) { CHECK_IS(is_wrong_at_any_time(1, 0), 0); }

CASE(a_second_start_fails) {
#ifdef MPI_ABI_VERSION
  FAILS(MPI_Init(NULL, NULL), MPI_ERR_OTHER);
  int provided;
  FAILS(MPI_Init_thread(NULL, NULL, MPI_THREAD_SINGLE, &provided), MPI_ERR_OTHER);
#endif
}

CASE(threads) {
  PART("threads_levels_rise");
  CHECK(MPI_THREAD_SINGLE < MPI_THREAD_FUNNELED && MPI_THREAD_FUNNELED < MPI_THREAD_SERIALIZED);
  CHECK(MPI_THREAD_SERIALIZED < MPI_THREAD_MULTIPLE);
  PART("threads_may_be_there_and_main_calls");
  CHECK(provided_at_init >= MPI_THREAD_FUNNELED && provided_at_init <= MPI_THREAD_MULTIPLE);
  int provided = -1, is_main = -1;
  OK(MPI_Query_thread(&provided));
  CHECK_IS(provided, provided_at_init);
  OK(MPI_Is_thread_main(&is_main));
  CHECK_IS(is_main, 1);
}

CASE(versions) {
  PART("versions_are_those_of_the_header");
  int version = 0, subversion = -1;
  OK(MPI_Get_version(&version, &subversion));
  CHECK(version == MPI_VERSION && subversion == MPI_SUBVERSION);
#ifdef MPI_ABI_VERSION
  PART("versions_of_the_abi_are_those_of_the_header");
  OK(MPI_Abi_get_version(&version, &subversion));
  CHECK(version == MPI_ABI_VERSION && subversion == MPI_ABI_SUBVERSION);
#endif
  PART("versions_of_the_library_have_a_text");
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = -1;
  OK(MPI_Get_library_version(text, &length));
  CHECK_IS(length, strlen(text));
}

CASE(the_processor_has_a_name) {
  char name[MPI_MAX_PROCESSOR_NAME];
  int length = -1;
  OK(MPI_Get_processor_name(name, &length));
  CHECK(length > 0 && length < MPI_MAX_PROCESSOR_NAME);
  CHECK_IS(strlen(name), length);
}

CASE(time) {
  PART("time_passes_and_never_goes_back");
  double first = MPI_Wtime(), before = first;
  CHECK(first >= 0);
  for (int i = 0; i < 1000; i++) {
    double now = MPI_Wtime();
    CHECK(now >= before);
    before = now;
  }
  PART("time_has_a_resolution");
  double tick = MPI_Wtick();
  CHECK(tick > 0 && tick <= 1);
  PART("time_is_the_same_for_all_if_they_say_so");
  int *is_global, is_there = 0;
  OK(MPI_Comm_get_attr(world, MPI_WTIME_IS_GLOBAL, &is_global, &is_there));
  if (!is_there || !*is_global) return;
  // Who is told comes later than who tells.
  double told = MPI_Wtime();
  OK(MPI_Bcast(&told, 1, MPI_DOUBLE, 0, world));
  CHECK(MPI_Wtime() + 1e-3 >= told);
}

CASE(memory) {
  static const MPI_Aint sizes[] = {1, 100, 100000, 1 << 20};
  for (int i = 0; i < 4; i++) {
    PART("memory_of_%ld_bytes_is_ones_own", (long)sizes[i]);
    unsigned char *first = NULL, *second = NULL;
    OK(MPI_Alloc_mem(sizes[i], MPI_INFO_NULL, &first));
    OK(MPI_Alloc_mem(sizes[i], MPI_INFO_NULL, &second));
    CHECK(first && second && first != second);
    memset(first, rank + 1, (size_t)sizes[i]), memset(second, rank + 2, (size_t)sizes[i]);
    unsigned char got = 0;
    OK(MPI_Sendrecv(first + sizes[i] - 1, 1, MPI_BYTE, next_rank(), 0, &got, 1, MPI_BYTE, last_rank(), 0, world, MPI_STATUS_IGNORE));
    CHECK_IS(got, last_rank() + 1);
    OK(MPI_Free_mem(first));
    CHECK(second[0] == rank + 2 && second[sizes[i] - 1] == rank + 2);
    OK(MPI_Free_mem(second));
  }
  PART("memory_takes_hints");
  MPI_Info info;
  void *hinted = NULL;
  OK(MPI_Info_create(&info));
  OK(MPI_Info_set(info, "mpi_minimum_memory_alignment", "64"));
  OK(MPI_Alloc_mem(1000, info, &hinted));
  CHECK(hinted != NULL);
  OK(MPI_Free_mem(hinted));
  OK(MPI_Info_free(&info));
}

CASE(addresses_are_added_and_subtracted) {
  int array[10];
  MPI_Aint first, last;
  OK(MPI_Get_address(&array[0], &first));
  OK(MPI_Get_address(&array[9], &last));
  CHECK_IS(MPI_Aint_diff(last, first), 9 * sizeof(int));
  CHECK_IS(MPI_Aint_diff(first, last), -9 * (long)sizeof(int));
  CHECK(MPI_Aint_add(first, 9 * (MPI_Aint)sizeof(int)) == last);
  CHECK(MPI_Aint_add(last, -9 * (MPI_Aint)sizeof(int)) == first);
}

#define CLASSES(X)                                                                                                         \
  X(MPI_SUCCESS) X(MPI_ERR_BUFFER) X(MPI_ERR_COUNT) X(MPI_ERR_TYPE) X(MPI_ERR_TAG) X(MPI_ERR_COMM) X(MPI_ERR_RANK)         \
  X(MPI_ERR_REQUEST) X(MPI_ERR_ROOT) X(MPI_ERR_GROUP) X(MPI_ERR_OP) X(MPI_ERR_TOPOLOGY) X(MPI_ERR_DIMS) X(MPI_ERR_ARG)     \
  X(MPI_ERR_UNKNOWN) X(MPI_ERR_TRUNCATE) X(MPI_ERR_OTHER) X(MPI_ERR_INTERN) X(MPI_ERR_PENDING) X(MPI_ERR_IN_STATUS)        \
  X(MPI_ERR_ACCESS) X(MPI_ERR_AMODE) X(MPI_ERR_ASSERT) X(MPI_ERR_BAD_FILE) X(MPI_ERR_BASE) X(MPI_ERR_CONVERSION)           \
  X(MPI_ERR_DISP) X(MPI_ERR_DUP_DATAREP) X(MPI_ERR_FILE_EXISTS) X(MPI_ERR_FILE_IN_USE) X(MPI_ERR_FILE) X(MPI_ERR_INFO_KEY) \
  X(MPI_ERR_INFO_NOKEY) X(MPI_ERR_INFO_VALUE) X(MPI_ERR_INFO) X(MPI_ERR_IO) X(MPI_ERR_KEYVAL) X(MPI_ERR_LOCKTYPE)          \
  X(MPI_ERR_NAME) X(MPI_ERR_NO_MEM) X(MPI_ERR_NOT_SAME) X(MPI_ERR_NO_SPACE) X(MPI_ERR_NO_SUCH_FILE) X(MPI_ERR_PORT)        \
  X(MPI_ERR_QUOTA) X(MPI_ERR_READ_ONLY) X(MPI_ERR_RMA_ATTACH) X(MPI_ERR_RMA_CONFLICT) X(MPI_ERR_RMA_RANGE)                 \
  X(MPI_ERR_RMA_SHARED) X(MPI_ERR_RMA_SYNC) X(MPI_ERR_SERVICE) X(MPI_ERR_SIZE) X(MPI_ERR_SPAWN)                            \
  X(MPI_ERR_UNSUPPORTED_DATAREP) X(MPI_ERR_UNSUPPORTED_OPERATION) X(MPI_ERR_WIN)
#define CLASS_ENTRY(class) {#class, class},

CASE(error_classes) {
  static const struct { const char *name; int class; } classes[] = {CLASSES(CLASS_ENTRY)};
  enum { COUNT = sizeof classes / sizeof *classes };
  PART("error_classes_are_their_own_codes");
  for (int i = 0; i < COUNT; i++) {
    int class = -1;
    OK(MPI_Error_class(classes[i].class, &class));
    CHECK_IS(class, classes[i].class);
  }
  PART("error_classes_differ");
  for (int i = 0; i < COUNT; i++)
    for (int k = 0; k < i; k++) CHECK(classes[i].class != classes[k].class);
  PART("error_classes_are_in_their_range");
  CHECK_IS(MPI_SUCCESS, 0);
  for (int i = 0; i < COUNT; i++) CHECK(classes[i].class >= 0 && classes[i].class <= MPI_ERR_LASTCODE);
  PART("error_classes_have_texts");
  for (int i = 0; i < COUNT; i++) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = -1;
    OK(MPI_Error_string(classes[i].class, text, &length));
    CHECK(length > 0 && strlen(text) == (size_t)length);
  }
}

static int last_used_code(void) {
  int *last = NULL, is_there = 0;
  OK(MPI_Comm_get_attr(world, MPI_LASTUSEDCODE, &last, &is_there));
  return is_there ? *last : -1;
}

CASE(error_classes_of_ones_own) {
  PART("error_classes_of_ones_own_come_behind_all_others");
  int first, second, code, class = -1, length;
  char text[MPI_MAX_ERROR_STRING];
  CHECK(last_used_code() >= MPI_ERR_LASTCODE);
  OK(MPI_Add_error_class(&first));
  OK(MPI_Add_error_class(&second));
  CHECK(first > MPI_ERR_LASTCODE && second > MPI_ERR_LASTCODE && first != second);
  CHECK(last_used_code() >= (first > second ? first : second));
  PART("error_classes_of_ones_own_have_codes");
  OK(MPI_Add_error_code(first, &code));
  CHECK(code > MPI_ERR_LASTCODE && code != first && code != second);
  OK(MPI_Error_class(code, &class));
  CHECK_IS(class, first);
  OK(MPI_Error_class(second, &class));
  CHECK_IS(class, second);
  PART("error_classes_of_ones_own_have_texts_when_they_are_given");
  OK(MPI_Error_string(code, text, &length));
  OK(MPI_Add_error_string(code, "the pump is dry"));
  OK(MPI_Error_string(code, text, &length));
  CHECK(strcmp(text, "the pump is dry") == 0 && length == 15);
  OK(MPI_Add_error_string(code, "the pump is wet"));
  OK(MPI_Error_string(code, text, &length));
  CHECK(strcmp(text, "the pump is wet") == 0);
  OK(MPI_Add_error_string(first, "pumps"));
  OK(MPI_Error_string(first, text, &length));
  CHECK(strcmp(text, "pumps") == 0 && length == 5);
  PART("error_classes_of_ones_own_may_have_an_empty_text");
  OK(MPI_Add_error_string(code, ""));
  OK(MPI_Error_string(code, text, &length));
  CHECK(text[0] == 0 && length == 0);
  PART("error_codes_of_ones_own_may_be_of_a_predefined_class");
  OK(MPI_Add_error_code(MPI_ERR_TAG, &code));
  OK(MPI_Error_class(code, &class));
  CHECK_IS(class, MPI_ERR_TAG);
  PART("error_classes_of_ones_own_go_through_handlers");
  CHECK_IS(MPI_Comm_call_errhandler(world, code), MPI_SUCCESS);
  PART("error_texts_of_predefined_classes_stay");
  FAILS(MPI_Add_error_string(MPI_ERR_TAG, "mine"), MPI_ERR_ARG);
}

static int handled_class, handled_count;
static MPI_Comm handled_comm = MPI_COMM_NULL;
static void handle(MPI_Comm *comm, int *code, ...) {
  handled_comm = *comm;
  handled_class = class_of(*code);
  handled_count++;
}
static void handle_otherwise(MPI_Comm *comm, int *code, ...) { handled_count += 100; }

CASE(error_handlers) {
  MPI_Comm comm;
  MPI_Errhandler handler, other, got;
  OK(MPI_Comm_dup(world, &comm));
  PART("error_handlers_are_inherited_by_a_copy");
  OK(MPI_Comm_get_errhandler(comm, &got));
  CHECK(got == MPI_ERRORS_RETURN);
  PART("error_handlers_of_the_program_are_called_with_communicator_and_code");
  OK(MPI_Comm_create_errhandler(handle, &handler));
  OK(MPI_Comm_set_errhandler(comm, handler));
  handled_count = 0;
  FAILS(MPI_Send(NULL, 0, MPI_INT, size, 0, comm), MPI_ERR_RANK);
  CHECK(handled_count == 1 && handled_class == MPI_ERR_RANK && handled_comm == comm);
  PART("error_handlers_are_called_by_name");
  OK(MPI_Comm_call_errhandler(comm, MPI_ERR_TOPOLOGY));
  CHECK(handled_count == 2 && handled_class == MPI_ERR_TOPOLOGY && handled_comm == comm);
  PART("error_handlers_that_are_freed_stay_where_they_are_set");
  OK(MPI_Errhandler_free(&handler));
  CHECK(handler == MPI_ERRHANDLER_NULL);
  FAILS(MPI_Recv(NULL, 0, MPI_INT, size, 0, comm, MPI_STATUS_IGNORE), MPI_ERR_RANK);
  CHECK_IS(handled_count, 3);
  PART("error_handlers_are_given_back");
  OK(MPI_Comm_get_errhandler(comm, &got));
  CHECK(got != MPI_ERRHANDLER_NULL && got != MPI_ERRORS_RETURN && got != MPI_ERRORS_ARE_FATAL);
  PART("error_handlers_are_of_each_communicator");
  OK(MPI_Comm_create_errhandler(handle_otherwise, &other));
  OK(MPI_Comm_set_errhandler(comm, other));
  FAILS(MPI_Send(NULL, 0, MPI_INT, size, 0, comm), MPI_ERR_RANK);
  FAILS(MPI_Send(NULL, 0, MPI_INT, size, 0, world), MPI_ERR_RANK);
  CHECK_IS(handled_count, 103);
  PART("error_handlers_that_were_given_back_are_set_again");
  OK(MPI_Comm_set_errhandler(comm, got));
  OK(MPI_Errhandler_free(&got));
  FAILS(MPI_Send(NULL, 0, MPI_INT, size, 0, comm), MPI_ERR_RANK);
  CHECK_IS(handled_count, 104);
  PART("error_handlers_of_the_program_are_inherited_too");
  MPI_Comm copy;
  OK(MPI_Comm_dup(comm, &copy));
  FAILS(MPI_Send(NULL, 0, MPI_INT, size, 0, copy), MPI_ERR_RANK);
  CHECK(handled_count == 105 && handled_comm == copy);
  OK(MPI_Comm_free(&copy));
  PART("error_handlers_hear_of_requests");
  MPI_Request request, sent;
  int out[2] = {1, 2}, in[1];
  OK(MPI_Isend(out, 2, MPI_INT, rank, 0, comm, &sent));
  OK(MPI_Irecv(in, 1, MPI_INT, rank, 0, comm, &request));
  handled_class = MPI_SUCCESS;
  FAILS(MPI_Wait(&request, MPI_STATUS_IGNORE), MPI_ERR_TRUNCATE);
  OK(MPI_Wait(&sent, MPI_STATUS_IGNORE));
  CHECK(handled_class == MPI_ERR_TRUNCATE && handled_comm == comm);
#ifndef OPEN_MPI // 4.1 does not come back from it
  PART("error_handlers_hear_of_failures_in_completing_several");
  MPI_Status status[1];
  handled_count = 0;
  OK(MPI_Isend(out, 2, MPI_INT, rank, 0, comm, &sent));
  OK(MPI_Irecv(in, 1, MPI_INT, rank, 0, comm, &request));
  FAILS(MPI_Waitall(1, &request, status), MPI_ERR_IN_STATUS);
  CHECK_IS(class_of(status[0].MPI_ERROR), MPI_ERR_TRUNCATE);
  OK(MPI_Wait(&sent, MPI_STATUS_IGNORE));
#endif
  OK(MPI_Errhandler_free(&other));
  OK(MPI_Comm_free(&comm));
#ifdef HAS_MPI_4_1
  PART("error_handlers_that_abort_can_be_set");
  OK(MPI_Comm_dup(world, &comm));
  OK(MPI_Comm_set_errhandler(comm, MPI_ERRORS_ABORT));
  OK(MPI_Comm_get_errhandler(comm, &got));
  CHECK(got == MPI_ERRORS_ABORT);
  OK(MPI_Comm_free(&comm));
#endif
}

CASE(profilers_stand_before_the_library) {
  int before = profiled_calls, status = 0;
  OK(MPI_Topo_test(world, &status));
  CHECK_IS(status, MPI_UNDEFINED);
  CHECK_IS(profiled_calls, before + 1);
  OK(PMPI_Topo_test(world, &status));
  CHECK_IS(profiled_calls, before + 1);
}

CASE(pcontrol_does_nothing) {
  OK(MPI_Pcontrol(0));
  OK(MPI_Pcontrol(1));
  OK(MPI_Pcontrol(2, "more", 3, 4.0));
}

static int deletes_at_the_end(MPI_Comm comm, int keyval, void *value, void *extra) {
  int is_finalized = -1;
  MPI_Finalized(&is_finalized);
  if (is_finalized != 0 || value != &deleted_at_the_end || extra != &profiled_calls) exit(92);
  deleted_at_the_end++;
  return MPI_SUCCESS;
}
CASE(attributes_of_comm_self_are_deleted_at_the_end) {
  int keyval;
  OK(MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, deletes_at_the_end, &keyval, &profiled_calls));
  OK(MPI_Comm_set_attr(MPI_COMM_SELF, keyval, &deleted_at_the_end));
  is_to_be_deleted = 1;
}
