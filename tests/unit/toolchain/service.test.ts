/** The compile service: builds, their cache, the worker, and a compiler that is not there. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as bundle } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CompileError, type Compiler, createCompiler, ToolchainError } from '../../../runtime/toolchain/service.ts';
import { silent, Workspace } from './workspace.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = fileURLToPath(new URL('../../../', import.meta.url));
const wasiSources = path.join(root, 'personalities/linux/sysroot/wasip1');

const cacheDir = path.join(os.tmpdir(), `fusedos-cache-${process.pid}`);
let compiler: Compiler;
let files: Workspace;

beforeAll(async () => {
  compiler = await createCompiler({ cacheDir, sysroot: null });
  files = new Workspace(compiler, {
    'answer.c': '#include "answer.h"\nint main(void) { return ANSWER; }\n',
    'far/answer.h': '#define ANSWER 42\n',
    'warn.c': 'int main(void) { int unused; return 0; }\n',
    'bad.c': 'int main(void) { return x; }\n',
    'twice.ts': "import { factor } from './factor';\nexport function twice(x: i32): i32 { return factor * x; }\n",
    'factor.ts': 'export const factor: i32 = 2;\n',
    'bad.ts': 'export function f(): i32 { return x; }\n',
    'asconfig.json':
      '{ "targets": { "release": { "optimizeLevel": 3, "textFile": "x.wat" } }, "options": { "runtime": "stub" } }',
  });
});

afterAll(async () => {
  await compiler.close();
  files.remove();
  fs.rmSync(cacheDir, { recursive: true, force: true });
});

async function status(bytes: Uint8Array): Promise<number> {
  fs.writeFileSync(files.path('program'), bytes);
  return files.execute('program').status;
}

async function twice(bytes: Uint8Array, x: number): Promise<unknown> {
  const { instance } = await WebAssembly.instantiate(new Uint8Array(bytes));
  const { twice: exported } = instance.exports;
  return typeof exported === 'function' ? exported(x) : undefined;
}

describe('a C build', () => {
  const request = { language: 'c', source: 'answer.c', args: ['-O2', '-Inear', '-Ifar'] } as const;

  test('gives the program, and comes from the cache until a header changes', async () => {
    const cwd = files.root;
    expect(await status(await compiler.build({ ...request, cwd }))).toBe(42);

    const fresh = await createCompiler({ cacheDir, sysroot: null });
    const load = vi.spyOn(WebAssembly, 'compile');
    expect(await status(await fresh.build({ ...request, cwd }))).toBe(42);
    expect(load).not.toHaveBeenCalled();
    load.mockRestore();
    await fresh.close();

    files.write('far/answer.h', '#define ANSWER 43\n');
    expect(await status(await compiler.build({ ...request, cwd }))).toBe(43);
  });

  test('is made again when a header appears that comes first in the search path', async () => {
    const cwd = files.root;
    const before = await status(await compiler.build({ ...request, cwd }));
    files.write('near/answer.h', '#define ANSWER 44\n');
    expect([before, await status(await compiler.build({ ...request, cwd }))]).toEqual([43, 44]);
  });

  test('leaves nothing beside its source', async () => {
    const before = files.list();
    await compiler.build({ language: 'c', source: files.path('warn.c') });
    expect(files.list()).toEqual(before);
  });

  test('hands its warnings out, from the cache too', async () => {
    const warnings: string[] = [];
    for (let run = 0; run < 2; run++) {
      const onWarning = (text: string): void => void warnings.push(text);
      await compiler.build({ language: 'c', source: 'warn.c', args: ['-Wall'], cwd: files.root, onWarning });
    }
    expect(warnings[0]).toContain("warn.c:1:22: warning: unused variable 'unused'");
    expect(warnings[1]).toBe(warnings[0]);
  });

  test('that fails throws the diagnostics, and is not cached', async () => {
    for (let run = 0; run < 2; run++) {
      const failure = await compiler.build({ language: 'c', source: 'bad.c', cwd: files.root }).catch((error) => error);
      expect(failure).toBeInstanceOf(CompileError);
      expect(failure).toMatchObject({ code: 'ERR_FUSEDOS_COMPILE', source: 'bad.c' });
      expect(failure.diagnostics).toMatch(/^bad.c:1:25: error: use of undeclared identifier 'x'\n/);
    }
  });
});

describe('an AssemblyScript build', () => {
  test('takes its options from asconfig.json and follows its imports', async () => {
    const request = { language: 'assemblyscript', source: 'twice.ts', cwd: files.root } as const;
    expect(await twice(await compiler.build(request), 4)).toBe(8);
    files.write('factor.ts', 'export const factor: i32 = 3;\n');
    expect(await twice(await compiler.build(request), 4)).toBe(12);
    expect(files.has('x.wat')).toBe(false);
  });

  test('that fails throws the diagnostics', async () => {
    const failure = await compiler.build({ language: 'assemblyscript', source: files.path('bad.ts') }).catch((e) => e);
    expect(failure).toBeInstanceOf(CompileError);
    expect(failure.diagnostics).toContain("Cannot find name 'x'");
  });
});

describe('a compile worker', () => {
  test('compiles what needs a deep stack, streams output, and lets the process end', async () => {
    const directory = fs.mkdtempSync(path.join(root, 'node_modules/.fusedos-worker-'));
    try {
      const worker = path.join(directory, 'compile-worker.js');
      await bundle({
        entryPoints: [path.join(root, 'runtime/toolchain/worker.ts')],
        outfile: worker,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['assemblyscript'],
      });
      const threaded = await createCompiler({ worker: pathToFileURL(worker), wasiSources, sysroot: null });
      const deep = new Workspace(threaded, {
        'x.cc': `template <int N> struct F { static constexpr int v = F<N - 1>::v + 1; };
template <> struct F<0> { static constexpr int v = 0; };
int main() { return F<1000>::v == 1000 ? 9 : 1; }`,
        'bad.c': 'int f(void) { return x; }\n',
      });
      expect(await deep.command('c++ x.cc -o x')).toEqual(silent);
      expect(deep.execute('x').status).toBe(9);
      expect(await deep.command('cc -c bad.c')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('bad.c:1:22'),
      });
      await expect(threaded.build({ language: 'c', source: 'bad.c', cwd: deep.root })).rejects.toThrow(CompileError);
      await threaded.close();
      await expect(deep.command('cc -c bad.c')).rejects.toThrow(ToolchainError);
      deep.remove();
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });
});

describe('without a compiler', () => {
  test('the error is one line that says what to install', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'fusedos-bare-'));
    try {
      const script = path.join(directory, 'main.mjs');
      await bundle({
        stdin: {
          contents: `import { createCompiler } from './runtime/toolchain/service.ts';
const compiler = await createCompiler({ wasiSources: ${JSON.stringify(wasiSources)} });
for (const language of ['c', 'assemblyscript']) {
  await compiler.build({ language, source: 'x' }).catch((error) => console.log(error.code, error.message));
}
await compiler.run({ tool: 'cc', args: [], cwd: '/', stdout() {}, stderr() {} }).catch((error) => console.log(error.message));`,
          resolveDir: root,
        },
        outfile: script,
        bundle: true,
        platform: 'node',
        format: 'esm',
        external: ['assemblyscript'],
      });
      expect(execFileSync(process.execPath, [script], { encoding: 'utf8', cwd: directory })).toBe(
        `ERR_FUSEDOS_TOOLCHAIN no C compiler: install it with \`npm install --save-dev @yowasp/clang\`
ERR_FUSEDOS_TOOLCHAIN no AssemblyScript compiler: install it with \`npm install --save-dev assemblyscript\`
no C compiler: install it with \`npm install --save-dev @yowasp/clang\`
`,
      );
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });
});
