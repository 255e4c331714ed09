// Groups, communicators and intercommunicators: how they are made, compared and freed, and that their messages do not mix.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;

static MPI_Group group_of(MPI_Comm comm) {
  MPI_Group group = MPI_GROUP_NULL;
  OK(MPI_Comm_group(comm, &group));
  return group;
}
static int size_of(MPI_Group group) {
  int count = -1;
  OK(MPI_Group_size(group, &count));
  return count;
}
static int rank_in(MPI_Group group) {
  int own = -7;
  OK(MPI_Group_rank(group, &own));
  return own;
}
// Whether a group's ranks are those of the world that are named, in their order.
static int is_of(MPI_Group group, int count, const int *ranks) {
  MPI_Group all = group_of(world);
  int is_same = size_of(group) == count;
  for (int i = 0; is_same && i < count; i++) {
    int place = -1;
    OK(MPI_Group_translate_ranks(group, 1, &i, all, &place));
    is_same = place == ranks[i];
  }
  OK(MPI_Group_free(&all));
  return is_same;
}
static int comparison(MPI_Group a, MPI_Group b) {
  int result = -1;
  OK(MPI_Group_compare(a, b, &result));
  return result;
}
static MPI_Group included(MPI_Group group, int count, const int *ranks) {
  MPI_Group result = MPI_GROUP_NULL;
  OK(MPI_Group_incl(group, count, ranks, &result));
  return result;
}
static void free_group(MPI_Group group) {
  if (group == MPI_GROUP_EMPTY) return;
  OK(MPI_Group_free(&group));
  CHECK(group == MPI_GROUP_NULL);
}
// Of all ranks of a communicator, in turn: that a message passes round it.
static void check_ring(MPI_Comm comm) {
  int own, count, got = -1;
  OK(MPI_Comm_rank(comm, &own));
  OK(MPI_Comm_size(comm, &count));
  OK(MPI_Sendrecv(&own, 1, MPI_INT, (own + 1) % count, 3, &got, 1, MPI_INT, (own + count - 1) % count, 3, comm, MPI_STATUS_IGNORE));
  CHECK_IS(got, (own + count - 1) % count);
  int sum = -1;
  OK(MPI_Allreduce(&own, &sum, 1, MPI_INT, MPI_SUM, comm));
  CHECK_IS(sum, count * (count - 1) / 2);
}
static int comm_comparison(MPI_Comm a, MPI_Comm b) {
  int result = -1;
  OK(MPI_Comm_compare(a, b, &result));
  return result;
}

CASE(group) {
  MPI_Group all = group_of(world), self = group_of(MPI_COMM_SELF);
  int *ranks = need_memory((size_t)size * 3 * sizeof(int));
  PART("group_of_the_world_has_all");
  CHECK(size_of(all) == size && rank_in(all) == rank);
  PART("group_of_oneself_has_one");
  CHECK(size_of(self) == 1 && rank_in(self) == 0);
  PART("group_empty_has_none");
  CHECK(size_of(MPI_GROUP_EMPTY) == 0 && rank_in(MPI_GROUP_EMPTY) == MPI_UNDEFINED);

  PART("group_included_backwards");
  for (int i = 0; i < size; i++) ranks[i] = size - 1 - i;
  MPI_Group backwards = included(all, size, ranks);
  CHECK(is_of(backwards, size, ranks));
  CHECK_IS(rank_in(backwards), size - 1 - rank);
  PART("group_included_of_none_is_empty");
  MPI_Group none = included(all, 0, NULL);
  CHECK(comparison(none, MPI_GROUP_EMPTY) == MPI_IDENT);
  free_group(none);
  PART("group_included_of_some");
  int even_count = 0;
  for (int i = size - 1; i >= 0; i--)
    if (i % 2 == 0) ranks[even_count++] = i;
  MPI_Group even = included(all, even_count, ranks);
  CHECK(is_of(even, even_count, ranks));
  CHECK(rank % 2 ? rank_in(even) == MPI_UNDEFINED : rank_in(even) == even_count - 1 - rank / 2);

  PART("group_excluded_keeps_the_order");
  MPI_Group odd;
  OK(MPI_Group_excl(all, even_count, ranks, &odd));
  int odd_count = 0;
  for (int i = 1; i < size; i += 2) ranks[odd_count++] = i;
  CHECK(is_of(odd, odd_count, ranks));
  PART("group_excluded_of_none_is_the_same");
  MPI_Group same;
  OK(MPI_Group_excl(all, 0, NULL, &same));
  CHECK_IS(comparison(all, same), MPI_IDENT);
  free_group(same);
  PART("group_excluded_of_all_is_empty");
  for (int i = 0; i < size; i++) ranks[i] = i;
  OK(MPI_Group_excl(all, size, ranks, &none));
  CHECK_IS(size_of(none), 0);
  free_group(none);

  PART("group_compared");
  CHECK_IS(comparison(all, all), MPI_IDENT);
  CHECK_IS(comparison(all, backwards), size == 1 ? MPI_IDENT : MPI_SIMILAR);
  CHECK_IS(comparison(all, even), size == 1 ? MPI_IDENT : MPI_UNEQUAL);
  CHECK_IS(comparison(all, MPI_GROUP_EMPTY), MPI_UNEQUAL);

  PART("group_union_has_the_second_behind_the_first");
  MPI_Group both;
  OK(MPI_Group_union(odd, backwards, &both));
  int count = 0;
  for (int i = 1; i < size; i += 2) ranks[count++] = i;
  for (int i = size - 1; i >= 0; i--)
    if (i % 2 == 0) ranks[count++] = i;
  CHECK(is_of(both, count, ranks));
  free_group(both);
  OK(MPI_Group_union(MPI_GROUP_EMPTY, even, &both));
  CHECK_IS(comparison(both, even), MPI_IDENT);
  free_group(both);
  PART("group_intersection_is_in_the_order_of_the_first");
  OK(MPI_Group_intersection(backwards, even, &both));
  CHECK_IS(comparison(both, even), MPI_IDENT);
  free_group(both);
  OK(MPI_Group_intersection(all, even, &both));
  count = 0;
  for (int i = 0; i < size; i += 2) ranks[count++] = i;
  CHECK(is_of(both, count, ranks));
  free_group(both);
  OK(MPI_Group_intersection(odd, even, &both));
  CHECK_IS(size_of(both), 0);
  free_group(both);
  PART("group_difference");
  OK(MPI_Group_difference(backwards, odd, &both));
  CHECK_IS(comparison(both, even), MPI_IDENT);
  free_group(both);
  OK(MPI_Group_difference(even, all, &both));
  CHECK_IS(size_of(both), 0);
  free_group(both);

  PART("group_ranks_are_translated");
  for (int i = 0; i < size; i++) ranks[i] = i;
  OK(MPI_Group_translate_ranks(all, size, ranks, backwards, ranks + size));
  for (int i = 0; i < size; i++) CHECK_IS(ranks[size + i], size - 1 - i);
  OK(MPI_Group_translate_ranks(all, size, ranks, odd, ranks + size));
  for (int i = 0; i < size; i++) CHECK_IS(ranks[size + i], i % 2 ? i / 2 : MPI_UNDEFINED);
  PART("group_ranks_of_nobody_stay_so");
  int place = -77;
  ranks[0] = MPI_PROC_NULL;
  OK(MPI_Group_translate_ranks(all, 1, ranks, backwards, &place));
  CHECK_IS(place, MPI_PROC_NULL);
  free_group(all), free_group(self), free_group(backwards), free_group(even), free_group(odd), free(ranks);
}

CASE(ranges) {
  MPI_Group all = group_of(world), group;
  int *ranks = need_memory((size_t)size * sizeof(int));
  PART("ranges_of_all");
  int whole[1][3] = {{0, size - 1, 1}};
  OK(MPI_Group_range_incl(all, 1, whole, &group));
  CHECK_IS(comparison(all, group), MPI_IDENT);
  free_group(group);
  PART("ranges_backwards");
  int back[1][3] = {{size - 1, 0, -1}};
  OK(MPI_Group_range_incl(all, 1, back, &group));
  for (int i = 0; i < size; i++) ranks[i] = size - 1 - i;
  CHECK(is_of(group, size, ranks));
  free_group(group);
  PART("ranges_with_strides");
  int count = 0, two[2][3] = {{0, size - 1, 2}, {size > 1 ? 1 : 0, size - 1, 2}};
  OK(MPI_Group_range_incl(all, size > 1 ? 2 : 1, two, &group));
  for (int i = 0; i < size; i += 2) ranks[count++] = i;
  for (int i = 1; i < size; i += 2) ranks[count++] = i;
  CHECK(is_of(group, count, ranks));
  free_group(group);
  PART("ranges_that_end_between_strides");
  int odd_end[1][3] = {{0, size - 1, 3}};
  OK(MPI_Group_range_incl(all, 1, odd_end, &group));
  count = 0;
  for (int i = 0; i < size; i += 3) ranks[count++] = i;
  CHECK(is_of(group, count, ranks));
  free_group(group);
  PART("ranges_excluded");
  OK(MPI_Group_range_excl(all, 1, odd_end, &group));
  count = 0;
  for (int i = 0; i < size; i++)
    if (i % 3) ranks[count++] = i;
  CHECK(is_of(group, count, ranks));
  free_group(group);
  PART("ranges_none_at_all");
  OK(MPI_Group_range_incl(all, 0, whole, &group));
  CHECK_IS(size_of(group), 0);
  free_group(group);
  OK(MPI_Group_range_excl(all, 0, whole, &group));
  CHECK_IS(comparison(all, group), MPI_IDENT);
  free_group(group), free_group(all), free(ranks);
}

CASE(dup) {
  MPI_Comm copy, other;
  PART("dup_is_congruent_and_not_the_same");
  OK(MPI_Comm_dup(world, &copy));
  CHECK_IS(comm_comparison(world, copy), MPI_CONGRUENT);
  CHECK_IS(comm_comparison(copy, copy), MPI_IDENT);
  check_ring(copy);
  PART("dup_of_a_dup");
  OK(MPI_Comm_dup(copy, &other));
  CHECK_IS(comm_comparison(copy, other), MPI_CONGRUENT);
  check_ring(other);
  PART("dup_has_messages_of_its_own");
  int a = rank, b = rank + 100, c = rank + 200, in[3];
  MPI_Request requests[3];
  OK(MPI_Isend(&a, 1, MPI_INT, next_rank(), 1, world, &requests[0]));
  OK(MPI_Isend(&b, 1, MPI_INT, next_rank(), 1, copy, &requests[1]));
  OK(MPI_Isend(&c, 1, MPI_INT, next_rank(), 1, other, &requests[2]));
  OK(MPI_Recv(&in[2], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, other, MPI_STATUS_IGNORE));
  OK(MPI_Recv(&in[1], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, copy, MPI_STATUS_IGNORE));
  OK(MPI_Recv(&in[0], 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, world, MPI_STATUS_IGNORE));
  OK(MPI_Waitall(3, requests, MPI_STATUSES_IGNORE));
  for (int i = 0; i < 3; i++) CHECK_IS(in[i], last_rank() + i * 100);
  PART("dup_freed_is_null");
  OK(MPI_Comm_free(&other));
  CHECK(other == MPI_COMM_NULL);
  PART("dup_disconnected_is_null");
  OK(MPI_Comm_disconnect(&copy));
  CHECK(copy == MPI_COMM_NULL);
  PART("dup_of_oneself");
  OK(MPI_Comm_dup(MPI_COMM_SELF, &copy));
  CHECK_IS(comm_comparison(MPI_COMM_SELF, copy), MPI_CONGRUENT);
  check_ring(copy);
  OK(MPI_Comm_free(&copy));
  PART("dup_later_while_messages_pass");
  MPI_Request request;
  OK(MPI_Comm_idup(world, &copy, &request));
  int got = -1;
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 1, &got, 1, MPI_INT, last_rank(), 1, world, MPI_STATUS_IGNORE));
  CHECK_IS(got, last_rank());
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(comm_comparison(world, copy), MPI_CONGRUENT);
  check_ring(copy);
  OK(MPI_Comm_free(&copy));
  PART("dup_later_several_at_once");
  MPI_Comm copies[5];
  MPI_Request many[5];
  for (int i = 0; i < 5; i++) OK(MPI_Comm_idup(world, &copies[i], &many[i]));
  OK(MPI_Waitall(5, many, MPI_STATUSES_IGNORE));
  for (int i = 4; i >= 0; i--) {
    check_ring(copies[i]);
    for (int k = 0; k < i; k++) CHECK_IS(comm_comparison(copies[i], copies[k]), MPI_CONGRUENT);
    OK(MPI_Comm_free(&copies[i]));
  }
  PART("dup_freed_with_messages_under_way");
  static int late;
  OK(MPI_Comm_dup(world, &copy));
  OK(MPI_Irecv(&late, 1, MPI_INT, last_rank(), 1, copy, &request));
  OK(MPI_Isend(&rank, 1, MPI_INT, next_rank(), 1, copy, &many[0]));
  OK(MPI_Comm_free(&copy));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  OK(MPI_Wait(&many[0], MPI_STATUS_IGNORE));
  CHECK_IS(late, last_rank());
  PART("dup_two_hundred_times");
  for (int i = 0; i < 200; i++) {
    OK(MPI_Comm_dup(world, &copy));
    OK(MPI_Comm_free(&copy));
  }
}

CASE(comm_info) {
  MPI_Info info, got;
  MPI_Comm copy, other;
  int count = -1;
  OK(MPI_Info_create(&info));
  OK(MPI_Info_set(info, "a_hint_of_nobody", "7"));
  PART("comm_info_is_given_with_a_copy");
  OK(MPI_Comm_dup_with_info(world, info, &copy));
  check_ring(copy);
  OK(MPI_Comm_get_info(copy, &got));
  OK(MPI_Info_get_nkeys(got, &count));
  CHECK(count >= 0);
  OK(MPI_Info_free(&got));
  PART("comm_info_is_set");
  OK(MPI_Comm_set_info(copy, info));
  OK(MPI_Comm_get_info(copy, &got));
  CHECK(got != MPI_INFO_NULL && got != info);
  OK(MPI_Info_free(&got));
  PART("comm_info_of_a_copy_may_be_none");
  OK(MPI_Comm_dup_with_info(copy, MPI_INFO_NULL, &other));
  check_ring(other);
  OK(MPI_Comm_free(&other));
#ifdef HAS_MPI_4_0
  PART("comm_info_is_given_with_a_later_copy");
  MPI_Request request;
  OK(MPI_Comm_idup_with_info(copy, info, &other, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  check_ring(other);
  OK(MPI_Comm_free(&other));
#endif
  OK(MPI_Comm_free(&copy));
  OK(MPI_Info_free(&info));
}

CASE(split) {
  MPI_Comm part;
  int own, count;
  PART("split_by_parity");
  OK(MPI_Comm_split(world, rank % 2, rank, &part));
  OK(MPI_Comm_rank(part, &own));
  OK(MPI_Comm_size(part, &count));
  CHECK(own == rank / 2 && count == (size + 1 - rank % 2) / 2);
  check_ring(part);
  OK(MPI_Comm_free(&part));
  PART("split_backwards");
  OK(MPI_Comm_split(world, 5, -rank, &part));
  OK(MPI_Comm_rank(part, &own));
  CHECK_IS(own, size - 1 - rank);
  CHECK_IS(comm_comparison(world, part), size == 1 ? MPI_CONGRUENT : MPI_SIMILAR);
  check_ring(part);
  OK(MPI_Comm_free(&part));
  PART("split_with_equal_keys_keeps_the_order");
  OK(MPI_Comm_split(world, 0, 9, &part));
  CHECK_IS(comm_comparison(world, part), MPI_CONGRUENT);
  OK(MPI_Comm_free(&part));
  PART("split_leaves_out_who_wants_none");
  OK(MPI_Comm_split(world, rank == 0 ? MPI_UNDEFINED : 2147483647, 0, &part));
  CHECK((part == MPI_COMM_NULL) == (rank == 0));
  if (part != MPI_COMM_NULL) {
    CHECK_IS(comm_comparison(world, part), MPI_UNEQUAL);
    check_ring(part);
    OK(MPI_Comm_free(&part));
  }
  PART("split_to_ones_own");
  OK(MPI_Comm_split(world, rank, 0, &part));
  CHECK_IS(comm_comparison(MPI_COMM_SELF, part), MPI_CONGRUENT);
  OK(MPI_Comm_free(&part));
  PART("split_of_a_split");
  MPI_Comm quarter;
  OK(MPI_Comm_split(world, rank % 2, 0, &part));
  OK(MPI_Comm_split(part, rank / 2 % 2, 0, &quarter));
  OK(MPI_Comm_rank(quarter, &own));
  CHECK_IS(own, rank / 4);
  check_ring(quarter);
  OK(MPI_Comm_free(&part));
  check_ring(quarter);
  OK(MPI_Comm_free(&quarter));
}

CASE(split_type) {
  MPI_Comm part;
  int count;
  PART("split_type_of_shared_memory");
  OK(MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &part));
  OK(MPI_Comm_size(part, &count));
#ifdef MPI_ABI_VERSION
  // Ranks have no memory in common.
  CHECK_IS(count, 1);
#else
  CHECK(count >= 1 && count <= size);
#endif
  check_ring(part);
  OK(MPI_Comm_free(&part));
  PART("split_type_leaves_out_who_wants_none");
  OK(MPI_Comm_split_type(world, rank % 2 ? MPI_UNDEFINED : MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &part));
  CHECK((part == MPI_COMM_NULL) == (rank % 2));
  if (part != MPI_COMM_NULL) OK(MPI_Comm_free(&part));
#ifdef HAS_MPI_4_1
  PART("split_type_of_hardware_gives_a_part_or_none");
  OK(MPI_Comm_split_type(world, MPI_COMM_TYPE_HW_UNGUIDED, 0, MPI_INFO_NULL, &part));
  if (part != MPI_COMM_NULL) OK(MPI_Comm_free(&part));
#endif
}

CASE(create) {
  MPI_Group all = group_of(world), group;
  MPI_Comm part;
  int ranks[2] = {size - 1, 0}, count = size > 1 ? 2 : 1, own;
  group = included(all, count, ranks);
  int is_in = rank == 0 || rank == size - 1;
  PART("create_of_a_group_that_all_name");
  OK(MPI_Comm_create(world, group, &part));
  CHECK((part != MPI_COMM_NULL) == is_in);
  if (is_in) {
    OK(MPI_Comm_rank(part, &own));
    CHECK_IS(own, rank_in(group));
    check_ring(part);
    MPI_Group its = group_of(part);
    CHECK_IS(comparison(its, group), MPI_IDENT);
    free_group(its);
    OK(MPI_Comm_free(&part));
  }
  PART("create_of_several_groups_at_once");
  MPI_Group half;
  int halves[1][3] = {{rank % 2, size - 1 - (size - 1 - rank) % 2, 2}};
  OK(MPI_Group_range_incl(all, 1, halves, &half));
  OK(MPI_Comm_create(world, half, &part));
  OK(MPI_Comm_rank(part, &own));
  CHECK_IS(own, rank / 2);
  check_ring(part);
  OK(MPI_Comm_free(&part));
  PART("create_of_the_empty_group_gives_none");
  OK(MPI_Comm_create(world, MPI_GROUP_EMPTY, &part));
  CHECK(part == MPI_COMM_NULL);
  PART("create_by_the_group_alone");
  if (is_in) {
    OK(MPI_Comm_create_group(world, group, 11, &part));
    OK(MPI_Comm_rank(part, &own));
    CHECK_IS(own, rank_in(group));
    check_ring(part);
    OK(MPI_Comm_free(&part));
  }
  PART("create_by_two_groups_at_once");
  OK(MPI_Comm_create_group(world, half, 12, &part));
  check_ring(part);
  OK(MPI_Comm_free(&part));
  free_group(half), free_group(group), free_group(all);
}

CASE(names) {
  char name[MPI_MAX_OBJECT_NAME];
  int length = -1;
  PART("names_of_the_predefined_ones");
  OK(MPI_Comm_get_name(world, name, &length));
  CHECK(strcmp(name, "MPI_COMM_WORLD") == 0 && length == 14);
  OK(MPI_Comm_get_name(MPI_COMM_SELF, name, &length));
  CHECK(strcmp(name, "MPI_COMM_SELF") == 0 && length == 13);
  PART("names_are_empty_at_first");
  MPI_Comm copy;
  OK(MPI_Comm_dup(world, &copy));
  OK(MPI_Comm_get_name(copy, name, &length));
  CHECK(name[0] == 0 && length == 0);
  PART("names_are_given");
  OK(MPI_Comm_set_name(copy, "the other ocean"));
  OK(MPI_Comm_get_name(copy, name, &length));
  CHECK(strcmp(name, "the other ocean") == 0 && length == 15);
  PART("names_are_changed");
  OK(MPI_Comm_set_name(copy, ""));
  OK(MPI_Comm_get_name(copy, name, &length));
  CHECK(name[0] == 0 && length == 0);
  PART("names_of_the_greatest_length");
  char longest[MPI_MAX_OBJECT_NAME];
  memset(longest, 'n', sizeof longest - 1), longest[sizeof longest - 1] = 0;
  OK(MPI_Comm_set_name(copy, longest));
  OK(MPI_Comm_get_name(copy, name, &length));
  CHECK(strcmp(name, longest) == 0 && length == MPI_MAX_OBJECT_NAME - 1);
  OK(MPI_Comm_free(&copy));
}

// Two groups, even and odd ranks, and what joins them. @returns whether there are both
static int joined(MPI_Comm *half, MPI_Comm *inter) {
  OK(MPI_Comm_split(world, rank % 2, rank, half));
  if (size < 2) {
    OK(MPI_Comm_free(half));
    return 0;
  }
  OK(MPI_Intercomm_create(*half, 0, world, 1 - rank % 2, 17, inter));
  return 1;
}
static int others(void) { return rank % 2 ? (size + 1) / 2 : size / 2; }
static int ours(void) { return rank % 2 ? size / 2 : (size + 1) / 2; }
static int other_rank(int i) { return 2 * i + 1 - rank % 2; }

CASE(inter_none_joins_one) {
  int flag = -1;
  OK(MPI_Comm_test_inter(world, &flag));
  CHECK_IS(flag, 0);
}

CASE(inter) {
  MPI_Comm half, inter;
  if (!joined(&half, &inter)) {
    results[result_count - 1] = SKIPPED;
    return;
  }
  int flag = -1, count = -1, own = -1;
  PART("inter_is_one");
  OK(MPI_Comm_test_inter(inter, &flag));
  CHECK_IS(flag, 1);
  PART("inter_has_two_sizes");
  OK(MPI_Comm_size(inter, &count));
  CHECK_IS(count, ours());
  OK(MPI_Comm_remote_size(inter, &count));
  CHECK_IS(count, others());
  OK(MPI_Comm_rank(inter, &own));
  CHECK_IS(own, rank / 2);
  PART("inter_has_two_groups");
  MPI_Group local = group_of(inter), remote, halfs = group_of(half);
  OK(MPI_Comm_remote_group(inter, &remote));
  CHECK_IS(comparison(local, halfs), MPI_IDENT);
  CHECK_IS(size_of(remote), others());
  CHECK_IS(rank_in(remote), MPI_UNDEFINED);
  MPI_Group all = group_of(world);
  for (int i = 0; i < others(); i++) {
    int place = -1;
    OK(MPI_Group_translate_ranks(remote, 1, &i, all, &place));
    CHECK_IS(place, other_rank(i));
  }
  free_group(local), free_group(remote), free_group(halfs), free_group(all);
  PART("inter_sends_to_the_other_group");
  int out[64], in = -1;
  MPI_Request requests[64];
  for (int i = 0; i < others(); i++) {
    out[i] = rank * 100 + i;
    OK(MPI_Isend(&out[i], 1, MPI_INT, i, 4, inter, &requests[i]));
  }
  for (int i = others() - 1; i >= 0; i--) {
    MPI_Status status;
    OK(MPI_Recv(&in, 1, MPI_INT, i, 4, inter, &status));
    CHECK_IS(in, other_rank(i) * 100 + rank / 2);
    CHECK_IS(status.MPI_SOURCE, i);
  }
  OK(MPI_Waitall(others(), requests, MPI_STATUSES_IGNORE));
  PART("inter_is_compared");
  MPI_Comm copy;
  OK(MPI_Comm_dup(inter, &copy));
  CHECK_IS(comm_comparison(inter, copy), MPI_CONGRUENT);
  CHECK_IS(comm_comparison(inter, inter), MPI_IDENT);
  CHECK_IS(comm_comparison(inter, world), MPI_UNEQUAL);
  OK(MPI_Comm_free(&copy));
  PART("inter_is_duplicated_later");
  MPI_Request request;
  OK(MPI_Comm_idup(inter, &copy, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(comm_comparison(inter, copy), MPI_CONGRUENT);
  OK(MPI_Barrier(copy));
  OK(MPI_Comm_free(&copy));

  PART("inter_barrier");
  for (int i = 0; i < 5; i++) OK(MPI_Barrier(inter));
  OK(MPI_Ibarrier(inter, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  for (int sender = 0; sender < 2; sender++) {
    // The first of one group is the root, and the other group has the rest.
    int is_side = rank % 2 == sender;
    int root = !is_side ? 0 : rank / 2 == 0 ? MPI_ROOT : MPI_PROC_NULL;
    int remote_count = others();
    PART("inter_bcast_from_group_%d", sender);
    int value = root == MPI_ROOT ? 4711 + sender : -1;
    OK(MPI_Bcast(&value, 1, MPI_INT, root, inter));
    CHECK_IS(value, root == MPI_PROC_NULL ? -1 : 4711 + sender);
    value = root == MPI_ROOT ? 815 + sender : -1;
    OK(MPI_Ibcast(&value, 1, MPI_INT, root, inter, &request));
    OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
    CHECK_IS(value, root == MPI_PROC_NULL ? -1 : 815 + sender);
    PART("inter_reduce_to_group_%d", sender);
    int sum = -1, expected = 0;
    for (int i = 0; i < remote_count; i++) expected += other_rank(i);
    OK(MPI_Reduce(&rank, &sum, 1, MPI_INT, MPI_SUM, root, inter));
    CHECK_IS(sum, root == MPI_ROOT ? expected : -1);
    PART("inter_gather_to_group_%d", sender);
    int all_of_them[64];
    OK(MPI_Gather(&rank, 1, MPI_INT, all_of_them, 1, MPI_INT, root, inter));
    for (int i = 0; root == MPI_ROOT && i < remote_count; i++) CHECK_IS(all_of_them[i], other_rank(i));
    PART("inter_gatherv_to_group_%d", sender);
    int counts[64], places[64], numbers[64];
    for (int i = 0; i < 64; i++) counts[i] = 1, places[i] = 63 - i, all_of_them[i] = -1, numbers[i] = rank * 100 + i;
    OK(MPI_Gatherv(&rank, 1, MPI_INT, all_of_them, counts, places, MPI_INT, root, inter));
    for (int i = 0; root == MPI_ROOT && i < remote_count; i++) CHECK_IS(all_of_them[63 - i], other_rank(i));
    PART("inter_scatter_from_group_%d", sender);
    int got = -1;
    OK(MPI_Scatter(numbers, 1, MPI_INT, &got, 1, MPI_INT, root, inter));
    CHECK_IS(got, root == 0 ? other_rank(0) * 100 + rank / 2 : -1);
    PART("inter_scatterv_from_group_%d", sender);
    got = -1;
    OK(MPI_Scatterv(numbers, counts, places, MPI_INT, &got, 1, MPI_INT, root, inter));
    CHECK_IS(got, root == 0 ? other_rank(0) * 100 + 63 - rank / 2 : -1);
  }
  PART("inter_allgather_gives_the_others");
  int theirs[64], numbers[64], counts[64], places[64];
  OK(MPI_Allgather(&rank, 1, MPI_INT, theirs, 1, MPI_INT, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[i], other_rank(i));
  PART("inter_allgatherv_gives_the_others");
  for (int i = 0; i < 64; i++) counts[i] = 1, places[i] = 2 * i % 63, theirs[i] = -1, numbers[i] = rank * 100 + i;
  OK(MPI_Allgatherv(&rank, 1, MPI_INT, theirs, counts, places, MPI_INT, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[2 * i % 63], other_rank(i));
  PART("inter_alltoall_crosses");
  OK(MPI_Alltoall(numbers, 1, MPI_INT, theirs, 1, MPI_INT, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[i], other_rank(i) * 100 + rank / 2);
  PART("inter_alltoallv_crosses");
  for (int i = 0; i < 64; i++) places[i] = i, theirs[i] = -1;
  OK(MPI_Alltoallv(numbers, counts, places, MPI_INT, theirs, counts, places, MPI_INT, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[i], other_rank(i) * 100 + rank / 2);
  PART("inter_alltoallw_crosses");
  MPI_Datatype types[64];
  for (int i = 0; i < 64; i++) places[i] = i * (int)sizeof(int), theirs[i] = -1, types[i] = MPI_INT;
  OK(MPI_Alltoallw(numbers, counts, places, types, theirs, counts, places, types, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[i], other_rank(i) * 100 + rank / 2);
  PART("inter_allreduce_gives_the_sum_of_the_others");
  int sum = -1, expected = 0;
  for (int i = 0; i < others(); i++) expected += other_rank(i);
  OK(MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, inter));
  CHECK_IS(sum, expected);
  PART("inter_reduce_scatter_block_gives_parts_of_the_others");
  // Both groups give as many elements: a multiple of both sizes.
  int all_elements = ours() * others();
  for (int i = 0; i < all_elements; i++) numbers[i] = rank + i;
  OK(MPI_Reduce_scatter_block(numbers, theirs, others(), MPI_INT, MPI_SUM, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[i], expected + others() * (rank / 2 * others() + i));
  PART("inter_reduce_scatter_gives_parts_of_the_others");
  for (int i = 0; i < 64; i++) counts[i] = others(), theirs[i] = -1;
  OK(MPI_Reduce_scatter(numbers, theirs, counts, MPI_INT, MPI_SUM, inter));
  for (int i = 0; i < others(); i++) CHECK_IS(theirs[i], expected + others() * (rank / 2 * others() + i));

  for (int high = 0; high < 2; high++) {
    PART("inter_merged_with_%s_behind", high ? "odd_ranks" : "even_ranks");
    MPI_Comm merged;
    OK(MPI_Intercomm_merge(inter, rank % 2 == high, &merged));
    OK(MPI_Comm_size(merged, &count));
    OK(MPI_Comm_rank(merged, &own));
    CHECK_IS(count, size);
    CHECK_IS(own, rank / 2 + (rank % 2 == high ? others() : 0));
    check_ring(merged);
    OK(MPI_Comm_test_inter(merged, &flag));
    CHECK_IS(flag, 0);
    OK(MPI_Comm_free(&merged));
  }
  PART("inter_merged_when_nobody_wants_to_be_behind");
  MPI_Comm merged;
  OK(MPI_Intercomm_merge(inter, 0, &merged));
  check_ring(merged);
  OK(MPI_Comm_free(&merged));
  PART("inter_is_split");
  MPI_Comm part;
  // Pairs of an even and an odd rank; who has no partner gets none.
  OK(MPI_Comm_split(inter, rank / 2, 0, &part));
  int is_paired = rank != size - 1 || size % 2 == 0;
#ifndef OPEN_MPI // 4.1 gives one whose other group is empty
  CHECK((part != MPI_COMM_NULL) == is_paired);
#endif
  if (is_paired) {
    OK(MPI_Comm_remote_size(part, &count));
    CHECK_IS(count, 1);
    OK(MPI_Sendrecv(&rank, 1, MPI_INT, 0, 0, &own, 1, MPI_INT, 0, 0, part, MPI_STATUS_IGNORE));
    CHECK_IS(own, rank ^ 1);
  }
  if (part != MPI_COMM_NULL) OK(MPI_Comm_free(&part));
  PART("inter_is_made_of_parts");
  MPI_Group mine = group_of(inter), first = included(mine, 1, (int[]){0});
  OK(MPI_Comm_create(inter, first, &part));
  CHECK((part != MPI_COMM_NULL) == (rank < 2));
  if (part != MPI_COMM_NULL) {
    OK(MPI_Comm_remote_size(part, &count));
    CHECK_IS(count, 1);
    OK(MPI_Barrier(part));
    OK(MPI_Comm_free(&part));
  }
  free_group(mine), free_group(first);
  OK(MPI_Comm_free(&inter));
  OK(MPI_Comm_free(&half));
}

CASE(inter_of_groups_that_meet_over_another_communicator) {
  NEED_RANKS(3);
  // The first rank alone, and all others; leaders are the last of each.
  MPI_Comm part, bridge, inter;
  OK(MPI_Comm_dup(world, &bridge));
  OK(MPI_Comm_split(world, rank == 0, 0, &part));
  OK(MPI_Intercomm_create(part, rank == 0 ? 0 : size - 2, bridge, rank == 0 ? size - 1 : 0, 5, &inter));
  int count = -1;
  OK(MPI_Comm_remote_size(inter, &count));
  CHECK_IS(count, rank == 0 ? size - 1 : 1);
  int sum = -1;
  OK(MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, inter));
  CHECK_IS(sum, rank == 0 ? size * (size - 1) / 2 : 0);
  OK(MPI_Comm_free(&inter));
  OK(MPI_Comm_free(&part));
  OK(MPI_Comm_free(&bridge));
}
