// The game of life on a torus that is cut into tiles of a grid of ranks. After each generation neighbours exchange the edges of their tiles,
// which are subarrays of them: first rows, then columns with the corners that came with the rows. Known answer: the generations of one rank,
// cell by cell, and a glider, which is as far away as there were steps.
// Usage: mpi-life [EDGE [GENERATIONS]]
#include "report.h"
#include "ranks.h"

enum { DOWN, RIGHT, AXES };

// Rows and columns of the torus with a frame of one cell, which has what lies beyond.
typedef struct {
  int rows, columns;
  uint8_t *now, *next;
} tile;

static const int GLIDER[5][AXES] = {{0, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}};

// In the upper half of the torus there is a mix; in the lower one a glider, and nothing in its way.
static uint8_t initial(int n, int row, int column) {
  uint32_t mix = (uint32_t)row * 7919u + (uint32_t)column * 104729u;
  if (row < n / 2) return ((mix ^ mix >> 13) * 2654435761u) >> 30 == 0;
  for (int i = 0; i < 5; i++)
    if (row == n / 2 + n / 4 + GLIDER[i][DOWN] && column == GLIDER[i][RIGHT]) return 1;
  return 0;
}

// Of n rows or columns those before one rank's.
static int cut(int n, int coordinate, int parts) { return (int)part_of((size_t)n, coordinate, parts); }

static tile new_tile(int n, int first_row, int rows, int first_column, int columns) {
  size_t count = (size_t)(rows + 2) * (size_t)(columns + 2);
  tile t = {rows, columns, allocate(count, 1), allocate(count, 1)};
  for (int j = 0; j < rows; j++)
    for (int i = 0; i < columns; i++) t.now[(j + 1) * (columns + 2) + i + 1] = initial(n, first_row + j, first_column + i);
  return t;
}

KERNEL void step(tile *t) {
  int w = t->columns + 2;
  for (int j = 1; j <= t->rows; j++) {
    const uint8_t *above = t->now + (j - 1) * w, *own = above + w, *below = own + w;
    uint8_t *restrict next = t->next + j * w;
    for (int i = 1; i <= t->columns; i++) {
      uint8_t count = (uint8_t)(above[i - 1] + above[i] + above[i + 1] + own[i - 1] + own[i + 1] + below[i - 1] + below[i] +
                                below[i + 1]);
      next[i] = (count == 3) | ((count == 2) & own[i]);
    }
  }
  uint8_t *swap = t->now;
  t->now = t->next, t->next = swap;
}

// A part of an array, from a cell on.
static MPI_Datatype part(int rows, int columns, int of_rows, int of_columns, int row, int column) {
  int whole[AXES] = {of_rows, of_columns}, size[AXES] = {rows, columns}, from[AXES] = {row, column};
  MPI_Datatype type;
  MPI_Type_create_subarray(AXES, whole, size, from, MPI_ORDER_C, MPI_UINT8_T, &type);
  MPI_Type_commit(&type);
  return type;
}

// What goes to a neighbour along an axis, and where what comes from the opposite one belongs.
typedef struct {
  int to, from;
  MPI_Datatype out, in;
} halo;

enum { HALOS = 4 };

static void make_halos(const tile *t, MPI_Comm torus, halo halos[HALOS]) {
  int rows = t->rows, columns = t->columns, h = rows + 2, w = columns + 2;
  for (int i = 0; i < HALOS; i++) MPI_Cart_shift(torus, i / 2, i % 2 == 0 ? 1 : -1, &halos[i].from, &halos[i].to);
  halos[0].out = part(1, columns, h, w, rows, 1), halos[0].in = part(1, columns, h, w, 0, 1);
  halos[1].out = part(1, columns, h, w, 1, 1), halos[1].in = part(1, columns, h, w, rows + 1, 1);
  halos[2].out = part(h, 1, h, w, 0, columns), halos[2].in = part(h, 1, h, w, 0, 0);
  halos[3].out = part(h, 1, h, w, 0, 1), halos[3].in = part(h, 1, h, w, 0, columns + 1);
}

static void exchange(const tile *t, MPI_Comm torus, const halo halos[HALOS]) {
  for (int i = 0; i < HALOS; i++)
    MPI_Sendrecv(t->now, 1, halos[i].out, halos[i].to, i, t->now, 1, halos[i].in, halos[i].from, i, torus,
                 MPI_STATUS_IGNORE);
}

// Puts the tiles of all together in the first rank's.
static void collect(const tile *own, tile *whole, int n, MPI_Comm torus, const int dims[AXES]) {
  int rank, size;
  MPI_Comm_rank(torus, &rank);
  MPI_Comm_size(torus, &size);
  MPI_Request sent;
  MPI_Datatype inside = part(own->rows, own->columns, own->rows + 2, own->columns + 2, 1, 1);
  MPI_Isend(own->now, 1, inside, 0, 0, torus, &sent);
  for (int other = 0; other < size && rank == 0; other++) {
    int at[AXES], row[2], column[2];
    MPI_Cart_coords(torus, other, AXES, at);
    for (int i = 0; i < 2; i++) {
      row[i] = cut(n, at[DOWN] + i, dims[DOWN]);
      column[i] = cut(n, at[RIGHT] + i, dims[RIGHT]);
    }
    MPI_Datatype place = part(row[1] - row[0], column[1] - column[0], n + 2, n + 2, row[0] + 1, column[0] + 1);
    MPI_Recv(whole->now, 1, place, other, 0, torus, MPI_STATUS_IGNORE);
    MPI_Type_free(&place);
  }
  MPI_Wait(&sent, MPI_STATUS_IGNORE);
  MPI_Type_free(&inside);
}

// Makes the frame of a tile that is the whole torus.
static void wrap(const tile *t) {
  int n = t->rows, w = n + 2;
  memcpy(t->now + 1, t->now + n * w + 1, (size_t)n);
  memcpy(t->now + (n + 1) * w + 1, t->now + w + 1, (size_t)n);
  for (int j = 0; j < w; j++) t->now[j * w] = t->now[j * w + n], t->now[j * w + n + 1] = t->now[j * w + 1];
}

// Whether the glider has gone a cell down and to the right in each four generations; if it has met nothing yet.
static bool glider_is_there(const tile *whole, long generations) {
  int n = whole->rows, steps = (int)(generations / 4);
  if (generations % 4 != 0 || 5 * generations > n - 12) return true;
  for (int i = 0; i < 5; i++) {
    int row = n / 2 + n / 4 + GLIDER[i][DOWN] + steps, column = (GLIDER[i][RIGHT] + steps) % n;
    if (whole->now[(row + 1) * (n + 2) + column + 1] != 1) return false;
  }
  return true;
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, status = 0, dims[AXES] = {0}, periods[AXES] = {1, 1}, at[AXES];
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int n = (int)size_argument(argc, argv, 1, 512, 32, 16384);
  long generations = size_argument(argc, argv, 2, 100, 1, 1000000);
  MPI_Dims_create(size, AXES, dims);
  if (dims[DOWN] > n || dims[RIGHT] > n) {
    fprintf(stderr, "mpi-life: %d ranks are too many for %d rows\n", size, n);
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  MPI_Comm torus;
  MPI_Cart_create(MPI_COMM_WORLD, AXES, dims, periods, 1, &torus);
  MPI_Comm_rank(torus, &rank);
  MPI_Cart_coords(torus, rank, AXES, at);
  int row = cut(n, at[DOWN], dims[DOWN]), rows = cut(n, at[DOWN] + 1, dims[DOWN]) - row;
  int column = cut(n, at[RIGHT], dims[RIGHT]), columns = cut(n, at[RIGHT] + 1, dims[RIGHT]) - column;
  tile own = new_tile(n, row, rows, column, columns);
  halo halos[HALOS];
  make_halos(&own, torus, halos);
  MPI_Barrier(torus);
  double start = MPI_Wtime();
  for (long i = 0; i < generations; i++) {
    exchange(&own, torus, halos);
    step(&own);
  }
  MPI_Barrier(torus);
  double seconds = MPI_Wtime() - start;
  tile whole = new_tile(n, 0, n, 0, n);  // as one rank has it
  tile all = new_tile(n, 0, n, 0, n);
  collect(&own, &all, n, torus, dims);
  if (rank == 0) {
    long alive = 0;
    double alone = MPI_Wtime();
    for (long i = 0; i < generations; i++) {
      wrap(&whole);
      step(&whole);
    }
    alone = MPI_Wtime() - alone;
    bool pass = glider_is_there(&all, generations);
    for (int j = 1; j <= n; j++)
      for (int i = 1; i <= n; i++) {
        uint8_t cell = all.now[j * (n + 2) + i];
        pass = pass && cell == whole.now[j * (n + 2) + i];
        alive += cell;
      }
    printf("%d x %d ranks %.3f s, one alone %.3f s\n", dims[DOWN], dims[RIGHT], seconds, alone);
    double cells = (double)n * (double)n * (double)generations;
    status = report("mpi-life", n, (double)alive, pass, 1e-6 * cells / seconds, "Mcells/s", seconds);
  }
  for (int i = 0; i < HALOS; i++) MPI_Type_free(&halos[i].out), MPI_Type_free(&halos[i].in);
  MPI_Comm_free(&torus);
  return finish(status);
}
