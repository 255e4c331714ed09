// Arguments and variables are bytes: what is not UTF-8 passes as it is.

import { describe, expect, test } from 'vitest';
import { guestPath, importBuilt } from '../support/built.ts';
import { shell } from '../support/command.ts';

const env = { SHOW: guestPath('show') };
const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)('on the command line', () => {
  test('arguments pass byte by byte', async () => {
    const line = `fusedos run "$SHOW" "$(printf 'bad\\376\\377utf8')" é '' --dir "$(printf '\\355\\240\\200')"`;
    const { status, stdout, stderr } = await shell(line, { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = ['show.wasm', 'bad\xfe\xffutf8', '\xc3\xa9', '', '--dir', '\xed\xa0\x80'];
    expect(stdout).toBe(lines.map((text) => `argument ${text}\n`).join(''));
  });

  test('variables that are set or passed on keep their bytes', async () => {
    const line = `export V="$(printf 'a\\377=b')"; fusedos run --env V --env "W=$(printf '\\200')" --env "$(printf 'X\\377')=1" "$SHOW"`;
    const { stdout } = await shell(line, { env });
    expect(stdout).toBe('argument show.wasm\nvariable V=a\xff=b\nvariable W=\x80\nvariable X\xff=1\n');
  });
});

describe('in the library', () => {
  test('a byte that is not UTF-8 stands as a surrogate', async () => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: 1 });
    for (const placement of ['cnk', 'linux', 'library'] as const) {
      const options = { placement, args: ['a\udcffb', '\ud800'], env: { 'V\udc80': '\udcfe' } };
      const { stdout } = await machine.run(guestPath('show'), options);
      const shown = Buffer.from(stdout.bytes).toString('latin1');
      expect(shown).toBe('argument show.wasm\nargument a\xffb\nargument \xef\xbf\xbd\nvariable V\x80=\xfe\n');
    }
  });

  test('what no process can have is E2BIG', async () => {
    const { boot } = await importBuilt();
    await using machine = await boot({ appCores: 1 });
    const most = 'x'.repeat(131_071);
    expect((await machine.run(guestPath('show'), { args: [most] })).stdout.text()).toContain(most);
    const run = (options: object) => expect(machine.run(guestPath('show'), options)).rejects;
    await run({ args: [`${most}x`] }).toMatchObject({ code: 'E2BIG' });
    await run({ env: { V: most } }).toMatchObject({ code: 'E2BIG' });
    await run({ args: Array.from({ length: 20 }, () => most) }).toMatchObject({ code: 'E2BIG' });
    expect((await machine.run(guestPath('status'), { args: ['3'] })).exitCode).toBe(3);
  });
});
