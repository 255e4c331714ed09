// Of a program that is linked without -pthread: it has no memory that a thread could share. See pthread/clone.c.

#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include "pthread_impl.h"

int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
	return flags & CLONE_THREAD ? -EAGAIN : -ENOSYS;
}
