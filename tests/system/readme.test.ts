// The README as a user follows it: its C files are written, its command lines and its JavaScript are run in the order in
// which they stand, and what they print is compared with what the README says. Blocks by their language:
//   c        a file; the first line names it        console  commands after `$ `, each followed by all that it prints
//   js       a program; a `text` block right after it is its output        others are not run

import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { distDirectory, guestPath, root } from '../support/built.ts';
import { finished, fusedos, shell } from '../support/command.ts';

interface Block {
  readonly language: string;
  readonly text: string;
  /** Of its first line in the README. */
  readonly line: number;
}

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = readBlocks(readme);
const directory = join(root, 'build/readme');

beforeAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const { text } of blocks.filter(({ language }) => language === 'c')) {
    writeFileSync(join(directory, fileName(text)), text);
  }
  // The README tells how in a sentence.
  await compile('-O2', '-mexec-model=reactor', 'sum.c', '-o', 'sum.wasm');
  await compile('-O2', 'spin.c', '-o', 'spin.wasm');
  await compile('-O2', 'prices.c', '-o', 'prices.wasm');
  await compile('-O2', 'lines.c', '-o', 'lines.wasm');
  copyFileSync(guestPath('sqlite3'), join(directory, 'sqlite3.wasm'));
});

it('finds what the README promises to show', () => {
  expect(blocks.filter(({ language }) => language === 'js').length).toBeGreaterThanOrEqual(4);
  expect(blocks.filter(({ language }) => language === 'console').length).toBeGreaterThanOrEqual(2);
});

/** Commands that want the libraries of the sysroot. */
const WITH_SYSROOT = /-fopenmp|pi\.wasm|ring\.wasm/;
const hasSysroot = existsSync(join(distDirectory, 'sysroot/stamp.json'));

for (const { text, line } of blocks.filter(({ language }) => language === 'console')) {
  for (const { command, output } of readSession(text)) {
    const isSkipped = WITH_SYSROOT.test(command) && !hasSysroot;
    const why = isSkipped ? ' (skipped, because there is no sysroot: npm run sysroot)' : '';
    it.skipIf(isSkipped)(`line ${line}: ${command}${why}`, async () => {
      const { stdout } = await shell(`{ ${command}; } 2>&1`, { cwd: directory });
      expect(stdout).toBe(output);
    });
  }
}

for (const [index, { language, text, line }] of blocks.entries()) {
  if (language !== 'js') continue;
  it(`line ${line}: the program prints what stands below it`, async () => {
    const next = blocks[index + 1];
    const file = join(directory, `line-${line}.mjs`);
    const library = pathToFileURL(join(distDirectory, 'index.js')).href;
    writeFileSync(file, text.replace(`from 'fusedos'`, `from '${library}'`));
    const child = spawn(process.execPath, [file], { cwd: directory, timeout: 25_000, killSignal: 'SIGKILL' });
    child.stdin.end();
    expect(await finished(child)).toEqual({
      status: 0,
      stdout: next?.language === 'text' ? next.text : '',
      stderr: '',
    });
  });
}

async function compile(...args: string[]): Promise<void> {
  const { status, stderr } = await fusedos(['cc', ...args], { cwd: directory });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

function readBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    line: markdown.slice(0, index).split('\n').length + 1,
  }));
}

/** The name in `// NAME`, the first line. */
function fileName(text: string): string {
  const [, name] = /^\/\/ (\w+\.c)\n/.exec(text) ?? [];
  if (name === undefined) throw new Error(`a C block of the README does not name its file: ${text.slice(0, 40)}`);
  return name;
}

function readSession(text: string): { command: string; output: string }[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), output: part.slice(end + 1) };
    });
}
