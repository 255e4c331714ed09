// The rows of Linux's calls on a process itself: identity, limits, clocks, its end; core-rows.ts has the others. Only the
// table; read through rows.ts. See: the Linux man pages, section 2; the WebAssembly Linux Interface, syscalls.

import { call, FAULT, long, reads, s32, size, u32, writes } from './call.ts';

const WHO = { ESRCH: 'there is no such process' } as const;
const SET_ID = { EPERM: 'the caller is not user 0, and the identity is none of its own' } as const;
const CLOCK = s32('clockid', 'clock');
const NO_CLOCK = { EINVAL: 'there is no such clock' } as const;
const RESOURCE = s32('resource', 'resource');

export const PROCESS_ROWS = [
  // Threads.
  call(24, 'sched_yield', {
    home: 'cnk',
    summary: 'Lets other threads of the core run first.',
    params: [],
    note: 'A core runs one thread. When more threads of the process want to run than the host has processors, one call in 16 sleeps 50 µs; else it returns at once.',
  }),

  // Time.
  call(96, 'gettimeofday', {
    home: 'cnk',
    summary: 'Tells the time of day in microseconds.',
    params: [writes('tv', 'timeval'), writes('tz', 'timezone')],
    errors: FAULT,
  }),
  call(201, 'time', {
    home: 'cnk',
    summary: 'Tells the time of day in seconds.',
    params: [writes('tloc', 'off')],
    result: 'value64',
    errors: FAULT,
  }),
  call(228, 'clock_gettime', {
    home: 'cnk',
    summary: 'Tells the time of a clock.',
    params: [CLOCK, writes('tp', 'timespec')],
    errors: { ...FAULT, ...NO_CLOCK },
  }),
  call(229, 'clock_getres', {
    home: 'cnk',
    summary: 'Tells the resolution of a clock.',
    params: [CLOCK, writes('res', 'timespec')],
    errors: { ...FAULT, ...NO_CLOCK },
  }),
  call(98, 'getrusage', {
    home: 'linux',
    summary: 'Tells how much processor time was used, and what else is counted.',
    params: [s32('who', 'rusage target'), writes('usage', 'rusage')],
    errors: { ...FAULT, EINVAL: 'neither the process, its children nor the thread' },
    support: 'partial',
    note: 'Times only; time that a guest spends waiting counts as used.',
  }),
  call(100, 'times', {
    home: 'linux',
    summary: 'Tells how much processor time was used, in hundredths of a second; gives the time since the start.',
    params: [writes('buf', 'tms')],
    result: 'value64',
    errors: FAULT,
  }),

  // Identity.
  call(39, 'getpid', { home: 'cnk', summary: "Tells the process's id.", params: [] }),
  call(186, 'gettid', { home: 'core', summary: "Tells the thread's id.", params: [] }),
  call(110, 'getppid', { home: 'cnk', summary: "Tells the id of the process's parent.", params: [] }),
  call(102, 'getuid', { home: 'cnk', summary: 'Tells the real user.', params: [] }),
  call(104, 'getgid', { home: 'cnk', summary: 'Tells the real group.', params: [] }),
  call(107, 'geteuid', { home: 'cnk', summary: 'Tells the effective user.', params: [] }),
  call(108, 'getegid', { home: 'cnk', summary: 'Tells the effective group.', params: [] }),
  call(105, 'setuid', {
    home: 'cnk',
    summary: 'Sets the effective user; by user 0 the real and saved ones too.',
    params: [s32('uid', 'uid')],
    errors: { ...SET_ID, EINVAL: 'no user' },
  }),
  call(106, 'setgid', {
    home: 'cnk',
    summary: 'Sets the effective group; by user 0 the real and saved ones too.',
    params: [s32('gid', 'gid')],
    errors: { ...SET_ID, EINVAL: 'no group' },
  }),
  call(113, 'setreuid', {
    home: 'cnk',
    summary: 'Sets the real and the effective user; -1 leaves one as it is.',
    params: [s32('ruid', 'uid'), s32('euid', 'uid')],
    errors: SET_ID,
  }),
  call(114, 'setregid', {
    home: 'cnk',
    summary: 'Sets the real and the effective group; -1 leaves one as it is.',
    params: [s32('rgid', 'gid'), s32('egid', 'gid')],
    errors: SET_ID,
  }),
  call(115, 'getgroups', {
    home: 'linux',
    summary: 'Tells the supplementary groups; gives how many. A size of 0 asks only that.',
    params: [size('size'), writes('list', 'id', 'size')],
    errors: { ...FAULT, EINVAL: 'fewer elements than groups' },
  }),
  call(116, 'setgroups', {
    home: 'linux',
    summary: 'Sets the supplementary groups.',
    params: [size('size'), reads('list', 'id', 'size')],
    errors: { ...FAULT, EINVAL: 'more than 65,536 groups', EPERM: 'the caller is not user 0' },
  }),
  call(117, 'setresuid', {
    home: 'cnk',
    summary: 'Sets the real, effective and saved user; -1 leaves one as it is.',
    params: [s32('ruid', 'uid'), s32('euid', 'uid'), s32('suid', 'uid')],
    errors: SET_ID,
  }),
  call(118, 'getresuid', {
    home: 'linux',
    summary: 'Tells the real, effective and saved user.',
    params: [writes('ruid', 'id'), writes('euid', 'id'), writes('suid', 'id')],
    errors: FAULT,
  }),
  call(119, 'setresgid', {
    home: 'cnk',
    summary: 'Sets the real, effective and saved group; -1 leaves one as it is.',
    params: [s32('rgid', 'gid'), s32('egid', 'gid'), s32('sgid', 'gid')],
    errors: SET_ID,
  }),
  call(120, 'getresgid', {
    home: 'linux',
    summary: 'Tells the real, effective and saved group.',
    params: [writes('rgid', 'id'), writes('egid', 'id'), writes('sgid', 'id')],
    errors: FAULT,
  }),
  call(122, 'setfsuid', {
    home: 'linux',
    summary: 'Sets the user for the checks of files; gives the one before, also when it could not.',
    params: [s32('fsuid', 'uid')],
    support: 'partial',
    note: 'It is the effective user always; nothing else is set.',
  }),
  call(123, 'setfsgid', {
    home: 'linux',
    summary: 'Sets the group for the checks of files; gives the one before, also when it could not.',
    params: [s32('fsgid', 'gid')],
    support: 'partial',
    note: 'It is the effective group always; nothing else is set.',
  }),
  call(109, 'setpgid', {
    home: 'linux',
    summary: 'Puts a process into a process group.',
    params: [s32('pid'), s32('pgid')],
    errors: { ...WHO, EINVAL: 'a group below zero', EPERM: 'another group than its own, or a session leader' },
    support: 'partial',
    note: 'A process may enter the group of its own number only.',
  }),
  call(111, 'getpgrp', { home: 'linux', summary: "Tells the process's group.", params: [] }),
  call(112, 'setsid', {
    home: 'linux',
    summary: 'Starts a session; gives its number.',
    params: [],
    errors: { EPERM: 'the process leads a group' },
  }),
  call(121, 'getpgid', {
    home: 'linux',
    summary: 'Tells the group of a process; 0: its own.',
    params: [s32('pid')],
    errors: WHO,
  }),
  call(124, 'getsid', {
    home: 'linux',
    summary: 'Tells the session of a process; 0: its own.',
    params: [s32('pid')],
    errors: WHO,
  }),

  // What the system is and allows.
  call(63, 'uname', {
    home: 'cnk',
    summary: 'Tells the names of system, machine and release.',
    params: [writes('buf', 'utsname')],
    errors: FAULT,
  }),
  call(97, 'getrlimit', {
    home: 'linux',
    summary: 'Tells how much of a resource the process may use.',
    params: [RESOURCE, writes('rlim', 'rlimit')],
    errors: { ...FAULT, EINVAL: 'no such resource' },
  }),
  call(160, 'setrlimit', {
    home: 'linux',
    summary: 'Sets how much of a resource the process may use.',
    params: [RESOURCE, reads('rlim', 'rlimit')],
    errors: {
      ...FAULT,
      EINVAL: 'no such resource, or a limit above the highest',
      EPERM: 'a highest limit above the one before',
    },
    support: 'partial',
    note: 'RLIMIT_NOFILE is kept to; the others are kept and told.',
  }),
  call(302, 'prlimit64', {
    home: 'linux',
    summary: 'Sets and tells how much of a resource a process may use; 0: the caller.',
    params: [s32('pid'), RESOURCE, reads('new_limit', 'rlimit'), writes('old_limit', 'rlimit')],
    errors: {
      ...FAULT,
      ...WHO,
      EINVAL: 'no such resource, or a limit above the highest',
      EPERM: 'a highest limit above the one before, or another process',
    },
    support: 'partial',
    note: 'RLIMIT_NOFILE is kept to; the others are kept and told. Of the caller only.',
  }),
  call(99, 'sysinfo', {
    home: 'linux',
    summary: 'Tells how long the system runs, its memory and its processes.',
    params: [writes('info', 'sysinfo')],
    errors: FAULT,
  }),
  call(140, 'getpriority', {
    home: 'linux',
    summary: 'Tells the priority of processes, as 20 less their niceness.',
    params: [s32('which'), s32('who')],
    errors: { ...WHO, EINVAL: 'neither process, group nor user' },
  }),
  call(141, 'setpriority', {
    home: 'linux',
    summary: 'Sets the niceness of processes, which nothing heeds.',
    params: [s32('which'), s32('who'), s32('niceness')],
    errors: { ...WHO, EACCES: 'lower than before', EINVAL: 'neither process, group nor user' },
  }),
  call(157, 'prctl', {
    home: 'linux',
    summary: 'Asks or sets what is particular to a process: its name.',
    params: [s32('option', 'prctl option'), long('arg2'), long('arg3'), long('arg4'), long('arg5')],
    errors: { ...FAULT, EINVAL: 'an unknown option' },
    support: 'partial',
    note: 'PR_SET_NAME and PR_GET_NAME.',
  }),
  call(318, 'getrandom', {
    home: 'cnk',
    summary: 'Fills a buffer with random bytes fit for cryptography; gives how many.',
    params: [writes('buf', 'u8', 'buflen'), size('buflen'), u32('flags', 'getrandom flags')],
    errors: { ...FAULT, EINVAL: 'an unknown flag' },
  }),

  // The end.
  call(60, 'exit', { home: 'core', summary: 'Ends the thread.', params: [s32('status')], result: 'never' }),
  call(231, 'exit_group', {
    home: 'cnk',
    summary: 'Ends the process, all its threads, with an exit status.',
    params: [s32('status')],
    result: 'never',
  }),
] as const;
