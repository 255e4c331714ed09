// Requests of system calls to a host directory: sent once, answered later, and replayed when the call runs again. Files that
// a request opened for a call that is gone are closed here. Used by hostfs; Linux's thread alone.
//
// One request of a call is under way at a time. A call that is woken by something else while it waits finds its request
// here and waits on; it never sends it twice. See: vfs/caller.

import { ERESTART } from '../../../runtime/abi/errno.ts';
import type { HostClient } from '../../../runtime/host/host-directory-client.ts';
import type { HostReply, HostRequest } from '../../../runtime/host/host-directory-protocol.ts';
import type { Caller } from './caller.ts';
import type { FileDescription } from './description.ts';
import type { Inode } from './inode.ts';

/** The answer of a request that is not there yet, as an operation's result. */
export const NOT_YET = -ERESTART;

interface Asked {
  readonly generation: number;
  readonly key: string;
}

/** An answer, and the key under which a call will ask for it. */
export interface KeyedAnswer {
  readonly key: string;
  readonly answer: unknown;
}

/** A file that the host has opened for a call. Until the call ends, the call may run again and want it again. */
export class OpenedFile {
  readonly file: number;
  readonly inode: Inode;
  readonly caller: Caller;
  readonly generation: number;
  /** By a creation: the call opens the file next, and needs no request for that. */
  readonly isCreated: boolean;
  /** What the call made of it; undefined also when that was released again. */
  description: FileDescription | undefined;

  constructor(file: number, inode: Inode, caller: Caller, generation: number, isCreated: boolean) {
    this.file = file;
    this.inode = inode;
    this.caller = caller;
    this.generation = generation;
    this.isCreated = isCreated;
  }

  get isCallOpen(): boolean {
    return this.caller.generation === this.generation;
  }
}

export class HostRequests {
  readonly mount: number;
  readonly #client: HostClient;
  readonly #asked = new Map<Caller, Asked>();
  readonly #opened = new Set<OpenedFile>();

  constructor(client: HostClient, mount: number) {
    this.#client = client;
    this.mount = mount;
  }

  /**
   * The answer to a request of a call.
   *
   * @param key tells the call's requests apart
   * @param take turns the reply into the answer. It runs when the reply arrives, also when the call is gone by then, and
   *   must not answer undefined
   * @returns the answer, or NOT_YET
   */
  ask<T>(
    caller: Caller,
    key: string,
    request: HostRequest,
    take: (reply: HostReply, generation: number) => T,
  ): T | typeof NOT_YET {
    return this.#ask(caller, key, request, (reply, generation) => {
      caller.deliver(generation, key, take(reply, generation));
    });
  }

  /** As `ask`, of a request that also answers what the call will ask next; the first answer is that to `key`. */
  askAhead<T>(
    caller: Caller,
    key: string,
    request: HostRequest,
    take: (reply: HostReply) => readonly KeyedAnswer[],
  ): T | typeof NOT_YET {
    return this.#ask(caller, key, request, (reply, generation) => {
      for (const { key: next, answer } of take(reply)) caller.deliver(generation, next, answer);
    });
  }

  #ask<T>(
    caller: Caller,
    key: string,
    request: HostRequest,
    deliver: (reply: HostReply, generation: number) => void,
  ): T | typeof NOT_YET {
    const replayed = caller.replay(key);
    if (replayed !== undefined) return replayed as T;
    const { generation } = caller;
    const asked = this.#asked.get(caller);
    if (asked !== undefined && asked.generation === generation && asked.key === key) return NOT_YET;
    const mine: Asked = { generation, key };
    this.#asked.set(caller, mine);
    this.#client.submit(request, caller, (reply) => {
      if (this.#asked.get(caller) === mine) this.#asked.delete(caller);
      deliver(reply, generation);
    });
    // A client without a worker has answered already.
    return (caller.replay(key) as T | undefined) ?? NOT_YET;
  }

  /** Sends what nobody waits for. */
  tell(request: HostRequest): void {
    this.#client.submit(request);
  }

  /** A request of the call has opened a file. */
  opened(opened: OpenedFile): OpenedFile {
    this.#opened.add(opened);
    return opened;
  }

  /** The file that this call has created and not opened yet. */
  createdBy(caller: Caller, inode: Inode): OpenedFile | undefined {
    for (const opened of this.#opened) {
      const isOf = opened.isCreated && opened.inode === inode && opened.caller === caller;
      if (isOf && opened.isCallOpen) return opened;
    }
    return undefined;
  }

  /** A description is gone. Its file is closed, unless the call that opened it may want it again. */
  released(file: number): void {
    for (const opened of this.#opened) {
      if (opened.file !== file) continue;
      opened.description = undefined;
      if (opened.isCallOpen) return;
      this.#opened.delete(opened);
      break;
    }
    this.tell({ op: 'close', mount: this.mount, file });
  }

  /** Whether a call waits for an answer, or may want again what was opened for it. */
  get isBusy(): boolean {
    return this.#asked.size > 0 || [...this.#opened].some((opened) => opened.isCallOpen);
  }

  poll(): void {
    this.#client.poll();
    for (const opened of this.#opened) {
      if (opened.isCallOpen) continue;
      this.#opened.delete(opened);
      if (opened.description === undefined) this.tell({ op: 'close', mount: this.mount, file: opened.file });
    }
  }
}
