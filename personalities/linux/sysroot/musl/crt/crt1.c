// The entry of a program. Everything else is the C library's, so that it need not be linked again when it changes.

_Noreturn void __start_process(void);

// A function's address is its number in table 0, from 1 on, and 1 is SIG_IGN as a signal handler: this file comes first in a link,
// so the first number is this function's, and no handler has it.
static void nobody(void)
{
}

__attribute__((__export_name__("_start"))) void _start(void)
{
	void (*volatile first)(void) = nobody;
	(void)first;
	__start_process();
}
