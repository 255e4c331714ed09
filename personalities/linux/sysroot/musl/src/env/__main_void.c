// Which main a program has. clang calls `int main(void)` also __main_void, which then stands in place of this one; main of two
// arguments is __main_argc_argv. What has neither is in __main_argc_argv.c.

#include <features.h>

extern hidden int __process_argc;
extern hidden char **__process_argv;

int __main_argc_argv(int argc, char **argv);

int __main_void(void)
{
	return __main_argc_argv(__process_argc, __process_argv);
}
