// strace-like lines from rows alone: numbers and flags by their types, texts escaped and cut, bad pointers harmless.

import { beforeEach, describe, expect, test } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import { findRow, TABLE } from '../../../runtime/abi/table.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { quoteBytes, quoteUtf16, type RawArgument, renderCall } from '../../../runtime/trace/render.ts';

const PAGE = 0x10000;

let memory: GuestMemory;
beforeEach(() => {
  memory = new GuestMemory(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
});

function render(name: string, args: readonly RawArgument[], result: number, module = 'wasi_snapshot_preview1'): string {
  const row = findRow(module, name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return renderCall({ row, args, memory, result });
}

function put(address: number, text: string): number {
  const bytes = new TextEncoder().encode(text);
  memory.copyIn(address, bytes);
  return bytes.length;
}

/** Stores an AssemblyScript string. */
function putString(address: number, text: string): void {
  memory.writeU32(address - 4, text.length * 2);
  for (let i = 0; i < text.length; i++) memory.writeU16(address + 2 * i, text.charCodeAt(i));
}

test('a call shows its descriptor, addresses, counts, what it gave, and its result', () => {
  memory.writeU32(0x410, 5);
  expect(render('fd_read', [4, 0x400, 1, 0x410], 0)).toBe(
    'fd_read(fd=4, iovs=0x400, iovs_len=1, nread=0x410 [5]) = 0 ESUCCESS',
  );
});

test('a call that failed gave nothing', () => {
  memory.writeU32(0x410, 5);
  expect(render('fd_read', [-1, 0x400, 1, 0x410], -Errno.EBADF)).toBe(
    'fd_read(fd=-1, iovs=0x400, iovs_len=1, nread=0x410) = 9 EBADF',
  );
});

test('a path is a text, flags are names, rights too, the opened descriptor is shown', () => {
  const length = put(0x100, 'a "b"\\c\n');
  memory.writeU32(0x200, 7);
  expect(render('path_open', [3, 1, 0x100, length, 9, 0x42n, 0n, 0, 0x200], 0)).toBe(
    'path_open(fd=3, dirflags=SYMLINK_FOLLOW, path="a \\"b\\"\\\\c\\n", path_len=8, oflags=CREAT|TRUNC, ' +
      'fs_rights_base=FD_READ|FD_WRITE, fs_rights_inheriting=0, fdflags=0, opened_fd=0x200 [7]) = 0 ESUCCESS',
  );
});

test('signed and unsigned numbers are what their kinds say, however they arrive', () => {
  memory.writeU64(0x80, 2n ** 40n);
  expect(render('fd_seek', [3, -8n, 2, 0x80], 0)).toBe(
    'fd_seek(fd=3, offset=-8, whence=END, newoffset=0x80 [1099511627776]) = 0 ESUCCESS',
  );
  expect(render('fd_filestat_set_size', [3, -1n], -Errno.EINVAL)).toBe(
    'fd_filestat_set_size(fd=3, size=18446744073709551615) = 22 EINVAL',
  );
  expect(render('fd_readdir', [3, -1, -1, 0n, 0], -Errno.EFAULT)).toBe(
    'fd_readdir(fd=3, buf=0xffffffff, buf_len=4294967295, cookie=0, bufused=0x0) = 14 EFAULT',
  );
});

test('an unknown value of an enum and unknown flags are numbers', () => {
  expect(render('clock_res_get', [9, 0], -Errno.EINVAL)).toBe('clock_res_get(id=9, resolution=0x0) = 22 EINVAL');
  expect(render('fd_fdstat_set_flags', [1, 0x104], -Errno.EINVAL)).toBe(
    'fd_fdstat_set_flags(fd=1, flags=NONBLOCK|0x100) = 22 EINVAL',
  );
  expect(render('fd_fdstat_set_rights', [1, -1n << 63n, 0n], -Errno.ENOTCAPABLE)).toBe(
    'fd_fdstat_set_rights(fd=1, fs_rights_base=0x8000000000000000, fs_rights_inheriting=0) = 200 ENOTCAPABLE',
  );
});

test('a text that a call writes is shown when it was written', () => {
  const length = put(0x100, '/home');
  expect(render('fd_prestat_dir_name', [3, 0x100, length], 0)).toContain('path="/home"');
  expect(render('fd_prestat_dir_name', [3, 0x100, length], -Errno.EBADF)).toContain('path=0x100');
});

test('a call without a value has no result, one that does not return has none yet, a number is a number', () => {
  putString(0x100, 'hi');
  expect(render('console.log', [0x100], 0, 'env')).toBe('console.log(text="hi")');
  expect(render('proc_exit', [3], 0)).toBe('proc_exit(rval=3) = ?');
  expect(render('seed', [], 0.25, 'env')).toBe('seed() = 0.25');
});

test('AssemblyScript strings are shown, null as null', () => {
  putString(0x100, 'naïve 💥');
  expect(render('abort', [0x100, 0, 12, 3], 0, 'env')).toBe(
    'abort(message="na\\u00efve \\ud83d\\udca5", fileName=null, lineNumber=12, columnNumber=3) = ?',
  );
});

describe('hostile memory', () => {
  test.each([0xffffffff, -1, PAGE, PAGE - 3, 1, 2])('a text at %d that is not in memory is an address', (address) => {
    memory.bytes.fill(0xff);
    const line = render('console.log', [address], 0, 'env');
    expect(line).toBe(`console.log(text=0x${(address >>> 0).toString(16)})`);
  });

  test('a path that ends outside the memory is an address', () => {
    expect(render('path_unlink_file', [3, PAGE - 4, 5], -Errno.EFAULT)).toContain('path=0xfffc, path_len=5');
    expect(render('path_unlink_file', [3, 0, -1], -Errno.EFAULT)).toContain('path=0x0, path_len=4294967295');
  });

  test('every row renders with absurd arguments, in printable ASCII', () => {
    memory.bytes.forEach((_, index) => {
      memory.bytes[index] = index;
    });
    for (const row of TABLE)
      for (const value of [0, 1, -1, 0x7fffffff, PAGE - 1, 0x100])
        for (const result of [0, 9, 512, -1]) {
          const args = row.params.map(({ kind }) => (kind === 'u64' || kind === 's64' ? BigInt(value) : value));
          expect(renderCall({ row, args, memory, result })).toMatch(/^[\x20-\x7e]+$/);
        }
  });

  test('missing arguments do not stop a trace', () => {
    expect(render('fd_read', [4], -Errno.EFAULT)).toBe('fd_read(fd=4, iovs=?, iovs_len=?, nread=?) = 14 EFAULT');
  });
});

describe('quoted bytes', () => {
  test('no byte can steer a terminal', () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (let start = 0; start < 256; start += 32)
      expect(quoteBytes(all.subarray(start, start + 32))).toMatch(/^"[\x20-\x7e]*"$/);
    expect(quoteBytes(Uint8Array.of(0x1b, 0x5b, 0x9b, 0x7f, 0))).toBe('"\\x1b[\\x9b\\x7f\\x00"');
  });

  test('are cut to 32, and the cut is seen', () => {
    expect(quoteBytes(new Uint8Array(32).fill(0x61))).toBe(`"${'a'.repeat(32)}"`);
    expect(quoteBytes(new Uint8Array(33).fill(0x61))).toBe(`"${'a'.repeat(32)}"...`);
    expect(quoteUtf16(new Uint16Array(33).fill(0x61))).toBe(`"${'a'.repeat(32)}"...`);
    expect(quoteBytes(new Uint8Array(0))).toBe('""');
  });
});
