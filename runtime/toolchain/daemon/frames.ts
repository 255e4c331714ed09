/**
 * What passes through a daemon's socket: frames of a length, a kind and bytes. Both ends are the same version (`place.ts`), but for `status` and
 * `stop`, which stay as they are.
 *
 *     0        4      5
 *     | length | kind | length bytes: a chunk, or JSON
 */
import type { Socket } from 'node:net';
import type { Tool } from '../driver.ts';

export type FrameKind =
  | 'compile'
  | 'status'
  | 'stop'
  | 'stdout'
  | 'stderr'
  | 'exited'
  | 'failed'
  | 'refused'
  | 'described';

/** Never renumbered. */
const KINDS: readonly FrameKind[] = [
  'status',
  'stop',
  'described',
  'compile',
  'stdout',
  'stderr',
  'exited',
  'failed',
  'refused',
];

const HEADER = 5;
/** No frame of ours is longer; what claims to be is not ours. */
const LONGEST = 2 ** 30;

/** What a client asks for. Chunks and answers are bytes. */
export interface CompileOrder {
  readonly tool: Tool;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What the client sees as its root and its directory: a daemon that sees others, in another container, must not serve it. */
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly isTerminal: boolean;
  readonly launcher: string | undefined;
  /** In base64; undefined: nothing reads it. */
  readonly stdin: string | undefined;
}

/** What `fusedos daemon status` is told. */
export interface DaemonDescription {
  readonly pid: number;
  readonly version: string;
  readonly workers: number;
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
  readonly residentBytes: number;
  readonly startedMs: number;
}

export function send(socket: Socket, kind: FrameKind, content: Uint8Array | object = new Uint8Array()): boolean {
  const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content));
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(bytes.length, 0);
  header.writeUInt8(KINDS.indexOf(kind), 4);
  socket.cork();
  socket.write(header);
  const hasRoom = socket.write(bytes);
  socket.uncork();
  return hasRoom;
}

/** Gives a socket's frames to a function; what is no frame destroys the socket. */
export function onFrames(socket: Socket, receive: (kind: FrameKind, bytes: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER) {
      const length = pending.readUInt32LE(0);
      const kind = KINDS[pending.readUInt8(4)];
      if (kind === undefined || length > LONGEST) {
        socket.destroy();
        return;
      }
      if (pending.length < HEADER + length) return;
      const bytes = pending.subarray(HEADER, HEADER + length);
      pending = pending.subarray(HEADER + length);
      receive(kind, bytes);
    }
  });
}
