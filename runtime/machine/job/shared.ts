// What the ranks of a job share. WebAssembly memories begin with a page, so that lines lie as planned (see transport/layout);
// SharedArrayBuffers begin anywhere. Each takes ten GiB of addresses until the engine collects it, so a machine uses those of ended jobs
// again.

import { jobMemoryBytes } from '../../../personalities/messaging/index.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';

/** How many a machine keeps: of jobs that run one after the other, or a few at once. */
const KEPT_MOST = 4;

/** Those of one machine that no job has. */
export class JobMemories {
  readonly #free: SharedArrayBuffer[] = [];

  /** All zero. */
  take(size: number): SharedArrayBuffer {
    const bytes = jobMemoryBytes(size);
    const fitting = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [free] = fitting < 0 ? [] : this.#free.splice(fitting, 1);
    if (free === undefined) return create(Math.ceil(bytes / PAGE_BYTES));
    new Uint8Array(free).fill(0);
    return free;
  }

  /** Nobody uses it any more. */
  giveBack(memory: SharedArrayBuffer): void {
    if (this.#free.length === KEPT_MOST) this.#free.shift();
    this.#free.push(memory);
  }
}

function create(pages: number): SharedArrayBuffer {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return memory.buffer as ArrayBufferLike as SharedArrayBuffer;
}
