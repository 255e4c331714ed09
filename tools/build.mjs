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

const portable = { ...common, platform: 'neutral', mainFields: ['module', 'main'], splitting: true };
// Each alone, so that no worker has to load a chunk that it shares with another: a file more delays its start.
for (const [name, entry] of Object.entries({
  index: 'runtime/index.ts',
  'core-worker': 'runtime/boot/core-worker.ts',
  'linux-worker': 'runtime/boot/linux-worker.ts',
  'host-directory-worker': 'runtime/host/host-directory-worker.ts',
  'opfs-worker': 'runtime/host/opfs-worker.ts',
})) {
  await build({ ...portable, entryPoints: { [name]: entry } });
}

const forNode = {
  ...common,
  platform: 'node',
  splitting: true,
  external: ['assemblyscript', '@yowasp/clang'],
  // commander is CommonJS, and asks for Node's modules by `require`.
  banner: { js: 'const require = process.getBuiltinModule;' },
};
// Alone, so that it shares no chunks with the others: each file more delays the start of `fusedos run`.
await build({ ...forNode, entryPoints: { cli: 'runtime/boot/cli/main.ts' } });
await build({
  ...forNode,
  entryPoints: {
    demo: 'runtime/boot/demo/main.ts',
    'compile-worker': 'runtime/toolchain/worker.ts',
    bench: 'runtime/bench/index.ts',
    'bench-worker': 'runtime/bench/worker.ts',
  },
});
cpSync('personalities/linux/sysroot', `${outdir}/sysroot`, { recursive: true });

if (process.argv.includes('--types')) {
  const { status } = spawnSync('npx', ['tsc', '-p', 'tsconfig.types.json'], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
