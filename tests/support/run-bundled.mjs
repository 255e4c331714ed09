// Runs a TypeScript program of the tests on dist/: bundles it, and what it loads by name, to build/NAME/ and starts `main`
// there, with this process's arguments. Called by the run.mjs of the conformance suites and of the benchmarks.

import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * @param {string} name the folder below build/
 * @param {Record<string, string> & { main: string }} entryPoints sources, from the repository's top
 * @param {string} [cwd] where it runs, if not here
 */
export async function runBundled(name, entryPoints, cwd) {
  const outdir = resolve(root, 'build', name);
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  const { status } = spawnSync(process.execPath, [resolve(outdir, 'main.mjs'), ...process.argv.slice(2)], {
    cwd,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
