// sigsetjmp is a macro of <setjmp.h>: these are the two things that it does beside setjmp. The mask stands in the buffer.

#include <setjmp.h>
#include <signal.h>
#include "syscall.h"

void __sigsetjmp_save(sigjmp_buf buf, int save)
{
	buf->__fl = save;
	if (save) __syscall(SYS_rt_sigprocmask, SIG_SETMASK, 0, buf->__ss, _NSIG/8);
}

void __siglongjmp_restore(sigjmp_buf buf)
{
	if (buf->__fl) __syscall(SYS_rt_sigprocmask, SIG_SETMASK, buf->__ss, 0, _NSIG/8);
}
