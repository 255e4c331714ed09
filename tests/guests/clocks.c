// What the clocks of processor time say: at the start of the process, and that an absolute sleep on each of them ends when it says so.
// Prints nanoseconds, one line a clock.

#include <stdio.h>
#include <wasi/api.h>

#define SLEEP_NS 2000000ull

static __wasi_timestamp_t now(__wasi_clockid_t id) {
  __wasi_timestamp_t time = 0;
  return __wasi_clock_time_get(id, 0, &time) == 0 ? time : 0;
}

int main(void) {
  __wasi_clockid_t ids[] = {__WASI_CLOCKID_PROCESS_CPUTIME_ID, __WASI_CLOCKID_THREAD_CPUTIME_ID};
  for (int i = 0; i < 2; i++) {
    __wasi_timestamp_t first = now(ids[i]);
    __wasi_subscription_t wait = {.u = {.tag = __WASI_EVENTTYPE_CLOCK}};
    wait.u.u.clock = (__wasi_subscription_clock_t){
        .id = ids[i], .timeout = first + SLEEP_NS, .flags = __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME};
    __wasi_event_t event;
    __wasi_size_t events = 0;
    if (__wasi_poll_oneoff(&wait, &event, 1, &events) != 0 || events != 1 || event.error != 0) return 1;
    __wasi_timestamp_t then = now(ids[i]);
    if (then < first + SLEEP_NS) return 2;
    printf("%llu\n", (unsigned long long)then);
  }
  return 0;
}
