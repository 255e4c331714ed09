// Starting programs: the whole process of `fusedos run hello.wasm`, and `machine.run` on a warm machine. Whole processes are
// started without NODE_EXTRA_CA_CERTS: Node reads those certificates at each start, which takes both programs 15–20 ms that
// are neither's, and would make the ratio look smaller.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import {
  type Bench,
  type Environment,
  type Figure,
  pairwise,
  ratioFigure,
  skippedFigure,
  type Target,
} from './figure.ts';
import { buildApp } from './guest-programs.ts';

const WHOLE: Target = {
  what: '`fusedos run hello.wasm`, whole process / a bare program that starts Node and two workers',
  most: 1.3,
};
const WARM: Target = {
  what: '`machine.run(hello)`, warm / posting a module to a worker and instantiating it',
  most: 3,
};

export const programsBench: Bench = {
  name: 'programs',
  async run(environment): Promise<Figure[]> {
    environment.progress('building hello');
    const hello = await buildApp({ language: 'c', source: 'guest-apps/c/hello.c' });
    return [wholeProcess(environment, hello), await warmRun(environment, hello)];
  },
};

function wholeProcess({ dist, quick, progress }: Environment, hello: Uint8Array): Figure {
  const cli = fileURLToPath(new URL('cli.cjs', dist));
  if (!existsSync(cli)) return skippedFigure(WHOLE, `${cli} is not built`);
  const bare = fileURLToPath(new URL('./bare-program.mjs', import.meta.url));
  const directory = mkdtempSync(join(tmpdir(), 'fusedos-bench-'));
  try {
    const file = join(directory, 'hello.wasm');
    writeFileSync(file, hello);
    const times: { whole: number[]; bare: number[] } = { whole: [], bare: [] };
    for (let round = 0; round <= (quick ? 5 : 25); round++) {
      progress(`whole process, round ${round}`);
      const whole = timeProcess([cli, 'run', file], 'Hello, world!\n');
      const least = timeProcess([bare], '');
      if (round === 0) continue;
      times.whole.push(whole);
      times.bare.push(least);
    }
    return ratioFigure(WHOLE, pairwise(times.whole, times.bare));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const { NODE_EXTRA_CA_CERTS: _, ...PLAIN_ENVIRONMENT } = process.env;

function timeProcess(args: readonly string[], expected: string): number {
  const start = performance.now();
  const { stdout, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: PLAIN_ENVIRONMENT });
  const time = performance.now() - start;
  if (status !== 0 || stdout !== expected) throw new Error(`node ${args.join(' ')} gave ${status}: ${stdout}${stderr}`);
  return time;
}

/** Instantiates what it is posted, with imports that do nothing, and answers. */
const INSTANTIATE = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', (module) => {
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
  new WebAssembly.Instance(module, imports);
  parentPort.postMessage(0);
});`;

async function warmRun({ runtime, bench, quick, progress }: Environment, hello: Uint8Array): Promise<Figure> {
  await using machine = await runtime.boot();
  const program = await machine.compile(hello);
  const module = await WebAssembly.compile(new Uint8Array(hello));
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(INSTANTIATE)}`));
  try {
    const instantiate = async (): Promise<void> => {
      const answered = new Promise((resolve) => worker.once('message', resolve));
      worker.postMessage(module);
      await answered;
    };
    const rounds = quick ? 10 : 40;
    const times: { run: number[]; instantiate: number[] } = { run: [], instantiate: [] };
    progress('warm runs');
    for (let round = -3; round < rounds; round++) {
      const runMs = await medianOf(bench, async () => void (await machine.run(program, { check: true })));
      const instantiateMs = await medianOf(bench, instantiate);
      if (round < 0) continue;
      times.run.push(runMs);
      times.instantiate.push(instantiateMs);
    }
    return ratioFigure(WARM, pairwise(times.run, times.instantiate));
  } finally {
    await worker.terminate();
  }
}

/** Repetitions a round: a single one swings with the idle states of the processor. */
const REPETITIONS = 25;

async function medianOf({ median }: Environment['bench'], work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return median(times);
}
