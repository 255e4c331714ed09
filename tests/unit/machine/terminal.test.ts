import { describe, expect, test } from 'vitest';
import { TerminalFilter } from '../../../runtime/cli/terminal.ts';

/** What a terminal gets when a guest prints these bytes, given whole and one by one. */
function shown(bytes: Uint8Array | string): string {
  const input = Buffer.from(bytes);
  const whole = new TerminalFilter();
  const once = Buffer.concat([whole.write(input), whole.end()]).toString('latin1');
  const split = new TerminalFilter();
  const pieces = [...input].map((byte) => split.write(Uint8Array.of(byte)));
  expect(Buffer.concat([...pieces, split.end()]).toString('latin1')).toBe(once);
  return Buffer.from(once, 'latin1').toString();
}

describe('what passes to a terminal', () => {
  test.each([
    'plain text\n',
    'tab\tand return\r\nand bell\x07and back\b',
    'grüße, 日本語, 🙂',
    '\x1b[1;31mred\x1b[0m',
    '\x1b[38;2;1;2;3m',
    '\x1b[2J\x1b[H\x1b[10;20H\x1b[3A\x1b[K',
    '\x1b[?25l\x1b[?25h',
  ])('%j', (text) => {
    expect(shown(text)).toBe(text);
  });
});

describe('what a terminal is shown instead of obeying', () => {
  test.each([
    ['title', '\x1b]0;title\x07', '^[]0;title\x07'],
    ['clipboard', '\x1b]52;c;aGk=\x1b\\', '^[]52;c;aGk=^[\\'],
    ['report of the cursor', '\x1b[6n', '^[[6n'],
    ['identity', '\x1b[c', '^[[c'],
    ['alternate screen', '\x1b[?1049h', '^[[?1049h'],
    ['device control', '\x1bP$qm\x1b\\', '^[P$qm^[\\'],
    ['reset', '\x1bc', '^[c'],
    ['a sequence broken off by another', '\x1b[3\x1b[31mx', '^[[3\x1b[31mx'],
    ['a control within a sequence', '\x1b[3\nm', '^[[3\nm'],
    ['an endless sequence', `\x1b[${'1'.repeat(200)}m`, `^[[${'1'.repeat(200)}m`],
    ['the start of one', 'x\x1b[3', 'x^[[3'],
    ['other controls', '\0\x0e\x7f', '^@^N^?'],
    ['C1 in UTF-8', '\u009b6n\u0090', '\\x9b6n\\x90'],
  ])('%s', (_what, text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  test('a bare C1 byte', () => {
    expect(shown(Uint8Array.of(0x9b, 0x36, 0x6e))).toBe('\\x9b6n');
  });

  test('bytes that are no UTF-8 stay as they are, unless they are controls', () => {
    const filter = new TerminalFilter();
    expect([...filter.write(Uint8Array.of(0xe6, 0x41, 0xc2, 0x42, 0xff, 0xe6, 0x1b, 0x63))]).toEqual([
      0xe6, 0x41, 0xc2, 0x42, 0xff, 0xe6, 0x5e, 0x5b, 0x63,
    ]);
  });
});
