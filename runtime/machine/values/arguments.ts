// What a caller of the public API gave, checked where it comes in. The errors are Node's own, by `code`, class and wording, so
// that they read like those of node:fs; whatever is wrong about the machine's state is a FusedError instead (see errors.ts).
// Used on the booting thread by every public function; nothing that crosses to a worker is unchecked.
// See: Node.js documentation, "Errors"; lib/internal/errors.js for the wording.

/** An Error as Node throws it: `name [CODE]: message` in its stack. */
export function withCode<E extends Error>(error: E, code: string): E & { readonly code: string } {
  const { name } = error;
  error.name = `${name} [${code}]`;
  void error.stack; // V8 writes the name into the stack when that is first read
  error.name = name;
  return Object.assign(error, { code });
}

/**
 * The argument is of a wrong type: TypeError ERR_INVALID_ARG_TYPE.
 *
 * @param name `path`, or `options.timeoutMs` for a property
 * @param expected what would be right, as it follows "must be": `of type string`, `an instance of URL`
 */
export function invalidType(name: string, expected: string, value: unknown): TypeError {
  const kind = name.includes('.') ? 'property' : 'argument';
  return withCode(
    new TypeError(`The "${name}" ${kind} must be ${expected}. Received ${describeReceived(value)}`),
    'ERR_INVALID_ARG_TYPE',
  );
}

/** The argument is of the right type and can never have this value: TypeError ERR_INVALID_ARG_VALUE. */
export function invalidValue(name: string, value: unknown, reason: string): TypeError {
  const kind = name.includes('.') ? 'property' : 'argument';
  return withCode(new TypeError(`The ${kind} '${name}' ${reason}. Received ${quote(value)}`), 'ERR_INVALID_ARG_VALUE');
}

/** An option cannot be what it is, for a reason that says all: TypeError ERR_INVALID_ARG_VALUE. */
export function invalidOption(name: string, reason: string): TypeError {
  return withCode(new TypeError(`The property '${name}' is invalid: ${reason}`), 'ERR_INVALID_ARG_VALUE');
}

/** A number beyond what is possible: RangeError ERR_OUT_OF_RANGE. @param range as it follows "It must be": `>= 0` */
export function outOfRange(name: string, range: string, value: unknown): RangeError {
  return withCode(
    new RangeError(`The value of "${name}" is out of range. It must be ${range}. Received ${quote(value)}`),
    'ERR_OUT_OF_RANGE',
  );
}

/** Errors: ERR_INVALID_ARG_TYPE. */
export function checkString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalidType(name, 'of type string', value);
}

/** Errors: ERR_INVALID_ARG_TYPE. */
export function checkBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
}

/** Errors: ERR_INVALID_ARG_TYPE. */
export function checkFunction(name: string, value: unknown): asserts value is (...args: never[]) => unknown {
  if (typeof value !== 'function') throw invalidType(name, 'of type function', value);
}

/** A plain object, not null, no array. Errors: ERR_INVALID_ARG_TYPE. */
export function checkObject(name: string, value: unknown): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidType(name, 'of type object', value);
  }
}

/** Errors: ERR_INVALID_ARG_TYPE. */
export function checkArray(name: string, value: unknown): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw invalidType(name, 'an instance of Array', value);
}

/** A number that is not NaN, from `least` to `most`. Errors: ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. */
export function checkNumber(name: string, value: unknown, least: number, most: number): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!(value >= least && value <= most)) throw outOfRange(name, rangeOf(least, most), value);
}

/** As checkNumber, for whole numbers. */
export function checkInteger(name: string, value: unknown, least: number, most: number): asserts value is number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  checkNumber(name, value, least, most);
}

/** One of a few strings. Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. */
export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): asserts value is T {
  checkString(name, value);
  if (!(allowed as readonly string[]).includes(value)) {
    throw invalidValue(name, value, `must be one of: ${allowed.map(quote).join(', ')}`);
  }
}

/**
 * Refuses properties that an options object does not have: a mistyped name would be ignored in silence.
 *
 * @param name of the object: `options`
 *
 * Errors: ERR_INVALID_ARG_TYPE: no object; ERR_INVALID_ARG_VALUE that names the property, and the nearest known one.
 */
export function checkKnown(
  name: string,
  value: unknown,
  known: readonly string[],
): asserts value is Readonly<Record<string, unknown>> {
  checkObject(name, value);
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`;
    throw withCode(new TypeError(`The "${name}" object has no property "${key}"; ${hint}`), 'ERR_INVALID_ARG_VALUE');
  }
}

/** The known word that was probably meant; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(word.length / 3)) + 1;
  const lower = word.toLowerCase();
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    const distance = other.startsWith(lower) || lower.startsWith(other) ? 1 : editDistance(lower, other);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

function rangeOf(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY || most === Number.MAX_SAFE_INTEGER) return `>= ${least}`;
  return `>= ${least} && <= ${most}`;
}

/** As Node tells it: `undefined`, `null`, `function name`, `an instance of URL`, `type number (5)`. */
function describeReceived(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value === 'object') {
    const name = constructorOf(value);
    return name ? `an instance of ${name}` : 'an object';
  }
  return `type ${typeof value} (${quote(value)})`;
}

function constructorOf(value: object): string | undefined {
  try {
    return (value as { constructor?: { name?: string } }).constructor?.name;
  } catch {
    // A Proxy or a getter of the caller's: the message does without.
    return undefined;
  }
}

const QUOTED_MOST = 28;

function quote(value: unknown): string {
  if (typeof value === 'string') {
    const text = JSON.stringify(value).slice(1, -1);
    return `'${text.length > QUOTED_MOST ? `${text.slice(0, QUOTED_MOST - 3)}...` : text}'`;
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'object' && value !== null) return describeReceived(value);
  return String(value);
}
