// The rows of Linux's calls, module `wali`: named and typed as the WebAssembly Linux Interface does (and musl's port of ours, whose
// stubs are generated from them), so every call of Linux's has a 64-bit result, which core/narrow makes of a number.
// Pointers and sizes have 32 bits, offsets and `long` 64, which handlers take as numbers. Read through table.ts.
// See: arjunr2/WALI, spec.

import type { Abi } from '../row.ts';
import { CORE_ROWS } from './core-rows.ts';
import { FILE_ROWS } from './file-rows.ts';
import { LATER_ROWS } from './later-rows.ts';
import { PROCESS_ROWS } from './process-rows.ts';
import { SUPPORT_ROWS } from './support-rows.ts';

export const LINUX_ROWS = [...FILE_ROWS, ...PROCESS_ROWS, ...CORE_ROWS, ...LATER_ROWS, ...SUPPORT_ROWS] as const;

/** An error is its number below zero, as the kernel returns it. */
export const LINUX: Abi = { rows: LINUX_ROWS, encodeError: (errno) => -errno };
