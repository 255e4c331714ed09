// Carries out requests of the protocol of host directories on OPFS. The counterpart of disk/execute, for a
// platform that answers by promises: requests of all clients are carried out one after the other, and one that need not
// wait (bytes of an open file) is carried out at once when none is under way. Errors are answers.

import { Errno } from '../../abi/errno.ts';
import { KnownPlaces } from '../known-places.ts';
import {
  begin as beginRequest,
  finish,
  type Mount,
  type MountedRequest,
  putBytes,
  TOP_TARGET,
  wanted,
} from '../mounted-directory.ts';
import { bareReply, type HostReply, type HostRequest } from '../protocol.ts';
import { walkAheadLater } from '../walk-ahead.ts';
import { opfsErrnoOf } from './errno.ts';
import { OpfsFiles } from './files.ts';
import { OpfsMount } from './mount.ts';
import { OpfsNames } from './names.ts';
import type { OpfsDirectoryHandle, OpfsPlatform } from './platform.ts';

type Answer = number | Promise<number>;

interface OpfsMounted extends Mount<Promise<number>> {
  readonly directory: OpfsMount;
}

/** The OPFS of one origin, for all clients that one worker serves: they share what is open. */
export class Opfs {
  readonly #platform: OpfsPlatform;
  #files: OpfsFiles | undefined;
  /** The request that came last, while it is under way. Never rejects. */
  #last: Promise<unknown> | undefined;

  constructor(platform: OpfsPlatform) {
    this.#platform = platform;
  }

  /** Runs a request when those before it are done: now, if there are none. */
  inTurn<Result>(run: () => Result | Promise<Result>): Result | Promise<Result> {
    const result = this.#last === undefined ? run() : this.#last.then(run);
    if (!(result instanceof Promise)) return result;
    const settled: Promise<void> = result
      .catch(() => {})
      .then(() => {
        if (this.#last === settled) this.#last = undefined;
      });
    this.#last = settled;
    return result;
  }

  /** Errors: the platform's, thrown. */
  async open(path: string, isReadOnly: boolean): Promise<OpfsMount> {
    const root = await this.#platform.root();
    this.#files ??= new OpfsFiles(this.#platform, root, new OpfsNames());
    const files = this.#files;
    let top: OpfsDirectoryHandle = root;
    const names = path.split('/').filter((name) => name !== '');
    for (const name of names) top = await top.getDirectoryHandle(name, { create: !isReadOnly });
    if (!isReadOnly) await this.#platform.exclusively(() => files.sweep());
    return new OpfsMount(files, top, names.map((name) => `/${name}`).join(''), isReadOnly);
  }

  /** @returns when what was unlinked and is closed is gone */
  async settle(): Promise<void> {
    await this.#files?.settle();
  }
}

/** The mounts of one client. */
export class OpfsRequests {
  readonly #opfs: Opfs;
  readonly #mounts: (OpfsMounted | undefined)[] = [];
  #isDisposed = false;

  constructor(opfs: Opfs) {
    this.#opfs = opfs;
  }

  /** @param payload where an answer's bytes go: PAYLOAD bytes that are the caller's after this */
  execute(request: HostRequest, payload: Uint8Array): HostReply | Promise<HostReply> {
    return this.#opfs.inTurn(() => this.#execute(request, payload));
  }

  /** No memory that a request named is touched after this. @returns when everything is closed */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    await this.#opfs.inTurn(() => {
      for (const mount of this.#mounts) mount?.directory.dispose();
      this.#mounts.length = 0;
    });
    await this.#opfs.settle();
  }

  #execute(request: HostRequest, payload: Uint8Array): HostReply | Promise<HostReply> {
    if (this.#isDisposed) return bareReply(-Errno.EIO);
    if (request.op === 'mount') return this.#mount(new TextDecoder().decode(request.other), request.access !== 0);
    const mount = this.#mounts[request.mount];
    if (mount === undefined) return bareReply(-Errno.ENODEV);
    if (request.op === 'unmount') {
      this.#mounts[request.mount] = undefined;
      mount.directory.dispose();
      return bareReply(0);
    }
    const reply = bareReply(0);
    const result = begin(mount, request, payload, reply);
    if (typeof result === 'number') return finish(mount, request, result, payload, reply);
    return result.then((late) => finish(mount, request, late, payload, reply));
  }

  async #mount(path: string, isReadOnly: boolean): Promise<HostReply> {
    let directory: OpfsMount;
    try {
      directory = await this.#opfs.open(path, isReadOnly);
    } catch (error) {
      return bareReply(-opfsErrnoOf(error));
    }
    if (this.#isDisposed) return bareReply(-Errno.EIO);
    const reply = bareReply(0);
    await directory.stat(TOP_TARGET, wanted(reply));
    const places = new KnownPlaces(directory);
    reply.result = this.#mounts.push({ directory, attributes: directory, files: directory.openFiles, places }) - 1;
    return reply;
  }
}

function begin(mount: OpfsMounted, request: MountedRequest, payload: Uint8Array, reply: HostReply): Answer {
  const { directory, places } = mount;
  switch (request.op) {
    case 'lookup':
      return places.on(request.directory, async (node) =>
        places.keepResult(await directory.lookup(node, request.name, wanted(reply))),
      );
    case 'walk':
      return places.on(request.directory, async (node) => {
        const given = (below: number): void => places.keep(below);
        const length = await walkAheadLater(directory, node, request.other, payload, given);
        putBytes(reply, payload, length);
        return Math.min(length, 0);
      });
    default:
      return beginRequest(mount, request, payload, reply);
  }
}
