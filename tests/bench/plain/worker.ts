// Runs a program in plain V8: node:wasi, the program's own unshared memory, in a worker with the stack that a core has.

import { WASI } from 'node:wasi';
import { parentPort, workerData } from 'node:worker_threads';

interface Program {
  readonly module: WebAssembly.Module;
  /** Stands for the guest's root. */
  readonly directory: string;
  readonly args: readonly string[];
}

const { module, directory, args } = workerData as Program;
const lines: string[] = [];
const wasi = new WASI({
  version: 'preview1',
  args: [...args],
  preopens: { '/in': `${directory}/in`, '/out': `${directory}/out` },
});
let memory: WebAssembly.Memory | undefined;

/** What AssemblyScript's kernels import. */
const env = {
  'performance.now': () => performance.now(),
  'console.log': (text: number) => lines.push(textAt(text)),
  abort: () => {
    throw new Error('the program aborted');
  },
};

function textAt(address: number): string {
  if (memory === undefined) throw new Error('the program exports no memory');
  const [length = 0] = new Uint32Array(memory.buffer, address - 4, 1);
  return String.fromCharCode(...new Uint16Array(memory.buffer, address, length / 2));
}

const instance = await WebAssembly.instantiate(module, { env, wasi_snapshot_preview1: wasi.wasiImport });
memory = instance.exports['memory'] as WebAssembly.Memory;
const isWasi = WebAssembly.Module.imports(module).some((entry) => entry.module === 'wasi_snapshot_preview1');
if (isWasi) wasi.start(instance);
else (instance.exports['_start'] as () => void)();
parentPort?.postMessage(lines.join('\n'));
