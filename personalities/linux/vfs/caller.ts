// Who runs an operation of the VFS: the credentials to judge it by, and the way to wait (kernel/block).
//
// An operation that takes time returns −ERESTART after it has arranged to be woken; the whole system call then runs again from
// its start, and each of its requests that was already answered gets the recorded answer:
//
//     const answer = caller.replay(key);
//     if (answer !== undefined) return decode(answer);
//     const { generation } = caller;
//     send(key, (reply) => caller.deliver(generation, key, reply));
//     return -ERESTART;
//
// See: vfs/inode, the operations.

import type { WaitQueue } from '../kernel/wait.ts';

export interface Caller {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Changes when the call completes or is cancelled: answers to older requests are then ignored. */
  readonly generation: number;
  /**
   * The recorded answer of the next request of this run of the call; undefined: not asked yet, or not answered.
   *
   * @param key says what is asked, among all that the call asks. When it differs from the record (the tree changed between
   *   two runs), the record is dropped from there on.
   */
  replay(key: string | number): unknown;
  /** Records an answer (anything but undefined) and makes the call run again; without effect when it is out of date. */
  deliver(generation: number, key: string | number, answer: unknown): void;
  /** The call runs again when the queue is woken. */
  waitOn(queue: WaitQueue): void;
  /** The call runs again soon, after others had their turn: the end of a slice of long work. */
  yieldTurn(): void;
}
