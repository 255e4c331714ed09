// The booting thread's hold on the worker that serves the page's OPFS: starts it, gives it clients (the machine's Linux, and
// each guest that has a Linux of its own), and knows when it has let go of what a client had.

import { closeRing, markRingDead } from '../../files/client.ts';
import type { FromOpfs, ToOpfs } from '../../files/opfs/worker.ts';
import { createRing } from '../../files/ring.ts';
import { type HostWorker, host } from '../../host/index.ts';
import { type Doorbell, ring as wakeBy } from '../../shm/doorbell.ts';
import { FusedError } from '../errors.ts';
import type { HostLink } from '../messages.ts';
import { type Deferred, deferred } from '../values/deferred.ts';

interface Client {
  readonly ring: SharedArrayBuffer;
  readonly doorbell: Doorbell;
  readonly stopped: Deferred<void>;
}

export class OpfsServer {
  readonly #worker: HostWorker;
  readonly #clients = new Map<number, Client>();
  #lastClient = 0;

  /** Errors: FusedError ENOSYS, there is no OPFS here. */
  constructor(onBug: (message: string) => void, workers: URL | undefined) {
    if (host.missingOpfs !== undefined) throw new FusedError('ENOSYS', host.missingOpfs);
    this.#worker = host.createWorker('opfs', workers);
    this.#worker.onMessage((received) => {
      const message = received as FromOpfs;
      if (message.type === 'bug') onBug(`opfs: ${message.message}`);
      else this.#stopped(message.client);
    });
    this.#worker.onError((error) => {
      for (const [number, { ring, doorbell }] of this.#clients) {
        markRingDead(ring);
        wakeBy(doorbell);
        this.#stopped(number);
      }
      onBug(`opfs: ${error.stack ?? error.message}`);
    });
  }

  /**
   * Serves one more client.
   *
   * @param doorbell what the client's thread sleeps on
   * @returns its number, and what it is to be given, the port by transfer
   */
  serve(doorbell: Doorbell): { readonly client: number; readonly link: HostLink } {
    const ring = createRing();
    const { port1, port2 } = new MessageChannel();
    const client = ++this.#lastClient;
    this.#clients.set(client, { ring, doorbell, stopped: deferred() });
    this.#post({ type: 'serve', client, ring, doorbell, port: port1 }, [port1]);
    return { client, link: { ring, port: port2 } };
  }

  /** @returns when what the client had open is closed, and its memory is touched no more */
  async stop(number: number): Promise<void> {
    const client = this.#clients.get(number);
    if (client === undefined) return;
    closeRing(client.ring);
    this.#post({ type: 'stop', client: number });
    await client.stopped.promise;
  }

  setRef(keepsProgramRunning: boolean): void {
    this.#worker.setRef(keepsProgramRunning);
  }

  /** Closes every file first: the next machine of this page may want them at once. @returns when the thread is gone */
  async close(): Promise<void> {
    await Promise.all([...this.#clients.keys()].map((client) => this.stop(client)));
    await this.#worker.terminate();
  }

  #stopped(number: number): void {
    this.#clients.get(number)?.stopped.resolve();
    this.#clients.delete(number);
  }

  #post(message: ToOpfs, transfer: readonly Transferable[] = []): void {
    this.#worker.post(message, transfer);
  }
}
