// A guest under CNK with staged files: its calls go to CNK's handlers first and, when those leave them, to its Linux, as
// core/bind does. All else is the Linux guest's harness.

import {
  createBytesFile,
  type FilesContext,
  STAGED_HANDLERS,
  type StagedFile,
  StagedFiles,
  StagedStorage,
} from '../../../personalities/cnk/index.ts';
import { Errno, type ErrnoName, errnoName, NOT_SERVED } from '../../../runtime/abi/errno.ts';
import { wasmTypeOf } from '../../../runtime/abi/row.ts';
import { RandomPool } from '../../../runtime/memory/random-pool.ts';
import { encodeStrings } from '../../../runtime/memory/string-vector.ts';
import { Guest, type GuestOptions } from '../linux/harness.ts';

const NOTHING = encodeStrings([]);
export const STORAGE = 64 << 20;

export const PREOPENS = [
  { name: '/', path: '/' },
  { name: '/data', path: '/data' },
];

/** Makes /data in a Linux whose first process has not begun yet. */
export function withData(): Guest {
  const guest = new Guest();
  guest.mkdir('data');
  return guest;
}

export class StagedGuest extends Guest {
  readonly files: StagedFiles;
  readonly cnk: FilesContext;
  /** Calls that Linux served, by name. */
  readonly shipped: string[] = [];

  constructor(
    staged: Readonly<Record<string, Uint8Array | string | StagedFile>>,
    options: GuestOptions & { readonly storage?: number } = {},
  ) {
    super({ preopens: PREOPENS, ...options }, withData().linux);
    const storage = new StagedStorage(options.storage ?? STORAGE);
    this.files = new StagedFiles({
      table: this.process.descriptors.table,
      files: new Map(Object.entries(staged).map(([path, content]) => [path, stagedFile(content, storage)])),
      preopens: (options.preopens ?? PREOPENS).map(({ path }) => path),
      sleep: () => {
        throw new Error('Linux has opened everything already');
      },
    });
    this.cnk = {
      pid: 2,
      identity: { isChanged: false },
      memory: this.memory,
      descriptors: this.process.descriptors.table,
      args: NOTHING,
      environment: NOTHING,
      monotonicOffsetNs: 0,
      startedMs: 0,
      realtimeOriginMs: 0,
      realtimeRestNs: 0,
      random: new RandomPool(),
      exit: unexpected,
      raise: unexpected,
      giveWay: () => {},
      sleep: () => {},
      files: this.files,
      ship: (module, name, ...args) => {
        // Those whose layout depends on the version must be shipped as the guest's.
        if (name === 'poll_oneoff' && module !== this.version.module) throw new Error(`${module}.${name} was shipped`);
        return numberOf(this.linuxCall(name, ...args));
      },
    };
  }

  override call(name: string, ...args: readonly (number | bigint)[]): string {
    const row = this.row(name);
    const handler = STAGED_HANDLERS[row.number];
    if (handler === undefined) return this.linuxCall(name, ...args);
    // As a guest passes them: 32-bit integers are signed.
    const raw = row.params.map((param, i) => {
      const value = args[i] ?? 0;
      return wasmTypeOf(param) === 'i64' ? BigInt.asIntN(64, BigInt(value)) : Number(value) | 0;
    });
    const result = handler(this.cnk, ...(raw as never[]));
    if (result === NOT_SERVED) return this.linuxCall(name, ...args);
    return result === 0 ? 'OK' : errnoName(-result);
  }

  linuxCall(name: string, ...args: readonly (number | bigint)[]): string {
    this.shipped.push(name);
    return super.call(name, ...args);
  }
}

/** A result as the harness tells it: 0 or −errno. */
export function numberOf(result: string): number {
  return result === 'OK' ? Errno.SUCCESS : -Errno[result as ErrnoName];
}

function stagedFile(content: Uint8Array | string | StagedFile, storage: StagedStorage): StagedFile {
  if (typeof content === 'string') return createBytesFile(new TextEncoder().encode(content), storage);
  return content instanceof Uint8Array ? createBytesFile(new Uint8Array(content), storage) : content;
}

function unexpected(): never {
  throw new Error('the guest was to go on');
}
