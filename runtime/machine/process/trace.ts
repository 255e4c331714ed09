// The way of a trace's lines from a core to the booting thread: a byte stream in shared memory, so that every line is there as
// soon as its call has ended, whatever becomes of the guest, and a guest that is faster than its reader waits; or, on a
// machine without shared memory, messages.

import { createByteStream, RingReader, RingWriter } from '../../shm/byte-stream.ts';
import type { FromCore, TraceStream } from '../messages.ts';
import { deferred } from '../values/deferred.ts';

const CAPACITY = 1 << 18;
/** Between two looks at a guest that calls all the time. */
const LOOK_MS = 5;
/** Between two looks of a guest whose lines find no room. */
const RETRY_MS = 1;

/** A core's end. @param sleep leaves a guest that is killed */
export function traceWriter(
  stream: TraceStream,
  post: (message: FromCore) => void,
  sleep: (durationMs: number) => void,
): (line: string) => void {
  if (stream === 'messages') return (line) => post({ type: 'trace', line });
  const encoder = new TextEncoder();
  const writer = new RingWriter(stream);
  return (line) => {
    let rest: Uint8Array = encoder.encode(`${line}\n`);
    while (rest.length > 0 && !writer.broken) {
      rest = rest.subarray(writer.write(rest));
      if (rest.length > 0) sleep(RETRY_MS);
    }
  };
}

/** The booting thread's end: hands each line to the user's function. */
export class TraceReader {
  /** By core of the process. */
  readonly streams: readonly TraceStream[];
  readonly #onLine: (line: string) => void | Promise<void>;
  readonly #done = deferred<void>();
  #isClosed = false;

  /** @param cores of the process, when the machine has shared memory */
  constructor(onLine: (line: string) => void | Promise<void>, cores: number | undefined) {
    this.#onLine = onLine;
    const shared = Array.from({ length: cores ?? 0 }, () => createByteStream(CAPACITY));
    this.streams = cores === undefined ? ['messages'] : shared;
    if (cores === undefined) return;
    void Promise.all(shared.map((stream) => this.#read(stream))).then(() => this.#done.resolve());
  }

  /** Every line was handed over; rejects with what the user's function threw, after which it gets no more. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** @returns when the next line may come */
  async take(line: string): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#onLine(line);
    } catch (error) {
      this.#isClosed = true;
      this.#done.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** The guest makes no more calls. */
  close(): void {
    for (const stream of this.streams) {
      if (stream === 'messages') this.#done.resolve();
      else new RingWriter(stream).close();
    }
  }

  async #read(stream: SharedArrayBuffer): Promise<void> {
    const reader = new RingReader(stream);
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const chunk = await reader.next();
      if (chunk.length === 0 || this.#isClosed) break;
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) await this.take(line);
      if (!reader.ended) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    reader.close();
  }
}
