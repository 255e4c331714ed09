// Requests that the guest's own thread carries out, and both ends of them at the same moment: exactly one side has an opened
// file, and nothing stays open, whoever is first.

import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Errno } from '../../../runtime/abi/errno.ts';
import {
  closeAllOf,
  closeLeftBy,
  createDescriptorNotes,
  HostDescriptors,
} from '../../../runtime/files/disk/descriptors.ts';
import { HostDirectories } from '../../../runtime/files/disk/execute.ts';
import { GuestThreadClient } from '../../../runtime/files/guest-thread/client.ts';
import { createGate } from '../../../runtime/files/guest-thread/ending-gate.ts';
import { GuestThreadServer } from '../../../runtime/files/guest-thread/server.ts';
import { placesOf, stepsOf, TOP, WAY_LIMIT } from '../../../runtime/files/places.ts';
import { HOST_READ, HOST_WRITE, type HostReply, type HostRequest } from '../../../runtime/files/protocol.ts';
import { createRing } from '../../../runtime/files/ring.ts';
import { bytes, openDescriptors, Served, temporaryDirectory, text, until, workerForTests } from './support.ts';

const SLOT = 5;
/** The handle of a mount's top that a thread keeps once it was asked. */
const OWN_TOP = 1;
const worker = workerForTests();

describe.runIf(process.platform === 'linux')('a guest thread that works for Linux', () => {
  const owner = {};
  const memory = new Uint8Array(new SharedArrayBuffer(64));
  let temporary: ReturnType<typeof temporaryDirectory>;
  let served: Served;
  let notes: SharedArrayBuffer;
  let client: GuestThreadClient;
  let guest: GuestThreadServer;
  let mount = -1;
  let before = 0;
  /** Runs while the guest's thread has taken its request and not carried it out. */
  let meanwhile: (() => void) | undefined;

  beforeEach(async () => {
    temporary = temporaryDirectory();
    writeFileSync(join(temporary.path, 'f'), 'content');
    notes = createDescriptorNotes();
    served = new Served(worker.path, notes);
    client = new GuestThreadClient(served.client, notes);
    const ring = createRing(1);
    guest = new GuestThreadServer({ ring, notes, gate: createGate() }, SLOT, () => memory);
    const { execute } = HostDirectories.prototype;
    vi.spyOn(HostDirectories.prototype, 'execute').mockImplementation(function (this: HostDirectories, ...args) {
      meanwhile?.();
      return execute.apply(this, args);
    });
    client.attach(owner, ring, (given) => given === memory);
    meanwhile = undefined;
    const opened = client.submit({ op: 'mount', mount: 0, other: bytes(temporary.path), access: 0 });
    await settled();
    mount = opened.reply?.result ?? -1;
    before = openDescriptors();
  });
  afterEach(async () => {
    client.detach(owner);
    guest.dispose();
    await settled();
    vi.restoreAllMocks();
    expect(openDescriptors()).toBe(before);
    await served[Symbol.asyncDispose]();
    closeAllOf(notes);
    temporary[Symbol.dispose]();
  });

  const settled = (): Promise<void> => until(() => client.poll() >= 0 && client.pending === 0);
  const openRequest = (): HostRequest => {
    return { op: 'open', mount, directory: TOP, name: bytes('f'), ino: 0n, access: HOST_READ | HOST_WRITE };
  };
  function carryOut(request: HostRequest): HostReply {
    const ticket = client.submit(request, owner);
    expect(ticket.reply).toBeUndefined();
    expect(client.announce(owner)).toBe(true);
    expect(client.announce(owner)).toBe(false);
    guest.work();
    client.answered(owner);
    return ticket.reply as HostReply;
  }

  it('reads and writes its own memory in place, and asks nobody else', () => {
    const file = carryOut(openRequest()).result;
    memory.fill(0xa5);
    const move = { mount, file, buffer: memory, start: 8, length: 7, position: 0 };
    expect(carryOut({ op: 'read', ...move }).result).toBe(7);
    expect(text(memory.subarray(8, 15))).toBe('content');
    expect(memory.filter((byte) => byte === 0xa5)).toHaveLength(57);
    expect(carryOut({ op: 'write', ...move, start: 11, length: 2, position: 7 }).result).toBe(2);
    expect(readFileSync(join(temporary.path, 'f'), 'utf8')).toBe('contentte');
    expect(served.client.pending).toBe(0);
    client.submit({ op: 'close', mount, file });
  });

  it('leaves to the worker what is not for it: other memory, other owners, listings', async () => {
    const file = carryOut(openRequest()).result;
    const other = new Uint8Array(new SharedArrayBuffer(8));
    const move = { mount, file, buffer: other, start: 0, length: 4, position: 0 };
    const requests: [HostRequest, object][] = [
      [{ op: 'read', ...move }, owner],
      [{ op: 'read', ...move, buffer: memory }, {}],
      [{ op: 'list', mount, directory: TOP }, owner],
    ];
    for (const [request, asker] of requests) {
      const ticket = client.submit(request, asker);
      expect(client.announce(owner)).toBe(false);
      await settled();
      expect(ticket.reply?.result).toBeGreaterThan(0);
    }
    expect(text(other.subarray(0, 4))).toBe('cont');
    client.submit({ op: 'close', mount, file });
  });

  it('closes what a completed call has left, and the worker what an ended one has', async () => {
    const closed = carryOut(openRequest()).result;
    client.begin();
    client.submit({ op: 'close', mount, file: closed });
    expect(client.announceLast(owner)).toBe(true);
    guest.work();
    expect(openDescriptors()).toBe(before + OWN_TOP);
    // Announced, and the guest was killed before it did it.
    const announced = carryOut(openRequest()).result;
    client.submit({ op: 'close', mount, file: announced });
    expect(client.announceLast(owner)).toBe(true);
    client.detach(owner);
    guest.work();
    await settled();
    expect(openDescriptors()).toBe(before + OWN_TOP);
  });

  it('never closes in one guest’s thread what another call has left', async () => {
    const file = carryOut(openRequest()).result;
    client.submit({ op: 'close', mount, file });
    client.begin();
    expect(client.announceLast(owner)).toBe(false);
    await settled();
    expect(openDescriptors()).toBe(before + OWN_TOP);
  });

  it.each(['open', 'create', 'lookup', 'walk'] as const)(
    '%s: a call that is given up while it is carried out leaves nothing open',
    (op) => {
      mkdirSync(join(temporary.path, 'd'));
      writeFileSync(join(temporary.path, 'd', 'f'), 'content');
      const entry = { mount, directory: TOP, ino: 0n, access: HOST_READ } as const;
      const requests = {
        open: openRequest(),
        create: { op: 'create', ...entry, name: bytes('new'), mode: 0o600 },
        lookup: { op: 'lookup', ...entry, name: bytes('f') },
        walk: { op: 'walk', ...entry, other: bytes('d/f') },
      } as const;
      const ticket = client.submit(requests[op], owner);
      expect(client.announce(owner)).toBe(true);
      meanwhile = () => client.detach(owner);
      guest.work();
      expect(ticket.reply?.result).toBe(-Errno.EINTR);
      guest.dispose();
      expect(openDescriptors()).toBe(before);
    },
  );

  it('gives Linux the file when it was opened before the call was given up', async () => {
    const ticket = client.submit(openRequest(), owner);
    expect(client.announce(owner)).toBe(true);
    guest.work();
    client.detach(owner);
    const file = ticket.reply?.result ?? -1;
    expect(file).toBeGreaterThanOrEqual(0);
    // It is Linux's now: the end of the thread does not close it.
    closeLeftBy(notes, SLOT);
    expect(openDescriptors()).toBe(before + 1);
    client.submit({ op: 'close', mount, file });
    await settled();
  });

  it('leaves handles that are found and closed when its thread was ended', () => {
    mkdirSync(join(temporary.path, 'd', 'e'), { recursive: true });
    writeFileSync(join(temporary.path, 'd', 'e', 'f'), 'content');
    const found = carryOut({ op: 'walk', mount, directory: TOP, other: bytes('d/e/f'), access: 0, ino: 0n });
    expect(found.result).toBe(0);
    expect(openDescriptors()).toBeGreaterThan(before);
    closeLeftBy(notes, SLOT + 1);
    expect(openDescriptors()).toBeGreaterThan(before);
    closeLeftBy(notes, SLOT);
    expect(openDescriptors()).toBe(before);
  });

  it('lets go of a directory that was unmounted, when it is asked next', async () => {
    const two = client.submit({ op: 'mount', mount: 0, other: bytes(temporary.path), access: 0 });
    await settled();
    const second = two.reply?.result ?? -1;
    const look = (at: number): number =>
      carryOut({ op: 'lookup', mount: at, directory: TOP, name: bytes('f'), access: 0, ino: 0n }).result;
    expect([look(mount), look(second)]).toEqual([0, 0]);
    client.submit({ op: 'unmount', mount: second });
    await settled();
    expect(openDescriptors()).toBe(before + 2 * OWN_TOP);
    expect(look(mount)).toBe(0);
    expect(openDescriptors()).toBe(before + OWN_TOP);
  });

  it('takes no other directory for a mount whose handle was closed and given again', () => {
    const ticket = client.submit(openRequest(), owner);
    expect(client.announce(owner)).toBe(true);
    // The mount goes, and its handle's number becomes that of another directory, with a file of the same name.
    mkdirSync(join(temporary.path, 'other'));
    writeFileSync(join(temporary.path, 'other', 'f'), 'secret');
    const top = readdirSync('/proc/self/fd').find((fd) => isLinkTo(fd, temporary.path)) as string;
    closeSync(Number(top));
    const instead = openSync(join(temporary.path, 'other'), 0);
    expect(instead).toBe(Number(top));
    guest.work();
    client.answered(owner);
    expect(ticket.reply?.result).toBe(-Errno.ENODEV);
  });

  it('knows a moved directory by its way', () => {
    for (const path of ['a/x', 'b']) mkdirSync(join(temporary.path, path), { recursive: true });
    writeFileSync(join(temporary.path, 'a/x/f'), 'content');
    const steps = (names: readonly string[]) =>
      names.map((name, index) => {
        const directory = index === 0 ? TOP : (placesOf(known.slice(0, index))[0] ?? TOP);
        const { attributes } = carryOut({ op: 'lookup', mount, directory, name: bytes(name), access: 0, ino: 0n });
        if (attributes === undefined) throw new Error(name);
        known[index] = {
          id: attributes.dev + Number(attributes.ino),
          dev: attributes.dev,
          ino: attributes.ino,
          name: bytes(name),
        };
        return known[index];
      });
    const known: Parameters<typeof placesOf>[0][number][] = [];
    const [before] = placesOf(steps(['a', 'x']));
    const stat = (directory = before ?? TOP) =>
      carryOut({ op: 'lookup', mount, directory, name: bytes('f'), access: 0, ino: 0n }).result;
    expect(stat()).toBe(0);
    // By another thread, and so that this one has to find it again.
    guest.dispose();
    expect(
      carryOut({
        op: 'rename',
        mount,
        directory: placesOf(known.slice(0, 1))[0] ?? TOP,
        name: bytes('x'),
        toDirectory: placesOf(steps(['b']))[0] ?? TOP,
        other: bytes('y'),
      }).result,
    ).toBe(0);
    expect(stat()).toBe(-Errno.ESTALE);
    const [after] = placesOf(steps(['b', 'y']));
    expect(stat(after)).toBe(0);
  });
});

function isLinkTo(fd: string, path: string): boolean {
  try {
    return readlinkSync(join('/proc/self/fd', fd)) === path;
  } catch {
    return false;
  }
}

describe('places', () => {
  it('tell the whole way, in as many parts as it takes', () => {
    const steps = Array.from({ length: 500 }, (_, i) => ({
      id: i + 1,
      dev: 2 ** 40 + i,
      ino: 2n ** 63n + BigInt(i),
      name: bytes('n'.repeat(1 + (i % 255))),
    }));
    const places = placesOf(steps);
    expect(places.length).toBeGreaterThan(1);
    expect(places.every(({ way }) => way.length <= WAY_LIMIT)).toBe(true);
    expect(
      places.flatMap(({ way }) => [...stepsOf(way)].map((step) => ({ ...step, name: step.name.slice() }))),
    ).toEqual(steps);
    let from = 0;
    for (const place of places) {
      expect(place.from).toBe(from);
      from = place.id;
    }
    expect(places.at(-1)?.id).toBe(500);
    expect(placesOf([])).toEqual([TOP]);
  });
});

describe('descriptors', () => {
  it('are closed once, and only by who has noted them', () => {
    using temporary = temporaryDirectory();
    const notes = createDescriptorNotes();
    const descriptors = new HostDescriptors(notes, SLOT);
    const fd = descriptors.open(temporary.path, 0);
    expect(new HostDescriptors().close(fd)).toBe(-Errno.EBADF);
    expect(new HostDescriptors(notes).close(fd)).toBe(0);
    expect(descriptors.close(fd)).toBe(-Errno.EBADF);
    expect(descriptors.close(-1)).toBe(-Errno.EBADF);
    expect(descriptors.close(1 << 20)).toBe(-Errno.EBADF);
  });
});
