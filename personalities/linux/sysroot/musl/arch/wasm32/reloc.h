// There is no dynamic linking: only the name is used, in messages.

#define LDSO_ARCH "wasm32"
#define CRTJMP(pc, sp) __builtin_trap()
