// The thread pointer is a variable: of the thread where there are threads, else of the program.

extern hidden _Thread_local uintptr_t __thread_pointer;

static inline uintptr_t __get_tp(void)
{
	return __thread_pointer;
}

#define MC_PC __pc
