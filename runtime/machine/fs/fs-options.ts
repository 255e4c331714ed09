// What node:fs/promises takes for modes, flags, times, signals and options, checked as it checks them: by the same rules, in
// the same order, with the same errors. Used by every function of `machine.fs`, on the caller's thread.

import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TRUNC,
  O_WRONLY,
} from '../../../personalities/linux/booting-thread.ts';
import { FusedError } from '../errors.ts';
import { checkBoolean, checkInteger, checkObject, invalidType, invalidValue, withCode } from '../values/arguments.ts';
import { type Encoding, encodingOf } from './encodings.ts';

export type Options = Readonly<Record<string, unknown>>;
export type OpenMode = string | number;
export type TimeLike = string | number | Date;

const NONE: Options = {};
const MODE_MAX = 2 ** 32 - 1;
const INT32_MAX = 2 ** 31 - 1;
const COPY_FLAGS = 7;
const ACCESS_FLAGS = 7;
const ID_MAX = 2 ** 32 - 1;
/** Seconds that a system's time has no room for. */
const TIME_END = 2 ** 63;

const FLAGS: ReadonlyMap<string, number> = new Map([
  ['r', O_RDONLY],
  ['rs', O_RDONLY | O_SYNC],
  ['sr', O_RDONLY | O_SYNC],
  ['r+', O_RDWR],
  ['rs+', O_RDWR | O_SYNC],
  ['sr+', O_RDWR | O_SYNC],
  ['w', O_TRUNC | O_CREAT | O_WRONLY],
  ['wx', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL],
  ['xw', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL],
  ['w+', O_TRUNC | O_CREAT | O_RDWR],
  ['wx+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL],
  ['xw+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL],
  ['a', O_APPEND | O_CREAT | O_WRONLY],
  ['ax', O_APPEND | O_CREAT | O_WRONLY | O_EXCL],
  ['xa', O_APPEND | O_CREAT | O_WRONLY | O_EXCL],
  ['as', O_APPEND | O_CREAT | O_WRONLY | O_SYNC],
  ['sa', O_APPEND | O_CREAT | O_WRONLY | O_SYNC],
  ['a+', O_APPEND | O_CREAT | O_RDWR],
  ['ax+', O_APPEND | O_CREAT | O_RDWR | O_EXCL],
  ['xa+', O_APPEND | O_CREAT | O_RDWR | O_EXCL],
  ['as+', O_APPEND | O_CREAT | O_RDWR | O_SYNC],
  ['sa+', O_APPEND | O_CREAT | O_RDWR | O_SYNC],
]);

/** The last argument where it may be an encoding or an object. */
export function optionsOf(value: unknown): Options {
  if (value === undefined || value === null || typeof value === 'function') return NONE;
  const options = typeof value === 'string' ? { encoding: value } : value;
  if (typeof options !== 'object') throw invalidType('options', 'of type string or an instance of Object', value);
  const bag = options as Options;
  if (bag['encoding'] !== 'buffer') encodingOf(bag['encoding']);
  if (bag['signal'] !== undefined) checkSignal(bag['signal']);
  return bag;
}

/** An object of options, or none of it. */
export function objectOf(value: unknown): Options {
  if (value === undefined) return NONE;
  checkObject('options', value);
  return value;
}

/** What names are told in. */
export function nameEncodingOf(options: Options): Encoding | 'buffer' | undefined {
  const { encoding } = options;
  return encoding === 'buffer' ? 'buffer' : encodingOf(encoding);
}

/** What contents are told in; undefined: bytes. */
export function contentEncodingOf(options: Options): Encoding | undefined {
  const encoding = nameEncodingOf(options);
  return encoding === 'buffer' ? undefined : encoding;
}

export function booleanOf(options: Options, key: string, otherwise = false): boolean {
  const value = options[key];
  if (value === undefined) return otherwise;
  checkBoolean(`options.${key}`, value);
  return value;
}

export function signalOf({ signal }: Options): AbortSignal | undefined {
  return signal as AbortSignal | undefined;
}

/** Errors: ERR_INVALID_ARG_TYPE. */
export function checkSignal(signal: unknown, name = 'options.signal'): asserts signal is AbortSignal {
  if (typeof signal !== 'object' || signal === null || !('aborted' in signal)) {
    throw invalidType(name, 'an instance of AbortSignal', signal);
  }
}

/** Errors: AbortError, with the signal's reason as its cause. */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortError(signal.reason);
}

export function abortError(cause: unknown): Error {
  const error = new Error('The operation was aborted', { cause });
  error.name = 'AbortError';
  return Object.assign(error, { code: 'ABORT_ERR' });
}

/** A number, or an octal one as text. */
export function modeOf(value: unknown, name: string, otherwise?: number): number {
  const given = value ?? otherwise;
  if (typeof given !== 'string') {
    checkInteger(name, given, 0, MODE_MAX);
    return given;
  }
  if (!/^[0-7]+$/.test(given)) {
    throw invalidValue(name, value, 'must be a 32-bit unsigned integer or an octal string');
  }
  const mode = Number.parseInt(given, 8);
  checkInteger(name, mode, 0, MODE_MAX);
  return mode;
}

/** `r+` and the like, or O_* added up; nothing: for reading. */
export function flagsOf(value: unknown, name = 'flags'): number {
  if (typeof value === 'number') {
    checkInteger(name, value, -INT32_MAX - 1, INT32_MAX);
    return value;
  }
  if (value === undefined || value === null) return O_RDONLY;
  const flags = typeof value === 'string' ? FLAGS.get(value) : undefined;
  if (flags === undefined) throw invalidValue(name, value, 'is invalid');
  return flags;
}

/** Whether a caller of stat wants bigints. */
export function statIsBig(options: unknown): boolean {
  if (options === undefined) return false;
  if (options === null) throw invalidType('options', 'of type object', options);
  return Boolean((options as { readonly bigint?: unknown }).bigint);
}

/** A length to cut a file to. Errors: ERR_INVALID_ARG_TYPE; ERR_OUT_OF_RANGE. */
export function lengthOf(value: unknown): number {
  const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
  checkInteger('len', value, MIN_SAFE_INTEGER, MAX_SAFE_INTEGER);
  return Math.max(0, value);
}

/** COPYFILE_*, added up. */
export function copyFlagsOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  checkInteger('mode', value, 0, COPY_FLAGS);
  return value;
}

/** R_OK, W_OK and X_OK, added up. */
export function accessFlagsOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  checkInteger('mode', value, 0, ACCESS_FLAGS);
  return value;
}

/** A user or group; −1: left as it is. */
export function idOf(value: unknown, name: string): number {
  checkInteger(name, value, -1, ID_MAX);
  return value === ID_MAX ? -1 : value;
}

/**
 * Seconds since 1970. Node takes a number below 0 for the present, but not a Date or a text.
 *
 * Errors: ERR_INVALID_ARG_TYPE; FusedError EINVAL, as the system's own: what is no time, or has no room in 64 bits.
 */
export function secondsOf(value: unknown, name = 'time'): number {
  if (typeof value === 'number' && value < 0 && Number.isFinite(value)) return Date.now() / 1000;
  const told = isDate(value) ? dateSeconds(value) : typeof value === 'string' ? Number(value) : value;
  const isTime = typeof told === 'number' && (typeof value === 'number' ? Number.isFinite(value) : true);
  if (!isTime || (typeof value === 'string' && Number.isNaN(told))) {
    throw invalidType(name, 'an instance of Date or Time in seconds', value);
  }
  if (!(Math.abs(told) < TIME_END)) throw new FusedError('EINVAL', `${name} is no time that a file can have`);
  return told;
}

export function incompatible(first: string, second: string): TypeError {
  return withCode(
    new TypeError(`Option "${first}" cannot be used in combination with option "${second}"`),
    'ERR_INCOMPATIBLE_OPTION_PAIR',
  );
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]' && typeof (value as Date).getTime === 'function';
}

function dateSeconds(date: Date): number {
  return Date.prototype.getTime.call(date) / 1000;
}
