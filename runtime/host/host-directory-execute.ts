// Carries out requests on host directories, in whichever thread they live: the host directory worker, the thread of the guest
// that asks, or a guest's own Linux in the `library` placement. Holds the mounts that this thread was asked about. Errors
// are answers; an exception is a bug of ours.

import { Errno } from '../abi/errno.ts';
import type { FileTarget } from './attribute-changes.ts';
import { handlePath } from './directory-nodes.ts';
import { emptyAttributes, type HostAttributes } from './host-attributes.ts';
import { HostDescriptors } from './host-descriptors.ts';
import { HostDirectory } from './host-directory.ts';
import {
  type HostReply,
  type HostRequest,
  type HostTarget,
  type OpenMount,
  PAYLOAD,
  TRANSFER_MAX,
} from './host-directory-protocol.ts';
import { KnownPlaces } from './known-places.ts';
import { walkAhead } from './walk-ahead.ts';

type Asked<Op extends HostRequest['op']> = Extract<HostRequest, { op: Op }>;
type Mounted = Exclude<HostRequest, { op: 'mount' | 'unmount' }>;

interface MountedDirectory {
  readonly directory: HostDirectory;
  readonly places: KnownPlaces;
}

/** Handles for walking, in a thread that is one of many. */
const GUEST_HANDLES = 24;

export class HostDirectories {
  readonly #descriptors: HostDescriptors;
  readonly #mounts: (MountedDirectory | undefined)[] = [];

  /** @param descriptors default: of a thread that nobody ends */
  constructor(descriptors: HostDescriptors = new HostDescriptors()) {
    this.#descriptors = descriptors;
  }

  /** @param payload where an answer's bytes go: PAYLOAD bytes that are the caller's after this */
  execute(request: HostRequest, payload: Uint8Array): HostReply {
    const reply: HostReply = { result: 0, attributes: undefined, bytes: undefined };
    if (request.op === 'mount') {
      this.#mount(request.other, request.access !== 0, payload, reply);
      return reply;
    }
    const mounted = this.#mounts[request.mount];
    if (mounted === undefined) {
      // An open file may be closed after its mount has gone.
      reply.result = request.op === 'close' ? this.#descriptors.close(request.file) : -Errno.ENODEV;
    } else if (request.op === 'unmount') {
      this.#mounts[request.mount] = undefined;
      mounted.directory.dispose();
    } else {
      reply.result = executeOn(mounted, request, payload, reply);
      if (reply.result < 0) {
        reply.attributes = undefined;
        reply.bytes = undefined;
      }
    }
    return reply;
  }

  knows(mount: number): boolean {
    return this.#mounts[mount] !== undefined;
  }

  /** Knows a mount of another thread from now on, under the number that it has there. */
  adopt(mount: number, { rootHandle, dev, ino, isReadOnly }: OpenMount): void {
    const options = { readOnly: isReadOnly, handles: GUEST_HANDLES, descriptors: this.#descriptors };
    const opened = HostDirectory.open(handlePath(rootHandle), options);
    if (typeof opened === 'number') return;
    const { root } = opened.nodes;
    if (root !== undefined && root.ino === ino && root.dev === BigInt(dev))
      this.#mounts[mount] = mountedDirectory(opened);
    else opened.dispose();
  }

  dispose(): void {
    for (const mounted of this.#mounts) mounted?.directory.dispose();
    this.#mounts.length = 0;
  }

  #mount(path: Uint8Array, isReadOnly: boolean, payload: Uint8Array, reply: HostReply): void {
    const options = { readOnly: isReadOnly, descriptors: this.#descriptors };
    const opened = HostDirectory.open(Buffer.from(path).toString(), options);
    if (typeof opened === 'number') {
      reply.result = opened;
      return;
    }
    reply.attributes = emptyAttributes();
    const top = { file: -1, directory: 0, name: new Uint8Array(0), ino: 0n };
    const answer = opened.attributes.read(top, reply.attributes);
    if (answer < 0) {
      opened.dispose();
      reply.result = answer;
      return;
    }
    const numbers = Int32Array.of(opened.isRaceFree ? 1 : 0, opened.nodes.root?.handle ?? -1);
    payload.set(new Uint8Array(numbers.buffer));
    put(reply, payload, numbers.byteLength);
    reply.result = this.#mounts.push(mountedDirectory(opened)) - 1;
  }
}

function mountedDirectory(directory: HostDirectory): MountedDirectory {
  return { directory, places: new KnownPlaces(directory.nodes) };
}

function executeOn(mounted: MountedDirectory, request: Mounted, payload: Uint8Array, reply: HostReply): number {
  const { directory, places } = mounted;
  switch (request.op) {
    case 'place': {
      const node = places.locate(request.directory);
      return node < 0 ? node : 0;
    }
    case 'lookup':
      return lookup(mounted, request, wanted(reply));
    case 'walk':
      return walk(mounted, request, payload, reply);
    case 'attributes':
      return onTarget(places, request, (target) => directory.attributes.read(target, wanted(reply)));
    case 'open':
      return places.on(request.directory, (node) =>
        directory.open(node, request.name, request.ino, request.access, wanted(reply)),
      );
    case 'create':
      return places.on(request.directory, (node) =>
        directory.create(node, request.name, request.mode, request.access, wanted(reply)),
      );
    case 'mkdir':
      return places.on(request.directory, (node) =>
        places.keepResult(directory.mkdir(node, request.name, request.mode, wanted(reply))),
      );
    case 'symlink':
      return places.on(request.directory, (node) =>
        directory.symlink(node, request.name, request.other, wanted(reply)),
      );
    case 'readlink':
      return put(
        reply,
        payload,
        places.on(request.directory, (node) => directory.readlink(node, request.name, payload)),
      );
    case 'unlink':
      return places.on(request.directory, (node) => directory.unlink(node, request.name));
    case 'rmdir':
      return places.on(request.directory, (node) => directory.rmdir(node, request.name));
    case 'rename':
      return places.on(request.directory, (node) =>
        places.on(request.toDirectory, (to) => directory.rename(node, request.name, to, request.other)),
      );
    case 'link':
      return places.on(request.directory, (node) =>
        places.on(request.toDirectory, (to) => directory.link(node, request.name, to, request.other)),
      );
    case 'setMode':
      return onTarget(places, request, (target) => directory.attributes.setMode(target, request.mode));
    case 'setTimes':
      return onTarget(places, request, (target) => directory.attributes.setTimes(target, request.atime, request.mtime));
    case 'truncate':
      return onTarget(places, request, (target) => directory.attributes.truncate(target, request.position));
    case 'read':
    case 'write':
    case 'append':
      return transfer(directory, request, reply);
    case 'extend':
      return directory.isReadOnly ? -Errno.EROFS : directory.files.extend(request.file, request.position);
    case 'sync':
      return directory.files.sync(request.file, false);
    case 'syncData':
      return directory.files.sync(request.file, true);
    case 'close':
      return directory.close(request.file);
    case 'syncDirectory':
      return places.on(request.directory, (node) => directory.syncDirectory(node));
    case 'status':
      return status(directory, payload, reply);
    case 'list':
      return places.on(request.directory, (node) => directory.openListing(node));
    case 'entries':
      return put(reply, payload, directory.readEntries(request.file, payload));
  }
}

/** @returns 1 + the descriptor of what was opened as well, 0, or −errno */
function lookup({ directory, places }: MountedDirectory, request: Asked<'lookup'>, into: HostAttributes): number {
  const { name, ino, access } = request;
  let file = -1;
  const result = places.on(request.directory, (node) => {
    if (access === 0) return places.keepResult(directory.lookup(node, name, into));
    const looked = directory.lookupToOpen(node, name, ino, access, into);
    file = looked.file;
    return places.keepResult(looked.node);
  });
  return result === 0 && file >= 0 ? 1 + file : result;
}

/** As `lookup`, of the last name. */
function walk(
  { directory, places }: MountedDirectory,
  request: Asked<'walk'>,
  payload: Uint8Array,
  reply: HostReply,
): number {
  const { other, ino, access } = request;
  let file = -1;
  const length = places.on(request.directory, (node) => {
    const walked = walkAhead(directory, node, other, access, ino, payload, (given) => places.keep(given));
    file = walked.file;
    return walked.length;
  });
  put(reply, payload, length);
  return length < 0 ? length : Math.max(file, -1) + 1;
}

function onTarget(places: KnownPlaces, target: HostTarget, operation: (target: FileTarget) => number): number {
  const { file, name, ino } = target;
  if (file >= 0) return operation({ file, directory: 0, name, ino });
  return places.on(target.directory, (directory) => operation({ file, directory, name, ino }));
}

function transfer(
  { files }: HostDirectory,
  request: Extract<HostRequest, { op: 'read' | 'write' | 'append' }>,
  reply: HostReply,
): number {
  const { op, file, buffer, start, length, position } = request;
  if (length > TRANSFER_MAX || start + length > buffer.length) return -Errno.EINVAL;
  if (op === 'read') return files.read(file, buffer, start, length, position);
  if (op === 'write') return files.write(file, buffer, start, length, position);
  const count = files.write(file, buffer, start, length, -1);
  if (count >= 0) files.attributes(file, wanted(reply));
  return count;
}

function status(directory: HostDirectory, payload: Uint8Array, reply: HostReply): number {
  const status = { blockSize: 0, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  const answer = directory.status(status);
  if (answer < 0) return answer;
  const { blockSize, blocks, blocksFree, files, filesFree } = status;
  const numbers = Float64Array.of(blockSize, blocks, blocksFree, files, filesFree);
  payload.set(new Uint8Array(numbers.buffer));
  put(reply, payload, numbers.byteLength);
  return 0;
}

function wanted(reply: HostReply): HostAttributes {
  reply.attributes = emptyAttributes();
  return reply.attributes;
}

function put(reply: HostReply, payload: Uint8Array, length: number): number {
  if (length >= 0) reply.bytes = payload.subarray(0, Math.min(length, PAYLOAD));
  return length;
}
