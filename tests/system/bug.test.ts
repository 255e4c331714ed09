// A bug of ours ends the guest in whose call it comes up, or stops the machine where others may be hurt; it is told, and leaves
// nobody waiting. The bug is put into a copy of the build: an exception in a worker, while a guest runs.

import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { distDirectory, guestPath } from '../support/built.ts';
import { finished } from '../support/command.ts';
import { buildModule, concat, i32Const } from '../support/module-builder.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-bug-'));
afterAll(() => rmSync(directory, { recursive: true }));

let copies = 0;

/** @param code what is appended to the worker's bundle @returns the copy's folder */
function broken(worker: string, code: string): string {
  const dist = join(directory, `${worker}-${++copies}`);
  cpSync(distDirectory, dist, { recursive: true });
  appendFileSync(join(dist, `${worker}.cjs`), `\n${code}\n`);
  return dist;
}

const UNCAUGHT = 'setTimeout(() => { throw new Error("injected"); }, 500);';

function node(...args: string[]): ReturnType<typeof finished> {
  const child = spawn(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' });
  return finished(child);
}

describe('an exception in the Linux worker', () => {
  const dist = broken('linux-worker', UNCAUGHT);

  test('ends fusedos run with 125', async () => {
    const { status, stdout, stderr } = await node(join(dist, 'cli.cjs'), 'run', guestPath('hang'), 'sleep');
    expect(status).toBe(125);
    expect(['', 'ready\n']).toContain(stdout); // a slow host may not have started the guest yet
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

/** Asks for random bytes in a `catch_all`, then exits by 0: only what it cannot catch ends it. */
const asksForRandom = buildModule({
  types: [{ params: ['i32', 'i32'], results: ['i32'] }, {}],
  imports: [{ module: 'wasi_snapshot_preview1', name: 'random_get', func: 0 }],
  memories: [{ initial: 1 }],
  functions: [{ type: 1, body: concat([0x06, 0x40], i32Const(0), i32Const(8), [0x10, 0, 0x1a, 0x19, 0x0b]) }],
  exports: [
    { name: 'memory', kind: 'memory', index: 0 },
    { name: '_start', kind: 'func', index: 1 },
  ],
});

describe('an exception in a call that a core serves', () => {
  const guest = join(directory, 'random.wasm');
  writeFileSync(guest, asksForRandom);
  const inCall = broken('core-worker', 'crypto.getRandomValues = () => { throw new Error("injected"); };');
  const REPORT =
    /the program was ended by an error of fusedos itself; please report it\. (core \d+: )?Error: injected\n/;

  test('ends fusedos run with 125', async () => {
    const { status, stderr } = await node(join(inCall, 'cli.cjs'), 'run', guest);
    expect(status).toBe(125);
    expect(stderr).toMatch(REPORT);
    expect(stderr.match(/\n {4}at /g)).not.toBeNull();
    expect(stderr).toMatch(/\nfusedos run: the program was ended by an error of fusedos itself[^\n]+\n$/);
  });

  test.each([
    ['cnk', '{ appCores: 2 }'],
    ['library', '{ appCores: 2 }'],
    ['library', '{ appCores: 2, sharedMemory: false }'],
  ])('under %s, boot(%s): ends that guest, is told once, and nobody else notices', async (placement, options) => {
    const script = `
      import { boot } from ${JSON.stringify(pathToFileURL(join(inCall, 'index.js')).href)};
      const machine = await boot(${options});
      const bystander = machine.run(${JSON.stringify(guestPath('hang'))}, { args: ['spin'], timeoutMs: 1000 });
      for (let i = 0; i < 3; i++)
        console.log(await machine.run(${JSON.stringify(guest)}, { placement: ${JSON.stringify(placement)} }).catch(({ code }) => code));
      console.log((await bystander).hasTimedOut, (await machine.run(${JSON.stringify(guestPath('status'))}, { args: ['4'] })).exitCode);
      await machine.close();`;
    const file = join(directory, `contained-${placement}-${options.length}.mjs`);
    writeFileSync(file, script);
    const { status, stdout, stderr } = await node(file);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'EIO\nEIO\nEIO\ntrue 4\n' });
    expect(stderr).toMatch(REPORT);
    expect(stderr.match(/please report it/g)).toHaveLength(1);
  });

  test('and that nothing catches in its thread, ends the program that the core holds', async () => {
    const dist = broken(
      'core-worker',
      `let calls = 0;
       require('node:worker_threads').parentPort.on('message', ({ type }) => {
         if (type === 'call' && ++calls === 2) setTimeout(() => { throw new Error('injected'); });
       });`,
    );
    const script = `
      import { boot } from ${JSON.stringify(pathToFileURL(join(dist, 'index.js')).href)};
      const machine = await boot({ appCores: 1 });
      const code = (error) => error.code;
      const library = await machine.load(${JSON.stringify(guestPath('library'))});
      console.log(await library.call('add', 1, 2));
      let last;
      do last = await library.call('add', 1, 2).catch(code); while (last === 3);
      console.log(last, await machine.run(${JSON.stringify(guestPath('status'))}, { args: ['4'] }).then(({ exitCode }) => exitCode, code));
      await machine.close();`;
    const file = join(directory, 'lost.mjs');
    writeFileSync(file, script);
    const { status, stdout, stderr } = await node(file);
    expect({ status, stdout: stdout.replace('ESRCH', 'EIO') }).toEqual({ status: 0, stdout: '3\nEIO 4\n' });
    expect(stderr).toMatch(REPORT);
  });
});
