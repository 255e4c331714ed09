// Images of the machine's files on the embedder's side: streams to and from Linux, a piece a request, gzip by the host's own
// streams. What an image is, tar, is Linux's to know. See: personalities/linux/image.

import { host } from '../../host/index.ts';
import { FusedError } from '../errors.ts';
import { viewOf } from '../fs/contents.ts';
import { type PathLike, pathOf } from '../fs/paths.ts';
import type { FileRequest } from '../fs/request.ts';
import { checkBoolean, invalidType } from '../values/arguments.ts';

/**
 * A tar archive, as it is or compressed with gzip: bytes, a stream of them, a Blob, a path or URL. `fetch(…).body` and Node's
 * streams are streams.
 */
export type ImageSource =
  | ArrayBufferView
  | ArrayBuffer
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | string
  | URL;

export interface SaveOptions {
  /** The directory that is saved. Default `/`. */
  readonly path?: PathLike;
  /** Compress the image. */
  readonly gzip?: boolean;
}

export interface RestoreOptions {
  /** The directory whose contents the image is. Default `/`. */
  readonly path?: PathLike;
  /** What is there and not in the image stays. Default: it goes. */
  readonly merge?: boolean;
}

/** An image that is being saved: a stream to read once. Nothing is kept for it when it has been read or cancelled. */
export class MachineImage extends ReadableStream<Uint8Array<ArrayBuffer>> {
  /** All of it at once. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await new Response(this).arrayBuffer());
  }
}

/** Bytes for one request. */
const PIECE = 1 << 20;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** Starts an image of the files as they are now; its stream fails if it cannot be made. */
export function saveImage(request: FileRequest, { path = '/', gzip = false }: SaveOptions = {}): MachineImage {
  const at = pathOf(path, 'options.path');
  checkBoolean('options.gzip', gzip);
  const begun = request('saveBegin', [at]) as Promise<number>;
  begun.catch(() => {}); // told when it is read
  const read = async (): Promise<Uint8Array<ArrayBuffer> | undefined> =>
    (await request('saveRead', [await begun])) as Uint8Array<ArrayBuffer> | undefined;
  const plain = new MachineImage(
    {
      pull: async (controller) => {
        const piece = await read();
        if (piece === undefined) controller.close();
        else controller.enqueue(piece);
      },
      cancel: async () => void (await request('saveEnd', [await begun])),
    },
    { highWaterMark: 0 },
  );
  return gzip ? compressed(plain) : plain;
}

/** Errors: FusedError, and no file has changed. */
export async function restoreImage(
  request: FileRequest,
  source: ImageSource,
  { path = '/', merge = false }: RestoreOptions = {},
): Promise<void> {
  const at = pathOf(path, 'options.path');
  checkBoolean('options.merge', merge);
  checkImageSource('source', source);
  const pieces = plainPieces(source);
  const id = await request('restoreBegin', [at, merge]);
  try {
    for await (const piece of pieces) await request('restoreWrite', [id, piece]);
  } catch (error) {
    // It is forgotten already if Linux refused it.
    await request('restoreAbort', [id]).catch(() => {});
    throw error;
  }
  await request('restoreEnd', [id]);
}

/** The bytes of a tar archive, in pieces of our own: the caller may change his, and platforms clone whole buffers. */
async function* plainPieces(source: ImageSource): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const pieces = piecesOf(source);
  let next = await pieces.next();
  // The mark of gzip may come in pieces of one byte.
  while (next.done !== true && next.value.length < GZIP_MAGIC.length) {
    const more = await pieces.next();
    if (more.done === true) break;
    next = { done: false, value: joined(next.value, more.value) };
  }
  if (next.done === true) return;
  const rest = prepend(next.value, pieces);
  const isCompressed = GZIP_MAGIC.every((byte, i) => next.value?.[i] === byte);
  yield* isCompressed ? decompressed(rest) : rest;
}

async function* piecesOf(source: ImageSource): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const chunk of chunksOf(source)) {
    const bytes = viewOf(chunk);
    if (bytes === undefined) throw invalidType('source', 'bytes, or a stream of them', chunk);
    for (let at = 0; at < bytes.length; at += PIECE) yield new Uint8Array(bytes.subarray(at, at + PIECE));
  }
}

async function* chunksOf(source: ImageSource): AsyncGenerator<unknown, void, undefined> {
  const bytes = viewOf(source);
  if (bytes !== undefined) yield bytes;
  else if (typeof source === 'string' || source instanceof URL) yield* opened(source);
  else if (source instanceof Blob) yield* chunksOfStream(source.stream());
  else if (source instanceof ReadableStream) yield* chunksOfStream(source);
  else yield* source as AsyncIterable<unknown> | Iterable<unknown>;
}

/**
 * @param name of the argument
 *
 * Errors: ERR_INVALID_ARG_TYPE.
 */
export function checkImageSource(name: string, source: unknown): asserts source is ImageSource {
  if (typeof source === 'string' || viewOf(source) !== undefined) return;
  const isObject = typeof source === 'object' && source !== null;
  const isKnown =
    isObject &&
    (source instanceof URL ||
      source instanceof Blob ||
      source instanceof ReadableStream ||
      Symbol.asyncIterator in source ||
      Symbol.iterator in source);
  if (!isKnown) throw invalidType(name, 'bytes, a stream of bytes, a path or a URL', source);
}

/** Not every page's streams can be iterated. */
async function* chunksOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    isOver = true;
  } finally {
    if (!isOver) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

async function* opened(location: string | URL): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* chunksOf(await host.openStream(location));
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: string };
    throw new FusedError(code ?? 'EIO', `the image cannot be read: ${message}`, { cause: error });
  }
}

async function* prepend(
  first: Uint8Array<ArrayBuffer>,
  rest: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  yield first;
  yield* rest;
}

/** Errors: FusedError EBADMSG; what the pieces fail with. */
async function* decompressed(
  pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { readable, writable } = new DecompressionStream('gzip');
  let failure: { readonly error: unknown } | undefined;
  const writer = writable.getWriter();
  const feed = async (): Promise<void> => {
    try {
      for await (const piece of pieces) await writer.write(piece);
    } catch (error) {
      // Of the source, unless the stream has failed: then that is told where it is read.
      failure ??= { error };
      await writer.abort(error).catch(() => {});
      return;
    }
    await writer.close();
  };
  const fed = feed().catch(() => {});
  try {
    for await (const chunk of chunksOfStream(readable)) yield new Uint8Array(chunk);
  } catch (error) {
    if (failure !== undefined && failure.error === error) throw error;
    throw new FusedError('EBADMSG', 'the image is damaged: it does not decompress', { cause: error });
  } finally {
    await pieces.return();
    await fed;
  }
}

function compressed(plain: MachineImage): MachineImage {
  const reader = plain
    .pipeThrough(
      new CompressionStream('gzip') as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>,
    )
    .getReader();
  return new MachineImage(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
