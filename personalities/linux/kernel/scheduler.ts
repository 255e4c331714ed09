// Which blocked calls may run again, in order, and the deadlines of those that sleep. The scheduler does not know which handler a
// call runs. Used by one thread.

import { leaveQueues, type Waiter } from './wait.ts';

/** A call that may wait. */
export interface Sleeper extends Waiter {
  /** When it shall run at the latest, by the monotonic clock; Infinity: no matter. Kept by the scheduler. */
  wakeNs: number;
  isRunnable: boolean;
}

export class Scheduler<Task extends Sleeper> {
  readonly #runnable: Task[] = [];
  readonly #sleeping = new Set<Task>();
  #nextNs = Number.POSITIVE_INFINITY;

  get hasRunnable(): boolean {
    return this.#runnable.length > 0;
  }
  /** The earliest deadline; Infinity when nobody sleeps. */
  get nextNs(): number {
    return this.#nextNs;
  }

  wake(task: Task): void {
    this.#settle(task);
    if (task.isRunnable) return;
    task.isRunnable = true;
    this.#runnable.push(task);
  }

  /** Wakes a task at a time, unless something else does before. */
  wakeAt(task: Task, wakeNs: number): void {
    task.wakeNs = wakeNs;
    this.#sleeping.add(task);
    if (wakeNs < this.#nextNs) this.#nextNs = wakeNs;
  }

  /** Forgets that a task waits: its call was cancelled. */
  cancel(task: Task): void {
    this.#settle(task);
    if (!task.isRunnable) return;
    task.isRunnable = false;
    this.#runnable.splice(this.#runnable.indexOf(task), 1);
  }

  take(): Task | undefined {
    const task = this.#runnable.shift();
    if (task !== undefined) task.isRunnable = false;
    return task;
  }

  /** Wakes whose time has come. */
  expire(nowNs: number): void {
    if (nowNs < this.#nextNs) return;
    for (const task of this.#sleeping) {
      if (task.wakeNs <= nowNs) this.wake(task);
    }
    this.#findNext();
  }

  #settle(task: Task): void {
    if (task.queues.length > 0) leaveQueues(task);
    if (!this.#sleeping.delete(task)) return;
    const wasNext = task.wakeNs === this.#nextNs;
    task.wakeNs = Number.POSITIVE_INFINITY;
    if (wasNext) this.#findNext();
  }

  #findNext(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const task of this.#sleeping) next = Math.min(next, task.wakeNs);
    this.#nextNs = next;
  }
}
