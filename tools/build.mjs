// Builds dist/: the library, its workers and the command line, one ESM bundle each with shared chunks, for Node and pages.
// Usage: node tools/build.mjs [--types] [--outdir=DIR]        DIR is relative to the repository; default: dist

import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const outdir = process.argv.find((argument) => argument.startsWith('--outdir='))?.slice('--outdir='.length) ?? 'dist';
rmSync(outdir, { recursive: true, force: true });

const common = {
  bundle: true,
  format: 'esm',
  target: 'es2022',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  outdir,
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

await build({
  ...common,
  entryPoints: {
    cli: 'runtime/boot/cli/main.ts',
    demo: 'runtime/boot/demo/main.ts',
    'compile-worker': 'runtime/toolchain/worker.ts',
    'bench-worker': 'runtime/bench/worker.ts',
  },
  platform: 'node',
  splitting: true,
  external: ['assemblyscript', '@yowasp/clang'],
  // commander is CommonJS, and asks for Node's modules by `require`.
  banner: { js: 'const require = process.getBuiltinModule;' },
});
cpSync('personalities/linux/sysroot', `${outdir}/sysroot`, { recursive: true });

if (process.argv.includes('--types')) {
  const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.types.json'], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
