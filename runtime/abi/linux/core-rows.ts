// The rows of Linux's calls on what is the guest's own thread's under every placement: memory, signals of the process to itself, what
// threads wait on, scheduling, sleep. Only the table; read through rows.ts. See: the Linux man pages, section 2.

import { BAD_FD, call, FAULT, FLAGS, long, reads, SIGSETSIZE, s32, size, u32, writes } from './call.ts';

const ADDRESS = [u32('addr', 'address'), u32('length')] as const;
const CLOCK = s32('clockid', 'clock');
const SIGNAL = s32('sig', 'linux signal');
const TIMERS =
  'A timer is looked at while a call sleeps, and at the end of each call: a program that makes none is not interrupted. All three count the time that passes.';
const SENT = 'A thread attends to a signal at the end of a call of its, and ends a wait in one for it.';
const SCHED = 'A core runs one thread: no policy makes a difference, and those with priorities are refused.';

export const CORE_ROWS = [
  // Memory.
  call(9, 'mmap', {
    home: 'core',
    summary: "Maps zeroed memory, or a file's contents, into the process; gives the address.",
    params: [
      ...ADDRESS,
      u32('prot', 'protection'),
      u32('flags', 'map flags'),
      { name: 'fd', kind: 'fd' },
      long('offset', 'offset'),
    ],
    result: 'value64',
    errors: {
      ...BAD_FD,
      EACCES: 'the descriptor is not open for reading, or not for writing of a shared file that is to be written',
      EEXIST: 'MAP_FIXED_NOREPLACE, and something is mapped there',
      EINVAL: 'a length of 0, an offset or a fixed address that is no multiple of 4096, neither shared nor private',
      ENODEV: 'a file that cannot be mapped: a directory or a stream, or a shared one that is to be written',
      ENOMEM: 'the memory does not grow so far, or a fixed address is beyond it',
    },
    support: 'partial',
    note: 'A file is copied in when it is mapped: later changes of the file are not seen, and one that is shared can only be read, since nothing notices what a guest writes to its memory. An address that is wanted and not fixed is given when it is free.',
  }),
  call(10, 'mprotect', {
    home: 'core',
    summary: 'Says how mapped memory may be used; checked, without effect.',
    params: [...ADDRESS, u32('prot', 'protection')],
    errors: {
      EACCES: 'a shared file would become writable',
      EINVAL: 'an address that is no multiple of 4096, or an unknown protection',
      ENOMEM: 'nothing is mapped there',
    },
    support: 'partial',
    note: 'It has no effect: memory of a guest can be read and written always.',
  }),
  call(11, 'munmap', {
    home: 'core',
    summary: 'Gives mapped memory back.',
    params: ADDRESS,
    errors: { EINVAL: 'a length of 0, or an address that is no multiple of 4096 or too large' },
    note: 'What the program began with stays. What is given back is used again, and never leaves the process.',
  }),
  call(12, 'brk', {
    home: 'core',
    summary: 'Sets the end of the data segment; gives where it is then, also when it could not.',
    params: [u32('addr', 'address')],
    result: 'value64',
    support: 'partial',
    note: 'It always fails: it gives where the memory ended when the program first mapped or asked. Allocators then map.',
  }),
  call(25, 'mremap', {
    home: 'core',
    summary: 'Makes mapped memory smaller or larger, or moves it; gives the address.',
    params: [
      u32('old_address', 'address'),
      u32('old_size'),
      u32('new_size'),
      u32('flags', 'mremap flags'),
      u32('new_address', 'address'),
    ],
    result: 'value64',
    errors: {
      EFAULT: 'nothing is mapped there',
      EINVAL: 'a length of 0, an address that is no multiple of 4096, an unknown flag, ranges that overlap',
      ENOMEM: 'there is no room where it is and it may not move, or the memory does not grow',
    },
  }),
  call(26, 'msync', {
    home: 'core',
    summary: 'Writes mapped memory back to its file.',
    params: [...ADDRESS, FLAGS],
    errors: {
      EINVAL: 'an address that is no multiple of 4096, an unknown flag, or both MS_SYNC and MS_ASYNC',
      ENOMEM: 'nothing is mapped there',
    },
  }),
  call(28, 'madvise', {
    home: 'core',
    summary: 'Says how mapped memory will be used.',
    params: [...ADDRESS, s32('advice')],
    errors: {
      EINVAL: 'an address that is no multiple of 4096, or unknown advice',
      ENOMEM: 'nothing is mapped there',
    },
    support: 'partial',
    note: 'MADV_DONTNEED zeroes anonymous memory; other advice has no effect.',
  }),
  call(27, 'mincore', {
    home: 'core',
    summary: 'Tells which pages are in memory: all.',
    params: [...ADDRESS, writes('vec', 'u8')],
    errors: { ...FAULT, EINVAL: 'an address that is no multiple of 4096', ENOMEM: 'nothing is mapped there' },
  }),
  call(149, 'mlock', {
    home: 'core',
    summary: 'Keeps memory from being swapped, which none is.',
    params: ADDRESS,
    errors: { ENOMEM: 'nothing is mapped there' },
  }),
  call(150, 'munlock', {
    home: 'core',
    summary: 'Undoes mlock.',
    params: ADDRESS,
    errors: { ENOMEM: 'nothing is mapped there' },
  }),
  call(151, 'mlockall', {
    home: 'core',
    summary: 'Keeps all memory from being swapped, which none is.',
    params: [FLAGS],
    errors: { EINVAL: 'no flag, or an unknown one' },
  }),
  call(152, 'munlockall', {
    home: 'core',
    summary: 'Undoes mlockall.',
    params: [],
  }),

  // Signals.
  call(13, 'rt_sigaction', {
    home: 'core',
    summary: 'Sets what a signal does, and tells what it did.',
    params: [s32('signum', 'linux signal'), reads('act', 'sigaction'), writes('oldact', 'sigaction'), SIGSETSIZE],
    errors: { ...FAULT, EINVAL: 'no signal, SIGKILL or SIGSTOP with an action, or another size of mask' },
    support: 'partial',
    note: "A handler is a function of table 0, and is called with the signal's number and 0 for what else it takes, on the stack of the call at whose end it runs. With SA_RESTART a call that Linux serves waits on; a sleep or a wait for a futex ends. A mask of 8 or of 128 bytes is taken, of which 8 count.",
  }),
  call(14, 'rt_sigprocmask', {
    home: 'core',
    summary: 'Sets which signals wait until they are let in, and tells which did.',
    params: [s32('how', 'mask change'), reads('set', 'sigset'), writes('oldset', 'sigset'), SIGSETSIZE],
    errors: { ...FAULT, EINVAL: 'no such change, or another size of mask' },
  }),
  call(15, 'rt_sigreturn', {
    home: 'core',
    summary: 'Returns from a signal handler, which handlers do by themselves here.',
    params: [long('unused')],
  }),
  call(34, 'pause', {
    home: 'core',
    summary: 'Waits for a signal.',
    params: [],
    errors: { EINTR: 'always: a handler ran' },
    blocks: true,
  }),
  call(36, 'getitimer', {
    home: 'core',
    summary: 'Tells how long an interval timer still runs.',
    params: [s32('which', 'interval timer'), writes('curr_value', 'itimerval')],
    errors: { ...FAULT, EINVAL: 'no such timer' },
    support: 'partial',
    note: TIMERS,
  }),
  call(37, 'alarm', {
    home: 'core',
    summary: 'Asks for SIGALRM in some seconds; gives how many were left of the last alarm.',
    params: [u32('seconds')],
    support: 'partial',
    note: TIMERS,
  }),
  call(38, 'setitimer', {
    home: 'core',
    summary: 'Starts or stops an interval timer, and tells how long it would still have run.',
    params: [s32('which', 'interval timer'), reads('new_value', 'itimerval'), writes('old_value', 'itimerval')],
    errors: { ...FAULT, EINVAL: 'no such timer, or a time that is none' },
    support: 'partial',
    note: TIMERS,
  }),
  call(62, 'kill', {
    home: 'core',
    summary: 'Sends a signal to a process.',
    params: [s32('pid'), SIGNAL],
    errors: { EINVAL: 'no signal', ESRCH: 'another process than the caller' },
    support: 'partial',
    note: `Only the process itself can be sent a signal yet. ${SENT}`,
  }),
  call(127, 'rt_sigpending', {
    home: 'core',
    summary: 'Tells which signals wait.',
    params: [writes('set', 'sigset'), SIGSETSIZE],
    errors: { ...FAULT, EINVAL: 'another size of mask' },
  }),
  call(128, 'rt_sigtimedwait', {
    home: 'core',
    summary: 'Waits for one of some signals, and takes it; gives its number.',
    params: [reads('set', 'sigset'), writes('info', 'siginfo'), reads('timeout', 'timespec'), SIGSETSIZE],
    errors: {
      ...FAULT,
      EAGAIN: 'none came in time',
      EINTR: 'the handler of another signal ran',
      EINVAL: 'a time that is none, or another size of mask',
    },
    blocks: true,
  }),
  call(129, 'rt_sigqueueinfo', {
    home: 'core',
    summary: 'Sends a signal with a value to a process.',
    params: [s32('pid'), SIGNAL, reads('info', 'siginfo')],
    errors: { ...FAULT, EINVAL: 'no signal', ESRCH: 'another process than the caller' },
    support: 'partial',
    note: 'The value is not given to the handler, and a signal that waits is not counted.',
  }),
  call(130, 'rt_sigsuspend', {
    home: 'core',
    summary: 'Waits for a signal with another mask in place.',
    params: [reads('mask', 'sigset'), SIGSETSIZE],
    errors: { ...FAULT, EINTR: 'always: a handler ran', EINVAL: 'another size of mask' },
    blocks: true,
  }),
  call(131, 'sigaltstack', {
    home: 'core',
    summary: 'Sets the stack on which signal handlers run, and tells which it was.',
    params: [reads('ss', 'stack'), writes('old_ss', 'stack')],
    errors: { ...FAULT, EINVAL: 'an unknown flag', ENOMEM: 'less than 2048 bytes' },
    support: 'partial',
    note: 'It is kept and told; handlers run on the stack of the call at whose end they run.',
  }),
  call(200, 'tkill', {
    home: 'core',
    summary: 'Sends a signal to a thread.',
    params: [s32('tid'), SIGNAL],
    errors: { EINVAL: 'no signal, or no thread id', ESRCH: 'no thread of the process' },
    support: 'partial',
    note: SENT,
  }),
  call(234, 'tgkill', {
    home: 'core',
    summary: 'Sends a signal to a thread of a process.',
    params: [s32('tgid'), s32('tid'), SIGNAL],
    errors: { EINVAL: 'no signal, or no thread id', ESRCH: 'no thread of the process' },
    support: 'partial',
    note: SENT,
  }),

  // Threads.
  call(202, 'futex', {
    home: 'core',
    summary: 'Waits until a word is woken, if it holds a value; or wakes who waits.',
    params: [
      reads('uaddr', 'int'),
      u32('futex_op', 'futex operation'),
      u32('val'),
      u32('timeout', 'address or count'),
      u32('uaddr2', 'address'),
      u32('val3'),
    ],
    errors: {
      ...FAULT,
      EAGAIN: 'the word has another value',
      EINTR: 'a signal handler ran',
      EINVAL: 'an address that is no multiple of 4, a time that is none, no bit, a count below 0 of threads to requeue',
      ENOSYS:
        'an unknown operation or comparison, or one on locks with priority inheritance; FUTEX_CLOCK_REALTIME with another than FUTEX_WAIT_BITSET',
      ETIMEDOUT: 'the time has passed',
    },
    blocks: true,
    support: 'partial',
    note: 'Locks with priority inheritance are not served. Words are shared by the threads of one process.',
  }),
  call(218, 'set_tid_address', {
    home: 'core',
    summary: 'Names the word that is zeroed and woken when the thread ends; gives its thread id.',
    params: [u32('tidptr', 'address')],
  }),
  call(273, 'set_robust_list', {
    home: 'core',
    summary: 'Names the locks of which others are told when the thread ends.',
    params: [u32('head', 'address'), u32('len')],
    errors: { EINVAL: 'another length than 24, or 12 where long has 32 bits' },
    support: 'partial',
    note: 'The list is walked when the thread ends by itself, and not when its process ends.',
  }),
  call(274, 'get_robust_list', {
    home: 'core',
    summary: 'Tells which locks were named so: the address, and the length that goes with it.',
    params: [s32('pid'), writes('head_ptr', 'int'), writes('len_ptr', 'int')],
    errors: { ...FAULT, EPERM: 'another thread of the process', ESRCH: 'no thread of the process' },
    support: 'partial',
    note: 'A thread is told its own. Address and length are stored in 32 bits each.',
  }),
  call(142, 'sched_setparam', {
    home: 'core',
    summary: "Sets a thread's priority.",
    params: [s32('pid'), reads('param', 'sched_param')],
    errors: {
      ...FAULT,
      EINVAL: 'no address, a thread id below zero, or any priority but 0',
      ESRCH: 'no thread of the process',
    },
    support: 'partial',
    note: SCHED,
  }),
  call(143, 'sched_getparam', {
    home: 'core',
    summary: "Tells a thread's priority.",
    params: [s32('pid'), writes('param', 'sched_param')],
    errors: { ...FAULT, EINVAL: 'no address, or a thread id below zero', ESRCH: 'no thread of the process' },
    support: 'partial',
    note: SCHED,
  }),
  call(144, 'sched_setscheduler', {
    home: 'core',
    summary: "Sets a thread's scheduling policy.",
    params: [s32('pid'), s32('policy'), reads('param', 'sched_param')],
    errors: {
      ...FAULT,
      EINVAL: 'no address, no such policy, or a priority that it has not',
      EPERM: 'a policy with priorities',
      ESRCH: 'no thread of the process',
    },
    support: 'partial',
    note: SCHED,
  }),
  call(145, 'sched_getscheduler', {
    home: 'core',
    summary: "Tells a thread's scheduling policy.",
    params: [s32('pid')],
    errors: { EINVAL: 'a thread id below zero', ESRCH: 'no thread of the process' },
    support: 'partial',
    note: SCHED,
  }),
  call(146, 'sched_get_priority_max', {
    home: 'core',
    summary: 'Tells the highest priority of a scheduling policy.',
    params: [s32('policy')],
    errors: { EINVAL: 'no such policy' },
  }),
  call(147, 'sched_get_priority_min', {
    home: 'core',
    summary: 'Tells the lowest priority of a scheduling policy.',
    params: [s32('policy')],
    errors: { EINVAL: 'no such policy' },
  }),
  call(203, 'sched_setaffinity', {
    home: 'core',
    summary: 'Sets on which processors a thread may run.',
    params: [s32('pid'), size('cpusetsize'), reads('mask', 'cpu_set', 'cpusetsize')],
    errors: { ...FAULT, EINVAL: 'on none of the processors', ESRCH: 'no thread of the process' },
    support: 'partial',
    note: 'What a thread says of itself is kept and told; nothing is placed by it.',
  }),
  call(204, 'sched_getaffinity', {
    home: 'core',
    summary: 'Tells on which processors a thread may run; gives the bytes that say so.',
    params: [s32('pid'), size('cpusetsize'), writes('mask', 'cpu_set', 'cpusetsize')],
    errors: {
      ...FAULT,
      EINVAL: 'a size that is less than 8, or no multiple of it',
      ESRCH: 'no thread of the process',
    },
    support: 'partial',
    note: 'A process has as many processors as threads of it run at once: its cores, or those of the host when they are fewer.',
  }),
  call(309, 'getcpu', {
    home: 'core',
    summary: 'Tells on which processor and node the thread runs.',
    params: [writes('cpu', 'int'), writes('node', 'int'), u32('unused', 'address')],
    errors: FAULT,
    support: 'partial',
    note: 'The number says which core of the process it is, not which processor of the host.',
  }),
  call(324, 'membarrier', {
    home: 'core',
    summary: 'Orders the memory accesses of all threads.',
    params: [s32('cmd'), FLAGS, s32('cpu_id')],
    errors: { EINVAL: 'an unknown command or flag' },
  }),

  // Sleep.
  call(35, 'nanosleep', {
    home: 'core',
    summary: 'Sleeps; tells what was left when a signal handler ran.',
    params: [reads('req', 'timespec'), writes('rem', 'timespec')],
    errors: { ...FAULT, EINTR: 'a signal handler ran', EINVAL: 'a time that is none' },
    blocks: true,
  }),
  call(230, 'clock_nanosleep', {
    home: 'core',
    summary: 'Sleeps, or until a time of a clock; tells what was left when a signal handler ran.',
    params: [CLOCK, u32('flags', 'timer flags'), reads('request', 'timespec'), writes('remain', 'timespec')],
    errors: {
      ...FAULT,
      EINTR: 'a signal handler ran',
      EINVAL: 'a time that is none, an unknown clock or one of a thread',
      EOPNOTSUPP: 'a clock that nobody can sleep by',
    },
    blocks: true,
  }),
] as const;
