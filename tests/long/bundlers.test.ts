// Programs that bundlers and test runners make or run, as their users have them: `npm pack`'s tarball installed into a project,
// built by each tool's own command, run in Node and in a cross-origin isolated page in Chromium. The tools are apart, in
// tests/bundlers/package.json: `npm install --prefix tests/bundlers` installs them.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { launchChromium, missingBrowser } from '../browser/support/browser.ts';
import { openFolder } from '../browser/support/folder-site.ts';
import { guestPath, root } from '../support/built.ts';
import { type Finished, finished, said } from '../support/command.ts';
import { cleanEnvironment, createProject, type Project } from '../support/package.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const TOOLS = join(root, 'tests/bundlers/node_modules');
const missingTools = existsSync(join(TOOLS, '.bin/vite'))
  ? undefined
  : 'npm install --prefix tests/bundlers was not run';
const GREETING = 'argument from a bundle\n';

/** @param options of `boot`, as source text */
const pageProgram = (options = '{ appCores: 1 }'): string => `
import { boot } from 'fusedos';
try {
  const machine = await boot(${options});
  if (machine.degraded) throw new Error(machine.degraded.missing);
  const { stdout } = await machine.run('show.wasm', { args: ['from a bundle'] });
  globalThis.outcome = stdout.text();
  await machine.close();
} catch (error) {
  globalThis.outcome = String(error);
}
`;

const HTML = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>';

/** Runs a program that is the first argument; the second is the folder of the workers. */
const NODE_PROGRAM = `
import { boot } from 'fusedos';
const [, , program, workers] = process.argv;
const machine = await boot({ appCores: 1, workers });
const { stdout } = await machine.run(program, { args: ['from a bundle'] });
process.stdout.write(stdout.text().replace(/^.*\\n/, '').replace(/^variable.*\\n/gm, ''));
await machine.close();
`;

const suite = describe.skipIf(missingTools !== undefined);
const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped, because ${reason})`);

suite(`the package${because(missingTools)}`, () => {
  let project: Project;

  beforeAll(() => {
    project = createProject();
    for (const name of readdirSync(TOOLS)) {
      if (!name.startsWith('.')) symlinkSync(join(TOOLS, name), join(project.folder, 'node_modules', name));
    }
    project.write('main.js', pageProgram());
    project.write('named-workers.js', pageProgram(`{ appCores: 1, workers: 'fusedos/' }`));
    project.write('node.js', NODE_PROGRAM);
    project.write('index.html', HTML);
    mkdirSync(join(project.folder, 'public'));
    copyFileSync(guestPath('show'), join(project.folder, 'public/show.wasm'));
    project.write(
      'vite.config.js',
      `const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
       export default { server: { headers }, preview: { headers } };`,
    );
  });
  afterAll(() => project?.remove());

  const start = (command: string, args: readonly string[], env = {}): ChildProcessWithoutNullStreams =>
    spawn(command, args, {
      cwd: project.folder,
      env: { ...cleanEnvironment(), ...env },
      timeout: 220_000,
      killSignal: 'SIGKILL',
    });
  const tool = (name: string, ...args: string[]): Promise<Finished> => finished(start(join(TOOLS, '.bin', name), args));
  const build = async (name: string, ...args: string[]): Promise<void> => {
    const { status, stdout, stderr } = await tool(name, ...args);
    if (status !== 0) throw new Error(`${name} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  };

  /** Puts what a page needs besides its bundle beside that; `workers`: the workers too, there. */
  const complete = (folder: string, workers?: string): string => {
    const site = join(project.folder, folder);
    project.write(join(folder, 'index.html'), HTML);
    copyFileSync(guestPath('show'), join(site, 'show.wasm'));
    const page = join(project.folder, 'node_modules/fusedos/dist/page');
    for (const file of workers === undefined ? [] : readdirSync(page)) {
      if (file.endsWith('-worker.js')) cpSync(join(page, file), join(site, workers ?? '.', file));
    }
    return site;
  };

  describe.skipIf(missingBrowser !== undefined)(`in a page${because(missingBrowser)}`, () => {
    let browser: BrowserContext;

    beforeAll(async () => {
      browser = await launchChromium(join(project.folder, '..', 'profile'));
    });
    afterAll(() => browser?.close());

    const outcomeAt = async (url: string): Promise<{ outcome: unknown; complaints: string[] }> => {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await page.goto(url);
      await page.waitForFunction(() => 'outcome' in globalThis, undefined, { timeout: 60_000 });
      const outcome = await page.evaluate(() => (globalThis as { outcome?: unknown }).outcome);
      await page.close();
      return { outcome, complaints };
    };
    const expectGreeting = async (url: string): Promise<void> => {
      const { outcome, complaints } = await outcomeAt(url);
      expect(outcome).toContain(GREETING);
      expect(complaints).toEqual([]);
    };
    const expectGreetingOf = async (folder: string): Promise<void> => {
      const site = await openFolder(folder);
      await expectGreeting(site.url).finally(() => site.close());
    };

    test('runs under Vite’s development server', async () => {
      const server = start(join(TOOLS, '.bin/vite'), ['--port', '0', '--clearScreen', 'false'], { NO_COLOR: '1' });
      try {
        let text = '';
        server.stdout.on('data', (chunk) => {
          text += chunk;
        });
        await said(server, 'Local:');
        while (!/http:\S+\//.test(text)) await once(server.stdout, 'data');
        await expectGreeting(/http:\S+\//.exec(text)?.[0] ?? '');
      } finally {
        server.kill();
      }
    });

    test('runs when Vite has built it', async () => {
      await build('vite', 'build', '--outDir', 'out/vite');
      await expectGreetingOf(join(project.folder, 'out/vite'));
    });

    test('runs when webpack has built it', async () => {
      await build('webpack', '--mode', 'production', '--entry', './main.js', '--output-path', 'out/webpack');
      await expectGreetingOf(complete('out/webpack'));
    });

    test('runs when esbuild has built it, with the workers beside it', async () => {
      await build('esbuild', 'main.js', '--bundle', '--format=esm', '--outdir=out/esbuild');
      await expectGreetingOf(complete('out/esbuild', '.'));
    });

    test('runs when Rollup has built it, with the workers where the program says', async () => {
      const entry = ['--input', 'named-workers.js', '--plugin', '@rollup/plugin-node-resolve'];
      await build('rollup', ...entry, '--format', 'es', '--dir', 'out/rollup', '--entryFileNames', 'main.js');
      await expectGreetingOf(complete('out/rollup', 'fusedos'));
    });

    test('says which file is missing when nobody copied the workers', async () => {
      await build('esbuild', 'main.js', '--bundle', '--format=esm', '--outdir=out/bare');
      const site = await openFolder(complete('out/bare'));
      const { outcome } = await outcomeAt(site.url);
      await site.close();
      expect(outcome).toMatch(/^FusedError: the worker http:\S+\/(core|linux)-worker\.js did not start: HTTP 404\./);
      expect(outcome).toContain('boot({ workers })');
    });
  });

  describe('in Node', () => {
    const dist = (): string => join(project.folder, 'node_modules/fusedos/dist');
    const expectGreeting = async (file: string, workers?: string): Promise<void> => {
      const args = [join(project.folder, file), guestPath('show'), ...(workers === undefined ? [] : [workers])];
      expect(await finished(start(process.execPath, args))).toEqual({ status: 0, stdout: GREETING, stderr: '' });
    };

    test('runs as one file of esbuild’s, with the workers where the program says', async () => {
      const options = ['--bundle', '--platform=node', '--format=esm', '--outfile=out/single/app.mjs'];
      await build('esbuild', 'node.js', ...options);
      await expectGreeting('out/single/app.mjs', dist());
      const alone = await finished(start(process.execPath, [join(project.folder, 'out/single/app.mjs'), 'none.wasm']));
      expect(alone.stderr).toMatch(/FusedError.*: the worker file:\S+\/out\/single\/\w+-worker\.cjs did not start/);
    });

    test('runs as one file of esbuild’s, with the workers beside it', async () => {
      const options = ['--bundle', '--platform=node', '--format=esm', '--outfile=out/beside/app.mjs'];
      await build('esbuild', 'node.js', ...options);
      for (const file of readdirSync(dist())) {
        if (file.endsWith('.cjs')) cpSync(join(dist(), file), join(project.folder, 'out/beside', file));
      }
      await expectGreeting('out/beside/app.mjs');
    });

    test('runs when webpack has built it', async () => {
      project.write(
        'webpack.node.config.js',
        `import { resolve } from 'node:path';
         export default { mode: 'development', devtool: false, target: 'node', entry: './node.js',
           output: { path: resolve('out/webpack-node'), filename: 'app.cjs' } };`,
      );
      await build('webpack', '--config', 'webpack.node.config.js');
      await expectGreeting('out/webpack-node/app.cjs', dist());
    });

    test('runs when Rollup has built it', async () => {
      project.write(
        'rollup.node.config.js',
        `import commonjs from '@rollup/plugin-commonjs';
         import resolve from '@rollup/plugin-node-resolve';
         export default { input: 'node.js', output: { file: 'out/rollup-node/app.mjs', format: 'es' },
           plugins: [resolve({ exportConditions: ['node'], preferBuiltins: true }), commonjs()] };`,
      );
      await build('rollup', '--config', 'rollup.node.config.js');
      await expectGreeting('out/rollup-node/app.mjs', dist());
    });

    test('runs when Vite has built it for a server', async () => {
      await build('vite', 'build', '--ssr', 'node.js', '--outDir', 'out/vite-node');
      await expectGreeting('out/vite-node/node.js');
    });

    const JEST = `test('runs a program', async () => {
      const machine = await boot({ appCores: 1 });
      await machine.fs.writeFile('/tmp/note', new Uint8Array([104, 105]));
      expect(await machine.fs.readFile('/tmp/note', 'utf8')).toBe('hi');
      const { stdout } = await machine.run(process.env.PROGRAM, { args: ['from a bundle'], stdin: new Uint8Array(3) });
      expect(stdout.text()).toContain('argument from a bundle');
      await expect(machine.unmount('/none')).rejects.toBeInstanceOf(FusedError);
      await machine.close();
    });`;
    const runner = (name: string, args: readonly string[], env = {}): Promise<Finished> =>
      finished(start(join(TOOLS, '.bin', name), args, { PROGRAM: guestPath('show'), NO_COLOR: '1', ...env }));

    test.each([
      ['CommonJS', 'cjs', "const { boot, FusedError } = require('fusedos');", {}],
      [
        'ES modules',
        'mjs',
        "import { boot, FusedError } from 'fusedos';",
        { NODE_OPTIONS: '--experimental-vm-modules' },
      ],
    ])('is tested by Jest, %s', async (_, extension, load, env) => {
      project.write(`jest/${extension}/run.test.${extension}`, `${load}\n${JEST}`);
      const config = {
        testMatch: [`**/jest/${extension}/*`],
        transform: {},
        moduleFileExtensions: ['js', 'cjs', 'mjs'],
      };
      const { status, stderr } = await runner('jest', ['--config', JSON.stringify({ ...config, rootDir: '.' })], env);
      expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringMatching(/Tests: +1 passed/) });
    });

    test.each(['threads', 'forks'])('is tested by Vitest in its pool of %s', async (pool) => {
      const load = "import { expect, test } from 'vitest';\nimport { boot, FusedError } from 'fusedos';";
      project.write('vitest/run.test.js', `${load}\n${JEST}`);
      const { status, stdout, stderr } = await runner('vitest', ['run', '--pool', pool, 'vitest/']);
      expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: expect.stringMatching(/Tests +1 passed/) });
    });
  });
});
