// What cancellation points ask in programs that cancel no thread: see pthread_cancel.c. And what they look at first, once there are
// threads: whether the thread's stack has run over.

#include "pthread_impl.h"

static volatile int never;
static long no_cancellation(void) { __check_stack(); return 0; }
static int not_woken(void) { return 0; }

weak_alias(never, __attends_points);
weak_alias(no_cancellation, __cancellation_point);
weak_alias(not_woken, __is_woken_for_cancellation);

// Of the guard as many words as are looked at. Nobody stores there, but who runs over.
#define WORDS 16

// Ends the process by SIGSEGV. The first thread's stack needs no guard: below it there is no memory.
void __check_stack(void)
{
	pthread_t self = __pthread_self();
	if (!self->stack) return;
	char *lowest = (char *)self->stack - self->stack_size;
	_Bool is_over = (char *)__builtin_frame_address(0) < lowest;
	if (self->guard_size) {
		for (int i = 1; i <= WORDS; i++) is_over |= ((int *)lowest)[-i] != 0;
	}
	if (is_over) *(volatile char *)-1 = 0;
}
