// Threads that wait for ever, as the first argument says; each in functions that its name tells.

#include <pthread.h>
#include <string.h>

#define OWN __attribute__((__noinline__)) static

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;

OWN void take(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
}

OWN void *take_other_first(void *unused)
{
	take(&other, &one);
	return unused;
}

OWN void await_signal(void)
{
	pthread_mutex_lock(&one);
	pthread_cond_wait(&never, &one);
	pthread_mutex_unlock(&one);
}

OWN void *consume(void *unused)
{
	await_signal();
	return unused;
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	pthread_t thread;
	pthread_barrier_init(&both, NULL, 2);
	if (strcmp(how, "crossed") == 0) {
		pthread_create(&thread, NULL, take_other_first, NULL);
		take(&one, &other);
	}
	if (strcmp(how, "unsignalled") == 0) {
		pthread_create(&thread, NULL, consume, NULL);
		pthread_join(thread, NULL);
	}
	if (strcmp(how, "alone") == 0) await_signal();
	return 0;
}
