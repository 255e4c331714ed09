// Entry of the worker that serves host directories, so that a slow disk stalls nobody else. It waits for one message, a
// ServerSetup, and then serves until the client closes; it does not return to its event loop before.

import { host } from '../../host/index.ts';
import { type ServerSetup, serveHostDirectories } from '../server.ts';

const parent = host.parent();
parent.onMessage((message) => {
  const setup = message as ServerSetup;
  // Nobody prints these errors' stacks, and to make them costs more than most requests.
  Error.stackTraceLimit = 0;
  serveHostDirectories(setup, (error) => parent.post({ bug: String(error) }));
  setup.port.close();
  parent.post({ closed: true });
});
