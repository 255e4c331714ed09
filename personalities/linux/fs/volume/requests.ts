// Carries out the requests of runtime/files on Volumes, in the thread where they live, as files/disk/execute does on the host's
// disk. Errors are answers.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { KnownPlaces } from '../../../../runtime/files/known-places.ts';
import { carryOut, type PromptMount, TOP_TARGET, wanted } from '../../../../runtime/files/mounted-directory.ts';
import { bareReply, type HostReply, type HostRequest } from '../../../../runtime/files/protocol.ts';
import type { MountedVolume } from './call.ts';
import { VolumeDirectory } from './directory.ts';

interface VolumeMount extends PromptMount {
  readonly directory: VolumeDirectory;
}

/** The Volumes that one Linux has mounted. */
export class VolumeRequests {
  readonly #volumes: readonly MountedVolume[];
  readonly #mounts: (VolumeMount | undefined)[] = [];

  /** @param volumes by number; a `mount` names one by its number in decimal. The list may grow */
  constructor(volumes: readonly MountedVolume[]) {
    this.#volumes = volumes;
  }

  /** @param payload where an answer's bytes go: PAYLOAD bytes that are the caller's after this */
  execute(request: HostRequest, payload: Uint8Array): HostReply {
    if (request.op === 'mount') {
      return this.#mount(new TextDecoder().decode(request.other.slice()), request.access !== 0);
    }
    const mount = this.#mounts[request.mount];
    if (mount === undefined) return bareReply(-Errno.ENODEV);
    if (request.op !== 'unmount') return carryOut(mount, request, payload);
    this.#mounts[request.mount] = undefined;
    mount.directory.dispose();
    return bareReply(0);
  }

  dispose(): void {
    for (const mount of this.#mounts) mount?.directory.dispose();
    this.#mounts.length = 0;
  }

  #mount(number: string, isReadOnly: boolean): HostReply {
    const volume = this.#volumes[Number(number)];
    if (volume === undefined) return bareReply(-Errno.ENODEV);
    const directory = new VolumeDirectory(volume, isReadOnly);
    const reply = bareReply(0);
    const answer = directory.stat(TOP_TARGET, wanted(reply));
    if (answer < 0) return bareReply(answer);
    const places = new KnownPlaces(directory.nodes);
    reply.result = this.#mounts.push({ directory, attributes: directory, files: directory.openFiles, places }) - 1;
    return reply;
  }
}
