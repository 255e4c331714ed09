// Every function of a library is given odd arguments: a result, or an error with a code; the program goes on.

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HereLibrary, Library, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { ODD_VALUES } from '../support/odd-values.ts';

const { boot } = await importBuilt();
let machine: Machine;
let library: Library;
let here: HereLibrary;

beforeAll(async () => {
  machine = await boot({ appCores: 1, linuxProcesses: 0 });
  library = await machine.load(guestPath('embedded'));
  here = await machine.loadHere(guestPath('embedded'));
});
afterAll(() => machine.close());

type Call = (odd: unknown) => unknown;
// biome-ignore lint/suspicious/noExplicitAny: what no caller may pass.
type Any = any;

/** Nothing that writes is given a good address: a library may be harmed by its embedder, and only what we check is meant. */
const CALLS: Readonly<Record<string, Call>> = {
  'call name': (odd) => library.call(odd as Any),
  'call argument': (odd) => library.call('half', odd as Any),
  'call i32': (odd) => library.call('wide', 1n, odd as Any),
  'call options': (odd) => library.call('nothing', odd as Any),
  // A short time would end the program, as it should.
  'call timeoutMs': (odd) =>
    library.call('nothing', { timeoutMs: typeof odd === 'number' && odd >= 0 ? Math.max(odd, 60_000) : (odd as Any) }),
  'call signal': (odd) => library.call('nothing', { signal: odd as Any }),
  batch: (odd) => library.batch(odd as Any),
  'batch call': (odd) => library.batch([odd as Any]),
  'batch name': (odd) => library.batch([[odd as Any]]),
  'batch argument': (odd) => library.batch([['step'], ['half', odd as Any]]),
  'batch result': (odd) =>
    library.batch([
      ['half', 1],
      ['half', { result: odd as Any }],
    ]),
  'batch options': (odd) => library.batch([], odd as Any),
  'read address': (odd) => library.read(odd as Any, 1),
  'read length': (odd) => library.read(0, odd as Any),
  'write address': (odd) => library.write(odd as Any, new Uint8Array(0)),
  'write bytes': (odd) => library.write(library.memoryBytes, odd as Any),
  'readArray type': (odd) => library.readArray(odd as Any, 0, 1),
  'readArray count': (odd) => library.readArray(Float64Array, 0, odd as Any),
  'readString address': (odd) => library.readString(odd as Any),
  'readString options': (odd) => library.readString(1024, odd as Any),
  'readString length': (odd) => library.readString(1024, { length: odd as Any }),
  'readString encoding': (odd) => library.readString(1024, { encoding: odd as Any }),
  'writeString text': (odd) => library.writeString(library.memoryBytes, odd as Any),
  'writeString options': (odd) => library.writeString(library.memoryBytes, 'a', odd as Any),
  alloc: (odd) => library.alloc(odd as Any),
  'free address': (odd) => library.free(odd === 0 ? 0 : typeof odd === 'number' && odd > 0 ? Number.NaN : (odd as Any)),
  'newString text': (odd) => library.newString(odd as Any),
  'newString encoding': (odd) => library.newString('a', odd as Any),
  'here call': (odd) => here.exports['half']?.(odd as Any),
  'here call i64': (odd) => here.exports['wide']?.(odd as Any, 1n),
  'here call of five': (odd) => here.exports['mix']?.(odd as Any, odd as Any, odd as Any, odd as Any, odd as Any),
  'here read': (odd) => here.read(odd as Any, 1),
  'here alloc': (odd) => here.alloc(odd as Any),
  'here newString': (odd) => here.newString(odd as Any),
  'loadHere program': (odd) => machine.loadHere(odd as Any),
  'loadHere options': (odd) => machine.loadHere(guestPath('embedded'), odd as Any).then((other) => other.close()),
  'imports module': (odd) =>
    machine.loadHere(guestPath('embedded'), { imports: { host: odd as Any } }).then((l) => l.close()),
  'imports function': (odd) =>
    machine.loadHere(guestPath('embedded'), { imports: { host: { f: odd as Any } } }).then((l) => l.close()),
};

test.for(Object.entries(CALLS))('%s', async ([, call]) => {
  const wrong: string[] = [];
  for (const { name, make } of ODD_VALUES) {
    try {
      await call(make());
    } catch (error) {
      if (!isDocumented(error)) wrong.push(`${name}: ${String(error)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(await library.call('half', 4)).toBe(2);
  expect(here.exports['half']?.(4)).toBe(2);
});

/** With a code, or what the caller's own value threw: a Proxy's trap, a getter, the reason of a signal. */
function isDocumented(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'code' in error || error.name === 'AbortError' || error.message.endsWith('of the caller');
}
