// Mounting and unmounting for the machine's embedder, as steps: where a mount stands inside of a file system that takes
// time (a tmpfs below a directory of the host), the walk to it has to wait.
// See: mount(2), umount(2); vfs/mounts, the table.

import { Errno } from '../../../runtime/abi/errno.ts';
import { attempt, pause, type Steps } from '../kernel/block.ts';
import type { SyscallContext } from '../kernel/context.ts';
import { LinuxError } from '../kernel/error.ts';
import type { MountSpec } from '../options.ts';
import { find, setMode } from '../syscalls/attributes.ts';
import { mkdirAt } from '../syscalls/links.ts';
import type { Mount, MountNamespace } from '../vfs/mounts.ts';
import { FOLLOW } from '../vfs/walk.ts';
import { call, makeDirectories } from './steps.ts';

const TEMPORARY = '/tmp';
const SHARED_MODE = 0o1777;
const ANSWERS_NS = 1e9;
const LOOK_NS = 1e6;

/**
 * Mounts in a namespace; makes the directory, and those above it, where they are missing.
 *
 * Errors (LinuxError): EBUSY, the file system is mounted already; ENOTDIR; EROFS, the directory cannot be made; those of the
 * walk.
 */
export function* mountSteps(ctx: SyscallContext, namespace: MountNamespace, spec: MountSpec): Steps<void> {
  const { path, fileSystem, readOnly } = spec;
  yield* makeDirectories(ctx, path);
  const start = { namespace, root: namespace.root };
  yield* call(ctx, 'mount', path, () => {
    const result = ctx.walk.toInode(ctx, start, namespace.root, path, FOLLOW);
    return result < 0 ? result : namespace.mount(ctx.walk.inode, fileSystem, readOnly, path);
  });
}

/**
 * Puts a file system in the place of the tree in memory, before any process but the kernel's own begins: what was mounted is
 * mounted in it again. The directories for that, and /tmp, are made where they are missing.
 *
 * Errors (LinuxError): those of mountSteps.
 */
export function* rootSteps(ctx: SyscallContext, namespace: MountNamespace, spec: Omit<MountSpec, 'path'>): Steps<void> {
  const { process } = ctx;
  const mounts = [...namespace.mounts].filter(({ covered }) => covered !== undefined);
  for (const mount of mounts.toReversed()) namespace.unmount(mount);
  namespace.replaceRoot(spec.fileSystem, spec.readOnly);
  process.root = namespace.root;
  process.changeDirectory(namespace.root);
  for (const { path, fileSystem, isReadOnly } of mounts) {
    yield* mountSteps(ctx, namespace, { path, fileSystem, readOnly: isReadOnly });
  }
  const made = yield* attempt(ctx, () => mkdirAt(ctx, process.root, TEMPORARY, SHARED_MODE, 0));
  if (made === -Errno.EEXIST) return;
  if (made < 0) throw new LinuxError(-made, 'mkdir', TEMPORARY);
  yield* call(ctx, 'chmod', TEMPORARY, () => {
    const result = find(ctx, process.root, TEMPORARY, FOLLOW);
    return result < 0 ? result : setMode(ctx, ctx.walk.inode, SHARED_MODE);
  });
}

/**
 * Takes the latest mount at a path out of a namespace. The path is the one that it was mounted by: nothing is walked, so
 * nothing that guests do to links and names leads elsewhere.
 *
 * Errors (LinuxError): EINVAL, nothing was mounted by that path; EBUSY, something in it is open, a working directory or
 * mounted on, or a call is under way in it.
 */
export function unmount(namespace: MountNamespace, path: string): Mount {
  const mount = idleMount(namespace, path);
  if (mount === undefined) throw new LinuxError(Errno.EBUSY, 'umount', path);
  namespace.unmount(mount);
  return mount;
}

/**
 * As `unmount`, but waits for the answers that calls have asked for: those of a guest that was killed come after its end. So does a
 * process that was killed while it started: until it has started, it may hold its working directory.
 *
 * @param isStarting whether a process starts
 *
 * Errors (LinuxError): as unmount; EBUSY also when calls are under way for a second.
 */
export function* unmountSteps(
  ctx: SyscallContext,
  namespace: MountNamespace,
  path: string,
  isStarting: () => boolean,
): Steps<Mount> {
  const { clock } = ctx.kernel;
  // The embedder may know of a guest's end before we do: what was posted before is served first.
  yield* pause(ctx);
  const endNs = clock.monotonicNs() + ANSWERS_NS;
  for (;;) {
    const nowNs = clock.monotonicNs();
    const mayBeLetGo = isStarting() && (namespace.latestAt(path)?.fileSystem.holds ?? 0) > 0;
    if (nowNs >= endNs || (!mayBeLetGo && idleMount(namespace, path) !== undefined)) return unmount(namespace, path);
    ctx.waitUntil(nowNs + LOOK_NS);
    yield;
  }
}

/** The latest mount at a path if no call is under way in it. Errors (LinuxError): EINVAL; EBUSY, something holds it. */
function idleMount(namespace: MountNamespace, path: string): Mount | undefined {
  const mount = namespace.latestAt(path);
  if (mount === undefined) throw new LinuxError(Errno.EINVAL, 'umount', path);
  const { fileSystem } = mount;
  if ((fileSystem.holds ?? 0) > 0) throw new LinuxError(Errno.EBUSY, 'umount', path);
  return fileSystem.isBusy?.() === true ? undefined : mount;
}

/** Runs steps that must not wait. Errors (LinuxError): EAGAIN, they would. */
export function runNow<Result>(steps: Steps<Result>, name: string, path: string): Result {
  const step = steps.next();
  if (step.done === true) return step.value;
  throw new LinuxError(Errno.EAGAIN, name, path);
}
