// What malloc.c and mallocng.c share: slots of mallocng's that are free for a thread, and in use for all others.

#include <stdlib.h>
#include "../src/malloc/mallocng/meta.h"

struct slot {
	struct slot *next;
};

void *__libc_malloc_impl(size_t);

// Takes up to `count` slots of a class, marked, before those in `list`; tells how many. Errors: 0, ENOMEM.
hidden int __malloc_take(int class, int count, struct slot **list);

// What stands before a block, from below: 0, the index in its group with three bits for how much of the slot is not the caller's, the
// offset in the group. Always read and written as a whole, since processors wait for a byte that they have just written to a word.
typedef uint32_t __attribute__((__may_alias__)) header;

#define RESERVED 0xe000

// No amount: so a block that is freed twice, or resized when it is free, ends the program, as without the bins.
#define MARK 0xc000

static inline header *header_of(const void *block)
{
	return (header *)block - 1;
}

static inline void mark(struct slot *slot)
{
	*header_of(slot) |= MARK;
}

static inline void unmark(struct slot *slot)
{
	*header_of(slot) &= ~RESERVED;
}
