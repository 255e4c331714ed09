// The futex call of libc++: what atomics wait and notify by.

#include "syscall.h"

long __futex(volatile void *address, int operation, int value, const void *timeout, int unused, int unused_too)
{
	return __syscall(SYS_futex, address, operation, value, timeout);
}
