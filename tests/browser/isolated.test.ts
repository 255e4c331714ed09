// A machine in a page that is cross-origin isolated: the same bundle, in headless Chromium.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { buildModule } from '../support/module-builder.ts';
import { Browser, missingBrowser } from './support/browser.ts';
import { testKill } from './support/kill.ts';
import { addPrograms } from './support/programs.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

describe.skipIf(missingBrowser !== undefined)(`an isolated page${missingBrowser ? ` (${missingBrowser})` : ''}`, () => {
  let browser: Browser;
  let page: Page & { readonly complaints: string[] };

  beforeAll(async () => {
    browser = await Browser.start();
    await addPrograms(browser.site.guests, ['c/cg', 'assemblyscript/mandelbrot', 'c/args', 'c/cat', 'c/ls']);
    page = await browser.open('isolated');
  });

  afterAll(async () => {
    await browser?.close();
  });

  // Functions given to `evaluate` run in the page: only what they say themselves is there.

  test('runs a C kernel that reads a file and writes another', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      await machine.fs.mkdir('/in');
      await machine.fs.mkdir('/out');
      const matrix = await (await fetch('guest/laplacian.mtx')).arrayBuffer();
      await machine.fs.writeFile('/in/laplacian.mtx', new Uint8Array(matrix));
      const program = new URL('guest/cg.wasm', location.href);
      const result = await machine.run(program, { args: ['/in/laplacian.mtx', '/out/solution.mtx'] });
      const solution = await machine.fs.readFile('/out/solution.mtx', 'utf8');
      await machine.close();
      return {
        exitCode: result.exitCode,
        stdout: result.stdout.text(),
        stderr: result.stderr.text(),
        counts: result.counts,
        solution: solution.slice(0, 14),
      };
    });
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '', solution: '%%MatrixMarket' });
    expect(outcome.stdout).toMatch(/REPORT kernel=cg .* check=pass/);
    expect(outcome.counts['path_open']?.shipped).toBeGreaterThan(0);
    expect(outcome.counts['clock_time_get']?.local).toBeGreaterThan(0);
    expect(page.complaints).toEqual([]);
  });

  test('saves its files as an image, restores them, and tells what changed', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      await machine.fs.writeFile('/tmp/note', 'first');
      const image = await machine.fs.save({ gzip: true }).bytes();
      const before = await machine.fs.checkpoint();
      await machine.fs.writeFile('/tmp/note', 'second');
      const changes = await machine.fs.changes(before);
      const url = URL.createObjectURL(new Blob([image]));
      const torn = await machine.fs.restore(image.subarray(0, image.length - 9)).catch(({ code }) => code);
      await machine.fs.restore(url);
      const note = await machine.fs.readFile('/tmp/note', 'utf8');
      const other = await fusedos.boot({ appCores: 1, image: new Blob([image]).stream() });
      const same = await other.fs.readFile('/tmp/note', 'utf8');
      await other.close();
      await machine.close();
      return { changes, torn, note, same };
    });
    const changes = { created: [], changed: ['/tmp/note'], removed: [] };
    expect(outcome).toEqual({ changes, torn: 'EBADMSG', note: 'first', same: 'first' });
    expect(page.complaints).toEqual([]);
  });

  test('gives each run the memory that its module declares, and needs few memories', async () => {
    const growing = buildModule({
      types: [{ params: ['i32'], results: ['i32'] }],
      functions: [{ type: 0, body: [0x20, 0, 0x40, 0] }],
      memories: [{ initial: 1 }],
      exports: [{ name: 'grow', kind: 'func', index: 0 }],
    });
    const outcome = await page.evaluate(
      async (bytes) => {
        const machine = await fusedos.boot({ appCores: 1, memory: { process: 32 * 2 ** 20 } });
        const program = Uint8Array.from(bytes);
        const seen = new Set<string>();
        // More runs than a page may have memories.
        for (let run = 0; run < 150; run++) {
          const invoke = { name: 'grow', args: [`${run % 2 === 0 ? 300 : 511}`] };
          const { values, peakMemory } = await machine.run(program, { invoke, memory: (20 + 4 * (run % 4)) * 2 ** 20 });
          seen.add(`${invoke.args} ${values} ${peakMemory / 65536}`);
        }
        await machine.close();
        return [...seen].sort();
      },
      [...growing],
    );
    expect(outcome).toEqual(['300 1 301', '511 -1 1', '511 1 512']);
    expect(page.complaints).toEqual([]);
  });

  test.for(['cnk', 'fused', 'linux', 'library'] as const)(
    'runs an AssemblyScript kernel under the placement %s',
    async (placement) => {
      const outcome = await page.evaluate(async (placement) => {
        const machine = await fusedos.boot({ appCores: 1 });
        const { exitCode, stdout } = await machine.run('guest/mandelbrot.wasm', { placement });
        await machine.close();
        return { exitCode, stdout: stdout.text() };
      }, placement);
      expect(outcome.stdout).toMatch(/REPORT kernel=mandelbrot .* check=pass/);
      expect(outcome.exitCode).toBe(0);
      expect(page.complaints).toEqual([]);
    },
  );

  test.for(['cnk', 'library'] as const)(
    'gives %s arguments, environment, random bytes and stdin',
    async (placement) => {
      const outcome = await page.evaluate(async (placement) => {
        const machine = await fusedos.boot({ appCores: 1 });
        const options = { placement, env: { KEY: 'välue' }, check: true };
        const args = await machine.run('guest/args.wasm', { ...options, args: ['-e', 'one', 'zwei Wörter'] });
        const text = 'x'.repeat(300_000);
        const cat = await machine.run('guest/cat.wasm', { ...options, args: ['-'], stdin: text });
        const urandom = await machine.run('guest/cat.wasm', {
          ...options,
          args: ['/dev/urandom'],
          timeoutMs: 1500,
          check: false,
        });
        await machine.close();
        return {
          args: args.stdout.text(),
          isSame: cat.stdout.text() === text,
          signal: urandom.signal,
          random: urandom.stdout.bytes.length,
        };
      }, placement);
      expect(outcome.args).toContain('zwei Wörter');
      expect(outcome.args).toContain('KEY=välue');
      expect(outcome).toMatchObject({ isSame: true, signal: 'SIGKILL' });
      expect(outcome.random).toBeGreaterThan(65536);
      expect(page.complaints).toEqual([]);
    },
  );

  // Platform functions refuse or alias shared views: whatever handles a guest's bytes must have copied them.
  test.for(['cnk', 'fused', 'linux', 'library'] as const)(
    'handles names, faults, random bytes and traces of %s on copies',
    async (placement) => {
      const outcome = await page.evaluate(async (placement) => {
        const machine = await fusedos.boot({ appCores: 1 });
        const lines: string[] = [];
        const options = { placement, trace: (line: string) => void lines.push(line) };
        const listing = await machine.run('guest/ls.wasm', { ...options, args: ['-la', '/', '/dev', '/abwesend-ü'] });
        const random = await machine.run('guest/random.wasm', options);
        const abort = await machine.run('guest/abort.wasm', options);
        await machine.close();
        return {
          listing: listing.stdout.text(),
          error: listing.stderr.text(),
          random: random.exitCode,
          abort: abort.signal,
          message: abort.stderr.text(),
          lines,
        };
      }, placement);
      expect(outcome.listing).toContain('urandom');
      expect(outcome.error).toContain('/abwesend-ü');
      expect(outcome).toMatchObject({ random: 0, abort: 'SIGABRT' });
      expect(outcome.message).toContain('Grüße');
      expect(outcome.lines.some((line) => line.includes('abwesend-'))).toBe(true);
      expect(page.complaints).toEqual([]);
    },
  );

  testKill(() => page);

  test('ends a program that traps, with the names of its functions', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const { signal, stderr, trap } = await machine.run('guest/trap.wasm');
      await machine.close();
      return { signal, stderr: stderr.text(), trap };
    });
    expect(outcome.signal).toBe('SIGSEGV');
    expect(outcome.trap?.frames).toHaveLength(1);
    expect(outcome.stderr).toContain('SIGSEGV: memory access out of bounds');
  });

  test('answers calls of a loaded program', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      const library = await machine.load('guest/library.wasm');
      library.write(8, new Uint8Array([40, 0, 0, 0]));
      const sum = await library.call('add', 8, 2);
      const read = [...library.read(8, 4)];
      await library.close();
      await machine.close();
      return { sum, read };
    });
    expect(outcome).toEqual({ sum: 42, read: [42, 0, 0, 0] });
  });

  test('runs a library in its own thread, whose calls reach the machine', async () => {
    const program = buildModule({
      types: [{ params: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] }, { results: ['i32'] }],
      imports: [{ module: 'wasi_snapshot_preview1', name: 'fd_write', func: 0 }],
      functions: [
        {
          type: 1,
          // An iovec of the text at 16, then fd_write(1, 0, 1, 8).
          body: [
            ...[0x41, 0, 0x41, 16, 0x36, 2, 0, 0x41, 4, 0x41, 2, 0x36, 2, 0],
            ...[0x41, 1, 0x41, 0, 0x41, 1, 0x41, 8, 0x10, 0],
          ],
        },
      ],
      memories: [{ initial: 1 }],
      exports: [{ name: 'greet', kind: 'func', index: 1 }],
      data: [{ at: 16, bytes: [0x68, 0x69] }],
    });
    const outcome = await page.evaluate(
      async (bytes) => {
        const machine = await fusedos.boot({ appCores: 1 });
        const here = await machine.loadHere(Uint8Array.from(bytes));
        const results = Array.from({ length: 1000 }, () => here.exports['greet']?.());
        const { length } = here.stdout.text();
        const count = here.close().counts['fd_write']?.shipped;
        await machine.close();
        return { results: [...new Set(results)], length, count };
      },
      [...program],
    );
    expect(outcome).toEqual({ results: [0], length: 2000, count: 1000 });
    expect(page.complaints).toEqual([]);
  });

  test('gives a program functions that are called back', async () => {
    const program = buildModule({
      types: [
        { params: ['i32', 'i64'], results: ['i64'] },
        { params: ['i32'], results: ['i64'] },
      ],
      imports: [{ module: 'host', name: 'add', func: 0 }],
      functions: [{ type: 1, body: [0x20, 0, 0x42, 2, 0x10, 0] }], // add($n, 2)
      exports: [{ name: 'sum', kind: 'func', index: 1 }],
    });
    const outcome = await page.evaluate(
      async (bytes) => {
        const machine = await fusedos.boot({ appCores: 1 });
        const add = async (a: number, b: bigint): Promise<bigint> => BigInt(a) + b;
        const library = await machine.load(Uint8Array.from(bytes), { imports: { host: { add } } });
        const sums = await library.batch([
          ['sum', 1],
          ['sum', 40],
        ]);
        await machine.close();
        return sums.map(String);
      },
      [...program],
    );
    expect(outcome).toEqual(['3', '42']);
    expect(page.complaints).toEqual([]);
  });

  test('leaves no worker and no lock behind', async () => {
    const countHeld = (): Promise<number | undefined> =>
      page.evaluate(async () => (await navigator.locks.query()).held?.length);
    // A browser takes some seconds for the end of a thread that computed.
    await vi.waitFor(async () => expect(await countHeld()).toBe(0), { timeout: 10_000, interval: 100 });
    expect(page.workers()).toHaveLength(0);
    expect(page.complaints).toEqual([]);
  });

  test('says what a page does not have: no host directories', async () => {
    const outcome = await page.evaluate(async () => {
      try {
        await fusedos.boot({ mounts: { '/mnt': '/tmp' } });
        return undefined;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        return { code, message };
      }
    });
    expect(outcome).toEqual({ code: 'ENOSYS', message: 'a page has no host directories' });
  });
});
