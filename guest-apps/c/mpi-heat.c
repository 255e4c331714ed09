// The heat equation on a square, 5-point stencil, the square cut into tiles of a grid of ranks: after each step neighbours exchange the edges
// of their tiles, columns by a datatype with stride. Known answer: one rank's temperatures, the same to the bit, and no new extremes.
// Usage: mpi-heat [EDGE [STEPS]]
#include "report.h"
#include "ranks.h"
#include <math.h>

enum { DOWN, RIGHT, AXES };
enum { EXCHANGES = 500 };

typedef struct {
  size_t rows, columns;  // without the frame
  double *now, *next;
} tile;

static double initial(size_t row, size_t column) { return (double)((column * 131 + row * 517) % 1000) / 1000.0; }

// The temperatures of rows and columns from some on; the frame is cold.
static tile new_tile(size_t first_row, size_t rows, size_t first_column, size_t columns) {
  size_t count = (rows + 2) * (columns + 2);
  tile t = {rows, columns, allocate(count, sizeof(double)), allocate(count, sizeof(double))};
  for (size_t j = 0; j < rows; j++)
    for (size_t i = 0; i < columns; i++) t.now[(j + 1) * (columns + 2) + i + 1] = initial(first_row + j, first_column + i);
  return t;
}

KERNEL void step(tile *t) {
  size_t w = t->columns + 2;
  for (size_t j = 1; j <= t->rows; j++) {
    const double *restrict u = t->now + j * w;
    double *restrict next = t->next + j * w;
    for (size_t i = 1; i <= t->columns; i++)
      next[i] = u[i] + 0.2 * (u[i - 1] + u[i + 1] + u[(ptrdiff_t)i - (ptrdiff_t)w] + u[i + w] - 4.0 * u[i]);
  }
  double *swap = t->now;
  t->now = t->next, t->next = swap;
}

static void exchange_edges(tile *t, MPI_Comm grid, MPI_Datatype column) {
  size_t w = t->columns + 2;
  int count = (int)t->columns, above, below, left, right;
  double *u = t->now;
  MPI_Cart_shift(grid, DOWN, 1, &above, &below);
  MPI_Cart_shift(grid, RIGHT, 1, &left, &right);
  MPI_Request all[8];
  MPI_Irecv(u + 1, count, MPI_DOUBLE, above, 0, grid, &all[0]);
  MPI_Irecv(u + (t->rows + 1) * w + 1, count, MPI_DOUBLE, below, 1, grid, &all[1]);
  MPI_Irecv(u + w, 1, column, left, 2, grid, &all[2]);
  MPI_Irecv(u + w + t->columns + 1, 1, column, right, 3, grid, &all[3]);
  MPI_Isend(u + t->rows * w + 1, count, MPI_DOUBLE, below, 0, grid, &all[4]);
  MPI_Isend(u + w + 1, count, MPI_DOUBLE, above, 1, grid, &all[5]);
  MPI_Isend(u + w + t->columns, 1, column, right, 2, grid, &all[6]);
  MPI_Isend(u + w + 1, 1, column, left, 3, grid, &all[7]);
  MPI_Waitall(8, all, MPI_STATUSES_IGNORE);
}

// Prints what an exchange takes alone: the best of some rounds, of which the first is cold.
static void time_exchange(tile *t, MPI_Comm grid, MPI_Datatype column) {
  double best = 0.0;
  for (int round = 0; round < 5; round++) {
    MPI_Barrier(grid);
    double start = MPI_Wtime();
    for (int i = 0; i < EXCHANGES; i++) exchange_edges(t, grid, column);
    double each = (MPI_Wtime() - start) / EXCHANGES;
    if (round == 1 || (round > 1 && each < best)) best = each;
  }
  int rank, left, right, above, below;
  MPI_Comm_rank(grid, &rank);
  MPI_Cart_shift(grid, DOWN, 1, &above, &below);
  MPI_Cart_shift(grid, RIGHT, 1, &left, &right);
  size_t cells = ((above >= 0) + (below >= 0)) * t->columns + ((left >= 0) + (right >= 0)) * t->rows;
  if (rank == 0 && cells > 0) print_transfer((long)(cells * sizeof(double)), best);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, dims[AXES] = {0}, periods[AXES] = {0}, at[AXES];
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  size_t n = (size_t)size_argument(argc, argv, 1, 512, 2, 8192);
  long steps = size_argument(argc, argv, 2, 300, 1, 1000000);
  MPI_Dims_create(size, AXES, dims);
  MPI_Comm grid;
  MPI_Cart_create(MPI_COMM_WORLD, AXES, dims, periods, 1, &grid);
  MPI_Comm_rank(grid, &rank);
  MPI_Cart_coords(grid, rank, AXES, at);
  size_t row = part_of(n, at[DOWN], dims[DOWN]), rows = part_of(n, at[DOWN] + 1, dims[DOWN]) - row;
  size_t column = part_of(n, at[RIGHT], dims[RIGHT]), columns = part_of(n, at[RIGHT] + 1, dims[RIGHT]) - column;
  tile own = new_tile(row, rows, column, columns);
  MPI_Datatype edge;
  MPI_Type_vector((int)rows, 1, (int)columns + 2, MPI_DOUBLE, &edge);
  MPI_Type_commit(&edge);
  MPI_Barrier(grid);
  double start = MPI_Wtime();
  for (long i = 0; i < steps; i++) {
    exchange_edges(&own, grid, edge);
    step(&own);
  }
  MPI_Barrier(grid);
  double seconds = MPI_Wtime() - start, heat = 0.0, all_heat = 0.0;
  time_exchange(&own, grid, edge);

  tile whole = new_tile(0, n, 0, n);  // as one rank has it
  double alone = MPI_Wtime();
  for (long i = 0; i < steps; i++) step(&whole);
  alone = MPI_Wtime() - alone;
  int same = 1, all_same;
  for (size_t j = 1; j <= rows; j++)
    for (size_t i = 1; i <= columns; i++) {
      double u = own.now[j * (columns + 2) + i];
      same = same && u == whole.now[(row + j) * (n + 2) + column + i] && u >= 0.0 && u <= 1.0;
      heat += u;
    }
  MPI_Reduce(&heat, &all_heat, 1, MPI_DOUBLE, MPI_SUM, 0, grid);
  MPI_Allreduce(&same, &all_same, 1, MPI_INT, MPI_LAND, grid);
  int status = 0;
  if (rank == 0) {
    double points = (double)n * (double)n * (double)steps;
    printf("%d x %d ranks %.3f s, each alone %.3f s\n", dims[DOWN], dims[RIGHT], seconds, alone);
    status = report("mpi-heat", (long)n, all_heat, all_same, 6e-9 * points / seconds, "GFLOP/s", seconds);
  }
  MPI_Type_free(&edge);
  MPI_Comm_free(&grid);
  return finish(status);
}
