// Reductions: every predefined operation with every predefined type that it takes, roots, forms, scans, and operations of the program.
#include "case.h"
#include "types.h"

static const MPI_Comm world = MPI_COMM_WORLD;
enum { COUNT = 33 };

static void set_all(const struct number_type *type, const struct operation *op, void *at, int count) {
  for (int i = 0; i < count; i++) type->set(at, i, op->value(rank, i));
}
static long expected(const struct number_type *type, const struct operation *op, int first, int last, int i) {
  long value = folded(op, first, last, i);
  return type->kind == LOGICAL ? value != 0 : value;
}

#define FOR_ALL_PAIRS(t, o)                            \
  for (int t = 0; t < TYPE_COUNT; t++)                 \
    for (int o = 0; o < OPERATION_COUNT; o++)          \
      if (OPERATIONS[o].kinds & (int)TYPES[t].kind)

CASE(allreduce) {
  FOR_ALL_PAIRS(t, o) {
    const struct number_type *type = &TYPES[t];
    const struct operation *op = &OPERATIONS[o];
    PART("allreduce_%s_of_%s", op->name, type->name);
    char out[COUNT * 32 + 8], in[COUNT * 32 + 8];
    // Aligned, and one byte off.
    for (int off = 0; off < 2; off++) {
      memset(in, 0x5a, sizeof in);
      set_all(type, op, out + off, COUNT);
      OK(MPI_Allreduce(out + off, in + off, COUNT, type->type, op->op, world));
      for (int i = 0; i < COUNT; i++) CHECK_IS(type->get(in + off, i), expected(type, op, 0, size - 1, i));
      CHECK_IS(in[off + COUNT * type->bytes], 0x5a);
    }
    set_all(type, op, in, COUNT);
    OK(MPI_Allreduce(MPI_IN_PLACE, in, COUNT, type->type, op->op, world));
    for (int i = 0; i < COUNT; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, size - 1, i));
  }
}

CASE(reduce_local) {
  FOR_ALL_PAIRS(t, o) {
    const struct number_type *type = &TYPES[t];
    const struct operation *op = &OPERATIONS[o];
    PART("reduce_local_%s_of_%s", op->name, type->name);
    char in[COUNT * 32], inout[COUNT * 32];
    for (int i = 0; i < COUNT; i++) type->set(in, i, op->value(1, i)), type->set(inout, i, op->value(2, i));
    OK(MPI_Reduce_local(in, inout, COUNT, type->type, op->op));
    for (int i = 0; i < COUNT; i++) CHECK_IS(type->get(inout, i), expected(type, op, 1, 2, i));
  }
}

static const struct number_type *type_named(const char *name) {
  for (int t = 0; t < TYPE_COUNT; t++)
    if (strcmp(TYPES[t].name, name) == 0) return &TYPES[t];
  return NULL;
}

enum form { BLOCKING, NON_BLOCKING, PERSISTENT };
static const char *const FORMS[] = {"", "non_blocking_", "persistent_"};
#define IN_FORM(form, name, iname, ...)                                                  \
  do {                                                                                   \
    MPI_Request request_;                                                                \
    if (form == BLOCKING) OK(MPI_##name(__VA_ARGS__));                                   \
    if (form == NON_BLOCKING) {                                                          \
      OK(MPI_##iname(__VA_ARGS__, &request_));                                           \
      OK(MPI_Wait(&request_, MPI_STATUS_IGNORE));                                        \
    }                                                                                    \
    if (form == PERSISTENT) {                                                            \
      OK(MPI_##name##_init(__VA_ARGS__, MPI_INFO_NULL, &request_));                      \
      OK(MPI_Start(&request_));                                                          \
      OK(MPI_Wait(&request_, MPI_STATUS_IGNORE));                                        \
      OK(MPI_Request_free(&request_));                                                   \
    }                                                                                    \
  } while (0)

// All reductions over one type and operation, by length, form, and place.
static void check_all_reductions(const char *type_name, int o, int count, enum form form, int in_place) {
  const struct number_type *type = type_named(type_name);
  const struct operation *op = &OPERATIONS[o];
  size_t bytes = (size_t)count * (size_t)type->bytes, all = bytes * (size_t)size;
  char *out = need_memory(bytes + all), *in = need_memory(bytes + all);
  char tail[120];
  snprintf(tail, sizeof tail, "%s%s%s_of_%d_%s", FORMS[form], in_place ? "in_place_" : "", op->name, count, type_name);

  PART("reduce_%s_at_each_root", tail);
  for (int root = 0; root < size; root++) {
    int stays = in_place && rank == root;
    set_all(type, op, stays ? in : out, count);
    const void *from = stays ? MPI_IN_PLACE : out;
    IN_FORM(form, Reduce, Ireduce, from, in, count, type->type, op->op, root, world);
    for (int i = 0; rank == root && i < count; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, size - 1, i));
  }
  const void *from = in_place ? MPI_IN_PLACE : out;
  PART("allreduce_%s", tail);
  set_all(type, op, in_place ? in : out, count);
  IN_FORM(form, Allreduce, Iallreduce, from, in, count, type->type, op->op, world);
  for (int i = 0; i < count; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, size - 1, i));

  PART("scan_%s", tail);
  set_all(type, op, in_place ? in : out, count);
  IN_FORM(form, Scan, Iscan, from, in, count, type->type, op->op, world);
  for (int i = 0; i < count; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, rank, i));

  PART("exscan_%s", tail);
  set_all(type, op, in_place ? in : out, count);
  IN_FORM(form, Exscan, Iexscan, from, in, count, type->type, op->op, world);
  for (int i = 0; rank > 0 && i < count; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, rank - 1, i));

  PART("reduce_scatter_block_%s", tail);
  set_all(type, op, in_place ? in : out, count * size);
  IN_FORM(form, Reduce_scatter_block, Ireduce_scatter_block, from, in, count, type->type, op->op, world);
  for (int i = 0; i < count; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, size - 1, rank * count + i));

  PART("reduce_scatter_%s", tail);
  // Rank r gets count - r % 3, at least none.
  int *counts = need_memory((size_t)size * sizeof(int)), total = 0, first = 0;
  for (int r = 0; r < size; r++) {
    counts[r] = count - r % 3 < 0 ? 0 : count - r % 3;
    if (r == rank) first = total;
    total += counts[r];
  }
  set_all(type, op, in_place ? in : out, total);
  IN_FORM(form, Reduce_scatter, Ireduce_scatter, from, in, counts, type->type, op->op, world);
  for (int i = 0; i < counts[rank]; i++) CHECK_IS(type->get(in, i), expected(type, op, 0, size - 1, first + i));
  free(counts), free(out), free(in);
}

CASE(forms) {
  static const int counts[] = {0, 1, 7, 600, 9000};
  for (enum form form = BLOCKING; form <= PERSISTENT; form++)
    for (int in_place = 0; in_place < 2; in_place++)
      for (int c = 0; c < 5; c++) {
        check_all_reductions("INT", 2, counts[c], form, in_place);
        if (c % 2 == 0) check_all_reductions("DOUBLE", 0, counts[c], form, in_place);
      }
}

#define PAIR_CASE(name, ctype, handle)                                                                           \
  CASE(maxloc_and_minloc_of_##name) {                                                                            \
    struct pair { ctype value; int index; } out[COUNT], in[COUNT];                                               \
    for (int i = 0; i < COUNT; i++) out[i] = (struct pair){(ctype)((rank * 5 + i) % 7), rank};                    \
    for (int least = 0; least < 2; least++) {                                                                    \
      memset(in, 0, sizeof in);                                                                                  \
      OK(MPI_Allreduce(out, in, COUNT, handle, least ? MPI_MINLOC : MPI_MAXLOC, world));                          \
      for (int i = 0; i < COUNT; i++) {                                                                          \
        int best = 0;                                                                                            \
        for (int r = 1; r < size; r++) {                                                                         \
          int a = (r * 5 + i) % 7, b = (best * 5 + i) % 7;                                                       \
          if (least ? a < b : a > b) best = r;                                                                   \
        }                                                                                                        \
        CHECK_IS(in[i].index, best);                                                                             \
        CHECK(in[i].value == (ctype)((best * 5 + i) % 7));                                                       \
      }                                                                                                          \
    }                                                                                                            \
  }
PAIR_CASE(float, float, MPI_FLOAT_INT)
PAIR_CASE(double, double, MPI_DOUBLE_INT)
PAIR_CASE(long, long, MPI_LONG_INT)
PAIR_CASE(int, int, MPI_2INT)
PAIR_CASE(short, short, MPI_SHORT_INT)
PAIR_CASE(long_double, long double, MPI_LONG_DOUBLE_INT)

// Operations of the program. Affine maps x -> a x + b under composition do not commute.
struct map { int a, b; };
static void compose(void *in, void *inout, int *length, MPI_Datatype *type) {
  (void)type;
  struct map *first = in, *second = inout;
  for (int i = 0; i < *length; i++) {
    struct map both = {first[i].a * second[i].a % 1009, (second[i].a * first[i].b + second[i].b) % 1009};
    second[i] = both;
  }
}
static struct map map_of(int r, int i) { return (struct map){(r * 3 + i + 2) % 1009, (r * 5 + i * 7 + 1) % 1009}; }
static struct map composed(int first, int last, int i) {
  struct map all = map_of(first, i);
  for (int r = first + 1; r <= last; r++) {
    struct map next = map_of(r, i);
    compose(&all, &next, &(int){1}, NULL);
    all = next;
  }
  return all;
}
static void check_maps(const struct map *found, int count, int first, int last, int offset) {
  for (int i = 0; i < count; i++) {
    struct map wanted = composed(first, last, offset + i);
    CHECK(found[i].a == wanted.a && found[i].b == wanted.b);
  }
}

CASE(user_op_that_does_not_commute) {
  static const int counts[] = {1, 10, 3000};
  MPI_Op op;
  MPI_Datatype type;
  OK(MPI_Op_create(compose, 0, &op));
  OK(MPI_Type_contiguous(2, MPI_INT, &type));
  OK(MPI_Type_commit(&type));
  int commutes = 1;
  OK(MPI_Op_commutative(op, &commutes));
  CHECK_IS(commutes, 0);
  for (int c = 0; c < 3; c++)
    for (enum form form = BLOCKING; form <= PERSISTENT; form++) {
      int count = counts[c];
      struct map *out = need_memory((size_t)(count * size) * sizeof *out), *in = need_memory((size_t)(count * size) * sizeof *in);
      for (int i = 0; i < count * size; i++) out[i] = map_of(rank, i);
      PART("user_op_%sreduce_of_%d", FORMS[form], count);
      for (int root = 0; root < size; root++) {
        IN_FORM(form, Reduce, Ireduce, out, in, count, type, op, root, world);
        if (rank == root) check_maps(in, count, 0, size - 1, 0);
      }
      PART("user_op_%sallreduce_of_%d", FORMS[form], count);
      IN_FORM(form, Allreduce, Iallreduce, out, in, count, type, op, world);
      check_maps(in, count, 0, size - 1, 0);
      PART("user_op_%sscan_of_%d", FORMS[form], count);
      IN_FORM(form, Scan, Iscan, out, in, count, type, op, world);
      check_maps(in, count, 0, rank, 0);
      PART("user_op_%sexscan_of_%d", FORMS[form], count);
      IN_FORM(form, Exscan, Iexscan, out, in, count, type, op, world);
      if (rank > 0) check_maps(in, count, 0, rank - 1, 0);
      PART("user_op_%sreduce_scatter_block_of_%d", FORMS[form], count);
      IN_FORM(form, Reduce_scatter_block, Ireduce_scatter_block, out, in, count, type, op, world);
      check_maps(in, count, 0, size - 1, rank * count);
      free(out), free(in);
    }
  OK(MPI_Op_free(&op));
  CHECK(op == MPI_OP_NULL);
  OK(MPI_Type_free(&type));
}

static MPI_Datatype type_seen;
static void greatest(void *in, void *inout, int *length, MPI_Datatype *type) {
  type_seen = *type;
  for (int i = 0; i < *length; i++)
    if (((int *)in)[i] > ((int *)inout)[i]) ((int *)inout)[i] = ((int *)in)[i];
}
CASE(user_op_that_commutes) {
  MPI_Op op;
  OK(MPI_Op_create(greatest, 1, &op));
  int out[100], in[100], commutes = 0;
  OK(MPI_Op_commutative(op, &commutes));
  CHECK_IS(commutes, 1);
  for (int i = 0; i < 100; i++) out[i] = (rank * 37 + i * 11) % 101;
  OK(MPI_Allreduce(out, in, 100, MPI_INT, op, world));
  for (int i = 0; i < 100; i++) {
    int best = 0;
    for (int r = 0; r < size; r++)
      if ((r * 37 + i * 11) % 101 > best) best = (r * 37 + i * 11) % 101;
    CHECK_IS(in[i], best);
  }
  if (size > 1 && rank == 0) CHECK(type_seen == MPI_INT || type_seen != MPI_DATATYPE_NULL);
  int a = rank, b = 5;
  OK(MPI_Reduce_local(&a, &b, 1, MPI_INT, op));
  CHECK_IS(b, rank > 5 ? rank : 5);
  CHECK(type_seen == MPI_INT);
  OK(MPI_Op_free(&op));
}

static void add_strided(void *in, void *inout, int *length, MPI_Datatype *type) {
  (void)type;
  for (int i = 0; i < *length; i++)
    for (int k = 0; k < 3; k++) ((int *)inout)[i * 6 + k * 2] += ((int *)in)[i * 6 + k * 2];
}
CASE(user_op_over_a_type_with_gaps) {
  MPI_Op op;
  MPI_Datatype vector, type;
  OK(MPI_Op_create(add_strided, 1, &op));
  OK(MPI_Type_vector(3, 1, 2, MPI_INT, &vector));
  OK(MPI_Type_create_resized(vector, 0, 6 * sizeof(int), &type));
  OK(MPI_Type_commit(&type));
  int out[60], in[60];
  for (int i = 0; i < 60; i++) out[i] = rank + i, in[i] = -5;
  OK(MPI_Allreduce(out, in, 10, type, op, world));
  for (int i = 0; i < 60; i++) CHECK_IS(in[i], i % 2 ? -5 : size * (size - 1) / 2 + size * i);
  OK(MPI_Type_free(&vector));
  OK(MPI_Type_free(&type));
  OK(MPI_Op_free(&op));
}

CASE(a_sum_of_doubles_is_the_same_on_all_and_each_time) {
  double out[50], first[50], again[50], least[50], most[50];
  for (int i = 0; i < 50; i++) out[i] = 1.0 / (rank * 7 + i + 1) * (i % 2 ? -1e10 : 1e-10);
  OK(MPI_Allreduce(out, first, 50, MPI_DOUBLE, MPI_SUM, world));
  OK(MPI_Allreduce(out, again, 50, MPI_DOUBLE, MPI_SUM, world));
  CHECK(memcmp(first, again, sizeof first) == 0);
  OK(MPI_Allreduce(first, least, 50, MPI_DOUBLE, MPI_MIN, world));
  OK(MPI_Allreduce(first, most, 50, MPI_DOUBLE, MPI_MAX, world));
  CHECK(memcmp(least, most, sizeof least) == 0);
}

CASE(predefined_operations_commute) {
  for (int o = 0; o < OPERATION_COUNT; o++) {
    int commutes = 0;
    OK(MPI_Op_commutative(OPERATIONS[o].op, &commutes));
    CHECK_IS(commutes, 1);
  }
}
