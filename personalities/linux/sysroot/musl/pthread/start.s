# Where a thread begins, in an instance of its own: the host calls it by its number in table 0, with the thread's id and what
# __clone made for it. It must be assembly: C wants a stack before its first instruction.

	.globaltype	__stack_pointer, i32

# Where this thread's stack ends, below which the loader lets no function make its frame. 0 in the first thread.
	.globl	__stack_limit
	.globaltype	__stack_limit, i32
__stack_limit:

	.functype	__thread_begin (i32, i32) -> ()

	.hidden	__thread_start
	.globl	__thread_start
	.type	__thread_start,@function
__thread_start:
	.functype	__thread_start (i32, i32) -> ()
	local.get	1
	i32.load	16
	global.set	__stack_limit
	local.get	1
	global.set	__stack_pointer
	local.get	0
	local.get	1
	call	__thread_begin
	end_function
