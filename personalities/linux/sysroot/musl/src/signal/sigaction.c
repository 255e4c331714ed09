// The kernel calls every handler with the signal's number only. One that takes SA_SIGINFO's three arguments is kept here, and
// the kernel gets a handler of ours that makes the other two on the guest's stack.

#include <signal.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "syscall.h"
#include "pthread_impl.h"
#include "libc.h"
#include "lock.h"
#include "ksigaction.h"

volatile int __eintr_valid_flag;

static void (*siginfo_handlers[_NSIG])(int, siginfo_t *, void *);
static unsigned long handler_set[_NSIG/(8*sizeof(long))];

void __get_handler_set(sigset_t *set)
{
	memcpy(set, handler_set, sizeof handler_set);
}

static void call_with_siginfo(int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_USER };
	ucontext_t context = { 0 };
	info.si_pid = __syscall(SYS_getpid);
	info.si_uid = __syscall(SYS_getuid);
	__syscall(SYS_rt_sigprocmask, SIG_SETMASK, 0, &context.uc_sigmask, _NSIG/8);
	siginfo_handlers[sig](sig, &info, &context);
}

int __libc_sigaction(int sig, const struct sigaction *restrict sa, struct sigaction *restrict old)
{
	struct k_sigaction ksa = { 0 }, ksa_old = { 0 };
	void (*siginfo_old)(int, siginfo_t *, void *) = siginfo_handlers[sig];
	if (sa) {
		ksa.handler = sa->sa_handler;
		ksa.flags = sa->sa_flags;
		memcpy(ksa.mask, &sa->sa_mask, _NSIG/8);
		if ((uintptr_t)sa->sa_handler > 1) {
			handler_set[(sig-1)/(8*sizeof(long))] |= 1UL << (sig-1)%(8*sizeof(long));
			if (!(sa->sa_flags & SA_RESTART)) a_store(&__eintr_valid_flag, 1);
			if (sa->sa_flags & SA_SIGINFO) {
				// Before the kernel knows of it: the signal may be pending.
				siginfo_handlers[sig] = sa->sa_sigaction;
				ksa.handler = call_with_siginfo;
			}
		}
	}
	int r = __syscall(SYS_rt_sigaction, sig, sa ? &ksa : 0, old ? &ksa_old : 0, _NSIG/8);
	if (r < 0) siginfo_handlers[sig] = siginfo_old;
	else if (old) {
		*old = (struct sigaction){ 0 };
		old->sa_flags = ksa_old.flags;
		memcpy(&old->sa_mask, ksa_old.mask, _NSIG/8);
		if (ksa_old.handler == call_with_siginfo) old->sa_sigaction = siginfo_old;
		else old->sa_handler = ksa_old.handler;
	}
	return __syscall_ret(r);
}

int __sigaction(int sig, const struct sigaction *restrict sa, struct sigaction *restrict old)
{
	unsigned long set[_NSIG/(8*sizeof(long))];

	if (sig-32U < 3 || sig-1U >= _NSIG-1) {
		errno = EINVAL;
		return -1;
	}
	// abort() changes what SIGABRT does under the same lock.
	if (sig == SIGABRT) {
		__block_all_sigs(&set);
		LOCK(__abort_lock);
	}
	int r = __libc_sigaction(sig, sa, old);
	if (sig == SIGABRT) {
		UNLOCK(__abort_lock);
		__restore_sigs(&set);
	}
	return r;
}

weak_alias(__sigaction, sigaction);
