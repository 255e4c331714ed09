// Conjugate gradients (Hestenes and Stiefel, 1952) for a sparse symmetric positive definite matrix in compressed rows,
// read from a Matrix Market file or, without one, the 5-point Laplacian of a square grid. Writes the solution and the
// residual of every iteration as a Matrix Market file. Known answer: b = A x for a chosen x, summed straight from the
// entries as they were read; the solver, which knows the compressed rows only, must find that x again by conjugate
// directions.
// Usage: cg [GRID_EDGE | MATRIX.mtx [SOLUTION.mtx]]
#include "report.h"
#include <math.h>

enum { MOST_ITERATIONS = 20000 };

typedef struct {
  uint32_t row, column;
  double value;
} entry;

typedef struct {
  size_t n, count;  // count is at least 1
  entry *entries;
} entry_list;

typedef struct {
  size_t n;
  uint32_t *first, *column;  // row i holds the elements first[i] .. first[i + 1] - 1
  double *value;
} matrix;

static entry_list laplacian(size_t edge) {
  entry_list list = {edge * edge, 0, allocate(5 * edge * edge, sizeof(entry))};
  for (size_t y = 0; y < edge; y++)
    for (size_t x = 0; x < edge; x++) {
      uint32_t i = (uint32_t)(y * edge + x), step = (uint32_t)edge;
      if (y > 0) list.entries[list.count++] = (entry){i, i - step, -1.0};
      if (x > 0) list.entries[list.count++] = (entry){i, i - 1, -1.0};
      list.entries[list.count++] = (entry){i, i, 4.0};
      if (x + 1 < edge) list.entries[list.count++] = (entry){i, i + 1, -1.0};
      if (y + 1 < edge) list.entries[list.count++] = (entry){i, i + step, -1.0};
    }
  return list;
}

static void refuse(const char *path, const char *why) {
  fprintf(stderr, "%s: %s\n", path, why);
  exit(2);
}

// Reads `matrix coordinate real|integer general|symmetric`; a symmetric file's other half is added.
static entry_list read_matrix_market(const char *path) {
  FILE *file = open_or_exit(path, "r");
  char line[1024], field[32], symmetry[32];
  if (fgets(line, sizeof line, file) == NULL ||
      sscanf(line, "%%%%MatrixMarket matrix coordinate %31s %31s", field, symmetry) != 2)
    refuse(path, "not a Matrix Market file in coordinate form");
  bool symmetric = strcmp(symmetry, "symmetric") == 0;
  if (strcmp(field, "real") != 0 && strcmp(field, "integer") != 0) refuse(path, "the elements are not real numbers");
  if (!symmetric && strcmp(symmetry, "general") != 0) refuse(path, "neither symmetric nor general");
  do
    if (fgets(line, sizeof line, file) == NULL) refuse(path, "no size line");
  while (line[0] == '%');
  unsigned long rows, columns, count;
  if (sscanf(line, "%lu %lu %lu", &rows, &columns, &count) != 3 || rows != columns || rows < 1 || rows > 1 << 24 ||
      count < 1 || count > 1 << 26)
    refuse(path, "not the size of a square matrix");
  entry_list list = {rows, 0, allocate(2 * count, sizeof(entry))};
  for (unsigned long k = 0; k < count; k++) {
    unsigned long row, column;
    double value;
    if (fscanf(file, "%lu %lu %lf", &row, &column, &value) != 3) refuse(path, "fewer elements than its size line says");
    if (row < 1 || row > rows || column < 1 || column > rows) refuse(path, "an element outside the matrix");
    list.entries[list.count++] = (entry){(uint32_t)row - 1, (uint32_t)column - 1, value};
    if (symmetric && row != column)
      list.entries[list.count++] = (entry){(uint32_t)column - 1, (uint32_t)row - 1, value};
  }
  fclose(file);
  return list;
}

static matrix compress(entry_list list) {
  matrix a = {list.n, allocate(list.n + 1, sizeof(uint32_t)), allocate(list.count, sizeof(uint32_t)),
              allocate(list.count, sizeof(double))};
  uint32_t *next = allocate(list.n, sizeof *next);
  for (size_t k = 0; k < list.count; k++) a.first[list.entries[k].row + 1]++;
  for (size_t i = 0; i < list.n; i++) {
    next[i] = a.first[i];
    a.first[i + 1] += a.first[i];
  }
  for (size_t k = 0; k < list.count; k++) {
    uint32_t at = next[list.entries[k].row]++;
    a.column[at] = list.entries[k].column, a.value[at] = list.entries[k].value;
  }
  free(next);
  return a;
}

// y = A x. Rows are short, so four elements a turn keep the loop's own cost down.
KERNEL void multiply(const matrix *a, const double *restrict x, double *restrict y) {
  const uint32_t *restrict column = a->column, *restrict first = a->first;
  const double *restrict value = a->value;
  for (size_t i = 0, n = a->n; i < n; i++) {
    double even = 0.0, odd = 0.0;
    uint32_t k = first[i], end = first[i + 1];
    for (; k + 4 <= end; k += 4) {
      even += value[k] * x[column[k]] + value[k + 2] * x[column[k + 2]];
      odd += value[k + 1] * x[column[k + 1]] + value[k + 3] * x[column[k + 3]];
    }
    for (; k < end; k++) even += value[k] * x[column[k]];
    y[i] = even + odd;
  }
}

// Four partial sums: independent additions, which a compiler may turn into vectors without reordering anything.
KERNEL double dot(size_t n, const double *restrict x, const double *restrict y) {
  double sum[4] = {0}, rest = 0.0;
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t k = 0; k < 4; k++) sum[k] += x[i + k] * y[i + k];
  for (; i < n; i++) rest += x[i] * y[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]) + rest;
}

// y = a x + b y
KERNEL void combine(size_t n, double a, const double *restrict x, double b, double *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] = a * x[i] + b * y[i];
}

// Solves A x = b from x = 0 until |r| <= 1e-11 |b|; history[k] is |r| / |b| after k iterations. Returns their number.
static int solve(const matrix *a, const double *b, double *x, double *r, double *p, double *q, double *history) {
  size_t n = a->n;
  memset(x, 0, n * sizeof *x);
  memcpy(r, b, n * sizeof *r);
  memcpy(p, b, n * sizeof *p);
  double square = dot(n, r, r), start = square;
  history[0] = 1.0;
  int iterations = 0;
  while (square > 1e-22 * start && iterations < MOST_ITERATIONS) {
    multiply(a, p, q);
    double step = square / dot(n, p, q), before = square;
    combine(n, step, p, 1.0, x);
    combine(n, -step, q, 1.0, r);
    square = dot(n, r, r);
    combine(n, 1.0, r, square / before, p);
    history[++iterations] = sqrt(square / start);
  }
  return iterations;
}

static void write_solution(const char *path, size_t n, const double *x, int iterations, const double *history) {
  FILE *file = open_or_exit(path, "w");
  fprintf(file, "%%%%MatrixMarket matrix array real general\n");
  for (int k = 0; k <= iterations; k++) fprintf(file, "%% iteration %d residual %.6e\n", k, history[k]);
  fprintf(file, "%zu 1\n", n);
  for (size_t i = 0; i < n; i++) fprintf(file, "%.17g\n", x[i]);
  close_written(file, path);
}

int main(int argc, char **argv) {
  bool from_file = argc > 1 && !is_number(argv[1]);
  entry_list list = from_file ? read_matrix_market(argv[1])
                              : laplacian((size_t)size_argument(argc, argv, 1, 128, 2, 2048));
  matrix a = compress(list);
  size_t n = list.n;
  double *known = allocate(n, sizeof *known), *b = allocate(n, sizeof *b), *x = allocate(n, sizeof *x);
  double *r = allocate(n, sizeof *r), *p = allocate(n, sizeof *p), *q = allocate(n, sizeof *q);
  double *history = allocate(MOST_ITERATIONS + 1, sizeof *history);
  for (size_t i = 0; i < n; i++) known[i] = 1.0 + (double)(i * 7919 % 1009) / 1009.0;
  for (size_t k = 0; k < list.count; k++)
    b[list.entries[k].row] += list.entries[k].value * known[list.entries[k].column];

  int iterations = 0;
  double best = 1e30, began = seconds_now();
  for (int done = 0; repeat_more(done, began); done++) {
    double start = seconds_now();
    iterations = solve(&a, b, x, r, p, q, history);
    best = fmin(best, seconds_now() - start);
  }

  double worst = 0.0;
  for (size_t i = 0; i < n; i++)
    if (!(fabs(x[i] - known[i]) <= worst)) worst = fabs(x[i] - known[i]);
  // p is the direction that would come next, q = A times the last one: conjugate, which a wrong step breaks first.
  double conjugacy = fabs(dot(n, p, q)) / sqrt(dot(n, p, p) * dot(n, q, q));
  printf("%zu unknowns, %zu elements, %d iterations, residual %.1e, largest error %.1e, conjugate to %.1e\n", n,
         list.count, iterations, history[iterations], worst, conjugacy);
  if (argc > 2) write_solution(argv[2], n, x, iterations, history);
  bool conjugate = conjugacy < 1e-6 || history[iterations] < 1e-14;  // a residual of rounding alone has no direction
  bool pass = worst < 1e-6 && conjugate;
  double gigaflop = 1e-9 * iterations * (2.0 * (double)list.count + 13.0 * (double)n);
  return report("cg", (long)n, dot(n, b, x), pass, gigaflop / best, "GFLOP/s", best);
}
