// Cancellation that is looked at only at cancellation points: nothing can interrupt a thread elsewhere.

#include "pthread_impl.h"

static long cancel(pthread_t self)
{
	if (self->canceldisable == PTHREAD_CANCEL_ENABLE || self->cancelasync) pthread_exit(PTHREAD_CANCELED);
	self->canceldisable = PTHREAD_CANCEL_DISABLE;
	return -ECANCELED;
}

long __cancellation_point(void)
{
	pthread_t self = __pthread_self();
	return self->cancel && self->canceldisable != PTHREAD_CANCEL_DISABLE ? cancel(self) : 0;
}

void __testcancel(void)
{
	pthread_t self = __pthread_self();
	if (self->cancel && !self->canceldisable) cancel(self);
}

int pthread_cancel(pthread_t t)
{
	a_store(&t->cancel, 1);
	if (t == pthread_self() && t->canceldisable == PTHREAD_CANCEL_ENABLE && t->cancelasync) pthread_exit(PTHREAD_CANCELED);
	return 0;
}
