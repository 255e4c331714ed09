// The host's ends of a process's standard streams: Web streams, made when asked for, or all bytes collected.

import { signalName } from '../../abi/signals.ts';
import type { Trap } from '../../core/traps.ts';
import { RingReader, RingWriter } from '../../shm/byte-stream.ts';
import { FusedError } from '../errors.ts';
import type { StdioBuffers } from '../messages.ts';
import { invalidType } from '../values/arguments.ts';
import { Output } from './output.ts';
import { type ByteInput, bytesOf, type StdinChunk } from './stdin.ts';

export type ByteSource = ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>;
export type ByteSink = WritableStream<StdinChunk>;
/** The trap that ended a process, or a text; undefined: nothing is to be told. */
export type LastWords = Trap | string | undefined;

export class Stdio {
  readonly #buffers: StdioBuffers;
  readonly #ring: () => void;
  readonly #lastWords: Promise<LastWords>;
  readonly #keep: Keep;
  #stdin: ByteSink | undefined;
  #stdout: ByteSource | undefined;
  #stderr: ByteSource | undefined;

  /**
   * @param ring wakes whoever serves the streams
   * @param lastWords what is to be told of the process's end on stderr, after the guest's own bytes
   * @param keep which bytes of the guest's are passed on
   */
  constructor(buffers: StdioBuffers, ring: () => void, lastWords: Promise<LastWords>, keep: Keep) {
    this.#buffers = buffers;
    this.#ring = ring;
    this.#lastWords = lastWords;
    this.#keep = keep;
  }

  get stdin(): ByteSink {
    this.#stdin ??= sinkOf(this.input);
    return this.#stdin;
  }

  get stdout(): ByteSource {
    this.#stdout ??= this.#source('stdout');
    return this.#stdout;
  }

  get stderr(): ByteSource {
    this.#stderr ??= this.#source('stderr');
    return this.#stderr;
  }

  /** What `stdin` writes to, without the cost of a Web stream. */
  get input(): ByteInput {
    const [stdin] = this.#buffers;
    return stdin === null ? NO_INPUT : inputOf(new RingWriter(stdin, this.#ring));
  }

  /** What `stdout` and `stderr` read, without the cost of a Web stream. */
  output(name: OutputName): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#chunks(name, this.#reader(name));
  }

  #source(name: OutputName): ByteSource {
    const reader = this.#reader(name);
    // Not the iterator's own return: that waits for what is being read, and does nothing before the first read.
    return sourceOf(this.#chunks(name, reader), () => reader.close());
  }

  #reader(name: OutputName): ByteReader {
    return name === 'stdout' ? new RingReader(this.#buffers[1], this.#ring) : this.#stderrReader();
  }

  async *#chunks(name: OutputName, reader: ByteReader): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let chunk = await reader.next(); chunk.length > 0; chunk = await reader.next()) {
        const kept = this.#keep(chunk);
        if (kept.length > 0) yield kept;
      }
      if (name === 'stdout') return;
      const text = await this.#lastText();
      if (text.length > 0) yield text;
    } finally {
      reader.close();
    }
  }

  /** All that the process writes to stdout and to stderr; instead of their streams. */
  collect(): Promise<[stdout: Output, stderr: Output]> {
    const [, stdout] = this.#buffers;
    return Promise.all([
      drain(new RingReader(stdout, this.#ring), this.#keep, nothing),
      drain(this.#stderrReader(), this.#keep, () => this.#lastText()),
    ]);
  }

  /** The guest reads no more: whoever writes to its stdin is told. */
  closeInput(): void {
    const [stdin] = this.#buffers;
    if (stdin !== null) new RingReader(stdin).close();
  }

  /** Ends the streams in place of a guest that cannot. */
  close(): void {
    const [, stdout, stderr] = this.#buffers;
    this.closeInput();
    for (const buffer of [stdout, stderr]) new RingWriter(buffer).close();
  }

  /** One buffer may stand for both: then all is read from stdout. */
  #stderrReader(): ByteReader {
    const [, stdout, stderr] = this.#buffers;
    return stderr === stdout ? ENDED : new RingReader(stderr, this.#ring);
  }

  async #lastText(): Promise<Uint8Array> {
    const words = await this.#lastWords;
    if (words === undefined || words === '') return NOTHING;
    return typeof words === 'string' ? new TextEncoder().encode(`fusedos: ${words}\n`) : renderTrap(words);
  }
}

const NO_INPUT: ByteInput = {
  writeAll: async (chunk) => bytesOfChunk(chunk) === undefined,
  close: () => {},
  isBroken: true,
  whenBroken: async () => {},
};

function inputOf(writer: RingWriter): ByteInput {
  return {
    writeAll: async (chunk) => writer.writeAll(bytesOfChunk(chunk)),
    close: () => writer.close(),
    get isBroken() {
      return writer.broken;
    },
    whenBroken: () => writer.whenBroken(),
  };
}

function bytesOfChunk(chunk: StdinChunk): Uint8Array {
  const bytes = bytesOf(chunk);
  if (bytes === undefined) {
    throw invalidType('chunk', 'of type string or an instance of ArrayBuffer or ArrayBufferView', chunk);
  }
  return bytes;
}

/** What of a chunk is passed on. */
type Keep = (chunk: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>;

type OutputName = 'stdout' | 'stderr';
type ByteReader = Pick<RingReader, 'capacity' | 'next' | 'close'>;

const NOTHING = new Uint8Array(0);
const nothing = async (): Promise<Uint8Array<ArrayBuffer>> => NOTHING;
const ENDED: ByteReader = { capacity: 0, next: nothing, close: () => {} };

/** What a shell's user would want to read of a trap. */
function renderTrap({ signal, message, frames, abort }: Trap): Uint8Array {
  const name = signalName(signal) ?? `signal ${signal}`;
  const lines = frames.map((frame) => `    at ${frame}\n`).join('');
  // What a program that aborts has to say it has written itself.
  const reason = abort === undefined ? `: ${message}` : '';
  return new TextEncoder().encode(`fusedos: ${name}${reason}\n${lines}`);
}

/** Wakes rarely: only when the ring is half full, or closed. */
async function drain(reader: ByteReader, keep: Keep, last: () => Promise<Uint8Array>): Promise<Output> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await reader.next(reader.capacity / 2);
    if (chunk.length === 0) break;
    const kept = keep(chunk);
    if (kept.length > 0) chunks.push(kept);
  }
  chunks.push(await last());
  return new Output(chunks);
}

function sinkOf(input: ByteInput): ByteSink {
  return new WritableStream({
    async write(chunk) {
      const isWritten = await input.writeAll(chunk);
      if (!isWritten) throw new FusedError('EPIPE', 'the program has closed its stdin, or has none');
    },
    close: () => input.close(),
    abort: () => input.close(),
  });
}

function sourceOf(output: AsyncGenerator<Uint8Array, void, undefined>, cancel: () => void): ByteSource {
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const step = await output.next();
      if (step.done === true) controller.close();
      else controller.enqueue(step.value);
    },
    cancel,
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
