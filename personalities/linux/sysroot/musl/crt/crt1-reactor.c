// The entry of a library (-mexec-model=reactor), called before any other of its functions.

void __start_library(void);

// As in crt1.c: the first number of a function is nobody's, since it is SIG_IGN as a signal handler.
static void nobody(void)
{
}

__attribute__((__export_name__("_initialize"))) void _initialize(void)
{
	static _Bool is_started;
	void (*volatile first)(void) = nobody;
	(void)first;
	if (is_started) __builtin_trap();
	is_started = 1;
	__start_library();
}
