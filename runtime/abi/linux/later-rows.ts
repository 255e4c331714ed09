// The rows of Linux's calls that nothing serves yet: processes, pipes, sockets, events, what stays out of reach. They are here
// so that a program that imports them starts, and a trace names the call that failed. Only the table; read through rows.ts.
// See: the Linux man pages, section 2; the WebAssembly Linux Interface, syscalls.

import { DIRFD, FD, FLAGS, later, long, MODE, PATHNAME, reads, SIGSETSIZE, s32, text, u32, writes } from './call.ts';

const SOCKFD = { name: 'sockfd', kind: 'fd' } as const;
const ADDRESS = [reads('addr', 'sockaddr'), u32('addrlen')] as const;
const ADDRESS_OUT = [writes('addr', 'sockaddr'), writes('addrlen', 'int')] as const;
const PAIR = writes('pipefd', 'int');
const EPFD = { name: 'epfd', kind: 'fd' } as const;
const EVENTS = writes('events', 'epoll_event');
const XATTR = [text('name'), reads('value', 'u8'), u32('size')] as const;
const XATTR_OUT = [text('name'), writes('value', 'u8'), u32('size')] as const;

export const LATER_ROWS = [
  // Pipes and sockets.
  later(22, 'pipe', [PAIR], 'Makes a pipe.'),
  later(293, 'pipe2', [PAIR, FLAGS], 'Makes a pipe, with flags.'),
  later(41, 'socket', [s32('domain'), s32('type'), s32('protocol')], 'Makes a socket.'),
  later(42, 'connect', [SOCKFD, ...ADDRESS], 'Connects a socket.'),
  later(43, 'accept', [SOCKFD, ...ADDRESS_OUT], 'Takes a connection from a listening socket.'),
  later(288, 'accept4', [SOCKFD, ...ADDRESS_OUT, FLAGS], 'Takes a connection from a listening socket, with flags.'),
  later(44, 'sendto', [SOCKFD, reads('buf', 'u8'), u32('len'), FLAGS, ...ADDRESS], 'Sends a message.'),
  later(45, 'recvfrom', [SOCKFD, writes('buf', 'u8'), u32('len'), FLAGS, ...ADDRESS_OUT], 'Receives a message.'),
  later(46, 'sendmsg', [SOCKFD, reads('msg', 'msghdr'), FLAGS], 'Sends a message from several buffers.'),
  later(47, 'recvmsg', [SOCKFD, writes('msg', 'msghdr'), FLAGS], 'Receives a message into several buffers.'),
  later(307, 'sendmmsg', [SOCKFD, reads('msgvec', 'msghdr'), u32('vlen'), FLAGS], 'Sends several messages.'),
  later(
    299,
    'recvmmsg',
    [SOCKFD, writes('msgvec', 'msghdr'), u32('vlen'), FLAGS, reads('timeout', 'timespec')],
    'Receives several messages.',
  ),
  later(48, 'shutdown', [SOCKFD, s32('how')], 'Ends receiving, sending, or both on a socket.'),
  later(49, 'bind', [SOCKFD, ...ADDRESS], 'Gives a socket an address.'),
  later(50, 'listen', [SOCKFD, s32('backlog')], 'Makes a socket take connections.'),
  later(51, 'getsockname', [SOCKFD, ...ADDRESS_OUT], "Tells a socket's address."),
  later(52, 'getpeername', [SOCKFD, ...ADDRESS_OUT], 'Tells the address to which a socket is connected.'),
  later(
    53,
    'socketpair',
    [s32('domain'), s32('type'), s32('protocol'), writes('sv', 'int')],
    'Makes two sockets that are connected.',
  ),
  later(
    54,
    'setsockopt',
    [SOCKFD, s32('level'), s32('optname'), reads('optval', 'u8'), u32('optlen')],
    'Sets an option of a socket.',
  ),
  later(
    55,
    'getsockopt',
    [SOCKFD, s32('level'), s32('optname'), writes('optval', 'u8'), writes('optlen', 'int')],
    'Tells an option of a socket.',
  ),

  // Processes.
  later(57, 'fork', [], 'Makes a process that is a copy of this one.'),
  later(58, 'vfork', [], 'Makes a process that shares memory with this one until it executes a program.'),
  later(
    59,
    'execve',
    [PATHNAME, reads('argv', 'pointer'), reads('envp', 'pointer')],
    'Executes a program in the place of this one.',
  ),
  later(
    61,
    'wait4',
    [s32('pid'), writes('wstatus', 'int'), s32('options'), writes('rusage', 'rusage')],
    'Waits for the end of a child.',
  ),
  later(
    247,
    'waitid',
    [s32('idtype'), s32('id'), writes('info', 'siginfo'), s32('options'), writes('rusage', 'rusage')],
    'Waits for a change of a child.',
  ),
  later(101, 'ptrace', [s32('request'), s32('pid'), u32('addr'), u32('data')], 'Controls another process.'),
  later(125, 'capget', [reads('hdrp', 'u8'), writes('datap', 'u8')], 'Tells capabilities.'),
  later(126, 'capset', [reads('hdrp', 'u8'), reads('datap', 'u8')], 'Sets capabilities.'),
  later(272, 'unshare', [FLAGS], 'Leaves what is shared with other processes.'),
  later(308, 'setns', [FD, s32('nstype')], 'Enters a namespace.'),

  // Events.
  later(213, 'epoll_create', [s32('size')], 'Makes a set of descriptors to wait for.'),
  later(291, 'epoll_create1', [FLAGS], 'Makes a set of descriptors to wait for, with flags.'),
  later(
    233,
    'epoll_ctl',
    [EPFD, s32('op'), FD, reads('event', 'epoll_event')],
    'Changes a set of descriptors to wait for.',
  ),
  later(232, 'epoll_wait', [EPFD, EVENTS, s32('maxevents'), s32('timeout')], 'Waits for a set of descriptors.'),
  later(
    281,
    'epoll_pwait',
    [EPFD, EVENTS, s32('maxevents'), s32('timeout'), reads('sigmask', 'sigset'), SIGSETSIZE],
    'Waits for a set of descriptors, with another signal mask.',
  ),
  later(284, 'eventfd', [u32('initval')], 'Makes a counter that can be waited for.'),
  later(290, 'eventfd2', [u32('initval'), FLAGS], 'Makes a counter that can be waited for, with flags.'),
  later(282, 'signalfd', [FD, reads('mask', 'sigset'), SIGSETSIZE], 'Makes a descriptor that tells signals.'),
  later(
    289,
    'signalfd4',
    [FD, reads('mask', 'sigset'), SIGSETSIZE, FLAGS],
    'Makes a descriptor that tells signals, with flags.',
  ),
  later(283, 'timerfd_create', [s32('clockid', 'clock'), FLAGS], 'Makes a timer that can be waited for.'),
  later(
    286,
    'timerfd_settime',
    [FD, FLAGS, reads('new_value', 'itimerval'), writes('old_value', 'itimerval')],
    'Sets a timer that can be waited for.',
  ),
  later(287, 'timerfd_gettime', [FD, writes('curr_value', 'itimerval')], 'Tells a timer that can be waited for.'),
  later(253, 'inotify_init', [], 'Makes a descriptor that tells changes of files.'),
  later(294, 'inotify_init1', [FLAGS], 'Makes a descriptor that tells changes of files, with flags.'),
  later(254, 'inotify_add_watch', [FD, PATHNAME, u32('mask')], 'Watches a file.'),
  later(255, 'inotify_rm_watch', [FD, s32('wd')], 'Watches a file no more.'),

  // Timers of the process, and the clock itself.
  later(
    222,
    'timer_create',
    [s32('clockid', 'clock'), reads('sevp', 'u8'), writes('timerid', 'int')],
    'Makes a timer that sends a signal.',
  ),
  later(
    223,
    'timer_settime',
    [s32('timerid'), FLAGS, reads('new_value', 'itimerval'), writes('old_value', 'itimerval')],
    'Sets a timer that sends a signal.',
  ),
  later(224, 'timer_gettime', [s32('timerid'), writes('curr_value', 'itimerval')], 'Tells how long a timer runs.'),
  later(225, 'timer_getoverrun', [s32('timerid')], 'Tells how many signals of a timer were one.'),
  later(226, 'timer_delete', [s32('timerid')], 'Removes a timer.'),
  later(227, 'clock_settime', [s32('clockid', 'clock'), reads('tp', 'timespec')], 'Sets a clock.'),
  later(164, 'settimeofday', [reads('tv', 'timeval'), reads('tz', 'timezone')], 'Sets the time of day.'),

  // Extended attributes, mounts, memory as files.
  later(188, 'setxattr', [PATHNAME, ...XATTR, FLAGS], 'Sets an extended attribute.'),
  later(189, 'lsetxattr', [PATHNAME, ...XATTR, FLAGS], 'Sets an extended attribute, of a symbolic link its own.'),
  later(190, 'fsetxattr', [FD, ...XATTR, FLAGS], 'Sets an extended attribute of an open file.'),
  later(191, 'getxattr', [PATHNAME, ...XATTR_OUT], 'Tells an extended attribute.'),
  later(192, 'lgetxattr', [PATHNAME, ...XATTR_OUT], 'Tells an extended attribute, of a symbolic link its own.'),
  later(193, 'fgetxattr', [FD, ...XATTR_OUT], 'Tells an extended attribute of an open file.'),
  later(194, 'listxattr', [PATHNAME, writes('list', 'u8'), u32('size')], 'Lists extended attributes.'),
  later(195, 'llistxattr', [PATHNAME, writes('list', 'u8'), u32('size')], 'Lists extended attributes of a link.'),
  later(196, 'flistxattr', [FD, writes('list', 'u8'), u32('size')], 'Lists extended attributes of an open file.'),
  later(197, 'removexattr', [PATHNAME, text('name')], 'Removes an extended attribute.'),
  later(198, 'lremovexattr', [PATHNAME, text('name')], 'Removes an extended attribute of a symbolic link.'),
  later(199, 'fremovexattr', [FD, text('name')], 'Removes an extended attribute of an open file.'),
  later(
    165,
    'mount',
    [text('source'), text('target'), text('filesystemtype'), u32('mountflags'), reads('data', 'u8')],
    'Mounts a file system.',
  ),
  later(166, 'umount2', [text('target'), FLAGS], 'Takes a mounted file system away.'),
  later(170, 'sethostname', [reads('name', 'u8'), u32('len')], "Sets the machine's name."),
  later(171, 'setdomainname', [reads('name', 'u8'), u32('len')], "Sets the machine's domain."),
  later(319, 'memfd_create', [text('name'), FLAGS], 'Makes a file in memory that has no name.'),
  later(
    277,
    'sync_file_range',
    [FD, long('offset'), long('nbytes'), FLAGS],
    'Brings a range of a file to its storage.',
  ),
  later(
    275,
    'splice',
    [
      { name: 'fd_in', kind: 'fd' },
      writes('off_in', 'off'),
      { name: 'fd_out', kind: 'fd' },
      writes('off_out', 'off'),
      u32('len'),
      FLAGS,
    ],
    'Moves bytes to or from a pipe.',
  ),
  later(436, 'close_range', [u32('first'), u32('last'), FLAGS], 'Closes a range of descriptors.'),
  later(437, 'openat2', [DIRFD, PATHNAME, reads('how', 'u8'), u32('size')], 'Opens a file by a struct of flags.'),

  // System V's messages, and POSIX's.
  later(29, 'shmget', [s32('key'), u32('size'), FLAGS], 'Finds or makes shared memory.'),
  later(30, 'shmat', [s32('shmid'), u32('shmaddr'), FLAGS], 'Maps shared memory.'),
  later(31, 'shmctl', [s32('shmid'), s32('cmd'), writes('buf', 'u8')], 'Controls shared memory.'),
  later(67, 'shmdt', [u32('shmaddr')], 'Unmaps shared memory.'),
  later(64, 'semget', [s32('key'), s32('nsems'), FLAGS], 'Finds or makes semaphores.'),
  later(65, 'semop', [s32('semid'), reads('sops', 'u8'), u32('nsops')], 'Waits for or posts semaphores.'),
  later(66, 'semctl', [s32('semid'), s32('semnum'), s32('cmd'), long('arg')], 'Controls semaphores.'),
  later(68, 'msgget', [s32('key'), FLAGS], 'Finds or makes a message queue.'),
  later(69, 'msgsnd', [s32('msqid'), reads('msgp', 'u8'), u32('msgsz'), FLAGS], 'Sends to a message queue.'),
  later(
    70,
    'msgrcv',
    [s32('msqid'), writes('msgp', 'u8'), u32('msgsz'), long('msgtyp'), FLAGS],
    'Receives from a message queue.',
  ),
  later(71, 'msgctl', [s32('msqid'), s32('cmd'), writes('buf', 'u8')], 'Controls a message queue.'),
  later(240, 'mq_open', [text('name'), s32('oflag'), MODE, reads('attr', 'u8')], 'Opens a message queue.'),
  later(241, 'mq_unlink', [text('name')], 'Removes a message queue.'),
] as const;
