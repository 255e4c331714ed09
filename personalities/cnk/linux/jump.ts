// setjmp and longjmp as programs of the Linux Interface for WebAssembly import them. A place can be named, and most programs name one
// for errors that never come; none can be jumped to.

import { Signal } from '../../../runtime/abi/signals.ts';
import type { CoreHandlers } from './context.ts';

export const setjmp: CoreHandlers['setjmp'] = () => 0;

export const sigsetjmp: CoreHandlers['sigsetjmp'] = () => 0;

export const longjmp: CoreHandlers['longjmp'] = ({ raise }) =>
  raise(
    Signal.SIGABRT,
    'the program called wali.longjmp, which cannot leave WebAssembly: build it with setjmp as exceptions',
  );
