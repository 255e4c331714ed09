// Entry of the worker that serves a page's OPFS to a machine: to its Linux, and to each guest that has a Linux of its own.
// Only a worker has synchronous access, and one alone may have a file open; a slow disk stalls only who asked.

import { host } from '../../host/index.ts';
import type { Doorbell } from '../../shm/doorbell.ts';
import { RingTurns } from '../ring-turns.ts';
import type { MemoryMessage } from '../server.ts';
import { browserOpfs } from './platform.ts';
import { Opfs, OpfsRequests } from './requests.ts';

/** One more client. */
export interface ServeOpfs {
  readonly type: 'serve';
  readonly client: number;
  readonly ring: SharedArrayBuffer;
  readonly doorbell: Doorbell;
  /** By which the client names memories. */
  readonly port: MessagePort;
}

export type ToOpfs =
  | ServeOpfs
  /** Closes what a client has open; answered by `stopped` when nothing of it is touched any more. */
  | { readonly type: 'stop'; readonly client: number };

export type FromOpfs =
  | { readonly type: 'stopped'; readonly client: number }
  | { readonly type: 'bug'; readonly message: string };

interface Served {
  readonly turns: RingTurns;
  readonly requests: OpfsRequests;
  readonly port: MessagePort;
}

const parent = host.parent();
const served = new Map<number, Served>();
let opfs: Opfs | undefined;

parent.onMessage((message) => {
  const received = message as ToOpfs;
  if (received.type === 'serve') serve(received);
  else stop(received.client).catch(reportBug);
});

function post(message: FromOpfs): void {
  parent.post(message);
}

function serve({ client, ring, doorbell, port }: ServeOpfs): void {
  opfs ??= new Opfs(browserOpfs());
  const requests = new OpfsRequests(opfs);
  const turns = new RingTurns(ring, doorbell, (request, payload) => requests.execute(request, payload));
  port.onmessage = ({ data }) => turns.takeMemory(data as MemoryMessage);
  served.set(client, { turns, requests, port });
  turns.serve().catch(reportBug);
}

async function stop(client: number): Promise<void> {
  const known = served.get(client);
  served.delete(client);
  known?.turns.stop();
  known?.port.close();
  await known?.requests.dispose();
  post({ type: 'stopped', client });
}

function reportBug(error: unknown): void {
  post({ type: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
