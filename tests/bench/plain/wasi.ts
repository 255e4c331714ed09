// A process that runs a program under node:wasi as often as it is asked to, from one compiled module, so that it is as warm as
// a machine's. Usage: node plain-wasi.mjs FILE.wasm DIRECTORY; each message is a list of arguments, each answer what it printed.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { WASI } from 'node:wasi';

const [file = '', directory = ''] = process.argv.slice(2);
const module = await WebAssembly.compile(readFileSync(file));
const output = join(directory, 'stdout');

process.on('message', (args: readonly string[]) => {
  const stdout = openSync(output, 'w');
  const wasi = new WASI({
    version: 'preview1',
    args: [basename(file, '.wasm'), ...args],
    preopens: { '/': directory },
    stdout,
    returnOnExit: true,
  });
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport });
  const status = wasi.start(instance);
  closeSync(stdout);
  process.send?.({ status, output: readFileSync(output, 'utf8') });
});
process.send?.('ready');
