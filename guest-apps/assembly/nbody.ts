// Motion of the Sun and the four outer planets under gravity, symplectic Euler in steps of 0.01 days: the n-body
// problem of the Computer Language Benchmarks Game. Known answer: the game publishes the energy before the first step,
// -0.169075164, and after 5,000,000 steps, -0.169083134.

import { report, secondsNow } from "./report";

const SOLAR_MASS: f64 = 4.0 * Math.PI * Math.PI;
const DAYS: f64 = 365.24;
const STEPS: i32 = 5000000;
const STEPS_A_CALL: i32 = 1000;

class Body {
  constructor(
    public x: f64, public y: f64, public z: f64,
    public vx: f64, public vy: f64, public vz: f64,
    public mass: f64,
  ) {}
}

/** A planet from its position, its velocity a day, and its mass in solar masses. */
function planet(x: f64, y: f64, z: f64, vx: f64, vy: f64, vz: f64, mass: f64): Body {
  return new Body(x, y, z, vx * DAYS, vy * DAYS, vz * DAYS, mass * SOLAR_MASS);
}

// Units: astronomical unit, year, and a mass in which the constant of gravity is 1. Heliocentric state of 2009-06-17.
function solarSystem(): StaticArray<Body> {
  return [
    new Body(0, 0, 0, 0, 0, 0, SOLAR_MASS),
    planet(4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
      1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05, 9.54791938424326609e-04), // Jupiter
    planet(8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
      -2.76742510726411899e-03, 4.99852801234917238e-03, 2.30417297573763929e-05, 2.85885980666130812e-04), // Saturn
    planet(1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
      2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05, 4.36624404335156298e-05), // Uranus
    planet(1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
      2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05, 5.15138902046611451e-05), // Neptune
  ];
}

export function advance(bodies: StaticArray<Body>, steps: i32, dt: f64): void {
  const count = bodies.length;
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < count; i++) {
      const a = unchecked(bodies[i]);
      for (let j = i + 1; j < count; j++) {
        const b = unchecked(bodies[j]);
        const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
        const square = dx * dx + dy * dy + dz * dz;
        const pull = dt / (square * Math.sqrt(square));
        const onA = b.mass * pull, onB = a.mass * pull;
        a.vx -= dx * onA; a.vy -= dy * onA; a.vz -= dz * onA;
        b.vx += dx * onB; b.vy += dy * onB; b.vz += dz * onB;
      }
    }
    for (let i = 0; i < count; i++) {
      const a = unchecked(bodies[i]);
      a.x += dt * a.vx; a.y += dt * a.vy; a.z += dt * a.vz;
    }
  }
}

function energy(bodies: StaticArray<Body>): f64 {
  let sum = 0.0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    sum += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
      sum -= a.mass * b.mass / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return sum;
}

/** Gives the Sun the velocity that makes the total momentum zero. */
function offsetMomentum(bodies: StaticArray<Body>): void {
  const sun = bodies[0];
  for (let i = 1; i < bodies.length; i++) {
    sun.vx -= bodies[i].vx * bodies[i].mass / SOLAR_MASS;
    sun.vy -= bodies[i].vy * bodies[i].mass / SOLAR_MASS;
    sun.vz -= bodies[i].vz * bodies[i].mass / SOLAR_MASS;
  }
}

const bodies = solarSystem();
offsetMomentum(bodies);
const startEnergy = energy(bodies);
const start = secondsNow();
for (let done = 0; done < STEPS; done += STEPS_A_CALL) advance(bodies, STEPS_A_CALL, 0.01);
const seconds = secondsNow() - start;
const endEnergy = energy(bodies);
console.log(`energy ${startEnergy} -> ${endEnergy}`);
const pass = Math.abs(startEnergy + 0.169075164) < 6e-10 && Math.abs(endEnergy + 0.169083134) < 6e-10;
report("nbody", STEPS, endEnergy, pass, (1e-6 * 10.0 * <f64>STEPS) / seconds, "Mop/s", seconds);
