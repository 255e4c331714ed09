// Collective operations: what moves data, by sizes, roots, types and forms (blocking, in place, non-blocking, persistent).
#include "case.h"
#include "types.h"

static const MPI_Comm world = MPI_COMM_WORLD;
static const int COUNTS[] = {0, 1, 5, 64, 1000, 40000};
enum { COUNT_COUNT = sizeof COUNTS / sizeof *COUNTS };

enum form { BLOCKING, NON_BLOCKING, PERSISTENT };
static const char *const FORMS[] = {"", "non_blocking_", "persistent_"};

// Calls an operation in one of its forms: f(arguments), If(arguments, &request), f_init(arguments, info, &request), started twice.
#define IN_FORM(form, name, iname, ...)                                                  \
  do {                                                                                   \
    MPI_Request request_;                                                                \
    if (form == BLOCKING) OK(MPI_##name(__VA_ARGS__));                                   \
    if (form == NON_BLOCKING) {                                                          \
      OK(MPI_##iname(__VA_ARGS__, &request_));                                           \
      OK(MPI_Wait(&request_, MPI_STATUS_IGNORE));                                        \
      CHECK(request_ == MPI_REQUEST_NULL);                                               \
    }                                                                                    \
    if (form == PERSISTENT) {                                                            \
      OK(MPI_##name##_init(__VA_ARGS__, MPI_INFO_NULL, &request_));                      \
      OK(MPI_Start(&request_));                                                          \
      OK(MPI_Wait(&request_, MPI_STATUS_IGNORE));                                        \
      CHECK(request_ != MPI_REQUEST_NULL);                                               \
      OK(MPI_Request_free(&request_));                                                   \
    }                                                                                    \
  } while (0)

static int value_of(int r, int i) { return r * 100003 + i * 7 + 1; }
static int *made(int count, int from) {
  int *buffer = need_memory((size_t)count * sizeof(int));
  for (int i = 0; i < count; i++) buffer[i] = value_of(from, i);
  return buffer;
}
// How many of count are not what `from` made, from its element `first` on.
static int wrong_of(const int *buffer, int count, int from, int first) {
  int wrong = 0;
  for (int i = 0; i < count; i++) wrong += buffer[i] != value_of(from, first + i);
  return wrong;
}

CASE(barrier) {
  for (enum form form = BLOCKING; form <= PERSISTENT; form++) {
    PART("barrier_%sholds_all", FORMS[form]);
    for (int round = 0; round < 20; round++) {
      // What is sent before it to the next rank can be probed after it.
      MPI_Request sent;
      OK(MPI_Isend(&round, 1, MPI_INT, next_rank(), 1, world, &sent));
      MPI_Request request;
      if (form == BLOCKING) OK(MPI_Barrier(world));
      else if (form == NON_BLOCKING) {
        OK(MPI_Ibarrier(world, &request));
        OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
      } else {
        OK(MPI_Barrier_init(world, MPI_INFO_NULL, &request));
        OK(MPI_Start(&request));
        OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
        OK(MPI_Request_free(&request));
      }
      int in = -1;
      OK(MPI_Recv(&in, 1, MPI_INT, last_rank(), 1, world, MPI_STATUS_IGNORE));
      CHECK_IS(in, round);
      OK(MPI_Wait(&sent, MPI_STATUS_IGNORE));
    }
  }
  PART("barrier_non_blocking_ends_only_when_all_came");
  NEED_RANKS(2);
  MPI_Request request;
  int flag = 1;
  if (rank != 0) OK(MPI_Ibarrier(world, &request));
  for (int i = 0; rank != 0 && i < 20; i++) {
    OK(MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
    CHECK_IS(flag, 0);
  }
  if (rank == 0) {
    for (int r = 1; r < size; r++) OK(MPI_Recv(&flag, 0, MPI_INT, r, 5, world, MPI_STATUS_IGNORE));
    OK(MPI_Ibarrier(world, &request));
  } else {
    OK(MPI_Send(&flag, 0, MPI_INT, 0, 5, world));
  }
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
}

CASE(bcast) {
  for (enum form form = BLOCKING; form <= PERSISTENT; form++)
    for (int c = 0; c < COUNT_COUNT; c++) {
      PART("bcast_%sof_%d_of_each_root", FORMS[form], COUNTS[c]);
      for (int root = 0; root < size; root++) {
        int *buffer = made(COUNTS[c], rank == root ? root : 77);
        IN_FORM(form, Bcast, Ibcast, buffer, COUNTS[c], MPI_INT, root, world);
        CHECK_IS(wrong_of(buffer, COUNTS[c], root, 0), 0);
        free(buffer);
      }
    }
  for (int t = 0; t < TYPE_COUNT; t++) {
    PART("bcast_of_type_%s", TYPES[t].name);
    char buffer[64 * 32];
    memset(buffer, 0, sizeof buffer);
    for (int i = 0; i < 40 && rank == size - 1; i++) TYPES[t].set(buffer, i, value_truth(3, i));
    OK(MPI_Bcast(buffer, 40, TYPES[t].type, size - 1, world));
    for (int i = 0; i < 40; i++) CHECK_IS(TYPES[t].get(buffer, i), value_truth(3, i));
  }
}

CASE(gather) {
  for (enum form form = BLOCKING; form <= PERSISTENT; form++)
    for (int c = 0; c < COUNT_COUNT - 1; c++)
      for (int in_place = 0; in_place < 2; in_place++) {
        int count = COUNTS[c];
        PART("gather_%s%sof_%d_at_each_root", FORMS[form], in_place ? "in_place_" : "", count);
        for (int root = 0; root < size; root++) {
          int *out = made(count, rank), *in = rank == root ? made(count * size, 99) : NULL;
          if (in_place && rank == root) memcpy(in + count * rank, out, (size_t)count * sizeof(int));
          const void *from = in_place && rank == root ? MPI_IN_PLACE : out;
          IN_FORM(form, Gather, Igather, from, count, MPI_INT, in, count, MPI_INT, root, world);
          for (int r = 0; rank == root && r < size; r++) CHECK_IS(wrong_of(in + r * count, count, r, 0), 0);
          CHECK_IS(wrong_of(out, count, rank, 0), 0);
          free(out), free(in);
        }
        PART("scatter_%s%sof_%d_from_each_root", FORMS[form], in_place ? "in_place_" : "", count);
        for (int root = 0; root < size; root++) {
          int *out = rank == root ? made(count * size, root) : NULL, *in = made(count, 99);
          int stays = in_place && rank == root;
          void *to = stays ? MPI_IN_PLACE : in;
          IN_FORM(form, Scatter, Iscatter, out, count, MPI_INT, to, count, MPI_INT, root, world);
          CHECK_IS(wrong_of(in, count, stays ? 99 : root, stays ? 0 : rank * count), 0);
          free(out), free(in);
        }
        PART("allgather_%s%sof_%d", FORMS[form], in_place ? "in_place_" : "", count);
        {
          int *out = made(count, rank), *in = made(count * size, 99);
          if (in_place) memcpy(in + count * rank, out, (size_t)count * sizeof(int));
          const void *from = in_place ? MPI_IN_PLACE : out;
          IN_FORM(form, Allgather, Iallgather, from, count, MPI_INT, in, count, MPI_INT, world);
          for (int r = 0; r < size; r++) CHECK_IS(wrong_of(in + r * count, count, r, 0), 0);
          free(out), free(in);
        }
        PART("alltoall_%s%sof_%d", FORMS[form], in_place ? "in_place_" : "", count);
        {
          int *out = made(count * size, rank), *in = in_place ? out : made(count * size, 99);
          const void *from = in_place ? MPI_IN_PLACE : out;
          IN_FORM(form, Alltoall, Ialltoall, from, count, MPI_INT, in, count, MPI_INT, world);
          for (int r = 0; r < size; r++) CHECK_IS(wrong_of(in + r * count, count, r, rank * count), 0);
          free(out);
          if (!in_place) free(in);
        }
      }
}

// Rank r gives r + base elements, with gaps, in the backward order of ranks.
CASE(varying) {
  static const int bases[] = {0, 3, 5000};
  int *counts = need_memory((size_t)size * sizeof(int)), *places = need_memory((size_t)size * sizeof(int));
  int *own_counts = need_memory((size_t)size * sizeof(int)), *own_places = need_memory((size_t)size * sizeof(int));
  for (enum form form = BLOCKING; form <= PERSISTENT; form++)
    for (int b = 0; b < 3; b++) {
      int total = 0, own = rank + bases[b];
      for (int r = size - 1; r >= 0; r--) counts[r] = r + bases[b], places[r] = total, total += counts[r] + 2;
      for (int in_place = 0; in_place < 2; in_place++) {
        const char *form_name = FORMS[form], *place_name = in_place ? "in_place_" : "";
        PART("varying_gatherv_%s%sof_%d_and_more", form_name, place_name, bases[b]);
        for (int root = 0; root < size; root++) {
          int *out = made(own, rank), *in = made(total, 99), stays = in_place && rank == root;
          if (stays) memcpy(in + places[rank], out, (size_t)own * sizeof(int));
          const void *from = stays ? MPI_IN_PLACE : out;
          IN_FORM(form, Gatherv, Igatherv, from, own, MPI_INT, in, counts, places, MPI_INT, root, world);
          for (int r = 0; rank == root && r < size; r++) {
            CHECK_IS(wrong_of(in + places[r], counts[r], r, 0), 0);
            CHECK_IS(wrong_of(in + places[r] + counts[r], 2, 99, places[r] + counts[r]), 0);
          }
          free(out), free(in);
        }
        PART("varying_scatterv_%s%sof_%d_and_more", form_name, place_name, bases[b]);
        for (int root = 0; root < size; root++) {
          int *out = made(total, root), *in = made(own + 2, 99), stays = in_place && rank == root;
          void *to = stays ? MPI_IN_PLACE : in;
          IN_FORM(form, Scatterv, Iscatterv, out, counts, places, MPI_INT, to, own, MPI_INT, root, world);
          if (!stays) CHECK_IS(wrong_of(in, own, root, places[rank]), 0);
          CHECK_IS(wrong_of(in + own, 2, 99, own), 0);
          free(out), free(in);
        }
        PART("varying_allgatherv_%s%sof_%d_and_more", form_name, place_name, bases[b]);
        {
          int *out = made(own, rank), *in = made(total, 99);
          if (in_place) memcpy(in + places[rank], out, (size_t)own * sizeof(int));
          const void *from = in_place ? MPI_IN_PLACE : out;
          IN_FORM(form, Allgatherv, Iallgatherv, from, own, MPI_INT, in, counts, places, MPI_INT, world);
          for (int r = 0; r < size; r++) {
            CHECK_IS(wrong_of(in + places[r], counts[r], r, 0), 0);
            CHECK_IS(wrong_of(in + places[r] + counts[r], 2, 99, places[r] + counts[r]), 0);
          }
          free(out), free(in);
        }
      }
      // From i to j go i + 2 j + base elements.
      int to_others = 0, from_others = 0;
      for (int r = 0; r < size; r++) {
        counts[r] = rank + 2 * r + bases[b], places[r] = to_others, to_others += counts[r] + 1;
        own_counts[r] = r + 2 * rank + bases[b], own_places[r] = from_others, from_others += own_counts[r] + 1;
      }
      PART("varying_alltoallv_%sof_%d_and_more", FORMS[form], bases[b]);
      int *out = made(to_others, rank), *in = made(from_others, 99);
      IN_FORM(form, Alltoallv, Ialltoallv, out, counts, places, MPI_INT, in, own_counts, own_places, MPI_INT, world);
      for (int r = 0; r < size; r++) {
        // Where rank r has what is for this one.
        int first = 0;
        for (int k = 0; k < rank; k++) first += r + 2 * k + bases[b] + 1;
        CHECK_IS(wrong_of(in + own_places[r], own_counts[r], r, first), 0);
        CHECK_IS(wrong_of(in + own_places[r] + own_counts[r], 1, 99, own_places[r] + own_counts[r]), 0);
      }
      PART("varying_alltoallw_%sof_%d_and_more", FORMS[form], bases[b]);
      MPI_Datatype *types = need_memory((size_t)size * sizeof *types);
      for (int r = 0; r < size; r++)
        types[r] = MPI_INT, places[r] *= (int)sizeof(int), own_places[r] *= (int)sizeof(int);
      for (int i = 0; i < from_others; i++) in[i] = value_of(99, i);
      IN_FORM(form, Alltoallw, Ialltoallw, out, counts, places, types, in, own_counts, own_places, types, world);
      for (int r = 0; r < size; r++) {
        int first = 0;
        for (int k = 0; k < rank; k++) first += r + 2 * k + bases[b] + 1;
        CHECK_IS(wrong_of(in + own_places[r] / (int)sizeof(int), own_counts[r], r, first), 0);
      }
      free(out), free(in), free(types);
    }
  PART("varying_alltoallv_in_place");
  int total = 0;
  for (int r = 0; r < size; r++) counts[r] = r + rank + 1, places[r] = total, total += counts[r];
  int *both = made(total, rank);
  OK(MPI_Alltoallv(MPI_IN_PLACE, NULL, NULL, MPI_DATATYPE_NULL, both, counts, places, MPI_INT, world));
  for (int r = 0; r < size; r++) {
    int first = 0;
    for (int k = 0; k < rank; k++) first += k + r + 1;
    CHECK_IS(wrong_of(both + places[r], counts[r], r, first), 0);
  }
  free(both), free(counts), free(places), free(own_counts), free(own_places);
}

CASE(derived) {
  enum { N = 12 };
  MPI_Datatype column, resized;
  OK(MPI_Type_vector(N, 1, N, MPI_INT, &column));
  OK(MPI_Type_create_resized(column, 0, sizeof(int), &resized));
  OK(MPI_Type_commit(&column));
  OK(MPI_Type_commit(&resized));
  int matrix[N][N];
  PART("derived_bcast_of_columns_to_rows");
  for (int root = 0; root < size; root++) {
    for (int i = 0; i < N * N; i++) matrix[i / N][i % N] = rank == root ? i : -1;
    if (rank == root) OK(MPI_Bcast(matrix, N, resized, root, world));
    else OK(MPI_Bcast(matrix, N * N, MPI_INT, root, world));
    for (int i = 0; i < N * N; i++) CHECK_IS(matrix[i / N][i % N], rank == root ? i : i % N * N + i / N);
  }
  PART("derived_gather_of_columns");
  int *all = need_memory((size_t)size * N * sizeof(int));
  for (int i = 0; i < N * N; i++) matrix[i / N][i % N] = rank * 1000 + i;
  OK(MPI_Gather(&matrix[0][3], 1, column, all, N, MPI_INT, 0, world));
  for (int i = 0; rank == 0 && i < size * N; i++) CHECK_IS(all[i], i / N * 1000 + i % N * N + 3);
  PART("derived_scatter_to_columns");
  for (int i = 0; i < size * N; i++) all[i] = i;
  OK(MPI_Scatter(all, N, MPI_INT, &matrix[0][5], 1, column, size - 1, world));
  for (int i = 0; i < N; i++) CHECK_IS(matrix[i][5], rank * N + i);
  CHECK_IS(matrix[0][4], rank * 1000 + 4);
  PART("derived_allgather_into_columns");
  int *wide = need_memory((size_t)size * N * sizeof(int));
  MPI_Datatype across, place;
  OK(MPI_Type_vector(N, 1, size, MPI_INT, &across));
  OK(MPI_Type_create_resized(across, 0, sizeof(int), &place));
  OK(MPI_Type_commit(&place));
  int mine[N];
  for (int i = 0; i < N; i++) mine[i] = rank * 100 + i;
  OK(MPI_Allgather(mine, N, MPI_INT, wide, 1, place, world));
  for (int i = 0; i < N; i++)
    for (int r = 0; r < size; r++) CHECK_IS(wide[i * size + r], r * 100 + i);
  PART("derived_alltoall_transposes");
  int *out = need_memory((size_t)size * (size_t)size * sizeof(int));
  for (int i = 0; i < size * size; i++) out[i] = rank * 10000 + i;
  MPI_Datatype line;
  OK(MPI_Type_vector(size, 1, size, MPI_INT, &across));
  OK(MPI_Type_create_resized(across, 0, sizeof(int), &line));
  OK(MPI_Type_commit(&line));
  int *in = need_memory((size_t)size * (size_t)size * sizeof(int));
  OK(MPI_Alltoall(out, 1, line, in, size, MPI_INT, world));
  for (int r = 0; r < size; r++)
    for (int i = 0; i < size; i++) CHECK_IS(in[r * size + i], r * 10000 + i * size + rank);
  free(all), free(wide), free(out), free(in);
  OK(MPI_Type_free(&column)), OK(MPI_Type_free(&resized)), OK(MPI_Type_free(&line)), OK(MPI_Type_free(&place));
}

CASE(several_non_blocking_ones_are_under_way_at_once) {
  enum { MANY = 30 };
  MPI_Request requests[MANY];
  static int in[MANY][500], sums[MANY];
  for (int i = 0; i < MANY; i++) {
    if (i % 2) {
      for (int k = 0; k < 500; k++) in[i][k] = rank == i % size ? i * 1000 + k : -1;
      OK(MPI_Ibcast(in[i], 500, MPI_INT, i % size, world, &requests[i]));
    } else {
      in[i][0] = rank + i;
      OK(MPI_Iallreduce(in[i], &sums[i], 1, MPI_INT, MPI_SUM, world, &requests[i]));
    }
  }
  // Waited for from the last on, and messages of the same ranks pass in between.
  int from = -1;
  OK(MPI_Sendrecv(&rank, 1, MPI_INT, next_rank(), 0, &from, 1, MPI_INT, last_rank(), 0, world, MPI_STATUS_IGNORE));
  CHECK_IS(from, last_rank());
  for (int i = MANY - 1; i >= 0; i--) OK(MPI_Wait(&requests[i], MPI_STATUS_IGNORE));
  for (int i = 0; i < MANY; i++) {
    if (i % 2) CHECK(in[i][0] == i * 1000 && in[i][499] == i * 1000 + 499);
    else CHECK_IS(sums[i], size * (size - 1) / 2 + i * size);
  }
}

CASE(a_non_blocking_one_for_which_there_is_no_room_yet) {
  enum { MANY = 200 };
  MPI_Request sends[MANY], request;
  int value = rank == 0 ? 7 : -1, got = 0;
  for (int i = 0; i < MANY && rank == 0 && size > 1; i++) OK(MPI_Isend(&i, 0, MPI_INT, 1, 0, world, &sends[i]));
  // Others take nothing for a while.
  for (double start = MPI_Wtime(); rank != 0 && MPI_Wtime() - start < 0.02;) {}
  for (int i = 0; i < MANY && rank == 1; i++) OK(MPI_Recv(&got, 0, MPI_INT, 0, 0, world, MPI_STATUS_IGNORE));
  OK(MPI_Ibcast(&value, 1, MPI_INT, 0, world, &request));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(value, 7);
  if (rank == 0 && size > 1) OK(MPI_Waitall(MANY, sends, MPI_STATUSES_IGNORE));
}

CASE(a_persistent_one_is_started_again_and_again) {
  MPI_Request requests[2];
  int value, sum, shared[3];
  OK(MPI_Allreduce_init(&value, &sum, 1, MPI_INT, MPI_SUM, world, MPI_INFO_NULL, &requests[0]));
  OK(MPI_Bcast_init(shared, 3, MPI_INT, size - 1, world, MPI_INFO_NULL, &requests[1]));
  for (int round = 0; round < 25; round++) {
    value = rank + round;
    for (int i = 0; i < 3; i++) shared[i] = rank == size - 1 ? round * i : -1;
    OK(MPI_Startall(2, requests));
    OK(MPI_Waitall(2, requests, MPI_STATUSES_IGNORE));
    CHECK_IS(sum, size * (size - 1) / 2 + size * round);
    CHECK(shared[1] == round && shared[2] == 2 * round);
  }
  OK(MPI_Request_free(&requests[0]));
  OK(MPI_Request_free(&requests[1]));
}

CASE(wildcards_take_nothing_of_collectives) {
  int in = -1, sum = 0, total;
  MPI_Request request;
  OK(MPI_Irecv(&in, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, world, &request));
  for (int i = 0; i < 10; i++) {
    OK(MPI_Allreduce(&rank, &total, 1, MPI_INT, MPI_SUM, world));
    OK(MPI_Bcast(&total, 1, MPI_INT, i % size, world));
    sum += total;
  }
  CHECK_IS(in, -1);
  OK(MPI_Barrier(world));
  CHECK_IS(sum, 10 * (size * (size - 1) / 2));
  OK(MPI_Send(&rank, 1, MPI_INT, next_rank(), 3, world));
  OK(MPI_Wait(&request, MPI_STATUS_IGNORE));
  CHECK_IS(in, last_rank());
}

CASE(over_comm_self_all_is_ones_own) {
  int value = rank, result = -1;
  OK(MPI_Allreduce(&value, &result, 1, MPI_INT, MPI_SUM, MPI_COMM_SELF));
  CHECK_IS(result, rank);
  OK(MPI_Bcast(&value, 1, MPI_INT, 0, MPI_COMM_SELF));
  OK(MPI_Gather(&value, 1, MPI_INT, &result, 1, MPI_INT, 0, MPI_COMM_SELF));
  CHECK_IS(result, rank);
  OK(MPI_Barrier(MPI_COMM_SELF));
}

#ifdef HAS_MPI_4_0
// They are made in one order, and started in any.
CASE(persistent_ones_start_in_any_order) {
  int first = rank == 0 ? 1 : -1, second = rank == 0 ? 2 : -1, sum = -1;
  MPI_Request requests[3];
  OK(MPI_Bcast_init(&first, 1, MPI_INT, 0, world, MPI_INFO_NULL, &requests[0]));
  OK(MPI_Bcast_init(&second, 1, MPI_INT, 0, world, MPI_INFO_NULL, &requests[1]));
  OK(MPI_Allreduce_init(&rank, &sum, 1, MPI_INT, MPI_SUM, world, MPI_INFO_NULL, &requests[2]));
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 3; i++) OK(MPI_Start(&requests[rank % 2 ? 2 - i : i]));
    OK(MPI_Waitall(3, requests, MPI_STATUSES_IGNORE));
    CHECK(first == 1 && second == 2 && sum == size * (size - 1) / 2);
    sum = -1;
    if (rank != 0) first = second = -1;
  }
  for (int i = 0; i < 3; i++) OK(MPI_Request_free(&requests[i]));
}
#endif

CASE(alltoallw_takes_no_type_where_there_is_nothing) {
  int *zeros = need_memory(sizeof(int) * (size_t)size * 5), *out_counts = zeros + size, *in_counts = zeros + 2 * size;
  MPI_Datatype *types = need_memory(sizeof *types * (size_t)size * 2), *in_types = types + size;
  int in = -1;
  memset(zeros, 0, sizeof(int) * (size_t)size * 5);
  for (int i = 0; i < 2 * size; i++) types[i] = MPI_DATATYPE_NULL;
  out_counts[next_rank()] = in_counts[last_rank()] = 1;
  types[next_rank()] = in_types[last_rank()] = MPI_INT;
  OK(MPI_Alltoallw(&rank, out_counts, zeros, types, &in, in_counts, zeros, in_types, world));
  CHECK_IS(in, last_rank());
  free(zeros), free(types);
}
