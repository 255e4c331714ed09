// Functions that are one instruction of WebAssembly.

#include <math.h>

#define INSTRUCTION(name) \
	double name(double x) { return __builtin_##name(x); } \
	float name##f(float x) { return __builtin_##name##f(x); }

INSTRUCTION(fabs)
INSTRUCTION(sqrt)
INSTRUCTION(ceil)
INSTRUCTION(floor)
INSTRUCTION(trunc)
INSTRUCTION(rint)
INSTRUCTION(nearbyint)

double copysign(double x, double y)
{
	return __builtin_copysign(x, y);
}

float copysignf(float x, float y)
{
	return __builtin_copysignf(x, y);
}
