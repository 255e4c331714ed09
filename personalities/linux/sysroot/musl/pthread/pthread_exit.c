// musl's threads once more, whose end calls malloc.c after the last function of the program's own. Not by an edit: programs that are linked
// without libpthread would call nothing.

#define _GNU_SOURCE
#include "pthread_impl.h"

// See malloc.c.
hidden void __malloc_thread_end(void);

#define __pthread_tsd_run_dtors() (__pthread_tsd_run_dtors(), __malloc_thread_end())
#include "../src/thread/pthread_create.c"

// Of a program that brings a malloc.
weak_alias(dummy_0, __malloc_thread_end);
