// See pthread_setname_np.c. A thread that was given no name has the process's.

#define _GNU_SOURCE
#include <string.h>
#include <sys/prctl.h>
#include "pthread_impl.h"

int pthread_getname_np(pthread_t t, char *name, size_t size)
{
	if (size < sizeof t->name) return ERANGE;
	if (!*t->name) return prctl(PR_GET_NAME, (unsigned long)name, 0UL, 0UL, 0UL) ? errno : 0;
	strcpy(name, t->name);
	return 0;
}
