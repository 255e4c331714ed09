// Datatypes: each constructor, what it says of itself (size, bounds, envelope, contents), what it packs, and both widths of counts.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;
enum { MOST = 64, ROOM = 512 };

// The elements that a type takes of an array of ints, in order, as packing finds them. @returns how many
static int taken(MPI_Datatype type, int count, int *elements) {
  int source[ROOM], packed[ROOM], bytes = 0, position = 0;
  for (int i = 0; i < ROOM; i++) source[i] = i;
  MPI_Datatype ready;
  OK(MPI_Type_dup(type, &ready));
  OK(MPI_Type_commit(&ready));
  OK(MPI_Pack_size(count, ready, world, &bytes));
  CHECK(bytes <= (int)sizeof packed);
  // From the middle, for displacements below 0.
  OK(MPI_Pack(source + ROOM / 2, count, ready, packed, sizeof packed, &position, world));
  CHECK(position <= bytes);
  int unpacked_position = 0, number = position / (int)sizeof(int);
  OK(MPI_Unpack(packed, position, &unpacked_position, elements, number, MPI_INT, world));
  CHECK_IS(unpacked_position, position);
  for (int i = 0; i < number; i++) elements[i] -= ROOM / 2;
  // And back into an empty array: only these are touched.
  int target[ROOM], touched = 0;
  memset(target, -1, sizeof target);
  unpacked_position = 0;
  OK(MPI_Unpack(packed, position, &unpacked_position, target + ROOM / 2, count, ready, world));
  for (int i = 0; i < ROOM; i++) {
    touched += target[i] != -1;
    CHECK(target[i] == -1 || target[i] == i);
  }
  CHECK(touched <= number);
  OK(MPI_Type_free(&ready));
  return number;
}

static void check_elements(MPI_Datatype type, int count, int expected_count, const int *expected) {
  int elements[ROOM];
  int found = taken(type, count, elements);
  CHECK_IS(found, expected_count);
  for (int i = 0; i < expected_count && i < found; i++) CHECK_IS(elements[i], expected[i]);
}

static void check_sizes(MPI_Datatype type, long bytes, long lower, long extent, long true_lower, long true_extent) {
  int size_found = -1;
  MPI_Aint lower_found = -1, extent_found = -1, true_lower_found = -1, true_extent_found = -1;
  OK(MPI_Type_size(type, &size_found));
  OK(MPI_Type_get_extent(type, &lower_found, &extent_found));
  OK(MPI_Type_get_true_extent(type, &true_lower_found, &true_extent_found));
  CHECK_IS(size_found, bytes);
  CHECK_IS(lower_found, lower);
  CHECK_IS(extent_found, extent);
  CHECK_IS(true_lower_found, true_lower);
  CHECK_IS(true_extent_found, true_extent);
  MPI_Count a = -1, b = -1;
  OK(MPI_Type_size_x(type, &a));
  CHECK_IS(a, bytes);
  OK(MPI_Type_get_extent_x(type, &a, &b));
  CHECK(a == lower && b == extent);
  OK(MPI_Type_get_true_extent_x(type, &a, &b));
  CHECK(a == true_lower && b == true_extent);
#ifdef HAS_MPI_4_0
  OK(MPI_Type_size_c(type, &a));
  CHECK_IS(a, bytes);
  OK(MPI_Type_get_extent_c(type, &a, &b));
  CHECK(a == lower && b == extent);
  OK(MPI_Type_get_true_extent_c(type, &a, &b));
  CHECK(a == true_lower && b == true_extent);
#endif
}

struct contents { int combiner, integer_count, address_count, type_count; int integers[MOST]; long addresses[MOST]; };
static void check_contents(MPI_Datatype type, const struct contents *expected, MPI_Datatype first) {
  int integer_count = -1, address_count = -1, type_count = -1, combiner = -1, integers[MOST];
  MPI_Aint addresses[MOST];
  MPI_Datatype types[MOST];
  OK(MPI_Type_get_envelope(type, &integer_count, &address_count, &type_count, &combiner));
  CHECK_IS(combiner, expected->combiner);
  CHECK_IS(integer_count, expected->integer_count);
  CHECK_IS(address_count, expected->address_count);
  CHECK_IS(type_count, expected->type_count);
  OK(MPI_Type_get_contents(type, integer_count, address_count, type_count, integers, addresses, types));
  for (int i = 0; i < expected->integer_count; i++) CHECK_IS(integers[i], expected->integers[i]);
  for (int i = 0; i < expected->address_count; i++) CHECK_IS(addresses[i], expected->addresses[i]);
  if (expected->type_count > 0) CHECK(types[0] == first);
}

CASE(predefined_types_name_themselves) {
  int integers = -1, addresses = -1, types = -1, combiner = -1;
  MPI_Datatype all[] = {MPI_INT, MPI_CHAR, MPI_DOUBLE, MPI_BYTE, MPI_PACKED, MPI_FLOAT_INT, MPI_AINT, MPI_C_BOOL, MPI_UINT64_T};
  for (int i = 0; i < 9; i++) {
    OK(MPI_Type_get_envelope(all[i], &integers, &addresses, &types, &combiner));
    CHECK(integers == 0 && addresses == 0 && types == 0 && combiner == MPI_COMBINER_NAMED);
  }
}

CASE(contiguous) {
  MPI_Datatype type;
  OK(MPI_Type_contiguous(3, MPI_INT, &type));
  check_sizes(type, 12, 0, 12, 0, 12);
  check_elements(type, 2, 6, (int[]){0, 1, 2, 3, 4, 5});
  check_contents(type, &(struct contents){MPI_COMBINER_CONTIGUOUS, 1, 0, 1, {3}}, MPI_INT);
  OK(MPI_Type_free(&type));
  CHECK(type == MPI_DATATYPE_NULL);
  PART("contiguous_of_none");
  OK(MPI_Type_contiguous(0, MPI_INT, &type));
  check_sizes(type, 0, 0, 0, 0, 0);
  check_elements(type, 5, 0, NULL);
  OK(MPI_Type_free(&type));
  PART("contiguous_of_a_derived_type");
  MPI_Datatype pair;
  OK(MPI_Type_vector(2, 1, 2, MPI_INT, &pair));
  OK(MPI_Type_contiguous(2, pair, &type));
  check_sizes(type, 16, 0, 24, 0, 24);
  check_elements(type, 1, 4, (int[]){0, 2, 3, 5});
  OK(MPI_Type_free(&pair));
  check_elements(type, 2, 8, (int[]){0, 2, 3, 5, 6, 8, 9, 11});
  OK(MPI_Type_free(&type));
}

CASE(vector) {
  MPI_Datatype type;
  OK(MPI_Type_vector(3, 2, 5, MPI_INT, &type));
  check_sizes(type, 24, 0, 48, 0, 48);
  check_elements(type, 1, 6, (int[]){0, 1, 5, 6, 10, 11});
  check_elements(type, 2, 12, (int[]){0, 1, 5, 6, 10, 11, 12, 13, 17, 18, 22, 23});
  check_contents(type, &(struct contents){MPI_COMBINER_VECTOR, 3, 0, 1, {3, 2, 5}}, MPI_INT);
  OK(MPI_Type_free(&type));
  PART("vector_backwards");
  OK(MPI_Type_vector(3, 2, -4, MPI_INT, &type));
  check_sizes(type, 24, -32, 40, -32, 40);
  check_elements(type, 1, 6, (int[]){0, 1, -4, -3, -8, -7});
  OK(MPI_Type_free(&type));
  PART("vector_whose_blocks_touch");
  OK(MPI_Type_vector(3, 2, 2, MPI_INT, &type));
  check_sizes(type, 24, 0, 24, 0, 24);
  check_elements(type, 1, 6, (int[]){0, 1, 2, 3, 4, 5});
  OK(MPI_Type_free(&type));
}

CASE(hvector) {
  MPI_Datatype type;
  OK(MPI_Type_create_hvector(3, 2, 20, MPI_INT, &type));
  check_sizes(type, 24, 0, 48, 0, 48);
  check_elements(type, 1, 6, (int[]){0, 1, 5, 6, 10, 11});
  check_contents(type, &(struct contents){MPI_COMBINER_HVECTOR, 2, 1, 1, {3, 2}, {20}}, MPI_INT);
  OK(MPI_Type_free(&type));
}

CASE(indexed) {
  MPI_Datatype type;
  OK(MPI_Type_indexed(3, (int[]){2, 0, 3}, (int[]){7, 100, 1}, MPI_INT, &type));
  check_sizes(type, 20, 4, 32, 4, 32);
  check_elements(type, 1, 5, (int[]){7, 8, 1, 2, 3});
  check_contents(type, &(struct contents){MPI_COMBINER_INDEXED, 7, 0, 1, {3, 2, 0, 3, 7, 100, 1}}, MPI_INT);
  OK(MPI_Type_free(&type));
  PART("indexed_below_zero");
  OK(MPI_Type_indexed(2, (int[]){1, 1}, (int[]){-3, 2}, MPI_INT, &type));
  check_sizes(type, 8, -12, 24, -12, 24);
  check_elements(type, 2, 4, (int[]){-3, 2, 3, 8});
  OK(MPI_Type_free(&type));
}

CASE(hindexed) {
  MPI_Datatype type;
  OK(MPI_Type_create_hindexed(2, (int[]){2, 1}, (MPI_Aint[]){16, -8}, MPI_INT, &type));
  check_sizes(type, 12, -8, 32, -8, 32);
  check_elements(type, 1, 3, (int[]){4, 5, -2});
  check_contents(type, &(struct contents){MPI_COMBINER_HINDEXED, 3, 2, 1, {2, 2, 1}, {16, -8}}, MPI_INT);
  OK(MPI_Type_free(&type));
}

CASE(indexed_block) {
  MPI_Datatype type;
  OK(MPI_Type_create_indexed_block(3, 2, (int[]){9, 0, 4}, MPI_INT, &type));
  check_sizes(type, 24, 0, 44, 0, 44);
  check_elements(type, 1, 6, (int[]){9, 10, 0, 1, 4, 5});
  check_contents(type, &(struct contents){MPI_COMBINER_INDEXED_BLOCK, 5, 0, 1, {3, 2, 9, 0, 4}}, MPI_INT);
  OK(MPI_Type_free(&type));
}

CASE(hindexed_block) {
  MPI_Datatype type;
  OK(MPI_Type_create_hindexed_block(2, 2, (MPI_Aint[]){20, 4}, MPI_INT, &type));
  check_sizes(type, 16, 4, 24, 4, 24);
  check_elements(type, 1, 4, (int[]){5, 6, 1, 2});
  check_contents(type, &(struct contents){MPI_COMBINER_HINDEXED_BLOCK, 2, 2, 1, {2, 2}, {20, 4}}, MPI_INT);
  OK(MPI_Type_free(&type));
}

CASE(structure) {
  MPI_Datatype type, types[] = {MPI_INT, MPI_SHORT, MPI_FLOAT};
  OK(MPI_Type_create_struct(3, (int[]){2, 2, 1}, (MPI_Aint[]){0, 12, 24}, types, &type));
  check_sizes(type, 16, 0, 28, 0, 28);
  check_elements(type, 1, 4, (int[]){0, 1, 3, 6});
  check_contents(type, &(struct contents){MPI_COMBINER_STRUCT, 4, 3, 3, {3, 2, 2, 1}, {0, 12, 24}}, MPI_INT);
  OK(MPI_Type_free(&type));
  PART("structure_has_room_for_its_alignment");
  OK(MPI_Type_create_struct(2, (int[]){1, 1}, (MPI_Aint[]){0, 8}, (MPI_Datatype[]){MPI_DOUBLE, MPI_CHAR}, &type));
  check_sizes(type, 9, 0, 16, 0, 9);
  OK(MPI_Type_free(&type));
  PART("structure_of_none");
  OK(MPI_Type_create_struct(0, NULL, NULL, NULL, &type));
  check_sizes(type, 0, 0, 0, 0, 0);
  OK(MPI_Type_free(&type));
}

CASE(resized) {
  MPI_Datatype type, wide;
  OK(MPI_Type_create_resized(MPI_INT, -4, 12, &type));
  check_sizes(type, 4, -4, 12, 0, 4);
  check_elements(type, 3, 3, (int[]){0, 3, 6});
  check_contents(type, &(struct contents){MPI_COMBINER_RESIZED, 0, 2, 1, {0}, {-4, 12}}, MPI_INT);
  PART("resized_in_a_vector");
  OK(MPI_Type_contiguous(3, type, &wide));
  check_sizes(wide, 12, -4, 36, 0, 28);
  check_elements(wide, 1, 3, (int[]){0, 3, 6});
  OK(MPI_Type_free(&wide));
  OK(MPI_Type_free(&type));
  PART("resized_to_less");
  OK(MPI_Type_vector(2, 1, 3, MPI_INT, &wide));
  OK(MPI_Type_create_resized(wide, 0, 4, &type));
  check_sizes(type, 8, 0, 4, 0, 16);
  check_elements(type, 3, 6, (int[]){0, 3, 1, 4, 2, 5});
  OK(MPI_Type_free(&wide));
  OK(MPI_Type_free(&type));
}

CASE(dup_of_a_type) {
  MPI_Datatype type, copy;
  OK(MPI_Type_vector(2, 1, 3, MPI_INT, &type));
  OK(MPI_Type_dup(type, &copy));
  check_sizes(copy, 8, 0, 16, 0, 16);
  int integers = -1, addresses = -1, types = -1, combiner = -1;
  OK(MPI_Type_get_envelope(copy, &integers, &addresses, &types, &combiner));
  CHECK(integers == 0 && addresses == 0 && types == 1 && combiner == MPI_COMBINER_DUP);
  OK(MPI_Type_free(&type));
  check_elements(copy, 1, 2, (int[]){0, 3});
  OK(MPI_Type_free(&copy));
}

CASE(subarray) {
  MPI_Datatype type;
  PART("subarray_row_by_row");
  OK(MPI_Type_create_subarray(2, (int[]){4, 6}, (int[]){2, 3}, (int[]){1, 2}, MPI_ORDER_C, MPI_INT, &type));
  check_sizes(type, 24, 0, 96, 32, 36);
  check_elements(type, 1, 6, (int[]){8, 9, 10, 14, 15, 16});
  check_contents(type, &(struct contents){MPI_COMBINER_SUBARRAY, 8, 0, 1, {2, 4, 6, 2, 3, 1, 2, MPI_ORDER_C}}, MPI_INT);
  OK(MPI_Type_free(&type));
  PART("subarray_column_by_column");
  OK(MPI_Type_create_subarray(2, (int[]){4, 6}, (int[]){2, 3}, (int[]){1, 2}, MPI_ORDER_FORTRAN, MPI_INT, &type));
  check_elements(type, 1, 6, (int[]){9, 10, 13, 14, 17, 18});
  OK(MPI_Type_free(&type));
  PART("subarray_of_three_dimensions");
  OK(MPI_Type_create_subarray(3, (int[]){2, 3, 4}, (int[]){2, 2, 1}, (int[]){0, 1, 3}, MPI_ORDER_C, MPI_INT, &type));
  check_sizes(type, 16, 0, 96, 28, 68);
  check_elements(type, 1, 4, (int[]){7, 11, 19, 23});
  OK(MPI_Type_free(&type));
  PART("subarray_of_all");
  OK(MPI_Type_create_subarray(1, (int[]){5}, (int[]){5}, (int[]){0}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 2, 10, (int[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  OK(MPI_Type_free(&type));
}

CASE(darray) {
  MPI_Datatype type;
  static const int block[] = {MPI_DISTRIBUTE_BLOCK}, cyclic[] = {MPI_DISTRIBUTE_CYCLIC}, whole[] = {MPI_DISTRIBUTE_DFLT_DARG};
  PART("darray_in_blocks");
  static const int blocks[3][4] = {{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}};
  for (int p = 0; p < 3; p++) {
    OK(MPI_Type_create_darray(3, p, 1, (int[]){10}, block, whole, (int[]){3}, MPI_ORDER_C, MPI_INT, &type));
    check_elements(type, 1, p < 2 ? 4 : 2, blocks[p]);
    MPI_Aint lower, extent;
    OK(MPI_Type_get_extent(type, &lower, &extent));
    CHECK(lower == 0 && extent == 40);
    OK(MPI_Type_free(&type));
  }
  PART("darray_in_turn");
  OK(MPI_Type_create_darray(3, 1, 1, (int[]){10}, cyclic, whole, (int[]){3}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 1, 3, (int[]){1, 4, 7});
  check_contents(type, &(struct contents){MPI_COMBINER_DARRAY, 8, 0, 1,
      {3, 1, 1, 10, MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_DFLT_DARG, 3, MPI_ORDER_C}}, MPI_INT);
  OK(MPI_Type_free(&type));
  PART("darray_two_in_turn");
  OK(MPI_Type_create_darray(2, 1, 1, (int[]){11}, cyclic, (int[]){2}, (int[]){2}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 1, 5, (int[]){2, 3, 6, 7, 10});
  OK(MPI_Type_free(&type));
  PART("darray_of_two_dimensions");
  OK(MPI_Type_create_darray(4, 3, 2, (int[]){4, 6}, (int[]){MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC},
                            (int[]){MPI_DISTRIBUTE_DFLT_DARG, 1}, (int[]){2, 2}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 1, 6, (int[]){13, 15, 17, 19, 21, 23});
  OK(MPI_Type_free(&type));
  PART("darray_of_a_dimension_that_is_not_distributed");
  OK(MPI_Type_create_darray(2, 1, 2, (int[]){2, 4}, (int[]){MPI_DISTRIBUTE_NONE, MPI_DISTRIBUTE_BLOCK},
                            (int[]){MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG}, (int[]){1, 2}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 1, 4, (int[]){2, 3, 6, 7});
  OK(MPI_Type_free(&type));
  PART("darray_column_by_column");
  OK(MPI_Type_create_darray(2, 1, 2, (int[]){2, 4}, (int[]){MPI_DISTRIBUTE_NONE, MPI_DISTRIBUTE_BLOCK},
                            (int[]){MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG}, (int[]){1, 2}, MPI_ORDER_FORTRAN, MPI_INT, &type));
  check_elements(type, 1, 4, (int[]){4, 5, 6, 7});
  OK(MPI_Type_free(&type));
  PART("darrays_of_all_processes_cover_the_array");
  int seen[24] = {0}, elements[ROOM];
  for (int p = 0; p < 6; p++) {
    OK(MPI_Type_create_darray(6, p, 2, (int[]){4, 6}, (int[]){MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_BLOCK},
                              (int[]){1, 2}, (int[]){2, 3}, MPI_ORDER_C, MPI_INT, &type));
    int count = taken(type, 1, elements);
    for (int i = 0; i < count; i++) seen[elements[i]]++;
    OK(MPI_Type_free(&type));
  }
  for (int i = 0; i < 24; i++) CHECK_IS(seen[i], 1);
}

CASE(types_by_their_size) {
  static const struct { int class, bytes; } sizes[] = {{MPI_TYPECLASS_INTEGER, 1}, {MPI_TYPECLASS_INTEGER, 2}, {MPI_TYPECLASS_INTEGER, 4},
      {MPI_TYPECLASS_INTEGER, 8}, {MPI_TYPECLASS_REAL, 4}, {MPI_TYPECLASS_REAL, 8}, {MPI_TYPECLASS_COMPLEX, 8}, {MPI_TYPECLASS_COMPLEX, 16}};
#ifdef MPI_ABI_VERSION
  for (int i = 0; i < 8; i++) {
    MPI_Datatype type = MPI_DATATYPE_NULL;
    int bytes = -1;
    OK(MPI_Type_match_size(sizes[i].class, sizes[i].bytes, &type));
    OK(MPI_Type_size(type, &bytes));
    CHECK_IS(bytes, sizes[i].bytes);
  }
  MPI_Datatype type;
  PART("types_of_a_value_with_its_place");
  OK(MPI_Type_get_value_index(MPI_DOUBLE, MPI_INT, &type));
  CHECK(type == MPI_DOUBLE_INT);
  OK(MPI_Type_get_value_index(MPI_INT, MPI_INT, &type));
  CHECK(type == MPI_2INT);
#else
  (void)sizes;
#endif
}

CASE(pack) {
  char buffer[256];
  int position = 0, bytes = -1, number = 0;
  double real = 0;
  PART("pack_appends");
  OK(MPI_Pack((int[]){1, 2, 3}, 3, MPI_INT, buffer, sizeof buffer, &position, world));
  int behind = position;
  CHECK(behind >= 12);
  OK(MPI_Pack((double[]){1.5}, 1, MPI_DOUBLE, buffer, sizeof buffer, &position, world));
  CHECK(position >= behind + 8);
  PART("pack_of_nothing_stays");
  int before = position;
  OK(MPI_Pack(NULL, 0, MPI_INT, buffer, sizeof buffer, &position, world));
  CHECK_IS(position, before);
  PART("pack_is_unpacked_in_its_order");
  int end = position;
  position = 0;
  for (int i = 1; i <= 3; i++) {
    OK(MPI_Unpack(buffer, end, &position, &number, 1, MPI_INT, world));
    CHECK_IS(number, i);
  }
  OK(MPI_Unpack(buffer, end, &position, &real, 1, MPI_DOUBLE, world));
  CHECK(real == 1.5 && position == end);
  PART("pack_size_is_enough");
  OK(MPI_Pack_size(3, MPI_INT, world, &bytes));
  CHECK(bytes >= behind);
  PART("pack_beyond_the_buffer_fails");
  position = 0;
  CHECK(MPI_Pack((int[]){1, 2, 3}, 3, MPI_INT, buffer, 8, &position, world) != MPI_SUCCESS);
  CHECK_IS(position, 0);
#ifdef MPI_ABI_VERSION
  PART("pack_for_other_machines_is_not_there_yet");
  MPI_Aint place = 0;
  MPI_Count large_place = 0;
  FAILS(MPI_Pack_external("external32", &number, 1, MPI_INT, buffer, 100, &place), MPI_ERR_UNSUPPORTED_OPERATION);
  FAILS(MPI_Unpack_external("external32", buffer, 100, &place, &number, 1, MPI_INT), MPI_ERR_UNSUPPORTED_OPERATION);
  FAILS(MPI_Pack_external_size("external32", 1, MPI_INT, &place), MPI_ERR_UNSUPPORTED_OPERATION);
  FAILS(MPI_Pack_external_c("external32", &number, 1, MPI_INT, buffer, 100, &large_place), MPI_ERR_UNSUPPORTED_OPERATION);
  FAILS(MPI_Unpack_external_c("external32", buffer, 100, &large_place, &number, 1, MPI_INT), MPI_ERR_UNSUPPORTED_OPERATION);
  FAILS(MPI_Pack_external_size_c("external32", 1, MPI_INT, &large_place), MPI_ERR_UNSUPPORTED_OPERATION);
#endif
}

CASE(elements_are_counted) {
  MPI_Datatype type;
  MPI_Status status;
  int count = -1, in[20], out[20] = {0};
  MPI_Count large = -1;
  OK(MPI_Type_contiguous(3, MPI_INT, &type));
  OK(MPI_Type_commit(&type));
  OK(MPI_Sendrecv(out, 8, MPI_INT, next_rank(), 0, in, 5, type, last_rank(), 0, world, &status));
  OK(MPI_Get_count(&status, type, &count));
  CHECK_IS(count, MPI_UNDEFINED);
  OK(MPI_Get_elements(&status, type, &count));
  CHECK_IS(count, 8);
  OK(MPI_Get_elements_x(&status, type, &large));
  CHECK_IS(large, 8);
  OK(MPI_Status_set_elements(&status, type, 9));
  OK(MPI_Get_elements(&status, type, &count));
  CHECK_IS(count, 9);
  OK(MPI_Status_set_elements_x(&status, type, 12));
  OK(MPI_Get_elements_x(&status, type, &large));
  CHECK_IS(large, 12);
#ifdef HAS_MPI_4_1
  OK(MPI_Status_set_elements_c(&status, type, 3));
  OK(MPI_Get_count_c(&status, type, &large));
  CHECK_IS(large, 1);
  OK(MPI_Get_elements_c(&status, type, &large));
  CHECK_IS(large, 3);
#endif
  OK(MPI_Type_free(&type));
}

#ifdef HAS_MPI_4_0
struct large_contents { int combiner, integer_count, address_count, count_count, type_count; int integers[MOST]; long counts[MOST]; };
static void check_large(MPI_Datatype type, const struct large_contents *expected) {
  MPI_Count integer_count = -1, address_count = -1, count_count = -1, type_count = -1, counts[MOST];
  int combiner = -1, integers[MOST];
  MPI_Aint addresses[MOST];
  MPI_Datatype types[MOST];
  OK(MPI_Type_get_envelope_c(type, &integer_count, &address_count, &count_count, &type_count, &combiner));
  CHECK_IS(combiner, expected->combiner);
  CHECK_IS(integer_count, expected->integer_count);
  CHECK_IS(address_count, expected->address_count);
  CHECK_IS(count_count, expected->count_count);
  CHECK_IS(type_count, expected->type_count);
  OK(MPI_Type_get_contents_c(type, MOST, MOST, MOST, MOST, integers, addresses, counts, types));
  for (int i = 0; i < expected->integer_count; i++) CHECK_IS(integers[i], expected->integers[i]);
  for (int i = 0; i < expected->count_count; i++) CHECK_IS(counts[i], expected->counts[i]);
  CHECK(types[0] == MPI_INT);
}

CASE(large_types) {
  MPI_Datatype type;
  PART("large_contiguous");
  OK(MPI_Type_contiguous_c(3, MPI_INT, &type));
  check_elements(type, 1, 3, (int[]){0, 1, 2});
  check_large(type, &(struct large_contents){MPI_COMBINER_CONTIGUOUS, 0, 0, 1, 1, {0}, {3}});
  OK(MPI_Type_free(&type));
  PART("large_vector");
  OK(MPI_Type_vector_c(3, 2, 5, MPI_INT, &type));
  check_elements(type, 1, 6, (int[]){0, 1, 5, 6, 10, 11});
  check_large(type, &(struct large_contents){MPI_COMBINER_VECTOR, 0, 0, 3, 1, {0}, {3, 2, 5}});
  OK(MPI_Type_free(&type));
  PART("large_hvector");
  OK(MPI_Type_create_hvector_c(3, 2, 20, MPI_INT, &type));
  check_elements(type, 1, 6, (int[]){0, 1, 5, 6, 10, 11});
  check_large(type, &(struct large_contents){MPI_COMBINER_HVECTOR, 0, 0, 3, 1, {0}, {3, 2, 20}});
  OK(MPI_Type_free(&type));
  PART("large_indexed");
  OK(MPI_Type_indexed_c(2, (MPI_Count[]){2, 1}, (MPI_Count[]){7, -1}, MPI_INT, &type));
  check_elements(type, 1, 3, (int[]){7, 8, -1});
  check_large(type, &(struct large_contents){MPI_COMBINER_INDEXED, 0, 0, 5, 1, {0}, {2, 2, 1, 7, -1}});
  OK(MPI_Type_free(&type));
  PART("large_hindexed");
  OK(MPI_Type_create_hindexed_c(2, (MPI_Count[]){2, 1}, (MPI_Count[]){16, -8}, MPI_INT, &type));
  check_elements(type, 1, 3, (int[]){4, 5, -2});
  check_large(type, &(struct large_contents){MPI_COMBINER_HINDEXED, 0, 0, 5, 1, {0}, {2, 2, 1, 16, -8}});
  OK(MPI_Type_free(&type));
  PART("large_indexed_block");
  OK(MPI_Type_create_indexed_block_c(2, 2, (MPI_Count[]){9, 0}, MPI_INT, &type));
  check_elements(type, 1, 4, (int[]){9, 10, 0, 1});
  check_large(type, &(struct large_contents){MPI_COMBINER_INDEXED_BLOCK, 0, 0, 4, 1, {0}, {2, 2, 9, 0}});
  OK(MPI_Type_free(&type));
  PART("large_hindexed_block");
  OK(MPI_Type_create_hindexed_block_c(2, 2, (MPI_Count[]){20, 4}, MPI_INT, &type));
  check_elements(type, 1, 4, (int[]){5, 6, 1, 2});
  check_large(type, &(struct large_contents){MPI_COMBINER_HINDEXED_BLOCK, 0, 0, 4, 1, {0}, {2, 2, 20, 4}});
  OK(MPI_Type_free(&type));
  PART("large_structure");
  OK(MPI_Type_create_struct_c(2, (MPI_Count[]){1, 2}, (MPI_Count[]){8, 16}, (MPI_Datatype[]){MPI_INT, MPI_FLOAT}, &type));
  check_elements(type, 1, 3, (int[]){2, 4, 5});
  check_large(type, &(struct large_contents){MPI_COMBINER_STRUCT, 0, 0, 5, 2, {0}, {2, 1, 2, 8, 16}});
  OK(MPI_Type_free(&type));
  PART("large_subarray");
  OK(MPI_Type_create_subarray_c(2, (MPI_Count[]){4, 6}, (MPI_Count[]){2, 3}, (MPI_Count[]){1, 2}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 1, 6, (int[]){8, 9, 10, 14, 15, 16});
  check_large(type, &(struct large_contents){MPI_COMBINER_SUBARRAY, 2, 0, 6, 1, {2, MPI_ORDER_C}, {4, 6, 2, 3, 1, 2}});
  OK(MPI_Type_free(&type));
  PART("large_darray");
  OK(MPI_Type_create_darray_c(3, 1, 1, (MPI_Count[]){10}, (int[]){MPI_DISTRIBUTE_BLOCK}, (int[]){MPI_DISTRIBUTE_DFLT_DARG},
                              (int[]){3}, MPI_ORDER_C, MPI_INT, &type));
  check_elements(type, 1, 4, (int[]){4, 5, 6, 7});
  check_large(type, &(struct large_contents){MPI_COMBINER_DARRAY, 7, 0, 1, 1,
      {3, 1, 1, MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_DFLT_DARG, 3, MPI_ORDER_C}, {10}});
  OK(MPI_Type_free(&type));
  PART("large_resized");
  OK(MPI_Type_create_resized_c(MPI_INT, -4, 12, &type));
  check_elements(type, 3, 3, (int[]){0, 3, 6});
  check_large(type, &(struct large_contents){MPI_COMBINER_RESIZED, 0, 0, 2, 1, {0}, {-4, 12}});
  OK(MPI_Type_free(&type));
  PART("large_pack");
  char buffer[64];
  MPI_Count position = 0, bytes = -1, out_position = 0;
  int back[3] = {0};
  OK(MPI_Pack_size_c(3, MPI_INT, world, &bytes));
  OK(MPI_Pack_c((int[]){4, 5, 6}, 3, MPI_INT, buffer, sizeof buffer, &position, world));
  CHECK(position >= 12 && position <= bytes);
  OK(MPI_Unpack_c(buffer, position, &out_position, back, 3, MPI_INT, world));
  CHECK(out_position == position && back[0] == 4 && back[2] == 6);
  PART("large_sizes_that_an_int_cannot_hold");
  MPI_Datatype huge;
  int small = 0;
  MPI_Count large = 0;
  OK(MPI_Type_contiguous(1 << 30, MPI_BYTE, &type));
  OK(MPI_Type_contiguous(3, type, &huge));
  OK(MPI_Type_size(huge, &small));
  CHECK_IS(small, MPI_UNDEFINED);
  OK(MPI_Type_size_x(huge, &large));
  CHECK(large == 3LL << 30);
  OK(MPI_Type_size_c(huge, &large));
  CHECK(large == 3LL << 30);
  OK(MPI_Type_free(&type));
  OK(MPI_Type_free(&huge));
}
#endif
