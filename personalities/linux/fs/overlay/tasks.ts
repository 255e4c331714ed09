// Work of an overlay that takes several requests to the file system below: to list a directory, to read the first bytes of a
// block. A task is a caller of its own, so calls that need the same share it, and it goes on when the guests that wait for it
// have ended; what it stores is the same whoever asked. It is a generator that stops where it has to wait, or to let others run.
// Linux's thread alone.

import { ERESTART } from '../../../../runtime/abi/errno.ts';
import { attempt, BlockableCall, pause, type Steps } from '../../kernel/block.ts';
import { leaveQueues } from '../../kernel/wait.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { DirectorySink, Inode } from '../../vfs/inode.ts';
import { O_RDONLY } from '../../vfs/mode.ts';

/** Names that are taken before others have their turn. */
export const NAMES_A_SLICE = 4096;

interface Waiting {
  readonly caller: Caller;
  readonly generation: number;
}

export class OverlayTasks {
  readonly #byKey = new Map<string, OverlayTask>();

  /** Whether a task is under way. */
  get isBusy(): boolean {
    return this.#byKey.size > 0;
  }

  /**
   * Runs a task, or waits for the one of that name that is under way.
   *
   * @param key names the task; a call uses each key once
   * @returns the task's result, or −ERESTART
   */
  run(caller: Caller, key: string, steps: (task: OverlayTask) => Steps<number>): number {
    const answer = caller.replay(key);
    if (answer !== undefined) return answer as number;
    let task = this.#byKey.get(key);
    if (task === undefined) {
      const started = new OverlayTask(steps, () => this.#advance(key, started));
      this.#byKey.set(key, started);
      task = started;
    }
    const result = this.#advance(key, task);
    if (result !== undefined) return result;
    task.addWaiting(caller);
    if (task.isPaused) caller.yieldTurn();
    return -ERESTART;
  }

  /** Goes on with tasks that let others run: the calls that wait for them may be gone. */
  poll(): void {
    for (const [key, task] of this.#byKey) {
      if (task.isPaused) this.#advance(key, task);
    }
  }

  /** @returns the result of a task that is done now */
  #advance(key: string, task: OverlayTask): number | undefined {
    const result = task.advance();
    if (result === undefined) {
      if (task.isPaused) task.wakeWaiting();
      return undefined;
    }
    this.#byKey.delete(key);
    task.tell(key, result);
    return result;
  }
}

/** A task as a caller: it goes on in the thread of who wakes it. */
export class OverlayTask extends BlockableCall {
  // Whoever made the overlay may read what lies below.
  readonly uid = 0;
  readonly gid = 0;
  readonly groups: readonly number[] = [];
  isPaused = false;
  readonly #steps: Steps<number>;
  readonly #waiting: Waiting[] = [];
  readonly #onWake: () => void;
  #isRunning = false;
  #isWoken = true;

  /** @param onWake is called when what it waits for has come */
  constructor(steps: (task: OverlayTask) => Steps<number>, onWake: () => void) {
    super();
    this.#steps = steps(this);
    this.#onWake = onWake;
  }

  wake(): void {
    leaveQueues(this);
    this.#isWoken = true;
    // Answered at once: the run that asked looks again itself.
    if (!this.#isRunning) this.#onWake();
  }

  override yieldTurn(): void {
    this.isPaused = true;
    this.#isWoken = true;
  }

  addWaiting(caller: Caller): void {
    const { generation } = caller;
    if (!this.#waiting.some((other) => other.caller === caller && other.generation === generation)) {
      this.#waiting.push({ caller, generation });
    }
  }

  /** It has paused: the calls that wait for it run again, and go on with it. */
  wakeWaiting(): void {
    for (const { caller, generation } of this.#waiting) {
      if (caller.generation === generation) caller.yieldTurn();
    }
  }

  /** Delivers the result to the calls that wait for it. */
  tell(key: string, result: number): void {
    for (const { caller, generation } of this.#waiting) caller.deliver(generation, key, result);
  }

  /** Goes on until it has to wait or pauses. @returns the result, once it is done */
  advance(): number | undefined {
    this.isPaused = false;
    this.#isRunning = true;
    try {
      while (this.#isWoken && !this.isPaused) {
        this.#isWoken = false;
        const step = this.#steps.next();
        if (step.done === true) return step.value;
      }
      return undefined;
    } finally {
      this.#isRunning = false;
    }
  }
}

/**
 * Gives the names of a directory, without `.` and `..`, in its order.
 *
 * @param take answers whether it wants more
 */
export function* listBelow(
  task: OverlayTask,
  directory: Inode,
  take: (name: string, ino: number, mode: number) => boolean,
): Steps<number> {
  const opened = yield* attempt(task, () => directory.open(task, O_RDONLY));
  if (typeof opened === 'number') return opened;
  opened.retain();
  try {
    const portion = new Portion(take);
    do {
      portion.begin();
      const result = yield* attempt(task, () => opened.readDirectory(task, portion.next, portion));
      if (result < 0) return result;
      if (portion.isFull) yield* pause(task);
    } while (portion.isFull);
    return 0;
  } finally {
    opened.release();
  }
}

/** Takes names up to the end of a slice. */
class Portion implements DirectorySink {
  readonly #take: (name: string, ino: number, mode: number) => boolean;
  #room = 0;
  /** The cookie to go on from. */
  next = 0;
  /** The slice ended before the names did. */
  isFull = false;

  constructor(take: (name: string, ino: number, mode: number) => boolean) {
    this.#take = take;
  }

  begin(): void {
    this.#room = NAMES_A_SLICE;
    this.isFull = false;
  }

  entry(name: string, ino: number, mode: number, next: number): boolean {
    if (this.#room === 0) {
      this.isFull = true;
      return false;
    }
    this.#room--;
    this.next = next;
    return name === '.' || name === '..' || this.#take(name, ino, mode);
  }
}
