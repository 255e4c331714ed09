// Only here, so that a program that wants threads is not linked without -pthread. What libc starts threads for it starts by the name
// behind it, and does without where none can be started.

#include "pthread_impl.h"

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes, void *(*entry)(void *), void *restrict argument)
{
	return __pthread_create(thread, attributes, entry, argument);
}
