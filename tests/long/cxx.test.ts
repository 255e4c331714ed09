// C++ as people write it: the cases of tests/guests/cxx, compiled in each way, on this Node, on others (FUSEDOS_NODES: their
// paths, with colons), and in Chromium.

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readStamp } from '../../runtime/toolchain/linux-sysroot.ts';
import { Browser, missingBrowser } from '../browser/support/browser.ts';
import { distDirectory, guestDirectory, root } from '../support/built.ts';
import { compilePrograms } from '../support/compile-programs.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 1_800_000 });

const MODES = { O0: ['-O0'], O2: ['-O2'], 'O0-no-lto': ['-O0', '-fno-lto'], 'O2-no-lto': ['-O2', '-fno-lto'] };
const PROGRAMS = readdirSync(join(root, 'tests/guests/cxx'))
  .filter((name) => name.endsWith('.cpp'))
  .map((name) => basename(name, '.cpp'));
const LEAST_CASES = 100;
const NODES = [process.execPath, ...(process.env['FUSEDOS_NODES'] ?? '').split(':').filter((path) => path !== '')];

const sysroot = join(distDirectory, 'sysroot');
const missing = readStamp(sysroot) === undefined ? 'there is no sysroot: npm run sysroot' : undefined;
const folder = join(guestDirectory, 'cxx');

interface Outcome {
  readonly count: number;
  readonly failures: readonly unknown[];
}

function programPath(name: string, mode: string): string {
  return join(folder, `${name}-${mode}.wasm`);
}

async function compileAll(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const programs = PROGRAMS.flatMap((name) =>
    Object.entries(MODES).map(([mode, args]) => ({
      language: 'c++' as const,
      source: `tests/guests/cxx/${name}.cpp`,
      args: ['-std=c++23', ...args],
      file: programPath(name, mode),
    })),
  );
  await compilePrograms(sysroot, programs);
}

async function runOnNode(node: string, files: readonly string[]): Promise<Outcome> {
  const script = fileURLToPath(new URL('../support/run-cases.mjs', import.meta.url));
  const child = spawn(node, [script, distDirectory, ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Outcome;
}

describe.skipIf(missing !== undefined)(`C++${missing === undefined ? '' : ` (skipped, because ${missing})`}`, () => {
  beforeAll(compileAll);

  const onNodes = NODES.flatMap((node) => Object.keys(MODES).map((mode) => ({ node, mode })));
  test.each(onNodes)('is right with $mode on $node', async ({ node, mode }) => {
    const { count, failures } = await runOnNode(
      node,
      PROGRAMS.map((name) => programPath(name, mode)),
    );
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(LEAST_CASES);
  });

  describe.skipIf(missingBrowser !== undefined)(`in Chromium${missingBrowser ? ` (${missingBrowser})` : ''}`, () => {
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      browser = await Browser.start();
      page = await browser.open('isolated');
    });
    afterAll(() => browser?.close());

    test.each(Object.keys(MODES))('is right with %s', async (mode) => {
      for (const name of PROGRAMS) browser.site.guests.set(`${name}.wasm`, readFileSync(programPath(name, mode)));
      const { count, failures } = await page.evaluate(async (names) => {
        const machine = await fusedos.boot({ appCores: 1 });
        const failures: unknown[] = [];
        let count = 0;
        for (const file of names) {
          const bytes = await (await fetch(`guest/${file}.wasm`, { cache: 'no-store' })).arrayBuffer();
          const program = await machine.compile(bytes);
          const list = (await machine.run(program)).stdout.text();
          for (const line of list.replace(/\n$/, '').split('\n')) {
            const [name = '', status, says = ''] = line.split('\t');
            count++;
            const result = await machine.run(program, { args: [name], timeoutMs: 30_000 });
            const stderr = result.stderr.text();
            if (result.exitCode !== Number(status) || !stderr.includes(says)) {
              failures.push({ name, exitCode: result.exitCode, stderr });
            }
          }
        }
        await machine.close();
        return { count, failures };
      }, PROGRAMS);
      expect(failures).toEqual([]);
      expect(count).toBeGreaterThan(LEAST_CASES);
    });
  });
});
