// The memory of threads: stack, thread-local variables, keys' values. That of a thread that has ended is kept for the next one, since
// the kernel would have to clear it. The list is guarded by the lock of the list of threads, which an ending thread holds until the
// kernel clears it (set_tid_address): whoever finds memory here has it for itself, also that which a thread put here by itself.

#include <string.h>
#include <sys/mman.h>
#include "pthread_impl.h"

// At the end of the memory, where its thread's values were.
struct kept {
	void *base;
	size_t size;
	struct kept *next;
};

#define MOST_BYTES (64<<20)

static struct kept *kept;
static size_t kept_bytes;

static void keep(void *base, size_t size)
{
	struct kept *last = (void *)((char *)base + size - sizeof(struct kept));
	*last = (struct kept){ base, size, kept };
	kept = last;
	kept_bytes += size;
}

// What is too much, to be unmapped without the lock.
static struct kept *surplus(size_t more)
{
	struct kept *all = kept;
	if (kept_bytes + more <= MOST_BYTES) return 0;
	kept = 0;
	kept_bytes = 0;
	return all;
}

static void unmap(struct kept *list)
{
	while (list) {
		struct kept one = *list;
		__munmap(one.base, one.size);
		list = one.next;
	}
}

// `used` bytes at the end are 0, the rest is what it is. 0: there is no memory.
void *__map_stack(size_t size, size_t used)
{
	struct kept *rest = 0;
	__tl_lock();
	struct kept **link = &kept;
	while (*link && (*link)->size != size) link = &(*link)->next;
	struct kept *found = *link;
	if (found) {
		*link = found->next;
		kept_bytes -= size;
	} else rest = surplus(size);
	__tl_unlock();
	unmap(rest);
	if (found) {
		void *base = found->base;
		if (used < sizeof(struct kept)) used = sizeof(struct kept);
		memset((char *)base + size - used, 0, used);
		return base;
	}
	void *base = __mmap(0, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON, -1, 0);
	return base == MAP_FAILED ? 0 : base;
}

void __unmap_stack(void *base, size_t size)
{
	__tl_lock();
	struct kept *rest = surplus(size);
	if (size <= MOST_BYTES) keep(base, size);
	__tl_unlock();
	unmap(rest);
	if (size > MOST_BYTES) __munmap(base, size);
}

// Called with the lock held, by a thread that stands on this stack and ends.
void __unmapself(void *base, size_t size)
{
	keep(base, size);
	for (;;) __syscall(SYS_exit, 0);
}
