// Import objects for people who instantiate modules themselves: no machine, no worker; here in Node's main thread.

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ImportObjectOptions, ImportObjectResult } from '../../runtime/index.ts';
import { addPrograms } from '../browser/support/programs.ts';
import { guestPath, importBuilt } from '../support/built.ts';

let getImportObject: Awaited<ReturnType<typeof importBuilt>>['getImportObject'];

beforeAll(async () => {
  ({ getImportObject } = await importBuilt());
});

function compile(name: string): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array(readFileSync(guestPath(name))));
}

function run(name: string, options: ImportObjectOptions = {}): ImportObjectResult {
  const { imports, start } = getImportObject({ name, ...options });
  return start(new WebAssembly.Instance(compile(name), imports));
}

describe('a command', () => {
  test('gets arguments and environment, and gives what it wrote', () => {
    const { exitCode, signal, stdout } = run('show', { args: ['one', 'zwei Wörter'], env: { KEY: 'välue' } });
    expect({ exitCode, signal }).toEqual({ exitCode: 0, signal: undefined });
    expect(stdout.lines()).toEqual(['argument show', 'argument one', 'argument zwei Wörter', 'variable KEY=välue']);
  });

  test('ends with its own status', () => {
    expect(run('status', { args: ['42'] })).toMatchObject({ exitCode: 42, signal: undefined, trap: undefined });
  });

  test.for([
    ['bounds', 'SIGSEGV'],
    ['divide', 'SIGFPE'],
    ['abort', 'SIGABRT'],
    ['stack', 'SIGSEGV'],
  ] as const)('that faults (%s) ends by %s, its output kept', ([fault, signal]) => {
    const result = run('fault', { args: [fault] });
    expect(result.signal).toBe(signal);
    expect(result.trap?.message).not.toBe('');
    expect(result.stdout.text()).toBe(`before ${fault}\n`);
  });

  test('reads stdin to its end', () => {
    const text = 'x'.repeat(200_000);
    expect(run('copy', { stdin: text }).stdout.text()).toBe(text);
    expect(run('copy').stdout.text()).toBe('');
  });

  test('reads the files that it is given and leaves those that it wrote', () => {
    const files = { '/in/deep/note': 'given', '/work/here': new Uint8Array([104, 105]) };
    expect(run('files', { files, args: ['read', '/in/deep/note'] }).stdout.text()).toBe('given');
    expect(run('files', { files, cwd: '/work', args: ['read', 'here'] }).stdout.text()).toBe('hi');
    const { imports, start, fs } = getImportObject({ args: ['write', '/out', 'text'] });
    start(new WebAssembly.Instance(compile('files'), imports));
    expect(fs.readFileSync('/out', 'utf8')).toBe('text');
    expect(fs.readdirSync('/')).toContain('out');
    expect(fs.statSync('/out').isFile()).toBe(true);
    expect(fs.existsSync('/absent')).toBe(false);
    expect(() => fs.readFileSync('/absent')).toThrow(expect.objectContaining({ code: 'ENOENT', syscall: 'open' }));
  });

  test('has files larger than what is copied at once', () => {
    const text = 'y'.repeat(3_000_000);
    const { imports, start, fs } = getImportObject({ files: { '/large': text }, args: ['read', '/large'] });
    const { stdout } = start(new WebAssembly.Instance(compile('files'), imports));
    expect(stdout.text() === text).toBe(true);
    expect(fs.readFileSync('/large', 'utf8') === text).toBe(true);
  });

  test('runs once', () => {
    const { imports, start } = getImportObject();
    const instance = new WebAssembly.Instance(compile('status'), imports);
    start(instance);
    expect(() => start(instance)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  test('is told what it cannot have', () => {
    expect(() => getImportObject({ cwd: '/absent' })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    for (const [options, code] of [
      [{ files: { relative: '' } }, 'ERR_INVALID_ARG_VALUE'],
      [{ files: { '/f': 5 } }, 'ERR_INVALID_ARG_TYPE'],
      [{ arg: ['x'] }, 'ERR_INVALID_ARG_VALUE'],
      [{ stdin: null }, 'ERR_INVALID_ARG_TYPE'],
      [{ storage: -1 }, 'ERR_OUT_OF_RANGE'],
    ] as const) {
      expect(() => getImportObject(options as object)).toThrow(expect.objectContaining({ code }));
    }
    expect(() => getImportObject({ files: { '/a': 'xx' }, storage: 1 })).toThrow(
      expect.objectContaining({ code: 'ENOSPC' }),
    );
    const { imports, start } = getImportObject();
    expect(() => start(new WebAssembly.Instance(compile('library'), imports))).toThrow('exports no _start');
  });
});

describe('a reactor', () => {
  test('is initialized, and its exports called', () => {
    const { imports, initialize } = getImportObject();
    const instance = new WebAssembly.Instance(compile('library'), imports);
    initialize(instance);
    const { add, calls } = instance.exports as { add(a: number, b: number): number; calls(): number };
    expect(add(40, 2)).toBe(42);
    expect(calls()).toBe(1);
  });

  test('throws the trap of an export at its caller', () => {
    const { imports, initialize } = getImportObject();
    const instance = new WebAssembly.Instance(compile('library'), imports);
    initialize(instance);
    const { crash } = instance.exports as { crash(): void };
    expect(crash).toThrow(WebAssembly.RuntimeError);
  });
});

test('an AssemblyScript kernel runs, its report is kept', async () => {
  const programs = new Map<string, Uint8Array>();
  await addPrograms(programs, ['assemblyscript/mandelbrot']);
  const { imports, start } = getImportObject();
  const module = new WebAssembly.Module(new Uint8Array(programs.get('mandelbrot.wasm') ?? []));
  const { exitCode, stdout } = start(new WebAssembly.Instance(module, imports));
  expect(exitCode).toBe(0);
  expect(stdout.text()).toMatch(/REPORT kernel=mandelbrot .* check=pass/);
});

test('a sleep sleeps where the thread may wait', async () => {
  const programs = new Map<string, Uint8Array>();
  await addPrograms(programs, []);
  const { imports, start } = getImportObject();
  const module = new WebAssembly.Module(new Uint8Array(programs.get('sleep.wasm') ?? []));
  const startMs = performance.now();
  const { exitCode } = start(new WebAssembly.Instance(module, imports));
  expect(exitCode).toBe(0);
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(99);
});
