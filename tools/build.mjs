// Builds dist/: for Node the library, its workers and the command line as CommonJS files, which start sooner (commonjs.mjs);
// in dist/page/ the library and its workers for pages, as ES modules. package.json's `exports` tells which is whose.
// Usage: node tools/build.mjs [--types] [--outdir=DIR]        DIR is relative to the repository; default: dist

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeCommands } from './commands.mjs';
import { buildCommonJs } from './commonjs.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const outdir = process.argv.find((argument) => argument.startsWith('--outdir='))?.slice('--outdir='.length) ?? 'dist';
// All but what `npm run sysroot` makes, which takes minutes.
for (const name of existsSync(outdir) ? readdirSync(outdir) : []) {
  if (name !== 'sysroot') rmSync(`${outdir}/${name}`, { recursive: true, force: true });
}

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/** @param platform for which host; @param isWorker whether the bundle runs in a worker */
function options(platform, isWorker = false) {
  return {
    bundle: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'warning',
    outdir,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    define: {
      FUSEDOS_PLATFORM: JSON.stringify(platform),
      FUSEDOS_IS_WORKER: String(isWorker),
      FUSEDOS_VERSION: JSON.stringify(version),
    },
  };
}

// For pages: each worker is one file, since bundlers make of a worker that loads chunks either an error or a copy of them.
const page = { outdir: `${outdir}/page` };
await build({ ...options('page'), ...page, splitting: true, entryPoints: { index: 'runtime/index.ts' } });
for (const [name, entry] of Object.entries({
  'core-worker': 'runtime/machine/cores/worker.ts',
  'linux-worker': 'runtime/machine/linux/worker.ts',
  'opfs-worker': 'runtime/files/opfs/worker.ts',
})) {
  await build({ ...options('page', true), ...page, entryPoints: { [name]: entry } });
}

const wasiSources = 'personalities/linux/sysroot/wasip1';

/** The compile worker of a machine has the C sources in it that WASI programs are linked with: it may lie anywhere. */
function withWasiSources({ define, ...rest }) {
  const names = readdirSync(wasiSources).filter((name) => name.endsWith('.c'));
  const sources = Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(`${wasiSources}/${name}`, 'utf8')]),
  );
  return { ...rest, define: { ...define, FUSEDOS_WASI_SOURCES: JSON.stringify(sources) } };
}
await build({
  ...withWasiSources(options('page', true)),
  ...page,
  entryPoints: { 'compiler-worker': 'runtime/toolchain/sources/page-worker.ts' },
});
await buildCommonJs(
  { ...withWasiSources(options('node', true)), platform: 'node', external: ['assemblyscript', '@yowasp/clang'] },
  'compiler-worker',
  'runtime/toolchain/sources/node-worker.ts',
);

for (const [name, entry] of Object.entries({
  'core-worker': 'runtime/machine/cores/worker.ts',
  'linux-worker': 'runtime/machine/linux/worker.ts',
  'host-directory-worker': 'runtime/files/disk/worker.ts',
})) {
  await buildCommonJs(options('node', true), name, entry);
}

const forNode = { ...options('node'), platform: 'node', external: ['assemblyscript', '@yowasp/clang'] };
// `run` whole: `fusedos run` starts the workers in the first file, and while they start reads the one other that it needs.
await buildCommonJs(forNode, 'cli', 'runtime/cli/main.ts', ['run']);
// The library is one file for require and import alike, so that there is one FusedError, whoever asks.
const names = (await buildCommonJs(forNode, 'main', 'runtime/index.ts')).join(', ');
writeFileSync(`${outdir}/index.cjs`, `const { ${names} } = require('./main.cjs');\nmodule.exports = { ${names} };\n`);
// Not from main.cjs: Node would read all of that once more, for the names of its exports.
writeFileSync(`${outdir}/index.js`, `export { ${names} } from './index.cjs';\n`);
await build({
  ...forNode,
  splitting: true,
  // commander is CommonJS, and asks for Node's modules by `require`.
  banner: { js: 'const require = process.getBuiltinModule;' },
  entryPoints: {
    demo: 'runtime/demo/main.ts',
    'compile-worker': 'runtime/toolchain/worker.ts',
    'compile-daemon': 'runtime/toolchain/daemon/main.ts',
    bench: 'runtime/bench/index.ts',
    'bench-worker': 'runtime/bench/worker.ts',
  },
});
cpSync(wasiSources, `${outdir}/wasip1`, { recursive: true });
writeCommands(outdir);
const manual = spawnSync(process.execPath, [`${outdir}/cli.cjs`, 'help', '--man']);
if (manual.status !== 0) throw new Error(`the manual page was not made: ${manual.stderr}`);
writeFileSync(`${outdir}/fusedos.1`, manual.stdout);

if (process.argv.includes('--types')) {
  const { buildTypes } = await import('./types.mjs');
  await buildTypes(outdir);
}
