// Where a page's machine finds its workers, and what people are told when it does not: each error names the URL and the cause,
// nothing hangs. In Node: tests/system/workers.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { distDirectory } from '../support/built.ts';
import { Browser, launchChromium, missingBrowser } from './support/browser.ts';
import { type Answer, openFolder } from './support/folder-site.ts';
import { ISOLATION } from './support/site.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const WORKER = /-worker\.js$/;

describe.skipIf(missingBrowser !== undefined)(
  `workers of a page${missingBrowser ? ` (${missingBrowser})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fusedos-workers-'));
    let browser: BrowserContext;

    beforeAll(async () => {
      cpSync(join(distDirectory, 'page'), join(folder, 'page'), { recursive: true });
      cpSync(join(distDirectory, 'page'), join(folder, 'with space/100%25'), { recursive: true });
      writeFileSync(join(folder, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><title>workers</title>');
      browser = await launchChromium(join(folder, 'profile'));
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Boots a machine and writes a file there. @param answer what paths get instead of their files */
    async function boots(
      options: { readonly workers?: string; readonly library?: string } = {},
      answer?: (path: string) => Answer | undefined,
    ): Promise<unknown> {
      const site = await openFolder(folder, answer);
      const page: Page = await browser.newPage();
      try {
        await page.goto(site.url);
        const library = JSON.stringify(new URL(options.library ?? 'page/index.js', site.url));
        await page.addScriptTag({ type: 'module', content: `globalThis.fusedos = await import(${library});` });
        await Browser.loaded(page);
        return await page.evaluate(async (workers) => {
          try {
            const machine = await fusedos.boot({ appCores: 1, sharedMemory: true, ...(workers !== '' && { workers }) });
            await machine.fs.writeFile('/tmp/note', 'it runs');
            const note = await machine.fs.readFile('/tmp/note', 'utf8');
            await machine.close();
            return note;
          } catch (error) {
            const { name, code, message } = error as Error & { code?: string };
            return `${name} ${code}: ${message.replaceAll(location.origin, '')}`;
          }
        }, options.workers ?? '');
      } finally {
        await page.close();
        await site.close();
      }
    }

    test('lie beside the library, or in the folder that is named', async () => {
      expect(await boots()).toBe('it runs');
      expect(await boots({ workers: 'with space/100%2525' })).toBe('it runs');
    });

    test('may come from another origin with the library, when that allows it', async () => {
      const headers = {
        ...ISOLATION,
        'access-control-allow-origin': '*',
        'cross-origin-resource-policy': 'cross-origin',
      };
      const other = await openFolder(folder, () => ({ headers }));
      expect(await boots({ library: `${other.url}page/index.js` })).toBe('it runs');
      await other.close();
    });

    test('that are not there', async () => {
      expect(await boots({ workers: '/none' })).toMatch(
        /^FusedError ENOENT: the worker \/none\/(core|linux)-worker\.js did not start: HTTP 404\. .*boot\(\{ workers \}\)$/,
      );
    });

    test('instead of which a page comes, as from a server that answers every path with its start page', async () => {
      const answer = (path: string): Answer | undefined =>
        WORKER.test(path) ? { headers: { ...ISOLATION, 'content-type': 'text/html' }, body: '<p>start' } : undefined;
      expect(await boots({}, answer)).toMatch(
        /^FusedError ENOENT: the worker \/page\/\w+-worker\.js did not start: it came as text\/html, not as JavaScript/,
      );
    });

    test('that come without the header that an isolated page’s workers need', async () => {
      const answer = (path: string): Answer | undefined => (WORKER.test(path) ? { headers: {} } : undefined);
      expect(await boots({}, answer)).toMatch(
        /^FusedError EACCES: the worker \/page\/\w+-worker\.js did not start: it came without "Cross-Origin-Embedder-Policy/,
      );
    });

    test('that a Content-Security-Policy forbids', async () => {
      const policy = { ...ISOLATION, 'content-security-policy': "worker-src 'none'" };
      const answer = (path: string): Answer | undefined => (path === '/' ? { headers: policy } : undefined);
      expect(await boots({}, answer)).toMatch(
        /^FusedError EACCES: the worker \/page\/\w+-worker\.js did not start: its file is there\. .*Content-Security-Policy/,
      );
    });

    test('of another version', async () => {
      const old = join(folder, 'old');
      cpSync(join(distDirectory, 'page'), old, { recursive: true });
      const file = join(old, 'linux-worker.js');
      const { version } = JSON.parse(readFileSync(join(distDirectory, '../package.json'), 'utf8'));
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"${version}"`, '"0.0.1"'));
      expect(await boots({ workers: 'old/' })).toBe(
        `FusedError ENOEXEC: the worker /old/linux-worker.js did not start: it is the linux worker of fusedos 0.0.1, and was started by ${version}; copy the workers anew`,
      );
    });

    test.each([
      ['what is no URL', 'http://[', 'TypeError ERR_INVALID_ARG_VALUE'],
      ['an origin that is not there', 'http://127.0.0.1:9/', 'FusedError EIO: the worker http://127.0.0.1:9/'],
    ])('are not taken from %s', async (_, workers, expected) => {
      expect(await boots({ workers })).toContain(expected);
    });
  },
);
