// Builds dist/: the library and its workers for pages, as ES modules with chunks that they share; the workers for Node and
// the command line, as CommonJS files, which start sooner (see commonjs.mjs).
// Usage: node tools/build.mjs [--types] [--outdir=DIR]        DIR is relative to the repository; default: dist

import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildCommonJs } from './commonjs.mjs';

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

const portable = { ...common, platform: 'neutral', mainFields: ['module', 'main'] };
// Each alone, so that no worker has to load a chunk that it shares with another: a file more delays its start.
for (const [name, entry] of Object.entries({
  index: 'runtime/index.ts',
  'core-worker': 'runtime/boot/core-worker.ts',
  'linux-worker': 'runtime/boot/linux-worker.ts',
  'opfs-worker': 'runtime/host/opfs-worker.ts',
})) {
  await build({ ...portable, splitting: true, entryPoints: { [name]: entry } });
}
for (const [name, entry] of Object.entries({
  'core-worker': 'runtime/boot/core-worker.ts',
  'linux-worker': 'runtime/boot/linux-worker.ts',
  'host-directory-worker': 'runtime/host/host-directory-worker.ts',
})) {
  await buildCommonJs(portable, name, entry);
}

const forNode = { ...common, platform: 'node', external: ['assemblyscript', '@yowasp/clang'] };
// `run` whole: `fusedos run` starts the workers in the first file, and while they start reads the one other that it needs.
await buildCommonJs(forNode, 'cli', 'runtime/boot/cli/main.ts', ['run']);
await build({
  ...forNode,
  splitting: true,
  // commander is CommonJS, and asks for Node's modules by `require`.
  banner: { js: 'const require = process.getBuiltinModule;' },
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
