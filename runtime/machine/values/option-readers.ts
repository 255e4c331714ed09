// How options objects of the public API are read: each option once, checked, copied where the caller might change it later. A
// table of readers stands beside each interface of options and has exactly its names (`Readers`), so an option that is added
// to the interface cannot be left unchecked, and a name that is not in it is refused.

import {
  checkArray,
  checkBoolean,
  checkFunction,
  checkInteger,
  checkKnown,
  checkNumber,
  checkObject,
  checkOneOf,
  checkString,
  invalidType,
  invalidValue,
} from './arguments.ts';

/** Reads one value. @param name for errors: `options.args` @returns the value that is used. Errors: those of arguments.ts. */
export type Reader<Value> = (name: string, value: unknown) => Value;

/** A reader for each option of an interface. */
export type Readers<Options> = { readonly [Key in keyof Options]-?: Reader<Exclude<Options[Key], undefined>> };

/**
 * Reads an options object; undefined is an empty one, and an option that is undefined is not there.
 *
 * Errors: ERR_INVALID_ARG_TYPE: no object; ERR_INVALID_ARG_VALUE: an unknown option, with the nearest known one; those of the
 * readers.
 */
export function readOptions<Options extends object>(name: string, given: unknown, readers: Readers<Options>): Options {
  const read: { [Key in keyof Options]?: unknown } = {};
  if (given === undefined) return read as Options;
  const names = Object.keys(readers) as (keyof Options & string)[];
  checkKnown(name, given, names);
  for (const key of names) {
    const value = given[key];
    if (value !== undefined) read[key] = readers[key](`${name}.${key}`, value);
  }
  return read as Options;
}

export const readBoolean: Reader<boolean> = (name, value) => {
  checkBoolean(name, value);
  return value;
};

export const readFunction = <F>(name: string, value: unknown): F => {
  checkFunction(name, value);
  return value as F;
};

/** Text that a guest gets as a C string. */
export const readText: Reader<string> = (name, value) => {
  checkString(name, value);
  if (value.includes('\0')) throw invalidValue(name, value, 'must be a string without NUL characters');
  return value;
};

export const readTexts: Reader<readonly string[]> = (name, value) => {
  checkArray(name, value);
  return Array.from(value, (text, index) => readText(`${name}[${index}]`, text));
};

export const readAbsolutePath: Reader<string> = (name, value) => {
  const path = readText(name, value);
  if (!path.startsWith('/')) throw invalidValue(name, path, 'must be an absolute path in the machine’s tree');
  return path;
};

/** Variables; one that is undefined is not set. */
export const readEnvironment: Reader<Readonly<Record<string, string>>> = (name, value) => {
  checkObject(name, value);
  const variables: [string, string][] = [];
  for (const [key, text] of Object.entries(value)) {
    if (key === '' || key.includes('=') || key.includes('\0')) {
      throw invalidValue(name, key, 'must have names that are not empty, without = and NUL');
    }
    if (text !== undefined) variables.push([key, readText(`${name}.${key}`, text)]);
  }
  return Object.fromEntries(variables);
};

/** Milliseconds; Infinity is no limit. */
export const readDuration: Reader<number> = (name, value) => {
  checkNumber(name, value, 0, Number.POSITIVE_INFINITY);
  return value;
};

/** A whole number, or Infinity: no limit. */
export const readCount: Reader<number> = (name, value) => {
  if (value === Number.POSITIVE_INFINITY) return value;
  checkInteger(name, value, 0, Number.MAX_SAFE_INTEGER);
  return value;
};

export const readSignal: Reader<AbortSignal> = (name, value) => {
  // By what it can do: there are others than the host's own.
  const { aborted, addEventListener, removeEventListener } = Object(value) as Partial<AbortSignal>;
  const canListen = typeof addEventListener === 'function' && typeof removeEventListener === 'function';
  if (typeof aborted !== 'boolean' || !canListen) throw invalidType(name, 'an instance of AbortSignal', value);
  return value as AbortSignal;
};

export function integerFrom(least: number, most: number): Reader<number> {
  return (name, value) => {
    checkInteger(name, value, least, most);
    return value;
  };
}

export function oneOf<T extends string>(allowed: readonly T[]): Reader<T> {
  return (name, value) => {
    checkOneOf(name, value, allowed);
    return value;
  };
}

/** An object that has other functions to check it. */
export const readObject = <T extends object>(name: string, value: unknown): T => {
  checkObject(name, value);
  return value as T;
};

/** An options object within one. */
export function nested<Options extends object>(readers: Readers<Options>): Reader<Options> {
  return (name, value) => readOptions(name, value, readers);
}
