// A call that may block: system calls of guests, operations of the machine's embedder and tasks of an overlay all are one.
// No thread ever blocks here. A call that cannot go on says what it waits for (a queue, a time, an answer of a file system,
// its next turn) and returns −ERESTART; when that has come it runs again from its start. What it keeps between its runs is
// here, until it completes or is cancelled:
//
//     pins      the files behind its descriptors, held from its first wait on: a later run finds them, not the table's, so
//               whoever closes or reuses a number meanwhile changes nothing
//     answers   what file systems answered, in the order in which the call asks: each is asked once (vfs/caller)
//     progress  what is done for good, and what else its handler must know again
//
// A signal may interrupt a wait for a queue or a time. It does not interrupt the wait for an answer, which comes soon, nor
// that for a turn. Used by one thread.
// See: kernel/wait, the queues; kernel/scheduler, the deadlines.

import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { Caller } from '../vfs/caller.ts';
import type { FileDescription } from '../vfs/inode.ts';
import type { Waiter, WaitQueue } from './wait.ts';

interface Answer {
  readonly key: string | number;
  readonly value: unknown;
}

/** A process's descriptors, as far as a call asks for them. */
interface DescriptorFiles {
  get(fd: number): FileDescription | undefined;
}

export abstract class BlockableCall implements Caller, Waiter {
  abstract readonly uid: number;
  abstract readonly gid: number;
  abstract readonly groups: readonly number[];

  readonly queues: WaitQueue[] = [];
  generation = 0;
  /** Bytes transferred by earlier runs. */
  progress = 0;
  /** What else a call must keep. */
  kept: unknown;
  /** Undoes what the call has arranged elsewhere: runs when the call completes, or is cancelled. */
  atEnd: (() => void) | undefined;

  readonly #answers: Answer[] = [];
  #nextAnswer = 0;
  /** The descriptor that the call has asked for, and the file that it was; −1: none. Most calls have one. */
  #fd = -1;
  #file: FileDescription | undefined;
  #others: Map<number, FileDescription> | undefined;
  /** Those that are held, in the order in which they were asked for. */
  readonly #held: FileDescription[] = [];

  /** What it waits for has come: it runs again. */
  abstract wake(): void;

  waitOn(queue: WaitQueue): void {
    this.pin();
    queue.add(this);
  }

  yieldTurn(): void {
    this.pin();
    this.wake();
  }

  replay(key: string | number): unknown {
    const answer = this.#answers[this.#nextAnswer];
    if (answer !== undefined && answer.key === key) {
      this.#nextAnswer++;
      return answer.value;
    }
    if (answer !== undefined) this.#answers.length = this.#nextAnswer;
    this.pin();
    return undefined;
  }

  deliver(generation: number, key: string | number, value: unknown): void {
    if (generation !== this.generation) return;
    this.#answers.push({ key, value });
    this.wake();
  }

  /** The file behind a descriptor: what it was when the call first asked for it. */
  protected fileOf(fd: number, table: DescriptorFiles): FileDescription | undefined {
    if (fd === this.#fd) return this.#file;
    if (this.#fd >= 0) return this.#otherFile(fd, table);
    const file = table.get(fd);
    if (file === undefined) return undefined;
    this.#fd = fd;
    this.#file = file;
    return file;
  }

  /** Whether the descriptor by which the call first found a file still is that file. */
  protected isUnchanged(table: DescriptorFiles): boolean {
    return table.get(this.#fd) === this.#file;
  }

  /** A later run of the call begins. */
  beginRun(): void {
    this.#nextAnswer = 0;
  }

  /** A part of the call is done for good: later runs go on from there, and do not ask again what led to it. */
  settle(progress: number): void {
    this.progress = progress;
    if (this.#answers.length > 0) this.#forgetAnswers();
  }

  /** The call completed, or was cancelled. */
  clear(): void {
    this.progress = 0;
    this.kept = undefined;
    this.generation++;
    if (this.atEnd !== undefined) this.#end(this.atEnd);
    if (this.#answers.length > 0) this.#forgetAnswers();
    if (this.#fd < 0) return;
    this.#fd = -1;
    this.#file = undefined;
    if (this.#others !== undefined) this.#others = undefined;
    if (this.#held.length > 0) this.#unpin();
  }

  #end(undo: () => void): void {
    this.atEnd = undefined;
    undo();
  }

  #forgetAnswers(): void {
    // Setting the length of an array takes longer than all of this, and most calls have one answer.
    while (this.#answers.length > 0) this.#answers.pop();
    this.#nextAnswer = 0;
    this.generation++;
  }

  /** Holds the files that the call has asked for: it is about to wait. */
  protected pin(): void {
    if (this.#file === undefined) return;
    if (this.#held.length === 0) this.#hold(this.#file);
    if (this.#others === undefined || this.#held.length > this.#others.size) return;
    let index = 0;
    for (const file of this.#others.values()) if (++index >= this.#held.length) this.#hold(file);
  }

  #hold(file: FileDescription): void {
    this.#held.push(file);
    file.retain();
  }

  #unpin(): void {
    while (this.#held.length > 0) this.#held.pop()?.release();
  }

  #otherFile(fd: number, table: DescriptorFiles): FileDescription | undefined {
    this.#others ??= new Map();
    const file = this.#others.get(fd) ?? table.get(fd);
    if (file !== undefined) this.#others.set(fd, file);
    return file;
  }
}

/** Work of several calls, one after another: it stops where one has to wait, or to let others run, and is then continued. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Runs a call until it need not wait. @returns its result, an error number too */
export function* attempt<Result>(call: BlockableCall, run: () => Result | number): Steps<Result | number> {
  for (;;) {
    const result = run();
    if (result !== -ERESTART) {
      call.clear();
      return result;
    }
    yield;
    call.beginRun();
  }
}

/** Lets others run. */
export function* pause(call: BlockableCall): Steps<void> {
  call.yieldTurn();
  yield;
}
