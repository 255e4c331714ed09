/**
 * Runs compiled programs on WebAssembly under two operating-system personalities: CNK on application cores, Linux on a
 * system core.
 *
 * @module
 */

export type { SignalName } from './abi/signals.ts';
export type { PollPolicy } from './channel/layout.ts';
export type { Placement, Routes } from './core/route.ts';
export type { AbortPlace } from './core/traps.ts';
export type { Degradation } from './machine/backing.ts';
export { boot, type Machine } from './machine/boot.ts';
export { CompileError } from './machine/compile/errors.ts';
export type {
  CompileAssemblyScriptOptions,
  CompileCOptions,
  CompilerLocations,
  Sources,
} from './machine/compile/options.ts';
export type { CompiledProgram } from './machine/compile/source-compiler.ts';
export { FusedError } from './machine/errors.ts';
export type { Content, ContentSource } from './machine/fs/contents.ts';
export { Directory } from './machine/fs/directory.ts';
export type { Encoding } from './machine/fs/encodings.ts';
export { FileHandle } from './machine/fs/file-handle.ts';
export type { MachineFileSystem } from './machine/fs/index.ts';
export type { PathLike } from './machine/fs/paths.ts';
export { BigIntStats, Dirent, type StatFs, Stats } from './machine/fs/stats.ts';
export type { WatchEvent, WatchOptions } from './machine/fs/watch.ts';
export type { HereFunction, HereLibrary } from './machine/here/library.ts';
export type { HostFunction, HostImports, HostModuleFunction, HostResult } from './machine/host-functions/imports.ts';
export {
  getImportObject,
  type ImportObject,
  type ImportObjectFileSystem,
  type ImportObjectOptions,
  type ImportObjectResult,
} from './machine/import-object.ts';
export type { JobExit, JobFailure, RankExit } from './machine/job/job.ts';
export type { JobOptions, JobProgram, LineSource } from './machine/job/options.ts';
export type { JobResult } from './machine/job/run.ts';
export type { Changes, Checkpoint } from './machine/linux/checkpoint.ts';
export type { ImageSource, MachineImage, RestoreOptions, SaveOptions } from './machine/linux/image.ts';
export type { MountSource } from './machine/mounts/table.ts';
export type { HereOptions, MachineOptions, RunOptions, SpawnOptions } from './machine/options.ts';
export type { CallCount, Exit, ExitTrap } from './machine/process/exit.ts';
export type { LimitName, RunLimits } from './machine/process/limits.ts';
export { Output } from './machine/process/output.ts';
export type { GuestProcess } from './machine/process/process.ts';
export { ExitError, type RunResult } from './machine/process/result.ts';
export type { StagedContent } from './machine/process/stage.ts';
export type { StdinChunk, StdinSource } from './machine/process/stdin.ts';
export type { Program, ProgramSource } from './machine/program.ts';
export type { BatchCall, EarlierResult } from './machine/resident/batch.ts';
export { ProgramEndedError } from './machine/resident/ended-error.ts';
export type { CallOptions } from './machine/resident/export-calls.ts';
export { Library } from './machine/resident/library.ts';
export type {
  NumberArrayClass,
  ProgramMemory,
  ReadStringOptions,
  StringEncoding,
  WriteStringOptions,
} from './machine/resident/program-memory.ts';
export type { WasmValue } from './machine/values/wasm-values.ts';
export { ModuleError } from './memory/module/index.ts';
export type { CompileProgress, Diagnostic } from './toolchain/sources/messages.ts';
