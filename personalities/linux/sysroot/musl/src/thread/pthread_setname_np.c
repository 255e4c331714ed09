// A thread's name stands in its block; the first thread's is the process's, which the kernel knows.

#define _GNU_SOURCE
#include <string.h>
#include <sys/prctl.h>
#include "pthread_impl.h"

int pthread_setname_np(pthread_t t, const char *name)
{
	if (strnlen(name, sizeof t->name) == sizeof t->name) return ERANGE;
	strcpy(t->name, name);
	if (t->map_base || t->stack) return 0;
	return prctl(PR_SET_NAME, (unsigned long)name, 0UL, 0UL, 0UL) ? errno : 0;
}
