// Files that a run stages into its process (see personalities/cnk/files): what a user may give, checked on the booting thread
// and made into what is sent to the core, where stage-loading makes files of it.

import { findRow } from '../../abi/table.ts';
import type { Placement, Routes } from '../../core/route.ts';
import type { StagedFileMessage } from '../messages.ts';
import { checkArray, checkString, invalidOption, invalidType } from '../values/arguments.ts';
import { type Readers, readOptions, readText } from '../values/option-readers.ts';
import { bytesOf } from './stdin.ts';

/** The contents of a staged file, or a module of the user's that makes its `Fd`s. */
export type StagedContent =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | {
      /** An absolute URL, which the core's worker imports. */
      readonly module: URL | string;
      /** A function or class of it that gives an `Fd` of @bjorn3/browser_wasi_shim, called each time the file is opened. */
      readonly export: string;
      /** Its arguments; whatever a structured clone keeps. */
      readonly args?: readonly unknown[];
    };

interface StageOptions {
  readonly stage?: Readonly<Record<string, StagedContent>>;
  readonly placement?: Placement;
  readonly route?: Routes;
}

/**
 * What to send to the core for the option `stage`: copies, so that the caller may go on with its own.
 *
 * Errors: ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, with the file that is wrong and why.
 */
export function stagedMessages({ stage = {}, placement, route }: StageOptions): StagedFileMessage[] {
  const entries = Object.entries(stage);
  if (entries.length === 0) return [];
  if (placement !== undefined && placement !== 'cnk') {
    throw invalid(`files are staged into the placement cnk, not ${placement}`);
  }
  for (const [call, personality] of Object.entries(route ?? {})) {
    if (personality !== 'linux' || findRow('wasi_snapshot_preview1', call)?.home === 'cnk') continue;
    throw invalid(`route ${call}=linux would hide staged files from the program`);
  }
  const messages = entries.map(([path, content]) => stagedMessage(path, content));
  const paths = new Set(messages.map(({ path }) => path));
  if (paths.size < messages.length) throw invalid('a path is there twice');
  for (const path of paths) {
    const above = [...paths].find((other) => path.startsWith(`${other}/`));
    if (above !== undefined) throw invalid(`${path} cannot be there, since ${above} is a file`);
  }
  return messages;
}

/** Contents that a module makes. */
type StagedModuleOption = Extract<StagedContent, { readonly module: unknown }>;

const MODULE: Readers<StagedModuleOption> = {
  module: (name, value) => {
    if (typeof value !== 'string' && !(value instanceof URL)) {
      throw invalidType(name, 'of type string or an instance of URL', value);
    }
    return value;
  },
  export: readText,
  args: (name, value) => {
    checkArray(name, value);
    return value;
  },
};

function stagedMessage(path: string, content: StagedContent): StagedFileMessage {
  const names = path.split('/').slice(1);
  const isPlain = path.startsWith('/') && names.every((name) => name !== '' && name !== '.' && name !== '..');
  if (!isPlain || path.includes('\0')) throw invalid(`${JSON.stringify(path)} is not an absolute path of a file`);
  const bytes = bytesOf(content);
  if (bytes !== undefined) return { path, bytes: new Uint8Array(bytes) };
  const option = `options.stage[${JSON.stringify(path)}]`;
  const { module, export: name, args } = readOptions<Partial<StagedModuleOption>>(option, content, MODULE);
  checkString(`${option}.export`, name);
  if (!URL.canParse(String(module))) {
    throw invalid(
      `the module of ${path} is ${String(module)}; it must be an absolute URL, as import.meta.resolve gives`,
    );
  }
  return { path, module: String(module), name, args: cloneArguments(path, args ?? []) };
}

function cloneArguments(path: string, args: readonly unknown[]): readonly unknown[] {
  try {
    return structuredClone(args);
  } catch (error) {
    throw Object.assign(invalid(`the arguments of ${path} cannot be sent to a worker`), { cause: error });
  }
}

function invalid(reason: string): TypeError {
  return invalidOption('options.stage', reason);
}
