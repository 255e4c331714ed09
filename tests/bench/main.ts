// Runs the benchmarks, each group in a process of its own, and prints each figure with its target.
// Usage: npm run bench -- [--quick] [--json FILE] [--docs] [--dist DIR] [NAME…]
//   --quick  fewer rounds       --json FILE  also as JSON       --docs  also as docs/performance.md
//   --dist   the built package (default dist/)                  NAME    only these groups: calls, contention, …

import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { attachedBench } from './attached.bench.ts';
import { callsBench } from './calls.bench.ts';
import { contentionBench } from './contention.bench.ts';
import type { Bench, Figure } from './figure.ts';
import { filesBench } from './files.bench.ts';
import { hostfsBench } from './hostfs.bench.ts';
import { kernelsBench } from './kernels.bench.ts';
import { largeBench } from './large.bench.ts';
import { levelBench } from './level.bench.ts';
import { libraryBench } from './library.bench.ts';
import { mpiBench } from './mpi.bench.ts';
import { programsBench } from './programs.bench.ts';
import { ranksBench } from './ranks.bench.ts';
import { renderDocument, renderLine } from './render.ts';
import { sqliteBench } from './sqlite.bench.ts';
import { threadsBench } from './threads.bench.ts';

const BENCHES: readonly Bench[] = [
  callsBench,
  libraryBench,
  contentionBench,
  attachedBench,
  filesBench,
  hostfsBench,
  largeBench,
  kernelsBench,
  programsBench,
  sqliteBench,
  threadsBench,
  mpiBench,
  ranksBench,
  levelBench,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    docs: { type: 'boolean', default: false },
    dist: { type: 'string', default: 'dist' },
    /** In a child: the group to run. */
    group: { type: 'string' },
  },
});
const dist = pathToFileURL(`${resolve(values.dist)}/`);

if (values.group === undefined) process.exitCode = await runAll();
else await runGroup(values.group);

/** @returns 0 when every figure that was measured reached its target */
async function runAll(): Promise<number> {
  const unknown = positionals.find((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    console.error(`there is no benchmark ${unknown}; there are ${BENCHES.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  const figures: Figure[] = [];
  for (const { name } of BENCHES) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    for (const figure of await runChild(name)) {
      figures.push(figure);
      console.log(renderLine(figure));
      if (figure.detail !== undefined) console.log(`${' '.repeat(13)}${figure.detail}`);
    }
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
  if (values.docs) writeFileSync('docs/performance.md', renderDocument(figures, values.quick));
  return figures.every(({ reached, skipped }) => reached || skipped !== undefined) ? 0 : 1;
}

type FromChild = { readonly progress: string } | { readonly figures: Figure[] };

/** A group alone in a process: engine flags and garbage of one do not reach another. */
function runChild(group: string): Promise<Figure[]> {
  const args = [...process.argv.slice(2), '--group', group];
  const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--expose-gc'] });
  const isTerminal = process.stderr.isTTY === true;
  return new Promise((settle, reject) => {
    let figures: Figure[] | undefined;
    child.on('message', (message: FromChild) => {
      if ('figures' in message) figures = message.figures;
      else if (isTerminal) process.stderr.write(`\r\x1b[K${group}: ${message.progress}`);
    });
    child.on('exit', (code) => {
      if (isTerminal) process.stderr.write('\r\x1b[K');
      if (figures === undefined) reject(new Error(`the benchmark ${group} ended with status ${code}`));
      else settle(figures);
    });
  });
}

async function runGroup(name: string): Promise<void> {
  const bench = BENCHES.find((candidate) => candidate.name === name);
  if (bench === undefined) throw new Error(`there is no benchmark ${name}`);
  const tell = (message: FromChild): void => void process.send?.(message);
  const figures = await bench.run({
    runtime: await import(new URL('index.js', dist).href),
    bench: await import(new URL('bench.js', dist).href),
    dist,
    quick: values.quick,
    progress: (progress) => tell({ progress }),
  });
  tell({ figures });
  process.disconnect();
}
