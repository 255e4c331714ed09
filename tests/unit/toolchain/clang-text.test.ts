/** What clang and the linker write, read as data. */
import { expect, test } from 'vitest';
import { readClangText } from '../../../runtime/toolchain/sources/clang-text.ts';

const nowhere = { file: undefined, line: undefined, column: undefined };

test('errors, warnings and notes have their places; what is quoted has none', () => {
  const text = `In file included from main.c:1:
./lib.h:1:9: error: use of undeclared identifier 'y'
    1 | int x = y;
      |         ^
main.c:12:3: warning: 'f' is deprecated: use g: error: not this [-Wdeprecated-declarations]
   12 | main.c:1:1: error: a source that reads like a diagnostic
      | ^
sub/a b.cpp:3:1: note: 'f' has been explicitly marked here
main.c:4:10: fatal error: 'none.h' file not found
2 errors generated.
`;
  expect(readClangText(text)).toEqual([
    { file: 'lib.h', line: 1, column: 9, severity: 'error', message: "use of undeclared identifier 'y'" },
    {
      file: 'main.c',
      line: 12,
      column: 3,
      severity: 'warning',
      message: "'f' is deprecated: use g: error: not this [-Wdeprecated-declarations]",
    },
    {
      file: 'sub/a b.cpp',
      line: 3,
      column: 1,
      severity: 'note',
      message: "'f' has been explicitly marked here",
    },
    { file: 'main.c', line: 4, column: 10, severity: 'error', message: "'none.h' file not found" },
  ]);
});

test('the driver’s and the linker’s have no place', () => {
  const text = `wasm-ld: error: /@fusedos/tmp/output.lto.o: undefined symbol: foo
clang: error: linker command failed with exit code 1 (use -v to see invocation)
clang: warning: argument unused during compilation: '-lm' [-Wunused-command-line-argument]
`;
  expect(readClangText(text)).toEqual([
    { ...nowhere, severity: 'error', message: 'undefined symbol: foo' },
    { ...nowhere, severity: 'error', message: 'linker command failed with exit code 1 (use -v to see invocation)' },
    {
      ...nowhere,
      severity: 'warning',
      message: "argument unused during compilation: '-lm' [-Wunused-command-line-argument]",
    },
  ]);
});
