// Runs one program under node:wasi. proc_raise ends it with 128 + the signal, a trap with 200.
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';

const [, , file] = process.argv;
const wasi = new WASI({ version: 'preview1', args: [file], returnOnExit: true });
const imports = wasi.getImportObject();
imports.wasi_snapshot_preview1.proc_raise = (signal) => process.exit(128 + signal);
const { instance } = await WebAssembly.instantiate(await readFile(file), imports);
try {
  process.exitCode = wasi.start(instance);
} catch (error) {
  process.stderr.write(`${error}\n`);
  process.exitCode = 200;
}
