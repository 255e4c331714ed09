// What a user may give a program to read from descriptor 0, opened before the program starts and read while it runs. Two
// parties may fail, and are told apart here: the source, whose error is the run's, and the program, which may close its
// stdin at any time; then the source is let go, as a pipe's writer is by EPIPE. Used on the booting thread.

import { invalidType, invalidValue } from '../values/arguments.ts';
import { viewBytes } from '../values/bytes.ts';
import { Output } from './output.ts';

/** Bytes, or text as UTF-8. */
export type StdinChunk = string | ArrayBuffer | ArrayBufferView;

/**
 * What a program reads: all at once, or as it comes. A Blob; a Response or Request, whose body it is; a Web stream; a Node
 * stream; whatever else can be iterated. `null` is an empty one.
 */
export type StdinSource =
  | null
  | StdinChunk
  | { stream(): ReadableStream<Uint8Array> }
  | { readonly body: ReadableStream<Uint8Array> | null; readonly bodyUsed: boolean }
  | ReadableStream<StdinChunk>
  | Iterable<StdinChunk>
  | AsyncIterable<StdinChunk>;

/** A source that was checked; nothing of it was read yet. */
export interface OpenStdin {
  /** The bytes that come next; undefined at the end. Errors: the source's own; ERR_INVALID_ARG_TYPE for a chunk of a wrong type. */
  next(): Promise<Uint8Array | undefined>;
  /** Nobody will read more: a stream is cancelled, an iterator returned; `next` may then wait for ever. Never throws. */
  cancel(): void;
}

/** A guest's stdin, to its writer. */
export interface ByteInput {
  /**
   * Writes all of it, when there is room.
   *
   * @returns false when the guest has closed its stdin
   *
   * Errors: ERR_INVALID_ARG_TYPE.
   */
  writeAll(chunk: StdinChunk): Promise<boolean>;
  /** End of file for the guest. */
  close(): void;
  /** The guest has closed its stdin, or has ended. */
  readonly isBroken: boolean;
  /** Resolves then. */
  whenBroken(): Promise<void>;
}

const EXPECTED =
  'of type string, null, or an instance of ArrayBuffer, ArrayBufferView, Blob, Response, Request, ReadableStream, ' +
  'a Node.js stream, or an iterable of strings and bytes';

/**
 * Checks a source and takes hold of it, so that nobody else reads it.
 *
 * Errors: ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE: its body was read already; what a stream throws that is locked.
 */
export function openStdin(source: StdinSource | undefined): OpenStdin | undefined {
  if (source === undefined || source === null) return undefined;
  const whole = bytesOf(source);
  if (whole !== undefined) return once(whole);
  // A view without bytes has lost its buffer.
  const isObject = typeof source === 'object' || typeof source === 'function';
  if (!isObject || ArrayBuffer.isView(source)) throw invalidType('options.stdin', EXPECTED, source);
  if (isNodeStream(source)) return ofNodeStream(source);
  if ('getReader' in source && typeof source.getReader === 'function') return ofWebStream(source as ReadableStream);
  if ('bodyUsed' in source && 'body' in source) return ofBody(source);
  if ('stream' in source && typeof source.stream === 'function') return ofWebStream(source.stream());
  return ofIterable(source);
}

/** Reads all of a source. Errors: as OpenStdin.next. */
export async function readStdin(source: OpenStdin | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await source?.next(); chunk !== undefined; chunk = await source?.next()) chunks.push(chunk);
  return new Output(chunks).bytes;
}

/**
 * Gives a program what a source gives, until either has enough.
 *
 * @returns when the source has ended, or the program wants no more of it
 *
 * Errors: those of the source, while the program still reads.
 */
export async function feedStdin(source: OpenStdin | undefined, sink: ByteInput): Promise<void> {
  if (source === undefined) return sink.close();
  const broken = sink.whenBroken().then(() => source.cancel());
  const feed = async (): Promise<void> => {
    try {
      for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
        if (!(await sink.writeAll(chunk))) return source.cancel();
      }
    } catch (error) {
      source.cancel();
      // Nobody reads it: that a source fails that was let go is the letting go.
      if (!sink.isBroken) throw error;
    }
    sink.close();
  };
  await Promise.race([feed(), broken]);
}

/** The bytes of a chunk, not copied; undefined: it is none. */
export function bytesOf(chunk: unknown): Uint8Array | undefined {
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  return viewBytes(chunk);
}

function checkedChunk(chunk: unknown): Uint8Array {
  const bytes = bytesOf(chunk);
  if (bytes === undefined)
    throw invalidType('options.stdin', 'a source of strings, ArrayBuffers and their views', chunk);
  return bytes;
}

function once(bytes: Uint8Array): OpenStdin {
  let rest: Uint8Array | undefined = bytes;
  return {
    next: async () => {
      const all = rest;
      rest = undefined;
      return all;
    },
    cancel: () => {},
  };
}

/** Errors: TypeError of the stream's own, it is locked. */
function ofWebStream(stream: ReadableStream<unknown>): OpenStdin {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? undefined : checkedChunk(value);
    },
    cancel: () => void reader.cancel().catch(ignore),
  };
}

function ofBody(source: object): OpenStdin | undefined {
  const { body, bodyUsed } = source as { readonly body: unknown; readonly bodyUsed: unknown };
  if (bodyUsed === true) throw invalidValue('options.stdin', source, 'has a body that was read already');
  if (body === null || body === undefined) return undefined;
  return ofWebStream(body as ReadableStream<unknown>);
}

/** What of a Node stream is used beyond its iterator. */
interface NodeStream extends AsyncIterable<unknown> {
  on(event: 'error', listener: () => void): unknown;
  destroy(): unknown;
}

function isNodeStream(source: object): source is NodeStream {
  const { on, destroy, pipe } = source as Record<string, unknown>;
  const isStream = [on, destroy, pipe].every((method) => typeof method === 'function');
  return isStream && Symbol.asyncIterator in source;
}

function ofNodeStream(stream: NodeStream): OpenStdin {
  // It may fail before it is read, and an error that nobody listens to ends the whole process; the iterator tells it later.
  stream.on('error', ignore);
  const opened = ofIterable(stream);
  return {
    next: opened.next,
    // Its iterator's own return waits for what is being read, and does nothing before the first read.
    cancel: () => void stream.destroy(),
  };
}

function ofIterable(source: object): OpenStdin {
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = source as Record<symbol, unknown>;
  const begin = asynchronous ?? synchronous;
  if (typeof begin !== 'function') throw invalidType('options.stdin', EXPECTED, source);
  const iterator = (begin as () => AsyncIterator<unknown> | Iterator<unknown>).call(source);
  return {
    next: async () => {
      const { done, value } = await iterator.next();
      // A sync iterable may give promises, as `for await` knows them.
      return done ? undefined : checkedChunk(await value);
    },
    cancel: () => {
      try {
        Promise.resolve(iterator.return?.()).catch(ignore);
      } catch {
        // What it throws when it is told to stop changes nothing.
      }
    },
  };
}

function ignore(): void {}
