// Entry of the system core: wires the Linux personality to the channel's server, to the booting thread's messages, and to
// the worker that serves host directories.

import {
  Linux,
  type LinuxError,
  type Process,
  type ProcessSpec,
  type SyscallContext,
} from '../../../personalities/linux/index.ts';
import { TABLE } from '../../abi/table.ts';
import { type Control, ringDoorbell, ringSlot, viewControl } from '../../channel/layout.ts';

import { Server } from '../../channel/server.ts';
import type { ClientWork, Service } from '../../channel/service.ts';
import { type HostClient, RingHostClient } from '../../files/client.ts';
import { GuestThreadClient } from '../../files/guest-thread/client.ts';
import { host } from '../../host/index.ts';
import { GuestMemory } from '../../memory/guest-memory.ts';
import { ProcessBlock } from '../../process/block.ts';
import { tidOn } from '../../process/thread-cores.ts';
import { describeError } from '../errors.ts';
import type { FromLinux, HostRequestError, LinuxCore, ToLinux } from '../messages.ts';
import { mountSource } from '../mounts/sources.ts';
import { fillRandom, linuxClock, openStdio } from './parts.ts';

interface Entry {
  readonly process: Process;
  /** Of its threads' cores. */
  readonly contexts: readonly SyscallContext[];
  readonly block: ProcessBlock;
}

const parent = host.parent();
const entries = new Map<number, Entry>();
/** Processes whose directories are still looked for, and how they were ended meanwhile. */
const starting = new Map<number, number | undefined>();
/** Ended processes whose memory a host directory may still write to. */
const unreleased = new Set<Entry>();
let control: Control;
let linux: Linux;
let server: Server<SyscallContext>;
let service: Service<SyscallContext> & { work?: ClientWork<SyscallContext> };
let hostDirectories: GuestThreadClient | undefined;
let volumes: RingHostClient | undefined;
let opfs: RingHostClient | undefined;

let received = 0;
parent.onMessage((message) => {
  received++;
  if ((message as ToLinux).type !== 'boot') server.look();
  receive(message as ToLinux);
  // A turn of the event loop may have been too early for a message that was announced: the server looks again.
  ringDoorbell(control);
});

function post(message: FromLinux): void {
  parent.post(message);
}

function receive(message: ToLinux): void {
  switch (message.type) {
    case 'boot':
      return boot(message);
    case 'spawn':
      return spawn(message);
    case 'end': {
      const entry = entries.get(message.pid);
      if (entry !== undefined) linux.end(entry.process, message.waitStatus);
      else if (starting.has(message.pid)) starting.set(message.pid, message.waitStatus);
      return;
    }
    case 'host-directories':
      hostDirectories = new GuestThreadClient(new RingHostClient(message.port, message.ring), message.notes);
      service.work = hostWork(hostDirectories);
      return;
    case 'opfs':
      opfs = new RingHostClient(message.port, message.ring);
      return;
    case 'volumes':
      volumes = new RingHostClient(
        { postMessage: (memory) => post({ type: 'volume-memory', message: memory }) },
        message.ring,
      );
      return;
    case 'mount':
      return mount(message);
    case 'unmount':
      return unmount(message);
    case 'fs':
      return linux.request(message.operation, message.args, (outcome) => {
        if ('error' in outcome) refuse(message.id, outcome.error);
        else post({ type: 'answer', id: message.id, value: outcome.value });
      });
    case 'shutdown':
      hostDirectories?.close();
      volumes?.close();
      opfs?.close();
      server.stop();
  }
}

function boot(message: Extract<ToLinux, { type: 'boot' }>): void {
  control = viewControl(message.control);
  linux = new Linux({
    clock: linuxClock(message.epochMs),
    isPolled: true,
    random: fillRandom,
    quotaBytes: message.quotaBytes,
    machine: message.machine,
    onExit: (process, waitStatus) => exited(process, waitStatus),
    onBug: reportBug,
  });
  service = {
    handlers: linux.handlers,
    takeRunnable: () => linux.takeRunnable(),
    begins: (context: SyscallContext) => linux.begins(context),
    refused: (context: SyscallContext, errno: number) => linux.refused(context, errno),
    interrupt: (context: SyscallContext) => linux.interrupt(context),
    completed: (context: SyscallContext) => linux.completed(context),
    poll: () => {
      if (hostDirectories !== undefined || volumes !== undefined || opfs !== undefined) pollClients();
      return linux.poll();
    },
  };
  server = new Server(control, TABLE, service, {
    ended: (context, waitStatus) => linux.end(context.process, waitStatus),
    bug: (error, context, call) => reportBug(`pid ${context.process.pid}, ${call}: ${describeError(error)}`),
  });
  post({ type: 'ready' });
  server.serve(host.turn, () => received).catch((error: unknown) => reportBug(describeError(error)));
}

function spawn({
  cores,
  block: number,
  process: spec,
  memory,
  isHere,
  limits,
}: Extract<ToLinux, { type: 'spawn' }>): void {
  const block = new ProcessBlock(control, number);
  const { pid } = spec;
  const request: ProcessSpec = {
    pid,
    args: spec.args,
    env: spec.env,
    cwd: spec.cwd,
    descriptors: block.descriptors(limits.openFiles),
    limits: {
      ...(limits.storage === undefined ? {} : { storage: limits.storage }),
      onRefused: (limit) => block.refuse(limit),
    },
    stdio: openStdio(spec, isHere ? () => ringEach(cores) : () => {}),
    terminals: spec.terminals,
    preopens: spec.preopens,
  };
  starting.set(pid, undefined);
  linux.spawn(request, (outcome) => {
    const waitStatus = starting.get(pid);
    starting.delete(pid);
    if ('error' in outcome) {
      const { code, message } = outcome.error;
      return post({ type: 'refused', pid, error: { code, message } });
    }
    const { process } = outcome;
    const own = memory ?? new WebAssembly.Memory({ initial: 0, maximum: 0 });
    const contexts = cores.map(({ slot, hostWork }) => {
      const context = linux.attach(process, new GuestMemory(own, block.memoryPages), () => tidOn(control, slot));
      if (hostWork !== undefined) {
        hostDirectories?.attach(context, hostWork.ring, (bytes) => bytes === context.memory.bytes);
      }
      server.attach(slot, context);
      return context;
    });
    entries.set(pid, { process, contexts, block });
    if (isHere) post({ type: 'started', pid });
    if (waitStatus !== undefined) linux.end(process, waitStatus);
  });
}

/** Wakes those who wait on cores. */
function ringEach(cores: readonly LinuxCore[]): void {
  for (const { slot } of cores) ringSlot(control, slot);
}

/** A process has ended, whoever ended it: its guest must leave, its mailbox be idle, its memory be let go. */
function exited(process: Process, waitStatus: number): void {
  const entry = entries.get(process.pid);
  if (entry === undefined) return;
  entries.delete(process.pid);
  entry.block.end(waitStatus);
  for (const context of entry.contexts) {
    server.detach(context);
    hostDirectories?.detach(context);
  }
  if (isMemoryUsed(entry)) unreleased.add(entry);
  else post({ type: 'released', pid: process.pid });
}

/** Requests on host directories that the guests' own threads carry out. */
function hostWork(client: GuestThreadClient): ClientWork<SyscallContext> {
  return {
    begin: () => client.begin(),
    announce: (context) => client.announce(context),
    announceLast: (context) => client.announceLast(context),
    done: (context) => {
      client.answered(context);
      return linux.takeBack(context);
    },
  };
}

/** Whether requests that are not answered name the process's memory. */
function isMemoryUsed({ contexts }: Entry): boolean {
  return [hostDirectories, volumes, opfs].some((client) =>
    contexts.some((context) => (client?.busyFor(context) ?? 0) > 0),
  );
}

function pollClients(): void {
  hostDirectories?.poll();
  volumes?.poll();
  opfs?.poll();
  for (const entry of unreleased) {
    if (isMemoryUsed(entry)) continue;
    unreleased.delete(entry);
    post({ type: 'released', pid: entry.process.pid });
  }
}

function mount({ id, mount: what }: Extract<ToLinux, { type: 'mount' }>): void {
  const clients = {
    host: () => started(hostDirectories),
    volumes: () => started(volumes),
    opfs: () => started(opfs),
  };
  mountSource(linux, what, clients, (error) => {
    if (error === undefined) post({ type: 'answer', id, value: undefined });
    else refuse(id, error);
  });
}

function started(client: HostClient | undefined): HostClient {
  if (client === undefined) throw new Error('a mount before what serves it');
  return client;
}

function unmount({ id, path }: Extract<ToLinux, { type: 'unmount' }>): void {
  linux.requestUnmount(path, (outcome) => {
    if ('error' in outcome) refuse(id, outcome.error);
    else post({ type: 'answer', id, value: undefined });
  });
}

/** An error's own properties do not survive a structured clone: they are sent by name. */
function refuse(id: number, { message, code, errno, syscall, path }: LinuxError): void {
  post({ type: 'answer', id, error: { message, code, errno, syscall, path } satisfies HostRequestError });
}

function reportBug(message: string): void {
  post({ type: 'bug', message });
}
