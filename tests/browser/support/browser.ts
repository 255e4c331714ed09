// Headless Chromium and a site with the built bundle, for one test file.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { distDirectory } from '../../support/built.ts';
import { openSite, type Site } from './site.ts';

declare global {
  /** The bundle, in the page. */
  var fusedos: typeof import('../../../runtime/index.ts');
}

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP insecure.test 127.0.0.1',
];

/** Why tests in a browser cannot run here, or undefined. */
export const missingBrowser = existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}`;

/** @param profile a folder that it may fill */
export function launchChromium(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, { executablePath: CHROMIUM, headless: true, args: FLAGS });
}

export class Browser {
  readonly site: Site;
  readonly #folder: string;
  readonly #context: BrowserContext;

  private constructor(folder: string, context: BrowserContext, site: Site) {
    this.#folder = folder;
    this.#context = context;
    this.site = site;
  }

  static async start(): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), 'fusedos-browser-'));
    const context = await launchChromium(join(folder, 'profile'));
    return new Browser(folder, context, await openSite(distDirectory));
  }

  /**
   * A page with the bundle as `fusedos`; what it complains of is collected.
   *
   * @param realm `isolated`: with COOP and COEP
   * @param hostname `insecure.test`: the same site, to which browsers give nothing that is for secure origins only
   */
  async open(
    realm: 'isolated' | 'plain',
    hostname: '127.0.0.1' | 'insecure.test' = '127.0.0.1',
  ): Promise<Page & { readonly complaints: string[] }> {
    const page = await this.#context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    await page.goto(`http://${hostname}:${this.site.port}/${realm}/`);
    await Browser.loaded(page);
    return Object.assign(page, { complaints });
  }

  /** @returns when a page that was opened or reloaded has the bundle */
  static async loaded(page: Page): Promise<void> {
    await page.waitForFunction(() => 'fusedos' in globalThis);
  }

  async close(): Promise<void> {
    await this.#context.close();
    await this.site.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
