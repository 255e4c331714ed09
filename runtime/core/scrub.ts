// Zeroes a memory that another guest had. Most of it was never touched: a page is read first and filled only when it is
// not zero, so that untouched pages stay unmapped. Done by an idle core, or by the core whose guest gets the memory next.

import { PAGE_BYTES, realPages } from '../memory/pages.ts';

/**
 * (module (import "m" "m" (memory 0 65536 shared))
 *   (func (export "scrub") (param $at i32) (param $end i32)
 *     for each 4096 bytes of [at, end): or them together, 64 a step; memory.fill them with 0 when any bit is set))
 */
const SCRUB_MODULE =
  'AGFzbQEAAAABBgFgAn9/AAILAQFtAW0CAwCAgAQDAgEABwkBBXNjcnViAAAKfgF8AgF/AXsDQCAAIAFPBEAPCyAAQYAgaiEC/QwAAAAA' +
  'AAAAAAAAAAAAAAAAIQMDQCADIAD9AAQA/VAgAP0ABBD9UCAA/QAEICAA/QAEMP1Q/VAhAyAAQcAAaiEAIAAgAkcNAAsgA/1TBEAgAkGA' +
  'IGtBAEGAIPwLAAsMAAsACw==';

let compiled: WebAssembly.Module | undefined;

export function scrub(memory: WebAssembly.Memory): void {
  const end = realPages(memory) * PAGE_BYTES;
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(SCRUB_MODULE), (character) => character.charCodeAt(0)));
  const instance = new WebAssembly.Instance(compiled, { m: { m: memory } });
  (instance.exports['scrub'] as (at: number, end: number) => void)(0, end);
}
