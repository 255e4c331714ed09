// Linuxes with OPFS in memory mounted at /data, each in a tab of one browser.

import { MessageChannel, type MessagePort as NodePort, Worker } from 'node:worker_threads';
import type { HostFileSystem } from '../../../personalities/linux/index.ts';
import { RingHostClient } from '../../../runtime/files/client.ts';
import { bundledForTests, openMount, WaitingGuest } from '../files/support.ts';
import type { FakeFeatures } from './fake-opfs.ts';
import type { FakeState, ToFake } from './fake-opfs-worker.ts';

/** The worker with a browser's OPFS in memory, for `FakeBrowser`. */
export function fakeForTests(): { readonly path: string } {
  return bundledForTests('tests/unit/opfs/fake-opfs-worker.ts');
}

export interface MountedTab {
  readonly client: number;
  readonly guest: WaitingGuest;
}

/** A browser with one origin, and its tabs. */
export class FakeBrowser {
  readonly #worker: Worker;
  readonly #answers: ((state: FakeState) => void)[] = [];
  #clients = 0;

  constructor(bundlePath: string, features: FakeFeatures) {
    this.#worker = new Worker(bundlePath, { workerData: features });
    this.#worker.on('message', (state: FakeState) => this.#answers.shift()?.(state));
  }

  /** Mounts a directory of OPFS at /data for a Linux in a tab. */
  async mount(
    options: { tab?: number; path?: string; readOnly?: boolean; guest?: WaitingGuest } = {},
  ): Promise<MountedTab> {
    const { tab = 1, path = '', readOnly = false, guest = new WaitingGuest() } = options;
    const { fileSystem, client } = await this.open(tab, path, readOnly);
    if (typeof fileSystem === 'number') throw new Error(`mount: ${fileSystem}`);
    guest.linux.mount({ path: '/data', fileSystem, readOnly });
    return { client, guest };
  }

  /** @returns the file system, or −errno */
  async open(
    tab: number,
    path: string,
    readOnly: boolean,
  ): Promise<{ readonly fileSystem: HostFileSystem | number; readonly client: number }> {
    const { port1, port2 } = new MessageChannel();
    const client = new RingHostClient({ postMessage: (message) => port1.postMessage(message) });
    port1.unref();
    const doorbell = { words: new Int32Array(new SharedArrayBuffer(8)), bell: 0, announced: 1 };
    const number = ++this.#clients;
    await this.ask({ type: 'serve', client: number, tab, ring: client.ring, doorbell, port: port2 }, [port2]);
    return { fileSystem: await openMount(client, path, readOnly, 'opfs'), client: number };
  }

  ask(message: ToFake, transfer: readonly NodePort[] = []): Promise<FakeState> {
    return new Promise((resolve) => {
      this.#answers.push(resolve);
      this.#worker.postMessage(message, transfer as never);
    });
  }

  look(): Promise<FakeState> {
    return this.ask({ type: 'look' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { bugs } = await this.look();
    await this.#worker.terminate();
    if (bugs.length > 0) throw new Error(bugs.join('\n'));
  }
}
