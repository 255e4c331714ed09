// Sources compiled by a machine: `compileC` and `compileAssemblyScript` of the built library, in Node.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CompileProgress, Machine, Sources } from '../../runtime/index.ts';
import { distDirectory, importBuilt } from '../support/built.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const { boot, CompileError } = await importBuilt();

let machine: Machine;
beforeAll(async () => {
  machine = await boot({ appCores: 2 });
});
afterAll(() => machine.close());

/** The CompileError of sources that do not compile. */
async function failureOf(compile: Promise<unknown>) {
  const error = await compile.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CompileError) return error;
  throw error ?? new Error('it compiled');
}

describe('C and C++', () => {
  test('a source becomes a program; warnings are data, progress is told', async () => {
    const phases: CompileProgress['phase'][] = [];
    const source = '#include <stdio.h>\nint main(void) {\n  int unused;\n  puts("hello");\n  return 7;\n}\n';
    const program = await machine.compileC(source, {
      args: ['-Wall'],
      onProgress: ({ phase }) => void phases.push(phase),
    });
    expect(program.warnings).toEqual([
      {
        file: 'main.c',
        line: 3,
        column: 7,
        severity: 'warning',
        message: "unused variable 'unused' [-Wunused-variable]",
      },
    ]);
    expect([...new Set(phases)]).toEqual(['compiling', 'linking']);
    const { exitCode, stdout } = await machine.run(program);
    expect({ exitCode, stdout: stdout.text() }).toEqual({ exitCode: 7, stdout: 'hello\n' });
    expect((await machine.run(program.bytes)).exitCode).toBe(7);
  });

  test('several files, of both languages, in folders', async () => {
    const program = await machine.compileC({
      'main.cpp': '#include <iostream>\n#include "six.h"\nint main() { std::cout << 7 * six() << std::endl; }\n',
      'six.h': '#ifdef __cplusplus\nextern "C"\n#endif\nint six(void);\n',
      'lib/six.c': new TextEncoder().encode('#include "../six.h"\nint six(void) { return 6; }\n'),
    });
    expect((await machine.run(program)).stdout.text()).toBe('42\n');
  });

  test('errors have file, line, column and message, and the text that clang wrote', async () => {
    const error = await failureOf(
      machine.compileC({
        'main.c': '#include "lib.h"\nint main(void) { return missing; }\n',
        'lib.h': 'int x = y;\n',
      }),
    );
    expect(error).toMatchObject({
      code: 'ERR_FUSEDOS_COMPILE',
      message: "lib.h:1:9: use of undeclared identifier 'y' (and 1 more)",
      diagnostics: [
        { file: 'lib.h', line: 1, column: 9, severity: 'error' },
        { file: 'main.c', line: 2, column: 25, severity: 'error', message: "use of undeclared identifier 'missing'" },
      ],
    });
    expect(error.text).toContain('    2 | int main(void) { return missing; }\n');
  });

  test('what the linker misses is named', async () => {
    const error = await failureOf(machine.compileC('int none(void);\nint main(void) { return none(); }\n'));
    expect(error.message).toMatch(/^undefined symbol: none/);
  });

  test.each(['/etc/passwd', '../../../../../../etc/passwd', '/proc/self/environ'])(
    'a source sees no file of the host: %s',
    async (path) => {
      const error = await failureOf(machine.compileC(`#include "${path}"\nint main(void) {}\n`));
      expect(error.diagnostics).toMatchObject([{ message: `'${path}' file not found` }]);
    },
  );

  test('an aborted compile ends at once, one that waits too; the next one begins anew', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const [first, second] = ['int main(void) { return 1; }', 'int main(void) { return 2; }'].map((source) =>
      machine.compileC(source, { signal, onProgress: () => controller.abort() }),
    );
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    expect((await machine.run(await machine.compileC('int main(void) { return 3; }'))).exitCode).toBe(3);
  });

  test('what the callback of progress throws is what the compile rejects with', async () => {
    const failing = machine.compileC('int main(void) {}', {
      onProgress: () => {
        throw new Error('no more');
      },
    });
    await expect(failing).rejects.toThrow('no more');
  });

  test('a machine that closes ends its compiles', async () => {
    const other = await boot({ appCores: 1 });
    const compiles = [1, 2].map((status) => other.compileC(`int main(void) { return ${status}; }`));
    const ends = compiles.map((compile) => compile.catch(({ code }) => code));
    await other.close();
    expect(await Promise.all(ends)).toEqual(['ESHUTDOWN', 'ESHUTDOWN']);
    await expect(other.compileC('')).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });

  test('a compiler that is not there is told by name', async () => {
    await expect(machine.compileC('', { clang: '/nowhere' })).rejects.toMatchObject({
      code: 'ENOSYS',
      message: expect.stringContaining('/nowhere/llvm.core.wasm'),
    });
  });
});

describe('AssemblyScript', () => {
  test('a program runs, and its functions are called', async () => {
    const program = await machine.compileAssemblyScript({
      'main.ts':
        'import { ten } from "./lib/ten";\nexport function add(a: i32): i32 { return a + ten(); }\nconsole.log("hello");\n',
      'lib/ten.ts': 'export function ten(): i32 { return 10; }\n',
    });
    expect((await machine.run(program)).stdout.text()).toBe('hello\n');
    const library = await machine.load(program);
    expect(await library.call('add', 5)).toBe(15);
    await library.close();
  });

  test('errors have their places', async () => {
    const { diagnostics } = await failureOf(
      machine.compileAssemblyScript('export function f(): i32 {\n  return x;\n}\nimport { z } from "./none";\n'),
    );
    expect(diagnostics).toEqual([
      { file: 'main.ts', line: 4, column: 19, severity: 'error', message: "File 'none.ts' not found." },
    ]);
  });
});

describe('arguments', () => {
  const ofType = [undefined, null, 5, [], new Uint8Array(1), { 'main.c': 5 }];
  const ofValue = [{}, { 'x.h': '' }, { '../main.c': '' }, { '/main.c': '' }, { 'a\nb.c': '' }];
  const wrong: readonly (readonly [sources: unknown, options: object, code: string])[] = [
    ...ofType.map((sources) => [sources, {}, 'ERR_INVALID_ARG_TYPE'] as const),
    ...ofValue.map((sources) => [sources, {}, 'ERR_INVALID_ARG_VALUE'] as const),
    ['', { language: 'fortran' }, 'ERR_INVALID_ARG_VALUE'],
    ['', { optimise: '3' }, 'ERR_INVALID_ARG_VALUE'],
    ['', { args: '-O3' }, 'ERR_INVALID_ARG_TYPE'],
    ['', { signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    ['', { onProgress: 1 }, 'ERR_INVALID_ARG_TYPE'],
    ['', { clang: 1 }, 'ERR_INVALID_ARG_TYPE'],
  ];

  test.each(wrong)('%j with %j: %s', async (sources, options, code) => {
    await expect(machine.compileC(sources as Sources, options)).rejects.toMatchObject({ code });
  });
});

test('CommonJS has it too', () => {
  const script = `require(process.argv[1]).boot({ appCores: 1 }).then(async (machine) => {
    const program = await machine.compileC('int main(void) { return 42; }');
    console.log((await machine.run(program)).exitCode);
    await machine.close();
  });`;
  const output = execFileSync(process.execPath, ['-e', script, join(distDirectory, 'index.cjs')], { encoding: 'utf8' });
  expect(output).toBe('42\n');
});
