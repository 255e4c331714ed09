// A main of three arguments, the last of which is the environment: clang leaves its name as it is.

#include <unistd.h>
#include <features.h>

int __main_of_three(int argc, char **argv, char **envp) __asm__("main");

int __main_argc_argv(int argc, char **argv)
{
	return __main_of_three(argc, argv, __environ);
}
