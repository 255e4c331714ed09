// What a core's worker does otherwise on a machine without shared memory: the guest's memory is the worker's own, stdin
// is given whole, output and files leave by messages. See: backing.ts, the other side.

import type { Linux } from '../../../personalities/linux/index.ts';
import { type Control, slotCounters } from '../../channel/layout.ts';
import { ranMs } from '../../channel/run-clock.ts';
import type { StreamReader, StreamWriter } from '../../channel/service.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import { PAGE_BYTES } from '../../memory/pages.ts';
import type { ProcessBlock } from '../../process/block.ts';
import type { FromCore } from '../messages.ts';
import { changesSince, type FileMarks, loadFiles, markFiles } from './file-copies.ts';
import type { UnsharedEnd, UnsharedStart } from './messages.ts';

/** Descriptors 0, 1 and 2. */
export function messageStdio(
  { stdin, joinsOutput }: UnsharedStart,
  post: (message: FromCore) => void,
): [StreamReader, StreamWriter, StreamWriter] {
  const stdout = sink((bytes) => post({ type: 'output', fd: 1, bytes }));
  return [bytesReader(stdin), stdout, joinsOutput ? stdout : sink((bytes) => post({ type: 'output', fd: 2, bytes }))];
}

/** Puts the files that a guest is given into its tree. @returns what tells which it changes */
export function takeFiles(linux: Linux, { files }: UnsharedStart): FileMarks {
  loadFiles(linux, files);
  return markFiles(linux);
}

/** @param slot of this thread's own control memory */
export function endReport(
  linux: Linux,
  marks: FileMarks,
  control: Control,
  slot: number,
  { refused }: ProcessBlock,
  memory: GuestMemory,
): UnsharedEnd {
  return {
    localCalls: slotCounters(control, slot).local.slice(),
    memoryPages: memory.size / PAGE_BYTES,
    ranMs: ranMs(control, slot),
    refused,
    files: changesSince(linux, marks),
  };
}

/** A stream that ends after some bytes. */
export function bytesReader(bytes: Uint8Array): StreamReader {
  let rest = bytes;
  return {
    get available() {
      return rest.length;
    },
    get ended() {
      return rest.length === 0;
    },
    hungUp: true,
    read: (into) => {
      const count = Math.min(into.length, rest.length);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    close: () => {},
  };
}

/** A stream that is never full. @param take is given copies */
export function sink(take: (bytes: Uint8Array<ArrayBuffer>) => void): StreamWriter {
  return {
    space: Number.MAX_SAFE_INTEGER,
    broken: false,
    write: (from) => {
      take(new Uint8Array(from));
      return from.length;
    },
    close: () => {},
  };
}
