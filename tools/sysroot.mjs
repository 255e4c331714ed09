// Builds dist/sysroot, what C and C++ programs for Linux are compiled with: `npm run sysroot`. The tool itself is TypeScript
// (tools/sysroot/), bundled here because it reads the table of calls.
// Usage: node tools/sysroot.mjs [--outdir=DIR] [--jobs=N] [--verbose]        DIR: default dist/sysroot

import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
mkdirSync('build/sysroot', { recursive: true });
const outfile = resolve('build/sysroot/tool.mjs');
await build({
  entryPoints: ['tools/sysroot/main.ts'],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  logLevel: 'warning',
});
const { main } = await import(pathToFileURL(outfile).href);
process.exitCode = await main(process.argv.slice(2));
