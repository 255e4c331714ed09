// Requests through the ring to the worker that serves host directories, and the client without a worker: same answers.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import { type HostClient, LocalHostClient, markRingDead, RingHostClient } from '../../../runtime/files/client.ts';
import { takeEntries } from '../../../runtime/files/listing.ts';
import { TOP } from '../../../runtime/files/places.ts';
import { HOST_READ, HOST_WRITE, type HostReply, type HostRequest } from '../../../runtime/files/protocol.ts';
import { takeFound } from '../../../runtime/files/walk-ahead.ts';
import { bundle, bytes, Served, temporaryDirectory, text, until, workerForTests } from './support.ts';

const worker = workerForTests();

async function ask(client: HostClient, request: HostRequest): Promise<HostReply> {
  const ticket = client.submit(request);
  await until(() => {
    client.poll();
    return ticket.reply !== undefined;
  });
  return ticket.reply as HostReply;
}
async function mount(client: HostClient, path: string, isReadOnly = false): Promise<number> {
  const reply = await ask(client, { op: 'mount', mount: 0, other: bytes(path), access: isReadOnly ? 1 : 0 });
  return reply.result;
}

describe.each(['worker', 'local'])('requests (%s)', (kind) => {
  async function withClient(test: (client: HostClient, path: string) => Promise<void>): Promise<void> {
    using temporary = temporaryDirectory();
    if (kind === 'local') {
      const client = new LocalHostClient();
      await test(client, temporary.path);
      client.close();
      return;
    }
    await using served = new Served(worker.path);
    await test(served.client, temporary.path);
  }

  it('of no known operation are refused, and close nothing', () =>
    withClient(async (client, path) => {
      writeFileSync(join(path, 'kept'), 'contents');
      const on = await mount(client, path);
      const entry = { mount: on, directory: TOP, name: bytes('kept') };
      const { result: file } = await ask(client, { op: 'open', ...entry, ino: 0n, access: HOST_READ });
      expect(file).toBeGreaterThanOrEqual(0);
      const odd = (mount: number): HostRequest => ({ op: 'unknown', mount, file }) as HostRequest;
      expect(await ask(client, odd(on))).toMatchObject({ result: -Errno.ENOSYS });
      expect(await ask(client, odd(on + 1))).toMatchObject({ result: -Errno.ENODEV });
      const buffer = new Uint8Array(new SharedArrayBuffer(8));
      const read = { op: 'read', mount: on, file, buffer, start: 0, length: 8, position: 0 } as const;
      expect(await ask(client, read)).toMatchObject({ result: 8 });
      expect((await ask(client, { op: 'close', mount: on, file })).result).toBe(0);
    }));

  it('mount directories, or say why not', () =>
    withClient(async (client, path) => {
      expect(await mount(client, join(path, 'missing'))).toBe(-Errno.ENOENT);
      const reply = await ask(client, { op: 'mount', mount: 0, other: bytes(path), access: 0 });
      expect(reply.result).toBe(0);
      expect(reply.bytes?.[0]).toBe(process.platform === 'linux' ? 1 : 0);
      expect((reply.attributes?.mode ?? 0) & 0o170000).toBe(0o040000);
      expect(await mount(client, path)).toBe(1);
      expect((await ask(client, { op: 'unmount', mount: 1 })).result).toBe(0);
      expect((await ask(client, { op: 'status', mount: 1 })).result).toBe(-Errno.ENODEV);
      expect((await ask(client, { op: 'status', mount: 7 })).result).toBe(-Errno.ENODEV);
    }));

  it('create, write, read, list, link and remove', () =>
    withClient(async (client, path) => {
      const at = await mount(client, path);
      const made = await ask(client, {
        op: 'create',
        mount: at,
        directory: TOP,
        name: bytes('f'),
        mode: 0o640,
        access: HOST_READ | HOST_WRITE,
      });
      const file = made.result;
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
      const buffer = new Uint8Array(memory.buffer).fill(0x5a);
      buffer.set(bytes('guest bytes'), 1000);
      const move = { mount: at, file, start: 1000, length: 11, position: 0, buffer };
      expect((await ask(client, { op: 'write', ...move })).result).toBe(11);
      const appended = await ask(client, { op: 'append', ...move, length: 5 });
      expect([appended.result, appended.attributes?.size]).toEqual([5, 16]);
      expect(readFileSync(join(path, 'f'), 'utf8')).toBe('guest bytesguest');
      expect((await ask(client, { op: 'read', ...move, start: 65530, length: 6, position: 6 })).result).toBe(6);
      expect(text(buffer.subarray(65530))).toBe('bytesg');
      expect(buffer.filter((byte) => byte === 0x5a)).toHaveLength(65536 - 11 - 6);

      // A memory that has grown, and bytes that nobody shares.
      memory.grow(2);
      const grown = new Uint8Array(memory.buffer);
      expect((await ask(client, { op: 'read', ...move, buffer: grown, start: 180000, length: 3 })).result).toBe(3);
      expect(text(grown.subarray(180000, 180003))).toBe('gue');
      const own = new Uint8Array(32).fill(0x5a);
      expect((await ask(client, { op: 'read', ...move, buffer: own, start: 4, length: 20 })).result).toBe(16);
      expect(text(own.subarray(4, 20))).toBe('guest bytesguest');
      expect(own.filter((byte) => byte === 0x5a)).toHaveLength(16);
      expect((await ask(client, { op: 'write', ...move, buffer: own.subarray(4), start: 6, length: 5 })).result).toBe(
        5,
      );
      expect(readFileSync(join(path, 'f'), 'utf8')).toBe('bytes bytesguest');

      const entry = { mount: at, directory: TOP };
      expect((await ask(client, { op: 'symlink', ...entry, name: bytes('l'), other: bytes('f') })).result).toBe(0);
      const target = await ask(client, { op: 'readlink', ...entry, name: bytes('l') });
      expect(text(target.bytes ?? bytes(''))).toBe('f');
      expect(
        (await ask(client, { op: 'rename', ...entry, name: bytes('f'), toDirectory: TOP, other: bytes('g') })).result,
      ).toBe(0);
      const listing = await ask(client, { op: 'list', ...entry });
      const entries = await ask(client, { op: 'entries', mount: at, file: listing.result });
      expect([...takeEntries(entries.bytes ?? bytes(''))].map(({ name }) => text(name)).sort()).toEqual(['g', 'l']);
      expect((await ask(client, { op: 'entries', mount: at, file: listing.result })).result).toBe(0);
      const seen = await ask(client, { op: 'lookup', access: 0, ino: 0n, ...entry, name: bytes('g') });
      expect([seen.result, seen.attributes?.size]).toEqual([0, 16]);
      expect((await ask(client, { op: 'unlink', ...entry, name: bytes('g') })).result).toBe(0);
      expect((await ask(client, { op: 'lookup', access: 0, ino: 0n, ...entry, name: bytes('g') })).result).toBe(
        -Errno.ENOENT,
      );
      expect((await ask(client, { op: 'status', mount: at })).bytes).toHaveLength(40);
      expect((await ask(client, { op: 'close', mount: at, file })).result).toBe(0);
      expect((await ask(client, { op: 'read', ...move })).result).toBe(-Errno.EBADF);
    }));

  it('walk several names, and open the last alone', () =>
    withClient(async (client, path) => {
      mkdirSync(join(path, 'd'));
      writeFileSync(join(path, 'd/f'), 'deep');
      const at = await mount(client, path);
      const walk = { op: 'walk', mount: at, directory: TOP, ino: 0n } as const;
      const kindsOf = ({ bytes: found }: HostReply): (number | undefined)[] =>
        takeFound(found ?? bytes('')).map(({ attributes }) => attributes && attributes.mode >> 12);

      const opened = await ask(client, { ...walk, other: bytes('d/f'), access: HOST_READ });
      expect(kindsOf(opened)).toEqual([0o04, 0o10]);
      expect(opened.result).toBeGreaterThan(0);
      const transfer = { mount: at, file: opened.result - 1, buffer: new Uint8Array(8), start: 0, length: 8 };
      expect((await ask(client, { op: 'read', ...transfer, position: 0 })).result).toBe(4);
      expect((await ask(client, { op: 'close', mount: at, file: transfer.file })).result).toBe(0);

      const seen = await ask(client, { ...walk, other: bytes('d/f'), access: 0 });
      expect([seen.result, kindsOf(seen)]).toEqual([0, [0o04, 0o10]]);
      // What is no directory ends the walk, and is not opened: it was not asked for.
      const short = await ask(client, { ...walk, other: bytes('d/f/x'), access: HOST_READ });
      expect([short.result, kindsOf(short)]).toEqual([0, [0o04, 0o10]]);
      const missing = await ask(client, { ...walk, other: bytes('d/none/x'), access: HOST_READ });
      expect([missing.result, kindsOf(missing)]).toEqual([0, [0o04, undefined]]);
    }));

  it('refuse what is too long or out of bounds', () =>
    withClient(async (client, path) => {
      const at = await mount(client, path);
      const entry = { mount: at, directory: TOP };
      expect(
        (await ask(client, { op: 'lookup', access: 0, ino: 0n, ...entry, name: new Uint8Array(256).fill(97) })).result,
      ).toBe(-Errno.ENAMETOOLONG);
      const target = new Uint8Array(5000).fill(97);
      expect((await ask(client, { op: 'symlink', ...entry, name: bytes('l'), other: target })).result).toBe(
        -Errno.ENAMETOOLONG,
      );
      symlinkSync('t'.repeat(4000), join(path, 'long'));
      expect((await ask(client, { op: 'readlink', ...entry, name: bytes('long') })).bytes).toHaveLength(4000);
      const buffer = new Uint8Array(new SharedArrayBuffer(2 << 20));
      const move = { mount: at, file: 0, position: 0, buffer };
      expect((await ask(client, { op: 'read', ...move, start: 0, length: (1 << 20) + 1 })).result).toBe(-Errno.EINVAL);
      expect((await ask(client, { op: 'read', ...move, start: (2 << 20) - 1, length: 2 })).result).toBe(-Errno.EINVAL);
    }));

  it.runIf(process.platform === 'linux')('get an answer about a FIFO at once', () =>
    withClient(async (client, path) => {
      execFileSync('mkfifo', [join(path, 'fifo')]);
      const at = await mount(client, path);
      const request = {
        op: 'open',
        mount: at,
        directory: TOP,
        name: bytes('fifo'),
        ino: 0n,
        access: HOST_READ,
      } as const;
      expect((await ask(client, request)).result).toBe(-Errno.ENXIO);
    }),
  );
});

describe('the ring', () => {
  it('keeps the order of more requests than it has slots', async () => {
    using temporary = temporaryDirectory();
    await using served = new Served(worker.path);
    const { client } = served;
    const at = await mount(client, temporary.path);
    const order: number[] = [];
    for (let i = 0; i < 500; i++) {
      client.submit(
        { op: 'mkdir', mount: at, directory: TOP, name: bytes(`d${i}`), mode: 0o700 },
        undefined,
        (reply) => {
          expect(reply.result).toBe(0);
          order.push(i);
        },
      );
    }
    expect(client.pending).toBe(500);
    await until(() => client.poll() >= 0 && client.pending === 0);
    expect(order).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('rings the doorbell for each completion, also after the server slept', async () => {
    using temporary = temporaryDirectory();
    await using served = new Served(worker.path);
    served.client.setSpin(0);
    await mount(served.client, temporary.path);
    for (let i = 0; i < 50; i++) {
      const before = Atomics.load(served.doorbell, 0);
      served.client.submit({ op: 'status', mount: 0 });
      expect(Atomics.wait(served.doorbell, 0, before, 5000)).not.toBe('timed-out');
      await until(() => served.client.poll() === 1);
    }
  });

  it('serves more memories than it keeps, and tells whose are in use', async () => {
    using temporary = temporaryDirectory();
    await using served = new Served(worker.path);
    const { client } = served;
    writeFileSync(join(temporary.path, 'f'), 'content');
    const at = await mount(client, temporary.path);
    const opened = await ask(client, {
      op: 'open',
      mount: at,
      directory: TOP,
      name: bytes('f'),
      ino: 0n,
      access: HOST_READ,
    });
    const owner = {};
    const buffers = Array.from({ length: 300 }, () => new Uint8Array(new SharedArrayBuffer(64)));
    for (const buffer of buffers) {
      const move = { start: 8, length: 7, position: 0, buffer };
      client.submit({ op: 'read', mount: at, file: opened.result, ...move }, owner);
    }
    expect(client.busyFor(owner)).toBe(300);
    expect(client.busyFor({})).toBe(0);
    await until(() => client.poll() >= 0 && client.busyFor(owner) === 0);
    for (const buffer of buffers) expect(text(buffer.subarray(8, 15))).toBe('content');
  });

  it('carries out what was submitted before it closes, and nothing after', async () => {
    using temporary = temporaryDirectory();
    const served = new Served(worker.path);
    const { client } = served;
    const at = await mount(client, temporary.path);
    const closed = new Promise((resolve) => served.worker.once('message', resolve));
    for (let i = 0; i < 40; i++)
      client.submit({ op: 'mkdir', mount: at, directory: TOP, name: bytes(`d${i}`), mode: 0o700 });
    client.close();
    expect(await closed).toEqual({ closed: true });
    client.poll();
    expect(client.pending).toBe(0);
    expect(client.submit({ op: 'status', mount: at }).reply?.result).toBe(-Errno.EIO);
    await served.worker.terminate();
  });

  it('fails what is pending when the worker dies', async () => {
    const client = new RingHostClient({ postMessage: () => {} });
    const owner = {};
    const ticket = client.submit({ op: 'status', mount: 0 }, owner);
    markRingDead(client.ring);
    expect(client.poll()).toBe(1);
    expect(ticket.reply?.result).toBe(-Errno.EIO);
    expect(client.busyFor(owner)).toBe(0);
  });
});

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)('a host that refuses', () => {
  it('is EACCES or EPERM', () => {
    using temporary = temporaryDirectory();
    const { path } = temporary;
    const program = bundle('tests/unit/files/unprivileged.ts', path);
    execFileSync('chmod', ['755', path]);
    mkdirSync(join(path, 'top', 'closed'), { recursive: true });
    mkdirSync(join(path, 'hidden', 'below'), { recursive: true });
    writeFileSync(join(path, 'top', 'file'), 'text');
    execFileSync('chmod', ['600', join(path, 'top', 'file')]);
    execFileSync('chmod', ['700', join(path, 'top', 'closed'), join(path, 'hidden')]);
    const nobody = 65534;
    const run = spawnSync(process.execPath, [program, path], { uid: nobody, gid: nobody, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toEqual({
      mountHidden: -Errno.EACCES,
      create: -Errno.EACCES,
      mkdir: -Errno.EACCES,
      open: -Errno.EACCES,
      setMode: -Errno.EPERM,
      setTimes: -Errno.EPERM,
      truncate: -Errno.EACCES,
      unlink: -Errno.EACCES,
      lookup: 0,
      closed: 'node',
      inClosed: -Errno.EACCES,
      listClosed: -Errno.EACCES,
    });
  });
});
