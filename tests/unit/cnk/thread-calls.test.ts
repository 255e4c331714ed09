// Linux's calls among the threads of a process: each is a guest of its own here, and acts when another one sleeps.

import { beforeEach, describe, expect, test } from 'vitest';
import { Signal } from '../../../runtime/abi/signals.ts';
import { CoreGuest, Ended, GuestProcess } from './core-guest.ts';

const [WORD, OTHER, TIME, SET, LIST] = [1024, 1028, 1040, 1100, 1200];
const [WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET] = [0, 1, 3, 4, 5, 9, 10];
const [PRIVATE, REALTIME] = [128, 256];
const ALL = 0x7fff_ffff;
const [MAIN, SECOND, THIRD] = [42, 43, 44];
const { SIGUSR1, SIGUSR2, SIGKILL, SIGTERM, SIGCHLD } = Signal;
const HANDLER = 7;
const CANCEL = 33;

let process: GuestProcess;
let main: CoreGuest;
let second: CoreGuest;
let third: CoreGuest;

function start(change: Partial<Pick<GuestProcess, 'deadlockCheck' | 'processors'>> = {}): void {
  process = Object.assign(new GuestProcess(3), change);
  [main, second, third] = [0, 1, 2].map((slot) => new CoreGuest([], process, slot)) as [
    CoreGuest,
    CoreGuest,
    CoreGuest,
  ];
}

beforeEach(() => start());

function futex(guest: CoreGuest, operation: number, value: number, ...rest: number[]) {
  const [timeout = 0, other = 0, value3 = 0, word = WORD] = rest;
  return guest.call('SYS_futex', word, operation, value, timeout, other, value3);
}

/** Lets a thread wait, and the others act while it sleeps, once. */
function waiting(guest: CoreGuest, act: () => void, wait = () => futex(guest, WAIT, 0)) {
  let hasActed = false;
  guest.onSleep = () => {
    if (hasActed) throw new Error('it sleeps on');
    hasActed = true;
    act();
  };
  const answer = wait();
  guest.onSleep = () => {};
  return answer;
}

function word(at = WORD): number {
  return main.memory.readU32(at) | 0;
}

describe('futex', () => {
  test('a wait ends by a wake-up, of one thread or of so many', () => {
    let woken: unknown[] = [];
    const outcome = waiting(main, () => {
      woken = [
        waiting(second, () => {
          woken = [futex(third, WAKE | PRIVATE, 1), futex(third, WAKE, ALL), futex(third, WAKE, ALL)];
        }),
        ...woken,
      ];
    });
    expect([outcome, ...woken]).toEqual([0, 0, 1, 1, 0]);
    expect(main.context.futex.waiting).toBe(0);
  });

  test('who waits first is woken first', () => {
    const order: string[] = [];
    waiting(main, () => {
      waiting(second, () => {
        futex(third, WAKE, 1);
        order.push(main.context.futex.waiting === 1 ? 'one' : 'not one');
        futex(third, WAKE, 1);
      });
      order.push('second');
    });
    order.push('main');
    expect(order).toEqual(['one', 'second', 'main']);
  });

  test('another value is no wait', () => {
    main.memory.writeU32(WORD, 5);
    expect(futex(main, WAIT, 0)).toBe('EAGAIN');
    expect(futex(main, WAIT, 5, main.store(TIME, 0, 0))).toBe('ETIMEDOUT');
  });

  test('time, relative and by both clocks', () => {
    expect(futex(main, WAIT, 0, main.store(TIME, 0, 1e6))).toBe('ETIMEDOUT');
    expect(main.slept.at(-1)).toBeLessThanOrEqual(1);
    for (const clock of [0, REALTIME]) {
      const now = clock === 0 ? performance.now() + 5000 : Date.now(); // its monotonic clock began 5 s ago
      expect(futex(main, WAIT_BITSET | clock, 0, main.store(TIME, 0, 1), 0, -1)).toBe('ETIMEDOUT');
      const slept = main.slept.length;
      main.onSleep = () => futex(second, WAKE, 1);
      main.store(TIME, Math.floor(now / 1000) + 100, 0);
      expect(futex(main, WAIT_BITSET | clock, 0, TIME, 0, -1)).toBe(0);
      expect(main.slept.at(slept)).toBeGreaterThan(98_000);
      expect(main.slept.at(slept)).toBeLessThanOrEqual(100_000);
    }
  });

  test('bits', () => {
    const answer = waiting(
      main,
      () => {
        expect(futex(second, WAKE_BITSET, ALL, 0, 0, 4)).toBe(0);
        expect(futex(second, WAKE_BITSET, ALL, 0, 0, 6)).toBe(1);
      },
      () => futex(main, WAIT_BITSET, 0, 0, 0, 2),
    );
    expect(answer).toBe(0);
    expect(futex(main, WAIT_BITSET, 0, 0, 0, 0)).toBe('EINVAL');
    expect(futex(main, WAKE_BITSET, 0, 0, 0, 0)).toBe('EINVAL');
  });

  // As Linux does: found out with a program there.
  test('who is asked to wake none, or fewer, wakes one', () => {
    for (const count of [0, -1]) expect(waiting(main, () => expect(futex(second, WAKE, count)).toBe(1))).toBe(0);
  });

  test('requeue moves, and tells how many it woke or moved', () => {
    waiting(main, () => {
      waiting(second, () => {
        expect(futex(third, CMP_REQUEUE, 1, 1, OTHER, 1)).toBe('EAGAIN');
        expect(futex(third, CMP_REQUEUE, 1, ALL, OTHER, 0)).toBe(2);
        expect(futex(third, WAKE, ALL)).toBe(0);
        expect(futex(third, WAKE, ALL, 0, 0, 0, OTHER)).toBe(1);
      });
    });
    waiting(main, () => {
      expect(futex(third, REQUEUE, 0, ALL, WORD)).toBe(1);
      expect(futex(third, REQUEUE, 0, 0, OTHER)).toBe(0);
      expect(futex(third, REQUEUE, 0, 1, OTHER)).toBe(1);
      expect(futex(third, WAKE, 1, 0, 0, 0, OTHER)).toBe(1);
    });
    expect(main.context.futex.waiting).toBe(0);
  });

  test('what is wrong with requeue', () => {
    expect(futex(main, REQUEUE, -1, 1, OTHER)).toBe('EINVAL');
    expect(futex(main, REQUEUE, 1, -1, OTHER)).toBe('EINVAL');
    expect(futex(main, REQUEUE, 1, 1, OTHER + 1)).toBe('EINVAL');
    expect(futex(main, REQUEUE, 1, 1, 1 << 30)).toBe('EFAULT');
    expect(futex(main, WAKE | REALTIME, 1)).toBe('ENOSYS');
    expect(futex(main, 6, 1)).toBe('ENOSYS');
    expect(futex(main, WAKE, 1, 0, 0, 0, WORD + 2)).toBe('EINVAL');
    expect(futex(main, WAKE, 1, 0, 0, 0, -4)).toBe('EFAULT');
  });

  const operation = (kind: number, operand: number, comparison: number, value: number): number =>
    (kind << 28) | (comparison << 24) | (operand << 12) | value;

  test.each([
    [0, 7, 7],
    [1, 7, 12],
    [2, 8, 13],
    [3, 1, 4],
    [4, 6, 3],
    [8 | 2, 4, 21],
  ])('wake operation %i by %i makes %i of 5', (kind, operand, result) => {
    main.memory.writeU32(OTHER, 5);
    expect(futex(main, WAKE_OP, 1, 1, OTHER, operation(kind, operand, 0, 0))).toBe(0);
    expect(word(OTHER)).toBe(result);
  });

  test.each([
    [0, 5, 4],
    [1, 4, 5],
    [2, 6, 5],
    [3, 5, 4],
    [4, 4, 5],
    [5, 5, 6],
  ])('comparison %i is so with %i and not with %i', (comparison, yes, no) => {
    for (const [value, count] of [
      [yes, 2],
      [no, 1],
    ] as const) {
      main.memory.writeU32(OTHER, 5);
      waiting(main, () => {
        waiting(
          second,
          () => {
            expect(futex(third, WAKE_OP, 1, 1, OTHER, operation(0, 9, comparison, value))).toBe(count);
            futex(third, WAKE, 1, 0, 0, 0, OTHER);
          },
          () => futex(second, WAIT, 5, 0, 0, 0, OTHER),
        );
      });
    }
  });

  test('an unknown comparison has changed the word, an unknown operation has not', () => {
    expect(futex(main, WAKE_OP, 1, 1, OTHER, operation(1, 1, 9, 0))).toBe('ENOSYS');
    expect(word(OTHER)).toBe(1);
    expect(futex(main, WAKE_OP, 1, 1, OTHER, operation(5, 1, 0, 0))).toBe('ENOSYS');
    expect(word(OTHER)).toBe(1);
  });
});

describe('signals', () => {
  const handle = (signal: number, handler = HANDLER): void => {
    main.memory.bytes.fill(0, SET, SET + 24);
    main.memory.writeU32(SET, handler);
    expect(main.call('SYS_rt_sigaction', signal, SET, 0, 8)).toBe(0);
  };
  const block = (guest: CoreGuest, ...signals: number[]): void => {
    const bits = signals.reduce((all, signal) => all | (1n << BigInt(signal - 1)), 0n);
    guest.memory.writeU64(SET, bits);
    expect(guest.call('SYS_rt_sigprocmask', 2, SET, 0, 8)).toBe(0);
  };
  const pending = (guest: CoreGuest): bigint => {
    guest.call('SYS_rt_sigpending', SET, 8);
    return guest.memory.readU64(SET);
  };

  test('what one thread says of a signal all do', () => {
    handle(SIGUSR1);
    expect(second.call('SYS_tkill', SECOND, SIGUSR1)).toBe(0);
    expect(second.handled).toEqual([[HANDLER, SIGUSR1]]);
    expect(main.handled).toEqual([]);
  });

  test('one that is sent to another thread is attended to at the end of a call of its', () => {
    handle(SIGUSR1);
    expect(main.call('SYS_tgkill', MAIN, SECOND, SIGUSR1)).toBe(0);
    expect(main.handled).toEqual([]);
    expect(second.call('SYS_getpid')).toBe(MAIN);
    expect(second.handled).toEqual([[HANDLER, SIGUSR1]]);
  });

  test.each([SIGUSR1, CANCEL, 64])('signal %i ends waits and sleeps', (signal) => {
    handle(signal);
    const send = (): void => expect(second.call('SYS_tkill', MAIN, signal)).toBe(0);
    expect(waiting(main, send)).toBe('EINTR');
    main.store(TIME, 9, 0);
    expect(waiting(main, send, () => main.call('SYS_nanosleep', TIME, 0))).toBe('EINTR');
    expect(waiting(main, send, () => main.call('SYS_pause'))).toBe('EINTR');
    expect(main.handled).toEqual(Array.from({ length: 3 }, () => [HANDLER, signal]));
    expect(main.context.futex.waiting).toBe(0);
  });

  test('who is woken and sent a signal was woken, and the handler runs', () => {
    handle(SIGUSR1);
    const both = (): void => {
      second.call('SYS_tkill', MAIN, SIGUSR1);
      expect(futex(second, WAKE, 1)).toBe(1);
    };
    expect(waiting(main, both)).toBe(0);
    expect(main.handled).toEqual([[HANDLER, SIGUSR1]]);
  });

  test('one that is ignored or blocked ends no wait', () => {
    handle(SIGUSR1, 1);
    block(main, SIGUSR2);
    handle(SIGUSR2);
    let sleeps = 0;
    main.onSleep = () => {
      sleeps++;
      if (sleeps === 1) second.call('SYS_tkill', MAIN, SIGUSR1);
      else if (sleeps === 2) second.call('SYS_tkill', MAIN, SIGUSR2);
      else futex(second, WAKE, 1);
    };
    expect(futex(main, WAIT, 0)).toBe(0);
    expect(sleeps).toBe(3);
    expect(main.handled).toEqual([]);
    expect(pending(main)).toBe(1n << BigInt(SIGUSR2 - 1));
  });

  test('what the process is sent is taken by one thread that does not block it', () => {
    handle(SIGUSR1);
    block(main, SIGUSR1);
    block(second, SIGUSR1);
    expect(main.call('SYS_kill', MAIN, SIGUSR1)).toBe(0);
    expect(second.call('SYS_getpid')).toBe(MAIN);
    expect([pending(main), pending(second)]).toEqual([1n << BigInt(SIGUSR1 - 1), 1n << BigInt(SIGUSR1 - 1)]);
    third.call('SYS_getpid');
    expect([main.handled, second.handled, third.handled]).toEqual([[], [], [[HANDLER, SIGUSR1]]]);
    expect(pending(main)).toBe(0n);
    expect(main.call('SYS_kill', MAIN, SIGUSR1)).toBe(0);
    block(second);
    expect(second.handled).toEqual([[HANDLER, SIGUSR1]]);
    expect(second.call('SYS_kill', MAIN, SIGUSR1)).toBe(0); // before it returns, as it is its own to take
    expect(second.handled).toHaveLength(2);
  });

  test('who waits for a signal of the process or of its own gets it', () => {
    for (const guest of [main, second, third]) block(guest, SIGUSR2);
    const wanted = (1n << BigInt(SIGUSR2 - 1)) as bigint;
    const wait = () => {
      main.memory.writeU64(LIST, wanted);
      return main.call('SYS_rt_sigtimedwait', LIST, 0, 0, 8);
    };
    expect(waiting(main, () => second.call('SYS_kill', MAIN, SIGUSR2), wait)).toBe(SIGUSR2);
    expect(waiting(main, () => second.call('SYS_tkill', MAIN, SIGUSR2), wait)).toBe(SIGUSR2);
    expect(pending(second)).toBe(0n);
  });

  test('ignoring a signal forgets those that wait', () => {
    for (const guest of [main, second, third]) block(guest, SIGUSR2);
    main.call('SYS_kill', MAIN, SIGUSR2);
    handle(SIGUSR2, 1);
    expect(pending(second)).toBe(0n);
  });

  test('to nobody, or none', () => {
    expect(main.call('SYS_tkill', 99, SIGUSR1)).toBe('ESRCH');
    expect(main.call('SYS_tgkill', 99, SECOND, SIGUSR1)).toBe('ESRCH');
    expect(main.call('SYS_tkill', 0, SIGUSR1)).toBe('EINVAL');
    expect(main.call('SYS_tkill', SECOND, 65)).toBe('EINVAL');
    expect(main.call('SYS_tkill', SECOND, 0)).toBe(0);
    expect(() => main.call('SYS_tkill', SECOND, SIGKILL)).toThrow(Ended);
    main.call('SYS_tkill', SECOND, SIGTERM);
    expect(() => second.call('SYS_getpid')).toThrow(Ended);
  });
});

describe('the end of a thread', () => {
  const end = (guest: CoreGuest, status = 0): void => expect(() => guest.call('SYS_exit', status)).toThrow(Ended);

  test('zeroes and wakes the word that it has named, once its core is about to be free', () => {
    expect(second.call('SYS_set_tid_address', WORD)).toBe(SECOND);
    main.memory.writeU32(WORD, SECOND);
    const answer = waiting(
      main,
      () => end(second, 3),
      () => futex(main, WAIT, SECOND),
    );
    expect([answer, word()]).toEqual([0, 0]);
    expect(process.events).toEqual([`${SECOND} is about to leave`, `${SECOND} ends with 3`]);
  });

  test.each([2, -4])('a bad word (%i) is left', (address) => {
    second.call('SYS_set_tid_address', address);
    end(second);
    expect(process.events).toHaveLength(2);
  });

  const [TID, WAITERS, DIED] = [SECOND, 0x8000_0000, 0x4000_0000];
  /** A list of locks, each 32 bytes: next, and 16 bytes on the lock's word. */
  const lockAt = (index: number): number => LIST + 64 + 32 * index;
  const link = (words: readonly number[], { pending = 0, isWide = true } = {}): void => {
    const { memory } = second;
    const last = words.length - 1;
    words.forEach((value, i) => {
      memory.writeU32(lockAt(i), i === last ? LIST : lockAt(i + 1));
      memory.writeU32(lockAt(i) + 16, value);
    });
    memory.bytes.fill(0, LIST, LIST + 24);
    memory.writeU32(LIST, words.length === 0 ? LIST : lockAt(0));
    memory.writeU32(LIST + (isWide ? 8 : 4), 16);
    memory.writeU32(LIST + (isWide ? 16 : 8), pending);
    expect(second.call('SYS_set_robust_list', LIST, isWide ? 24 : 12)).toBe(0);
  };
  const words = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => main.memory.readU32(lockAt(i) + 16));

  test.each([true, false])('marks the locks that it holds, of a list of 64-bit longs: %s', (isWide) => {
    link([TID, (TID | WAITERS) >>> 0, MAIN, 0], { isWide });
    const answer = waiting(
      main,
      () => end(second),
      () => futex(main, WAIT, (TID | WAITERS) >>> 0, 0, 0, 0, lockAt(1) + 16),
    );
    expect(answer).toBe(0);
    expect(words(4)).toEqual([DIED, (DIED | WAITERS) >>> 0, MAIN, 0]);
  });

  test('marks one that it is about to take or give back, and wakes who waits for one that it has just given back', () => {
    link([TID, MAIN], { pending: lockAt(2) });
    main.memory.writeU32(lockAt(2) + 16, TID);
    end(second);
    expect(words(3)).toEqual([DIED, MAIN, DIED]);
    link([], { pending: lockAt(3) });
    third.call('SYS_set_robust_list', LIST, 24);
    expect(
      waiting(
        main,
        () => end(third),
        () => futex(main, WAIT, 0, 0, 0, 0, lockAt(3) + 16),
      ),
    ).toBe(0);
  });

  test('a list that is a circle, or leads out of the memory, ends', () => {
    link([TID, TID]);
    main.memory.writeU32(lockAt(1), lockAt(0));
    end(second);
    expect(words(2)).toEqual([DIED, DIED]);
    third.memory.writeU32(LIST, 0xffff_fff0);
    third.call('SYS_set_robust_list', LIST, 24);
    end(third);
    main.call('SYS_set_robust_list', -8, 24);
    end(main);
  });

  test('what was said of a list is told', () => {
    expect(second.call('SYS_set_robust_list', LIST, 16)).toBe('EINVAL');
    expect(second.call('SYS_set_robust_list', LIST, 24)).toBe(0);
    expect(second.call('SYS_get_robust_list', 0, TIME, TIME + 4)).toBe(0);
    expect([word(TIME), word(TIME + 4)]).toEqual([LIST, 24]);
    expect(second.call('SYS_get_robust_list', MAIN, TIME, TIME + 4)).toBe('EPERM');
    expect(second.call('SYS_get_robust_list', 99, TIME, TIME + 4)).toBe('ESRCH');
    expect(second.call('SYS_get_robust_list', 0, -2, TIME)).toBe('EFAULT');
    expect(second.call('SYS_get_robust_list', 0, TIME, -2)).toBe('EFAULT');
  });
});

describe('threads', () => {
  test('have ids, and start', () => {
    expect([main, second, third].map((guest) => guest.call('SYS_gettid'))).toEqual([MAIN, SECOND, THIRD]);
    expect(second.call('SYS_getpid')).toBe(MAIN);
    expect(second.call('__wasm_thread_spawn', 5, 6)).toBe(1000);
    expect(process.events).toEqual(['{"abi":"linux","index":5,"argument":6}']);
    expect(new CoreGuest().call('__wasm_thread_spawn', 5, 6)).toBe('EAGAIN');
  });

  test('have as many processors as run at once, and are told on which they want to be', () => {
    const affinity = (guest: CoreGuest, target = 0) => [
      guest.call('SYS_sched_getaffinity', target, 8, SET),
      guest.load(SET, 1)[0],
    ];
    expect(affinity(main)).toEqual([8, 0b111]);
    start({ processors: 2 });
    expect(affinity(main, THIRD)).toEqual([8, 0b11]);
    expect(second.call('SYS_sched_setaffinity', 0, 8, main.store(SET, 0b110))).toBe(0);
    expect([affinity(second), affinity(main)]).toEqual([
      [8, 0b10],
      [8, 0b11],
    ]);
    expect(main.call('SYS_sched_setaffinity', SECOND, 8, main.store(SET, 0b100))).toBe('EINVAL');
    expect(main.call('SYS_sched_setaffinity', 99, 8, main.store(SET, 1))).toBe('ESRCH');
    expect(main.call('SYS_sched_getscheduler', SECOND)).toBe(0);
  });

  test('give way when they are more than processors, and not often', () => {
    const give = (times: number): number => {
      for (let i = 0; i < times; i++) expect(main.call('SYS_sched_yield')).toBe(0);
      return main.slept.splice(0).length;
    };
    expect(give(100)).toBe(0);
    start({ processors: 2 });
    expect(give(32)).toBe(2);
    waiting(second, () => {
      expect(give(32)).toBe(0); // one waits
      futex(main, WAKE, 1);
    });
    process.end(2);
    expect(give(32)).toBe(0);
  });

  test('share their addresses', () => {
    const map = (guest: CoreGuest) => guest.call('SYS_mmap', 0, 4096, 3, 0x22, -1, 0) as number;
    const at = [map(main), map(second), map(third), map(main)];
    expect(new Set(at).size).toBe(4);
    expect([main, second, third].map((guest) => guest.call('SYS_brk', 0))).toEqual([65536, 65536, 65536]);
    main.memory.bytes.fill(9, at[1], (at[1] as number) + 4096);
    expect(third.call('SYS_munmap', at[1] as number, 4096)).toBe(0);
    expect(map(main)).toBe(at[1]);
    expect(second.memory.readU32(at[1] as number)).toBe(0);
  });
});

describe('a process whose threads all wait', () => {
  beforeEach(() => start({ deadlockCheck: true }));
  const text = (run: () => unknown): string => {
    try {
      run();
    } catch (error) {
      if (error instanceof Ended) return `${error.message} ${error.why}`;
      throw error;
    }
    return 'none';
  };
  const waits = (guest: CoreGuest) => () => futex(guest, WAIT, 0);
  const deadlock = `ended by -6 deadlock: thread ${MAIN} waits at 0x400, thread ${SECOND} waits at 0x404, and nobody is left to wake them`;

  test('ends, as its last one falls asleep', () => {
    process.end(2);
    const last = () => futex(second, WAIT, 0, 0, 0, 0, OTHER);
    expect(text(() => waiting(main, () => void last()))).toBe(deadlock);
  });

  test('says where each is in its program, if it knows', () => {
    process.places = ['main', '', 'other'];
    process.end(2);
    const last = () => futex(second, WAIT, 0, 0, 0, 0, OTHER);
    expect(text(() => waiting(main, () => void last()))).toBe(deadlock.replace('0x400', '0x400 in main'));
  });

  test('ends, as the last one that did not wait ends', () => {
    const bothWait = (act: () => void): unknown =>
      waiting(main, () => void waiting(second, act, () => futex(second, WAIT, 0, 0, 0, 0, OTHER)));
    expect(text(() => bothWait(() => void third.call('SYS_exit', 0)))).toBe(deadlock);
  });

  test('does not end while one does not wait, or not for ever', () => {
    const wakeAll = (): void => {
      futex(third, WAKE, ALL);
    };
    expect(waiting(main, () => void waiting(second, wakeAll))).toBe(0);
    process.end(2);
    main.store(TIME, 99, 0);
    const timed = () => futex(main, WAIT, 0, TIME);
    expect(waiting(main, () => void waiting(second, () => futex(main, WAKE, ALL)), timed)).toBe(0);
  });

  test('does not end while one has a timer, or a signal is on its way to one', () => {
    process.end(2);
    main.call('SYS_alarm', 9);
    expect(waiting(main, () => void waiting(second, () => futex(main, WAKE, ALL)))).toBe(0);
    start({ deadlockCheck: true });
    process.end(2);
    expect(
      waiting(main, () => {
        second.call('SYS_tkill', MAIN, SIGCHLD);
        waiting(second, () => futex(main, WAKE, ALL));
      }),
    ).toBe(0);
  });

  test('ends when it has one thread', () => {
    process.end(1);
    process.end(2);
    expect(text(waits(main))).toBe(
      `ended by -6 deadlock: thread ${MAIN} waits at 0x400, and nobody is left to wake it`,
    );
  });

  test('does not end when that is not asked for', () => {
    start();
    process.end(1);
    process.end(2);
    expect(waiting(main, () => futex(second, WAKE, 1))).toBe(0);
  });
});
