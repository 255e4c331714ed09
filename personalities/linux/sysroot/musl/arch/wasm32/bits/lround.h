// clang makes of lround and lrint an instruction of its own, which LLVM's back end turns into a call that returns 32 bits, though
// long has 64 on this target: the module is then wrong. As inline functions they are plain calls.

#if __STDC_HOSTED__
#define __PLAIN_CALL(name, type) \
	long __plain_##name(type) __asm__(#name); \
	extern __inline __attribute__((__gnu_inline__, __always_inline__)) long name(type __x) { return __plain_##name(__x); }
__PLAIN_CALL(lrint, double)
__PLAIN_CALL(lrintf, float)
__PLAIN_CALL(lrintl, long double)
__PLAIN_CALL(lround, double)
__PLAIN_CALL(lroundf, float)
__PLAIN_CALL(lroundl, long double)
#undef __PLAIN_CALL
#endif
