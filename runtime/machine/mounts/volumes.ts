// Serves the Volumes that a machine has mounted to one Linux, in the booting thread, where they live: the machine's own
// Linux, or that of a guest in the `library` placement, whose worker waits for the answers.

import { VolumeRequests } from '../../../personalities/linux/booting-thread.ts';
import { createRing } from '../../files/ring.ts';
import { RingTurns } from '../../files/ring-turns.ts';
import type { MemoryMessage } from '../../files/server.ts';
import type { Doorbell } from '../../shm/doorbell.ts';
import { describeError } from '../errors.ts';
import type { MountTable } from './table.ts';

export class VolumeServer {
  /** For the client. */
  readonly ring = createRing();
  readonly #requests: VolumeRequests;
  readonly #turns: RingTurns;

  /** @param doorbell what the client's thread sleeps on */
  constructor({ volumes }: MountTable, doorbell: Doorbell, onBug: (message: string) => void) {
    this.#requests = new VolumeRequests(volumes);
    this.#turns = new RingTurns(this.ring, doorbell, (request, payload) => this.#requests.execute(request, payload));
    this.#turns.serve().catch((error: unknown) => onBug(`volumes: ${describeError(error)}`));
  }

  takeMemory(message: MemoryMessage): void {
    this.#turns.takeMemory(message);
  }

  /** Nothing of the client's is touched after this. */
  stop(): void {
    this.#turns.stop();
    this.#requests.dispose();
  }
}
