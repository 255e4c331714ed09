// The requests that system calls make to a server of files: each is sent once, and its answer is replayed when the call runs
// again. Files that the server has opened for a call that is gone are closed here. Linux's thread alone.
//
// A call has one request under way at a time. A call that something else wakes meanwhile finds its request here, and waits on:
// it never sends it twice. See: vfs/caller.

import { ERESTART } from '../../../../runtime/abi/errno.ts';
import type { HostClient } from '../../../../runtime/files/client.ts';
import { type HostPlace, type PlaceStep, placesOf, TOP } from '../../../../runtime/files/places.ts';
import type { HostReply, HostRequest } from '../../../../runtime/files/protocol.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { FileDescription, Inode } from '../../vfs/inode.ts';

/** The result of an operation whose answer is not there yet. */
export const NOT_YET = -ERESTART;

/** Most files open at a time, of all guests of a mount. */
const OPEN_MAX = 8192;

/** A call, while it asks: its next one on the same caller has another generation. */
export interface AskingCall {
  readonly caller: Caller;
  readonly generation: number;
  readonly key: string | number;
}

/** An answer, and the key under which a call will ask for it. */
export interface KeyedAnswer {
  readonly key: string | number;
  readonly answer: unknown;
}

/** A file that the host has opened for a call. Until the call ends, the call may run again and want it again. */
export interface OpenedFile {
  readonly file: number;
  readonly inode: Inode;
  readonly call: AskingCall;
  /** How it is open: HOST_* bits. */
  readonly access: number;
  /** What the call made of it; undefined also when that was released again. */
  description: FileDescription | undefined;
}

function isOpen({ caller, generation }: AskingCall): boolean {
  return caller.generation === generation;
}

export class HostRequests {
  readonly mount: number;
  readonly #client: HostClient;
  readonly #asked = new Map<Caller, AskingCall>();
  readonly #opened = new Set<OpenedFile>();
  /** Descriptors of all files that are open on the host. */
  readonly #files = new Set<number>();
  #isDisposed = false;

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
    key: string | number,
    request: () => HostRequest,
    take: (reply: HostReply, call: AskingCall) => T,
  ): T | typeof NOT_YET {
    return this.#ask(caller, key, request, (reply, call) => caller.deliver(call.generation, key, take(reply, call)));
  }

  /** As `ask`, of a request that also answers what the call will ask next; the first answer is that to `key`. */
  askAhead<T>(
    caller: Caller,
    key: string | number,
    request: () => HostRequest,
    take: (reply: HostReply, call: AskingCall) => readonly KeyedAnswer[],
  ): T | typeof NOT_YET {
    return this.#ask(caller, key, request, (reply, call) => {
      for (const { key: next, answer } of take(reply, call)) caller.deliver(call.generation, next, answer);
    });
  }

  #ask<T>(
    caller: Caller,
    key: string | number,
    request: () => HostRequest,
    deliver: (reply: HostReply, call: AskingCall) => void,
  ): T | typeof NOT_YET {
    const replayed = caller.replay(key);
    if (replayed !== undefined) return replayed as T;
    const asked = this.#asked.get(caller);
    if (asked !== undefined && isOpen(asked) && asked.key === key) return NOT_YET;
    const call: AskingCall = { caller, generation: caller.generation, key };
    this.#asked.set(caller, call);
    this.#client.submit(request(), caller, (reply) => {
      if (this.#asked.get(caller) === call) this.#asked.delete(caller);
      deliver(reply, call);
    });
    // A client without a worker has answered already.
    return (caller.replay(key) as T | undefined) ?? NOT_YET;
  }

  /** The place by which requests name a directory, from its way from the top. */
  placeAt(steps: readonly PlaceStep[]): HostPlace {
    const places = placesOf(steps);
    const place = places.pop() ?? TOP;
    // A way too long for one request is told in parts, by requests before it.
    for (const directory of places) this.tell({ op: 'place', mount: this.mount, directory });
    return place;
  }

  /** Sends what nobody waits for. */
  tell(request: HostRequest): void {
    this.#client.submit(request);
  }

  /** Whether no more files may be opened, so that guests do not use up the host process's descriptors: ENFILE. */
  get isFull(): boolean {
    return this.#files.size >= OPEN_MAX;
  }

  /** A request of the call has opened a file. */
  opened(file: number, inode: Inode, call: AskingCall, access: number): OpenedFile {
    const opened: OpenedFile = { file, inode, call, access, description: undefined };
    this.#files.add(file);
    // The call's process, and with it the mount, ended while the file was being opened.
    if (this.#isDisposed) this.#close(file);
    else this.#opened.add(opened);
    return opened;
  }

  /** A file that this call has created, or opened while it looked the name up, and that suffices for an access. */
  openedBy(caller: Caller, inode: Inode, access: number): OpenedFile | undefined {
    for (const opened of this.#opened) {
      if (opened.inode !== inode || opened.call.caller !== caller || !isOpen(opened.call)) continue;
      if ((opened.access & access) === access) return opened;
    }
    return undefined;
  }

  /** A description is gone. Its file is closed, unless the call that opened it may want it again. */
  released(file: number): void {
    for (const opened of this.#opened) {
      if (opened.file !== file) continue;
      opened.description = undefined;
      if (isOpen(opened.call)) return;
      this.#opened.delete(opened);
      break;
    }
    this.#close(file);
  }

  /** The mount is gone. */
  dispose(): void {
    this.#isDisposed = true;
    for (const file of this.#files) this.#close(file);
    this.tell({ op: 'unmount', mount: this.mount });
  }

  /** Whether a call waits for an answer, or may want again what was opened for it. */
  get isBusy(): boolean {
    return this.#asked.size > 0 || [...this.#opened].some(({ call }) => isOpen(call));
  }

  poll(): void {
    for (const opened of this.#opened) {
      if (isOpen(opened.call)) continue;
      this.#opened.delete(opened);
      if (opened.description === undefined) this.#close(opened.file);
    }
    this.#client.poll();
  }
  #close(file: number): void {
    this.#files.delete(file);
    this.tell({ op: 'close', mount: this.mount, file });
  }
}
