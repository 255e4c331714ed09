// A system call is an import of its own, module `wali`, name `SYS_…`. <wali_calls.h>, generated from the table of calls, has
// __wali_call: a switch over the number that calls the import with the types that it has. The number is constant nearly
// everywhere, then only that import is left.

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)
#define __SYSCALL_LL_PRW(x) (x)

#define __scc(X) ((long) (X))
typedef long syscall_arg_t;

#define __WALI_INLINE static inline __attribute__((__always_inline__))

#include "wali_calls.h"

__WALI_INLINE long __syscall0(long n)
{
	return __wali_call(n, 0, 0, 0, 0, 0, 0);
}

__WALI_INLINE long __syscall1(long n, long a)
{
	return __wali_call(n, a, 0, 0, 0, 0, 0);
}

__WALI_INLINE long __syscall2(long n, long a, long b)
{
	return __wali_call(n, a, b, 0, 0, 0, 0);
}

__WALI_INLINE long __syscall3(long n, long a, long b, long c)
{
	return __wali_call(n, a, b, c, 0, 0, 0);
}

__WALI_INLINE long __syscall4(long n, long a, long b, long c, long d)
{
	return __wali_call(n, a, b, c, d, 0, 0);
}

__WALI_INLINE long __syscall5(long n, long a, long b, long c, long d, long e)
{
	return __wali_call(n, a, b, c, d, e, 0);
}

__WALI_INLINE long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	return __wali_call(n, a, b, c, d, e, f);
}

// A cancellation point: the thread ends before the call, or when it is woken for that while it waits. Nobody looks as long as there is
// one thread. See pthread_cancel.c.
extern hidden volatile int __attends_points;
hidden long __cancellation_point(void);
hidden int __is_woken_for_cancellation(void);

__WALI_INLINE long __syscall_cp(long n, long a, long b, long c, long d, long e, long f)
{
	long result;
	do {
		if (__builtin_expect(__attends_points, 0)) {
			long cancelled = __cancellation_point();
			if (cancelled) return cancelled;
		}
		result = __wali_call(n, a, b, c, d, e, f);
	} while (result == -4 /* EINTR */ && __attends_points && __is_woken_for_cancellation());
	return result;
}
