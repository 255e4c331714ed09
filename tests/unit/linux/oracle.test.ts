// Cases of system calls against Linux. What Linux answered is recorded beside the cases, so ours is compared with it
// everywhere; where the host is Linux with a C compiler, the record is compared with the host (and renewed by `vitest -u`).

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HostFileSystem } from '../../../personalities/linux/index.ts';
import { LocalHostClient } from '../../../runtime/files/client.ts';
import { CALL_CASES } from './oracle/call-cases.ts';
import { type Case, render } from './oracle/case.ts';
import { LOCK_CASES } from './oracle/lock-cases.ts';
import { onHost, whyNoOracle } from './oracle/native.ts';
import { type CommandRunner, onOurs } from './oracle/ours.ts';
import { callRows } from './oracle/through-rows.ts';

const SUITES: readonly { readonly name: string; readonly cases: readonly Case[]; readonly least: number }[] = [
  { name: 'locks', cases: LOCK_CASES, least: 80 },
  { name: 'calls', cases: CALL_CASES, least: 100 },
];

const reason = whyNoOracle();

describe.each(SUITES)('cases of $name', ({ name, cases, least }) => {
  const record = join(import.meta.dirname, 'oracle', `${name}.recorded.txt`);

  it.skipIf(reason !== undefined)(
    `are answered by the host as recorded${reason ? ` (skipped: ${reason})` : ''}`,
    async () => {
      const answers = onHost(cases);
      const text = cases.map((one, i) => render(one, answers[i] ?? [])).join('\n');
      await expect(text).toMatchFileSnapshot(record);
    },
  );

  it('are many, each with a name of its own', () => {
    expect(cases.length).toBeGreaterThanOrEqual(least);
    expect(new Set(cases.map((one) => one.name)).size).toBe(cases.length);
  });

  it.each<readonly [string, CommandRunner | undefined]>([
    ['the kernel’s operations', undefined],
    ["the handlers of Linux's rows", callRows],
  ])('are answered by ours as recorded, through %s', (_through, run) => {
    const recorded = readFileSync(record, 'utf8').split(/\n(?=\S)/);
    const differences: string[] = [];
    for (const [i, one] of cases.entries()) {
      const ours = render(one, onOurs(one, undefined, run)).trim();
      const linux = recorded[i]?.trim();
      const isAsExpected = (ours === linux) === (one.differs === undefined);
      if (!isAsExpected) differences.push(`Linux: ${linux}\nours: ${ours}`);
    }
    expect(recorded).toHaveLength(cases.length);
    expect(differences).toEqual([]);
  });
});

it.skipIf(process.platform !== 'linux')('locks on a host directory are answered the same', () => {
  const directory = mkdtempSync(join(tmpdir(), 'locks-'));
  const client = new LocalHostClient();
  try {
    for (const [i, one] of LOCK_CASES.entries()) {
      const path = join(directory, String(i));
      mkdirSync(path);
      expect(render(one, onOurs(one, openHostDirectory(client, path)))).toBe(render(one, onOurs(one)));
    }
  } finally {
    client.close();
    rmSync(directory, { recursive: true });
  }
});

function openHostDirectory(client: LocalHostClient, path: string): HostFileSystem {
  let opened: HostFileSystem | number = 0;
  HostFileSystem.open(client, path, false, (result) => {
    opened = result;
  });
  client.poll();
  const fileSystem = opened as unknown;
  if (!(fileSystem instanceof HostFileSystem)) throw new Error(`${path}: ${fileSystem}`);
  return fileSystem;
}
