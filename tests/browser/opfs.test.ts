// A page's Origin Private File System mounted in a machine, in headless Chromium: files that outlive the page, other tabs
// and machines on the same files, and a page that ends while it writes. The unit tests have the details (tests/unit/opfs).

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { guestPath } from '../support/built.ts';
import { Browser, missingBrowser } from './support/browser.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

type Complaining = Page & { readonly complaints: string[] };

/** Lines of `fileops`, run by a machine of its own. @returns the program's answers */
async function session(
  page: Page,
  lines: readonly string[],
  options: {
    readonly placement?: 'cnk' | 'linux' | 'library';
    readonly readOnly?: boolean;
    readonly path?: string;
  } = {},
): Promise<string[]> {
  const answers = await page.evaluate(
    async ([lines, { placement = 'cnk', ...rest }]) => {
      const machine = await fusedos.boot({ appCores: 1, mounts: { '/data': { type: 'opfs', ...rest } } });
      const stdin = lines.map((line) => `${line.replaceAll(' ', '\t')}\n`).join('');
      const { stdout, stderr } = await machine.run('guest/fileops.wasm', { placement, stdin });
      await machine.close();
      return stdout.text() + stderr.text();
    },
    [lines, options] as const,
  );
  return answers.split('\n').slice(0, -1);
}

describe.skipIf(missingBrowser !== undefined)(`OPFS in a page${missingBrowser ? ` (${missingBrowser})` : ''}`, () => {
  let browser: Browser;
  let page: Complaining;

  beforeAll(async () => {
    browser = await Browser.start();
    browser.site.guests.set('fileops.wasm', readFileSync(guestPath('fileops')));
  });
  afterAll(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    page = await browser.open('isolated');
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
    });
  });
  afterEach(async () => {
    expect(page.complaints).toEqual([]);
    await page.close();
  });

  // Functions given to `evaluate` run in the page: only what they say themselves is there.

  test.for(['cnk', 'linux', 'library'] as const)('what %s writes is there after a reload', async (placement) => {
    const written = await session(
      page,
      [
        'mkdir /data/d',
        'open /data/d/file wc',
        'write 4 hello',
        'sync 4',
        'close 4',
        'open /data/empty wc',
        'list /data',
      ],
      { placement },
    );
    expect(written).toEqual(['ok', '4', 'ok', 'ok', 'ok', '4', 'd empty']);
    await page.reload();
    await Browser.loaded(page);
    const read = await session(
      page,
      [
        'list /data',
        'open /data/d/file rwa',
        'read 4 100',
        'write 4 !',
        'seek 4 0',
        'read 4 100',
        'truncate /data/d/file 2',
      ],
      { placement },
    );
    expect(read).toEqual(['d empty', '4', 'hello', 'ok', 'ok', 'hello!', 'ok']);
    const plain = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const file = await (await root.getDirectoryHandle('d')).getFileHandle('file');
      return (await file.getFile()).text();
    });
    expect(plain).toBe('he');
  });

  test('names are made, moved and removed; what OPFS has not is refused', async () => {
    const answers = await session(page, [
      'open /data/a wc',
      'write 4 first',
      'open /data/b wc',
      'write 5 second',
      'rename /data/a /data/b',
      'write 4 +',
      'write 5 +',
      'seek 5 0',
      'stat /data/a',
      'open /data/b r',
      'read 6 100',
      'unlink /data/b',
      'write 4 +',
      'list /data',
      'mkdir /data/d',
      'mkdir /data/d',
      'rename /data/d /data/e',
      'open /data/d/file wcx',
      'open /data/d/file wcx',
      'rmdir /data/d',
      'unlink /data/d',
      'symlink a /data/link',
      'link /data/d/file /data/link',
      'utime /data/d/file 1000',
      'rename /data/d/file /data/file',
      'rmdir /data/d',
      'open /data/.fusedos-unlinked r',
      'list /data',
    ]);
    expect(answers).toEqual([
      ...['4', 'ok', '5', 'ok', 'ok', 'ok', 'ok', 'ok', 'ENOENT', '6', 'first+', 'ok', 'ok', ''],
      ...['ok', 'EEXIST', 'EXDEV', '7', 'EEXIST', 'ENOTEMPTY', 'EISDIR', 'EPERM', 'EPERM', 'EPERM', 'ok', 'ok'],
      ...['ENOENT', 'file'],
    ]);
    // What was unlinked while it was open is gone with the machine.
    const left = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const names: string[] = [];
      for await (const name of (await root.getDirectoryHandle('.fusedos-unlinked')).keys()) names.push(name);
      return names;
    });
    expect(left).toEqual([]);
  });

  test('a thousand files are listed, each once', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `n${String(i).padStart(4, '0')}`);
    const made = await session(page, [...names.flatMap((name) => [`open /data/${name} wc`, 'close 4']), 'list /data']);
    expect(made.slice(0, -1).filter((line) => line !== '4' && line !== 'ok')).toEqual([]);
    expect(made.at(-1)).toBe(names.join(' '));
  });

  test('two machines have the same files; one that is being written is busy for the other', async () => {
    const outcome = await page.evaluate(async () => {
      const mounts = { '/data': { type: 'opfs', path: 'shared' } } as const;
      const one = await fusedos.boot({ appCores: 1, mounts });
      const two = await fusedos.boot({ appCores: 1, mounts });
      await one.fs.writeFile('/data/file', 'from one');
      const seen = await two.fs.readFile('/data/file', 'utf8');
      const writer = await one.spawn('guest/fileops.wasm');
      const input = writer.stdin.getWriter();
      const output = writer.output('stdout');
      await input.write('open\t/data/file\twa\n');
      await output.next();
      const say = (error: { code?: string }): string => error.code ?? String(error);
      const busy = await two.fs.readFile('/data/file', 'utf8').catch(say);
      const removal = await two.fs.rm('/data/file').catch(say);
      const { size } = await two.fs.stat('/data/file');
      await input.close();
      await writer.exit;
      await two.fs.writeFile('/data/file', 'from two');
      const last = await one.fs.readFile('/data/file', 'utf8');
      await Promise.all([one.close(), two.close()]);
      return { seen, busy, removal, size, last };
    });
    expect(outcome).toEqual({ seen: 'from one', busy: 'EBUSY', removal: 'EBUSY', size: 8, last: 'from two' });
  });

  test('a page that ends while a guest writes leaves what was written, and no lock', async () => {
    const doomed = await browser.open('isolated');
    await doomed.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1, mounts: { '/data': { type: 'opfs' } } });
      const writer = await machine.spawn('guest/fileops.wasm');
      await writer.stdin
        .getWriter()
        .write('open\t/data/gone\twc\nunlink\t/data/gone\nopen\t/data/big\twc\nfill\t5\t4096\n');
      while ((await machine.fs.stat('/data/big').catch(() => ({ size: 0 }))).size < 1 << 20);
    });
    await doomed.close();
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1, mounts: { '/data': { type: 'opfs' } } });
      const names = await machine.fs.readdir('/data');
      const bytes = await machine.fs.readFile('/data/big');
      await machine.fs.writeFile('/data/big', 'anew');
      const anew = await machine.fs.readFile('/data/big', 'utf8');
      await machine.close();
      const unlinked = await (await navigator.storage.getDirectory()).getDirectoryHandle('.fusedos-unlinked');
      const left: string[] = [];
      for await (const name of unlinked.keys()) left.push(name);
      return { names, length: bytes.length, isWhole: bytes.every((byte) => byte === 120), anew, left };
    });
    expect(outcome).toMatchObject({ names: ['big'], isWhole: true, anew: 'anew', left: [] });
    expect(outcome.length).toBeGreaterThanOrEqual(1 << 20);
    expect(outcome.length % 4096).toBe(0);
  });

  test('a read-only mount refuses changes, and needs the directory', async () => {
    await session(page, ['open /data/file wc', 'write 4 text'], { path: 'in/here' });
    const answers = await session(
      page,
      [
        'open /data/file r',
        'read 4 10',
        'open /data/file w',
        'open /data/new wc',
        'unlink /data/file',
        'mkdir /data/d',
      ],
      { path: 'in/here', readOnly: true },
    );
    expect(answers).toEqual(['4', 'text', 'EROFS', 'EROFS', 'EROFS', 'EROFS']);
    const missing = await session(page, [], { path: 'in/absent', readOnly: true }).catch(String);
    expect(missing).toContain('ENOENT');
  });

  test('a mount that nobody uses can be taken out, and its files mounted again', async () => {
    const outcome = await page.evaluate(async () => {
      const machine = await fusedos.boot({ appCores: 1 });
      await machine.mount({ type: 'opfs' }, '/data');
      await machine.fs.writeFile('/data/file', 'kept');
      await machine.unmount('/data');
      const hidden = await machine.fs.readdir('/data');
      await machine.mount({ type: 'opfs' }, '/again');
      const kept = await machine.fs.readFile('/again/file', 'utf8');
      await machine.close();
      return { hidden, kept };
    });
    expect(outcome).toEqual({ hidden: [], kept: 'kept' });
  });

  test('leaves no worker and no lock behind', async () => {
    await session(page, ['open /data/file wc']);
    const held = await page.evaluate(async () => (await navigator.locks.query()).held?.length);
    expect(held).toBe(0);
    expect(page.workers()).toHaveLength(0);
  });

  test('a page without isolation says what is lacking', async () => {
    const plain = await browser.open('plain');
    const outcome = await plain.evaluate(async () => {
      const say = ({ code, message }: { code?: string; message: string }) => ({ code, message });
      return fusedos.boot({ mounts: { '/data': { type: 'opfs' } } }).then(() => undefined, say);
    });
    expect(outcome?.code).toBe('ENOSYS');
    expect(outcome?.message).toMatch(/lacks OPFS: .*Cross-Origin-Opener-Policy/);
    await plain.close();
  });
});
