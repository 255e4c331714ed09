// Runs all cases of programs of tests/guests/cxx, and prints as JSON how many there were and which went wrong. A script of its
// own, so that other versions of Node run it too.
// Usage: node run-cases.mjs DIST FILE.wasm…

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, ...files] = process.argv.slice(2);
const { boot } = await import(pathToFileURL(join(dist, 'index.js')).href);

const machine = await boot({ appCores: 1 });
const failures = [];
let count = 0;
for (const file of files) {
  const program = await machine.compile(await readFile(file));
  const list = (await machine.run(program)).stdout.text();
  for (const line of list.replace(/\n$/, '').split('\n')) {
    const [name, status, says] = line.split('\t');
    count++;
    try {
      const result = await machine.run(program, { args: [name], timeoutMs: 30_000 });
      const stderr = result.stderr.text();
      if (result.exitCode !== Number(status) || !stderr.includes(says)) {
        failures.push({ name, exitCode: result.exitCode, stderr });
      }
    } catch (error) {
      failures.push({ name, error: String(error) });
    }
  }
}
await machine.close();
process.stdout.write(JSON.stringify({ count, failures }));
