// The thread of the machine's Linux, as the booting thread knows it: tells it things, asks it and pairs its answers with what
// was asked. What concerns processes and mounts goes on to the machine. Never blocks; the doorbell is rung at each message,
// since Linux may sleep on it (see channel/layout, POSTED).

import { type Control, MACHINE, ringDoorbell } from '../../channel/layout.ts';
import { type HostWorker, host } from '../../host/index.ts';
import { WorkerStartError } from '../../host/worker-start.ts';
import { FusedError, notStarted } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { FromLinux, ToLinux } from '../messages.ts';

/** What Linux says of itself, unasked. */
export type LinuxNews = Extract<FromLinux, { type: 'released' | 'refused' | 'started' | 'volume-memory' }>;

export interface LinuxThreadParts {
  readonly control: Control;
  readonly lifecycle: Pick<Lifecycle, 'requireOpen' | 'pend' | 'fail'>;
  readonly onNews: (news: LinuxNews) => void;
  /** The folder of the workers, if not the usual one. */
  readonly workers: URL | undefined;
}

/** Who waits for an answer. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class LinuxThread {
  readonly #parts: LinuxThreadParts;
  readonly #worker: HostWorker;
  readonly #requests = new Map<number, Waiting>();
  #ready: Waiting | undefined;
  #lastRequest = 0;

  constructor(parts: LinuxThreadParts) {
    this.#parts = parts;
    this.#worker = startLinux(parts.workers);
    this.#worker.onMessage((message) => this.#take(message as FromLinux));
    this.#worker.onError((error) => {
      if (error instanceof WorkerStartError) return this.#ready?.reject(notStarted(error));
      this.#ready?.reject(error);
      this.#parts.lifecycle.fail(`linux: ${error.stack ?? error.message}`);
    });
  }

  /** @returns when it serves. Errors: what its worker failed with; what the machine is closed with meanwhile. */
  boot(message: Omit<Extract<ToLinux, { type: 'boot' }>, 'type' | 'control'>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#ready = { resolve, reject };
      this.tell({ type: 'boot', control: this.#parts.control.buffer, ...message });
    });
  }

  tell(message: ToLinux, transfer: readonly Transferable[] = []): void {
    const { control } = this.#parts;
    this.#worker.post(message, transfer);
    Atomics.add(control.i32, MACHINE.POSTED, 1);
    ringDoorbell(control);
  }

  /**
   * Tells it, and waits for its answer.
   *
   * Errors: those of the operation; ESHUTDOWN.
   */
  async request(
    message: Extract<ToLinux, { type: 'mount' | 'unmount' | 'fs' }>,
    transfer: readonly Transferable[] = [],
  ): Promise<unknown> {
    const { lifecycle } = this.#parts;
    lifecycle.requireOpen();
    const id = ++this.#lastRequest;
    lifecycle.pend(1);
    return new Promise<unknown>((resolve, reject) => {
      this.#requests.set(id, { resolve, reject });
      this.tell({ ...message, id }, transfer);
    }).finally(() => lifecycle.pend(-1));
  }

  setRef(keepsRunning: boolean): void {
    this.#worker.setRef(keepsRunning);
  }

  /** @param error what requests fail with that have no answer @returns when it has ended */
  shutDown(error: FusedError): Promise<unknown> {
    this.#ready?.reject(error);
    for (const request of this.#requests.values()) request.reject(error);
    this.#requests.clear();
    this.tell({ type: 'shutdown' });
    return this.#worker.terminate();
  }

  #take(message: FromLinux): void {
    switch (message.type) {
      case 'ready':
        return this.#ready?.resolve(undefined);
      case 'answer': {
        const request = this.#requests.get(message.id);
        this.#requests.delete(message.id);
        if (message.error === undefined) request?.resolve(message.value);
        else request?.reject(Object.assign(new FusedError(message.error.code, message.error.message), message.error));
        return;
      }
      case 'bug':
        return this.#parts.lifecycle.fail(`linux: ${message.message}`);
      default:
        return this.#parts.onNews(message);
    }
  }
}

/** Errors: FusedError, the worker cannot be had. */
function startLinux(folder: URL | undefined): HostWorker {
  try {
    return host.createWorker('linux', folder);
  } catch (error) {
    throw error instanceof WorkerStartError ? notStarted(error) : error;
  }
}
