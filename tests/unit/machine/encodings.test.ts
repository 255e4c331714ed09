// Encodings of text, held to Buffer.

import { describe, expect, it } from 'vitest';
import {
  decodeText,
  type Encoding,
  encodeText,
  encodingOf,
  TextPieces,
} from '../../../runtime/machine/fs/encodings.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const ENCODINGS: readonly Encoding[] = ['utf8', 'utf16le', 'latin1', 'binary', 'ascii', 'hex', 'base64', 'base64url'];
const TEXTS = [
  '',
  'plain',
  'ünï¢ode 😀 \ufeff',
  'lone \ud800 and \udc00',
  '00ff10',
  '00f',
  'zz',
  '00zz11',
  'AP8Q',
  'AP8',
  'AP-_+/8=',
  'A P\n8 Q=ignored',
  '====',
];

describe.each(ENCODINGS)('%s', (encoding) => {
  it('makes of bytes the text that Buffer makes', () => {
    const { below: next } = seededRandom(7);
    for (let round = 0; round < 200; round++) {
      const bytes = Uint8Array.from({ length: next(round < 190 ? 40 : 60_000) }, () => next(256));
      expect(decodeText(bytes, encoding)).toBe(Buffer.from(bytes).toString(encoding));
    }
  });

  it.each(TEXTS)('makes of text the bytes that Buffer makes: %j', (text) => {
    expect([...encodeText(text, encoding)]).toEqual([...Buffer.from(text, encoding)]);
  });

  it('takes bytes in pieces', () => {
    const { below: next } = seededRandom(11);
    for (let round = 0; round < 100; round++) {
      const bytes = encodeText('ünï¢ode 😀 text of several lengths'.slice(next(12)), 'utf8');
      const pieces = new TextPieces(encoding);
      let text = '';
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + next(5);
        text += pieces.write(bytes.subarray(at, at + length));
        at += length;
      }
      expect(text + pieces.end()).toBe(decodeText(bytes, encoding));
    }
  });
});

it('knows encodings by every name that Node has, in any case', () => {
  for (const name of ['utf8', 'UTF-8', 'ucs2', 'UCS-2', 'utf-16LE', 'Latin1', 'BINARY', 'ascii', 'HEX', 'base64URL']) {
    expect(encodingOf(name)).toBeDefined();
    expect(Buffer.isEncoding(name)).toBe(true);
  }
  for (const none of [undefined, null, '', 0, false]) expect(encodingOf(none)).toBeUndefined();
  for (const wrong of ['utf9', 'buffer', 5, {}, Symbol('x')]) {
    expect(() => encodingOf(wrong)).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  }
});
