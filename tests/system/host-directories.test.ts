// Directories of the host in a machine's tree, in every placement: the same bytes as on the host, several guests at a time,
// and nothing left open when guests are killed in the middle of their calls or the machine is closed under them.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guestPath, importBuilt } from '../support/built.ts';
import { seededRandom } from '../support/seeded-random.ts';

const { boot } = await importBuilt();
const PLACEMENTS = ['cnk', 'fused', 'linux', 'library'] as const;
const DEADLINE_MS = 20_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-test-'));
  mkdirSync(join(directory, 'sub'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Descriptors of this process that lead into the directory, or are the directory. Linux. */
function leftOpen(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(join('/proc/self/fd', fd));
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return [];
    }
  });
}

async function until(condition: () => boolean, what: () => unknown): Promise<void> {
  const end = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`still: ${JSON.stringify(what())}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe.each(PLACEMENTS)('placement %s', (placement) => {
  test.each([1 << 20, 65536, 4097])('copies in requests of %i bytes', async (request) => {
    const bytes = Buffer.from(seededRandom(request).bytes(3_000_017));
    writeFileSync(join(directory, 'sub', 'from'), bytes);
    await using machine = await boot({ mounts: { '/mnt': directory }, linuxProcesses: 1 });
    const args = ['copy', '/mnt/sub/from', '/mnt/to', `${request}`];
    for (let times = 0; times < 2; times++) {
      const { exitCode, stdout } = await machine.run(guestPath('mounted'), { placement, args });
      expect([exitCode, stdout.text()]).toEqual([0, `${bytes.length} ${bytes.length + 3}\n`]);
      const copied = readFileSync(join(directory, 'to'));
      expect(copied.subarray(0, -3).equals(bytes)).toBe(true);
      expect(copied.subarray(-3).toString()).toBe('end');
    }
    const missing = await machine.run(guestPath('mounted'), { placement, args: ['copy', '/mnt/none', '/mnt/to', '1'] });
    expect(missing.exitCode).toBe(44);
  });

  test.runIf(process.platform === 'linux')('leaves nothing open when guests are killed in their calls', async () => {
    await using machine = await boot({ mounts: { '/mnt': directory }, appCores: 1, linuxProcesses: 1 });
    const before = leftOpen();
    const program = await machine.compile(guestPath('mounted'));
    for (let round = 0; round < 15; round++) {
      const guest = await machine.spawn(program, { placement, args: ['churn', '/mnt'] });
      await guest.stdout.getReader().read();
      // Somewhere in the guest's first calls, each time elsewhere.
      for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
      guest.kill('SIGKILL');
      expect((await guest.exit).signal).toBe('SIGKILL');
    }
    await until(() => leftOpen().length <= before.length, leftOpen);
    writeFileSync(join(directory, 'from'), 'text');
    const next = await machine.run(program, { placement, args: ['copy', '/mnt/from', '/mnt/to', '10'] });
    expect(next.stdout.text()).toBe('4 7\n');
  });
});

test.runIf(process.platform === 'linux')(
  'closes all that guests have open when the machine is closed under them',
  async () => {
    const machine = await boot({ mounts: { '/mnt': directory }, appCores: 2, linuxProcesses: 1 });
    expect(leftOpen()).toHaveLength(1);
    for (const placement of ['cnk', 'linux', 'library'] as const) {
      const guest = await machine.spawn(guestPath('mounted'), { placement, args: ['churn', '/mnt'] });
      await guest.stdout.getReader().read();
    }
    await machine.close();
    expect(leftOpen()).toEqual([]);
  },
);

test('serves several guests on one directory at a time', async () => {
  for (let i = 0; i < 4; i++) writeFileSync(join(directory, `from${i}`), Buffer.alloc(1_000_000, i + 1));
  await using machine = await boot({ mounts: { '/mnt': directory }, appCores: 2, linuxProcesses: 2 });
  const runs = Array.from({ length: 4 }, (_, i) =>
    machine.run(guestPath('mounted'), {
      placement: i % 2 === 0 ? 'cnk' : 'linux',
      args: ['copy', `/mnt/from${i}`, `/mnt/to${i}`, '10000'],
    }),
  );
  for (const [i, run] of (await Promise.all(runs)).entries()) {
    expect([i, run.exitCode]).toEqual([i, 0]);
    expect(
      readFileSync(join(directory, `to${i}`))
        .subarray(0, -3)
        .equals(readFileSync(join(directory, `from${i}`))),
    ).toBe(true);
  }
});

describe('a directory below a mount', () => {
  test.each(PLACEMENTS)('is where a program begins, %s', async (placement) => {
    writeFileSync(join(directory, 'sub/text'), 'from below');
    await using machine = await boot({ mounts: { '/mnt': directory }, appCores: 1, linuxProcesses: 1 });
    const { stdout, exitCode } = await machine.run(guestPath('files'), {
      args: ['read', 'text'],
      cwd: '/mnt/sub',
      placement,
    });
    expect({ exitCode, text: stdout.text() }).toEqual({ exitCode: 0, text: 'from below' });
    const preopens = [{ name: '/in', path: '/mnt/sub' }];
    const other = await machine.run(guestPath('files'), { args: ['read', '/in/text'], preopens, placement });
    expect(other.stdout.text()).toBe('from below');
  });

  test('a program that is killed while its directory is looked for leaves nothing behind', async () => {
    await using machine = await boot({ mounts: { '/mnt': directory }, appCores: 1, linuxProcesses: 0 });
    for (let round = 0; round < 30; round++) {
      const guest = await machine.spawn(guestPath('hang'), { args: ['sleep'], cwd: '/mnt/sub' });
      for (let turn = round % 5; turn > 0; turn--) await Promise.resolve();
      guest.kill('SIGKILL');
      expect(await guest.exit).toMatchObject({ signal: 'SIGKILL' });
    }
    await until(
      () => machine.freeCores === 1,
      () => machine.freeCores,
    );
    await machine.unmount('/mnt');
    // What ended threads had open is closed when they are gone.
    await until(() => leftOpen().length === 0, leftOpen);
  });
});

// The guest's thread was given nothing to work with: the host directory worker serves it.
test('serves a guest that ran before the directory was mounted', async () => {
  writeFileSync(join(directory, 'from'), Buffer.alloc(100_000, 7));
  await using machine = await boot({ appCores: 1 });
  const guest = await machine.spawn(guestPath('mounted'), { args: ['late', '/mnt/from', '/mnt/to', '8192'] });
  const reader = guest.stdout.getReader();
  await readLine(reader);
  await machine.mount(directory, '/mnt');
  const writer = guest.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  expect(await readLine(reader)).toBe('100000 100003\n');
  expect((await guest.exit).exitCode).toBe(0);
});

/** A line may come in several pieces. */
async function readLine(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  let line = '';
  while (!line.endsWith('\n')) {
    const { value, done } = await reader.read();
    if (done) break;
    line += new TextDecoder().decode(value);
  }
  return line;
}
