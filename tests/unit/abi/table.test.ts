// The table of calls against the rules that its readers rely on, and against what compilers really import.

import asc from 'assemblyscript/asc';
import { describe, expect, test } from 'vitest';
import { ASSEMBLYSCRIPT_ROWS } from '../../../runtime/abi/env/rows.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import { WALI_MODULE } from '../../../runtime/abi/linux/call.ts';
import { LINUX_ROWS } from '../../../runtime/abi/linux/rows.ts';
import { FOREIGN_MPI_ROWS } from '../../../runtime/abi/mpi/foreign.ts';
import { MPI_ROWS } from '../../../runtime/abi/mpi/rows.ts';
import type { HandlersOf, Param, Row } from '../../../runtime/abi/row.ts';
import { STRUCT_SIZES } from '../../../runtime/abi/structs.ts';
import { findRow, signatureOf, TABLE, TABLE_SIZE } from '../../../runtime/abi/table.ts';
import type { Fd, GuestPtr } from '../../../runtime/abi/types.ts';
import { wasiErrnoOf } from '../../../runtime/abi/wasi/errno.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { NAMED_TYPES, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { UNSTABLE_ROWS } from '../../../runtime/abi/wasi/unstable.ts';

const everyRow = describe.each(TABLE.map((row) => [`${row.module}.${row.name}`, row] as const));

test('the table holds the 46 calls of WASI preview 1, the 45 of wasi_unstable, the 15 of AssemblyScript, the one of wasi-threads, those of Linux, those of MPI by both its ABIs', () => {
  expect(WASI_ROWS).toHaveLength(46);
  expect(ASSEMBLYSCRIPT_ROWS).toHaveLength(15);
  expect(UNSTABLE_ROWS).toHaveLength(45);
  expect(TABLE).toHaveLength(107 + LINUX_ROWS.length + MPI_ROWS.length + FOREIGN_MPI_ROWS.length);
});

test("numbers are unique, begin at 1 and rise; zero is nobody's", () => {
  const numbers = TABLE.map((row) => row.number);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(numbers[0]).toBe(1);
  expect(TABLE_SIZE).toBe(Math.max(...numbers) + 1);
});

test('a row is found by its import', () => {
  for (const row of TABLE) expect(findRow(row.module, row.name)).toBe(row);
});

test.each([
  ['env', 'fd_read'],
  ['wasi_snapshot_preview1', 'abort'],
  ['wasi_snapshot_preview1', ''],
  ['__proto__', 'constructor'],
])('nobody provides %s.%s', (module, name) => {
  expect(findRow(module, name)).toBeUndefined();
});

test('no two rows have the same module and name', () => {
  expect(new Set(TABLE.map((row) => `${row.module}\0${row.name}`)).size).toBe(TABLE.length);
});

everyRow('%s', (_name, row: Row) => {
  test('names its parameters once', () => {
    const names = row.params.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('says of each pointer what stands there and who writes it, of nothing else', () => {
    for (const param of row.params) {
      const isPointer = param.kind === 'ptr';
      expect([param.name, param.to !== undefined, param.direction !== undefined]).toEqual([
        param.name,
        isPointer,
        isPointer,
      ]);
      if (param.to !== undefined) expect(STRUCT_SIZES).toHaveProperty(param.to);
      if (!isPointer) expect(param.count).toBeUndefined();
    }
  });

  test('each count is a size parameter, or one of 64 bits, and each size parameter is a count', () => {
    const counts = row.params.flatMap(({ count }) => (count === undefined ? [] : [count]));
    const sizes = row.params.filter(({ kind }) => kind === 'size').map(({ name }) => name);
    const longs = row.params.filter(({ kind, name }) => kind === 'long' && counts.includes(name));
    expect(new Set(counts)).toEqual(new Set([...sizes, ...longs.map(({ name }) => name)]));
  });

  test('has a home that somebody serves', () => {
    expect(['cnk', 'core', 'fd', 'linux', 'messaging']).toContain(row.home);
  });

  test('a home of fd means that its first parameter is a descriptor', () => {
    if (row.home === 'fd') expect(row.params[0]?.kind).toBe('fd');
  });

  test('gives errors only if it returns one, among them those of its parameters', () => {
    const errors = Object.keys(row.errors);
    const isWali = row.module === WALI_MODULE;
    const isNegative = isWali || row.module === 'wasi'; // as which an error is returned
    const mayFail = row.result === 'errno' || (isNegative && row.result !== 'never');
    if (!mayFail) return expect(errors).toEqual([]);
    // A call that is not supported need not look at its pointers, nor one of Linux's at its descriptors.
    if (isWali && row.support === 'none') return expect(errors).toEqual(['ENOSYS']);
    if (row.params.some(isDescriptor)) expect(errors).toContain('EBADF');
    if (row.support !== 'none' && row.params.some(isPointer)) expect(errors).toContain('EFAULT');
    expect(errors).not.toContain('SUCCESS');
  });

  test('says what it lacks, in sentences', () => {
    if (row.support !== 'full') expect(row.note).toBeDefined();
    for (const text of [row.summary, ...(row.note === undefined ? [] : [row.note])])
      expect(text).toMatch(/^[A-Z].*\.$/);
  });
});

test('each error of a WASI row reaches the guest under its own number', () => {
  const unknown = wasiErrnoOf(Errno.EIO);
  for (const row of [...WASI_ROWS, ...UNSTABLE_ROWS])
    for (const name of Object.keys(row.errors) as (keyof typeof Errno)[])
      if (name !== 'EIO') expect([row.name, name, wasiErrnoOf(Errno[name])]).not.toEqual([row.name, name, unknown]);
});

test('rights fit in a number and take one bit each', () => {
  const bits = Object.values(RIGHTS);
  expect(bits).toHaveLength(30);
  expect(bits.reduce((sum, bit) => sum + bit, 0)).toBe(2 ** 30 - 1);
});

test("signals have WASI's numbers", () => {
  const values = NAMED_TYPES.get('signal')?.values;
  expect(values).toMatchObject({ SIGHUP: 1, SIGTERM: 15, SIGCHLD: 16, SIGPOLL: 28, SIGSYS: 30 });
  expect(Object.keys(values ?? {})).toHaveLength(30);
});

test('each Linux row has the type with which programs of the WebAssembly Linux Interface import it', () => {
  for (const [name, type] of Object.entries(WALI_IMPORTS)) {
    const row = findRow(WALI_MODULE, name);
    expect([name, row && renderSignature(row)]).toEqual([name, type]);
  }
});

test('no Linux row has more parameters than Linux passes, and each error has a number of Linux', () => {
  for (const row of LINUX_ROWS) {
    expect([row.name, row.params.length]).toEqual([row.name, Math.min(row.params.length, 6)]);
    expect(row.errors).not.toHaveProperty('ENOTCAPABLE');
  }
});

test('handlers are typed by their rows', () => {
  type Handlers = HandlersOf<(typeof WASI_ROWS)[number], null>;
  const handlers: Pick<Handlers, 'fd_seek' | 'random_get'> = {
    fd_seek: (_context, _fd: Fd, offset: bigint, whence: number, _newOffset: GuestPtr) => Number(offset) + whence,
    random_get: (_context, buf: GuestPtr, length: number) => buf + length,
  };
  expect(handlers.fd_seek(null, 3 as Fd, 40n, 2, 0 as GuestPtr)).toBe(42);
});

test('each WASI row has the type with which wasi-libc imports it', () => {
  const types = Object.fromEntries(WASI_ROWS.map((row) => [row.name, renderSignature(row)]));
  expect(types).toEqual(WASI_IMPORTS);
});

test("each row of wasi_unstable has the type of preview 1's", () => {
  const { sock_accept: _, ...shared } = WASI_IMPORTS;
  expect(Object.fromEntries(UNSTABLE_ROWS.map((row) => [row.name, renderSignature(row)]))).toEqual(shared);
  expect(findRow('wasi_unstable', 'sock_accept')).toBeUndefined();
});

test('each AssemblyScript row has the type with which asc imports it', async () => {
  const source = `
    export function all(a: i32): f64 {
      trace("t", 1, 2.0);
      console.assert(a > 0, "positive");
      console.log(a.toString());
      console.debug("d");
      console.info("i");
      console.warn("w");
      console.error("e");
      console.time("t");
      console.timeLog("t");
      console.timeEnd("t");
      if (a > 4) process.exit(1);
      if (a > 3) abort("m", "f", 1, 2);
      return Math.random() + <f64>Date.now() + performance.now();
    }`;
  const types = await ascImports(source);
  expect(types).toEqual(Object.fromEntries(ASSEMBLYSCRIPT_ROWS.map((row) => [row.name, renderSignature(row)])));
});

function isDescriptor(param: Param): boolean {
  return param.kind === 'fd';
}

function isPointer(param: Param): boolean {
  return param.kind === 'ptr';
}

function renderSignature(row: Row): string {
  const { params, results } = signatureOf(row);
  return `${params.join(' ')} -> ${results.join(' ')}`.trim();
}

/** The types of a program's imports from `env`, read off the text format. */
async function ascImports(source: string): Promise<{ [name: string]: string }> {
  let text = '';
  const { error } = await asc.main(['probe.ts', '--textFile', 'probe.wat'], {
    readFile: (name) => (name === 'probe.ts' ? source : null),
    writeFile: (_name, contents) => {
      text = String(contents);
    },
    listFiles: () => [],
  });
  if (error) throw error;
  const imports = text.matchAll(
    /\(import "env" "([^"]+)" \(func \S+?(?: \(param ([^)]*)\))?(?: \(result (\w+)\))?\)\)/g,
  );
  return Object.fromEntries(
    [...imports].map(([, name, params = '', result = '']) => [name, `${params} -> ${result}`.trim()]),
  );
}

// As the clang of @yowasp/clang 22 (wasi-libc's wasi/wasip1.h) lowers them. It has no proc_raise: that type is the
// specification's.
const WASI_IMPORTS: { readonly [name: string]: string } = {
  args_get: 'i32 i32 -> i32',
  args_sizes_get: 'i32 i32 -> i32',
  environ_get: 'i32 i32 -> i32',
  environ_sizes_get: 'i32 i32 -> i32',
  clock_res_get: 'i32 i32 -> i32',
  clock_time_get: 'i32 i64 i32 -> i32',
  fd_advise: 'i32 i64 i64 i32 -> i32',
  fd_allocate: 'i32 i64 i64 -> i32',
  fd_close: 'i32 -> i32',
  fd_datasync: 'i32 -> i32',
  fd_fdstat_get: 'i32 i32 -> i32',
  fd_fdstat_set_flags: 'i32 i32 -> i32',
  fd_fdstat_set_rights: 'i32 i64 i64 -> i32',
  fd_filestat_get: 'i32 i32 -> i32',
  fd_filestat_set_size: 'i32 i64 -> i32',
  fd_filestat_set_times: 'i32 i64 i64 i32 -> i32',
  fd_pread: 'i32 i32 i32 i64 i32 -> i32',
  fd_prestat_get: 'i32 i32 -> i32',
  fd_prestat_dir_name: 'i32 i32 i32 -> i32',
  fd_pwrite: 'i32 i32 i32 i64 i32 -> i32',
  fd_read: 'i32 i32 i32 i32 -> i32',
  fd_readdir: 'i32 i32 i32 i64 i32 -> i32',
  fd_renumber: 'i32 i32 -> i32',
  fd_seek: 'i32 i64 i32 i32 -> i32',
  fd_sync: 'i32 -> i32',
  fd_tell: 'i32 i32 -> i32',
  fd_write: 'i32 i32 i32 i32 -> i32',
  path_create_directory: 'i32 i32 i32 -> i32',
  path_filestat_get: 'i32 i32 i32 i32 i32 -> i32',
  path_filestat_set_times: 'i32 i32 i32 i32 i64 i64 i32 -> i32',
  path_link: 'i32 i32 i32 i32 i32 i32 i32 -> i32',
  path_open: 'i32 i32 i32 i32 i32 i64 i64 i32 i32 -> i32',
  path_readlink: 'i32 i32 i32 i32 i32 i32 -> i32',
  path_remove_directory: 'i32 i32 i32 -> i32',
  path_rename: 'i32 i32 i32 i32 i32 i32 -> i32',
  path_symlink: 'i32 i32 i32 i32 i32 -> i32',
  path_unlink_file: 'i32 i32 i32 -> i32',
  poll_oneoff: 'i32 i32 i32 i32 -> i32',
  proc_exit: 'i32 ->',
  proc_raise: 'i32 -> i32',
  sched_yield: '-> i32',
  random_get: 'i32 i32 -> i32',
  sock_accept: 'i32 i32 i32 -> i32',
  sock_recv: 'i32 i32 i32 i32 i32 i32 -> i32',
  sock_send: 'i32 i32 i32 i32 i32 -> i32',
  sock_shutdown: 'i32 i32 -> i32',
};

// As the programs and unit tests of arjunr2/WALI import them; some import exit without its result.
const WALI_IMPORTS: { readonly [name: string]: string } = {
  SYS_accept: 'i32 i32 i32 -> i64',
  SYS_accept4: 'i32 i32 i32 i32 -> i64',
  SYS_access: 'i32 i32 -> i64',
  SYS_bind: 'i32 i32 i32 -> i64',
  SYS_brk: 'i32 -> i64',
  SYS_chdir: 'i32 -> i64',
  SYS_chmod: 'i32 i32 -> i64',
  SYS_chown: 'i32 i32 i32 -> i64',
  SYS_chroot: 'i32 -> i64',
  SYS_clock_getres: 'i32 i32 -> i64',
  SYS_clock_gettime: 'i32 i32 -> i64',
  SYS_clock_nanosleep: 'i32 i32 i32 i32 -> i64',
  SYS_close: 'i32 -> i64',
  SYS_connect: 'i32 i32 i32 -> i64',
  SYS_dup: 'i32 -> i64',
  SYS_dup2: 'i32 i32 -> i64',
  SYS_dup3: 'i32 i32 i32 -> i64',
  SYS_epoll_create: 'i32 -> i64',
  SYS_epoll_create1: 'i32 -> i64',
  SYS_epoll_ctl: 'i32 i32 i32 i32 -> i64',
  SYS_epoll_pwait: 'i32 i32 i32 i32 i32 i32 -> i64',
  SYS_epoll_wait: 'i32 i32 i32 i32 -> i64',
  SYS_eventfd: 'i32 -> i64',
  SYS_eventfd2: 'i32 i32 -> i64',
  SYS_execve: 'i32 i32 i32 -> i64',
  SYS_exit: 'i32 -> i64',
  SYS_exit_group: 'i32 -> i64',
  SYS_faccessat: 'i32 i32 i32 i32 -> i64',
  SYS_faccessat2: 'i32 i32 i32 i32 -> i64',
  SYS_fadvise: 'i32 i64 i64 i32 -> i64',
  SYS_fchdir: 'i32 -> i64',
  SYS_fchmod: 'i32 i32 -> i64',
  SYS_fchmodat: 'i32 i32 i32 i32 -> i64',
  SYS_fchown: 'i32 i32 i32 -> i64',
  SYS_fchownat: 'i32 i32 i32 i32 i32 -> i64',
  SYS_fcntl: 'i32 i32 i64 -> i64',
  SYS_fdatasync: 'i32 -> i64',
  SYS_flock: 'i32 i32 -> i64',
  SYS_fork: '-> i64',
  SYS_fstat: 'i32 i32 -> i64',
  SYS_fstatfs: 'i32 i32 -> i64',
  SYS_fsync: 'i32 -> i64',
  SYS_ftruncate: 'i32 i64 -> i64',
  SYS_futex: 'i32 i32 i32 i32 i32 i32 -> i64',
  SYS_futimesat: 'i32 i32 i32 -> i64',
  SYS_getcwd: 'i32 i32 -> i64',
  SYS_getdents64: 'i32 i32 i32 -> i64',
  SYS_getegid: '-> i64',
  SYS_geteuid: '-> i64',
  SYS_getgid: '-> i64',
  SYS_getgroups: 'i32 i32 -> i64',
  SYS_getpeername: 'i32 i32 i32 -> i64',
  SYS_getpgid: 'i32 -> i64',
  SYS_getpid: '-> i64',
  SYS_getppid: '-> i64',
  SYS_getrandom: 'i32 i32 i32 -> i64',
  SYS_getrlimit: 'i32 i32 -> i64',
  SYS_getrusage: 'i32 i32 -> i64',
  SYS_getsid: 'i32 -> i64',
  SYS_getsockname: 'i32 i32 i32 -> i64',
  SYS_getsockopt: 'i32 i32 i32 i32 i32 -> i64',
  SYS_gettid: '-> i64',
  SYS_gettimeofday: 'i32 i32 -> i64',
  SYS_getuid: '-> i64',
  SYS_ioctl: 'i32 i32 i32 -> i64',
  SYS_kill: 'i32 i32 -> i64',
  SYS_link: 'i32 i32 -> i64',
  SYS_linkat: 'i32 i32 i32 i32 i32 -> i64',
  SYS_listen: 'i32 i32 -> i64',
  SYS_lseek: 'i32 i64 i32 -> i64',
  SYS_lstat: 'i32 i32 -> i64',
  SYS_madvise: 'i32 i32 i32 -> i64',
  SYS_mkdir: 'i32 i32 -> i64',
  SYS_mkdirat: 'i32 i32 i32 -> i64',
  SYS_mlockall: 'i32 -> i64',
  SYS_mmap: 'i32 i32 i32 i32 i32 i64 -> i64',
  SYS_mprotect: 'i32 i32 i32 -> i64',
  SYS_mremap: 'i32 i32 i32 i32 i32 -> i64',
  SYS_msync: 'i32 i32 i32 -> i64',
  SYS_munmap: 'i32 i32 -> i64',
  SYS_nanosleep: 'i32 i32 -> i64',
  SYS_newfstatat: 'i32 i32 i32 i32 -> i64',
  SYS_open: 'i32 i32 i32 -> i64',
  SYS_openat: 'i32 i32 i32 i32 -> i64',
  SYS_pipe: 'i32 -> i64',
  SYS_pipe2: 'i32 i32 -> i64',
  SYS_poll: 'i32 i64 i32 -> i64',
  SYS_ppoll: 'i32 i64 i32 i32 i32 -> i64',
  SYS_prctl: 'i32 i64 i64 i64 i64 -> i64',
  SYS_pread64: 'i32 i32 i32 i64 -> i64',
  SYS_preadv: 'i32 i32 i32 i64 i64 -> i64',
  SYS_prlimit64: 'i32 i32 i32 i32 -> i64',
  SYS_pselect6: 'i32 i32 i32 i32 i32 i32 -> i64',
  SYS_pwrite64: 'i32 i32 i32 i64 -> i64',
  SYS_read: 'i32 i32 i32 -> i64',
  SYS_readlink: 'i32 i32 i32 -> i64',
  SYS_readlinkat: 'i32 i32 i32 i32 -> i64',
  SYS_readv: 'i32 i32 i32 -> i64',
  SYS_recvfrom: 'i32 i32 i32 i32 i32 i32 -> i64',
  SYS_recvmsg: 'i32 i32 i32 -> i64',
  SYS_rename: 'i32 i32 -> i64',
  SYS_renameat2: 'i32 i32 i32 i32 i32 -> i64',
  SYS_rmdir: 'i32 -> i64',
  SYS_rt_sigaction: 'i32 i32 i32 i32 -> i64',
  SYS_rt_sigpending: 'i32 i32 -> i64',
  SYS_rt_sigprocmask: 'i32 i32 i32 i32 -> i64',
  SYS_rt_sigsuspend: 'i32 i32 -> i64',
  SYS_sched_getaffinity: 'i32 i32 i32 -> i64',
  SYS_sched_setscheduler: 'i32 i32 i32 -> i64',
  SYS_sched_yield: '-> i64',
  SYS_select: 'i32 i32 i32 i32 i32 -> i64',
  SYS_sendmsg: 'i32 i32 i32 -> i64',
  SYS_sendto: 'i32 i32 i32 i32 i32 i32 -> i64',
  SYS_set_robust_list: 'i32 i32 -> i64',
  SYS_set_tid_address: 'i32 -> i64',
  SYS_setgid: 'i32 -> i64',
  SYS_setgroups: 'i32 i32 -> i64',
  SYS_setitimer: 'i32 i32 i32 -> i64',
  SYS_setpgid: 'i32 i32 -> i64',
  SYS_setregid: 'i32 i32 -> i64',
  SYS_setresgid: 'i32 i32 i32 -> i64',
  SYS_setresuid: 'i32 i32 i32 -> i64',
  SYS_setreuid: 'i32 i32 -> i64',
  SYS_setrlimit: 'i32 i32 -> i64',
  SYS_setsid: '-> i64',
  SYS_setsockopt: 'i32 i32 i32 i32 i32 -> i64',
  SYS_setuid: 'i32 -> i64',
  SYS_shutdown: 'i32 i32 -> i64',
  SYS_sigaltstack: 'i32 i32 -> i64',
  SYS_signalfd: 'i32 i32 i32 -> i64',
  SYS_signalfd4: 'i32 i32 i32 i32 -> i64',
  SYS_socket: 'i32 i32 i32 -> i64',
  SYS_socketpair: 'i32 i32 i32 i32 -> i64',
  SYS_stat: 'i32 i32 -> i64',
  SYS_statfs: 'i32 i32 -> i64',
  SYS_statx: 'i32 i32 i32 i32 i32 -> i64',
  SYS_symlink: 'i32 i32 -> i64',
  SYS_symlinkat: 'i32 i32 i32 -> i64',
  SYS_sysinfo: 'i32 -> i64',
  SYS_timerfd_create: 'i32 i32 -> i64',
  SYS_timerfd_settime: 'i32 i32 i32 i32 -> i64',
  SYS_tkill: 'i32 i32 -> i64',
  SYS_truncate: 'i32 i64 -> i64',
  SYS_umask: 'i32 -> i64',
  SYS_uname: 'i32 -> i64',
  SYS_unlink: 'i32 -> i64',
  SYS_unlinkat: 'i32 i32 i32 -> i64',
  SYS_utimensat: 'i32 i32 i32 i32 -> i64',
  SYS_utimes: 'i32 i32 -> i64',
  SYS_wait4: 'i32 i32 i32 i32 -> i64',
  SYS_write: 'i32 i32 i32 -> i64',
  SYS_writev: 'i32 i32 i32 -> i64',
  __cl_copy_argv: 'i32 i32 -> i32',
  __cl_get_argc: '-> i32',
  __cl_get_argv_len: 'i32 -> i32',
  __deinit: '-> i32',
  __get_init_envfile: 'i32 i32 -> i32',
  __init: '-> i32',
  __proc_exit: 'i32 ->',
  __wasm_thread_spawn: 'i32 i32 -> i32',
};
