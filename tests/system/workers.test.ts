// Where a machine finds its workers: the option `workers`, and what people are told when they are not there. In a page:
// tests/browser/workers.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as fusedos from '../../runtime/index.ts';
import { distDirectory, guestPath, importBuilt } from '../support/built.ts';
import { finished } from '../support/command.ts';

const directory = mkdtempSync(join(tmpdir(), 'fusedos-workers-'));
let boot: typeof fusedos.boot;

beforeAll(async () => {
  ({ boot } = await importBuilt());
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The worker files of the build, in a folder whose name has what URLs escape. */
function copied(name: string): string {
  const folder = join(directory, name);
  for (const file of readdirSync(distDirectory)) {
    if (file.endsWith('.cjs')) cpSync(join(distDirectory, file), join(folder, file));
  }
  return folder;
}

describe('workers', () => {
  test('are taken from the folder that is named, by path or URL', async () => {
    const folder = copied('100% of #them ü');
    for (const workers of [
      folder,
      relative(process.cwd(), folder),
      pathToFileURL(folder),
      `${pathToFileURL(folder)}/`,
    ]) {
      await using machine = await boot({ workers, appCores: 1, mounts: { '/host': directory } });
      const { stdout } = await machine.run(guestPath('show'), { args: ['one'], check: true });
      expect(stdout.text()).toContain('one');
      expect(await machine.fs.readdir('/host')).toContain('100% of #them ü');
    }
  });

  test('that are not there are named, with what to do', async () => {
    const workers = join(directory, 'none');
    const error = await boot({ workers }).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'FusedError', code: 'ENOENT' });
    expect(String(error)).toMatch(
      /the worker file:\/\/.*\/none\/(linux|core)-worker\.cjs did not start: there is no such file/,
    );
    expect(String(error)).toContain('boot({ workers })');
  });

  test('of another version are refused', async () => {
    const folder = copied('old');
    const file = join(folder, 'linux-worker.cjs');
    const { version } = JSON.parse(readFileSync(join(distDirectory, '../package.json'), 'utf8'));
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`"${version}"`, '"0.0.1"'));
    const error = await boot({ workers: folder }).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'FusedError', code: 'ENOEXEC' });
    expect(String(error)).toContain(`it is the linux worker of fusedos 0.0.1, and was started by ${version}`);
  });

  test.each([
    [5, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
    ['https://example.org/workers/', 'ERR_INVALID_ARG_VALUE'],
    [new URL('data:,'), 'ERR_INVALID_ARG_VALUE'],
  ])('are not taken from %s', async (workers, code) => {
    await expect(boot({ workers: workers as string })).rejects.toMatchObject({ name: 'TypeError', code });
  });
});

// In a Node of its own: vitest has its own way of importing.
test('require gives what import gives, the same classes', async () => {
  const file = join(directory, 'both.mjs');
  writeFileSync(
    file,
    `import { createRequire } from 'node:module';
    import * as imported from ${JSON.stringify(pathToFileURL(join(distDirectory, 'index.js')).href)};
    const required = createRequire(import.meta.url)(${JSON.stringify(join(distDirectory, 'index.cjs'))});
    console.log(Object.keys(imported).length, Object.keys(required).length);
    console.log(Object.entries(required).every(([name, value]) => imported[name] === value));`,
  );
  const { status, stdout } = await finished(spawn(process.execPath, [file]));
  const count = Object.keys(await importBuilt()).length;
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${count} ${count}\ntrue\n` });
});
