// A bug of ours stops the machine, says so, and leaves nobody waiting. The bug is put into a copy of the build: an
// exception that nothing catches, in a worker, while a guest runs.

import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { distDirectory, guestPath } from '../support/built.ts';
import { finished } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-bug-'));
afterAll(() => rmSync(directory, { recursive: true }));

function broken(worker: string): string {
  const dist = join(directory, worker);
  cpSync(distDirectory, dist, { recursive: true });
  appendFileSync(join(dist, `${worker}.cjs`), '\nsetTimeout(() => { throw new Error("injected"); }, 500);\n');
  return dist;
}

function node(...args: string[]): ReturnType<typeof finished> {
  const child = spawn(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' });
  return finished(child);
}

describe('an exception in the Linux worker', () => {
  const dist = broken('linux-worker');

  test('ends fusedos run with 125', async () => {
    const { status, stdout, stderr } = await node(join(dist, 'cli.cjs'), 'run', guestPath('hang'), 'sleep');
    expect({ status, stdout }).toEqual({ status: 125, stdout: 'ready\n' });
    expect(stderr).toMatch(
      /^fusedos stopped because of an error of its own; please report it\. linux: Error: injected\n/,
    );
    expect(stderr).toMatch(/\nfusedos run: [^\n]+\n$/);
  });

  test('rejects all that waits, and what comes later', async () => {
    const script = `
      import { boot } from ${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)};
      const machine = await boot({ appCores: 1, linuxProcesses: 0 });
      const guest = ${JSON.stringify(guestPath('hang'))};
      const code = (error) => error.code;
      const waits = [machine.run(guest, { args: ['spin'] }), machine.run(guest, { args: ['sleep'] })];
      console.log(...(await Promise.all(waits.map((wait) => wait.then(() => 'ended', code)))));
      console.log(await machine.run(guest).catch(code), await machine.fs.stat('/').catch(code));
      await machine.close();`;
    const file = join(directory, 'script.mjs');
    writeFileSync(file, script);
    const { status, stdout } = await node(file);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'EIO EIO\nEIO EIO\n' });
  });
});
