/**
 * Runs compiled programs on WebAssembly under two operating-system personalities: CNK on application cores, Linux on a
 * system core.
 *
 * @module
 */

export type { SignalName } from './abi/signals.ts';
export { boot, type Machine } from './boot/boot.ts';
export type { BatchCall, EarlierResult } from './boot/calls/batch.ts';
export { ProgramEndedError } from './boot/calls/ended-error.ts';
export type {
  NumberArrayClass,
  ProgramMemory,
  ReadStringOptions,
  StringEncoding,
  WriteStringOptions,
} from './boot/calls/program-memory.ts';
export type { Changes, Checkpoint } from './boot/checkpoint.ts';
export { CompileError } from './boot/compile/errors.ts';
export type {
  CompileAssemblyScriptOptions,
  CompileCOptions,
  CompilerLocations,
  Sources,
} from './boot/compile/options.ts';
export type { CompiledProgram } from './boot/compile/source-compiler.ts';
export type { Degradation } from './boot/degradation.ts';
export { FusedError } from './boot/errors.ts';
export type { CallOptions } from './boot/export-calls.ts';
export type { MachineFileSystem } from './boot/file-system.ts';
export type { Content, ContentSource } from './boot/fs/contents.ts';
export { Directory } from './boot/fs/directory.ts';
export type { Encoding } from './boot/fs/encodings.ts';
export { FileHandle } from './boot/fs/file-handle.ts';
export type { PathLike } from './boot/fs/paths.ts';
export { BigIntStats, Dirent, type StatFs, Stats } from './boot/fs/stats.ts';
export type { WatchEvent, WatchOptions } from './boot/fs/watch.ts';
export type { HereFunction, HereLibrary } from './boot/here/here-library.ts';
export type { HostFunction, HostImports, HostModuleFunction, HostResult } from './boot/host-functions/imports.ts';
export type { ImageSource, MachineImage, RestoreOptions, SaveOptions } from './boot/image.ts';
export {
  getImportObject,
  type ImportObject,
  type ImportObjectFileSystem,
  type ImportObjectOptions,
  type ImportObjectResult,
} from './boot/import-object.ts';
export { Library } from './boot/library-handle.ts';
export type { LimitName, RunLimits } from './boot/limits.ts';
export type { MountSource } from './boot/mounts.ts';
export type { HereOptions, MachineOptions, RunOptions, SpawnOptions } from './boot/options.ts';
export { Output } from './boot/output.ts';
export type { CallCount, Exit, ExitTrap, GuestProcess } from './boot/process.ts';
export type { Program, ProgramSource } from './boot/program.ts';
export { ExitError, type RunResult } from './boot/result.ts';
export type { StagedContent } from './boot/stage.ts';
export type { StdinChunk, StdinSource } from './boot/stdin.ts';
export type { WasmValue } from './boot/wasm-values.ts';
export type { PollPolicy } from './channel/layout.ts';
export type { Placement, Routes } from './core/route.ts';
export type { AbortPlace } from './core/traps.ts';
export { ModuleError } from './memory/module/index.ts';
export type { CompileProgress, Diagnostic } from './toolchain/sources/messages.ts';
