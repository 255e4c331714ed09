// The host's ends of a process's standard streams: Web streams, made when asked for, or all bytes collected.

import { signalName } from '../abi/signals.ts';
import { RingReader, RingWriter } from '../channel/byte-stream.ts';
import type { Trap } from '../core/traps.ts';
import { FusedError } from './errors.ts';
import type { StdioBuffers } from './messages.ts';
import { Output } from './output.ts';

export type ByteSource = ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
export type ByteSink = WritableStream<Uint8Array | string>;

export class Stdio {
  readonly #buffers: StdioBuffers;
  readonly #ring: () => void;
  readonly #trap: Promise<Trap | undefined>;
  #stdin: ByteSink | undefined;
  #stdout: ByteSource | undefined;
  #stderr: ByteSource | undefined;

  /**
   * @param ring wakes whoever serves the streams
   * @param trap how the process ended; told on stderr, after the guest's own bytes
   */
  constructor(buffers: StdioBuffers, ring: () => void, trap: Promise<Trap | undefined>) {
    this.#buffers = buffers;
    this.#ring = ring;
    this.#trap = trap;
  }

  get stdin(): ByteSink {
    const [stdin] = this.#buffers;
    this.#stdin ??= stdin === null ? closedSink() : ringSink(new RingWriter(stdin, this.#ring));
    return this.#stdin;
  }

  get stdout(): ByteSource {
    this.#stdout ??= ringSource(new RingReader(this.#buffers[1], this.#ring), nothing);
    return this.#stdout;
  }

  get stderr(): ByteSource {
    this.#stderr ??= ringSource(this.#stderrReader(), () => this.#trapText());
    return this.#stderr;
  }

  /** All that the process writes to stdout and to stderr; instead of their streams. */
  collect(): Promise<[stdout: Output, stderr: Output]> {
    const [, stdout] = this.#buffers;
    return Promise.all([
      drain(new RingReader(stdout, this.#ring), nothing),
      drain(this.#stderrReader(), () => this.#trapText()),
    ]);
  }

  /** Ends the streams in place of a guest that cannot. */
  close(): void {
    const [, stdout, stderr] = this.#buffers;
    for (const buffer of [stdout, stderr]) new RingWriter(buffer).close();
  }

  /** One buffer may stand for both: then all is read from stdout. */
  #stderrReader(): ByteReader {
    const [, stdout, stderr] = this.#buffers;
    return stderr === stdout ? ENDED : new RingReader(stderr, this.#ring);
  }

  async #trapText(): Promise<Uint8Array> {
    const trap = await this.#trap;
    return trap === undefined ? NOTHING : renderTrap(trap);
  }
}

type ByteReader = Pick<RingReader, 'capacity' | 'next' | 'close'>;

const NOTHING = new Uint8Array(0);
const nothing = async (): Promise<Uint8Array<ArrayBuffer>> => NOTHING;
const ENDED: ByteReader = { capacity: 0, next: nothing, close: () => {} };

/** What a shell's user would want to read of a trap. */
function renderTrap({ signal, message, frames }: Trap): Uint8Array {
  const name = signalName(signal) ?? `signal ${signal}`;
  const lines = frames.map((frame) => `    at ${frame}\n`).join('');
  return new TextEncoder().encode(`fusedos: ${name}: ${message}\n${lines}`);
}

/** Wakes rarely: only when the ring is half full, or closed. */
async function drain(reader: ByteReader, last: () => Promise<Uint8Array>): Promise<Output> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await reader.next(reader.capacity / 2);
    if (chunk.length === 0) break;
    chunks.push(chunk);
  }
  chunks.push(await last());
  return new Output(chunks);
}

function closedSink(): ByteSink {
  return new WritableStream({
    start: (controller) => controller.error(new FusedError('EPIPE', 'the program has no stdin')),
  });
}

function ringSink(writer: RingWriter): ByteSink {
  const encoder = new TextEncoder();
  return new WritableStream({
    async write(chunk) {
      const isWritten = await writer.writeAll(typeof chunk === 'string' ? encoder.encode(chunk) : chunk);
      if (!isWritten) throw new FusedError('EPIPE', 'the program has closed its stdin');
    },
    close: () => writer.close(),
    abort: () => writer.close(),
  });
}

/** @param last what follows after the guest's own bytes */
function ringSource(reader: ByteReader, last: () => Promise<Uint8Array>): ByteSource {
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await reader.next();
      if (chunk.length > 0) return controller.enqueue(chunk);
      const rest = await last();
      if (rest.length > 0) controller.enqueue(rest);
      controller.close();
    },
    cancel: () => reader.close(),
  });
  return withIterator(stream);
}

/** Streams of some browsers are not async-iterable yet. */
function withIterator(stream: ReadableStream<Uint8Array>): ByteSource {
  if (Symbol.asyncIterator in stream) return stream as ByteSource;
  async function* iterate(): AsyncGenerator<Uint8Array> {
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    try {
      for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
    } finally {
      reader.releaseLock();
    }
  }
  return Object.assign(stream, { [Symbol.asyncIterator]: iterate });
}
