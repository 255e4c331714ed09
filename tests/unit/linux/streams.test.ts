// Standard streams, waiting, poll_oneoff, and what the end of a process does to all of them.

import { describe, expect, it } from 'vitest';
import { exitStatus, signalStatus } from '../../../runtime/abi/signals.ts';
import { EVENT, STRUCT_SIZES, SUBSCRIPTION } from '../../../runtime/abi/wasi/structs.ts';
import { EVENTRWFLAGS, EVENTTYPE, FDFLAGS, FILETYPE, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { AT, expectSame, Guest, PAGE, Pipe } from './harness.ts';

const MS = 1_000_000;

function withPipes(): { guest: Guest; stdin: Pipe; stdout: Pipe; stderr: Pipe } {
  const stdin = new Pipe();
  const stdout = new Pipe(8);
  const stderr = new Pipe();
  return { guest: new Guest({ stdio: [stdin, stdout, stderr] }), stdin, stdout, stderr };
}

describe('a standard stream', () => {
  it('is read as far as there are bytes, then waited for, then ends', () => {
    const { guest, stdin } = withPipes();
    stdin.write(new TextEncoder().encode('abc'));
    expect(guest.read(0, 10)).toBe('abc');
    expect(guest.begin('fd_read', 0, ...guest.iovec(AT.buffer, 10), AT.result)).toBe('WAITS');
    expect(guest.goOn()).toBe('WAITS');
    stdin.write(new TextEncoder().encode('de'));
    expect(guest.goOn()).toBe('OK');
    expect(guest.string(AT.buffer, guest.u32())).toBe('de');
    stdin.isWriterClosed = true;
    expect(guest.read(0, 10)).toBe('');
  });

  it('takes everything that is written, waiting for room', () => {
    const { guest, stdout } = withPipes();
    const [at, length] = guest.text('0123456789abcdefghij', AT.buffer);
    expect(guest.begin('fd_write', 1, ...guest.iovec(at, length), AT.result)).toBe('WAITS');
    expect(stdout.text).toBe('01234567');
    let out = '';
    for (let result = 'WAITS'; result === 'WAITS'; result = guest.goOn()) {
      out += stdout.text;
      stdout.bytes = [];
    }
    expect(out + stdout.text).toBe('0123456789abcdefghij');
    expect(guest.u32()).toBe(20);
  });

  it('is EAGAIN or a part when it may not wait', () => {
    const { guest } = withPipes();
    expect(guest.call('fd_fdstat_set_flags', 0, FDFLAGS.NONBLOCK)).toBe('OK');
    expect(guest.call('fd_fdstat_set_flags', 1, FDFLAGS.NONBLOCK)).toBe('OK');
    expect(guest.read(0, 1)).toBe('EAGAIN');
    expect(guest.write(1, '0123456789')).toBe(8);
    expect(guest.write(1, '89')).toBe('EAGAIN');
  });

  it('is EPIPE when nobody reads', () => {
    const { guest, stdout } = withPipes();
    stdout.isReaderClosed = true;
    expect(guest.write(1, 'x')).toBe('EPIPE');
  });

  it('has no offset', () => {
    const { guest } = withPipes();
    expect(guest.call('fd_seek', 0, 0n, 0, AT.result)).toBe('ESPIPE');
    expect(guest.call('fd_tell', 1, AT.result)).toBe('ESPIPE');
    expect(guest.pread(0, 1, 0)).toBe('ESPIPE');
    expect(guest.pwrite(1, 'x', 0)).toBe('ESPIPE');
    expect(guest.call('fd_sync', 1)).toBe('EINVAL');
    expect(guest.call('fd_allocate', 1, 0n, 1n)).toBe('ESPIPE');
    expect(guest.call('fd_advise', 1, 0n, 1n, 0)).toBe('ESPIPE');
  });

  it('is a terminal only when the host says so', () => {
    const pipe = new Pipe();
    const guest = new Guest({ stdio: [pipe, pipe, pipe], terminals: [true, false, false] });
    expect(guest.call('fd_fdstat_get', 0, AT.result)).toBe('OK');
    expect(guest.memory.bytes[AT.result]).toBe(FILETYPE.CHARACTER_DEVICE);
    expect(guest.u32(AT.result + 8) & (RIGHTS.FD_SEEK | RIGHTS.FD_TELL)).toBe(0);
    expect(guest.call('fd_fdstat_get', 1, AT.result)).toBe('OK');
    expect(guest.memory.bytes[AT.result]).toBe(FILETYPE.UNKNOWN);
  });

  it('is opened again through /dev', () => {
    const { guest, stdout, stderr } = withPipes();
    const out = guest.fd('dev/stdout', 0, BigInt(RIGHTS.FD_WRITE));
    guest.write(out, 'x');
    guest.call('fd_close', out);
    guest.write(guest.fd('dev/stderr', 0, BigInt(RIGHTS.FD_WRITE)), 'y');
    expect(stdout.text + stderr.text).toBe('xy');
    expect(stdout.isWriterClosed).toBe(false);
    expect(guest.open('dev/stdin', 0, BigInt(RIGHTS.FD_WRITE))).toBe('EACCES');
  });

  it('is closed with its last descriptor', () => {
    const { guest, stdout } = withPipes();
    guest.call('fd_close', 1);
    expect(stdout.isWriterClosed).toBe(true);
    const both = new Pipe();
    const other = new Guest({ stdio: ['null', both, both] });
    other.call('fd_close', 1);
    expect(both.isWriterClosed).toBe(false);
    expect(other.write(2, 'x')).toBe(1);
    other.call('fd_close', 2);
    expect(both.isWriterClosed).toBe(true);
  });
});

interface Subscription {
  readonly type: number;
  readonly fd?: number;
  readonly timeoutNs?: bigint;
  readonly clock?: number;
  readonly flags?: number;
}

function subscribe(guest: Guest, subscriptions: readonly Subscription[]): (number | bigint)[] {
  const { memory } = guest;
  for (const [i, { type, fd, timeoutNs, clock, flags }] of subscriptions.entries()) {
    const at = AT.text + i * STRUCT_SIZES.subscription;
    memory.bytes.fill(0, at, at + STRUCT_SIZES.subscription);
    memory.writeU64(at + SUBSCRIPTION.userdata, BigInt(1000 + i));
    memory.bytes[at + SUBSCRIPTION.tag] = type;
    if (fd !== undefined) memory.writeU32(at + SUBSCRIPTION.fd, fd);
    if (timeoutNs === undefined) continue;
    memory.writeU32(at + SUBSCRIPTION.clockId, clock ?? 1);
    memory.writeU64(at + SUBSCRIPTION.clockTimeout, timeoutNs);
    memory.writeU16(at + SUBSCRIPTION.clockFlags, flags ?? 0);
  }
  return [AT.text, AT.buffer, subscriptions.length, AT.result];
}

/** Userdata − 1000, type, WASI errno, bytes. */
function events(guest: Guest): number[][] {
  return Array.from({ length: guest.u32() }, (_, i) => {
    const at = AT.buffer + i * STRUCT_SIZES.event;
    const { memory } = guest;
    return [
      Number(memory.readU64(at + EVENT.userdata)) - 1000,
      memory.bytes[at + EVENT.type] as number,
      memory.readU16(at + EVENT.errno),
      Number(memory.readU64(at + EVENT.nbytes)),
    ];
  });
}

describe('poll_oneoff', () => {
  const read0: Subscription = { type: EVENTTYPE.FD_READ, fd: 0 };

  it('waits for the earlier of two clocks, and tells when', () => {
    const { guest } = withPipes();
    const clocks = [50, 20].map((ms): Subscription => ({ type: EVENTTYPE.CLOCK, timeoutNs: BigInt(ms * MS) }));
    expect(guest.begin('poll_oneoff', ...subscribe(guest, clocks))).toBe('WAITS');
    expect(guest.linux.poll()).toBeGreaterThan(19);
    expect(guest.linux.poll()).toBeLessThanOrEqual(20);
    guest.nowNs += 10 * MS;
    expect(guest.goOn()).toBe('WAITS');
    guest.nowNs += 11 * MS;
    expect(guest.goOn()).toBe('OK');
    expect(events(guest)).toEqual([[1, EVENTTYPE.CLOCK, 0, 0]]);
    expect(guest.linux.poll()).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes absolute times of both clocks', () => {
    const { guest } = withPipes();
    const past = { type: EVENTTYPE.CLOCK, timeoutNs: 1n, flags: 1 };
    const future = {
      type: EVENTTYPE.CLOCK,
      clock: 0,
      timeoutNs: 1_700_000_000_000_000_000n + BigInt(1000 * MS),
      flags: 1,
    };
    expect(guest.call('poll_oneoff', ...subscribe(guest, [future, past]))).toBe('OK');
    expect(events(guest)).toEqual([[1, EVENTTYPE.CLOCK, 0, 0]]);
  });

  it('tells every descriptor that is ready, with its bytes', () => {
    const { guest, stdin } = withPipes();
    stdin.write(new Uint8Array(5));
    const file = guest.fd('tmp/file');
    guest.pwrite(file, '1234567', 0);
    const wanted = [read0, { type: EVENTTYPE.FD_WRITE, fd: 1 }, { type: EVENTTYPE.FD_READ, fd: file }];
    expect(guest.call('poll_oneoff', ...subscribe(guest, wanted))).toBe('OK');
    expect(events(guest)).toEqual([
      [0, EVENTTYPE.FD_READ, 0, 5],
      [1, EVENTTYPE.FD_WRITE, 0, 0],
      [2, EVENTTYPE.FD_READ, 0, 7],
    ]);
  });

  it('waits for a descriptor or a clock, whichever comes first', () => {
    const { guest, stdin } = withPipes();
    const wanted = [read0, { type: EVENTTYPE.CLOCK, timeoutNs: BigInt(5 * MS) }];
    expect(guest.begin('poll_oneoff', ...subscribe(guest, wanted))).toBe('WAITS');
    stdin.write(new Uint8Array(1));
    expect(guest.goOn()).toBe('OK');
    expect(events(guest)).toEqual([[0, EVENTTYPE.FD_READ, 0, 1]]);
    stdin.bytes = [];
    expect(guest.begin('poll_oneoff', ...subscribe(guest, wanted))).toBe('WAITS');
    guest.nowNs += 6 * MS;
    expect(guest.goOn()).toBe('OK');
    expect(events(guest)).toEqual([[1, EVENTTYPE.CLOCK, 0, 0]]);
  });

  it('tells that the writer is gone, whether or not bytes are left', () => {
    const { guest, stdin } = withPipes();
    const flagsOf = (): number => {
      expect(guest.call('poll_oneoff', ...subscribe(guest, [read0]))).toBe('OK');
      return guest.memory.readU16(AT.buffer + EVENT.flags);
    };
    stdin.write(new Uint8Array(5));
    expect(flagsOf()).toBe(0);
    stdin.isWriterClosed = true;
    expect(flagsOf()).toBe(EVENTRWFLAGS.FD_READWRITE_HANGUP);
    expect(events(guest)).toEqual([[0, EVENTTYPE.FD_READ, 0, 5]]);
    stdin.bytes = [];
    expect(flagsOf()).toBe(EVENTRWFLAGS.FD_READWRITE_HANGUP);
  });

  it('puts the error of one subscription into its event', () => {
    const { guest } = withPipes();
    expect(guest.call('poll_oneoff', ...subscribe(guest, [{ type: EVENTTYPE.FD_READ, fd: 99 }, read0]))).toBe('OK');
    expect(events(guest)).toEqual([[0, EVENTTYPE.FD_READ, 8, 0]]);
  });

  it('refuses no subscription, too many, and unknown ones', () => {
    const { guest } = withPipes();
    expect(guest.call('poll_oneoff', AT.text, AT.buffer, 0, AT.result)).toBe('EINVAL');
    expect(guest.call('poll_oneoff', AT.text, AT.buffer, 1025, AT.result)).toBe('EINVAL');
    expect(guest.call('poll_oneoff', ...subscribe(guest, [{ type: 9 }]))).toBe('EINVAL');
  });
});

describe('the end of a process', () => {
  it('cancels its calls: they neither complete nor touch its memory', () => {
    const { guest, stdin, stdout } = withPipes();
    guest.memory.bytes.fill(0x5c);
    guest.begin('fd_read', 0, ...guest.iovec(AT.buffer, 10), AT.result);
    const before = guest.memory.copyOut(0, PAGE);
    guest.linux.end(guest.process, signalStatus(9));
    guest.linux.end(guest.process, 0);
    expect(guest.exits).toEqual([9]);
    stdin.write(new Uint8Array(3));
    expect(guest.goOn()).toBe('WAITS');
    expectSame(guest.memory.copyOut(0, PAGE), before);
    expect(stdin.isReaderClosed).toBe(true);
    expect(stdout.isWriterClosed).toBe(true);
    expect(guest.descriptors).toEqual([]);
    expect(guest.linux.process(guest.process.pid)).toBeUndefined();
  });

  it('cancels its timers', () => {
    const { guest } = withPipes();
    guest.begin('poll_oneoff', ...subscribe(guest, [{ type: EVENTTYPE.CLOCK, timeoutNs: BigInt(MS) }]));
    guest.linux.end(guest.process, 0);
    expect(guest.linux.poll()).toBe(Number.POSITIVE_INFINITY);
  });

  it('comes by proc_exit, proc_raise and abort, each with its status', () => {
    const statusOf = (name: string, ...args: number[]): [number[], string] => {
      const { guest, stderr } = withPipes();
      guest.memory.writeU32(AT.text - 4, 4);
      for (const [i, char] of [...'hi'].entries()) guest.memory.writeU16(AT.text + 2 * i, char.charCodeAt(0));
      guest.call(name, ...args);
      return [guest.exits, stderr.text];
    };
    expect(statusOf('proc_exit', 3)).toEqual([[exitStatus(3)], '']);
    expect(statusOf('proc_raise', 6)).toEqual([[signalStatus(6)], '']);
    expect(statusOf('proc_raise', 16)).toEqual([[], '']);
    expect(statusOf('abort', AT.text, 0, 7, 9)).toEqual([[signalStatus(6)], 'abort: hi in (7:9)\n']);
    expect(statusOf('trace', AT.text, 2, 1.5, 2, 3, 4, 5)).toEqual([[], 'trace: hi 1.5, 2\n']);
  });

  it('leaves another process alone', () => {
    const first = new Guest();
    const second = new Guest({}, first.linux);
    const fd = second.fd('tmp/file');
    first.linux.end(first.process, 0);
    expect(second.write(fd, 'still here')).toBe(10);
  });
});

describe('AssemblyScript’s console.log', () => {
  it('writes a line to descriptor 1, waiting for room', () => {
    const { guest, stdout } = withPipes();
    const text = 'wörld and more';
    guest.memory.writeU32(AT.text - 4, text.length * 2);
    for (let i = 0; i < text.length; i++) guest.memory.writeU16(AT.text + 2 * i, text.charCodeAt(i));
    expect(guest.begin('console.log', AT.text)).toBe('WAITS');
    let out = stdout.bytes.splice(0);
    expect(guest.goOn()).toBe('OK');
    out = [...out, ...stdout.bytes];
    expect(new TextDecoder().decode(Uint8Array.from(out))).toBe(`${text}\n`);
    stdout.bytes = [];
    expect(guest.call('console.log', 0xffff_fff0)).toBe('OK');
    expect(stdout.text).toBe('\n');
  });
});
