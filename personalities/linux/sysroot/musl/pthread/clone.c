// Starts a thread: the host runs __thread_start in an instance of its own on the same memory. Of clone's flags these are meant:
// the thread's id is stored for both, the word that the kernel clears when the thread has ended is set, and the thread pointer.

#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <sched.h>
#include "pthread_impl.h"
#include "libc.h"
#include "syscall.h"

__attribute__((__import_module__("wali"), __import_name__("__wasm_thread_spawn")))
hidden int __wali_thread_spawn(void (*start)(int, void *), void *argument);

// The linker's: copies what thread-local variables begin with, and sets the global __tls_base.
void __wasm_init_tls(void *);

hidden void __thread_start(int tid, void *argument);

// See env/__libc_start_main.c: what leaves the thread's function ends the process.
extern weak void __terminate_if_thrown(void (*function)(void));

struct beginning {
	int (*function)(void *);
	void *argument;
	pthread_t self;
	volatile int *cleared;
	// Where the stack ends: see start.s.
	void *lowest;
};
_Static_assert(offsetof(struct beginning, lowest) == 16, "start.s reads it there");

static size_t alignment_of_tls(void)
{
	size_t alignment = __builtin_wasm_tls_align();
	return alignment > 16 ? alignment : 16;
}

// Behind the thread's block. The room for it is libc.tls_size, wherever it begins.
static void *tls_of(pthread_t self)
{
	size_t alignment = alignment_of_tls();
	return (void *)((uintptr_t)(self + 1) + alignment - 1 & -alignment);
}

__attribute__((__constructor__(1))) static void measure_tls(void)
{
	libc.tls_size = 15 + sizeof(struct pthread) + alignment_of_tls() - 1 + __builtin_wasm_tls_size();
}

static _Thread_local struct beginning *own;

static void call(void)
{
	int status = own->function(own->argument);
	for (;;) __syscall(SYS_exit, status);
}

// A function of its own: what is thread-local is not there before.
static __attribute__((__noinline__)) _Noreturn void run(int tid, struct beginning *beginning)
{
	pthread_t self = beginning->self;
	__thread_pointer = (uintptr_t)self;
	self->tid = tid;
	__syscall(SYS_set_tid_address, beginning->cleared);
	if (!__attends_points) a_store(&__attends_points, 1);
	own = beginning;
	if (__terminate_if_thrown) __terminate_if_thrown(call);
	else call();
	a_crash();
	for (;;);
}

hidden void __thread_begin(int tid, struct beginning *beginning)
{
	__wasm_init_tls(tls_of(beginning->self));
	run(tid, beginning);
}

int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...)
{
	if (!(flags & CLONE_THREAD)) return -ENOSYS;
	va_list ap;
	va_start(ap, argument);
	int *tid = va_arg(ap, int *);
	pthread_t self = va_arg(ap, pthread_t);
	volatile int *cleared = va_arg(ap, volatile int *);
	va_end(ap);
	// The thread's stack begins below it.
	struct beginning *beginning = (void *)(((uintptr_t)stack - sizeof(struct beginning)) & -16);
	*beginning = (struct beginning){ function, argument, self, cleared, (char *)self->stack - self->stack_size };
	int result = __wali_thread_spawn(__thread_start, beginning);
	// The thread stores it too, since both want it before the other does.
	if (result > 0) *tid = result;
	return result;
}
