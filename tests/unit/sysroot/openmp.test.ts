// What the build of OpenMP's runtime generates: its messages, as numbers and as tables.

import { describe, expect, test } from 'vitest';
import { readMessages, renderNumbers, renderTexts } from '../../../tools/sysroot/openmp.ts';

const CATALOGUE = `# a comment
-*- META -*-
Language "English"

-*- STRINGS -*-
Error          "Error"
OBSOLETE       "APIC ids"
OBSOLETE       "more"
-*- FORMATS -*-
Info           "OMP: Info #%1$d: %2$s\\n"
-*- MESSAGES -*-
Long           "begins, "
               "and \\"ends\\""
-*- HINTS -*-
`;

describe('the catalogue of messages', () => {
  test('is read by sections, with texts of several lines and names that are out of use', () => {
    expect(readMessages(CATALOGUE)).toEqual({
      meta: [{ name: 'Language', text: 'English' }],
      strings: [
        { name: 'Error', text: 'Error' },
        { name: 'OBSOLETE1', text: 'APIC ids' },
        { name: 'OBSOLETE2', text: 'more' },
      ],
      formats: [{ name: 'Info', text: 'OMP: Info #%1$d: %2$s\\n' }],
      messages: [{ name: 'Long', text: 'begins, and \\"ends\\"' }],
      hints: [],
    });
  });

  test.each([
    ['Name "text"', 'before any section'],
    ['-*- OTHER -*-', 'an unknown section'],
    ['-*- META -*-\nName text', 'without quotes'],
  ])('is refused with a line %j: %s', (text) => {
    expect(() => readMessages(text)).toThrow(/another version of the runtime/);
  });

  test('has numbers that begin at a multiple of 65536 in each section', () => {
    const text = renderNumbers(readMessages(CATALOGUE));
    expect(text).toMatch(/kmp_i18n_null = 0,\n {2}kmp_i18n_prp_first = 65536,\n {2}kmp_i18n_prp_Language,\n/);
    expect(text).toMatch(/kmp_i18n_msg_first = 262144,\n {2}kmp_i18n_msg_Long,\n {2}kmp_i18n_msg_last,\n/);
    expect(text).toMatch(/kmp_i18n_hnt_first = 327680,\n {2}kmp_i18n_hnt_last,\n {2}kmp_i18n_xxx_lastest,\n};/);
  });

  test('has its texts in tables that begin at 1, with their sizes', () => {
    const text = renderTexts(readMessages(CATALOGUE));
    expect(text).toContain(
      '__kmp_i18n_default_strings[] = {\n  NULL,\n  "Error",\n  "APIC ids",\n  "more",\n  NULL,\n};',
    );
    expect(text).toContain('  { 3, __kmp_i18n_default_strings },\n');
    expect(text).toContain('{ 5, __kmp_i18n_sections }');
  });
});
