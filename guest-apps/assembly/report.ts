// What every kernel shares: the clock and the report, the last line that a kernel prints, in the shape of
// guest-apps/c/report.h. The host gives console.log, performance.now and abort, nothing else. Kernels export their
// inner functions: an exported one is not inlined, so that an engine can swap in optimised code between calls.

/** Seconds since some fixed moment. */
export function secondsNow(): f64 {
  return performance.now() * 1e-3;
}

/** Whether to repeat once more: three times at least, and long enough for an engine to reach its optimised code. */
export function repeatMore(done: i32, began: f64): bool {
  return done < 3 || secondsNow() - began < 0.25;
}

/** Prints the report, and aborts when the check failed. `seconds` is the best repetition's time. */
export function report(
  kernel: string, size: i32, result: f64, pass: bool, rate: f64, unit: string, seconds: f64,
): void {
  const check = pass ? "pass" : "fail";
  const speed = Math.round(rate * 1e3) / 1e3;
  const time = Math.round(seconds * 1e6) / 1e6;
  const outcome = `result=${result} check=${check} rate=${speed} unit=${unit} seconds=${time}`;
  console.log(`REPORT kernel=${kernel} size=${size} ${outcome}`);
  if (!pass) abort(`${kernel}: the check failed`);
}
