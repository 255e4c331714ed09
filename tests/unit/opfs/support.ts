// Linuxes with OPFS in memory mounted at /data, each in a tab of one browser.

import { MessageChannel, type MessagePort as NodePort, Worker } from 'node:worker_threads';
import { HostFileSystem } from '../../../personalities/linux/index.ts';
import { RingHostClient } from '../../../runtime/host/host-directory-client.ts';
import { bundle, until } from '../hostfs/support.ts';
import { Guest } from '../linux/harness.ts';
import type { FakeFeatures } from './fake-opfs.ts';
import type { FakeState, ToFake } from './fake-opfs-worker.ts';

const DEADLINE_MS = 10_000;

export function bundleFake(directory: string): string {
  return bundle('tests/unit/opfs/fake-opfs-worker.ts', directory);
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
    const doorbell = { words: new Int32Array(new SharedArrayBuffer(8)), index: 0, parkedIndex: -1 };
    const number = ++this.#clients;
    await this.ask({ type: 'serve', client: number, tab, ring: client.ring, doorbell, port: port2 }, [port2]);
    let opened: HostFileSystem | number | undefined;
    HostFileSystem.open(
      client,
      path,
      readOnly,
      (result) => {
        opened = result;
      },
      'opfs',
    );
    await until(() => client.poll() >= 0 && opened !== undefined);
    return { fileSystem: opened as unknown as HostFileSystem | number, client: number };
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
