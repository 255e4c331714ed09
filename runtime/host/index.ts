// The host port of a bundle, Node's or a page's; sources that run as they are look where they are.

import { browserHost } from './browser.ts';
import { nodeHost } from './node.ts';
import type { Host } from './port.ts';

export type { Host, HostWorker, ParentPort, WorkerName } from './port.ts';

export const host: Host = (
  typeof FUSEDOS_PLATFORM === 'string'
    ? FUSEDOS_PLATFORM === 'node'
    : typeof process === 'object' && process.versions?.node
)
  ? nodeHost()
  : browserHost();
