// Carries out requests of the protocol of host directories on OPFS. The counterpart of host-directory-execute, for a
// platform that answers by promises: requests of all clients are carried out one after the other, and one that need not
// wait (bytes of an open file) is carried out at once when none is under way. Errors are answers.

import { Errno } from '../abi/errno.ts';
import type { FileTarget } from './attribute-changes.ts';
import { emptyAttributes, type HostAttributes } from './host-attributes.ts';
import { type HostReply, type HostRequest, type HostTarget, PAYLOAD, TRANSFER_MAX } from './host-directory-protocol.ts';
import type { HostPlace } from './host-places.ts';
import { KnownPlaces } from './known-places.ts';
import { opfsErrnoOf } from './opfs-errno.ts';
import { OpfsFiles } from './opfs-files.ts';
import { OpfsMount } from './opfs-mount.ts';
import { OpfsNames } from './opfs-names.ts';
import type { OpfsDirectoryHandle, OpfsPlatform } from './opfs-platform.ts';
import { walkAheadLater } from './walk-ahead.ts';

type Mounted = Exclude<HostRequest, { op: 'mount' | 'unmount' }>;

type Answer = number | Promise<number>;

interface MountedOpfs {
  readonly mount: OpfsMount;
  readonly places: KnownPlaces;
}

const BLOCK = 4096;

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

  estimate(): Promise<{ readonly usage?: number; readonly quota?: number }> {
    return this.#platform.estimate();
  }

  /** @returns when what was unlinked and is closed is gone */
  async settle(): Promise<void> {
    await this.#files?.settle();
  }
}

/** The mounts of one client. */
export class OpfsRequests {
  readonly #opfs: Opfs;
  readonly #mounts: (MountedOpfs | undefined)[] = [];
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
      for (const mounted of this.#mounts) mounted?.mount.dispose();
      this.#mounts.length = 0;
    });
    await this.#opfs.settle();
  }

  #execute(request: HostRequest, payload: Uint8Array): HostReply | Promise<HostReply> {
    const reply: HostReply = { result: 0, attributes: undefined, bytes: undefined };
    const result = this.#begin(request, payload, reply);
    return result instanceof Promise ? result.then((late) => finish(reply, late)) : finish(reply, result);
  }

  #begin(request: HostRequest, payload: Uint8Array, reply: HostReply): number | Promise<number> {
    if (this.#isDisposed) return -Errno.EIO;
    if (request.op === 'mount') {
      return this.#mount(new TextDecoder().decode(request.other), request.access !== 0, reply);
    }
    const mounted = this.#mounts[request.mount];
    if (mounted === undefined) return -Errno.ENODEV;
    if (request.op !== 'unmount') return executeOn(this.#opfs, mounted, request, payload, reply);
    this.#mounts[request.mount] = undefined;
    mounted.mount.dispose();
    return 0;
  }

  async #mount(path: string, isReadOnly: boolean, reply: HostReply): Promise<number> {
    let mount: OpfsMount;
    try {
      mount = await this.#opfs.open(path, isReadOnly);
    } catch (error) {
      return -opfsErrnoOf(error);
    }
    if (this.#isDisposed) return -Errno.EIO;
    await mount.attributes({ file: -1, directory: 0, name: new Uint8Array(0), ino: 0n }, wanted(reply));
    return this.#mounts.push({ mount, places: new KnownPlaces(mount) }) - 1;
  }
}

function executeOn(
  opfs: Opfs,
  { mount, places }: MountedOpfs,
  request: Mounted,
  payload: Uint8Array,
  reply: HostReply,
): Answer {
  const at = (place: HostPlace, operation: (node: number) => Answer): Answer => onPlace(places, place, operation);
  switch (request.op) {
    case 'read':
    case 'write':
    case 'append':
      return transfer(mount, request, reply);
    case 'lookup':
      return at(request.directory, (node) => keep(places, mount.lookup(node, request.name, wanted(reply))));
    case 'walk':
      return at(request.directory, async (node) => {
        const given = (below: number): void => places.keep(below);
        const length = await walkAheadLater(mount, node, request.other, payload, given);
        return Math.min(put(reply, payload, length), 0);
      });
    case 'place':
      return Math.min(places.locate(request.directory), 0);
    case 'attributes':
      return onTarget(places, request, (target) => mount.attributes(target, wanted(reply)));
    case 'open':
      return at(request.directory, (node) =>
        mount.openFile(node, request.name, request.ino, request.access, wanted(reply)),
      );
    case 'create':
      return at(request.directory, (node) => mount.create(node, request.name, request.access, wanted(reply)));
    case 'mkdir':
      return at(request.directory, (node) => keep(places, mount.mkdir(node, request.name, wanted(reply))));
    case 'unlink':
      return at(request.directory, (node) => mount.unlink(node, request.name));
    case 'rmdir':
      return at(request.directory, (node) => mount.rmdir(node, request.name));
    case 'rename':
      return at(request.directory, (node) =>
        at(request.toDirectory, (to) => mount.rename(node, request.name, to, request.other)),
      );
    case 'symlink':
    case 'link':
    case 'setTimes':
      return mount.isReadOnly ? -Errno.EROFS : -Errno.EPERM;
    case 'readlink':
      return -Errno.EINVAL;
    case 'setMode':
      return onTarget(places, request, (target) => mount.setMode(target, request.mode));
    case 'truncate':
      return onTarget(places, request, (target) => mount.truncate(target, request.position));
    case 'extend':
      return mount.isReadOnly ? -Errno.EROFS : mount.open.extend(request.file, request.position);
    case 'sync':
    case 'syncData':
      return mount.open.sync(request.file);
    case 'close':
      return mount.open.close(request.file);
    case 'syncDirectory':
      return at(request.directory, (node) => mount.syncDirectory(node));
    case 'status':
      return putLater(reply, payload, putStatus(opfs, payload));
    case 'list':
      return at(request.directory, (node) => mount.openListing(node));
    case 'entries':
      return put(reply, payload, mount.readEntries(request.file, payload));
  }
}

/** A directory of OPFS never moves: a node that is known stays the place's. */
function onPlace(places: KnownPlaces, place: HostPlace, operation: (node: number) => Answer): Answer {
  const node = places.locate(place);
  return node < 0 ? node : operation(node);
}

function onTarget(places: KnownPlaces, target: HostTarget, operation: (target: FileTarget) => Answer): Answer {
  const { file, name, ino } = target;
  if (file >= 0) return operation({ file, directory: 0, name, ino });
  return onPlace(places, target.directory, (directory) => operation({ file, directory, name, ino }));
}

/** Keeps the node that an operation gives. */
async function keep(places: KnownPlaces, result: Promise<number>): Promise<number> {
  return places.keepResult(await result);
}

function transfer(
  mount: OpfsMount,
  request: Extract<HostRequest, { op: 'read' | 'write' | 'append' }>,
  reply: HostReply,
): number | Promise<number> {
  const { op, file, buffer, start, length, position } = request;
  if (length > TRANSFER_MAX || start + length > buffer.length) return -Errno.EINVAL;
  if (op === 'read') return mount.open.read(file, buffer, start, length, position);
  if (op === 'write') return mount.open.write(file, buffer, start, length, position);
  const count = mount.open.write(file, buffer, start, length, -1);
  if (count < 0) return count;
  const target = { file, directory: 0, name: new Uint8Array(0), ino: 0n };
  return mount.attributes(target, wanted(reply)).then(() => count);
}

/** What the origin may still store; how many files is not known. */
async function putStatus(opfs: Opfs, payload: Uint8Array): Promise<number> {
  const { usage = 0, quota = 0 } = await opfs.estimate();
  const blocks = Math.floor(quota / BLOCK);
  const blocksFree = Math.floor(Math.max(0, quota - usage) / BLOCK);
  const numbers = Float64Array.of(BLOCK, blocks, blocksFree, 0, 0);
  payload.set(new Uint8Array(numbers.buffer));
  return numbers.byteLength;
}

function finish(reply: HostReply, result: number): HostReply {
  reply.result = result;
  if (result >= 0) return reply;
  reply.attributes = undefined;
  reply.bytes = undefined;
  return reply;
}

function wanted(reply: HostReply): HostAttributes {
  reply.attributes = emptyAttributes();
  return reply.attributes;
}

function put(reply: HostReply, payload: Uint8Array, length: number): number {
  if (length >= 0) reply.bytes = payload.subarray(0, Math.min(length, PAYLOAD));
  return length;
}

async function putLater(reply: HostReply, payload: Uint8Array, length: Promise<number>): Promise<number> {
  return put(reply, payload, await length);
}
