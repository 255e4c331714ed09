// The output of several ranks as one stream: whole lines, in the order in which they come, never mixed within a line. A rank that writes
// faster than its lines are read waits, as one whose pipe is full.

import { concatenate } from '../../memory/concatenate.ts';
import { type Deferred, deferred } from '../values/deferred.ts';
import { startTimer } from '../values/timer.ts';

const NEWLINE = 10;
const NOTHING = new Uint8Array(0);
const PAUSE = new Uint8Array(0);
/** Of a line that is longer, the part so far is a line. */
const LINE_MOST = 2 ** 20;

/** Bytes of one rank: whole lines, but for its last, and for questions. */
export interface Lines {
  readonly rank: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Lines of several sources, one a rank. Ends when all have; nobody is asked for more than is read.
 *
 * @param promptMs after so long a line without an end comes as it is: who asks a question waits for the answer behind it
 */
export async function* mergeLines(
  sources: readonly AsyncIterable<Uint8Array>[],
  promptMs = Number.POSITIVE_INFINITY,
): AsyncGenerator<Lines, void, undefined> {
  let waiting: Lines[] = [];
  let there: Deferred<void> = deferred();
  let taken: Deferred<void> = deferred();
  let left = sources.length;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  const put = async (lines: Lines): Promise<void> => {
    waiting.push(lines);
    there.resolve();
    await taken.promise;
  };
  const pass = async (source: AsyncIterable<Uint8Array>, rank: number): Promise<void> => {
    for await (const bytes of wholeLines(source, promptMs)) {
      if (isOver) return;
      await put({ rank, bytes });
    }
  };
  for (const [rank, source] of sources.entries()) {
    pass(source, rank)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        left--;
        there.resolve();
      });
  }
  try {
    while (left > 0 || waiting.length > 0) {
      await there.promise;
      there = deferred();
      const now = waiting;
      waiting = [];
      yield* now;
      taken.resolve();
      taken = deferred();
      if (failure !== undefined) throw failure.error;
    }
  } finally {
    isOver = true;
    taken.resolve();
  }
}

/**
 * As the source gives it, but in whole lines; the last may have no end.
 *
 * @param promptMs after so long a line that has no end is given as it is
 */
async function* wholeLines(
  source: AsyncIterable<Uint8Array>,
  promptMs: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of withPauses(source, promptMs, () => restBytes > 0)) {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const isCut = chunk === PAUSE || restBytes + chunk.length > LINE_MOST;
    if (end === 0 && !isCut) {
      rest.push(chunk);
      restBytes += chunk.length;
      continue;
    }
    const whole = isCut ? chunk.length : end;
    yield concatenate([...rest, chunk.subarray(0, whole)]);
    rest = [chunk.subarray(whole)];
    restBytes = chunk.length - whole;
  }
  if (restBytes > 0) yield concatenate(rest);
}

/** What the source gives, and PAUSE when it has given nothing for so long while something else waits for that. */
async function* withPauses(
  source: AsyncIterable<Uint8Array>,
  pauseMs: number,
  waits: () => boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (pauseMs === Number.POSITIVE_INFINITY) return yield* source;
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      if (waits()) {
        const pause = deferred<undefined>();
        const stop = startTimer(pauseMs, () => pause.resolve(undefined));
        const isPause = (await Promise.race([next, pause.promise])) === undefined;
        stop();
        if (isPause) yield PAUSE;
      }
      const { done, value } = await next;
      if (done === true) return;
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}

/** Makes one stream of the lines: puts before each whose it is, and an end to one that has none when another rank's follows. */
export class LineJoiner {
  readonly #tag: ((rank: number) => Uint8Array) | undefined;
  /** Whose line has no end yet. */
  #open: number | undefined;

  /** @param tag what each line begins with */
  constructor(tag: ((rank: number) => string) | undefined) {
    const encoder = new TextEncoder();
    this.#tag = tag && ((rank) => encoder.encode(tag(rank)));
  }

  join({ rank, bytes }: Lines): Uint8Array<ArrayBuffer> {
    if (bytes.length === 0) return NOTHING;
    const isBroken = this.#open !== undefined && this.#open !== rank;
    const begins = this.#open !== rank;
    this.#open = bytes.at(-1) === NEWLINE ? undefined : rank;
    const ended = isBroken ? [new Uint8Array([NEWLINE])] : [];
    const tag = this.#tag?.(rank);
    if (tag === undefined) return isBroken ? concatenate([...ended, bytes]) : bytes;
    const parts: Uint8Array[] = ended;
    for (const [i, line] of splitLines(bytes).entries()) parts.push(...(i > 0 || begins ? [tag] : []), line);
    return concatenate(parts);
  }
}

/** With their ends. */
export function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return lines;
}
