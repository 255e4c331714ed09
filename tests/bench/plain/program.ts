// A process that runs one program in a worker of plain V8 (worker.ts).
// Usage: node plain-program.mjs FILE.wasm DIRECTORY ARGS…

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';

const [file = '', directory, ...args] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(file));
const worker = new Worker(new URL('./plain-worker.mjs', import.meta.url), {
  workerData: { module, directory, args: [basename(file, '.wasm'), ...args] },
  execArgv: ['--disable-warning=ExperimentalWarning'],
  resourceLimits: { stackSizeMb: 16 },
});
worker.on('message', (text: string) => console.log(text));
