// What SYS_rt_sigaction takes: WALI's, in which the mask is as wide as sigset_t.

struct k_sigaction {
	void (*handler)(int);
	unsigned long mask[128 / sizeof(long)];
	int flags;
	void (*restorer)(void);
};
