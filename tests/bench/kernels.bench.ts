// The kernels among the guest apps, by the rate that each reports: on rewritten, shared memory against the same module in
// plain V8, and against native code of the same source.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { GUEST_APPS, type GuestApp } from '../../guest-apps/catalog.ts';
import type { Machine } from '../../runtime/index.ts';
import {
  type Bench,
  type Environment,
  type Figure,
  isReached,
  pairwise,
  skippedFigure,
  type Target,
} from './figure.ts';
import { AppDirectory, buildApp, provideInputs, rateOf } from './guest-programs.ts';

const PLAIN: Target = {
  what: 'kernels on rewritten memory / the same module in plain V8, geometric mean (each ≥ 0.92)',
  least: 0.97,
};
const LEAST_EACH = 0.92;
const NATIVE: Target = { what: 'kernels / native `clang -O3` of the same source, geometric mean', least: 0.9 };
const COMPILERS = ['clang-22', 'clang'];

/** As machines set them for modules of this size, so that only the memory differs. */
const ENGINE_FLAGS = ['--no-liftoff', '--no-wasm-lazy-compilation'];

interface KernelRates {
  readonly name: string;
  readonly machine: number[];
  readonly plain: number[];
  readonly native: number[];
}

export const kernelsBench: Bench = {
  name: 'kernels',
  async run(environment): Promise<Figure[]> {
    const compiler = COMPILERS.find((name) => spawnSync(name, ['--version']).status === 0);
    await using machine = await environment.runtime.boot({ appCores: 1, spareCores: 0, linuxProcesses: 0 });
    const all: KernelRates[] = [];
    for (const app of GUEST_APPS.filter(({ kernel, wantsSysroot }) => kernel && !wantsSysroot)) {
      all.push(await measure(environment, machine, app, compiler));
    }
    const { bench } = environment;
    return [
      meanFigure(bench, PLAIN, all, ({ machine, plain }) => pairwise(machine, plain), LEAST_EACH),
      compiler === undefined
        ? skippedFigure(NATIVE, `neither of ${COMPILERS.join(', ')} is installed`)
        : meanFigure(bench, NATIVE, all, ({ machine, native }) => pairwise(machine, native), 0),
    ];
  },
};

async function measure(
  { quick, progress }: Environment,
  machine: Machine,
  app: GuestApp,
  compiler: string | undefined,
): Promise<KernelRates> {
  const rates: KernelRates = { name: `${app.language} ${app.name}`, machine: [], plain: [], native: [] };
  progress(rates.name);
  const bytes = await buildApp(app);
  using directory = new AppDirectory(app.inputs);
  await provideInputs(machine, app.inputs);
  const file = join(directory.path, `${app.name}.wasm`);
  writeFileSync(file, bytes);
  const native = compiler === undefined ? undefined : buildNative(compiler, app, directory);
  const program = new URL('./plain-program.mjs', import.meta.url).pathname;
  for (let round = 0; round < (quick ? 2 : 5); round++) {
    const { stdout } = await machine.run(bytes, { args: app.args, name: app.name });
    rates.machine.push(rateOf(app, stdout.text()));
    rates.plain.push(rateOf(app, run(process.execPath, [...ENGINE_FLAGS, program, file, directory.path, ...app.args])));
    if (native !== undefined) rates.native.push(rateOf(app, run(native, directory.hostArguments(app.args))));
  }
  return rates;
}

/** Undefined for what no native compiler takes. Errors: an Error when the source does not compile. */
function buildNative(compiler: string, app: GuestApp, directory: AppDirectory): string | undefined {
  if (app.language !== 'c') return undefined;
  const output = join(directory.path, 'native');
  const { status, stderr } = spawnSync(compiler, ['-O3', app.source, '-o', output, '-lm'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler} cannot build ${app.source}:\n${stderr}`);
  return output;
}

function run(file: string, args: readonly string[]): string {
  return spawnSync(file, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }).stdout;
}

/** The geometric mean over the kernels of each one's median ratio. */
function meanFigure(
  { geometricMean, median, summarize }: Environment['bench'],
  target: Target,
  all: readonly KernelRates[],
  ratiosOf: (rates: KernelRates) => number[],
  leastEach: number,
): Figure {
  const kernels = all
    .map((rates) => ({ name: rates.name, ratio: median(ratiosOf(rates)) }))
    .filter(({ ratio }) => !Number.isNaN(ratio));
  const ratios = kernels.map(({ ratio }) => ratio);
  const mean = geometricMean(ratios);
  const { p10, p90 } = summarize(ratios);
  return {
    what: target.what,
    target: `≥ ${target.least} ×`,
    measured: { median: mean, p10, p90, unit: '×' },
    reached: isReached(target, mean) && ratios.every((ratio) => ratio >= leastEach),
    detail: `${kernels.map(({ name, ratio }) => `${name} ${ratio.toFixed(2)}`).join(', ')}; ${availableParallelism()} processors`,
  };
}
