// Topologies and neighbourhoods: grids, graphs that all know, graphs of which each rank knows its own edges, and what neighbours exchange.
#include "case.h"

static const MPI_Comm world = MPI_COMM_WORLD;

CASE(dims) {
  static const struct { int nodes, count, given[4], expected[4]; } balanced[] = {
      {1, 1, {0}, {1}},           {6, 2, {0, 0}, {3, 2}},        {7, 2, {0, 0}, {7, 1}},      {12, 3, {0, 0, 0}, {3, 2, 2}},
      {16, 4, {0, 0, 0, 0}, {2, 2, 2, 2}}, {60, 3, {0, 0, 0}, {5, 4, 3}}, {24, 2, {0, 0}, {6, 4}}, {6, 3, {0, 3, 0}, {2, 3, 1}},
      {8, 2, {2, 0}, {2, 4}},     {6, 2, {2, 3}, {2, 3}},        {36, 2, {0, 0}, {6, 6}},     {1, 3, {0, 0, 0}, {1, 1, 1}},
  };
  for (int b = 0; b < (int)(sizeof balanced / sizeof *balanced); b++) {
    PART("dims_%d_of_%d_nodes", b, balanced[b].nodes);
    int dims[4];
    memcpy(dims, balanced[b].given, sizeof dims);
    OK(MPI_Dims_create(balanced[b].nodes, balanced[b].count, dims));
    for (int i = 0; i < balanced[b].count; i++) CHECK_IS(dims[i], balanced[b].expected[i]);
  }
}

// Of two dimensions over all ranks, as even as may be.
static MPI_Comm grid_of(int *dims, const int *periods) {
  MPI_Comm grid = MPI_COMM_NULL;
  dims[0] = dims[1] = 0;
  OK(MPI_Dims_create(size, 2, dims));
  OK(MPI_Cart_create(world, 2, dims, periods, 0, &grid));
  return grid;
}

CASE(cart) {
  int dims[2], periods[] = {1, 0}, count = -1, kind = -1;
  MPI_Comm grid = grid_of(dims, periods);
  PART("cart_is_a_grid");
  OK(MPI_Topo_test(grid, &kind));
  CHECK_IS(kind, MPI_CART);
  OK(MPI_Topo_test(world, &kind));
  CHECK_IS(kind, MPI_UNDEFINED);
  OK(MPI_Cartdim_get(grid, &count));
  CHECK_IS(count, 2);
  PART("cart_tells_what_it_is");
  int got_dims[2], got_periods[2], coords[2], own[2];
  OK(MPI_Cart_get(grid, 2, got_dims, got_periods, coords));
  for (int i = 0; i < 2; i++) CHECK(got_dims[i] == dims[i] && !got_periods[i] == !periods[i]);
  CHECK(coords[0] == rank / dims[1] && coords[1] == rank % dims[1]);
  PART("cart_knows_the_points_of_all_ranks");
  for (int r = 0; r < size; r++) {
    int back = -1;
    OK(MPI_Cart_coords(grid, r, 2, own));
    CHECK(own[0] == r / dims[1] && own[1] == r % dims[1]);
    OK(MPI_Cart_rank(grid, own, &back));
    CHECK_IS(back, r);
  }
  PART("cart_goes_around_where_it_is_periodic");
  int there = -1;
  OK(MPI_Cart_rank(grid, (int[]){-1, 0}, &there));
  CHECK_IS(there, (dims[0] - 1) * dims[1]);
  OK(MPI_Cart_rank(grid, (int[]){2 * dims[0] + dims[0] - 1, dims[1] - 1}, &there));
  CHECK_IS(there, size - 1);
  PART("cart_shifts_around_or_to_nobody");
  int from = -1, to = -1;
  OK(MPI_Cart_shift(grid, 0, 1, &from, &to));
  CHECK_IS(to, (coords[0] + 1) % dims[0] * dims[1] + coords[1]);
  CHECK_IS(from, (coords[0] + dims[0] - 1) % dims[0] * dims[1] + coords[1]);
  OK(MPI_Cart_shift(grid, 1, 1, &from, &to));
  CHECK_IS(to, coords[1] + 1 < dims[1] ? rank + 1 : MPI_PROC_NULL);
  CHECK_IS(from, coords[1] > 0 ? rank - 1 : MPI_PROC_NULL);
  OK(MPI_Cart_shift(grid, 1, -1, &from, &to));
  CHECK_IS(from, coords[1] + 1 < dims[1] ? rank + 1 : MPI_PROC_NULL);
  OK(MPI_Cart_shift(grid, 0, 2 * dims[0] + 1, &from, &to));
  CHECK_IS(to, (coords[0] + 1) % dims[0] * dims[1] + coords[1]);
  OK(MPI_Cart_shift(grid, 1, 0, &from, &to));
  CHECK(from == rank && to == rank);
  PART("cart_columns_and_rows");
  for (int kept = 0; kept < 2; kept++) {
    MPI_Comm line;
    int own_place = -1, line_dim = -1, line_period = -1, line_coord = -1;
    OK(MPI_Cart_sub(grid, kept ? (int[]){0, 1} : (int[]){1, 0}, &line));
    OK(MPI_Comm_size(line, &count));
    OK(MPI_Comm_rank(line, &own_place));
    CHECK(count == dims[kept] && own_place == coords[kept]);
    OK(MPI_Cart_get(line, 1, &line_dim, &line_period, &line_coord));
    CHECK(line_dim == dims[kept] && !line_period == !periods[kept] && line_coord == coords[kept]);
    OK(MPI_Comm_free(&line));
  }
  PART("cart_of_a_copy");
  MPI_Comm copy;
  OK(MPI_Comm_dup(grid, &copy));
  OK(MPI_Topo_test(copy, &kind));
  CHECK_IS(kind, MPI_CART);
  OK(MPI_Comm_free(&copy));
  PART("cart_split_is_none_any_more");
  OK(MPI_Comm_split(grid, 0, 0, &copy));
  OK(MPI_Topo_test(copy, &kind));
  CHECK_IS(kind, MPI_UNDEFINED);
  OK(MPI_Comm_free(&copy));
  PART("cart_map_gives_ranks_their_places");
  int place = -1, sum = 0;
  OK(MPI_Cart_map(world, 2, dims, periods, &place));
  CHECK(place >= 0 && place < size);
  OK(MPI_Allreduce(&place, &sum, 1, MPI_INT, MPI_SUM, world));
  CHECK_IS(sum, size * (size - 1) / 2);
  OK(MPI_Comm_free(&grid));
  PART("cart_of_fewer_than_all");
  OK(MPI_Cart_create(world, 1, (int[]){1}, (int[]){1}, 0, &grid));
  CHECK((grid != MPI_COMM_NULL) == (rank == 0));
  if (grid != MPI_COMM_NULL) {
    OK(MPI_Cart_shift(grid, 0, 1, &from, &to));
    CHECK(from == 0 && to == 0);
    OK(MPI_Comm_free(&grid));
  }
  OK(MPI_Cart_map(world, 1, (int[]){1}, (int[]){1}, &place));
  CHECK_IS(place, rank == 0 ? 0 : MPI_UNDEFINED);
  PART("cart_reordered_has_all");
  OK(MPI_Cart_create(world, 2, dims, periods, 1, &grid));
  OK(MPI_Comm_rank(grid, &place));
  OK(MPI_Allreduce(&place, &sum, 1, MPI_INT, MPI_SUM, grid));
  CHECK_IS(sum, size * (size - 1) / 2);
  OK(MPI_Comm_free(&grid));
  PART("cart_of_no_dimensions_is_a_point");
  OK(MPI_Cart_create(world, 0, NULL, NULL, 0, &grid));
  CHECK((grid != MPI_COMM_NULL) == (rank == 0));
  if (grid != MPI_COMM_NULL) {
    OK(MPI_Cartdim_get(grid, &count));
    CHECK_IS(count, 0);
    OK(MPI_Comm_free(&grid));
  }
}

// A star: the first has all others for neighbours, they have the first.
static MPI_Comm star(int *ends, int *edges) {
  MPI_Comm graph = MPI_COMM_NULL;
  for (int i = 0; i < size - 1; i++) edges[i] = i + 1, edges[size - 1 + i] = 0;
  for (int i = 0; i < size; i++) ends[i] = size - 1 + i;
  OK(MPI_Graph_create(world, size, ends, edges, 0, &graph));
  return graph;
}

CASE(graph) {
  int *ends = need_memory((size_t)size * sizeof(int)), *edges = need_memory((size_t)size * 2 * sizeof(int));
  int *got = need_memory((size_t)size * 2 * sizeof(int)), *got_ends = need_memory((size_t)size * sizeof(int));
  MPI_Comm graph = star(ends, edges);
  int kind = -1, nodes = -1, edge_count = -1, count = -1;
  PART("graph_is_one");
  OK(MPI_Topo_test(graph, &kind));
  CHECK_IS(kind, MPI_GRAPH);
  PART("graph_tells_what_it_is");
  OK(MPI_Graphdims_get(graph, &nodes, &edge_count));
  CHECK(nodes == size && edge_count == 2 * (size - 1));
  OK(MPI_Graph_get(graph, size, 2 * (size - 1), got_ends, got));
  for (int i = 0; i < size; i++) CHECK_IS(got_ends[i], ends[i]);
  for (int i = 0; i < edge_count; i++) CHECK_IS(got[i], edges[i]);
  PART("graph_knows_the_neighbours_of_all");
  for (int r = 0; r < size; r++) {
    OK(MPI_Graph_neighbors_count(graph, r, &count));
    CHECK_IS(count, r == 0 ? size - 1 : 1);
    OK(MPI_Graph_neighbors(graph, r, count, got));
    for (int i = 0; i < count; i++) CHECK_IS(got[i], r == 0 ? i + 1 : 0);
  }
  PART("graph_map_gives_ranks_their_places");
  int place = -1, sum = 0;
  OK(MPI_Graph_map(world, size, ends, edges, &place));
  CHECK(place >= 0 && place < size);
  OK(MPI_Allreduce(&place, &sum, 1, MPI_INT, MPI_SUM, world));
  CHECK_IS(sum, size * (size - 1) / 2);
  PART("graph_exchanges_with_neighbours");
  for (int i = 0; i < size; i++) got[i] = -1;
  OK(MPI_Neighbor_allgather(&rank, 1, MPI_INT, got, 1, MPI_INT, graph));
  OK(MPI_Graph_neighbors_count(graph, rank, &count));
  for (int i = 0; i < count; i++) CHECK_IS(got[i], rank == 0 ? i + 1 : 0);
  PART("graph_of_a_copy");
  MPI_Comm copy;
  OK(MPI_Comm_dup(graph, &copy));
  OK(MPI_Topo_test(copy, &kind));
  CHECK_IS(kind, MPI_GRAPH);
  OK(MPI_Comm_free(&copy));
  OK(MPI_Comm_free(&graph));
  PART("graph_of_one_node_with_an_edge_to_itself");
  OK(MPI_Graph_create(world, 1, (int[]){1}, (int[]){0}, 0, &graph));
  CHECK((graph != MPI_COMM_NULL) == (rank == 0));
  if (graph != MPI_COMM_NULL) {
    OK(MPI_Graph_neighbors_count(graph, 0, &count));
    CHECK_IS(count, 1);
    OK(MPI_Comm_free(&graph));
  }
  free(ends), free(edges), free(got), free(got_ends);
}

CASE(dist_graph) {
  MPI_Comm graph;
  int kind = -1, in = -1, out = -1, is_weighted = -1, sources[8], destinations[8], in_weights[8], out_weights[8];
  PART("dist_graph_of_edges_that_each_gives_itself");
  // A ring with edges of weight rank to the next, and rank + 100 to the one before.
  int to[] = {next_rank(), last_rank()}, from[] = {last_rank(), next_rank()};
  int weights_out[] = {rank, rank + 100}, weights_in[] = {last_rank(), next_rank() + 100};
  OK(MPI_Dist_graph_create_adjacent(world, 2, from, weights_in, 2, to, weights_out, MPI_INFO_NULL, 0, &graph));
  OK(MPI_Topo_test(graph, &kind));
  CHECK_IS(kind, MPI_DIST_GRAPH);
  OK(MPI_Dist_graph_neighbors_count(graph, &in, &out, &is_weighted));
  CHECK(in == 2 && out == 2 && is_weighted);
  OK(MPI_Dist_graph_neighbors(graph, 2, sources, in_weights, 2, destinations, out_weights));
  for (int i = 0; i < 2; i++) {
    CHECK(sources[i] == from[i] && in_weights[i] == weights_in[i]);
    CHECK(destinations[i] == to[i] && out_weights[i] == weights_out[i]);
  }
  OK(MPI_Comm_free(&graph));
  PART("dist_graph_without_weights");
  OK(MPI_Dist_graph_create_adjacent(world, 1, from, MPI_UNWEIGHTED, 1, to, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graph));
  OK(MPI_Dist_graph_neighbors_count(graph, &in, &out, &is_weighted));
  CHECK(in == 1 && out == 1 && !is_weighted);
  OK(MPI_Dist_graph_neighbors(graph, 1, sources, MPI_UNWEIGHTED, 1, destinations, MPI_UNWEIGHTED));
  CHECK(sources[0] == last_rank() && destinations[0] == next_rank());
  PART("dist_graph_of_a_copy");
  MPI_Comm copy;
  OK(MPI_Comm_dup(graph, &copy));
  OK(MPI_Topo_test(copy, &kind));
  CHECK_IS(kind, MPI_DIST_GRAPH);
  OK(MPI_Comm_free(&copy));
  OK(MPI_Comm_free(&graph));
  PART("dist_graph_without_edges");
  OK(MPI_Dist_graph_create_adjacent(world, 0, NULL, MPI_WEIGHTS_EMPTY, 0, NULL, MPI_WEIGHTS_EMPTY, MPI_INFO_NULL, 0, &graph));
  OK(MPI_Dist_graph_neighbors_count(graph, &in, &out, &is_weighted));
  CHECK(in == 0 && out == 0);
  OK(MPI_Comm_free(&graph));
  PART("dist_graph_of_edges_that_the_first_gives_for_all");
  int *all = need_memory((size_t)size * sizeof(int)), *ones = need_memory((size_t)size * sizeof(int));
  int *nexts = need_memory((size_t)size * sizeof(int)), *weights = need_memory((size_t)size * sizeof(int));
  for (int r = 0; r < size; r++) all[r] = r, ones[r] = 1, nexts[r] = (r + 1) % size, weights[r] = 7 * r;
  OK(MPI_Dist_graph_create(world, rank == 0 ? size : 0, all, ones, nexts, weights, MPI_INFO_NULL, 0, &graph));
  OK(MPI_Dist_graph_neighbors_count(graph, &in, &out, &is_weighted));
  CHECK(in == 1 && out == 1 && is_weighted);
  OK(MPI_Dist_graph_neighbors(graph, 1, sources, in_weights, 1, destinations, out_weights));
  CHECK(sources[0] == last_rank() && in_weights[0] == 7 * last_rank());
  CHECK(destinations[0] == next_rank() && out_weights[0] == 7 * rank);
  OK(MPI_Comm_free(&graph));
  PART("dist_graph_of_edges_that_others_give");
  // Each gives the edge from the next rank to the one behind that.
  int source = next_rank(), degree = 1, destination = (rank + 2) % size;
  OK(MPI_Dist_graph_create(world, 1, &source, &degree, &destination, MPI_UNWEIGHTED, MPI_INFO_NULL, 1, &graph));
  OK(MPI_Dist_graph_neighbors_count(graph, &in, &out, &is_weighted));
  CHECK(in == 1 && out == 1 && !is_weighted);
  int got = -1, own = -1;
  OK(MPI_Comm_rank(graph, &own));
  OK(MPI_Neighbor_allgather(&own, 1, MPI_INT, &got, 1, MPI_INT, graph));
  CHECK_IS(got, (own + size - 1) % size);
  OK(MPI_Comm_free(&graph));
  free(all), free(ones), free(nexts), free(weights);
}

enum form { BLOCKING, NON_BLOCKING, PERSISTENT };
static const char *const FORMS[] = {"", "non_blocking_", "persistent_"};
#ifdef HAS_MPI_4_0
enum { LAST_FORM = PERSISTENT };
#define PERSISTENTLY(call, request) (OK(call), OK(MPI_Start(&request)), OK(MPI_Wait(&request, MPI_STATUS_IGNORE)), OK(MPI_Request_free(&request)))
#else
enum { LAST_FORM = NON_BLOCKING };
#define PERSISTENTLY(call, request) (void)0
#endif
// All three forms, written out so that each function stands here by its name.
#define IN_FORM(form, blocking, starting, making)           \
  do {                                                      \
    MPI_Request request_;                                   \
    if (form == BLOCKING) OK(blocking);                     \
    if (form == NON_BLOCKING) {                             \
      OK(starting);                                         \
      OK(MPI_Wait(&request_, MPI_STATUS_IGNORE));           \
    }                                                       \
    if (form == PERSISTENT) PERSISTENTLY(making, request_); \
  } while (0)

// What rank r sends at its place to its neighbour, as an element.
static int element(int r, int place, int i) { return r * 1000 + place * 100 + i; }

// In a grid that is periodic in both dimensions: what comes from the one before was sent to the one behind.
CASE(neighbours_in_a_grid) {
  int dims[2], periods[] = {1, 1}, around[4];
  MPI_Comm grid = grid_of(dims, periods);
  OK(MPI_Cart_shift(grid, 0, 1, &around[0], &around[1]));
  OK(MPI_Cart_shift(grid, 1, 1, &around[2], &around[3]));
  for (enum form form = BLOCKING; (int)form <= LAST_FORM; form++) {
    int out[4][5], in[4][5], own[5];
    for (int n = 0; n < 4; n++)
      for (int i = 0; i < 5; i++) out[n][i] = element(rank, n, i), own[i] = element(rank, 7, i);
    PART("neighbours_in_a_grid_%sallgather", FORMS[form]);
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_allgather(own, 5, MPI_INT, in, 5, MPI_INT, grid),
            MPI_Ineighbor_allgather(own, 5, MPI_INT, in, 5, MPI_INT, grid, &request_),
            MPI_Neighbor_allgather_init(own, 5, MPI_INT, in, 5, MPI_INT, grid, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 4; n++)
      for (int i = 0; i < 5; i++) CHECK_IS(in[n][i], element(around[n], 7, i));
    PART("neighbours_in_a_grid_%sallgatherv", FORMS[form]);
    int counts[] = {5, 5, 5, 5}, places[] = {15, 10, 5, 0};
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_allgatherv(own, 5, MPI_INT, in, counts, places, MPI_INT, grid),
            MPI_Ineighbor_allgatherv(own, 5, MPI_INT, in, counts, places, MPI_INT, grid, &request_),
            MPI_Neighbor_allgatherv_init(own, 5, MPI_INT, in, counts, places, MPI_INT, grid, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 4; n++)
      for (int i = 0; i < 5; i++) CHECK_IS(in[3 - n][i], element(around[n], 7, i));
    PART("neighbours_in_a_grid_%salltoall", FORMS[form]);
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_alltoall(out, 5, MPI_INT, in, 5, MPI_INT, grid),
            MPI_Ineighbor_alltoall(out, 5, MPI_INT, in, 5, MPI_INT, grid, &request_),
            MPI_Neighbor_alltoall_init(out, 5, MPI_INT, in, 5, MPI_INT, grid, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 4; n++)
      for (int i = 0; i < 5; i++) CHECK_IS(in[n][i], element(around[n], n ^ 1, i));
    PART("neighbours_in_a_grid_%salltoallv", FORMS[form]);
    int out_counts[] = {1, 2, 3, 4}, in_counts[] = {2, 1, 4, 3}, out_places[] = {0, 5, 10, 15};
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_alltoallv(out, out_counts, out_places, MPI_INT, in, in_counts, places, MPI_INT, grid),
            MPI_Ineighbor_alltoallv(out, out_counts, out_places, MPI_INT, in, in_counts, places, MPI_INT, grid, &request_),
            MPI_Neighbor_alltoallv_init(out, out_counts, out_places, MPI_INT, in, in_counts, places, MPI_INT, grid, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 4; n++)
      for (int i = 0; i < 5; i++) CHECK_IS(in[3 - n][i], i < in_counts[n] ? element(around[n], n ^ 1, i) : -1);
    PART("neighbours_in_a_grid_%salltoallw", FORMS[form]);
    MPI_Aint out_bytes[4], in_bytes[4];
    MPI_Datatype types[] = {MPI_INT, MPI_INT, MPI_INT, MPI_INT};
    for (int n = 0; n < 4; n++) out_bytes[n] = 20 * n, in_bytes[n] = 20 * (3 - n);
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_alltoallw(out, out_counts, out_bytes, types, in, in_counts, in_bytes, types, grid),
            MPI_Ineighbor_alltoallw(out, out_counts, out_bytes, types, in, in_counts, in_bytes, types, grid, &request_),
            MPI_Neighbor_alltoallw_init(out, out_counts, out_bytes, types, in, in_counts, in_bytes, types, grid, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 4; n++)
      for (int i = 0; i < 5; i++) CHECK_IS(in[3 - n][i], i < in_counts[n] ? element(around[n], n ^ 1, i) : -1);
  }
  OK(MPI_Comm_free(&grid));
}

CASE(neighbours_at_the_rim_are_nobody) {
  MPI_Comm line;
  int in[2] = {-1, -1}, out[2] = {rank * 10, rank * 10 + 1};
  OK(MPI_Cart_create(world, 1, &size, (int[]){0}, 0, &line));
  OK(MPI_Neighbor_alltoall(out, 1, MPI_INT, in, 1, MPI_INT, line));
  CHECK_IS(in[0], rank > 0 ? (rank - 1) * 10 + 1 : -1);
  CHECK_IS(in[1], rank < size - 1 ? (rank + 1) * 10 : -1);
  PART("neighbours_at_the_rim_get_what_there_is");
  in[0] = in[1] = -1;
  OK(MPI_Neighbor_allgather(&rank, 1, MPI_INT, in, 1, MPI_INT, line));
  CHECK_IS(in[0], rank > 0 ? rank - 1 : -1);
  CHECK_IS(in[1], rank < size - 1 ? rank + 1 : -1);
  OK(MPI_Comm_free(&line));
}

// Everybody sends to the next one or two, so that sources and destinations differ; the last edge twice.
CASE(neighbours_of_own_edges) {
  MPI_Comm graph;
  int from[] = {last_rank(), (rank + 2 * size - 2) % size, last_rank()};
  int to[] = {next_rank(), (rank + 2) % size, next_rank()};
  OK(MPI_Dist_graph_create_adjacent(world, 3, from, MPI_UNWEIGHTED, 3, to, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graph));
  for (enum form form = BLOCKING; (int)form <= LAST_FORM; form++) {
    int out[3][4], in[3][4];
    for (int n = 0; n < 3; n++)
      for (int i = 0; i < 4; i++) out[n][i] = element(rank, n, i);
    PART("neighbours_of_own_edges_%salltoall", FORMS[form]);
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_alltoall(out, 4, MPI_INT, in, 4, MPI_INT, graph),
            MPI_Ineighbor_alltoall(out, 4, MPI_INT, in, 4, MPI_INT, graph, &request_),
            MPI_Neighbor_alltoall_init(out, 4, MPI_INT, in, 4, MPI_INT, graph, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 3; n++)
      for (int i = 0; i < 4; i++) CHECK_IS(in[n][i], element(from[n], n, i));
    PART("neighbours_of_own_edges_%sallgather", FORMS[form]);
    memset(in, -1, sizeof in);
    IN_FORM(form, MPI_Neighbor_allgather(out, 4, MPI_INT, in, 4, MPI_INT, graph),
            MPI_Ineighbor_allgather(out, 4, MPI_INT, in, 4, MPI_INT, graph, &request_),
            MPI_Neighbor_allgather_init(out, 4, MPI_INT, in, 4, MPI_INT, graph, MPI_INFO_NULL, &request_));
    for (int n = 0; n < 3; n++)
      for (int i = 0; i < 4; i++) CHECK_IS(in[n][i], element(from[n], 0, i));
  }
  OK(MPI_Comm_free(&graph));
}
