import { expect, test } from 'vitest';
import { parseSize, parseTime } from '../../../runtime/cli/quantity.ts';

test.each([
  ['500ms', 500],
  ['2s', 2000],
  ['1.5s', 1500],
  ['1m', 60_000],
  ['2h', 7_200_000],
  ['30d', 2_592_000_000],
  ['5', undefined],
  ['-1s', undefined],
  ['s', undefined],
  ['1 fortnight', undefined],
])('the time %j', (text, timeMs) => {
  expect(parseTime(text)).toBe(timeMs);
});

test.each([
  ['65536', 65536],
  ['64KiB', 65536],
  ['512MiB', 536_870_912],
  ['1.5GiB', 1_610_612_736],
  ['1gb', 1e9],
  ['1 MB', 1e6],
  ['1TB', undefined],
  ['', undefined],
  ['-1', undefined],
])('the size %j', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});
