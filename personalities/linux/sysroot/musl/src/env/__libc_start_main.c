// Starts a program: takes arguments and environment from the kernel and lays them out as Linux lays out a process's stack
// (argv, envp, the auxiliary vector, then their bytes), makes the C library ready, runs constructors and main, and exits.
// main may take no argument, two or three: see __main_void.c.

#include <elf.h>
#include <sys/mman.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include "atomic.h"
#include "libc.h"
#include "pthread_impl.h"
#include "syscall.h"

#define WASI(name) __attribute__((__import_module__("wasi_snapshot_preview1"), __import_name__(#name)))
WASI(args_sizes_get) int __wasi_args_sizes_get(size_t *count, size_t *length);
WASI(args_get) int __wasi_args_get(char **argv, char *bytes);
WASI(environ_sizes_get) int __wasi_environ_sizes_get(size_t *count, size_t *length);
WASI(environ_get) int __wasi_environ_get(char **envp, char *bytes);

#define RANDOM_BYTES 16

_Thread_local uintptr_t __thread_pointer;

hidden int __process_argc;
hidden char **__process_argv;

int __main_void(void);
void __wasm_call_ctors(void);
// libunwind has it, and stands in every program that throws: calls the function, and terminates where an exception leaves it.
extern weak void __terminate_if_thrown(void (*function)(void));

static struct pthread main_thread;

static void dummy(void *p) {}
weak_alias(dummy, __init_ssp);

void __init_tls(size_t *aux)
{
	if (__init_tp(&main_thread) < 0) a_crash();
}

void __init_libc(char **envp, char *pn)
{
	__environ = envp;
	char **end = envp;
	while (*end) end++;
	libc.auxv = (size_t *)(end + 1);
	libc.page_size = PAGESIZE;
	__progname = __progname_full = pn;
	for (char *p = pn; *p; p++) if (*p == '/') __progname = p + 1;
	__init_tls(libc.auxv);
}

static void run(void)
{
	__wasm_call_ctors();
	exit(__main_void());
}

// What a process begins with: how many strings there are, and their bytes.
struct start {
	size_t argc, arg_length, envc, env_length;
};

static struct start measure(void)
{
	struct start start = { 0 };
	__wasi_args_sizes_get(&start.argc, &start.arg_length);
	__wasi_environ_sizes_get(&start.envc, &start.env_length);
	return start;
}

static size_t room_for_vectors(struct start start)
{
	return (start.argc + start.envc + 2) * sizeof(char *) + 10 * sizeof(size_t);
}

static void begin(struct start start, char **argv, char *strings)
{
	size_t argc = start.argc, envc = start.envc;
	char *random = strings + start.arg_length + start.env_length;
	char **envp = argv + argc + 1;
	size_t *aux = (size_t *)(envp + envc + 1);
	__wasi_args_get(argv, strings);
	argv[argc] = 0;
	__wasi_environ_get(envp, strings + start.arg_length);
	envp[envc] = 0;
	__syscall(SYS_getrandom, random, RANDOM_BYTES, 0);

	char *name = argc ? argv[0] : "";
	size_t vector[] = { AT_PAGESZ, PAGESIZE, AT_CLKTCK, 100, AT_RANDOM, (size_t)random, AT_EXECFN, (size_t)name, AT_NULL, 0 };
	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) aux[i] = vector[i];

	__process_argc = argc;
	__process_argv = argv;
	__init_libc(envp, name);
	__init_ssp(random);
}

_Noreturn void __start_process(void)
{
	struct start start = measure();
	begin(start, __builtin_alloca(room_for_vectors(start)),
		__builtin_alloca(start.arg_length + start.env_length + RANDOM_BYTES));
	if (__terminate_if_thrown) __terminate_if_thrown(run);
	else run();
	a_crash();
	for (;;);
}

// Of a library, whose functions are called one by one: there is no stack that lasts, so this memory is the kernel's.
void __start_library(void)
{
	struct start start = measure();
	size_t vectors = room_for_vectors(start);
	size_t length = vectors + start.arg_length + start.env_length + RANDOM_BYTES;
	void *memory = __mmap(0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) a_crash();
	begin(start, memory, (char *)memory + vectors);
	if (__terminate_if_thrown) __terminate_if_thrown(__wasm_call_ctors);
	else __wasm_call_ctors();
}
