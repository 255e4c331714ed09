// Writes <wali_calls.h>, through which the C library reaches the kernel: for each row of the table of Linux's calls its import,
// with the types that it has, and one switch over Linux's numbers. What has no row answers ENOSYS, without an import.
// And <wali_variadic.h>, the same for the public syscall().

import { LINUX_BASE } from '../../runtime/abi/linux/call.ts';
import { type Row, wasmTypeOf } from '../../runtime/abi/row.ts';

const C_TYPES = { i32: 'int', i64: 'long', f64: 'double' } as const;
const PREFIX = 'SYS_';

/** @param rows of all Linux rows; those that are not calls of Linux's own are left out */
export function renderCalls(rows: readonly Row[]): string {
  const calls = callsOf(rows);
  return `${[
    '// Generated from runtime/abi/linux by tools/sysroot/calls.ts.',
    '',
    '#define __WALI(name) __attribute__((__import_module__("wali"), __import_name__("SYS_" #name))) hidden',
    ...calls.map(declaration),
    '',
    '__WALI_INLINE long __wali_call(long n, long a0, long a1, long a2, long a3, long a4, long a5)',
    '{',
    '\tswitch (n) {',
    ...calls.map((row) => `\tcase ${row.number - LINUX_BASE}: ${invocation(row)}`),
    '\tdefault: return -38 /* ENOSYS */;',
    '\t}',
    '}',
  ].join('\n')}\n`;
}

/** <wali_variadic.h>: one call with the arguments of a list, each of the type that the call has it in. */
export function renderVariadic(rows: readonly Row[]): string {
  return `${[
    '// Generated from runtime/abi/linux by tools/sysroot/calls.ts.',
    '',
    'static long __wali_variadic(long n, va_list ap)',
    '{',
    '\tswitch (n) {',
    ...callsOf(rows).map((row) => `\tcase ${row.number - LINUX_BASE}: { ${variadic(row)} }`),
    '\tdefault: return -38 /* ENOSYS */;',
    '\t}',
    '}',
  ].join('\n')}\n`;
}

function callsOf(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ name, module }) => module === 'wali' && name.startsWith(PREFIX));
}

/** In order: C leaves it open in which order the arguments of a call are evaluated. */
function variadic(row: Row): string {
  const reads = row.params.map((param, index) => {
    const type = C_TYPES[wasmTypeOf(param)];
    return `${type} a${index} = va_arg(ap, ${type});`;
  });
  return [...reads, invocation(row)].join(' ');
}

function declaration(row: Row): string {
  const name = row.name.slice(PREFIX.length);
  const params = row.params.map((param) => C_TYPES[wasmTypeOf(param)]);
  return `__WALI(${name}) ${resultOf(row)} __wali_${name}(${params.join(', ') || 'void'});`;
}

function invocation(row: Row): string {
  const args = row.params.map((param, index) => `(${C_TYPES[wasmTypeOf(param)]})a${index}`);
  const call = `__wali_${row.name.slice(PREFIX.length)}(${args.join(', ')})`;
  return resultOf(row) === 'void' ? `${call}; return 0;` : `return ${call};`;
}

function resultOf({ result, wideResult }: Row): 'long' | 'int' | 'void' {
  if (wideResult) return 'long';
  return result === 'never' || result === 'none' ? 'void' : 'int';
}
