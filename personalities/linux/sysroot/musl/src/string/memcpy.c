// One instruction, which engines have in machine code; its price is a call out of the guest's code, so that few bytes are
// copied here.

#include <string.h>
#include <stdint.h>

#define FEW 16

void *memcpy(void *restrict dest, const void *restrict src, size_t n)
{
	if (n > FEW) return __builtin_memcpy(dest, src, n);
	unsigned char *d = dest;
	const unsigned char *s = src;
#pragma clang loop unroll(disable) vectorize(disable)
	for (; n; n--) {
		*d++ = *s++;
		__asm__ volatile ("");
	}
	return dest;
}
