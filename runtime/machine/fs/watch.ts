// `machine.fs.watch`: what changes in a directory or of a file, in the shape of fs.watch of node:fs/promises. The files are looked
// at again and again while somebody waits for the next event, each time by one request to Linux: so changes of every mount
// are seen, also those that come from outside of the machine (a host's directory, the owner of a Volume), which no file system
// here tells of. What is undone between two looks is not seen. Nothing runs while nobody waits.

import { FusedError } from '../errors.ts';
import { checkBoolean, checkObject } from '../values/arguments.ts';
import type { Encoding } from './encodings.ts';
import { abortError, booleanOf, checkAborted, checkSignal, nameEncodingOf } from './fs-options.ts';
import { nameAs, type PathLike, pathOf } from './paths.ts';
import type { FileRequest } from './request.ts';

export interface WatchOptions {
  /** What is in its directories too; links are not followed. */
  readonly recursive?: boolean;
  /** `false`: it does not keep the program running. */
  readonly persistent?: boolean;
  readonly encoding?: Encoding | 'buffer' | null;
  /** Ends it with an AbortError. */
  readonly signal?: AbortSignal;
}

export interface WatchEvent<Name extends string | Uint8Array = string> {
  /** `rename`: a name has come, gone, or stands for another file. `change`: contents or attributes. */
  readonly eventType: 'rename' | 'change';
  /** From the directory that is watched; of a file, its own name. */
  readonly filename: Name;
}

/** By name: what tells a file from its later self. */
type Marks = ReadonlyMap<string, string>;

const LOOK_MS = 50;
/** A look may take long: then this many times as long passes before the next one. */
const REST = 5;

/** Begins with the files as they are when the first event is asked for; ends when what is watched is gone. */
export async function* watchFiles(
  request: FileRequest,
  path: PathLike,
  given: WatchOptions = {},
): AsyncGenerator<WatchEvent<string | Uint8Array>, void, undefined> {
  checkObject('options', given as unknown);
  const { persistent = true, signal } = given;
  checkBoolean('options.persistent', persistent);
  if (signal !== undefined) checkSignal(signal);
  const options: Readonly<Record<string, unknown>> = { ...given };
  const isDeep = booleanOf(options, 'recursive');
  const encoding = nameEncodingOf(options);
  const at = pathOf(path, 'filename');
  const own =
    at
      .split('/')
      .filter((name) => name !== '')
      .at(-1) ?? '/';
  checkAborted(signal);
  let before = await look(request, at, isDeep);
  for (;;) {
    const startMs = performance.now();
    const now: Marks | undefined = await look(request, at, isDeep).catch((error: unknown) => {
      if (error instanceof FusedError && error.code === 'ENOENT') return undefined;
      throw error;
    });
    checkAborted(signal);
    for (const [name, eventType] of differences(before, now ?? new Map())) {
      yield { eventType, filename: nameAs(name || own, encoding) };
    }
    if (now === undefined) {
      yield { eventType: 'rename', filename: nameAs(own, encoding) };
      return;
    }
    before = now;
    await rest(Math.max(LOOK_MS, REST * (performance.now() - startMs)), persistent, signal);
  }
}

async function look(request: FileRequest, path: string, isDeep: boolean): Promise<Marks> {
  return new Map((await request('look', [path, isDeep])) as [string, string][]);
}

function* differences(before: Marks, now: Marks): Generator<[string, WatchEvent['eventType']]> {
  for (const [name, mark] of now) {
    const old = before.get(name);
    if (old === mark) continue;
    const isSame = old !== undefined && inodeOf(old) === inodeOf(mark);
    yield [name, isSame ? 'change' : 'rename'];
  }
  for (const name of before.keys()) if (name !== '' && !now.has(name)) yield [name, 'rename'];
}

function inodeOf(mark: string): string {
  return mark.slice(0, mark.indexOf(' '));
}

/** Errors: AbortError, at once. */
function rest(ms: number, keepsRunning: boolean, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(abortError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (!keepsRunning) (timer as { unref?: () => void }).unref?.();
    signal?.addEventListener('abort', abort, { once: true });
  });
}
