// mallocng once more, with a function that takes many slots under its lock. A member of its own, since programs that bring a malloc
// may still want what libc calls mallocng for.

#include "../src/malloc/mallocng/malloc.c"
#include "slots.h"

int __malloc_take(int class, int count, struct slot **list)
{
	int taken = 0;
	wrlock();
	for (; taken < count; taken++) {
		int index = alloc_slot(class, UNIT*size_classes[class] - IB);
		if (index < 0) break;
		struct meta *meta = ctx.active[class];
		struct slot *slot = enframe(meta, index, get_stride(meta) - IB, 0);
		mark(slot);
		slot->next = *list;
		*list = slot;
	}
	unlock();
	return taken;
}
