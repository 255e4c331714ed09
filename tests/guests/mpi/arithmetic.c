// Every predefined operation on every predefined datatype against the plainest code for it: at all alignments, some lengths, with the
// bytes around. And that no other pair is said to be defined. It needs no rank: libmpi's arithmetic is called as MPI calls it.

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void __fusedos_mpi_reduce(MPI_Op op, MPI_Datatype type, const void *in, void *inout, int count);
int __fusedos_mpi_supports(MPI_Op op, MPI_Datatype type);

typedef __int128 quad;
typedef unsigned __int128 wide;
typedef void reference(void *to, const void *a, const void *b);

enum { LONGEST = 37, ROOM = 64, LARGEST = 32 };

static unsigned char checked[64][256];
static int pairs;

static unsigned random_bits(void)
{
	static unsigned state = 12345;
	state = state * 1664525 + 1013904223;
	return state >> 8;
}

/** Fills elements with numbers whose sums and products are exact or not, as they come. */
typedef void filling(void *to);

static void check(const char *name, MPI_Op op, MPI_Datatype type, int size, filling *fill, reference *expected)
{
	static unsigned char in[ROOM * 2 + LONGEST * LARGEST], before[sizeof in], after[sizeof in], wanted[sizeof in];
	static const int lengths[] = { 0, 1, 2, 3, 15, 16, 17, LONGEST };
	checked[(int)op][(int)type & 255] = 1;
	pairs++;
	for (int offset = 0; offset < 17; offset++) {
		for (unsigned l = 0; l < sizeof lengths / sizeof *lengths; l++) {
			unsigned char *const a = in + ROOM + offset, *const b = before + ROOM + (offset * 5) % 16;
			for (unsigned i = 0; i < sizeof in; i++) in[i] = 0xa5, before[i] = 0x5a;
			for (int i = 0; i < LONGEST; i++) {
				fill(a + i * size);
				// Some are equal, for the operations that look for the first.
				if (random_bits() % 4 == 0) memcpy(b + i * size, a + i * size, size);
				else fill(b + i * size);
			}
			memcpy(wanted, before, sizeof wanted);
			memcpy(after, before, sizeof after);
			for (int i = 0; i < lengths[l]; i++) {
				unsigned char *const to = wanted + (b - before) + i * size;
				expected(to, a + i * size, b + i * size);
			}
			__fusedos_mpi_reduce(op, type, a, after + (b - before), lengths[l]);
			if (memcmp(after, wanted, sizeof after) != 0) {
				printf("%s: wrong at offset %d, %d elements\n", name, offset, lengths[l]);
				exit(1);
			}
		}
	}
}

// For each representation how it is filled, and what each operation makes of two.

#define FILL(name, T, value)                                                  \
	static void fill_##name(void *to)                                         \
	{                                                                         \
		T one = (value);                                                      \
		memcpy(to, &one, sizeof one);                                         \
	}
#define EXPECT(operation, name, T, expression)                                \
	static void operation##_##name(void *to, const void *from_a, const void *from_b) \
	{                                                                         \
		T a, b, one;                                                          \
		memcpy(&a, from_a, sizeof a);                                         \
		memcpy(&b, from_b, sizeof b);                                         \
		one = (T)(expression);                                                \
		memcpy(to, &one, sizeof one);                                         \
	}

static wide bits(void)
{
	wide all = 0;
	for (int i = 0; i < 6; i++) all = all << 24 | (random_bits() & 0xffffff);
	return random_bits() % 4 == 0 ? random_bits() % 3 : all;
}

#define INTEGER(name, T)                                                      \
	FILL(name, T, (T)bits())                                                  \
	EXPECT(sum, name, T, (wide)a + (wide)b)                                   \
	EXPECT(prod, name, T, (wide)a * (wide)b)                                  \
	EXPECT(min, name, T, b < a ? b : a)                                       \
	EXPECT(max, name, T, b > a ? b : a)                                       \
	EXPECT(band, name, T, a & b)                                              \
	EXPECT(bor, name, T, a | b)                                               \
	EXPECT(bxor, name, T, a ^ b)                                              \
	EXPECT(land, name, T, a && b)                                             \
	EXPECT(lor, name, T, a || b)                                              \
	EXPECT(lxor, name, T, !a != !b)
#define FLOATING(name, T)                                                     \
	FILL(name, T, ((T)(int)random_bits() - 8388608) / 7)                      \
	EXPECT(sum, name, T, a + b)                                               \
	EXPECT(prod, name, T, a * b)                                              \
	EXPECT(min, name, T, b < a ? b : a)                                       \
	EXPECT(max, name, T, b > a ? b : a)
#define COMPLEX(name, T)                                                      \
	typedef struct { T re, im; } name##_complex;                              \
	static void fill_##name##_complex(void *to)                               \
	{                                                                         \
		fill_##name(to);                                                      \
		fill_##name((T *)to + 1);                                             \
	}                                                                         \
	EXPECT(sum, name##_complex, name##_complex, ((name##_complex){ a.re + b.re, a.im + b.im })) \
	EXPECT(prod, name##_complex, name##_complex,                              \
	       ((name##_complex){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re }))
#define PAIR(name, V, P)                                                      \
	typedef struct { V v; P at; } name;                                       \
	static void fill_##name(void *to)                                         \
	{                                                                         \
		name one;                                                             \
		memset(&one, 0, sizeof one);                                          \
		one.v = (V)(random_bits() % 5);                                       \
		one.at = (P)(random_bits() % 5);                                      \
		memcpy(to, &one, sizeof one);                                         \
	}                                                                         \
	EXPECT(minloc, name, name, a.v < b.v ? a : b.v < a.v ? b : a.at < b.at ? a : b) \
	EXPECT(maxloc, name, name, a.v > b.v ? a : b.v > a.v ? b : a.at < b.at ? a : b)

INTEGER(i8, signed char)
INTEGER(u8, unsigned char)
INTEGER(i16, short)
INTEGER(u16, unsigned short)
INTEGER(i32, int)
INTEGER(u32, unsigned)
INTEGER(i64, long)
INTEGER(u64, unsigned long)
INTEGER(i128, quad)
FLOATING(f32, float)
FLOATING(f64, double)
FLOATING(f128, long double)
COMPLEX(f32, float)
COMPLEX(f64, double)
COMPLEX(f128, long double)
PAIR(float_int, float, int)
PAIR(double_int, double, int)
PAIR(long_int, long, int)
PAIR(two_ints, int, int)
PAIR(short_int, short, int)
PAIR(long_double_int, long double, int)
PAIR(two_floats, float, float)
PAIR(two_doubles, double, double)

#define ONE(op, type, operation, name, T) check(#op " " #type, op, type, sizeof(T), fill_##name, operation##_##name);
#define ARITHMETIC(type, name, T)                                             \
	ONE(MPI_SUM, type, sum, name, T)                                          \
	ONE(MPI_PROD, type, prod, name, T)                                        \
	ONE(MPI_MIN, type, min, name, T)                                          \
	ONE(MPI_MAX, type, max, name, T)
#define LOGICAL(type, name, T)                                                \
	ONE(MPI_LAND, type, land, name, T)                                        \
	ONE(MPI_LOR, type, lor, name, T)                                          \
	ONE(MPI_LXOR, type, lxor, name, T)
#define BITWISE(type, name, T)                                                \
	ONE(MPI_BAND, type, band, name, T)                                        \
	ONE(MPI_BOR, type, bor, name, T)                                          \
	ONE(MPI_BXOR, type, bxor, name, T)
#define ROUND(type, name, T) ARITHMETIC(type, name, T) BITWISE(type, name, T)
#define C_INTEGER(type, name, T) ROUND(type, name, T) LOGICAL(type, name, T)
#define SUMS(type, name)                                                      \
	ONE(MPI_SUM, type, sum, name, name)                                       \
	ONE(MPI_PROD, type, prod, name, name)
#define LOCATING(type, name)                                                  \
	ONE(MPI_MINLOC, type, minloc, name, name)                                 \
	ONE(MPI_MAXLOC, type, maxloc, name, name)

static void integers(void)
{
	C_INTEGER(MPI_SIGNED_CHAR, i8, signed char)
	C_INTEGER(MPI_UNSIGNED_CHAR, u8, unsigned char)
	C_INTEGER(MPI_SHORT, i16, short)
	C_INTEGER(MPI_UNSIGNED_SHORT, u16, unsigned short)
	C_INTEGER(MPI_INT, i32, int)
	C_INTEGER(MPI_UNSIGNED, u32, unsigned)
	C_INTEGER(MPI_LONG, i64, long)
	C_INTEGER(MPI_UNSIGNED_LONG, u64, unsigned long)
	C_INTEGER(MPI_LONG_LONG_INT, i64, long long)
	C_INTEGER(MPI_UNSIGNED_LONG_LONG, u64, unsigned long long)
	C_INTEGER(MPI_INT8_T, i8, int8_t)
	C_INTEGER(MPI_UINT8_T, u8, uint8_t)
	C_INTEGER(MPI_INT16_T, i16, int16_t)
	C_INTEGER(MPI_UINT16_T, u16, uint16_t)
	C_INTEGER(MPI_INT32_T, i32, int32_t)
	C_INTEGER(MPI_UINT32_T, u32, uint32_t)
	C_INTEGER(MPI_INT64_T, i64, int64_t)
	C_INTEGER(MPI_UINT64_T, u64, uint64_t)
	ROUND(MPI_AINT, i32, MPI_Aint)
	ROUND(MPI_OFFSET, i64, MPI_Offset)
	ROUND(MPI_COUNT, i64, MPI_Count)
	ROUND(MPI_INTEGER, i32, int)
	ROUND(MPI_INTEGER1, i8, int8_t)
	ROUND(MPI_INTEGER2, i16, int16_t)
	ROUND(MPI_INTEGER4, i32, int32_t)
	ROUND(MPI_INTEGER8, i64, int64_t)
	ROUND(MPI_INTEGER16, i128, quad)
	BITWISE(MPI_BYTE, u8, char)
}

static void truths(void)
{
	LOGICAL(MPI_C_BOOL, u8, _Bool)
	LOGICAL(MPI_CXX_BOOL, u8, _Bool)
	LOGICAL(MPI_LOGICAL, i32, int)
	LOGICAL(MPI_LOGICAL1, i8, int8_t)
	LOGICAL(MPI_LOGICAL2, i16, int16_t)
	LOGICAL(MPI_LOGICAL4, i32, int32_t)
	LOGICAL(MPI_LOGICAL8, i64, int64_t)
	LOGICAL(MPI_LOGICAL16, i128, quad)
}

static void floats(void)
{
	ARITHMETIC(MPI_FLOAT, f32, float)
	ARITHMETIC(MPI_DOUBLE, f64, double)
	ARITHMETIC(MPI_LONG_DOUBLE, f128, long double)
	ARITHMETIC(MPI_REAL, f32, float)
	ARITHMETIC(MPI_REAL4, f32, float)
	ARITHMETIC(MPI_DOUBLE_PRECISION, f64, double)
	ARITHMETIC(MPI_REAL8, f64, double)
	ARITHMETIC(MPI_REAL16, f128, long double)
	SUMS(MPI_C_COMPLEX, f32_complex)
	SUMS(MPI_C_DOUBLE_COMPLEX, f64_complex)
	SUMS(MPI_C_LONG_DOUBLE_COMPLEX, f128_complex)
	SUMS(MPI_CXX_FLOAT_COMPLEX, f32_complex)
	SUMS(MPI_CXX_DOUBLE_COMPLEX, f64_complex)
	SUMS(MPI_CXX_LONG_DOUBLE_COMPLEX, f128_complex)
	SUMS(MPI_COMPLEX, f32_complex)
	SUMS(MPI_DOUBLE_COMPLEX, f64_complex)
	SUMS(MPI_COMPLEX8, f32_complex)
	SUMS(MPI_COMPLEX16, f64_complex)
	SUMS(MPI_COMPLEX32, f128_complex)
}

static void locations(void)
{
	LOCATING(MPI_FLOAT_INT, float_int)
	LOCATING(MPI_DOUBLE_INT, double_int)
	LOCATING(MPI_LONG_INT, long_int)
	LOCATING(MPI_2INT, two_ints)
	LOCATING(MPI_SHORT_INT, short_int)
	LOCATING(MPI_LONG_DOUBLE_INT, long_double_int)
	LOCATING(MPI_2INTEGER, two_ints)
	LOCATING(MPI_2REAL, two_floats)
	LOCATING(MPI_2DOUBLE_PRECISION, two_doubles)
}

int main(void)
{
	integers();
	truths();
	floats();
	locations();
	for (int op = 0; op < 64; op++) {
		for (int type = 0; type < 256; type++) {
			const int said = __fusedos_mpi_supports((MPI_Op)op, (MPI_Datatype)(0x200 + type));
			if (said == checked[op][type]) continue;
			printf("operation 0x%x, datatype 0x%x: said to be %d\n", op, 0x200 + type, said);
			return 1;
		}
	}
	printf("%d pairs\n", pairs);
	return 0;
}
