// The table of calls against the rules that its readers rely on, and against what compilers really import.

import asc from 'assemblyscript/asc';
import { describe, expect, test } from 'vitest';
import { ASSEMBLYSCRIPT_ROWS } from '../../../runtime/abi/env/rows.ts';
import { Errno } from '../../../runtime/abi/errno.ts';
import type { HandlersOf, Param, Row } from '../../../runtime/abi/row.ts';
import { findRow, signatureOf, TABLE, TABLE_SIZE } from '../../../runtime/abi/table.ts';
import type { Fd, GuestPtr } from '../../../runtime/abi/types.ts';
import { wasiErrnoOf } from '../../../runtime/abi/wasi/errno.ts';
import { WASI_ROWS } from '../../../runtime/abi/wasi/rows.ts';
import { STRUCT_SIZES } from '../../../runtime/abi/wasi/structs.ts';
import { NAMED_TYPES, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { UNSTABLE_ROWS } from '../../../runtime/abi/wasi/unstable.ts';

const everyRow = describe.each(TABLE.map((row) => [`${row.module}.${row.name}`, row] as const));

test('the table holds the 46 calls of WASI preview 1, the 45 of wasi_unstable and the 15 of AssemblyScript', () => {
  expect(WASI_ROWS).toHaveLength(46);
  expect(ASSEMBLYSCRIPT_ROWS).toHaveLength(15);
  expect(UNSTABLE_ROWS).toHaveLength(45);
  expect(TABLE).toHaveLength(106);
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

  test('each count is a size parameter, and each size parameter is a count', () => {
    const counts = row.params.flatMap(({ count }) => (count === undefined ? [] : [count]));
    const sizes = row.params.filter(({ kind }) => kind === 'size').map(({ name }) => name);
    expect(new Set(counts)).toEqual(new Set(sizes));
  });

  test('has a home that somebody serves', () => {
    expect(['cnk', 'fd', 'linux']).toContain(row.home);
  });

  test('a home of fd means that its first parameter is a descriptor', () => {
    if (row.home === 'fd') expect(row.params[0]?.kind).toBe('fd');
  });

  test('gives errors only if it returns one, among them those of its parameters', () => {
    const errors = Object.keys(row.errors);
    if (row.result !== 'errno') return expect(errors).toEqual([]);
    if (row.params.some(isDescriptor)) expect(errors).toContain('EBADF');
    // A call that is not supported need not look at its pointers.
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
