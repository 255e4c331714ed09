// Fast Fourier transform of 2^m complex numbers: Stockham's self-sorting form with radix-4 passes (one radix-2 pass
// when m is odd), a complex number a 128-bit vector {re, im}. The rate counts 5 N log2 N operations, as FFT benchmarks
// do. Known answer: x[j] = r^j has the transform X[k] = (1 - r^N) / (1 - r exp(-2 pi i k/N)), dense, all values
// distinct; every X[k] is compared, so a wrong twiddle, sign or position shows.
// Usage: fft [LOG2_N]
#include "report.h"
#include <math.h>

typedef double cpair __attribute__((vector_size(16)));
typedef int64_t bits __attribute__((vector_size(16)));

static const double PI = 3.14159265358979323846;

// A factor w = {re, im}, laid out for multiply.
typedef struct {
  cpair re, im;
} factor;

static inline factor factor_of(cpair w) { return (factor){{w[0], w[0]}, {-w[1], w[1]}}; }
static inline cpair swapped(cpair a) { return __builtin_shufflevector(a, a, 1, 0); }
static inline cpair multiply(cpair a, factor w) { return a * w.re + swapped(a) * w.im; }
static inline cpair times_i(cpair a) { return (cpair)((bits)swapped(a) ^ (bits){INT64_MIN, 0}); }

// One radix-4 pass: transforms of length 4 m, `stride` of them interleaved, become 4 stride ones of length m.
KERNEL void pass4(size_t m, size_t stride, const cpair *restrict w, const cpair *restrict x, cpair *restrict y) {
  for (size_t p = 0; p < m; p++) {
    factor w1 = factor_of(w[p * stride]), w2 = factor_of(w[2 * p * stride]), w3 = factor_of(w[3 * p * stride]);
    const cpair *from = x + p * stride;
    cpair *to = y + 4 * p * stride;
    for (size_t q = 0; q < stride; q++) {
      cpair a = from[q], b = from[q + m * stride], c = from[q + 2 * m * stride], d = from[q + 3 * m * stride];
      cpair even = a + c, odd = a - c, sum = b + d, turned = times_i(b - d);
      to[q] = even + sum;
      to[q + stride] = multiply(odd - turned, w1);
      to[q + 2 * stride] = multiply(even - sum, w2);
      to[q + 3 * stride] = multiply(odd + turned, w3);
    }
  }
}

// The last pass when log2 N is odd: N/2 interleaved transforms of length 2.
KERNEL void pass2(size_t stride, const cpair *restrict x, cpair *restrict y) {
  for (size_t q = 0; q < stride; q++) {
    cpair a = x[q], b = x[q + stride];
    y[q] = a + b;
    y[q + stride] = a - b;
  }
}

// Transforms x; both buffers are overwritten. Returns the one that holds the result.
static cpair *transform(size_t n, const cpair *w, cpair *x, cpair *y) {
  for (size_t stride = 1, length = n; length > 1;) {
    if (length == 2) pass2(stride, x, y);
    else pass4(length / 4, stride, w, x, y);
    cpair *swap = x;
    x = y, y = swap;
    size_t radix = length == 2 ? 2 : 4;
    length /= radix, stride *= radix;
  }
  return x;
}

// The angle 2 pi k/n brought to (-pi, pi] while it is still exact.
static double angle_of(uint64_t k, uint64_t n) {
  k %= n;
  return 2.0 * PI * (2 * k > n ? -(double)(n - k) : (double)k) / (double)n;
}

static cpair unit(double angle) { return (cpair){cos(angle), sin(angle)}; }

// (1 - 0.1 i) / (1 - exp(decay + i angle)), written so that nothing cancels near angle = 0.
static cpair known_bin(double decay, double angle) {
  double re = -expm1(decay) + exp(decay) * 2.0 * sin(angle / 2) * sin(angle / 2), im = -exp(decay) * sin(angle);
  double square = re * re + im * im;
  return (cpair){(re - 0.1 * im) / square, (-im - 0.1 * re) / square};
}

int main(int argc, char **argv) {
  long log2_n = size_argument(argc, argv, 1, 18, 1, 24);
  size_t n = (size_t)1 << log2_n;
  cpair *input = allocate(n, sizeof *input), *w = allocate(n, sizeof *w);
  cpair *x = allocate(n, sizeof *x), *y = allocate(n, sizeof *y), *found = x;
  uint64_t peak = n / 3;  // r = exp(decay + 2 pi i (peak + 1/4) / N): the peak lies between two bins, and r^N = 0.1 i
  double decay = log(0.1) / (double)n;
  for (size_t j = 0; j < n; j++) {
    double size = exp(decay * (double)j);
    cpair turn = unit(angle_of((4 * peak + 1) * j, 4 * n));
    input[j] = (cpair){size, size} * turn;
    w[j] = unit(-angle_of(j, n));
  }

  double best = 1e30, began = seconds_now();
  for (int done = 0; repeat_more(done, began); done++) {
    memcpy(x, input, n * sizeof *x);
    double start = seconds_now();
    found = transform(n, w, x, y);
    best = fmin(best, seconds_now() - start);
  }

  double worst = 0.0, power = 0.0;
  for (size_t k = 0; k < n; k++) {
    cpair expected = known_bin(decay, angle_of(4 * (peak + n - k) + 1, 4 * n));
    double error = hypot(found[k][0] - expected[0], found[k][1] - expected[1]);
    if (!(error <= worst)) worst = error;
    power += found[k][0] * found[k][0] + found[k][1] * found[k][1];
  }
  double tolerance = 1e-14 * (double)n;  // the largest bin is about 0.4 N
  printf("largest error of a bin %.1e (tolerance %.1e)\n", worst, tolerance);
  double gigaflop = 5e-9 * (double)n * (double)log2_n;
  return report("fft", (long)n, power / (double)n, worst < tolerance, gigaflop / best, "GFLOP/s", best);
}
