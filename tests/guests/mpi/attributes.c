// Attributes of communicators and datatypes, infos, generalised requests, names of datatypes, statuses.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;

static int copies, deletions, order[16], order_count, extra_seen;
static int copies_one_more(MPI_Comm comm, int keyval, void *extra, void *value, void *result, int *flag) {
  copies++;
  extra_seen = *(int *)extra;
  *(void **)result = (char *)value + 1;
  *flag = 1;
  return MPI_SUCCESS;
}
static int copies_not(MPI_Comm comm, int keyval, void *extra, void *value, void *result, int *flag) {
  copies++;
  *flag = 0;
  return MPI_SUCCESS;
}
static int fails_to_copy(MPI_Comm comm, int keyval, void *extra, void *value, void *result, int *flag) { return MPI_ERR_OTHER; }
static int deletes(MPI_Comm comm, int keyval, void *value, void *extra) {
  deletions++;
  if (order_count < 16) order[order_count++] = (int)(intptr_t)value;
  return MPI_SUCCESS;
}
static int refuses(MPI_Comm comm, int keyval, void *value, void *extra) { return *(int *)extra ? MPI_ERR_OTHER : MPI_SUCCESS; }

static int key_of(MPI_Comm_copy_attr_function *copy, MPI_Comm_delete_attr_function *delete, void *extra) {
  int keyval = MPI_KEYVAL_INVALID;
  OK(MPI_Comm_create_keyval(copy, delete, &keyval, extra));
  CHECK(keyval != MPI_KEYVAL_INVALID);
  return keyval;
}
static void free_key(int keyval) {
  OK(MPI_Comm_free_keyval(&keyval));
  CHECK_IS(keyval, MPI_KEYVAL_INVALID);
}
// -1: there is none.
static long value_of(MPI_Comm comm, int keyval) {
  void *value = NULL;
  int flag = -1;
  OK(MPI_Comm_get_attr(comm, keyval, &value, &flag));
  return flag ? (long)(intptr_t)value : -1;
}

CASE(attribute) {
  MPI_Comm comm, copy;
  int extra = 42;
  OK(MPI_Comm_dup(world, &comm));
  PART("attribute_is_not_there_at_first");
  int keyval = key_of(copies_one_more, deletes, &extra);
  CHECK_IS(value_of(comm, keyval), -1);
  PART("attribute_is_set_and_given");
  OK(MPI_Comm_set_attr(comm, keyval, (void *)7));
  CHECK_IS(value_of(comm, keyval), 7);
  PART("attribute_may_be_null");
  deletions = 0;
  OK(MPI_Comm_set_attr(comm, keyval, NULL));
  CHECK_IS(value_of(comm, keyval), 0);
  PART("attribute_set_again_deletes_the_old_one");
  CHECK_IS(deletions, 1);
  OK(MPI_Comm_set_attr(comm, keyval, (void *)20));
  CHECK_IS(deletions, 2);
  PART("attribute_is_copied_as_its_function_says");
  copies = extra_seen = 0;
  OK(MPI_Comm_dup(comm, &copy));
  CHECK(copies == 1 && extra_seen == 42);
  CHECK_IS(value_of(copy, keyval), 21);
  CHECK_IS(value_of(comm, keyval), 20);
  PART("attribute_is_deleted_with_its_communicator");
  deletions = 0;
  OK(MPI_Comm_free(&copy));
  CHECK_IS(deletions, 1);
  PART("attribute_is_copied_by_later_copies");
  MPI_Request request;
  OK(MPI_Comm_idup(comm, &copy, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(value_of(copy, keyval), 21);
  OK(MPI_Comm_free(&copy));
  PART("attribute_is_not_copied_by_a_split");
  OK(MPI_Comm_split(comm, 0, 0, &copy));
  CHECK_IS(value_of(copy, keyval), -1);
  OK(MPI_Comm_free(&copy));
  PART("attribute_is_deleted");
  deletions = 0;
  OK(MPI_Comm_delete_attr(comm, keyval));
  CHECK_IS(deletions, 1);
  CHECK_IS(value_of(comm, keyval), -1);
  PART("attribute_outlives_its_key");
  deletions = 0;
  OK(MPI_Comm_set_attr(comm, keyval, (void *)30));
  free_key(keyval);
  CHECK_IS(deletions, 0);
  OK(MPI_Comm_free(&comm));
  CHECK_IS(deletions, 1);

  OK(MPI_Comm_dup(world, &comm));
  PART("attribute_that_is_always_copied");
  keyval = key_of(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, NULL);
  OK(MPI_Comm_set_attr(comm, keyval, (void *)5));
  OK(MPI_Comm_dup(comm, &copy));
  CHECK_IS(value_of(copy, keyval), 5);
  OK(MPI_Comm_free(&copy));
  free_key(keyval);
  PART("attribute_that_is_never_copied");
  keyval = key_of(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, NULL);
  OK(MPI_Comm_set_attr(comm, keyval, (void *)5));
  OK(MPI_Comm_dup(comm, &copy));
  CHECK_IS(value_of(copy, keyval), -1);
  OK(MPI_Comm_free(&copy));
  free_key(keyval);
  PART("attribute_whose_function_copies_it_not");
  keyval = key_of(copies_not, deletes, NULL);
  OK(MPI_Comm_set_attr(comm, keyval, (void *)5));
  copies = 0;
  OK(MPI_Comm_dup(comm, &copy));
  CHECK_IS(copies, 1);
  CHECK_IS(value_of(copy, keyval), -1);
  OK(MPI_Comm_free(&copy));
  OK(MPI_Comm_delete_attr(comm, keyval));
  free_key(keyval);
  PART("attribute_whose_function_fails_makes_no_copy");
  keyval = key_of(fails_to_copy, MPI_COMM_NULL_DELETE_FN, NULL);
  OK(MPI_Comm_set_attr(comm, keyval, (void *)5));
  CHECK(MPI_Comm_dup(comm, &copy) != MPI_SUCCESS);
  OK(MPI_Comm_delete_attr(comm, keyval));
  free_key(keyval);
  PART("attribute_whose_function_refuses_stays");
  int does_refuse = 1;
  keyval = key_of(MPI_COMM_NULL_COPY_FN, refuses, &does_refuse);
  OK(MPI_Comm_set_attr(comm, keyval, (void *)5));
  CHECK(MPI_Comm_delete_attr(comm, keyval) != MPI_SUCCESS);
  CHECK_IS(value_of(comm, keyval), 5);
  does_refuse = 0;
  OK(MPI_Comm_delete_attr(comm, keyval));
  free_key(keyval);
  PART("attributes_are_deleted_from_the_last_to_the_first");
  int keys[4];
  for (int i = 0; i < 4; i++) {
    keys[i] = key_of(MPI_COMM_NULL_COPY_FN, deletes, NULL);
    OK(MPI_Comm_set_attr(MPI_COMM_SELF, keys[i], (void *)(intptr_t)(100 + i)));
  }
  for (int i = 0; i < 4; i++) OK(MPI_Comm_delete_attr(MPI_COMM_SELF, keys[i]));
  order_count = 0;
  for (int i = 0; i < 4; i++) OK(MPI_Comm_set_attr(comm, keys[i], (void *)(intptr_t)(100 + i)));
  OK(MPI_Comm_free(&comm));
  CHECK_IS(order_count, 4);
#ifndef OPEN_MPI // 4.1 has no order
  for (int i = 0; i < 4; i++) CHECK_IS(order[i], 103 - i);
#endif
  for (int i = 0; i < 4; i++) free_key(keys[i]);
}

CASE(predefined_attributes) {
  static const struct { const char *name; int keyval; } keys[] = {
      {"tag_ub", MPI_TAG_UB}, {"io", MPI_IO}, {"wtime_is_global", MPI_WTIME_IS_GLOBAL}, {"host", MPI_HOST}, {"lastusedcode", MPI_LASTUSEDCODE}};
  for (int k = 0; k < 5; k++) {
    PART("predefined_attribute_%s_is_there", keys[k].name);
    int *value = NULL, flag = 0;
    OK(MPI_Comm_get_attr(world, keys[k].keyval, &value, &flag));
    CHECK(flag && value != NULL);
  }
  PART("predefined_attributes_may_be_absent");
  int *value = NULL, flag = -1;
  OK(MPI_Comm_get_attr(world, MPI_UNIVERSE_SIZE, &value, &flag));
  CHECK(!flag || *value > 0);
  OK(MPI_Comm_get_attr(world, MPI_APPNUM, &value, &flag));
  CHECK(!flag || *value == 0);
}

static int old_copies(MPI_Comm comm, int keyval, void *extra, void *value, void *result, int *flag) {
  return copies_one_more(comm, keyval, extra, value, result, flag);
}
CASE(attributes_by_their_names_of_before_mpi_2) {
  MPI_Comm comm, copy;
  int keyval, extra = 3, flag = 0;
  void *value = NULL;
  OK(MPI_Comm_dup(world, &comm));
  OK(MPI_Keyval_create(old_copies, deletes, &keyval, &extra));
  OK(MPI_Attr_put(comm, keyval, (void *)11));
  OK(MPI_Attr_get(comm, keyval, &value, &flag));
  CHECK(flag && (intptr_t)value == 11);
  OK(MPI_Comm_dup(comm, &copy));
  OK(MPI_Attr_get(copy, keyval, &value, &flag));
  CHECK(flag && (intptr_t)value == 12);
  OK(MPI_Attr_delete(copy, keyval));
  OK(MPI_Attr_get(copy, keyval, &value, &flag));
  CHECK_IS(flag, 0);
  OK(MPI_Comm_free(&copy));
  OK(MPI_Comm_free(&comm));
  OK(MPI_Keyval_free(&keyval));
  CHECK_IS(keyval, MPI_KEYVAL_INVALID);
}

static int type_copies(MPI_Datatype type, int keyval, void *extra, void *value, void *result, int *flag) {
  copies++;
  *(void **)result = (char *)value + 1;
  *flag = 1;
  return MPI_SUCCESS;
}
static int type_deletes(MPI_Datatype type, int keyval, void *value, void *extra) {
  deletions++;
  return MPI_SUCCESS;
}
CASE(type_attribute) {
  MPI_Datatype type, copy;
  int keyval = MPI_KEYVAL_INVALID, flag = -1;
  void *value = NULL;
  OK(MPI_Type_contiguous(3, MPI_INT, &type));
  PART("type_attribute_is_set_and_given");
  OK(MPI_Type_create_keyval(type_copies, type_deletes, &keyval, NULL));
  OK(MPI_Type_get_attr(type, keyval, &value, &flag));
  CHECK_IS(flag, 0);
  OK(MPI_Type_set_attr(type, keyval, (void *)9));
  OK(MPI_Type_get_attr(type, keyval, &value, &flag));
  CHECK(flag && (intptr_t)value == 9);
  PART("type_attribute_is_copied");
  copies = deletions = 0;
  OK(MPI_Type_dup(type, &copy));
  OK(MPI_Type_get_attr(copy, keyval, &value, &flag));
  CHECK(flag && (intptr_t)value == 10 && copies == 1);
  PART("type_attribute_is_deleted");
  OK(MPI_Type_delete_attr(copy, keyval));
  CHECK_IS(deletions, 1);
  OK(MPI_Type_get_attr(copy, keyval, &value, &flag));
  CHECK_IS(flag, 0);
  PART("type_attribute_is_deleted_with_its_type");
  OK(MPI_Type_free(&copy));
  CHECK_IS(deletions, 1);
  OK(MPI_Type_free(&type));
  CHECK_IS(deletions, 2);
  PART("type_attributes_may_be_of_predefined_types");
  OK(MPI_Type_set_attr(MPI_INT, keyval, (void *)9));
  OK(MPI_Type_get_attr(MPI_INT, keyval, &value, &flag));
  CHECK(flag && (intptr_t)value == 9);
  OK(MPI_Type_delete_attr(MPI_INT, keyval));
  OK(MPI_Type_free_keyval(&keyval));
  CHECK_IS(keyval, MPI_KEYVAL_INVALID);
  PART("type_attributes_by_functions_that_are_given");
  OK(MPI_Type_contiguous(3, MPI_INT, &type));
  OK(MPI_Type_create_keyval(MPI_TYPE_DUP_FN, MPI_TYPE_NULL_DELETE_FN, &keyval, NULL));
  OK(MPI_Type_set_attr(type, keyval, (void *)9));
  OK(MPI_Type_dup(type, &copy));
  OK(MPI_Type_get_attr(copy, keyval, &value, &flag));
  CHECK(flag && (intptr_t)value == 9);
  OK(MPI_Type_free(&copy));
  OK(MPI_Type_free_keyval(&keyval));
  OK(MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &keyval, NULL));
  OK(MPI_Type_set_attr(type, keyval, (void *)9));
  OK(MPI_Type_dup(type, &copy));
  OK(MPI_Type_get_attr(copy, keyval, &value, &flag));
  CHECK_IS(flag, 0);
  OK(MPI_Type_free(&copy));
  OK(MPI_Type_free(&type));
  OK(MPI_Type_free_keyval(&keyval));
}

#ifdef MPI_ABI_VERSION
CASE(windows_are_not_there_yet) {
  int keyval = 0;
  FAILS(MPI_Win_create_keyval(MPI_WIN_NULL_COPY_FN, MPI_WIN_NULL_DELETE_FN, &keyval, NULL), MPI_ERR_UNSUPPORTED_OPERATION);
  MPI_Win window;
  FAILS(MPI_Win_create(NULL, 0, 1, MPI_INFO_NULL, world, &window), MPI_ERR_UNSUPPORTED_OPERATION);
}
#endif

static void check_value(MPI_Info info, const char *key, const char *expected) {
  char value[MPI_MAX_INFO_VAL + 1] = "untouched";
  int flag = -1, length = -1;
  OK(MPI_Info_get(info, key, MPI_MAX_INFO_VAL, value, &flag));
  CHECK_IS(flag, expected != NULL);
  CHECK(strcmp(value, expected ? expected : "untouched") == 0);
  OK(MPI_Info_get_valuelen(info, key, &length, &flag));
  CHECK_IS(flag, expected != NULL);
  if (expected) CHECK_IS(length, strlen(expected));
}
static int key_count(MPI_Info info) {
  int count = -1;
  OK(MPI_Info_get_nkeys(info, &count));
  return count;
}

CASE(info) {
  MPI_Info info, copy;
  char key[MPI_MAX_INFO_KEY], value[MPI_MAX_INFO_VAL];
  int flag = -1;
  PART("info_is_empty_at_first");
  OK(MPI_Info_create(&info));
  CHECK(info != MPI_INFO_NULL && key_count(info) == 0);
  check_value(info, "color", NULL);
  PART("info_keeps_what_is_set");
  OK(MPI_Info_set(info, "color", "green"));
  OK(MPI_Info_set(info, "size", "12"));
  check_value(info, "color", "green");
  check_value(info, "size", "12");
  CHECK_IS(key_count(info), 2);
  PART("info_takes_a_new_value");
  OK(MPI_Info_set(info, "color", "a much longer value than before"));
  check_value(info, "color", "a much longer value than before");
  CHECK_IS(key_count(info), 2);
  PART("info_tells_its_keys_by_number");
  OK(MPI_Info_set(info, "third", "3"));
  int seen = 0;
  for (int i = 0; i < 3; i++) {
    OK(MPI_Info_get_nthkey(info, i, key));
    seen |= strcmp(key, "color") == 0 ? 1 : strcmp(key, "size") == 0 ? 2 : strcmp(key, "third") == 0 ? 4 : 8;
  }
  CHECK_IS(seen, 7);
  PART("info_keys_differ_by_case");
  check_value(info, "Color", NULL);
  PART("info_values_are_cut");
  memset(value, '!', sizeof value);
  OK(MPI_Info_get(info, "color", 6, value, &flag));
  CHECK(flag && strcmp(value, "a much") == 0 && value[7] == '!');
  PART("info_is_copied");
  OK(MPI_Info_dup(info, &copy));
  CHECK(copy != info && key_count(copy) == 3);
  OK(MPI_Info_set(copy, "size", "13"));
  check_value(info, "size", "12");
  check_value(copy, "size", "13");
  PART("info_keys_are_deleted");
  OK(MPI_Info_delete(info, "color"));
  CHECK_IS(key_count(info), 2);
  check_value(info, "color", NULL);
  check_value(copy, "color", "a much longer value than before");
  PART("info_is_freed");
  OK(MPI_Info_free(&info));
  CHECK(info == MPI_INFO_NULL);
  check_value(copy, "third", "3");
  PART("info_takes_the_longest_key_and_value");
  char longest_key[MPI_MAX_INFO_KEY + 1], longest_value[MPI_MAX_INFO_VAL + 1];
  memset(longest_key, 'k', sizeof longest_key), memset(longest_value, 'v', sizeof longest_value);
  longest_key[MPI_MAX_INFO_KEY - 1] = 0, longest_value[MPI_MAX_INFO_VAL - 1] = 0;
  OK(MPI_Info_set(copy, longest_key, longest_value));
  check_value(copy, longest_key, longest_value);
  PART("info_takes_many_keys");
  for (int i = 0; i < 200; i++) {
    snprintf(key, sizeof key, "key %d", i);
    snprintf(value, sizeof value, "%d", i * i);
    OK(MPI_Info_set(copy, key, value));
  }
  CHECK_IS(key_count(copy), 204);
  check_value(copy, "key 150", "22500");
  OK(MPI_Info_free(&copy));
#ifdef HAS_MPI_4_0
  PART("info_gives_strings_and_their_lengths");
  OK(MPI_Info_create(&info));
  OK(MPI_Info_set(info, "color", "green"));
  int length = 0;
  OK(MPI_Info_get_string(info, "color", &length, value, &flag));
  CHECK(flag && length == 6);
  length = sizeof value;
  OK(MPI_Info_get_string(info, "color", &length, value, &flag));
  CHECK(flag && length == 6 && strcmp(value, "green") == 0);
  length = 3;
  OK(MPI_Info_get_string(info, "color", &length, value, &flag));
  CHECK(flag && length == 6 && strcmp(value, "gr") == 0);
  length = 55;
  OK(MPI_Info_get_string(info, "taste", &length, value, &flag));
  CHECK(!flag && length == 55);
  OK(MPI_Info_free(&info));
  PART("info_tells_of_the_start");
  OK(MPI_Info_create_env(0, NULL, &info));
  CHECK(key_count(info) >= 0);
  OK(MPI_Info_free(&info));
#endif
  PART("info_env_is_there");
  CHECK(key_count(MPI_INFO_ENV) >= 0);
#ifdef MPI_ABI_VERSION
  snprintf(value, sizeof value, "%d", size);
  check_value(MPI_INFO_ENV, "maxprocs", value);
#endif
  OK(MPI_Info_dup(MPI_INFO_ENV, &copy));
  CHECK_IS(key_count(copy), key_count(MPI_INFO_ENV));
  OK(MPI_Info_free(&copy));
}

struct work { int queries, frees, cancels, was_complete; };
static int query(void *extra, MPI_Status *status) {
  ((struct work *)extra)->queries++;
  MPI_Status_set_elements(status, MPI_INT, 17);
  MPI_Status_set_cancelled(status, ((struct work *)extra)->cancels > 0);
  status->MPI_SOURCE = 23, status->MPI_TAG = 42;
  return MPI_SUCCESS;
}
static int query_fails(void *extra, MPI_Status *status) {
  query(extra, status);
  return MPI_ERR_OTHER;
}
static int frees(void *extra) {
  ((struct work *)extra)->frees++;
  return MPI_SUCCESS;
}
static int cancels(void *extra, int is_complete) {
  ((struct work *)extra)->cancels++;
  ((struct work *)extra)->was_complete = is_complete;
  return MPI_SUCCESS;
}

CASE(generalised_request) {
  struct work work = {0};
  MPI_Request request, both[2];
  MPI_Status status;
  int flag = -1, count = -1;
  PART("generalised_request_is_open_until_it_is_completed");
  OK(MPI_Grequest_start(query, frees, cancels, &work, &request));
  OK(MPI_Test(&request, &flag, &status));
  CHECK(flag == 0 && request != MPI_REQUEST_NULL && work.queries == 0);
  OK(MPI_Grequest_complete(request));
  OK(MPI_Wait(&request, &status));
  CHECK(request == MPI_REQUEST_NULL);
  PART("generalised_request_tells_its_status");
  OK(MPI_Get_count(&status, MPI_INT, &count));
  CHECK(count == 17 && status.MPI_SOURCE == 23 && status.MPI_TAG == 42);
  OK(MPI_Test_cancelled(&status, &flag));
  CHECK_IS(flag, 0);
  PART("generalised_request_calls_its_functions_once");
  CHECK(work.queries == 1 && work.frees == 1 && work.cancels == 0);
  PART("generalised_request_is_cancelled");
  memset(&work, 0, sizeof work);
  OK(MPI_Grequest_start(query, frees, cancels, &work, &request));
  OK(MPI_Cancel(&request));
  CHECK(work.cancels == 1 && work.was_complete == 0);
  OK(MPI_Grequest_complete(request));
  OK(MPI_Wait(&request, &status));
  OK(MPI_Test_cancelled(&status, &flag));
  CHECK(flag && work.frees == 1);
  PART("generalised_request_stays_when_its_status_is_asked_for");
  memset(&work, 0, sizeof work);
  OK(MPI_Grequest_start(query, frees, cancels, &work, &request));
  OK(MPI_Request_get_status(request, &flag, &status));
  CHECK_IS(flag, 0);
  OK(MPI_Grequest_complete(request));
  OK(MPI_Request_get_status(request, &flag, &status));
  CHECK(flag && status.MPI_TAG == 42 && work.frees == 0);
  OK(MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
  CHECK(flag && work.frees == 1 && request == MPI_REQUEST_NULL);
  PART("generalised_request_freed_before_it_is_completed");
  memset(&work, 0, sizeof work);
  OK(MPI_Grequest_start(query, frees, cancels, &work, &request));
  MPI_Request same = request;
  OK(MPI_Request_free(&request));
  CHECK(request == MPI_REQUEST_NULL && work.frees == 0);
  OK(MPI_Grequest_complete(same));
  CHECK_IS(work.frees, 1);
  PART("generalised_request_among_others");
  memset(&work, 0, sizeof work);
  int in = -1;
  MPI_Status statuses[2];
  OK(MPI_Grequest_start(query, frees, cancels, &work, &both[0]));
  OK(MPI_Irecv(&in, 1, MPI_INT, last_rank(), 0, world, &both[1]));
  OK(MPI_Testall(2, both, &flag, statuses));
  CHECK_IS(flag, 0);
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 0, world));
  OK(MPI_Grequest_complete(both[0]));
  OK(MPI_Waitall(2, both, statuses));
  CHECK(in == last_rank() && statuses[0].MPI_TAG == 42 && work.frees == 1);
  PART("generalised_request_whose_query_fails");
  memset(&work, 0, sizeof work);
  OK(MPI_Grequest_start(query_fails, frees, cancels, &work, &request));
  OK(MPI_Grequest_complete(request));
  FAILS(MPI_Wait(&request, &status), MPI_ERR_OTHER);
}

static void check_type_name(MPI_Datatype type, const char *expected) {
  char name[MPI_MAX_OBJECT_NAME] = "";
  int length = -1;
  OK(MPI_Type_get_name(type, name, &length));
  CHECK(strcmp(name, expected) == 0);
  CHECK_IS(length, strlen(expected));
}
#define CHECK_TYPE_NAME(type) check_type_name(type, #type)

CASE(type_names) {
  PART("type_names_of_predefined_types");
  CHECK_TYPE_NAME(MPI_CHAR), CHECK_TYPE_NAME(MPI_INT), CHECK_TYPE_NAME(MPI_DOUBLE), CHECK_TYPE_NAME(MPI_BYTE);
  CHECK_TYPE_NAME(MPI_UNSIGNED_LONG), CHECK_TYPE_NAME(MPI_INT8_T), CHECK_TYPE_NAME(MPI_UINT64_T), CHECK_TYPE_NAME(MPI_AINT);
  CHECK_TYPE_NAME(MPI_C_BOOL), CHECK_TYPE_NAME(MPI_C_DOUBLE_COMPLEX), CHECK_TYPE_NAME(MPI_PACKED), CHECK_TYPE_NAME(MPI_WCHAR);
  CHECK_TYPE_NAME(MPI_FLOAT_INT), CHECK_TYPE_NAME(MPI_2INT), CHECK_TYPE_NAME(MPI_SHORT_INT), CHECK_TYPE_NAME(MPI_COUNT);
  PART("type_names_are_empty_at_first");
  MPI_Datatype type, copy;
  OK(MPI_Type_contiguous(3, MPI_INT, &type));
  check_type_name(type, "");
  PART("type_names_are_given");
  OK(MPI_Type_set_name(type, "triple"));
  check_type_name(type, "triple");
  PART("type_names_of_predefined_types_may_be_changed");
  OK(MPI_Type_set_name(MPI_LONG_DOUBLE, "long one"));
  check_type_name(MPI_LONG_DOUBLE, "long one");
  OK(MPI_Type_set_name(MPI_LONG_DOUBLE, "MPI_LONG_DOUBLE"));
  PART("type_names_are_not_copied");
  OK(MPI_Type_dup(type, &copy));
#ifndef OPEN_MPI // 4.1 copies them
  check_type_name(copy, "");
#endif
  OK(MPI_Type_free(&copy));
  OK(MPI_Type_free(&type));
}

#ifdef HAS_MPI_4_1
CASE(status_fields_by_functions) {
  MPI_Status status;
  int in, value = -1;
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 6, &in, 1, MPI_INT, last_rank(), 6, world, &status));
  OK(MPI_Status_get_source(&status, &value));
  CHECK_IS(value, last_rank());
  OK(MPI_Status_get_tag(&status, &value));
  CHECK_IS(value, 6);
  OK(MPI_Status_set_source(&status, 3));
  OK(MPI_Status_set_tag(&status, 4));
  OK(MPI_Status_set_error(&status, MPI_ERR_TAG));
  CHECK(status.MPI_SOURCE == 3 && status.MPI_TAG == 4 && status.MPI_ERROR == MPI_ERR_TAG);
  OK(MPI_Status_get_error(&status, &value));
  CHECK_IS(value, MPI_ERR_TAG);
}

CASE(several_requests_are_asked_for_their_statuses) {
  int in[3], flag = -1, index = -1, indices[3], count = -1;
  MPI_Request requests[3];
  MPI_Status statuses[3];
  for (int i = 0; i < 3; i++) OK(MPI_Irecv(&in[i], 1, MPI_INT, last_rank(), i, world, &requests[i]));
  OK(MPI_Barrier(world));
  OK(MPI_Request_get_status_any(3, requests, &index, &flag, statuses));
  CHECK(flag == 0 && index == MPI_UNDEFINED);
  OK(MPI_Request_get_status_all(3, requests, &flag, statuses));
  CHECK_IS(flag, 0);
  OK(MPI_Request_get_status_some(3, requests, &count, indices, statuses));
  CHECK_IS(count, 0);
  OK(MPI_Barrier(world));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 1, world));
  while (flag == 0) OK(MPI_Request_get_status_any(3, requests, &index, &flag, statuses));
  CHECK(index == 1 && statuses[0].MPI_TAG == 1);
  OK(MPI_Request_get_status_some(3, requests, &count, indices, statuses));
  CHECK(count == 1 && indices[0] == 1 && statuses[0].MPI_TAG == 1);
  OK(MPI_Request_get_status_all(3, requests, &flag, statuses));
  CHECK_IS(flag, 0);
  OK(MPI_Barrier(world));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 0, world));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 2, world));
  while (flag == 0) OK(MPI_Request_get_status_all(3, requests, &flag, statuses));
  for (int i = 0; i < 3; i++) CHECK(requests[i] != MPI_REQUEST_NULL && statuses[i].MPI_TAG == i);
  OK(MPI_Waitall(3, requests, MPI_STATUSES_IGNORE));
  OK(MPI_Request_get_status_any(3, requests, &index, &flag, statuses));
  CHECK(flag && index == MPI_UNDEFINED);
  OK(MPI_Request_get_status_some(3, requests, &count, indices, statuses));
  CHECK_IS(count, MPI_UNDEFINED);
}

CASE(what_is_buffered_is_flushed) {
  int attached_size = 1000 + MPI_BSEND_OVERHEAD, in = -1;
  void *attached = need_memory((size_t)attached_size);
  OK(MPI_Buffer_attach(attached, attached_size));
  OK(MPI_Bsend(&rank, 1, MPI_INT, next_rank(), 0, world));
  OK(MPI_Recv(&in, 1, MPI_INT, last_rank(), 0, world, MPI_STATUS_IGNORE));
  OK(MPI_Buffer_flush());
  CHECK_IS(in, last_rank());
  OK(MPI_Buffer_detach(&attached, &attached_size));
  free(attached);
}
#endif
