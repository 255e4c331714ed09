// The main thread's block is set up where the process starts (__libc_start_main.c); here is what threads share.

#include "pthread_impl.h"
#include "libc.h"
#include "syscall.h"

volatile int __thread_list_lock;

int __init_tp(void *p)
{
	pthread_t self = p;
	self->self = self;
	__thread_pointer = (uintptr_t)self;
	libc.can_do_threads = 1;
	self->detach_state = DT_JOINABLE;
	self->tid = __syscall(SYS_set_tid_address, &__thread_list_lock);
	self->locale = &libc.global_locale;
	self->robust_list.head = &self->robust_list.head;
	self->next = self->prev = self;
	return 0;
}

// A block for a new thread in fresh memory, at its start.
void *__copy_tls(unsigned char *mem)
{
	return mem + (-(uintptr_t)mem & 15);
}
