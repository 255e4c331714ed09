// What LLVM's lowering of setjmp and longjmp calls (-mllvm -wasm-enable-sjlj). A setjmp notes in its buffer which call of which
// function it is; a longjmp throws the buffer and the value; the function that catches them asks which setjmp is meant, and
// throws on what is not its own.

#include <features.h>
#include <stdint.h>

struct jump {
	// Of which invocation of a function: an address on its stack.
	void *invocation;
	// Which setjmp in it; never 0.
	uint32_t label;
	// What is thrown: the buffer and the value that setjmp is to return.
	struct {
		void *env;
		int val;
	} thrown;
};

#define C_LONGJMP 1

void __wasm_setjmp(void *env, uint32_t label, void *invocation)
{
	struct jump *jump = env;
	jump->invocation = invocation;
	jump->label = label;
}

uint32_t __wasm_setjmp_test(void *env, void *invocation)
{
	struct jump *jump = env;
	return jump->invocation == invocation ? jump->label : 0;
}

_Noreturn void __wasm_longjmp(void *env, int val)
{
	struct jump *jump = env;
	jump->thrown.env = env;
	jump->thrown.val = val ? val : 1;
	__builtin_wasm_throw(C_LONGJMP, &jump->thrown);
	__builtin_trap();
}
