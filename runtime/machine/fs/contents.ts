// What callers give as the contents of a file, as bytes of our own: a request crosses to another thread, where a view would
// take its whole buffer along, a shared one could still change, and what is neither would fail. Pieces of any iterable or
// stream come one by one. See: node:fs/promises, writeFile.

import { invalidType } from '../values/arguments.ts';
import { type Encoding, encodeText } from './encodings.ts';

/** Text, any view of a buffer, or a buffer. */
export type Content = string | ArrayBufferView | ArrayBuffer;

/** Also what gives it piece by piece: iterables, Web streams, Node's streams. */
export type ContentSource = Content | Iterable<Content> | AsyncIterable<Content> | ReadableStream<Content>;

/** A copy of content that is given whole; undefined: it is none. */
export function wholeContent(content: unknown, encoding?: Encoding): Uint8Array<ArrayBuffer> | undefined {
  if (typeof content === 'string') return encodeText(content, encoding);
  const view = viewOf(content);
  return view === undefined ? undefined : new Uint8Array(view);
}

/** The bytes of a view or buffer, not copied; undefined: it is none. */
export function viewOf(content: unknown): Uint8Array | undefined {
  // A detached one has no bytes, and nothing can be made of its buffer.
  if (ArrayBuffer.isView(content) && content.byteLength === 0) return new Uint8Array(0);
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  return isBuffer(content) ? new Uint8Array(content) : undefined;
}

export function isStepwise(content: unknown): boolean {
  if (typeof content !== 'object' || content === null) return false;
  return Symbol.asyncIterator in content || Symbol.iterator in content || 'getReader' in content;
}

/** Errors: ERR_INVALID_ARG_TYPE, also of a piece; what the source throws. */
export async function* piecesOf(
  content: unknown,
  encoding?: Encoding,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  if (!isStepwise(content)) throw notContent('data', content);
  const source = content as AsyncIterable<unknown> | Iterable<unknown> | ReadableStream<unknown>;
  for await (const piece of 'getReader' in source ? piecesOfStream(source) : source) {
    const bytes = wholeContent(piece, encoding);
    if (bytes === undefined) throw notContent('data', piece);
    yield bytes;
  }
}

export function notContent(name: string, value: unknown): TypeError {
  return invalidType(name, 'of type string or an instance of Buffer, TypedArray, or DataView', value);
}

/** Not every page's streams can be iterated. */
async function* piecesOfStream(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isOver = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!isOver) await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}

function isBuffer(content: unknown): content is ArrayBufferLike {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(content));
}
