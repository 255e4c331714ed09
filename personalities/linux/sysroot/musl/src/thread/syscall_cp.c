// What cancellation points ask, in programs that cancel no thread: see pthread_cancel.c.

#include "pthread_impl.h"

static volatile int never;
static long no_cancellation(void) { return 0; }
static int not_woken(void) { return 0; }

weak_alias(never, __is_any_cancelled);
weak_alias(no_cancellation, __cancellation_point);
weak_alias(not_woken, __is_woken_for_cancellation);
