// A worker that serves OPFS in memory, as runtime/host/opfs-worker serves the platform's: so that a test can run a guest's
// calls one after the other while promises settle elsewhere. Each tab has a table of open files of its own.

import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Opfs, OpfsRequests } from '../../../runtime/files/opfs/requests.ts';
import { RingTurns } from '../../../runtime/files/ring-turns.ts';
import type { MemoryMessage } from '../../../runtime/files/server.ts';
import type { Doorbell } from '../../../runtime/shm/doorbell.ts';
import { type FakeFeatures, FakeStore, FakeTab } from './fake-opfs.ts';

export type ToFake =
  | {
      readonly type: 'serve';
      readonly client: number;
      readonly tab: number;
      readonly ring: SharedArrayBuffer;
      readonly doorbell: Doorbell;
      readonly port: MessagePort;
    }
  | { readonly type: 'stop'; readonly client: number }
  | { readonly type: 'crash'; readonly tab: number }
  | { readonly type: 'set'; readonly quota?: number; readonly watched?: readonly string[] }
  | { readonly type: 'look' };

/** The answer to every message, when it was done. */
export interface FakeState {
  readonly tree: Record<string, string | undefined>;
  readonly handles: number;
  readonly absences: number;
  readonly bugs: readonly string[];
}

const store = new FakeStore(workerData as FakeFeatures);
const tabs = new Map<number, { readonly platform: FakeTab; readonly opfs: Opfs }>();
const clients = new Map<
  number,
  { readonly turns: RingTurns; readonly requests: OpfsRequests; readonly port: MessagePort }
>();
const bugs: string[] = [];

function tabOf(number: number): { readonly platform: FakeTab; readonly opfs: Opfs } {
  const known = tabs.get(number);
  if (known !== undefined) return known;
  const platform = new FakeTab(store, number);
  const tab = { platform, opfs: new Opfs(platform) };
  tabs.set(number, tab);
  return tab;
}

async function receive(message: ToFake): Promise<void> {
  switch (message.type) {
    case 'serve': {
      const { ring, doorbell, port } = message;
      const requests = new OpfsRequests(tabOf(message.tab).opfs);
      const turns = new RingTurns(ring, doorbell, (request, payload) => requests.execute(request, payload));
      port.on('message', (memory: MemoryMessage) => turns.takeMemory(memory));
      clients.set(message.client, { turns, requests, port });
      turns.serve().catch((error: unknown) => bugs.push(String(error)));
      return;
    }
    case 'stop': {
      const client = clients.get(message.client);
      clients.delete(message.client);
      client?.turns.stop();
      client?.port.close();
      await client?.requests.dispose();
      return;
    }
    case 'crash':
      tabs.get(message.tab)?.platform.crash();
      tabs.delete(message.tab);
      return;
    case 'set':
      if (message.quota !== undefined) store.quota = message.quota;
      if (message.watched !== undefined) store.watched = message.watched;
      return;
    case 'look':
      // Nobody waits for the removal of what is closed, so it may be under way.
      await Promise.all([...tabs.values()].map(({ opfs }) => opfs.settle()));
  }
}

parentPort?.on('message', async (message: ToFake) => {
  await receive(message).catch((error: unknown) => bugs.push(String(error)));
  const { handles, absences } = store;
  parentPort?.postMessage({ tree: store.tree(), handles, absences, bugs } satisfies FakeState);
});
