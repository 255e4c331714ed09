// Extended headers of pax: records `LENGTH KEY=VALUE\n`, in which an entry's header says what the ustar header has no room
// for. Values are bytes: names need not be UTF-8.
// See: POSIX.1-2024 pax, "pax Extended Header"; the GNU tar manual, "Storing Sparse Files".

import { latin1 } from './tar-header.ts';

export type PaxRecord = readonly [key: string, value: Uint8Array];

const encoder = new TextEncoder();
const SPACE = 32;
const NEWLINE = 10;
const EQUALS = 61;
/** A length in decimal of more digits is nonsense. */
const LENGTH_DIGITS = 10;

export function encodeRecord(key: string, value: Uint8Array | string): Uint8Array {
  const text = typeof value === 'string' ? encoder.encode(value) : value;
  const rest = 1 + key.length + 1 + text.length + 1;
  // The length counts its own digits.
  let length = rest + `${rest}`.length;
  length = rest + `${length}`.length;
  const record = new Uint8Array(length);
  record.set(encoder.encode(`${length} ${key}=`));
  record.set(text, length - 1 - text.length);
  record[length - 1] = NEWLINE;
  return record;
}

/** @returns undefined when they are malformed */
export function decodeRecords(bytes: Uint8Array): PaxRecord[] | undefined {
  const records: PaxRecord[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.subarray(at, at + LENGTH_DIGITS + 1).indexOf(SPACE);
    const digits = latin1(bytes.subarray(at, at + Math.max(0, space)));
    const end = at + Number(digits);
    if (!/^[0-9]+$/.test(digits) || end > bytes.length || bytes[end - 1] !== NEWLINE) return undefined;
    const record = bytes.subarray(at + space + 1, end - 1);
    const equals = record.indexOf(EQUALS);
    if (equals <= 0) return undefined;
    records.push([new TextDecoder().decode(record.subarray(0, equals)), record.subarray(equals + 1)]);
    at = end;
  }
  return records;
}

/** Seconds since 1970, decimal. */
export function encodeTime(sec: number, nsec: number): string {
  const isNegative = sec < 0;
  const whole = isNegative && nsec > 0 ? sec + 1 : sec;
  const part = isNegative && nsec > 0 ? 1e9 - nsec : nsec;
  const fraction = part === 0 ? '' : `.${part.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${isNegative ? '-' : ''}${Math.abs(whole)}${fraction}`;
}

/** @returns undefined when it is no time; digits beyond nanoseconds are dropped, towards the past */
export function decodeTime(text: string): { readonly sec: number; readonly nsec: number } | undefined {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)([0-9]+)(?:\.([0-9]*))?$/.exec(text) ?? [];
  const sec = Number(whole);
  if (whole === '' || !Number.isSafeInteger(sec)) return undefined;
  const nsec = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign === '') return { sec, nsec };
  const isBeyond = nsec > 0 || /[1-9]/.test(fraction.slice(9));
  if (!isBeyond) return { sec: sec === 0 ? 0 : -sec, nsec: 0 };
  const rest = /[1-9]/.test(fraction.slice(9)) ? nsec + 1 : nsec;
  return rest === 1e9 ? { sec: -sec - 2, nsec: 0 } : { sec: -sec - 1, nsec: 1e9 - rest };
}
