// What AssemblyScript's compiler imports by default works under every placement: console, process, clocks, abort, which
// reaches whoever called the function.

import asc from 'assemblyscript/asc';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Machine, ProgramEndedError } from '../../runtime/index.ts';
import { importBuilt } from '../support/built.ts';

const SOURCE = `
export function _start(): void {
  console.log("log");
  console.debug("debug ä😀");
  console.info("info");
  console.warn("warn");
  console.error("error");
  console.assert(1 < 2, "unseen");
  console.assert(1 > 2, "seen");
  console.time("t");
  console.time("t");
  console.timeLog("t");
  console.timeEnd("t");
  console.timeEnd("t");
  trace("traced", 2, 1.5, 2);
  assert(process.arch == "wasm32" && process.platform == "wasm");
  assert(process.time() > 1700000000000 && process.hrtime() > 0);
  assert(Date.now() > 1700000000000 && performance.now() > 0);
  assert(Math.random() < 1);
  process.exit(7);
}
export function fail(n: i32): i32 {
  if (n > 2) abort("too many: " + n.toString(), "here.ts", 12, 5);
  return n;
}
export function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
export function shout(text: string): string {
  return text.toUpperCase() + "!";
}
`;

const { boot, getImportObject } = await importBuilt();
let program: Uint8Array<ArrayBuffer>;
let machine: Machine;

beforeAll(async () => {
  program = await compile(SOURCE);
  machine = await boot({ appCores: 1, linuxProcesses: 1 });
});
afterAll(() => machine.close());

async function compile(source: string): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(0);
  const { error } = await asc.main(['program.ts', '--exportRuntime', '--outFile', 'program.wasm'], {
    readFile: (name) => (name === 'program.ts' ? source : null),
    writeFile: (_name, contents) => {
      if (typeof contents !== 'string') bytes = new Uint8Array(contents);
    },
    listFiles: () => [],
  });
  if (error) throw error;
  return bytes;
}

const TIME = /^t: \d+\.\d{3}ms$/;

function checkOutput(stdout: readonly string[], stderr: readonly string[]): void {
  const times = stdout.filter((line) => TIME.test(line));
  expect(times).toHaveLength(2);
  expect(stdout.filter((line) => !TIME.test(line))).toEqual(['log', 'debug ä😀', 'info']);
  expect(stderr).toEqual([
    'warn',
    'error',
    'Assertion failed: seen',
    "Warning: Label 't' already exists for console.time()",
    "Warning: No such label 't' for console.timeEnd()",
    'trace: traced 1.5, 2',
  ]);
}

test.for(['cnk', 'fused', 'linux', 'library'] as const)('the surface works under %s', async (placement) => {
  const { exitCode, stdout, stderr } = await machine.run(program, { placement });
  expect(exitCode).toBe(7);
  checkOutput(stdout.lines(), stderr.lines());
});

test('the surface works in an import object', () => {
  const { imports, start } = getImportObject();
  const { exitCode, stdout, stderr } = start(new WebAssembly.Instance(new WebAssembly.Module(program), imports));
  expect(exitCode).toBe(7);
  checkOutput(stdout.lines(), stderr.lines());
});

describe('abort', () => {
  const abort = { message: 'too many: 3', fileName: 'here.ts', lineNumber: 12, columnNumber: 5 };

  test.for(['cnk', 'fused', 'linux', 'library'] as const)(
    'tells the caller of a library why, under %s',
    async (placement) => {
      await using library = await machine.load(program, { placement });
      expect(await library.call('fail', 2)).toBe(2);
      const error = await library.call('fail', 3).catch((reason: ProgramEndedError) => reason);
      expect(error).toMatchObject({ code: 'ESRCH', exit: { signal: 'SIGABRT', trap: { abort } } });
      expect((error as Error).message).toBe('the program ended: abort: too many: 3 in here.ts(12:5)');
      expect((error as ProgramEndedError).exit?.trap?.frames[0]).toMatch(/fail|function\[\d+\]/);
    },
  );

  test.for([true, false])('tells the caller of a library in its thread (shared memory: %s)', async (sharedMemory) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    await using own = await boot({ appCores: 1, linuxProcesses: 0, sharedMemory });
    const here = await own.loadHere(program);
    expect(() => here.exports['fail']?.(3)).toThrow(
      expect.objectContaining({ code: 'ESRCH', exit: expect.objectContaining({ signal: 'SIGABRT' }) }),
    );
    expect(here.exit?.trap?.abort).toEqual(abort);
    expect(here.stderr.text()).toBe('abort: too many: 3 in here.ts(12:5)\n');
  });

  test('is told once on stderr, with the functions that led there', async () => {
    const { stderr, signal, trap } = await machine.run(program, { invoke: { name: 'fail', args: ['3'] } });
    expect(signal).toBe('SIGABRT');
    expect(trap?.abort).toEqual(abort);
    expect(stderr.lines().slice(0, 2)).toEqual(['abort: too many: 3 in here.ts(12:5)', 'fusedos: SIGABRT']);
    expect(stderr.lines()[2]).toMatch(/^ {4}at /);
  });
});

test('strings go in and out, by the program’s own allocator', async () => {
  await using library = await machine.load(program);
  const text = await library.newString('grüße', 'utf16');
  const shouted = (await library.call('shout', text)) as number;
  expect(library.readString(shouted, { encoding: 'utf16' })).toBe('GRÜSSE!');
  await library.free(text);
  const here = await machine.loadHere(program);
  const own = here.newString('hi', 'utf16');
  expect(here.readString(here.exports['shout']?.(own) as number, { encoding: 'utf16' })).toBe('HI!');
  here.free(own);
  here.close();
});
