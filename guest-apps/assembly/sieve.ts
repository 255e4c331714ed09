// Sieve of Eratosthenes over the odd numbers below 10^8, in segments of one byte a number that fit the first cache.
// Known answer: pi(10^8) = 5,761,455 primes, pi(10^7) = 664,579 on the way, and 99,999,989 is the largest.

import { report, secondsNow } from "./report";

const LIMIT: i32 = 100000000;
const SEGMENT: i32 = 1 << 15; // odd numbers in a segment
const ROOT: i32 = 10000; // LIMIT <= ROOT^2

/** The odd primes below ROOT. */
function smallPrimes(): StaticArray<i32> {
  const composite = new StaticArray<bool>(ROOT);
  let count = 0;
  for (let p = 3; p < ROOT; p += 2) {
    if (composite[p]) continue;
    count++;
    for (let m = p * p; m < ROOT; m += p) composite[m] = true;
  }
  const primes = new StaticArray<i32>(count);
  for (let p = 3, k = 0; p < ROOT; p += 2) if (!composite[p]) primes[k++] = p;
  return primes;
}

/**
 * Strikes out the multiples in the segment whose i-th byte stands for 2 (first + i) + 1. next[k] is the place, counted
 * from the segment's start, of the next odd multiple of primes[k], and is carried on to the next segment.
 */
export function strike(primes: StaticArray<i32>, next: StaticArray<i32>, used: i32, segment: StaticArray<u8>): void {
  memory.fill(changetype<usize>(segment), 1, SEGMENT);
  for (let k = 0; k < used; k++) {
    const p = unchecked(primes[k]);
    let i = unchecked(next[k]);
    for (; i < SEGMENT; i += p) unchecked((segment[i] = 0));
    unchecked((next[k] = i - SEGMENT));
  }
}

/** How many of the first `length` bytes are 1. */
export function count(segment: StaticArray<u8>, length: i32): i32 {
  const start = changetype<usize>(segment);
  let sum = i32x4.splat(0);
  let i = 0;
  for (; i + 16 <= length; i += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_u(v128.load(start + i));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(pairs));
  }
  let total = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1);
  total += i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
  for (; i < length; i++) total += unchecked(segment[i]);
  return total;
}

const start = secondsNow();
const primes = smallPrimes();
const next = new StaticArray<i32>(primes.length);
const segment = new StaticArray<u8>(SEGMENT);
let used = 0;
let found = 1; // 2
let foundEarly = 0;
let largest = 0;
for (let first = 0; first < LIMIT / 2; first += SEGMENT) {
  // A prime joins with the segment that holds its square.
  while (used < primes.length && primes[used] * primes[used] < 2 * (first + SEGMENT)) {
    next[used] = (primes[used] * primes[used] - 1) / 2 - first;
    used++;
  }
  strike(primes, next, used, segment);
  if (first == 0) segment[0] = 0;
  const length = min(SEGMENT, LIMIT / 2 - first);
  const early = min(max(5000000 - first, 0), length); // places below 10^7
  foundEarly += count(segment, early);
  found += count(segment, length);
  for (let i = length - 1; i >= 0; i--) {
    if (!segment[i]) continue;
    largest = 2 * (first + i) + 1;
    break;
  }
}
const seconds = secondsNow() - start;
console.log(`${foundEarly + 1} primes below 10^7, ${found} below 10^8, the largest is ${largest}`);
const pass = foundEarly + 1 == 664579 && found == 5761455 && largest == 99999989;
report("sieve", LIMIT, <f64>found, pass, (1e-6 * <f64>LIMIT) / seconds, "Mop/s", seconds);
