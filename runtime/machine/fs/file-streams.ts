// Files as Web streams, which pages and Node both have (Node's own are `Readable.fromWeb`, `Writable.fromWeb`). A file is opened
// when its stream is first read or written, and closed when that ends, fails or is cancelled. Options are those of
// fs.createReadStream and createWriteStream; `end` is the last byte that is read, as there.

import { checkBoolean, checkInteger, invalidType, outOfRange } from '../values/arguments.ts';
import { type Content, notContent, wholeContent } from './contents.ts';
import { type Encoding, TextPieces } from './encodings.ts';
import { abortError, checkSignal, contentEncodingOf, type Options, optionsOf, signalOf } from './fs-options.ts';

export interface ReadStreamOptions {
  /** Pieces are strings then. */
  readonly encoding?: Encoding | null;
  /** First byte that is read; default: the file's offset. */
  readonly start?: number;
  /** Last byte that is read. */
  readonly end?: number;
  /** Most bytes of a piece; default 64 KiB. */
  readonly highWaterMark?: number;
  /** Closes the file at the end. Default true. */
  readonly autoClose?: boolean;
  readonly signal?: AbortSignal;
}

export interface WriteStreamOptions {
  /** Of pieces that are strings. Default utf8. */
  readonly encoding?: Encoding | null;
  /** Where the first byte is written; default: the file's offset. */
  readonly start?: number;
  readonly autoClose?: boolean;
  /** Syncs the file before it is closed. */
  readonly flush?: boolean;
  readonly signal?: AbortSignal;
}

const PIECE = 65_536;

/** What is used of a FileHandle. */
interface OpenFile {
  read(buffer: Uint8Array, options: { readonly position: number | null }): Promise<{ readonly bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

type Opened = () => Promise<OpenFile>;

/** @param open is called when the stream is first read. Errors, thrown at once: of the options */
export function readStream(open: Opened, given: unknown): ReadableStream<Uint8Array<ArrayBuffer> & string> {
  const options = optionsOf(given);
  const encoding = contentEncodingOf(options);
  const start = positionIn(options, 'start');
  const end = positionIn(options, 'end') ?? Number.MAX_SAFE_INTEGER;
  if (start !== undefined && start > end) throw outOfRange('start', `<= "end" (here: ${end})`, start);
  const most = options['highWaterMark'] ?? PIECE;
  checkInteger('options.highWaterMark', most, 1, 2 ** 31 - 1);
  const closes = closesIn(options);
  const text = encoding === undefined ? undefined : new TextPieces(encoding);
  let file: OpenFile | undefined;
  let position = start;
  let left = end - (start ?? 0) + 1;
  const finish = async (): Promise<void> => {
    if (closes) await file?.close();
  };
  const next = async (): Promise<Uint8Array<ArrayBuffer>> => {
    file ??= await open();
    const room = new Uint8Array(Math.min(most, left));
    const { bytesRead } = await file.read(room, { position: position ?? null });
    left -= bytesRead;
    if (position !== undefined) position += bytesRead;
    return room.subarray(0, bytesRead);
  };
  const pull = async (controller: ReadableStreamDefaultController<unknown>): Promise<void> => {
    // Until there is something to give: bytes may be less than a character.
    for (;;) {
      const bytes = await next();
      const isEnd = bytes.length === 0 || left === 0;
      const piece = text === undefined ? bytes : text.write(bytes) + (isEnd ? text.end() : '');
      if (piece.length > 0) controller.enqueue(piece);
      if (isEnd) {
        await finish();
        return controller.close();
      }
      if (piece.length > 0) return;
    }
  };
  return new ReadableStream<unknown>(
    {
      start: (controller) => failWhenAborted(signalOf(options), controller, finish),
      pull: (controller) => closeOnError(pull(controller), finish),
      cancel: finish,
    },
    { highWaterMark: 0 },
  ) as ReadableStream<Uint8Array<ArrayBuffer> & string>;
}

/** @param open is called when the stream is first written or closed. Errors, thrown at once: of the options */
export function writeStream(open: Opened, given: unknown): WritableStream<Content> {
  const options = optionsOf(given);
  const encoding = contentEncodingOf(options);
  let position = positionIn(options, 'start');
  const closes = closesIn(options);
  const { flush = false } = options;
  checkBoolean('options.flush', flush);
  let file: OpenFile | undefined;
  const finish = async (): Promise<void> => {
    if (closes) await file?.close();
  };
  const write = async (piece: unknown): Promise<void> => {
    const bytes = wholeContent(piece, encoding);
    if (bytes === undefined) throw notContent('chunk', piece);
    file ??= await open();
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position ?? null);
      done += bytesWritten;
      if (position !== undefined) position += bytesWritten;
    }
  };
  const close = async (): Promise<void> => {
    file ??= await open();
    if (flush) await file.sync();
    await finish();
  };
  return new WritableStream<Content>({
    start: (controller) => failWhenAborted(signalOf(options), controller, finish),
    write: (piece) => closeOnError(write(piece), finish),
    close: () => closeOnError(close(), finish),
    abort: finish,
  });
}

/** What fails has no further use of the file. */
async function closeOnError(work: Promise<void>, finish: () => Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    await finish().catch(() => {});
    throw error;
  }
}

function failWhenAborted(
  signal: AbortSignal | undefined,
  controller: { error(reason: unknown): void },
  finish: () => Promise<void>,
): void {
  if (signal === undefined) return;
  checkSignal(signal);
  const fail = (): void => {
    controller.error(abortError(signal.reason));
    finish().catch(() => {});
  };
  if (signal.aborted) fail();
  else signal.addEventListener('abort', fail, { once: true });
}

function positionIn(options: Options, key: 'start' | 'end'): number | undefined {
  const value = options[key];
  if (value === undefined || value === null) return undefined;
  if (value === Number.POSITIVE_INFINITY && key === 'end') return undefined;
  checkInteger(key, value, 0, Number.MAX_SAFE_INTEGER);
  return value;
}

function closesIn({ autoClose = true }: Options): boolean {
  if (typeof autoClose !== 'boolean') throw invalidType('options.autoClose', 'of type boolean', autoClose);
  return autoClose;
}
