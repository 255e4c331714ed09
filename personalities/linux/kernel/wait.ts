// Wait queues: how a blocked call names what it waits for (kernel/block). A waiter is on any number of queues and leaves all of
// them when one wakes it. Used by one thread.

export interface Waiter {
  /** The queues it is on; kept by WaitQueue. */
  readonly queues: WaitQueue[];
  /** Makes the waiting call run again; leaves all queues. */
  wake(): void;
}

export class WaitQueue {
  readonly #waiters: Waiter[] = [];

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  add(waiter: Waiter): void {
    if (waiter.queues.includes(this)) return;
    waiter.queues.push(this);
    this.#waiters.push(waiter);
  }

  remove(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  /** Wakes every waiter: each looks again for itself. */
  wakeAll(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.wake();
  }
}

/** Takes a waiter off every queue that it is on. */
export function leaveQueues(waiter: Waiter): void {
  for (const queue of waiter.queues) queue.remove(waiter);
  waiter.queues.length = 0;
}
