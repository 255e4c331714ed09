// Sources compiled and run in a page, in headless Chromium: clang's files and asc are fetched from the page's own site.

import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Browser, missingBrowser } from '../browser/support/browser.ts';
import { root } from '../support/built.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const FETCHED = ['clang/llvm.core.wasm', 'clang/llvm-resources.tar'];

describe.skipIf(missingBrowser !== undefined)(
  `compiling in a page${missingBrowser ? ` (${missingBrowser})` : ''}`,
  () => {
    let browser: Browser;
    let page: Page & { readonly complaints: string[] };

    beforeAll(async () => {
      browser = await Browser.start();
      browser.site.folders.set('clang', join(root, 'node_modules/@yowasp/clang/gen'));
      // As a user's own bundler does it.
      const { outputFiles } = await build({
        entryPoints: [join(root, 'node_modules/assemblyscript/dist/asc.js')],
        bundle: true,
        format: 'esm',
        platform: 'browser',
        external: ['node:*', 'module', 'fs', 'path', 'url', 'crypto', 'process'],
        write: false,
        logLevel: 'error',
      });
      browser.site.guests.set('asc.js', outputFiles[0]?.contents ?? new Uint8Array());
      page = await browser.open('isolated');
    });

    afterAll(async () => {
      await browser?.close();
    });

    test('C is compiled by a clang that is fetched once, and runs', async () => {
      const compileAndRun = () =>
        page.evaluate(async () => {
          const phases: Record<string, number> = {};
          const machine = await fusedos.boot({ appCores: 1, compilers: { clang: 'clang' } });
          const program = await machine.compileC('#include <stdio.h>\nint main(void) { puts("hello"); return 7; }', {
            onProgress: ({ phase, loaded = 0, total = 0 }) => {
              phases[phase] = loaded === total ? loaded : 0;
            },
          });
          const { exitCode, stdout } = await machine.run(program);
          const error = await machine.compileC('int main(void) { return x; }').catch((reason) => reason);
          await machine.close();
          return { exitCode, stdout: stdout.text(), phases, diagnostics: error.diagnostics };
        });

      const first = await compileAndRun();
      expect(first).toMatchObject({
        exitCode: 7,
        stdout: 'hello\n',
        diagnostics: [{ file: 'main.c', line: 1, column: 25, severity: 'error' }],
      });
      expect(Object.keys(first.phases)).toEqual(['fetching', 'compiling', 'linking']);
      expect(first.phases['fetching']).toBeGreaterThan(1e7);

      const second = await compileAndRun();
      expect(second).toMatchObject({ exitCode: 7, stdout: 'hello\n' });
      expect(Object.keys(second.phases)).toEqual(['compiling', 'linking']);
      for (const file of FETCHED) {
        expect(browser.site.requests.filter((request) => request === `GET ${file}`)).toHaveLength(1);
        expect(browser.site.requests).toContain(`HEAD ${file}`);
      }
      expect(page.complaints).toEqual([]);
    });

    test('AssemblyScript too', async () => {
      const outcome = await page.evaluate(async () => {
        const machine = await fusedos.boot({ appCores: 1, compilers: { assemblyscript: 'guest/asc.js' } });
        const program = await machine.compileAssemblyScript(
          'export function add(a: i32, b: i32): i32 { return a + b; }\nconsole.log("hello");',
        );
        const { stdout } = await machine.run(program);
        const library = await machine.load(program);
        const sum = await library.call('add', 40, 2);
        await library.close();
        await machine.close();
        return { stdout: stdout.text(), sum };
      });
      expect(outcome).toEqual({ stdout: 'hello\n', sum: 42 });
      expect(page.complaints).toEqual([]);
    });

    test('a page that does not say where the compilers are is told what to do', async () => {
      const messages = await page.evaluate(async () => {
        const machine = await fusedos.boot({ appCores: 1 });
        const told = (reason: { code: string; message: string }) => `${reason.code}: ${reason.message}`;
        const ends = [
          await machine.compileC('').catch(told),
          await machine.compileAssemblyScript('').catch(told),
          await machine.compileC('', { clang: 'nowhere/' }).catch(told),
        ];
        await machine.close();
        return ends;
      });
      expect(messages).toEqual([
        expect.stringMatching(/^ENOSYS: no C compiler: .*@yowasp\/clang.*compilers: \{ clang: URL \}/),
        expect.stringMatching(/^ENOSYS: no AssemblyScript compiler: .*compilers: \{ assemblyscript: URL \}/),
        expect.stringMatching(/^ENOSYS: no C compiler: .*nowhere\/llvm.core.wasm cannot be fetched: HTTP 404/),
      ]);
    });
  },
);
