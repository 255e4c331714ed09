// The predefined datatypes that C has, as a table: what they are called, whether an operation may take them, and how an element is set
// and read as a small whole number.
#ifndef MPI_TYPES_H
#define MPI_TYPES_H
#include "case.h"
#include <complex.h>
#include <stdbool.h>
#include <wchar.h>

enum kind { INTEGER = 1, ADDRESS = 2, FLOATING = 4, COMPLEX = 8, LOGICAL = 16, BYTES = 32, TEXT = 64 };

struct number_type {
  const char *name;
  MPI_Datatype type;
  enum kind kind;
  int bytes;
  void (*set)(void *at, int index, long value);
  long (*get)(const void *at, int index);
};

#define ALL_TYPES(X)                                                                                                        \
  X(CHAR, char, TEXT) X(WCHAR, wchar_t, TEXT)                                                                               \
  X(SIGNED_CHAR, signed char, INTEGER) X(UNSIGNED_CHAR, unsigned char, INTEGER) X(SHORT, short, INTEGER)                    \
  X(UNSIGNED_SHORT, unsigned short, INTEGER) X(INT, int, INTEGER) X(UNSIGNED, unsigned, INTEGER) X(LONG, long, INTEGER)     \
  X(UNSIGNED_LONG, unsigned long, INTEGER) X(LONG_LONG, long long, INTEGER)                                                 \
  X(UNSIGNED_LONG_LONG, unsigned long long, INTEGER) X(INT8_T, int8_t, INTEGER) X(INT16_T, int16_t, INTEGER)                \
  X(INT32_T, int32_t, INTEGER) X(INT64_T, int64_t, INTEGER) X(UINT8_T, uint8_t, INTEGER) X(UINT16_T, uint16_t, INTEGER)     \
  X(UINT32_T, uint32_t, INTEGER) X(UINT64_T, uint64_t, INTEGER) X(AINT, MPI_Aint, ADDRESS) X(COUNT, MPI_Count, ADDRESS)     \
  X(OFFSET, MPI_Offset, ADDRESS) X(FLOAT, float, FLOATING) X(DOUBLE, double, FLOATING)                                      \
  X(LONG_DOUBLE, long double, FLOATING) X(C_FLOAT_COMPLEX, float _Complex, COMPLEX)                                         \
  X(C_DOUBLE_COMPLEX, double _Complex, COMPLEX) X(C_LONG_DOUBLE_COMPLEX, long double _Complex, COMPLEX)                     \
  X(C_BOOL, bool, LOGICAL) X(BYTE, unsigned char, BYTES)

// Elements are copied, because they may lie anywhere.
#define TYPE_FUNCTIONS(name, ctype, kind)                                            \
  static void set_##name(void *at, int index, long value) {                          \
    ctype element = (ctype)value;                                                    \
    memcpy((char *)at + (size_t)index * sizeof element, &element, sizeof element);   \
  }                                                                                  \
  static long get_##name(const void *at, int index) {                                \
    ctype element;                                                                   \
    memcpy(&element, (const char *)at + (size_t)index * sizeof element, sizeof element); \
    return (long)element;                                                            \
  }
ALL_TYPES(TYPE_FUNCTIONS)

#define TYPE_ENTRY(name, ctype, kind) {#name, MPI_##name, kind, sizeof(ctype), set_##name, get_##name},
static const struct number_type TYPES[] = {ALL_TYPES(TYPE_ENTRY)};
enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

struct operation {
  const char *name;
  MPI_Op op;
  int kinds;
  long (*fold)(long a, long b);
  // Of rank r's element i, so small that no type overflows with 16 ranks.
  long (*value)(int r, int i);
};

static long fold_max(long a, long b) { return a > b ? a : b; }
static long fold_min(long a, long b) { return a < b ? a : b; }
static long fold_sum(long a, long b) { return a + b; }
static long fold_prod(long a, long b) { return a * b; }
static long fold_land(long a, long b) { return a && b; }
static long fold_lor(long a, long b) { return a || b; }
static long fold_lxor(long a, long b) { return !a != !b; }
static long fold_band(long a, long b) { return a & b; }
static long fold_bor(long a, long b) { return a | b; }
static long fold_bxor(long a, long b) { return a ^ b; }
static long value_any(int r, int i) { return (r * 7 + i * 3) % 50; }
static long value_small(int r, int i) { return (r + i) % 7; }
static long value_factor(int r, int i) { return 1 + ((r + i) % 5 == 0); }
static long value_truth(int r, int i) { return (r + i) % 3 != 0; }
static long value_bits(int r, int i) { return (r * 37 + i * 11) & 127; }

enum { NUMBERS = INTEGER | ADDRESS | FLOATING, SUMMABLE = NUMBERS | COMPLEX, TRUTHS = INTEGER | LOGICAL, BITS = INTEGER | ADDRESS | BYTES };
static const struct operation OPERATIONS[] = {
    {"MAX", MPI_MAX, NUMBERS, fold_max, value_any},    {"MIN", MPI_MIN, NUMBERS, fold_min, value_any},
    {"SUM", MPI_SUM, SUMMABLE, fold_sum, value_small}, {"PROD", MPI_PROD, SUMMABLE, fold_prod, value_factor},
    {"LAND", MPI_LAND, TRUTHS, fold_land, value_truth}, {"LOR", MPI_LOR, TRUTHS, fold_lor, value_truth},
    {"LXOR", MPI_LXOR, TRUTHS, fold_lxor, value_truth}, {"BAND", MPI_BAND, BITS, fold_band, value_bits},
    {"BOR", MPI_BOR, BITS, fold_bor, value_bits},       {"BXOR", MPI_BXOR, BITS, fold_bxor, value_bits},
};
enum { OPERATION_COUNT = sizeof OPERATIONS / sizeof *OPERATIONS };

// What the ranks from first to last give together for element i.
static long folded(const struct operation *op, int first, int last, int i) {
  long result = op->value(first, i);
  for (int r = first + 1; r <= last; r++) result = op->fold(result, op->value(r, i));
  return result;
}
#endif
