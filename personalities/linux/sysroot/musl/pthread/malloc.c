// malloc of programs with threads: in front of mallocng, whose one lock all of them would want all the time, each thread keeps slots that
// it or others have used. What it frees goes to its bin for that size class, and its next malloc of the class takes it from there, without
// an atomic operation. An empty bin is filled, and a full one emptied by half, a batch at a time; what is larger, or aligned to more
// than 16 bytes, goes through. A bin is touched by its thread alone. Only in libpthread: programs with one thread have mallocng itself.

#include <stdlib.h>
#include <string.h>
#include "pthread_impl.h"
#include "slots.h"
#undef malloc
#undef realloc
#undef free

#define CLASSES 32
#define LARGEST (UNIT*511 - IB)

struct bin {
	struct slot *first;
	unsigned char count, batch;
};

static _Thread_local struct bin bins[CLASSES];

// Some 16 KiB of each class: all bins together never keep more than 350 KiB.
static const unsigned char most[CLASSES] = {
	32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32,
	28, 24, 20, 16, 14, 12, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2,
};

// By units: a table, since mallocng's comparisons are mispredicted where sizes vary.
static const unsigned char class_of_units[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, [10 ... 11] = 10, [12 ... 14] = 11, [15 ... 17] = 12, [18 ... 19] = 13, [20 ... 24] = 14,
	[25 ... 30] = 15, [31 ... 35] = 16, [36 ... 41] = 17, [42 ... 49] = 18, [50 ... 62] = 19, [63 ... 71] = 20,
	[72 ... 83] = 21, [84 ... 101] = 22, [102 ... 126] = 23,
};

static inline int class_for(size_t n)
{
	size_t units = (n + IB - 1)/UNIT;
	return units < sizeof class_of_units ? class_of_units[units] : size_to_class(n);
}

static size_t size_of(int class)
{
	return UNIT*size_classes[class] - IB;
}

// The class whose bin may have a block: one that begins where its slot does and has all of it. -1: it is for mallocng to say what
// it is, also where it is none. Here that is asked of its header and its group's, which are at hand.
static inline int class_of(const unsigned char *block)
{
	uint32_t header = *header_of(block), index = header >> 8 & 31, offset = header >> 16;
	if (header & (RESERVED | 0xff) || (uintptr_t)block % UNIT) return -1;
	const struct group *group = (const void *)(block - UNIT*offset - UNIT);
	const struct meta *meta = group->meta;
	if (meta->mem != group) a_crash();
	int class = meta->sizeclass;
	if (class >= CLASSES || offset != size_classes[class]*index) return -1;
	// A group of one slot may be smaller than its class says.
	if (!meta->last_idx && get_stride(meta) < UNIT*size_classes[class]) return -1;
	return class;
}

// Those that were put in last stay.
static void empty(struct bin *bin, int kept)
{
	struct slot **link = &bin->first;
	for (int i = 0; i < kept; i++) link = &(*link)->next;
	struct slot *slot = *link;
	*link = 0;
	bin->count = kept;
	while (slot) {
		struct slot *next = slot->next;
		unmark(slot);
		__libc_free(slot);
		slot = next;
	}
}

static __attribute__((__noinline__)) void *fill(struct bin *bin, int class)
{
	// What is asked for once is given once; who goes on is given more each time.
	int batch = 2*bin->batch;
	if (batch > most[class]/2) batch = most[class]/2;
	if (batch < 1) batch = 1;
	bin->batch = batch;
	struct slot *slot = 0;
	int count = __malloc_take(class, batch, &slot);
	if (!slot) return 0;
	bin->first = slot->next;
	bin->count = count - 1;
	unmark(slot);
	return slot;
}

void *malloc(size_t n)
{
	if (n > LARGEST) return __libc_malloc_impl(n);
	int class = class_for(n);
	struct bin *bin = &bins[class];
	struct slot *slot = bin->first;
	if (!slot) return fill(bin, class);
	bin->first = slot->next;
	bin->count--;
	unmark(slot);
	return slot;
}

void free(void *p)
{
	if (!p) return;
	int class = class_of(p);
	if (class < 0) {
		__libc_free(p);
		return;
	}
	struct bin *bin = &bins[class];
	if (bin->count >= most[class]) empty(bin, most[class]/2);
	struct slot *slot = p;
	mark(slot);
	slot->next = bin->first;
	bin->first = slot;
	bin->count++;
}

void *calloc(size_t m, size_t n)
{
	if (n && m > SIZE_MAX/n) {
		errno = ENOMEM;
		return 0;
	}
	n *= m;
	void *p = malloc(n);
	if (!p || (n > LARGEST && is_allzero(p))) return p;
	return memset(p, 0, n);
}

void *realloc(void *p, size_t n)
{
	if (!p) return malloc(n);
	int class = class_of(p);
	if (class < 0 || n > LARGEST) return __libc_realloc(p, n);
	size_t size = size_of(class);
	if (n <= size && class_for(n) + 1 >= class) return p;
	void *new = malloc(n);
	if (!new) return 0;
	memcpy(new, p, n < size ? n : size);
	free(p);
	return new;
}

// Called by a thread that ends: see pthread_exit.c.
hidden void __malloc_thread_end(void)
{
	for (int class = 0; class < CLASSES; class++) empty(&bins[class], 0);
}
