// Cancellation is deferred: a thread looks for it at its cancellation points. One that waits there is woken by SIGCANCEL, and its call
// then returns EINTR. At another call a thread whose cancellation may come at any time ends.

#include <signal.h>
#include <string.h>
#include "pthread_impl.h"

// How far a thread's cancellation is.
enum { NONE, WANTED, WOKEN };

volatile int __attends_points;
static volatile int is_ready;

static long cancel(pthread_t self)
{
	if (self->canceldisable == PTHREAD_CANCEL_ENABLE || self->cancelasync) pthread_exit(PTHREAD_CANCELED);
	self->canceldisable = PTHREAD_CANCEL_DISABLE;
	return -ECANCELED;
}

static _Bool is_due(pthread_t self)
{
	return self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE;
}

long __cancellation_point(void)
{
	pthread_t self = __pthread_self();
	__check_stack();
	return is_due(self) ? cancel(self) : 0;
}

// Whether it was SIGCANCEL that interrupted a call. A thread that is not to be cancelled now knows nothing of it and goes on.
int __is_woken_for_cancellation(void)
{
	return a_cas(&__pthread_self()->cancel, WOKEN, WANTED) == WOKEN;
}

void __testcancel(void)
{
	pthread_t self = __pthread_self();
	if (self->cancel && !self->canceldisable) cancel(self);
}

static void wake(int sig)
{
	pthread_t self = __pthread_self();
	a_cas(&self->cancel, WANTED, WOKEN);
	if (self->cancelasync && is_due(self)) cancel(self);
}

int pthread_cancel(pthread_t t)
{
	if (!is_ready) {
		struct sigaction action = { .sa_handler = wake };
		memset(&action.sa_mask, -1, _NSIG/8);
		__libc_sigaction(SIGCANCEL, &action, 0);
		a_store(&is_ready, 1);
		a_store(&__attends_points, 1);
	}
	a_cas(&t->cancel, NONE, WANTED);
	if (t == pthread_self()) {
		if (t->canceldisable == PTHREAD_CANCEL_ENABLE && t->cancelasync) pthread_exit(PTHREAD_CANCELED);
		return 0;
	}
	return pthread_kill(t, SIGCANCEL);
}
