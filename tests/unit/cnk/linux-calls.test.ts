// Linux's calls that are served in the guest's own thread: what each does, and each of its errors.

import { beforeEach, describe, expect, test } from 'vitest';
import { Signal } from '../../../runtime/abi/signals.ts';
import { CoreGuest, Ended } from './core-guest.ts';

const END = 65536;
const AT = 1024;
const OUT = 2048;
const FIRST = END;
const [READ, WRITE] = [1, 2];
const [SHARED, PRIVATE, FIXED, ANONYMOUS, NOREPLACE] = [1, 2, 0x10, 0x20, 0x100000];
const ANON = PRIVATE | ANONYMOUS;
const { SIGUSR1, SIGUSR2, SIGALRM, SIGKILL, SIGSTOP, SIGABRT, SIGCHLD } = Signal;

let guest: CoreGuest;
beforeEach(() => {
  guest = new CoreGuest();
});

function map(length: number, { addr = 0, prot = READ | WRITE, flags = ANON, fd = -1, offset = 0 } = {}) {
  return guest.call('SYS_mmap', addr, length, prot, flags, fd, offset);
}

describe('memory', () => {
  test('mmap and munmap', () => {
    expect(map(10)).toBe(FIRST);
    expect(map(4097)).toBe(FIRST + 4096);
    expect(guest.call('SYS_munmap', FIRST, 1)).toBe(0);
    expect(map(4096, { flags: SHARED | ANONYMOUS })).toBe(FIRST);
    expect(map(4096, { addr: FIRST + 5 * 4096 })).toBe(FIRST + 5 * 4096); // free, so it is as asked
    expect(map(4096, { addr: FIRST })).toBe(FIRST + 3 * 4096);
    expect(map(4096, { addr: FIRST, flags: ANON | FIXED })).toBe(FIRST);
    expect(map(4096, { addr: FIRST, flags: ANON | NOREPLACE })).toBe('EEXIST');
    expect(map(8 * 65536)).toBe('ENOMEM');
    expect(map(4096, { addr: FIRST + 4, flags: ANON | FIXED })).toBe('EINVAL');
    expect(map(4096, { addr: 65536 * 100, flags: ANON | FIXED })).toBe('ENOMEM');
    for (const bad of [{ flags: ANONYMOUS }, { flags: ANONYMOUS | 4 }, { offset: 1 }, { offset: -4096 }]) {
      expect([bad, map(4096, bad)]).toEqual([bad, 'EINVAL']);
    }
    expect(map(0)).toBe('EINVAL');
    expect(guest.call('SYS_munmap', FIRST, 0)).toBe('EINVAL');
    expect(guest.call('SYS_munmap', FIRST + 1, 1)).toBe('EINVAL');
  });

  describe('a file', () => {
    const O_RDWR = 2;
    const O_WRONLY = 1;
    const content = 'a file that is read in parts';
    let status: number;
    let error: number;

    beforeEach(() => {
      status = 0;
      error = 0;
      guest.rest = (name, fd, ...args) => {
        if (fd !== 3) return -9;
        if (name === 'SYS_fcntl') return status;
        expect(name).toBe('SYS_pread64');
        const [at, count, offset] = args as [number, number, number];
        if (error !== 0) return -error;
        const part = new TextEncoder().encode(content).subarray(offset, offset + Math.min(5, count));
        guest.memory.copyIn(at, part);
        return part.length;
      };
    });

    test('is a copy from its offset, zero behind its end', () => {
      expect(map(100, { flags: PRIVATE, fd: 3 })).toBe(FIRST);
      expect(new TextDecoder().decode(guest.memory.copyOut(FIRST, content.length))).toBe(content);
      expect(guest.memory.bytes.subarray(FIRST + content.length, FIRST + 4096).every((byte) => byte === 0)).toBe(true);
      expect(map(7, { flags: PRIVATE, fd: 3 })).toBe(FIRST + 4096);
      expect(guest.memory.readU32(FIRST + 4096 + 8)).toBe(0);
      expect(map(100, { flags: PRIVATE, fd: 3, offset: 4096 })).toBe(FIRST + 2 * 4096);
    });

    test('that is shared can be read, and not be made writable', () => {
      expect(map(100, { flags: SHARED, prot: READ, fd: 3 })).toBe(FIRST);
      expect(guest.call('SYS_mprotect', FIRST, 100, READ)).toBe(0);
      expect(guest.call('SYS_mprotect', FIRST, 100, WRITE)).toBe('EACCES');
      expect(map(100, { flags: SHARED, fd: 3 })).toBe('EACCES');
      status = O_RDWR;
      expect(map(100, { flags: SHARED, fd: 3 })).toBe('ENODEV');
      status = O_WRONLY;
      expect(map(100, { flags: PRIVATE, fd: 3 })).toBe('EACCES');
    });

    test('that is none, and nothing is mapped', () => {
      expect(map(100, { flags: PRIVATE, fd: 4 })).toBe('EBADF');
      status = 0o10000000; // O_PATH
      expect(map(100, { flags: PRIVATE, fd: 3 })).toBe('EBADF');
      status = 0;
      for (const [errno, answer] of [
        [29, 'ENODEV'],
        [21, 'ENODEV'],
        [5, 'EIO'],
      ] as const) {
        error = errno;
        expect(map(100, { flags: PRIVATE, fd: 3 })).toBe(answer);
      }
      expect(map(100)).toBe(FIRST);
    });
  });

  test('mremap', () => {
    const [MAYMOVE, FIXED_TO] = [1, 2];
    expect(map(4096)).toBe(FIRST);
    guest.memory.bytes[FIRST] = 9;
    expect(guest.call('SYS_mremap', FIRST, 4096, 8192, 0, 0)).toBe(FIRST);
    expect(map(4096)).toBe(FIRST + 8192);
    expect(guest.call('SYS_mremap', FIRST, 8192, 3 * 4096, 0, 0)).toBe('ENOMEM');
    expect(guest.call('SYS_mremap', FIRST, 8192, 3 * 4096, MAYMOVE, 0)).toBe(FIRST + 3 * 4096);
    expect(guest.memory.bytes[FIRST + 3 * 4096]).toBe(9);
    expect(guest.call('SYS_mremap', FIRST + 3 * 4096, 4096, 4096, MAYMOVE | FIXED_TO, FIRST)).toBe(FIRST);
    expect(guest.memory.bytes[FIRST]).toBe(9);
    expect(guest.call('SYS_mremap', FIRST, 4096, 4096, FIXED_TO, FIRST)).toBe('EINVAL');
    expect(guest.call('SYS_mremap', FIRST, 4096, 4096, 8, 0)).toBe('EINVAL');
    expect(guest.call('SYS_mremap', FIRST + 1, 4096, 4096, 0, 0)).toBe('EINVAL');
    expect(guest.call('SYS_mremap', 0, 4096, 4096, 0, 0)).toBe('EFAULT');
  });

  test('what has no effect is checked', () => {
    map(8192);
    expect(guest.call('SYS_mprotect', FIRST, 8192, 0)).toBe(0);
    expect(guest.call('SYS_mprotect', 4096, 4096, READ)).toBe(0); // the program's own
    expect(guest.call('SYS_mprotect', 0, 4096, READ)).toBe('ENOMEM');
    expect(guest.call('SYS_mprotect', FIRST, 3 * 4096, READ)).toBe('ENOMEM');
    expect(guest.call('SYS_mprotect', FIRST + 1, 4096, READ)).toBe('EINVAL');
    expect(guest.call('SYS_mprotect', FIRST, 4096, 8)).toBe('EINVAL');
    expect(guest.call('SYS_mprotect', -4096, 4096, READ)).toBe('ENOMEM');
    guest.memory.bytes.fill(7, FIRST, FIRST + 8192);
    expect(guest.call('SYS_madvise', FIRST, 4096, 4)).toBe(0);
    expect([guest.memory.bytes[FIRST], guest.memory.bytes[FIRST + 4096]]).toEqual([0, 7]);
    expect(guest.call('SYS_madvise', FIRST + 4096, 4096, 8)).toBe(0);
    expect(guest.memory.bytes[FIRST + 4096]).toBe(7);
    expect(guest.call('SYS_madvise', FIRST, 4096, 99)).toBe('EINVAL');
    expect(guest.call('SYS_madvise', FIRST + 1, 4096, 4)).toBe('EINVAL');
    expect(guest.call('SYS_madvise', FIRST + 8192, 4096, 4)).toBe('ENOMEM');
    expect(guest.call('SYS_msync', FIRST, 4096, 4)).toBe(0);
    expect(guest.call('SYS_msync', FIRST, 4096, 5)).toBe('EINVAL');
    expect(guest.call('SYS_msync', FIRST, 4096, 8)).toBe('EINVAL');
    expect(guest.call('SYS_msync', FIRST + 8192, 4096, 4)).toBe('ENOMEM');
    expect(guest.call('SYS_mincore', FIRST, 8192, OUT)).toBe(0);
    expect([...guest.memory.copyOut(OUT, 3)]).toEqual([1, 1, 0]);
    expect(guest.call('SYS_mincore', FIRST, 8192, -1)).toBe('EFAULT');
    expect(guest.call('SYS_mincore', FIRST + 1, 1, OUT)).toBe('EINVAL');
    expect(guest.call('SYS_mincore', FIRST + 8192, 1, OUT)).toBe('ENOMEM');
    expect([guest.call('SYS_mlock', 5000, 5), guest.call('SYS_munlock', 5000, 5)]).toEqual([0, 0]);
    expect(guest.call('SYS_mlock', -5, 5)).toBe('ENOMEM');
    expect([guest.call('SYS_mlockall', 3), guest.call('SYS_munlockall')]).toEqual([0, 0]);
    for (const flags of [0, 4, 8]) expect(guest.call('SYS_mlockall', flags)).toBe('EINVAL');
  });

  test('the break stays where the memory ended', () => {
    expect([0, FIRST + 4096, -1].map((to) => guest.call('SYS_brk', to))).toEqual([FIRST, FIRST, FIRST]);
  });
});

/** Stores a sigaction. */
function action(handler: number, flags = 0, mask = 0): number {
  guest.memory.bytes.fill(0, AT, AT + 144);
  guest.memory.writeU32(AT, handler);
  guest.memory.writeNumber(AT + 8, mask);
  guest.memory.writeU32(AT + 136, flags);
  return AT;
}
const handle = (signal: number, handler: number, flags = 0, mask = 0) =>
  guest.call('SYS_rt_sigaction', signal, action(handler, flags, mask), 0, 8);
const bit = (signal: number): number => 2 ** (signal - 1);

describe('signals', () => {
  test('sigaction sets and tells', () => {
    expect(handle(SIGUSR1, 7, 0x1000_0000, bit(SIGUSR2))).toBe(0);
    guest.memory.bytes.fill(0xff, OUT, OUT + 200);
    expect(guest.call('SYS_rt_sigaction', SIGUSR1, 0, OUT, 8)).toBe(0);
    expect(guest.memory.readU32(OUT)).toBe(7);
    expect(guest.load(OUT + 8, 2)).toEqual([bit(SIGUSR2), 0]);
    expect(guest.memory.readU32(OUT + 136)).toBe(0x1000_0000);
    expect(guest.memory.readU32(OUT + 144)).toBe(0xffff_ffff);
    expect(guest.call('SYS_rt_sigaction', SIGUSR1, AT, OUT, 128)).toBe(0); // as a program that calls it with its own sigset_t
    expect(guest.call('SYS_rt_sigaction', SIGUSR1, AT, 0, 4)).toBe('EINVAL');
    for (const signal of [0, -1, 65, 9999]) expect(handle(signal, 7)).toBe('EINVAL');
    for (const signal of [SIGKILL, SIGSTOP]) {
      expect(handle(signal, 1)).toBe('EINVAL');
      expect(guest.call('SYS_rt_sigaction', signal, 0, OUT, 8)).toBe(0);
    }
    expect(guest.call('SYS_rt_sigaction', SIGUSR1, END - 143, 0, 8)).toBe('EFAULT');
    expect(guest.call('SYS_rt_sigaction', SIGUSR1, action(9), END - 143, 8)).toBe('EFAULT');
    guest.call('SYS_rt_sigaction', SIGUSR1, 0, OUT, 8);
    expect(guest.memory.readU32(OUT)).toBe(7);
  });

  test.each([
    ['SYS_kill', [42]],
    ['SYS_kill', [0]],
    ['SYS_kill', [-42]],
    ['SYS_tkill', [42]],
    ['SYS_tgkill', [42, 42]],
  ])('%s %j: the handler runs before the call returns', (name, target) => {
    handle(SIGUSR1, 7);
    expect(guest.call(name, ...target, SIGUSR1)).toBe(0);
    expect(guest.handled).toEqual([[7, SIGUSR1]]);
    expect(guest.call(name, ...target, 0)).toBe(0);
    expect(guest.call(name, ...target, 65)).toBe('EINVAL');
    expect(guest.call(name, ...target, -1)).toBe('EINVAL');
    expect(guest.call(name, ...target, SIGCHLD)).toBe(0);
    expect(guest.handled.length).toBe(1);
  });

  test('others are not there', () => {
    expect(guest.call('SYS_kill', 43, 0)).toBe('ESRCH');
    expect(guest.call('SYS_kill', -1, SIGUSR1)).toBe('ESRCH');
    expect(guest.call('SYS_tkill', 43, SIGUSR1)).toBe('ESRCH');
    expect(guest.call('SYS_tkill', 0, SIGUSR1)).toBe('EINVAL');
    expect(guest.call('SYS_tgkill', 43, 42, SIGUSR1)).toBe('ESRCH');
    expect(guest.call('SYS_tgkill', -1, 42, SIGUSR1)).toBe('EINVAL');
    expect(guest.call('SYS_rt_sigqueueinfo', 43, SIGUSR1, OUT)).toBe('ESRCH');
    expect(guest.call('SYS_rt_sigqueueinfo', 42, SIGUSR1, END - 127)).toBe('EFAULT');
  });

  test('the default action ends the process', () => {
    for (const signal of [SIGABRT, SIGKILL, SIGUSR1, 40]) {
      const one = new CoreGuest();
      expect(() => one.call('SYS_tkill', 42, signal)).toThrow(new Ended(-signal));
    }
    handle(SIGUSR1, 1);
    expect(guest.call('SYS_kill', 42, SIGUSR1)).toBe(0);
  });

  test('a mask keeps signals waiting, and lets them in at the end of the call', () => {
    const [BLOCK, UNBLOCK, SETMASK] = [0, 1, 2];
    handle(SIGUSR1, 7);
    handle(33, 8);
    guest.store(AT, bit(SIGUSR1) + bit(33));
    expect(guest.call('SYS_rt_sigprocmask', BLOCK, AT, 0, 8)).toBe(0);
    guest.call('SYS_tkill', 42, SIGUSR1);
    guest.call('SYS_tkill', 42, 33);
    expect(guest.handled).toEqual([]);
    expect(guest.call('SYS_rt_sigpending', OUT, 8)).toBe(0);
    expect(guest.load(OUT, 1)).toEqual([bit(SIGUSR1) + bit(33)]);
    guest.store(AT, bit(SIGUSR1));
    expect(guest.call('SYS_rt_sigprocmask', UNBLOCK, AT, OUT, 8)).toBe(0);
    expect(guest.load(OUT, 1)).toEqual([bit(SIGUSR1) + bit(33)]);
    expect(guest.handled).toEqual([[7, SIGUSR1]]);
    guest.store(AT, 0);
    expect(guest.call('SYS_rt_sigprocmask', SETMASK, AT, 0, 8)).toBe(0);
    expect(guest.handled).toEqual([
      [7, SIGUSR1],
      [8, 33],
    ]);
    expect(guest.call('SYS_rt_sigprocmask', 3, AT, 0, 8)).toBe('EINVAL');
    expect(guest.call('SYS_rt_sigprocmask', 3, 0, OUT, 8)).toBe(0); // nothing is changed
    expect(guest.call('SYS_rt_sigprocmask', SETMASK, AT, 0, 16)).toBe('EINVAL');
    expect(guest.call('SYS_rt_sigprocmask', SETMASK, END - 7, 0, 8)).toBe('EFAULT');
    expect(guest.call('SYS_rt_sigprocmask', SETMASK, AT, END - 7, 8)).toBe('EFAULT');
    expect(guest.call('SYS_rt_sigpending', END - 7, 8)).toBe('EFAULT');
    expect(guest.call('SYS_rt_sigpending', OUT, 16)).toBe('EINVAL');
  });

  test('sigsuspend and pause wait for a handler', () => {
    handle(SIGALRM, 7);
    guest.store(AT, bit(SIGALRM));
    guest.call('SYS_rt_sigprocmask', 0, AT, 0, 8);
    guest.call('SYS_alarm', 1);
    guest.onSleep = () => {
      for (const timer of guest.context.signals.timers) timer.dueMs -= 1000;
    };
    expect(guest.call('SYS_rt_sigsuspend', guest.store(AT, 0), 8)).toBe('EINTR');
    expect(guest.slept.length).toBe(1);
    expect(guest.slept[0]).toBeCloseTo(1000, -2);
    expect(guest.handled).toEqual([[7, SIGALRM]]);
    expect(guest.context.signals.blocked.has(SIGALRM)).toBe(true);
    guest.call('SYS_rt_sigprocmask', 2, AT, 0, 8);
    guest.call('SYS_alarm', 1);
    expect(guest.call('SYS_pause')).toBe('EINTR');
    expect(guest.handled.length).toBe(2);
    expect(guest.call('SYS_rt_sigsuspend', AT, 4)).toBe('EINVAL');
    expect(guest.call('SYS_rt_sigsuspend', END - 7, 8)).toBe('EFAULT');
  });

  test('sigtimedwait takes a signal that waits, or waits for one', () => {
    const set = guest.store(AT, bit(SIGUSR1) + bit(SIGALRM));
    guest.call('SYS_rt_sigprocmask', 0, set, 0, 8);
    guest.call('SYS_tkill', 42, SIGUSR1);
    guest.memory.bytes.fill(0xff, OUT, OUT + 200);
    expect(guest.call('SYS_rt_sigtimedwait', set, OUT, 0, 8)).toBe(SIGUSR1);
    expect([0, 4, 8, 16, 20, 124, 128].map((offset) => guest.memory.readU32(OUT + offset))).toEqual([
      SIGUSR1,
      0,
      0,
      42,
      0,
      0,
      0xffff_ffff,
    ]);
    expect(guest.call('SYS_rt_sigtimedwait', set, 0, guest.store(OUT, 0, 0), 8)).toBe('EAGAIN');
    guest.call('SYS_alarm', 1);
    guest.onSleep = () => {
      for (const timer of guest.context.signals.timers) timer.dueMs -= 1000;
    };
    expect(guest.call('SYS_rt_sigtimedwait', set, 0, 0, 8)).toBe(SIGALRM);
    handle(SIGUSR2, 7);
    const profiling = guest.store(OUT, 0, 0, 1, 0);
    handle(Signal.SIGPROF, 9);
    guest.call('SYS_setitimer', 2, profiling, 0);
    guest.store(AT, bit(SIGUSR1));
    expect(guest.call('SYS_rt_sigtimedwait', AT, 0, 0, 8)).toBe('EINTR');
    expect(guest.handled).toEqual([[9, Signal.SIGPROF]]);
    expect(guest.call('SYS_rt_sigtimedwait', AT, 0, guest.store(OUT, 0, 1e9), 8)).toBe('EINVAL');
    expect(guest.call('SYS_rt_sigtimedwait', AT, 0, 0, 4)).toBe('EINVAL');
    expect(guest.call('SYS_rt_sigtimedwait', END - 7, 0, 0, 8)).toBe('EFAULT');
    expect(guest.call('SYS_rt_sigtimedwait', AT, END - 127, 0, 8)).toBe('EFAULT');
    expect(guest.call('SYS_rt_sigtimedwait', AT, 0, END - 15, 8)).toBe('EFAULT');
  });

  test('timers tell what is left', () => {
    expect(guest.call('SYS_alarm', 100)).toBe(0);
    expect(guest.call('SYS_alarm', 0)).toBe(100);
    expect(guest.call('SYS_alarm', 0)).toBe(0);
    const value = guest.store(AT, 2, 500_000, 7, 250_000);
    expect(guest.call('SYS_setitimer', 1, value, 0)).toBe(0);
    expect(guest.call('SYS_getitimer', 1, OUT)).toBe(0);
    const [interval, part, seconds, microseconds] = guest.load(OUT, 4) as [number, number, number, number];
    expect([interval, part, seconds]).toEqual([2, 500_000, 7]);
    expect(microseconds).toBeGreaterThan(0);
    expect(microseconds).toBeLessThanOrEqual(250_000);
    expect(guest.call('SYS_setitimer', 1, guest.store(AT, 0, 0, 0, 0), OUT)).toBe(0);
    expect(guest.load(OUT, 3)).toEqual([2, 500_000, 7]);
    guest.call('SYS_getitimer', 1, OUT);
    expect(guest.load(OUT, 4)).toEqual([0, 0, 0, 0]);
    expect(guest.call('SYS_getitimer', 3, OUT)).toBe('EINVAL');
    expect(guest.call('SYS_getitimer', -1, OUT)).toBe('EINVAL');
    expect(guest.call('SYS_getitimer', 0, END - 31)).toBe('EFAULT');
    expect(guest.call('SYS_setitimer', 3, AT, 0)).toBe('EINVAL');
    expect(guest.call('SYS_setitimer', 0, guest.store(AT, 0, 0, 0, 1e6), 0)).toBe('EINVAL');
    expect(guest.call('SYS_setitimer', 0, guest.store(AT, -1, 0, 0, 0), 0)).toBe('EINVAL');
    expect(guest.call('SYS_setitimer', 0, END - 31, 0)).toBe('EFAULT');
    expect(guest.call('SYS_setitimer', 0, AT, END - 31)).toBe('EFAULT');
  });

  test('a stack for handlers is kept and told', () => {
    const stack = (sp: number, flags: number, size: number): number => {
      [sp, flags, size].forEach((value, i) => {
        guest.memory.writeU32(AT + 4 * i, value);
      });
      return AT;
    };
    const told = (): number[] => [0, 4, 8].map((offset) => guest.memory.readU32(OUT + offset));
    expect(guest.call('SYS_sigaltstack', stack(0x100, 0, 8192), OUT)).toBe(0);
    expect(told()).toEqual([0, 2, 0]);
    expect(guest.call('SYS_sigaltstack', 0, OUT)).toBe(0);
    expect(told()).toEqual([0x100, 0, 8192]);
    expect(guest.call('SYS_sigaltstack', stack(0, 2, 0), 0)).toBe(0);
    expect(guest.call('SYS_sigaltstack', stack(0x100, 0, 100), 0)).toBe('ENOMEM');
    expect(guest.call('SYS_sigaltstack', stack(0x100, 4, 8192), 0)).toBe('EINVAL');
    expect(guest.call('SYS_sigaltstack', END - 11, 0)).toBe('EFAULT');
    expect(guest.call('SYS_sigaltstack', 0, END - 11)).toBe('EFAULT');
  });
});

describe('time', () => {
  test('clocks agree with the host’s, in all calls', () => {
    const seconds = (): number => {
      const [whole, part] = guest.load(OUT, 2) as [number, number];
      expect(part).toBeLessThan(1e9);
      return whole + part / 1e9;
    };
    for (const clock of [0, 5]) {
      expect(guest.call('SYS_clock_gettime', clock, OUT)).toBe(0);
      expect(seconds()).toBeCloseTo(Date.now() / 1000, 1);
    }
    for (const clock of [1, 4, 6, 7]) {
      expect(guest.call('SYS_clock_gettime', clock, OUT)).toBe(0);
      expect(seconds()).toBeCloseTo(performance.now() / 1000 + 5, 1);
    }
    // Of the process and its thread, as clock_getcpuclockid and pthread_getcpuclockid make them.
    for (const clock of [2, 3, ~0 << 3, (~42 << 3) | 2, (~42 << 3) | 6]) {
      expect(guest.call('SYS_clock_gettime', clock, OUT)).toBe(0);
      expect(seconds()).toBeLessThan(1);
    }
    for (const clock of [12, 99, -1, ~43 << 3, 1 << 30]) {
      expect([clock, guest.call('SYS_clock_gettime', clock, OUT)]).toEqual([clock, 'EINVAL']);
      expect(guest.call('SYS_clock_getres', clock, OUT)).toBe('EINVAL');
    }
    expect(guest.call('SYS_clock_gettime', 0, OUT + 3)).toBe(0); // any alignment will do
    expect(guest.load(OUT + 3, 1)[0]).toBeCloseTo(Date.now() / 1000, -1);
    expect(guest.call('SYS_clock_gettime', 0, END - 15)).toBe('EFAULT');
    expect(guest.call('SYS_clock_gettime', 1, END - 15)).toBe('EFAULT');
    expect(guest.call('SYS_clock_getres', 1, OUT)).toBe(0);
    expect(guest.load(OUT, 2)).toEqual([0, 1000]);
    expect(guest.call('SYS_clock_getres', 1, 0)).toBe(0);
    expect(guest.call('SYS_clock_getres', 1, END - 15)).toBe('EFAULT');

    guest.memory.bytes.fill(0xff, AT, AT + 8);
    expect(guest.call('SYS_gettimeofday', OUT, AT)).toBe(0);
    const [whole, part] = guest.load(OUT, 2) as [number, number];
    expect(whole + part / 1e6).toBeCloseTo(Date.now() / 1000, 1);
    expect(guest.load(AT, 1)).toEqual([0]);
    expect(guest.call('SYS_gettimeofday', 0, 0)).toBe(0);
    expect(guest.call('SYS_gettimeofday', END - 15, 0)).toBe('EFAULT');
    expect(guest.call('SYS_gettimeofday', 0, END - 7)).toBe('EFAULT');
    const now = guest.call('SYS_time', OUT);
    expect(now).toBe(guest.load(OUT, 1)[0]);
    expect(now).toBeCloseTo(Date.now() / 1000, -1);
    expect(guest.call('SYS_time', 0)).toBeCloseTo(Date.now() / 1000, -1);
    expect(guest.call('SYS_time', END - 7)).toBe('EFAULT');
  });

  test('sleeping lasts, and a handler ends it', () => {
    const request = guest.store(AT, 0, 2e6);
    const start = performance.now();
    expect(guest.call('SYS_nanosleep', request, 0)).toBe(0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(2);
    expect(guest.call('SYS_clock_nanosleep', 0, 0, request, 0)).toBe(0);
    expect(guest.call('SYS_clock_nanosleep', 0, 1, request, 0)).toBe(0); // long past
    handle(SIGALRM, 7);
    guest.call('SYS_alarm', 2);
    guest.onSleep = () => {
      for (const timer of guest.context.signals.timers) timer.dueMs -= 2000;
    };
    guest.slept.length = 0;
    expect(guest.call('SYS_nanosleep', guest.store(AT, 1000, 0), OUT)).toBe('EINTR');
    expect(guest.handled).toEqual([[7, SIGALRM]]);
    expect(guest.load(OUT, 1)).toEqual([999]);
    expect(guest.slept.length).toBe(1);
    expect(guest.slept[0]).toBeCloseTo(2000, -2);
    const bad: [number, number][] = [
      [-1, 0],
      [0, -1],
      [0, 1e9],
    ];
    for (const times of bad) {
      expect(guest.call('SYS_nanosleep', guest.store(AT, ...times), 0)).toBe('EINVAL');
      expect(guest.call('SYS_clock_nanosleep', 1, 1, guest.store(AT, ...times), 0)).toBe('EINVAL');
    }
    guest.store(AT, 0, 0);
    expect(guest.call('SYS_nanosleep', END - 15, 0)).toBe('EFAULT');
    expect(guest.call('SYS_nanosleep', AT, END - 15)).toBe('EFAULT');
    expect(guest.call('SYS_clock_nanosleep', 3, 0, AT, 0)).toBe('EINVAL');
    expect(guest.call('SYS_clock_nanosleep', 77, 0, AT, 0)).toBe('EINVAL');
    expect(guest.call('SYS_clock_nanosleep', 4, 0, AT, 0)).toBe('EOPNOTSUPP');
    expect(guest.call('SYS_clock_nanosleep', 0, 0, AT, END - 15)).toBe('EFAULT');
    expect(guest.call('SYS_clock_nanosleep', 0, 1, AT, END - 15)).toBe(0); // is not told there
  });
});

describe('threads of a process that has one', () => {
  test('a word to wait on', () => {
    const [WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAKE_OP, WAIT_BITSET, WAKE_BITSET, PRIVATE_FLAG] = [
      0, 1, 3, 4, 5, 9, 10, 128,
    ];
    guest.memory.writeU32(AT, -5);
    const timeout = guest.store(OUT, 0, 1e6);
    expect(guest.call('SYS_futex', AT, WAIT, 1, timeout, 0, 0)).toBe('EAGAIN');
    expect(guest.call('SYS_futex', AT, WAIT | PRIVATE_FLAG, -5, timeout, 0, 0)).toBe('ETIMEDOUT');
    expect(guest.call('SYS_futex', AT, WAIT_BITSET, -5, timeout, 0, -1)).toBe('ETIMEDOUT'); // that time is past
    expect(guest.call('SYS_futex', AT, WAIT_BITSET | 256, -5, timeout, 0, -1)).toBe('ETIMEDOUT');
    expect(guest.call('SYS_futex', AT, WAIT_BITSET, -5, timeout, 0, 0)).toBe('EINVAL');
    for (const operation of [WAKE, REQUEUE, WAKE | PRIVATE_FLAG]) {
      expect(guest.call('SYS_futex', AT, operation, 1, 0, AT, 0)).toBe(0);
    }
    expect(guest.call('SYS_futex', AT, WAKE_BITSET, 1, 0, 0, 1)).toBe(0);
    expect(guest.call('SYS_futex', AT, WAKE_BITSET, 1, 0, 0, 0)).toBe('EINVAL');
    expect(guest.call('SYS_futex', AT, CMP_REQUEUE, 1, 0, AT, -5)).toBe(0);
    expect(guest.call('SYS_futex', AT, CMP_REQUEUE, 1, 0, AT, 5)).toBe('EAGAIN');
    const operations: [fields: number, result: number][] = [
      [(0 << 28) | (12 << 12), 12],
      [(1 << 28) | (12 << 12), 15],
      [(2 << 28) | (12 << 12), 15],
      [(3 << 28) | (1 << 12), 2],
      [(4 << 28) | (1 << 12), 2],
      [(1 << 28) | (0xfff << 12), 2],
      [(1 << 31) | (4 << 12), 16],
    ];
    for (const [fields, result] of operations) {
      guest.memory.writeU32(OUT, 3);
      expect(guest.call('SYS_futex', AT, WAKE_OP, 1, 1, OUT, fields)).toBe(0);
      expect([fields, guest.memory.readU32(OUT)]).toEqual([fields, result]);
    }
    expect(guest.call('SYS_futex', AT, WAKE_OP, 1, 1, OUT, 5 << 28)).toBe('ENOSYS');
    expect(guest.call('SYS_futex', AT, WAKE_OP, 1, 1, OUT, 6 << 24)).toBe('ENOSYS');
    expect(guest.call('SYS_futex', AT, WAKE_OP, 1, 1, OUT + 1, 0)).toBe('EINVAL');
    expect(guest.call('SYS_futex', AT, WAKE_OP, 1, 1, -4, 0)).toBe('EFAULT');
    expect(guest.call('SYS_futex', AT, 6, 1, 0, 0, 0)).toBe('ENOSYS');
    expect(guest.call('SYS_futex', AT + 2, WAIT, 1, 0, 0, 0)).toBe('EINVAL');
    expect(guest.call('SYS_futex', END, WAIT, 1, 0, 0, 0)).toBe('EFAULT');
    expect(guest.call('SYS_futex', AT, WAIT, -5, END - 15, 0, 0)).toBe('EFAULT');
    expect(guest.call('SYS_futex', AT, WAIT, -5, guest.store(OUT, 0, -1), 0, 0)).toBe('EINVAL');
  });

  test('a handler ends a wait that nobody else would end', () => {
    handle(SIGALRM, 7);
    guest.call('SYS_alarm', 1);
    guest.onSleep = () => {
      for (const timer of guest.context.signals.timers) timer.dueMs -= 2000;
    };
    expect(guest.call('SYS_futex', OUT, 0, 0, 0, 0, 0)).toBe('EINTR');
    expect(guest.handled).toEqual([[7, SIGALRM]]);
  });

  test('scheduling', () => {
    expect(guest.call('SYS_sched_yield')).toBe(0);
    guest.memory.bytes.fill(0xff, OUT, OUT + 16);
    expect(guest.call('SYS_sched_getaffinity', 0, 16, OUT)).toBe(8);
    expect(guest.load(OUT, 2)).toEqual([1, -1]);
    expect(guest.call('SYS_sched_getaffinity', 42, 4, OUT)).toBe('EINVAL');
    expect(guest.call('SYS_sched_getaffinity', 42, 12, OUT)).toBe('EINVAL');
    expect(guest.call('SYS_sched_getaffinity', 43, 8, OUT)).toBe('ESRCH');
    expect(guest.call('SYS_sched_getaffinity', 42, 8, END - 7)).toBe('EFAULT');
    expect(guest.call('SYS_sched_setaffinity', 42, 8, OUT)).toBe(0);
    expect(guest.call('SYS_sched_setaffinity', 42, 8, guest.store(AT, 2))).toBe('EINVAL');
    expect(guest.call('SYS_sched_setaffinity', 42, 0, OUT)).toBe('EINVAL');
    expect(guest.call('SYS_sched_setaffinity', 43, 8, OUT)).toBe('ESRCH');
    expect(guest.call('SYS_sched_setaffinity', 0, 8, END - 7)).toBe('EFAULT');
    expect(guest.call('SYS_getcpu', OUT, OUT + 4, 0)).toBe(0);
    expect(guest.load(OUT, 1)).toEqual([0]);
    expect(guest.call('SYS_getcpu', 0, 0, 0)).toBe(0);
    expect(guest.call('SYS_getcpu', END - 3, 0, 0)).toBe('EFAULT');
    expect(guest.call('SYS_getcpu', 0, END - 3, 0)).toBe('EFAULT');
    expect(guest.call('SYS_sched_getscheduler', 0)).toBe(0);
    expect(guest.call('SYS_sched_getscheduler', 43)).toBe('ESRCH');
    expect(guest.call('SYS_sched_getscheduler', -1)).toBe('EINVAL');
    expect(guest.call('SYS_sched_getparam', 0, OUT)).toBe(0);
    expect(guest.call('SYS_sched_getparam', 43, OUT)).toBe('ESRCH');
    expect(guest.call('SYS_sched_getparam', 0, 0)).toBe('EINVAL');
    expect(guest.call('SYS_sched_getparam', 0, END - 3)).toBe('EFAULT');
    const [OTHER, FIFO] = [0, 1];
    const none = guest.store(AT, 0);
    expect(guest.call('SYS_sched_setscheduler', 0, OTHER, none)).toBe(0);
    expect(guest.call('SYS_sched_setscheduler', 0, FIFO, none)).toBe('EINVAL');
    expect(guest.call('SYS_sched_setscheduler', 0, FIFO, guest.store(OUT, 5))).toBe('EPERM');
    expect(guest.call('SYS_sched_setscheduler', 0, 4, none)).toBe('EINVAL');
    expect(guest.call('SYS_sched_setscheduler', 43, OTHER, none)).toBe('ESRCH');
    expect(guest.call('SYS_sched_setscheduler', 0, OTHER, END - 3)).toBe('EFAULT');
    expect(guest.call('SYS_sched_setparam', 0, none)).toBe(0);
    expect(guest.call('SYS_sched_setparam', 0, OUT)).toBe('EINVAL');
    expect([0, 1, 2, 3, 4, 5].map((policy) => guest.call('SYS_sched_get_priority_max', policy))).toEqual([
      0,
      99,
      99,
      0,
      'EINVAL',
      0,
    ]);
    expect([0, 1, 4].map((policy) => guest.call('SYS_sched_get_priority_min', policy))).toEqual([0, 1, 'EINVAL']);
    expect([0, 1, 8, 16, 3, 2].map((command) => guest.call('SYS_membarrier', command, 0, 0))).toEqual([
      25,
      0,
      0,
      0,
      'EINVAL',
      'EINVAL',
    ]);
    expect(guest.call('SYS_membarrier', 1, 1, 0)).toBe('EINVAL');
    expect(guest.call('SYS_set_tid_address', OUT)).toBe(42);
    expect(guest.call('SYS_set_robust_list', OUT, 24)).toBe(0);
  });
});

describe('the process', () => {
  test('its numbers, until it becomes somebody else', () => {
    expect(['SYS_getpid', 'SYS_gettid'].map((name) => guest.call(name))).toEqual([42, 42]);
    const who = ['SYS_getuid', 'SYS_geteuid', 'SYS_getgid', 'SYS_getegid'];
    expect(who.map((name) => guest.call(name))).toEqual([0, 0, 0, 0]);
    expect(guest.call('SYS_setresuid', 1, 1, 1)).toBe('NOT_SERVED');
    expect(who.map((name) => guest.call(name))).toEqual(Array(4).fill('NOT_SERVED'));
  });

  test('its arguments, one at a time', () => {
    expect([guest.call('__init'), guest.call('__deinit'), guest.call('__cl_get_argc')]).toEqual([0, 0, 3]);
    expect([0, 1, 2, 3, -1].map((index) => guest.call('__cl_get_argv_len', index))).toEqual([
      7,
      2,
      0,
      'EINVAL',
      'EINVAL',
    ]);
    guest.memory.bytes.fill(0xff, OUT, OUT + 8);
    expect(guest.call('__cl_copy_argv', OUT, 1)).toBe(2);
    expect([...guest.memory.copyOut(OUT, 4)]).toEqual([0xc3, 0xbc, 0, 0xff]);
    expect(guest.call('__cl_copy_argv', END - 8, 0)).toBe(7);
    expect(guest.call('__cl_copy_argv', END - 7, 0)).toBe('EFAULT');
    expect(guest.call('__cl_copy_argv', OUT, 3)).toBe('EINVAL');
  });

  test('a place to jump back to is named, and jumping ends the process', () => {
    expect([guest.call('setjmp', OUT), guest.call('sigsetjmp', OUT, 1)]).toEqual([0, 0]);
    expect(() => guest.call('longjmp', OUT, 1)).toThrow(new Ended(-SIGABRT));
  });

  test('random bytes', () => {
    guest.memory.bytes.fill(0, OUT, OUT + 64);
    expect(guest.call('SYS_getrandom', OUT, 32, 1)).toBe(32);
    expect(guest.memory.copyOut(OUT, 32).some((byte) => byte !== 0)).toBe(true);
    expect(guest.memory.copyOut(OUT + 32, 32).every((byte) => byte === 0)).toBe(true);
    expect(guest.call('SYS_getrandom', END - 1, 2, 0)).toBe('EFAULT');
    expect(guest.call('SYS_getrandom', OUT, 2, 8)).toBe('EINVAL');
    expect(guest.call('SYS_getrandom', OUT, 2, 6)).toBe('EINVAL');
  });

  test.each(['SYS_exit', 'SYS_exit_group', '__proc_exit'])('%s ends it', (name) => {
    expect(() => guest.call(name, 3)).toThrow(new Ended(3));
  });
});
