// The page of the README, as a user copies it: in a folder with the package in node_modules, from a server that sends the
// headers, and from one that sends none, by the README's service worker.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createCompiler } from '../../runtime/toolchain/service.ts';
import { distDirectory, root } from '../support/built.ts';
import { launchChromium, missingBrowser } from './support/browser.ts';
import { type FolderSite, openFolder } from './support/folder-site.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The one block of a language that has a text in it. */
function blockOf(language: string, part: string): string {
  const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(
    ([, name, text]) => name === language && text?.includes(part),
  );
  if (blocks.length !== 1) throw new Error(`the README has ${blocks.length} blocks ${language} with ${part}`);
  return blocks[0]?.[2] ?? '';
}

describe.skipIf(missingBrowser !== undefined)(
  `the README’s page${missingBrowser ? ` (${missingBrowser})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fusedos-readme-'));
    const site = join(folder, 'site');
    let browser: BrowserContext;

    beforeAll(async () => {
      const page = 'node_modules/fusedos/dist/page';
      mkdirSync(join(site, page), { recursive: true });
      cpSync(join(distDirectory, 'page'), join(site, page), { recursive: true });
      writeFileSync(join(site, 'index.html'), blockOf('html', 'importmap'));
      writeFileSync(join(folder, 'shout.c'), blockOf('c', '// shout.c'));
      await using compiler = await createCompiler({ cacheDir: join(root, 'build/cache'), sysroot: null });
      const program = await compiler.build({ language: 'c', source: 'shout.c', args: ['-O2'], cwd: folder });
      writeFileSync(join(site, 'shout.wasm'), program);
      browser = await launchChromium(join(folder, 'profile'));
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function open(server: FolderSite): Promise<Page> {
      const page = await browser.newPage();
      await page.goto(server.url);
      return page;
    }

    /** Waits for the form, which the page shows when the program runs. */
    async function type(page: Page, text: string): Promise<void> {
      await page.fill('input', text);
      await page.click('text=Send');
    }

    const hasOutput = (page: Page, text: string): Promise<unknown> =>
      page.waitForFunction((text) => document.querySelector('pre')?.textContent?.includes(text), text);

    test('shows output as it comes, takes input, and stops', async () => {
      const server = await openFolder(site);
      const page = await open(server);
      await type(page, 'roses');
      await hasOutput(page, 'ROSES\n');
      await type(page, 'violets');
      await hasOutput(page, 'ROSES\nVIOLETS\n');
      await page.click('#stop');
      await hasOutput(page, 'ROSES\nVIOLETS\nended by SIGTERM\n');
      await page.close();
      await server.close();
    });

    test('says what is missing without the headers', async () => {
      const server = await openFolder(site, (path) => ({ headers: {}, ...(path === '/favicon.ico' && { body: '' }) }));
      const page = await open(server);
      await hasOutput(page, 'this page is not cross-origin isolated: serve it with');
      await page.close();
      await server.close();
    });

    test('is isolated by the service worker where the server sends no headers', async () => {
      const isolate = blockOf('javascript', '// isolate.js');
      const script = [...isolate.matchAll(/^\/\/ {3}(.*)$/gm)].map(([, line]) => line).join('\n');
      expect(script).toMatch(/^<script>[\s\S]*<\/script>$/);
      const html = readFileSync(join(site, 'index.html'), 'utf8').replace('<title>', `${script}\n<title>`);
      const server = await openFolder(site, (path) => {
        const body = path === '/' ? html : path === '/isolate.js' ? isolate : undefined;
        return { headers: {}, ...(body !== undefined && { body }) };
      });
      const page = await open(server);
      await page.waitForFunction(() => globalThis.crossOriginIsolated && document.readyState === 'complete');
      await type(page, 'isolated');
      await hasOutput(page, 'ISOLATED\n');
      await page.close();
      await server.close();
    });
  },
);
