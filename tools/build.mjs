// Builds dist/: the library, its workers and the command line, one ESM bundle each with shared chunks, for Node and pages.
// Usage: node tools/build.mjs [--types]

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
  outdir: 'dist',
};

await build({
  ...common,
  entryPoints: {
    index: 'runtime/index.ts',
    'core-worker': 'runtime/boot/core-worker.ts',
    'linux-worker': 'runtime/boot/linux-worker.ts',
    'host-directory-worker': 'runtime/host/host-directory-worker.ts',
  },
  platform: 'neutral',
  mainFields: ['module', 'main'],
});

if (process.argv.includes('--types')) {
  const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.types.json'], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
