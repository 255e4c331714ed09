// Tasks: with dependences, groups, loops of tasks, reductions, priorities, events; and cancellation.
#include "../pthread/case.h"
#include <omp.h>
#include <stdint.h>

static int fibonacci(int n) {
  if (n < 2) return n;
  int a, b;
#pragma omp task shared(a) if (n > 8)
  a = fibonacci(n - 1);
#pragma omp task shared(b) if (n > 8)
  b = fibonacci(n - 2);
#pragma omp taskwait
  return a + b;
}
CASE(tasks_that_make_tasks) {
  int result = 0;
#pragma omp parallel
#pragma omp single
  result = fibonacci(18);
  CHECK_IS(result, 2584);
}

CASE(each_task_runs_once) {
  static int ran[2000];
  memset(ran, 0, sizeof ran);
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < 2000; i++) {
#pragma omp task firstprivate(i)
#pragma omp atomic
    ran[i]++;
  }
  for (int i = 0; i < 2000; i++) CHECK_IS(ran[i], 1);
}

CASE(all_threads_make_tasks) {
  int count = 0, size = 0;
#pragma omp parallel
  {
#pragma omp atomic
    size++;
    for (int i = 0; i < 300; i++) {
#pragma omp task
#pragma omp atomic
      count++;
    }
  }
  CHECK_IS(count, 300 * size);
}

CASE(dependences_in_and_out_keep_order) {
  int x = 0, y = 0, z = 0, wrong = 0;
#pragma omp parallel
#pragma omp single
  for (int round = 0; round < 50; round++) {
#pragma omp task depend(out : x) shared(x)
    x = round;
#pragma omp task depend(in : x) depend(out : y) shared(x, y)
    y = 2 * x;
#pragma omp task depend(in : x) depend(out : z) shared(x, z)
    z = 3 * x;
#pragma omp task depend(in : y, z) depend(inout : x) shared(x, y, z, wrong)
    wrong += y + z != 5 * round || x != round;
  }
  CHECK_IS(wrong, 0);
}

CASE(a_blocked_factorisation_by_dependences) {
  enum { BLOCKS = 6 };
  static long value[BLOCKS][BLOCKS], expected[BLOCKS][BLOCKS];
  for (int i = 0; i < BLOCKS; i++)
    for (int k = 0; k < BLOCKS; k++) value[i][k] = expected[i][k] = i + 2 * k + 1;
  for (int k = 0; k < BLOCKS; k++)
    for (int i = k + 1; i < BLOCKS; i++)
      for (int j = k + 1; j < BLOCKS; j++) expected[i][j] = (3 * expected[i][j] + expected[i][k] * expected[k][j]) % 1000003;
#pragma omp parallel
#pragma omp single
  for (int k = 0; k < BLOCKS; k++)
    for (int i = k + 1; i < BLOCKS; i++)
      for (int j = k + 1; j < BLOCKS; j++) {
#pragma omp task depend(in : value[i][k], value[k][j]) depend(inout : value[i][j])
        value[i][j] = (3 * value[i][j] + value[i][k] * value[k][j]) % 1000003;
      }
  CHECK_IS(memcmp(value, expected, sizeof value), 0);
}

CASE(mutexinoutset_excludes) {
  int sum = 0, inside = 0, wrong = 0;
#pragma omp parallel
#pragma omp single
  {
    for (int i = 1; i <= 100; i++) {
#pragma omp task depend(mutexinoutset : sum) shared(sum, inside, wrong)
      {
        int now = __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
        if (now != 1) wrong++;
        sum += i;
        __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
      }
    }
#pragma omp task depend(in : sum) shared(sum)
    sum = -sum;
  }
  CHECK_IS(wrong, 0);
  CHECK_IS(sum, -5050);
}

CASE(dependences_that_are_iterated_and_kept) {
  int table[8] = {0}, done = 0;
  omp_depend_t kept;
#pragma omp depobj(kept) depend(inout : done)
#pragma omp parallel
#pragma omp single
  {
    for (int i = 0; i < 8; i++) {
#pragma omp task depend(out : table[i]) shared(table)
      table[i] = i + 1;
    }
#pragma omp task depend(iterator(int k = 0 : 8), in : table[k]) depend(depobj : kept) shared(table, done)
    for (int i = 0; i < 8; i++) done += table[i];
#pragma omp task depend(depobj : kept) shared(done)
    done *= 2;
  }
#pragma omp depobj(kept) destroy
  CHECK_IS(done, 72);
}

CASE(taskwait_for_some) {
  int first = 0, second = 0, seen = -1;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task depend(out : first) shared(first)
    first = 5;
#pragma omp task depend(out : second) shared(second)
    second = 6;
#pragma omp taskwait depend(in : first)
    seen = first;
#pragma omp taskwait
  }
  CHECK_IS(seen, 5);
  CHECK_IS(second, 6);
}

CASE(a_taskgroup_waits_for_descendants) {
  int count = 0, seen = -1;
#pragma omp parallel
#pragma omp single
  {
#pragma omp taskgroup
    {
      for (int i = 0; i < 10; i++) {
#pragma omp task shared(count)
        for (int k = 0; k < 10; k++) {
#pragma omp task shared(count)
#pragma omp atomic
          count++;
        }
      }
    }
    seen = count;
  }
  CHECK_IS(seen, 100);
}

CASE(a_taskloop_by_grain_and_by_number) {
  static int times[500];
  int last = -1;
  memset(times, 0, sizeof times);
#pragma omp parallel
#pragma omp single
  {
#pragma omp taskloop grainsize(17)
    for (int i = 0; i < 500; i++) times[i]++;
#pragma omp taskloop num_tasks(7) lastprivate(last)
    for (int i = 0; i < 500; i++) {
      times[i]++;
      last = i;
    }
#pragma omp taskloop simd nogroup
    for (int i = 0; i < 500; i++) times[i] += 10;
#pragma omp taskwait
#pragma omp taskloop collapse(2)
    for (int i = 0; i < 25; i++)
      for (int k = 0; k < 20; k++) times[20 * i + k] += 100;
  }
  CHECK_IS(last, 499);
  for (int i = 0; i < 500; i++)
    if (times[i] != 112) CHECK_IS(times[i], 112);
}

CASE(reductions_over_tasks) {
  int sum = 0, group = 0, loop = 0;
#pragma omp parallel reduction(task, + : sum)
#pragma omp single
  for (int i = 1; i <= 100; i++) {
#pragma omp task in_reduction(+ : sum)
    sum += i;
  }
#pragma omp parallel
#pragma omp single
  {
#pragma omp taskgroup task_reduction(+ : group)
    for (int i = 1; i <= 100; i++) {
#pragma omp task in_reduction(+ : group)
      group += 2 * i;
    }
#pragma omp taskloop reduction(+ : loop)
    for (int i = 1; i <= 100; i++) loop += 3 * i;
  }
  CHECK_IS(sum, 5050);
  CHECK_IS(group, 10100);
  CHECK_IS(loop, 15150);
}

CASE(taskyield_and_untied_tasks) {
  int count = 0;
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < 100; i++) {
#pragma omp task untied
    {
#pragma omp taskyield
#pragma omp atomic
      count++;
    }
  }
  CHECK_IS(count, 100);
}

CASE(priorities_final_and_mergeable) {
  int count = 0, finals = 0;
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < 50; i++) {
#pragma omp task priority(i % 5)
#pragma omp atomic
    count++;
#pragma omp task final(i % 2) mergeable
    {
      int inside = omp_in_final();
      CHECK_IS(inside != 0, i % 2);
#pragma omp task shared(finals)
#pragma omp atomic
      finals += inside;
    }
  }
  CHECK_IS(count, 50);
  CHECK_IS(finals, 25);
}

CASE(a_detached_task_ends_when_it_is_told) {
  int order = 0, after = -1;
  omp_event_handle_t event = (omp_event_handle_t)0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task detach(event) depend(out : order) shared(order)
    order = 1;
#pragma omp task shared(order)
    {
      int seen;
      do {
#pragma omp taskyield
#pragma omp atomic read
        seen = order;
      } while (seen != 1);
      order = 2;
      omp_fulfill_event(event);
    }
#pragma omp task depend(in : order) shared(order, after)
    after = order;
  }
  CHECK_IS(after, 2);
}

CASE(firstprivate_of_tasks_is_what_was_there) {
  static int found[200];
#pragma omp parallel
#pragma omp single
  {
    int value[4];
    for (int i = 0; i < 200; i++) {
      for (int k = 0; k < 4; k++) value[k] = 10 * i + k;
#pragma omp task firstprivate(value, i)
      found[i] = value[0] + value[3];
    }
  }
  for (int i = 0; i < 200; i++) CHECK_IS(found[i], 20 * i + 3);
}

CASE(tasks_and_threadprivate_and_barriers) {
  int count = 0, wrong = 0;
#pragma omp parallel reduction(+ : wrong)
  for (int round = 1; round <= 30; round++) {
#pragma omp single nowait
    for (int i = 0; i < 20; i++) {
#pragma omp task shared(count)
#pragma omp atomic
      count++;
    }
#pragma omp barrier
    int now;
#pragma omp atomic read
    now = count;
    wrong += now != 20 * round;
#pragma omp barrier
  }
  CHECK_IS(wrong, 0);
}

CASE(tasks_outside_of_regions) {
  int value = 0;
#pragma omp task shared(value)
  value = 3;
#pragma omp taskwait
  CHECK_IS(value, 3);
#pragma omp taskloop shared(value)
  for (int i = 0; i < 10; i++) {
#pragma omp atomic
    value++;
  }
  CHECK_IS(value, 13);
}

// Without OMP_CANCELLATION these run to their end; with it fewer may.
CASE(a_loop_is_cancelled) {
  int ran = 0, cancellation = omp_get_cancellation();
#pragma omp parallel
#pragma omp for schedule(dynamic)
  for (int i = 0; i < 100000; i++) {
    int now;
#pragma omp atomic capture
    now = ++ran;
    if (now == 10) {
#pragma omp cancel for
    }
#pragma omp cancellation point for
  }
  if (cancellation) CHECK(ran >= 10 && ran < 100000);
  else CHECK_IS(ran, 100000);
}

CASE(a_region_is_cancelled) {
  int after = 0, size = 0, cancellation = omp_get_cancellation();
#pragma omp parallel
  {
#pragma omp atomic
    size++;
    if (omp_get_thread_num() == 0) {
#pragma omp cancel parallel
    }
#pragma omp barrier
#pragma omp atomic
    after++;
  }
  CHECK_IS(after, cancellation ? 0 : size);
}

CASE(sections_are_cancelled) {
  int ran = 0;
#pragma omp parallel num_threads(1)
#pragma omp sections
  {
#pragma omp section
    {
      ran++;
#pragma omp cancel sections
      ran++;
    }
#pragma omp section
    ran++;
  }
  CHECK_IS(ran, omp_get_cancellation() ? 1 : 3);
}

CASE(a_taskgroup_is_cancelled) {
  int ran = 0;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup
  for (int i = 0; i < 1000; i++) {
#pragma omp task shared(ran)
    {
#pragma omp cancellation point taskgroup
      int now;
#pragma omp atomic capture
      now = ++ran;
      if (now == 5) {
#pragma omp cancel taskgroup
      }
    }
  }
  if (omp_get_cancellation()) CHECK(ran >= 5 && ran <= 1000);
  else CHECK_IS(ran, 1000);
}
