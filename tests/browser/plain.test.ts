// A page without the headers that isolate it, in headless Chromium: no shared memory, and a machine that says so.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Browser, missingBrowser } from './support/browser.ts';
import { testKill } from './support/kill.ts';
import { addPrograms } from './support/programs.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

/** WASI's number. */
const EAGAIN = 6;

describe.skipIf(missingBrowser !== undefined)(`a plain page${missingBrowser ? ` (${missingBrowser})` : ''}`, () => {
  let browser: Browser;
  let page: Page & { readonly complaints: string[] };

  beforeAll(async () => {
    browser = await Browser.start();
    await addPrograms(browser.site.guests, ['c/cg', 'assemblyscript/mandelbrot', 'c/args', 'c/cat', 'c/ls']);
    page = await browser.open('plain');
  });

  afterAll(async () => {
    await browser?.close();
  });

  // Functions given to `evaluate` run in the page: only what they say themselves is there.

  test('boots a machine that says what is missing and what is lost', async () => {
    const outcome = await page.evaluate(async () => {
      const hasSharedMemory = 'SharedArrayBuffer' in globalThis;
      const machine = await fusedos.boot({ appCores: 1 });
      const { degraded } = machine;
      await machine.close();
      const refusal = await fusedos.boot({ sharedMemory: true }).catch((error) => ({ code: error.code }));
      return { hasSharedMemory, degraded, refusal };
    });
    expect(outcome.hasSharedMemory).toBe(false);
    expect(outcome.degraded?.missing).toContain('Cross-Origin-Opener-Policy: same-origin');
    expect(outcome.degraded?.lost).not.toEqual([]);
    expect(outcome.refusal).toEqual({ code: 'ENOSYS' });
    expect(page.complaints.splice(0)).toEqual([expect.stringContaining('Cross-Origin-Opener-Policy')]);
  });

  test('runs a C kernel that reads a file and writes another', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      await machine.fs.mkdir('/in');
      await machine.fs.mkdir('/out');
      const matrix = await (await fetch('guest/laplacian.mtx')).arrayBuffer();
      await machine.fs.writeFile('/in/laplacian.mtx', new Uint8Array(matrix));
      const before = await machine.fs.stat('/in/laplacian.mtx');
      const program = new URL('guest/cg.wasm', location.href);
      const result = await machine.run(program, { args: ['/in/laplacian.mtx', '/out/solution.mtx'] });
      const solution = await machine.fs.readFile('/out/solution.mtx', 'utf8');
      const after = await machine.fs.stat('/in/laplacian.mtx');
      await machine.close();
      return {
        exitCode: result.exitCode,
        stdout: result.stdout.text(),
        stderr: result.stderr.text(),
        counts: result.counts,
        solution: solution.slice(0, 14),
        isInputTouched: before.ctimeMs !== after.ctimeMs,
      };
    });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '', solution: '%%MatrixMarket', isInputTouched: false });
    expect(outcome.stdout).toMatch(/REPORT kernel=cg .* check=pass/);
    expect(outcome.counts['path_open']).toMatchObject({ shipped: 0 });
    expect(outcome.counts['path_open']?.local).toBeGreaterThan(0);
  });

  test('runs an AssemblyScript kernel', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const { exitCode, stdout } = await machine.run('guest/mandelbrot.wasm');
      await machine.close();
      return { exitCode, stdout: stdout.text() };
    });
    expect(outcome.stdout).toMatch(/REPORT kernel=mandelbrot .* check=pass/);
    expect(outcome.exitCode).toBe(0);
  });

  test('gives programs arguments, environment, a working directory and stdin, and all that they write', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      await machine.fs.mkdir('/home');
      await machine.fs.writeFile('/home/note', 'in the working directory');
      const args = await machine.run('guest/args.wasm', { args: ['-e', 'zwei Wörter'], env: { KEY: 'välue' } });
      const text = 'x'.repeat(300_000);
      const cat = await machine.run('guest/cat.wasm', { args: ['-'], stdin: text });
      const note = await machine.run('guest/cat.wasm', { args: ['note'], cwd: '/home' });
      const absent = await machine.run('guest/cat.wasm', { args: ['absent'], cwd: '/home' });
      await machine.close();
      return {
        args: args.stdout.text(),
        isSame: cat.stdout.text() === text,
        note: note.stdout.text(),
        absent: absent.stderr.text(),
      };
    });
    expect(outcome.args).toContain('zwei Wörter');
    expect(outcome.args).toContain('KEY=välue');
    expect(outcome).toMatchObject({ isSame: true, note: 'in the working directory' });
    expect(outcome.absent).toContain('absent');
  });

  testKill(() => page);

  test('lets a program sleep in its worker', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const startMs = performance.now();
      const { exitCode } = await machine.run('guest/sleep.wasm');
      await machine.close();
      return { exitCode, tookMs: performance.now() - startMs };
    });
    expect(outcome.exitCode).toBe(0);
    expect(outcome.tookMs).toBeGreaterThan(100);
  });

  test('ends a program that traps, with the names of its functions', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const { signal, stderr } = await machine.run('guest/trap.wasm');
      await machine.close();
      return { signal, stderr: stderr.text() };
    });
    expect(outcome.signal).toBe('SIGSEGV');
    expect(outcome.stderr).toContain('SIGSEGV: memory access out of bounds');
  });

  test('answers calls of a loaded program', async () => {
    const sum = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const library = await machine.load('guest/library.wasm');
      const results = [await library.call('add', 8, 2), await library.call('add', 8, 40)];
      await library.close();
      await machine.close();
      return results;
    });
    expect(sum).toEqual([2, 42]);
  });

  test('refuses other placements and host directories, and says why', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const outcome = await Promise.allSettled([
        machine.run('guest/args.wasm', { placement: 'cnk' }),
        machine.mount('/tmp', '/mnt'),
        fusedos.boot({ mounts: { '/mnt': '/tmp' } }),
      ]);
      await machine.close();
      return outcome.map((result) => (result.status === 'rejected' ? [result.reason.code, result.reason.message] : []));
    });
    expect(outcome.map(([code]) => code)).toEqual(['ENOSYS', 'ENOSYS', 'ENOSYS']);
    expect(outcome[0]?.[1]).toContain('this machine lacks the placement cnk: this page is not cross-origin isolated');
  });

  test('runs a program in its own thread through an import object, where a sleep fails instead of waiting', async () => {
    const outcome = await page.evaluate(async () => {
      const run = async (name: string, options: Parameters<typeof fusedos.getImportObject>[0]) => {
        const { imports, start, fs } = fusedos.getImportObject(options);
        const { instance } = await WebAssembly.instantiateStreaming(fetch(`guest/${name}.wasm`), imports);
        const { exitCode, stdout } = start(instance);
        return { exitCode, stdout: stdout.text(), root: fs.readdirSync('/') };
      };
      return [
        await run('args', { args: ['-e', 'one'], env: { KEY: 'välue' } }),
        await run('cat', { args: ['/note', '-'], files: { '/note': 'from a file, ' }, stdin: 'from stdin' }),
        await run('mandelbrot', {}),
        await run('sleep', {}),
      ];
    });
    const [args, cat, mandelbrot, sleep] = outcome;
    expect(args?.stdout).toContain('KEY=välue');
    expect(cat).toMatchObject({
      exitCode: 0,
      stdout: 'from a file, from stdin',
      root: expect.arrayContaining(['note']),
    });
    expect(mandelbrot?.stdout).toMatch(/REPORT kernel=mandelbrot .* check=pass/);
    expect(sleep?.exitCode).toBe(EAGAIN);
  });

  test('leaves no worker and no lock behind, and nothing unsaid', async () => {
    const held = await page.evaluate(async () => (await navigator.locks.query()).held?.length);
    expect(held).toBe(0);
    expect(page.workers()).toHaveLength(0);
    expect(page.complaints.filter((complaint) => !complaint.includes('Cross-Origin-Opener-Policy'))).toEqual([]);
  });

  test('runs programs from an insecure origin too, which has neither locks nor digests', async () => {
    const insecure = await browser.open('plain', 'insecure.test');
    const outcome = await insecure.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const { exitCode, stdout } = await machine.run('guest/args.wasm', { args: ['hello'] });
      await machine.close();
      return { isSecure: globalThis.isSecureContext, exitCode, stdout: stdout.text() };
    });
    expect(outcome).toMatchObject({ isSecure: false, exitCode: 0, stdout: expect.stringContaining('hello') });
  });
});
