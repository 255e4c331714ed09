// `npm run bench`: bundles the benchmarks, which are TypeScript, to build/bench/ and runs them on dist/.
// Usage: node tests/bench/run.mjs [options] [NAME…]     see main.ts for the options

import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const outdir = resolve(root, 'build/bench');

await build({
  absWorkingDir: root,
  entryPoints: {
    main: 'tests/bench/main.ts',
    'plain-program': 'tests/bench/plain/program.ts',
    'plain-worker': 'tests/bench/plain/worker.ts',
    'plain-wasi': 'tests/bench/plain/wasi.ts',
    'bare-program': 'tests/bench/plain/bare.ts',
    'plain-hostfs': 'tests/bench/plain/hostfs.ts',
  },
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
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
