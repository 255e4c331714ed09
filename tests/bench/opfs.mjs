// What OPFS costs a guest: 64 MiB written and read in sequence through a machine in headless Chromium, against the
// platform's own access handle in a worker of the same page, in pieces of the same size. Prints medians and the ratio.
// Usage: node tests/bench/opfs.mjs        after npm run build and a run of the browser tests, which compile its program

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const root = resolve(import.meta.dirname, '../..');
const CHROMIUM = '/usr/bin/chromium';
const TOTAL = 64 << 20;
const PIECES = [4096, 65_536, 1 << 20];
const ROUNDS = 5;

const RAW = `onmessage = async ({ data: { total, piece } }) => {
  const root = await navigator.storage.getDirectory();
  const handle = await (await root.getFileHandle('raw', { create: true })).createSyncAccessHandle();
  const bytes = new Uint8Array(piece).fill(120);
  const start = performance.now();
  for (let at = 0; at < total; at += piece) handle.write(bytes, { at });
  handle.flush();
  const written = performance.now();
  for (let at = 0; at < total; at += piece) handle.read(bytes, { at });
  const read = performance.now();
  handle.close();
  await root.removeEntry('raw');
  postMessage([written - start, read - written]);
};`;

const server = createServer((request, response) => {
  const name = (request.url ?? '').slice(1);
  const headers = {
    'content-type': name.endsWith('.js')
      ? 'text/javascript'
      : name.endsWith('.wasm')
        ? 'application/wasm'
        : 'text/html',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  const page = '<!doctype html><script type="module">globalThis.fusedos = await import("./index.js");</script>';
  try {
    const body =
      name === ''
        ? page
        : name === 'raw.js'
          ? RAW
          : readFileSync(join(root, name.endsWith('.wasm') ? 'build/guests' : 'dist/page', name));
    response.writeHead(200, headers).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const folder = mkdtempSync(join(tmpdir(), 'fusedos-opfs-'));
const context = await chromium.launchPersistentContext(folder, {
  executablePath: CHROMIUM,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await context.newPage();
await page.goto(`http://127.0.0.1:${server.address().port}/`);
await page.waitForFunction(() => 'fusedos' in globalThis);

// Functions given to `evaluate` run in the page.

const raw = (piece) =>
  page.evaluate(
    ([total, piece]) =>
      new Promise((done) => {
        const worker = new Worker('/raw.js');
        worker.onmessage = ({ data }) => {
          worker.terminate();
          done(data);
        };
        worker.postMessage({ total, piece });
      }),
    [TOTAL, piece],
  );

/** Times inside of the guest, by its own clock. */
const guest = (piece) =>
  page.evaluate(
    async ([total, piece]) => {
      const machine = await fusedos.boot({ appCores: 1, mounts: { '/data': { type: 'opfs' } } });
      const { stdout, stderr } = await machine.run('/sequential.wasm', {
        args: ['/data/guest', `${total}`, `${piece}`],
      });
      await machine.fs.rm('/data/guest');
      await machine.close();
      const times = stdout.text().split(' ').map(Number);
      if (times.length !== 2) throw new Error(stderr.text());
      return times;
    },
    [TOTAL, piece],
  );

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

for (const piece of PIECES) {
  const times = { raw: [], guest: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.raw.push(await raw(piece));
    times.guest.push(await guest(piece));
  }
  const of = (kind, index) => median(times[kind].map((pair) => pair[index]));
  for (const [index, what] of [
    [0, 'write'],
    [1, 'read'],
  ]) {
    const rawMs = of('raw', index);
    const guestMs = of('guest', index);
    console.log(
      `${what} 64 MiB in ${piece} B: guest ${guestMs.toFixed(0)} ms, platform ${rawMs.toFixed(0)} ms, ratio ${(guestMs / rawMs).toFixed(2)}, ${((guestMs * 1000 * piece) / TOTAL).toFixed(1)} µs a call`,
    );
  }
}
await context.close();
server.close();
rmSync(folder, { recursive: true, force: true });
