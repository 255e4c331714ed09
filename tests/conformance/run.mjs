// `npm run conformance`: bundles the runner, which is TypeScript, to build/conformance/ and runs it on dist/.
// Usage: node tests/conformance/run.mjs wasi-testsuite DIR [option…]     see main.ts for the options

import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const outdir = resolve(root, 'build/conformance');

await build({
  absWorkingDir: root,
  entryPoints: { main: 'tests/conformance/main.ts', execute: 'tests/conformance/execute.ts' },
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
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
