// What debuggers of processes read. There are no registers.

#define ELF_NGREG 1
typedef unsigned long elf_greg_t, elf_gregset_t[ELF_NGREG];
typedef unsigned long elf_fpregset_t[1];

struct user {
	unsigned long u_tsize, u_dsize, u_ssize;
	long signal;
};
