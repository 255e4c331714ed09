// Reductions: every predefined operation on every predefined datatype that the standard (MPI 4.0, 6.9.2 and 6.9.4) defines it for, and on
// Fortran's by size. One loop for each operation and representation, which the compiler vectorises. Elements may stand at any address.

#include "attach.h"
#include "numbers.h"
#include <stdint.h>

typedef void loop(const void *in, void *inout, int count);

/** A type that may stand anywhere. */
#define ANYWHERE __attribute__((__aligned__(1), __may_alias__))

typedef int8_t i8 ANYWHERE;
typedef uint8_t u8 ANYWHERE;
typedef int16_t i16 ANYWHERE;
typedef uint16_t u16 ANYWHERE;
typedef int32_t i32 ANYWHERE;
typedef uint32_t u32 ANYWHERE;
typedef int64_t i64 ANYWHERE;
typedef uint64_t u64 ANYWHERE;
typedef __int128 i128 ANYWHERE;
typedef unsigned __int128 u128 ANYWHERE;
typedef float f32 ANYWHERE;
typedef double f64 ANYWHERE;
typedef long double f128 ANYWHERE;

#define LOOP(operation, type, expression)                                     \
	static void operation##_##type(const void *in, void *inout, int count)    \
	{                                                                         \
		const type *x = in;                                                   \
		type *y = inout;                                                      \
		for (int i = 0; i < count; i++) {                                     \
			const __typeof__(+*x) a = x[i], b = y[i];                         \
			y[i] = (expression);                                              \
		}                                                                     \
	}

#define EXTREMES(type)                                                        \
	LOOP(min, type, a < b ? a : b)                                            \
	LOOP(max, type, a > b ? a : b)

// What wraps around does so in the unsigned type: also of signed elements.
#define INTEGERS(signed_type, unsigned_type)                                  \
	LOOP(sum, unsigned_type, a + b)                                           \
	LOOP(prod, unsigned_type, (unsigned_type)((uint32_t)1 * a * b))           \
	EXTREMES(signed_type)                                                     \
	LOOP(land, unsigned_type, a != 0 & b != 0)                                \
	LOOP(lor, unsigned_type, a != 0 | b != 0)                                 \
	LOOP(lxor, unsigned_type, (a != 0) != (b != 0))                           \
	LOOP(band, unsigned_type, a & b)                                          \
	LOOP(bor, unsigned_type, a | b)                                           \
	LOOP(bxor, unsigned_type, a ^ b)

INTEGERS(i8, u8)
INTEGERS(i16, u16)
INTEGERS(i32, u32)
INTEGERS(i64, u64)
INTEGERS(i128, u128)
EXTREMES(u8)
EXTREMES(u16)
EXTREMES(u32)
EXTREMES(u64)

#define FLOATS(type)                                                          \
	LOOP(sum, type, a + b)                                                    \
	LOOP(prod, type, a * b)                                                   \
	EXTREMES(type)

FLOATS(f32)
FLOATS(f64)
FLOATS(f128)

// Complex numbers are two floats; their product is the plain one, without a second look at infinities.
#define COMPLEX(type, part)                                                   \
	static void sum_##type(const void *in, void *inout, int count)            \
	{                                                                         \
		const part *x = in;                                                   \
		part *y = inout;                                                      \
		for (int i = 0; i < count; i++) {                                     \
			y[2 * i] += x[2 * i];                                             \
			y[2 * i + 1] += x[2 * i + 1];                                     \
		}                                                                     \
	}                                                                         \
	static void prod_##type(const void *in, void *inout, int count)           \
	{                                                                         \
		const part *x = in;                                                   \
		part *y = inout;                                                      \
		for (int i = 0; i < count; i++) {                                     \
			const __typeof__(+*x) a = x[2 * i], b = x[2 * i + 1], c = y[2 * i], d = y[2 * i + 1]; \
			y[2 * i] = a * c - b * d;                                         \
			y[2 * i + 1] = a * d + b * c;                                     \
		}                                                                     \
	}

COMPLEX(c32, f32)
COMPLEX(c64, f64)
COMPLEX(c128, f128)

// A value with an index, as C lays them out; of equal values the lower index is taken. Padding stays as it is.
#define PAIRS(name, value, position)                                          \
	struct name {                                                             \
		value v;                                                              \
		position at;                                                          \
	};                                                                        \
	PAIR(minloc, name, <)                                                     \
	PAIR(maxloc, name, >)

#define PAIR(operation, name, wins)                                           \
	static void operation##_##name(const void *in, void *inout, int count)    \
	{                                                                         \
		typedef struct name pair ANYWHERE;                                    \
		const pair *x = in;                                                   \
		pair *y = inout;                                                      \
		for (int i = 0; i < count; i++) {                                     \
			if (x[i].v wins y[i].v || (x[i].v == y[i].v && x[i].at < y[i].at)) { \
				y[i].v = x[i].v;                                              \
				y[i].at = x[i].at;                                            \
			}                                                                 \
		}                                                                     \
	}

PAIRS(f32_i32, float, int32_t)
PAIRS(f64_i32, double, int32_t)
PAIRS(i64_i32, int64_t, int32_t)
PAIRS(i32_i32, int32_t, int32_t)
PAIRS(i16_i32, int16_t, int32_t)
PAIRS(f128_i32, long double, int32_t)
PAIRS(f32_f32, float, float)
PAIRS(f64_f64, double, double)

enum { SUM, PROD, MIN, MAX, BAND, BOR, BXOR, LAND, LOR, LXOR, MINLOC, MAXLOC, OPERATIONS };

/** How elements are represented. */
enum {
	NONE,
	I8, U8, I16, U16, I32, U32, I64, U64, I128, F32, F64, F128, C32, C64, C128,
	F32_I32, F64_I32, I64_I32, I32_I32, I16_I32, F128_I32, F32_F32, F64_F64,
	REPRESENTATIONS
};

#define INTEGER_LOOPS(index, type, unsigned_type)                             \
	[SUM][index] = sum_##unsigned_type, [PROD][index] = prod_##unsigned_type, \
	[MIN][index] = min_##type, [MAX][index] = max_##type,                     \
	[BAND][index] = band_##unsigned_type, [BOR][index] = bor_##unsigned_type, \
	[BXOR][index] = bxor_##unsigned_type, [LAND][index] = land_##unsigned_type, \
	[LOR][index] = lor_##unsigned_type, [LXOR][index] = lxor_##unsigned_type
#define FLOAT_LOOPS(index, type)                                              \
	[SUM][index] = sum_##type, [PROD][index] = prod_##type, [MIN][index] = min_##type, [MAX][index] = max_##type
#define COMPLEX_LOOPS(index, type) [SUM][index] = sum_##type, [PROD][index] = prod_##type
#define PAIR_LOOPS(index, type) [MINLOC][index] = minloc_##type, [MAXLOC][index] = maxloc_##type

static loop *const loops[OPERATIONS][REPRESENTATIONS] = {
	INTEGER_LOOPS(I8, i8, u8), INTEGER_LOOPS(U8, u8, u8),
	INTEGER_LOOPS(I16, i16, u16), INTEGER_LOOPS(U16, u16, u16),
	INTEGER_LOOPS(I32, i32, u32), INTEGER_LOOPS(U32, u32, u32),
	INTEGER_LOOPS(I64, i64, u64), INTEGER_LOOPS(U64, u64, u64),
	INTEGER_LOOPS(I128, i128, u128),
	FLOAT_LOOPS(F32, f32), FLOAT_LOOPS(F64, f64), FLOAT_LOOPS(F128, f128),
	COMPLEX_LOOPS(C32, c32), COMPLEX_LOOPS(C64, c64), COMPLEX_LOOPS(C128, c128),
	PAIR_LOOPS(F32_I32, f32_i32), PAIR_LOOPS(F64_I32, f64_i32), PAIR_LOOPS(I64_I32, i64_i32),
	PAIR_LOOPS(I32_I32, i32_i32), PAIR_LOOPS(I16_I32, i16_i32), PAIR_LOOPS(F128_I32, f128_i32),
	PAIR_LOOPS(F32_F32, f32_f32), PAIR_LOOPS(F64_F64, f64_f64),
};

/** Groups of operations that the standard defines together. */
enum { ARITHMETIC = 1, LOGICAL = 2, BITWISE = 4, LOCATING = 8 };

struct meaning {
	unsigned char representation;
	unsigned char groups;
};

/** The four sorts of integers: C's own, Fortran's and those of addresses, true and false, bytes. */
#define C_INTEGER(index) ((struct meaning){ index, ARITHMETIC | LOGICAL | BITWISE })
#define INTEGER(index) ((struct meaning){ index, ARITHMETIC | BITWISE })
#define TRUTH(index) ((struct meaning){ index, LOGICAL })
#define BYTES(index) ((struct meaning){ index, BITWISE })
#define NUMBER(index) ((struct meaning){ index, ARITHMETIC })
#define LOCATED(index) ((struct meaning){ index, LOCATING })

static struct meaning meaning_of(MPI_Datatype type)
{
	switch ((uintptr_t)type) {
	case N_MPI_SIGNED_CHAR:
	case N_MPI_INT8_T: return C_INTEGER(I8);
	case N_MPI_UNSIGNED_CHAR:
	case N_MPI_UINT8_T: return C_INTEGER(U8);
	case N_MPI_SHORT:
	case N_MPI_INT16_T: return C_INTEGER(I16);
	case N_MPI_UNSIGNED_SHORT:
	case N_MPI_UINT16_T: return C_INTEGER(U16);
	case N_MPI_INT:
	case N_MPI_INT32_T: return C_INTEGER(I32);
	case N_MPI_UNSIGNED:
	case N_MPI_UINT32_T: return C_INTEGER(U32);
	case N_MPI_LONG:
	case N_MPI_LONG_LONG:
	case N_MPI_INT64_T: return C_INTEGER(I64);
	case N_MPI_UNSIGNED_LONG:
	case N_MPI_UNSIGNED_LONG_LONG:
	case N_MPI_UINT64_T: return C_INTEGER(U64);
	case N_MPI_INTEGER1: return INTEGER(I8);
	case N_MPI_INTEGER2: return INTEGER(I16);
	case N_MPI_AINT:
	case N_MPI_INTEGER:
	case N_MPI_INTEGER4: return INTEGER(I32);
	case N_MPI_OFFSET:
	case N_MPI_COUNT:
	case N_MPI_INTEGER8: return INTEGER(I64);
	case N_MPI_INTEGER16: return INTEGER(I128);
	case N_MPI_C_BOOL:
	case N_MPI_CXX_BOOL:
	case N_MPI_LOGICAL1: return TRUTH(U8);
	case N_MPI_LOGICAL2: return TRUTH(U16);
	case N_MPI_LOGICAL:
	case N_MPI_LOGICAL4: return TRUTH(U32);
	case N_MPI_LOGICAL8: return TRUTH(U64);
	case N_MPI_LOGICAL16: return TRUTH(I128);
	case N_MPI_BYTE: return BYTES(U8);
	case N_MPI_FLOAT:
	case N_MPI_REAL:
	case N_MPI_REAL4: return NUMBER(F32);
	case N_MPI_DOUBLE:
	case N_MPI_DOUBLE_PRECISION:
	case N_MPI_REAL8: return NUMBER(F64);
	case N_MPI_LONG_DOUBLE:
	case N_MPI_REAL16: return NUMBER(F128);
	case N_MPI_C_FLOAT_COMPLEX:
	case N_MPI_CXX_FLOAT_COMPLEX:
	case N_MPI_COMPLEX:
	case N_MPI_COMPLEX8: return NUMBER(C32);
	case N_MPI_C_DOUBLE_COMPLEX:
	case N_MPI_CXX_DOUBLE_COMPLEX:
	case N_MPI_DOUBLE_COMPLEX:
	case N_MPI_COMPLEX16: return NUMBER(C64);
	case N_MPI_C_LONG_DOUBLE_COMPLEX:
	case N_MPI_CXX_LONG_DOUBLE_COMPLEX:
	case N_MPI_COMPLEX32: return NUMBER(C128);
	case N_MPI_FLOAT_INT: return LOCATED(F32_I32);
	case N_MPI_DOUBLE_INT: return LOCATED(F64_I32);
	case N_MPI_LONG_INT: return LOCATED(I64_I32);
	case N_MPI_2INT:
	case N_MPI_2INTEGER: return LOCATED(I32_I32);
	case N_MPI_SHORT_INT: return LOCATED(I16_I32);
	case N_MPI_LONG_DOUBLE_INT: return LOCATED(F128_I32);
	case N_MPI_2REAL: return LOCATED(F32_F32);
	case N_MPI_2DOUBLE_PRECISION: return LOCATED(F64_F64);
	default: return (struct meaning){ NONE, 0 };
	}
}

/** What is no reduction of the program's own is none here: MPI_REPLACE and MPI_NO_OP move bytes. */
static loop *loop_of(MPI_Op op, MPI_Datatype type)
{
	const struct meaning found = meaning_of(type);
	int operation, group;
	switch ((uintptr_t)op) {
	case N_MPI_SUM: operation = SUM, group = ARITHMETIC; break;
	case N_MPI_PROD: operation = PROD, group = ARITHMETIC; break;
	case N_MPI_MIN: operation = MIN, group = ARITHMETIC; break;
	case N_MPI_MAX: operation = MAX, group = ARITHMETIC; break;
	case N_MPI_BAND: operation = BAND, group = BITWISE; break;
	case N_MPI_BOR: operation = BOR, group = BITWISE; break;
	case N_MPI_BXOR: operation = BXOR, group = BITWISE; break;
	case N_MPI_LAND: operation = LAND, group = LOGICAL; break;
	case N_MPI_LOR: operation = LOR, group = LOGICAL; break;
	case N_MPI_LXOR: operation = LXOR, group = LOGICAL; break;
	case N_MPI_MINLOC: operation = MINLOC, group = LOCATING; break;
	case N_MPI_MAXLOC: operation = MAXLOC, group = LOCATING; break;
	default: return 0;
	}
	return found.groups & group ? loops[operation][found.representation] : 0;
}

int __fusedos_mpi_supports(MPI_Op op, MPI_Datatype type)
{
	return loop_of(op, type) != 0;
}

void __fusedos_mpi_reduce(MPI_Op op, MPI_Datatype type, const void *in, void *inout, int count)
{
	loop *const found = loop_of(op, type);
	if (found) found(in, inout, count);
}
