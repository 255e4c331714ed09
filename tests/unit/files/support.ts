// What the tests of host directories share: directories of their own, names as bytes, workers from the sources, and a caller
// that runs an operation again as Linux does.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect } from 'vitest';
import { HostFileSystem } from '../../../personalities/linux/fs/remote/file-system.ts';
import { BlockableCall } from '../../../personalities/linux/kernel/block.ts';
import type { Caller } from '../../../personalities/linux/vfs/caller.ts';
import { ERESTART, Errno } from '../../../runtime/abi/errno.ts';
import { type HostClient, type HostTicket, RingHostClient } from '../../../runtime/files/client.ts';
import { closeAllOf, createDescriptorNotes } from '../../../runtime/files/disk/descriptors.ts';
import { GuestThreadClient } from '../../../runtime/files/guest-thread/client.ts';
import { createGate } from '../../../runtime/files/guest-thread/ending-gate.ts';
import { GuestThreadServer } from '../../../runtime/files/guest-thread/server.ts';
import { createRing } from '../../../runtime/files/ring.ts';
import type { ServerSetup } from '../../../runtime/files/server.ts';
import { VERSION } from '../../../runtime/host/build-facts.ts';
import { Guest } from '../linux/harness.ts';

const DEADLINE_MS = 10_000;

/** A directory that is removed by `dispose`. */
export function temporaryDirectory(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'hostfs-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
export function text(from: Uint8Array): string {
  return new TextDecoder().decode(from.slice());
}

/** Descriptors that the process has open. Linux. */
export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

/** Builds a source file for a worker or a program of its own. @returns the bundle's path */
export function bundle(source: string, directory: string): string {
  const outfile = join(directory, `${source.replaceAll('/', '-')}.mjs`);
  const entry = fileURLToPath(new URL(`../../../${source}`, import.meta.url));
  buildSync({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20' });
  return outfile;
}

/**
 * Builds a source file before a test file's first test; what it built goes after the last.
 *
 * @returns where it will be
 */
export function bundledForTests(source: string): { readonly path: string } {
  let built: ReturnType<typeof temporaryDirectory>;
  const bundled = { path: '' };
  beforeAll(() => {
    built = temporaryDirectory();
    bundled.path = bundle(source, built.path);
  });
  afterAll(() => built[Symbol.dispose]());
  return bundled;
}

/** The worker that serves host directories, for `Served`. */
export function workerForTests(): { readonly path: string } {
  return bundledForTests('runtime/files/disk/worker.ts');
}

/** A worker that serves host directories, and its client. */
export class Served {
  readonly client: RingHostClient;
  readonly doorbell = new Int32Array(new SharedArrayBuffer(8));
  readonly worker: Worker;
  readonly #bugs: unknown[] = [];

  constructor(bundlePath: string, notes?: SharedArrayBuffer) {
    this.worker = new Worker(bundlePath, { workerData: VERSION, trackUnmanagedFds: false });
    const { port1, port2 } = new MessageChannel();
    this.client = new RingHostClient({ postMessage: (message) => port1.postMessage(message) });
    port1.unref();
    this.worker.on('message', (message: { bug?: unknown }) => {
      if (message.bug !== undefined) this.#bugs.push(message.bug);
    });
    const doorbell = { words: this.doorbell, bell: 0, announced: 1 };
    this.doorbell[doorbell.announced] = 1; // for those who sleep on it without saying so
    const setup: ServerSetup = { ring: this.client.ring, doorbell, port: port2, ...(notes && { notes }) };
    this.worker.postMessage(setup, [port2]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.worker.terminate();
    expect(this.#bugs).toEqual([]);
  }
}

/**
 * Has guests' threads carry requests out, as a machine does: each owner is a guest, whose thread is this one. It works while
 * `poll` runs.
 */
export class CalledBack extends GuestThreadClient {
  readonly notes: SharedArrayBuffer;
  /** Requests that guests' threads have carried out. */
  served = 0;
  readonly #guests = new Map<object, GuestThreadServer>();
  #memory: Uint8Array = new Uint8Array(0);

  constructor(worker: HostClient, notes = createDescriptorNotes()) {
    super(worker, notes);
    this.notes = notes;
  }

  override submit(...[request, owner, completed]: Parameters<HostClient['submit']>): HostTicket {
    if (owner !== undefined && !this.#guests.has(owner)) {
      const setup = { ring: createRing(1), notes: this.notes, gate: createGate() };
      this.#guests.set(owner, new GuestThreadServer(setup, this.#guests.size, () => this.#memory));
      this.attach(owner, setup.ring, () => true);
    }
    if ('buffer' in request) this.#memory = request.buffer;
    return super.submit(request, owner, completed);
  }

  override poll(): number {
    let count = super.poll();
    for (const [owner, guest] of this.#guests) {
      const isLast = this.announceLast(owner);
      if (!isLast && !this.announce(owner)) continue;
      guest.work();
      this.served++;
      if (isLast) continue;
      this.answered(owner);
      count++;
    }
    return count;
  }

  /** A guest's process has ended: its thread does what it was at, and leaves. */
  leave(owner: object): void {
    this.detach(owner);
    this.#guests.get(owner)?.work();
    this.#guests.get(owner)?.dispose();
    this.#guests.delete(owner);
  }

  override close(): void {
    for (const owner of [...this.#guests.keys()]) this.leave(owner);
    super.close();
    closeAllOf(this.notes);
  }
}

/** Turns the event loop until a condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${DEADLINE_MS} ms: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Opens a mount. @returns the file system, or −errno */
export async function openMount(
  client: HostClient,
  path: string,
  isReadOnly = false,
  type?: string,
): Promise<HostFileSystem | number> {
  const opened: (HostFileSystem | number)[] = [];
  HostFileSystem.open(client, path, isReadOnly, (result) => opened.push(result), type);
  await until(() => client.poll() >= 0 && opened.length > 0);
  return opened[0] ?? -Errno.EIO;
}

/** Opens a mount that must open. */
export async function mountOf(client: HostClient, path: string, isReadOnly = false): Promise<HostFileSystem> {
  const fileSystem = await openMount(client, path, isReadOnly);
  if (typeof fileSystem === 'number') throw new Error(`mount: ${fileSystem}`);
  return fileSystem;
}

/** One guest thread, as a system call's context is. */
export class TestCaller extends BlockableCall {
  readonly uid = 0;
  readonly gid = 0;
  readonly groups = [];
  /** Runs of the last call. */
  runs = 0;
  isRunnable = false;

  wake(): void {
    this.isRunnable = true;
  }

  /** Begins a run: for tests that stop a call in the middle. */
  run<T>(operation: (caller: Caller) => T): T {
    this.beginRun();
    this.runs++;
    this.isRunnable = false;
    return operation(this);
  }
  /** Runs a call to its end. */
  async call<T>(client: HostClient, operation: (caller: Caller) => T): Promise<T> {
    this.runs = 0;
    for (;;) {
      const result = this.run(operation);
      if ((result as unknown) !== -ERESTART) {
        this.clear();
        return result;
      }
      await until(() => {
        client.poll();
        return this.isRunnable;
      });
    }
  }
}

/** Waits in this thread until a call completes, as the channel's server would between other calls. */
export class WaitingGuest extends Guest {
  override call(name: string, ...args: readonly (number | bigint)[]): string {
    const end = Date.now() + DEADLINE_MS;
    let result = this.begin(name, ...args);
    while (result === 'WAITS') {
      if (Date.now() > end) throw new Error(`${name} waits`);
      result = this.goOn();
    }
    return result;
  }
}
