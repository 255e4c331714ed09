/* A library: functions for callers outside, and some state. Built without main. */
static int calls;
static double samples[64];

__attribute__((export_name("add"))) int add(int a, int b) {
  calls++;
  return a + b;
}

__attribute__((export_name("wide"))) long long wide(long long a) {
  calls++;
  return a * 2;
}

__attribute__((export_name("calls"))) int count(void) {
  return calls;
}

__attribute__((export_name("samples"))) double *address(void) {
  return samples;
}

__attribute__((export_name("sum"))) double sum(int n) {
  double total = 0;
  for (int i = 0; i < n; i++) total += samples[i];
  return total;
}

__attribute__((export_name("crash"))) void crash(void) {
  __builtin_trap();
}
