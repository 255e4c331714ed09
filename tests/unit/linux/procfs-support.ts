// What the tests of /proc share: requests of the embedder that need not wait, and files read through a guest.

import type { Linux } from '../../../personalities/linux/index.ts';
import type { Guest } from './harness.ts';
import { READ_RIGHTS } from './harness.ts';

/** Runs an operation of `machine.fs`. Errors: its LinuxError. */
export function ask(linux: Linux, operation: string, ...args: readonly unknown[]): unknown {
  const outcomes: { value?: unknown; error?: Error }[] = [];
  linux.request(operation, args, (outcome) => outcomes.push(outcome));
  while (outcomes.length === 0 && linux.poll() === 0) linux.takeRunnable();
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error(`${operation} waits`);
  if (outcome.error !== undefined) throw outcome.error;
  return outcome.value;
}

/** A file's content as the machine's embedder reads it. */
export function textOf(linux: Linux, path: string): string {
  return new TextDecoder('latin1').decode(ask(linux, 'readFile', path) as Uint8Array);
}

/** A file's content as a guest reads it. */
export function readAs(guest: Guest, path: string, size = 16_384): string {
  const fd = guest.open(path, 0, READ_RIGHTS, 0, 1);
  if (typeof fd === 'string') return fd;
  let text = '';
  for (;;) {
    const part = guest.read(fd, size);
    text += part;
    if (part === '') break;
  }
  guest.call('fd_close', fd);
  return text;
}

/** The fields of a file of `name: value` lines. */
export function fieldsOf(text: string): Map<string, string> {
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const match = /^([^:]+?)\s*:\s*(.*?)\s*$/.exec(line);
        if (match === null) throw new Error(`not a field: ${line}`);
        return [match[1] ?? '', match[2] ?? ''];
      }),
  );
}
