// Where source archives come from: the machine's own mirrors, or a file that is there already; and what is said when neither is.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure, failureOf } from '../../../tools/sysroot/failure.ts';
import { fetchArchive, sourcesList } from '../../../tools/sysroot/fetch.ts';
import { renderSite } from '../../../tools/sysroot/template.ts';

let work = '';
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'fusedos-sysroot-'));
  mkdirSync(join(work, 'download'));
});
afterEach(() => rmSync(work, { recursive: true }));

test('an archive that is there with the right checksum is taken as it is', async () => {
  const path = join(work, 'download/p.tar');
  writeFileSync(path, 'whole');
  const sha256 = createHash('sha256').update('whole').digest('hex');
  const pinned = { name: 'p', version: '1', archive: 'p.tar', sha256, leastFiles: 0 };
  expect(await fetchArchive(pinned, work, () => {})).toBe(path);
});

const none = () => false;

test("each suite of the machine's distribution is asked for sources, and the pinned release's beside it", () => {
  const list = sourcesList(
    'Debian|http://mirror/debian/|bookworm|main\nDebian|http://mirror/debian/|bookworm-updates|main\nDebian|http://mirror/debian/|bookworm|contrib\n',
    'bookworm',
    none,
  );
  expect(list).toBe(
    'Types: deb-src\nURIs: http://mirror/debian/\nSuites: bookworm trixie bookworm-updates trixie-updates\nComponents: main\n',
  );
});

test("other people's repositories are not asked, unless nothing says which is the distribution's", () => {
  const others = '|http://other/repo/|stable|main\n';
  expect(sourcesList(`${others}Debian|http://mirror/|trixie|main\n`, 'trixie', none)).not.toContain('other');
  expect(sourcesList(others, 'trixie', none)).toContain('http://other/repo/');
});

test("the distribution's keys are named where they lie", () => {
  const path = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const list = sourcesList('Debian|http://mirror/|trixie|main', 'trixie', (asked) => asked === path);
  expect(list).toContain(`Signed-By: ${path}`);
});

test('a machine without sources is told', () => {
  expect(() => sourcesList('\n', undefined, none)).toThrow('give the machine one');
});

test('a full disk is one line that says what to do', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  expect(failureOf(full, 'writing').message).toMatch(/^no space left while writing: make room/);
  expect(failureOf(new Error('first\nsecond'), 'compiling').message).toBe('compiling: first');
  const own = new Failure('clang-22 is not there');
  expect(failureOf(own, 'anything')).toBe(own);
});

test("libc++'s configuration has every value that is set, and an unknown one is another version", () => {
  const template = '#cmakedefine A @A@\n#cmakedefine01 B\n#cmakedefine01 C\n#cmakedefine D @D@\n@EXTRA@\n';
  expect(renderSite(template, { A: '2', B: '1' })).toBe('#define A 2\n#define B 1\n#define C 0\n/* #undef D */\n\n');
  expect(() => renderSite(template, { Z: '1' })).toThrow('does not know Z');
});
