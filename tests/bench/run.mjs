// `npm run bench`: bundles the benchmarks, which are TypeScript, to build/bench/ and runs them on dist/.
// Usage: node tests/bench/run.mjs [options] [NAME…]     see main.ts for the options

import { root, runBundled } from '../support/run-bundled.mjs';

const entryPoints = {
  main: 'tests/bench/main.ts',
  'plain-attached': 'tests/bench/plain/attached.ts',
  'plain-program': 'tests/bench/plain/program.ts',
  'plain-worker': 'tests/bench/plain/worker.ts',
  'plain-wasi': 'tests/bench/plain/wasi.ts',
  'bare-program': 'tests/bench/plain/bare.ts',
  'plain-hostfs': 'tests/bench/plain/hostfs.ts',
};
await runBundled('bench', entryPoints, root);
