// The entry of a program. Everything else is the C library's, so that it need not be linked again when it changes.

_Noreturn void __start_process(void);

__attribute__((__export_name__("_start"))) void _start(void)
{
	__start_process();
}
