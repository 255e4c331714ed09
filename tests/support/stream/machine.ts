// One of two processes that have the ranks of a job between them: a machine, and what moves bytes between its ranks' rings and the stream
// to the other process. Its parent says what to run. Usage: node machine.mjs DIST TRANSPORT SOCKET listen|connect CORES

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Machine } from '../../../runtime/index.ts';
import type { Job } from '../../../runtime/machine/job/job.ts';
import { concatenate } from '../../../runtime/memory/concatenate.ts';
import { createByteStream, RingReader, RingWriter } from '../../../runtime/shm/byte-stream.ts';
import { encodeFrame, FRAME, FrameReader, type Header } from './frames.ts';
import type { StreamSetup } from './transport.ts';

/** Of its parent. */
export interface PartOrder {
  readonly file: string;
  readonly args: readonly string[];
  readonly firstRank: number;
  /** Ranks here, and in all. */
  readonly n: number;
  readonly size: number;
  readonly isForAll: boolean;
}

/** How its ranks ended. */
export interface PartOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Messages by sender, then receiver. */
  readonly messages: readonly (readonly number[])[];
}

/** Little, so that there is often no room. */
const RING_BYTES = 8192;

const [dist, transport, path, role, cores] = process.argv.slice(2) as [string, string, string, string, string];
const { boot }: typeof import('../../../runtime/index.ts') = await import(pathToFileURL(join(dist, 'index.js')).href);
const machine = await boot({ appCores: Number(cores) });
const server = role === 'listen' ? createServer() : undefined;
server?.listen(path);
if (server !== undefined) await once(server, 'listening');

process.on('message', (order: PartOrder | 'close') => {
  if (order === 'close') return void machine.close().then(() => process.exit(0));
  connection(server)
    .then((socket) => new Part(machine, order, socket).run())
    .then((outcome) => process.send?.(outcome));
});
process.on('disconnect', () => process.exit(1));
process.send?.('booted');

/** A stream for each job: what is left of one cannot be taken for the next one's. */
async function connection(listening: Server | undefined): Promise<Socket> {
  if (listening === undefined) {
    const socket = connect(path);
    await once(socket, 'connect');
    return socket;
  }
  const [socket] = (await once(listening, 'connection')) as [Socket];
  return socket;
}

class Part {
  readonly #machine: Machine;
  readonly #order: PartOrder;
  readonly #socket: Socket;
  readonly #setup: StreamSetup;
  readonly #inbound: readonly RingWriter[];
  /** Of what has come for each rank: the last that waits for room. */
  readonly #delivered: Promise<unknown>[];
  readonly #pumps: Promise<void>[];
  #job: Job | undefined;
  #isToEnd = false;

  constructor(owner: Machine, order: PartOrder, socket: Socket) {
    const { n, size, firstRank, isForAll } = order;
    const rings = (): SharedArrayBuffer[] => Array.from({ length: n }, () => createByteStream(RING_BYTES));
    this.#machine = owner;
    this.#order = order;
    this.#socket = socket;
    const ended = new SharedArrayBuffer(4 * (1 + size));
    this.#setup = { firstRank, inbound: rings(), outbound: rings(), ended, isForAll };
    this.#inbound = this.#setup.inbound.map(
      (ring, i) => new RingWriter(ring, () => this.#job?.wakeRank(firstRank + i)),
    );
    this.#delivered = this.#inbound.map(() => Promise.resolve());
    this.#pumps = this.#setup.outbound.map((ring, i) => this.#pump(firstRank + i, ring));
  }

  async run(): Promise<PartOutcome> {
    const { file, args, n, size, firstRank } = this.#order;
    const arriving = this.#take();
    const job = await this.#machine.startJobPart(
      [{ program: readFileSync(file), n, args }],
      process.env['PAIR_DEBUG'] ? { onOutput: (line) => console.error(line) } : {},
      {
        firstRank,
        size,
        transport: { module: pathToFileURL(transport).href, name: 'createTransport', args: [this.#setup] },
        onRankEnded: (rank) => this.#closeRings(rank - firstRank),
      },
    );
    this.#job = job;
    for (let rank = firstRank; rank < firstRank + n; rank++) job.wakeRank(rank);
    if (this.#isToEnd) job.kill();
    const [stdout, stderr, exit] = await Promise.all([
      textOf(job.output('stdout')),
      textOf(job.output('stderr')),
      job.exit,
    ]);
    job.freeOutput();
    if (exit.exitCode !== 0) this.#tell(FRAME.failed, firstRank);
    await Promise.all(this.#pumps);
    this.#socket.end();
    await arriving;
    return { exitCode: exit.exitCode, stdout, stderr, messages: exit.traffic.messages };
  }

  /** What a rank sends, until it has ended. */
  async #pump(rank: number, ring: SharedArrayBuffer): Promise<void> {
    const outbound = new RingReader(ring, () => this.#job?.wakeRank(rank));
    const frames = new FrameReader();
    for (let piece = await outbound.next(); piece.length > 0; piece = await outbound.next()) {
      const far = this.#deliver(frames.push(piece));
      if (far.length > 0 && !this.#socket.write(concatenate(far))) await once(this.#socket, 'drain');
    }
    this.#noteEnd(rank);
    this.#tell(FRAME.ended, rank);
  }

  /** What the other process sends, until its ranks have ended. */
  async #take(): Promise<void> {
    const frames = new FrameReader();
    for await (const piece of this.#socket as AsyncIterable<Uint8Array>) {
      this.#deliver(frames.push(piece));
    }
  }

  #end(): void {
    this.#isToEnd = true;
    this.#job?.kill();
  }

  /** Gives each rank of this process what is for it. @returns what is for others */
  #deliver(frames: Iterable<readonly [Header, Uint8Array]>): Uint8Array[] {
    const far: Uint8Array[] = [];
    const near = this.#inbound.map((): Uint8Array[] => []);
    for (const [header, frame] of frames) {
      if (header.kind === FRAME.ended) this.#noteEnd(header.source);
      else if (header.kind === FRAME.failed) this.#end();
      else (near[header.to - this.#order.firstRank] ?? far).push(frame);
    }
    for (const [index, parts] of near.entries()) {
      if (parts.length === 0) continue;
      const bytes = concatenate(parts);
      const inbound = this.#inbound[index] as RingWriter;
      this.#delivered[index] = (this.#delivered[index] as Promise<unknown>).then(() => inbound.writeAll(bytes));
    }
    return far;
  }

  #tell(kind: number, source: number): void {
    this.#socket.write(encodeFrame({ to: 0, kind, source, context: 0, tag: 0, bytes: 0, id: 0, address: 0 }));
  }

  #noteEnd(rank: number): void {
    const words = new Int32Array(this.#setup.ended);
    Atomics.store(words, 1 + rank, 1);
    Atomics.add(words, 0, 1);
    const { firstRank, n } = this.#order;
    for (let each = firstRank; each < firstRank + n; each++) this.#job?.wakeRank(each);
  }

  /** What the rank has sent goes on; what is for it is lost. */
  #closeRings(index: number): void {
    new RingWriter(this.#setup.outbound[index] as SharedArrayBuffer).close();
    new RingReader(this.#setup.inbound[index] as SharedArrayBuffer).close();
  }
}

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of source) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
