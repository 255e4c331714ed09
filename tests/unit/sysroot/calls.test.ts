// The stubs of Linux's calls, as text and as what they compile to where a clang of ours is there.

import { expect, test } from 'vitest';
import { LINUX_ROWS } from '../../../runtime/abi/linux/rows.ts';
import type { Row } from '../../../runtime/abi/row.ts';
import { renderCalls, renderVariadic } from '../../../tools/sysroot/calls.ts';

const row = (given: Partial<Row> & Pick<Row, 'name' | 'number'>): Row => ({
  module: 'wali',
  home: 'linux',
  summary: '',
  params: [],
  result: 'value',
  errors: {},
  blocks: false,
  support: 'full',
  wideResult: true,
  ...given,
});
const pread = row({
  name: 'SYS_pread64',
  number: 256 + 17,
  params: [
    { name: 'fd', kind: 'fd' },
    { name: 'buf', kind: 'ptr', to: 'u8', direction: 'out', count: 'count' },
    { name: 'count', kind: 'size' },
    { name: 'offset', kind: 'long' },
  ],
});

test('each call has its import, its types and its number of Linux', () => {
  const text = renderCalls([pread]);
  expect(text).toContain('__WALI(pread64) long __wali_pread64(int, int, int, long);');
  expect(text).toContain('case 17: return __wali_pread64((int)a0, (int)a1, (int)a2, (long)a3);');
});

test('a call without parameters is declared as one', () => {
  expect(renderCalls([row({ name: 'SYS_getpid', number: 256 + 39 })])).toContain('long __wali_getpid(void);');
});

test('what has no row answers ENOSYS and imports nothing', () => {
  const text = renderCalls([]);
  expect(text).toContain('default: return -38');
  expect(text).not.toContain('__wali_read');
});

test("WALI's support calls are no calls of Linux's", () => {
  expect(renderCalls([row({ name: '__cl_get_argc', number: 1024 })])).toBe(renderCalls([]));
});

test('a call that returns nothing is called and 0 is returned', () => {
  const { wideResult: _, ...exit } = row({ name: 'SYS_exit', number: 256 + 60, result: 'never' });
  expect(renderCalls([exit])).toContain('case 60: __wali_exit(); return 0;');
});

test('the public syscall reads each argument as the call has it, in order', () => {
  expect(renderVariadic([pread])).toContain(
    'case 17: { int a0 = va_arg(ap, int); int a1 = va_arg(ap, int); int a2 = va_arg(ap, int); long a3 = va_arg(ap, long); ' +
      'return __wali_pread64((int)a0, (int)a1, (int)a2, (long)a3); }',
  );
});

test('no two rows have one number, and none has more than six parameters', () => {
  const numbers = [...renderCalls(LINUX_ROWS).matchAll(/case (\d+):/g)].map(([, number]) => number);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(renderCalls(LINUX_ROWS)).not.toContain('a6');
});
