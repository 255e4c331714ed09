// What Linux's calls tell and change of a process: identities, limits, names, time; and how they wait for descriptors.
// Identities as setuid(2), setreuid(2) and setresuid(2) say; looked up on a host.

import { describe, expect, it } from 'vitest';
import { RLIMIT, SYSINFO, UTSNAME } from '../../../../runtime/abi/linux/structs.ts';
import { Pipe } from '../harness.ts';
import { AT, AT_FDCWD, LinuxGuest, O, userBeside } from './guest.ts';

const EACCESS = 0x200;
const NOFILE = 7;
const NS = 1e9;

function ids(guest: LinuxGuest, name: 'getresuid' | 'getresgid'): number[] {
  guest.must(name, AT.struct, AT.struct + 4, AT.struct + 8);
  return [0, 4, 8].map((at) => guest.i32(AT.struct + at));
}

describe('identities', () => {
  it('user 0 becomes anyone, and by setuid for good', () => {
    const guest = new LinuxGuest();
    expect(guest.must('setresuid', -1, 5, -1)).toBe(0);
    expect(ids(guest, 'getresuid')).toEqual([0, 5, 0]);
    expect([guest.must('getuid'), guest.must('geteuid')]).toEqual([0, 5]);
    expect(guest.sys('setuid', 9)).toBe('EPERM');
    expect(guest.must('setuid', 0)).toBe(0);
    expect(guest.must('setuid', 7)).toBe(0);
    expect(ids(guest, 'getresuid')).toEqual([7, 7, 7]);
    expect(guest.sys('setuid', 0)).toBe('EPERM');
  });

  it('others swap between those that they have', () => {
    const guest = new LinuxGuest();
    guest.must('setresgid', 1, 2, 3);
    guest.must('setresuid', 10, 20, 30);
    expect(guest.sys('setreuid', 30, -1)).toBe('EPERM');
    expect(guest.must('setreuid', -1, 30)).toBe(0);
    expect(ids(guest, 'getresuid')).toEqual([10, 30, 30]);
    expect(guest.must('setreuid', 30, 10)).toBe(0);
    expect(ids(guest, 'getresuid')).toEqual([30, 10, 10]);
    expect(guest.must('setresgid', 2, 3, 1)).toBe(0);
    expect(ids(guest, 'getresgid')).toEqual([2, 3, 1]);
    expect([guest.must('getgid'), guest.must('getegid')]).toEqual([2, 3]);
    expect(guest.sys('setresgid', 9, -1, -1)).toBe('EPERM');
    expect(guest.must('setregid', -1, 2)).toBe(0);
    expect(guest.must('setgid', 1)).toBe(0);
    expect(ids(guest, 'getresgid')).toEqual([2, 1, 1]);
    expect(guest.sys('setgid', 3)).toBe('EPERM');
  });

  it('access asks for the real ones, AT_EACCESS and open for the effective', () => {
    const guest = new LinuxGuest();
    guest.file('private', O.CREAT | O.RDWR, 0o600);
    const path = guest.text0('private');
    guest.must('setresuid', 1000, 0, 0);
    expect(guest.sys('access', path, 4)).toBe('EACCES');
    expect(guest.sys('faccessat2', AT_FDCWD, path, 4, 0)).toBe('EACCES');
    expect(guest.sys('faccessat2', AT_FDCWD, path, 4, EACCESS)).toBe(0);
    expect(guest.sys('open', path, O.RDONLY, 0)).toBeTypeOf('number');
    expect(guest.must('geteuid')).toBe(0);
  });

  it('groups are told and set', () => {
    const guest = new LinuxGuest({ groups: [5, 6] });
    expect(guest.must('getgroups', 0, 0)).toBe(2);
    expect(guest.must('getgroups', 10, AT.struct)).toBe(2);
    expect([guest.i32(AT.struct), guest.i32(AT.struct + 4)]).toEqual([5, 6]);
    guest.memory.writeU32(AT.struct, 300);
    expect(guest.must('setgroups', 1, AT.struct)).toBe(0);
    expect(guest.process.groups).toEqual([300]);
    expect(guest.sys('getgroups', -1, AT.struct)).toBe('EINVAL');
  });

  it('a process leads its own group and session, and its parent is 1', () => {
    const guest = new LinuxGuest();
    const { pid } = guest.process;
    const told = ['getpid', 'gettid', 'getpgrp'].map((name) => guest.must(name));
    expect(told).toEqual([pid, pid, pid]);
    expect([guest.must('getpgid', 0), guest.must('getsid', 0), guest.must('getpgid', 1)]).toEqual([pid, pid, 1]);
    expect(guest.must('getppid')).toBe(1);
    expect(guest.must('setpgid', 0, 0)).toBe(0);
    expect(guest.must('setpgid', pid, pid)).toBe(0);
  });
});

describe('limits', () => {
  const limit = (guest: LinuxGuest, resource: number): [number, number] => {
    guest.must('getrlimit', resource, AT.struct);
    return [guest.i64(AT.struct + RLIMIT.cur), guest.i64(AT.struct + RLIMIT.max)];
  };
  const put = (guest: LinuxGuest, current: number, most: number): number => {
    guest.putI64(AT.second, current);
    guest.putI64(AT.second + 8, most);
    return AT.second;
  };

  it('of open files are kept to, and told in /proc', () => {
    const guest = new LinuxGuest();
    expect(limit(guest, NOFILE)).toEqual([1024, 1024]);
    expect(guest.must('prlimit64', 0, NOFILE, put(guest, 5, 100), AT.struct)).toBe(0);
    expect(guest.i64(AT.struct)).toBe(1024);
    expect(limit(guest, NOFILE)).toEqual([5, 100]);
    expect([guest.sys('dup', 0), guest.sys('dup', 0), guest.sys('dup', 0)]).toEqual([3, 4, 'EMFILE']);
    expect(guest.sys('dup2', 0, 5)).toBe('EBADF');
    expect(guest.sys('fcntl', 0, 0, 5)).toBe('EINVAL');
    guest.must('close', 4);
    const fd = guest.file('/proc/self/limits', O.RDONLY);
    expect(guest.take(fd, 4096)).toMatch(/Max open files {12}5 +100 +files/);
    expect(guest.sys('setrlimit', NOFILE, put(guest, 101, 100))).toBe('EINVAL');
    expect(guest.must('setrlimit', NOFILE, put(guest, 100, 100))).toBe(0);
    expect(guest.sys('dup', 0)).toBe(5);
  });

  it('are none where none is set, and user 0 raises them', () => {
    const guest = new LinuxGuest();
    expect(limit(guest, 0)).toEqual([-1, -1]);
    expect(limit(guest, 4)).toEqual([0, 0]);
    expect(guest.must('setrlimit', 4, put(guest, -1, -1))).toBe(0);
    expect(limit(guest, 4)).toEqual([-1, -1]);
    const user = userBeside(guest);
    expect(user.sys('setrlimit', 4, put(user, 1, 1))).toBe('EPERM');
  });
});

describe('what is told', () => {
  it('by uname is what /proc tells', () => {
    const guest = new LinuxGuest();
    guest.must('uname', AT.struct);
    const names = ['sysname', 'nodename', 'release', 'version', 'machine'] as const;
    expect(names.map((name) => guest.cText(AT.struct + UTSNAME[name]))).toEqual([
      'Linux',
      'fusedos',
      '6.1.0-fusedos',
      '#1 SMP',
      'wasm32',
    ]);
    expect(guest.take(guest.file('/proc/sys/kernel/osrelease', O.RDONLY), 100)).toBe('6.1.0-fusedos\n');
  });

  it('by sysinfo, getrusage and times moves with time', () => {
    const guest = new LinuxGuest();
    guest.must('sysinfo', AT.struct);
    expect(guest.i64(AT.struct + SYSINFO.totalram)).toBe(2 ** 32);
    expect(guest.memory.readU32(AT.struct + SYSINFO.memUnit)).toBe(1);
    expect(guest.memory.readU16(AT.struct + SYSINFO.procs)).toBe(2);
    const before = guest.must('times', AT.struct);
    guest.nowNs += 3.25 * NS;
    expect(guest.must('times', AT.struct) - before).toBe(325);
    expect(guest.i64(AT.struct)).toBe(325);
    guest.must('getrusage', 0, AT.struct);
    expect([guest.i64(AT.struct), guest.i64(AT.struct + 8)]).toEqual([3, 250_000]);
    guest.must('getrusage', -1, AT.struct);
    expect(guest.i64(AT.struct)).toBe(0);
    expect(guest.must('times', 0)).toBe(before + 325);
  });

  it('by clocks, those of processor time by the numbers that C libraries make', () => {
    const guest = new LinuxGuest();
    const { pid } = guest.process;
    const told = (id: number): number | string => {
      const result = guest.sys('clock_gettime', id, AT.struct);
      return typeof result === 'string' ? result : guest.i64(AT.struct);
    };
    guest.nowNs = 5.5 * NS;
    expect([0, 5].map(told)).toEqual([1_700_000_005, 1_700_000_005]);
    expect([1, 4, 6, 7].map(told)).toEqual([5, 5, 5, 5]);
    const ofPid = (number: number, kind: number): number => (-number - 1) * 8 + kind;
    expect([2, 3, ofPid(0, 2), ofPid(pid, 2), ofPid(pid, 6)].map(told)).toEqual([5, 5, 5, 5, 5]);
    expect([ofPid(9999, 2), 8, -1].map(told)).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
    expect(guest.must('clock_getres', 1, 0)).toBe(0);
    expect(guest.must('gettimeofday', AT.struct, 0)).toBe(0);
    expect(guest.i64(AT.struct)).toBe(1_700_000_005);
    expect(guest.must('time', 0)).toBe(1_700_000_005);
  });

  it('by prctl is a name of 15 bytes at most', () => {
    const guest = new LinuxGuest();
    guest.must('prctl', 15, guest.text0('a name that is too long'), 0, 0, 0);
    guest.must('prctl', 16, AT.struct, 0, 0, 0);
    expect(guest.cText(AT.struct)).toBe('a name that is ');
    expect(guest.take(guest.file('/proc/self/comm', O.RDONLY), 100)).toBe('a name that is \n');
  });

  it('of arguments and environment to programs of the Linux Interface', () => {
    const guest = new LinuxGuest({ args: ['prog', 'α'], env: ['A=1', 'B=two'] });
    expect([guest.must('__cl_get_argc'), guest.must('__cl_get_argv_len', 1)]).toEqual([2, 2]);
    expect(guest.must('__cl_copy_argv', AT.struct, 0)).toBe(4);
    expect(guest.cText(AT.struct)).toBe('prog');
    expect(guest.must('__get_init_envfile', AT.struct, 100)).toBeGreaterThan(0);
    expect(guest.take(guest.file(guest.cText(AT.struct), O.RDONLY), 100)).toBe('A=1\nB=two\n');
    expect(guest.must('__get_init_envfile', AT.struct, 4)).toBe(0);
    expect(new LinuxGuest({ env: [] }).must('__get_init_envfile', AT.struct, 100)).toBe(0);
    expect([guest.must('__init'), guest.must('__deinit')]).toEqual([0, 0]);
  });

  it('of niceness is 20 less it', () => {
    const guest = new LinuxGuest();
    expect(guest.must('getpriority', 0, 0)).toBe(20);
    expect(guest.must('setpriority', 0, 0, 100)).toBe(0);
    expect(guest.must('getpriority', 0, guest.process.pid)).toBe(1);
  });

  it('a program ends with its status', () => {
    for (const name of ['exit', 'exit_group', '__proc_exit']) {
      const guest = new LinuxGuest();
      guest.sys(name, 3 + 256);
      expect(guest.exits).toEqual([3 << 8]);
    }
  });
});

describe('waiting for descriptors', () => {
  const streams = (): { guest: LinuxGuest; input: Pipe; output: Pipe } => {
    const [input, output] = [new Pipe(), new Pipe(4)];
    return { guest: new LinuxGuest({ stdio: [input, output, 'null'] }), input, output };
  };
  const poll = (guest: LinuxGuest, wanted: readonly (readonly [fd: number, events: number])[], ms: number) => {
    for (const [i, [fd, events]] of wanted.entries()) {
      guest.memory.writeU32(AT.struct + 8 * i, fd);
      guest.memory.writeU32(AT.struct + 8 * i + 4, events | 0xffff_0000);
    }
    return guest.sys('poll', AT.struct, wanted.length, ms);
  };
  const found = (guest: LinuxGuest, count: number): number[] =>
    Array.from({ length: count }, (_, i) => guest.memory.readU16(AT.struct + 8 * i + 6));

  it('poll tells what is ready, what is not open, and nothing of numbers below zero', () => {
    const { guest, input } = streams();
    const file = guest.file('file');
    input.bytes.push(1);
    const wanted = [
      [0, 0x41],
      [1, 4],
      [file, 5],
      [99, 1],
      [-1, 1],
      [file, 0],
    ] as const; // prettier-ignore
    expect(poll(guest, wanted, -1)).toBe(4);
    expect(found(guest, 6)).toEqual([0x41, 4, 5, 0x20, 0, 0]);
    input.isWriterClosed = true;
    input.bytes = [];
    expect(poll(guest, [[0, 0]], 0)).toBe(1);
    expect(found(guest, 1)).toEqual([0x10]);
  });

  it('poll waits for events and for time', () => {
    const { guest, input } = streams();
    expect(poll(guest, [[0, 1]], 0)).toBe(0);
    expect(poll(guest, [[0, 1]], -1)).toBe('WAITS');
    input.bytes.push(1);
    expect(guest.resume()).toBe(1);
    input.bytes = [];
    expect(poll(guest, [[0, 1]], 1000)).toBe('WAITS');
    guest.nowNs += 0.9 * NS;
    expect(guest.resume()).toBe('WAITS');
    guest.nowNs += 0.1 * NS;
    expect(guest.resume()).toBe(0);
    expect(poll(guest, [], 5)).toBe('WAITS');
    guest.nowNs += NS;
    expect(guest.resume()).toBe(0);
  });

  it('ppoll and pselect6 take times of nanoseconds and tell what is left', () => {
    const { guest, input } = streams();
    const put = (at: number, sec: number, rest: number): number => {
      guest.putI64(at, sec);
      guest.putI64(at + 8, rest);
      return at;
    };
    guest.memory.writeU32(AT.struct, 0);
    guest.memory.writeU32(AT.struct + 4, 1);
    put(AT.third, 0, 8);
    expect(guest.sys('ppoll', AT.struct, 1, put(AT.second, 2, 0), 0, 0)).toBe('WAITS');
    guest.nowNs += 0.5 * NS;
    input.bytes.push(1);
    expect(guest.resume()).toBe(1);
    expect(guest.i64(AT.second)).toBe(1);
    expect(guest.i64(AT.second + 8)).toBeGreaterThan(0.49 * NS);
    expect(guest.sys('ppoll', AT.struct, 1, put(AT.second, 2, NS), 0, 0)).toBe('EINVAL');
    expect(guest.sys('ppoll', AT.struct, 1, 0, AT.third, 4)).toBe('EINVAL');
    expect(guest.sys('pselect6', 0, 0, 0, 0, put(AT.second, -1, 0), 0)).toBe('EINVAL');
    expect(guest.sys('pselect6', 0, 0, 0, 0, put(AT.second, 0, 5), AT.third)).toBe('WAITS');
    guest.nowNs += NS;
    expect(guest.resume()).toBe(0);
    expect([guest.i64(AT.second), guest.i64(AT.second + 8)]).toEqual([0, 0]);
    put(AT.third, AT.struct, 7);
    expect(guest.sys('pselect6', 0, 0, 0, 0, put(AT.second, 0, 0), AT.third)).toBe('EINVAL');
  });

  it('select leaves the bits of what is ready, and of nothing else', () => {
    const { guest, input, output } = streams();
    const file = guest.file('file');
    const set = (at: number, ...fds: readonly number[]): number => {
      guest.putI64(
        at,
        fds.reduce((sum, fd) => sum + 2 ** fd, 0),
      );
      return at;
    };
    guest.putI64(AT.third, 0);
    guest.putI64(AT.third + 8, 0);
    const readable = AT.struct;
    const writable = AT.struct + 64;
    const odd = AT.struct + 128;
    expect(guest.sys('select', 10, set(readable, 0, file), set(writable, 1), set(odd, 0), AT.third)).toBe(2);
    expect([readable, writable, odd].map((at) => guest.i64(at))).toEqual([2 ** file, 2, 0]);
    input.bytes.push(1);
    output.bytes.push(1, 2, 3, 4);
    expect(guest.sys('select', 10, set(readable, 0), set(writable, 1), 0, 0)).toBe(1);
    expect([readable, writable].map((at) => guest.i64(at))).toEqual([1, 0]);
    expect(guest.sys('select', 10, set(readable, 9), 0, 0, 0)).toBe('EBADF');
    // What stands above the first parameter is nothing to the call.
    expect(guest.sys('select', 3, set(readable, 0, 9), 0, 0, 0)).toBe(1);
    guest.putI64(AT.third, 0);
    guest.putI64(AT.third + 8, 2_500_000);
    input.bytes = [];
    expect(guest.sys('select', 1, set(readable, 0), 0, 0, AT.third)).toBe('WAITS');
    guest.nowNs += 2.4 * NS;
    expect(guest.resume()).toBe('WAITS');
    guest.nowNs += 0.2 * NS;
    expect(guest.resume()).toBe(0);
    expect(guest.i64(readable)).toBe(0);
  });

  it('a write to a full stream goes on when there is room', () => {
    const { guest, output } = streams();
    guest.text0('123456', AT.buffer);
    expect(guest.sys('write', 1, AT.buffer, 6)).toBe('WAITS');
    output.read(new Uint8Array(4));
    expect(guest.resume()).toBe(6);
    expect(output.text).toBe('56');
  });
});
