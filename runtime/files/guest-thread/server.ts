// Carries out requests on host directories in the thread of the guest that asked, when Linux calls it back. It holds handles
// of directories for the next request; open files are Linux's. Made by the core's worker for a guest of a machine that has
// host directories. Shared words: GUEST_RING (see guest-thread-client).

import { HostDescriptors } from '../disk/descriptors.ts';
import { HostDirectories } from '../disk/execute.ts';
import { OpenFiles } from '../disk/open-files.ts';
import { openedBy } from '../protocol.ts';
import { GUEST_RING, GUEST_STATE, Ring } from '../ring.ts';

/** What a thread is given so that it can work for Linux. */
export interface GuestThreadSetup {
  /** Of one slot. */
  readonly ring: SharedArrayBuffer;
  /** See host-descriptors. */
  readonly notes: SharedArrayBuffer;
  /** See ending-gate. */
  readonly gate: SharedArrayBuffer;
}

export class GuestThreadServer {
  readonly #ring: Ring;
  readonly #payload: Uint8Array;
  readonly #descriptors: HostDescriptors;
  readonly #files: OpenFiles;
  readonly #directories: HostDirectories;
  #unmounts = 0;
  readonly #memory: (start: number, length: number) => Uint8Array;

  /** @param memory the guest's memory, which has at least the given range */
  constructor(
    { ring, notes, gate }: GuestThreadSetup,
    slot: number,
    memory: (start: number, length: number) => Uint8Array,
  ) {
    this.#ring = new Ring(ring);
    this.#payload = this.#ring.payload(0);
    this.#descriptors = new HostDescriptors(notes, slot, gate);
    this.#files = new OpenFiles(this.#descriptors);
    this.#directories = new HostDirectories(this.#descriptors);
    this.#memory = memory;
  }

  /** Does what Linux has left to this thread. */
  readonly work = (): void => {
    const { words } = this.#ring;
    if (Atomics.load(words, GUEST_RING.CLOSE_COUNT) !== 0) this.#descriptors.gate.wholly(this.#closeAnnounced);
    if (Atomics.load(words, GUEST_RING.STATE) === GUEST_STATE.REQUESTED) this.#serve();
  };

  /** The guest has ended. */
  dispose(): void {
    this.#directories.dispose();
  }

  readonly #closeAnnounced = (): void => {
    const { words } = this.#ring;
    // Pairs with the store in announceLast, and with the exchange in detach.
    const count = Atomics.exchange(words, GUEST_RING.CLOSE_COUNT, 0);
    for (let i = 0; i < count; i++) this.#descriptors.close(words[GUEST_RING.CLOSES + i] as number);
  };

  #serve(): void {
    const { words } = this.#ring;
    const transfer = this.#ring.takeTransfer(0);
    if (transfer !== undefined) {
      const { op, file, start, length, position } = transfer;
      const memory = this.#memory(start, length);
      const result =
        op === 'read'
          ? this.#files.read(file, memory, start, length, position)
          : this.#files.write(file, memory, start, length, position);
      this.#ring.putResult(0, result);
      Atomics.compareExchange(words, GUEST_RING.STATE, GUEST_STATE.REQUESTED, GUEST_STATE.ANSWERED);
      return;
    }
    const request = this.#ring.takeRequest(0, this.#memory);
    const unmounts = words[GUEST_RING.UNMOUNTS] as number;
    if (unmounts !== this.#unmounts) this.#directories.dispose();
    this.#unmounts = unmounts;
    if (!this.#directories.knows(request.mount)) this.#directories.adopt(request.mount, this.#ring.takeMount());
    const reply = this.#directories.execute(request, this.#payload);
    this.#ring.putReply(0, reply);
    const state = Atomics.compareExchange(words, GUEST_RING.STATE, GUEST_STATE.REQUESTED, GUEST_STATE.ANSWERED);
    if (state === GUEST_STATE.REQUESTED) return;
    // Linux has given the call up meanwhile.
    const opened = openedBy(request, reply);
    if (opened >= 0) this.#descriptors.close(opened);
  }
}
