// The public syscall(). Its arguments stand in memory as the caller wrote them, ints and pointers with 32 bits, long with 64:
// they are read as the call that is meant has them. It refers to every call that there is.

#define _BSD_SOURCE
#include <stdarg.h>
#include <unistd.h>
#include "syscall.h"
#include "wali_variadic.h"

#undef syscall

long syscall(long n, ...)
{
	va_list ap;
	va_start(ap, n);
	long result = __wali_variadic(n, ap);
	va_end(ap);
	return __syscall_ret(result);
}
