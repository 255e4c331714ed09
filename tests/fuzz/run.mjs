// `npm run fuzz`: random calls for as long as one likes. A failure prints its seed; that seed repeats it.
// Usage: node tests/fuzz/run.mjs [--seconds N] [--seed S] [model|shared|hostile …]

import { spawnSync } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const { values, positionals } = parseArgs({
  options: { seconds: { type: 'string', default: '300' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const numbers = [values.seconds, values.seed ?? '0'].map(Number);
if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
  console.error('--seconds and --seed are whole numbers');
  process.exit(2);
}
const seed = values.seed ?? `${Date.now() % 2 ** 32}`;
const files = positionals.map((name) => `tests/fuzz/${name}.test.ts`);
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'fuzz', '--disable-console-intercept', ...files];
const { status } = spawnSync(process.execPath, vitest, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FUSEDOS_SEED: seed, FUSEDOS_FUZZ_SECONDS: values.seconds },
});
process.exitCode = status ?? 1;
