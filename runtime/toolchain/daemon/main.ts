/**
 * Entry of the compile daemon, built to `compile-daemon.js`. Started by a client (`client.ts`) with its place as the one argument.
 */
import type { DaemonPlace } from './place.ts';
import { CompileDaemon } from './server.ts';

/** How long a daemon stays when nobody asks. */
const IDLE_MS = 180_000;

const place = JSON.parse(process.argv[2] ?? '') as DaemonPlace;
const asked = Number(process.env['FUSEDOS_DAEMON_IDLE']);

process.title = 'fusedos-daemon';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(0));
// A bug of ours ends the daemon; its clients then compile themselves.
await new CompileDaemon(place, asked > 0 ? asked * 1000 : IDLE_MS).listen();
