// `fusedos daemon`: tells of the compile daemons of this user, or ends them. They are started by `fusedos cc`.

import { describeDaemon, stopDaemon } from '../toolchain/daemon/client.ts';
import { listSockets } from '../toolchain/daemon/place.ts';
import { createCommand, parse } from './command-line.ts';
import { usageError } from './status.ts';
import { OutputPump } from './streams.ts';

const AFTER = `
Commands:
  status                tell whether one runs, and what it is at (the default)
  stop                  end it, and what it is compiling: that is then compiled without it

The compiler is loaded once, by a process in the background that the first fusedos cc starts: it ends by itself when
nobody has asked for three minutes (FUSEDOS_DAEMON_IDLE: seconds). With FUSEDOS_DAEMON=off each fusedos cc loads
its own.
`;

export async function daemon(args: readonly string[]): Promise<number> {
  const command = createCommand({
    name: 'fusedos daemon',
    usage: '[status | stop]',
    description: 'The compiler that waits in the background for the next fusedos cc.',
    after: AFTER,
  })
    .argument('[COMMAND]')
    .argument('[ARGS...]')
    .helpCommand(false);
  if (!parse(command, args)) return 0;
  const [action = 'status', ...rest] = command.args;
  if (rest.length > 0) usageError(`${action} takes no arguments`);
  if (action !== 'status' && action !== 'stop') usageError(`there is no command ${action}`);
  const lines = action === 'status' ? await status() : await stop();
  const text = lines.length === 0 ? ['no daemon runs'] : lines;
  await new OutputPump(process.stdout, true).write(`${text.join('\n')}\n`).catch(() => {});
  return 0;
}

async function status(): Promise<string[]> {
  const found = await Promise.all(listSockets().map(describeDaemon));
  return found.flatMap((daemon) => {
    if (daemon === undefined) return [];
    const { pid, version, workers, running, waiting, done, residentBytes, startedMs } = daemon;
    const minutes = Math.floor((Date.now() - startedMs) / 60_000);
    const memory = `${Math.round(residentBytes / 2 ** 20)} MiB`;
    const work = `${running} running, ${waiting} waiting, ${done} done`;
    return [`fusedos ${version}, process ${pid}, for ${minutes} min: ${workers} workers, ${work}, ${memory}`];
  });
}

async function stop(): Promise<string[]> {
  const stopped = await Promise.all(listSockets().map(stopDaemon));
  return stopped.includes(true) ? ['ended'] : [];
}
