// Chooses the host port once, at load: the same bundle runs in Node and in a page.

import { browserHost } from './browser.ts';
import { nodeHost } from './node.ts';
import type { Host } from './port.ts';

export type { Host, HostWorker, ParentPort, WorkerName } from './port.ts';

export const host: Host = typeof process === 'object' && process.versions?.node ? nodeHost() : browserHost();
