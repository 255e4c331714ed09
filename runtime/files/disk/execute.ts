// Carries out requests on host directories, in whichever thread they live: the host directory worker, the thread of the guest
// that asks, or a guest's own Linux in the `library` placement. Holds the mounts that this thread was asked about. Errors
// are answers; an exception is a bug of ours.

import { Errno } from '../../abi/errno.ts';
import { KnownPlaces } from '../known-places.ts';
import { carryOut, type PromptMount, putBytes, TOP_TARGET, wanted } from '../mounted-directory.ts';
import { bareReply, type HostReply, type HostRequest, type OpenMount } from '../protocol.ts';
import { HostDescriptors } from './descriptors.ts';
import { HostDirectory } from './directory.ts';
import { handlePath } from './nodes.ts';

interface HostMount extends PromptMount {
  readonly directory: HostDirectory;
}

/** Handles for walking, in a thread that is one of many. */
const GUEST_HANDLES = 24;

export class HostDirectories {
  readonly #descriptors: HostDescriptors;
  readonly #mounts: (HostMount | undefined)[] = [];

  /** @param descriptors default: of a thread that nobody ends */
  constructor(descriptors: HostDescriptors = new HostDescriptors()) {
    this.#descriptors = descriptors;
  }

  /** @param payload where an answer's bytes go: PAYLOAD bytes that are the caller's after this */
  execute(request: HostRequest, payload: Uint8Array): HostReply {
    if (request.op === 'mount') return this.#mount(request.other, request.access !== 0, payload);
    const mount = this.#mounts[request.mount];
    if (mount === undefined) {
      // An open file may be closed after its mount has gone.
      return bareReply(request.op === 'close' ? this.#descriptors.close(request.file) : -Errno.ENODEV);
    }
    if (request.op !== 'unmount') return carryOut(mount, request, payload);
    this.#mounts[request.mount] = undefined;
    mount.directory.dispose();
    return bareReply(0);
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
    if (root !== undefined && root.ino === ino && root.dev === BigInt(dev)) this.#mounts[mount] = mountOf(opened);
    else opened.dispose();
  }

  dispose(): void {
    for (const mount of this.#mounts) mount?.directory.dispose();
    this.#mounts.length = 0;
  }

  #mount(path: Uint8Array, isReadOnly: boolean, payload: Uint8Array): HostReply {
    const options = { readOnly: isReadOnly, descriptors: this.#descriptors };
    const opened = HostDirectory.open(Buffer.from(path).toString(), options);
    if (typeof opened === 'number') return bareReply(opened);
    const reply = bareReply(0);
    const answer = opened.attributes.stat(TOP_TARGET, wanted(reply));
    if (answer < 0) {
      opened.dispose();
      return bareReply(answer);
    }
    const numbers = Int32Array.of(opened.isRaceFree ? 1 : 0, opened.nodes.root?.handle ?? -1);
    payload.set(new Uint8Array(numbers.buffer));
    putBytes(reply, payload, numbers.byteLength);
    reply.result = this.#mounts.push(mountOf(opened)) - 1;
    return reply;
  }
}

function mountOf(directory: HostDirectory): HostMount {
  const { attributes, files, nodes } = directory;
  return { directory, attributes, files, places: new KnownPlaces(nodes) };
}
