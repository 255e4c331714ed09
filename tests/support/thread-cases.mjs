// Runs the cases of programs of tests/guests/pthread and tests/guests/openmp (pthread/case.h says what they print), on any machine: in
// Node as a script of its own, so that other versions run it too; in a page as a module.
// Usage: node thread-cases.mjs DIST, and on stdin JSON: [{ file, env? }…]; prints JSON: how many cases there were, which went wrong.

/** Threads at once: main and five. */
export const THREADS = 6;

/**
 * @param {{ compile: Function, run: Function }} machine with THREADS application cores
 * @param {Uint8Array} bytes of the program
 * @param {Record<string, string>} env
 */
export async function runProgram(machine, bytes, env = {}) {
  const program = await machine.compile(bytes);
  const options = { threads: THREADS, env, timeoutMs: 60_000 };
  const together = await end(machine.run(program, options));
  const failures = [];
  const alone = [];
  let count = 0;
  let failed = 0;
  for (const line of together.stdout.split('\n')) {
    if (line.startsWith('ok ')) count++;
    if (line.startsWith('FAILED ')) failures[failed++] = line;
    if (line.startsWith('alone ')) alone.push(line.slice('alone '.length).split('\t'));
  }
  if (together.exitCode !== failed || together.stdout === '') failures.push(shown(together));
  for (const [name, statuses, says] of alone) {
    count++;
    // Its stdin never ends.
    const result = await end(machine.run(program, { ...options, args: [name], stdin: new ReadableStream() }));
    const isRight =
      statuses.split('|').includes(String(result.exitCode)) &&
      `${result.stdout}${result.stderr}`.includes(says) &&
      !result.stdout.includes('FAILED');
    if (!isRight) failures.push({ name, wanted: statuses, ...shown(result) });
  }
  return { count, failures };
}

async function end(run) {
  try {
    const { exitCode, stdout, stderr } = await run;
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
  } catch (error) {
    return { exitCode: -1, stdout: '', stderr: String(error) };
  }
}

function shown({ exitCode, stdout, stderr }) {
  return { exitCode, stdout: tail(stdout), stderr: tail(stderr) };
}

function tail(text) {
  return text.length > 600 ? `…${text.slice(-600)}` : text;
}

async function main(dist) {
  const { readFile } = await import('node:fs/promises');
  const { join } = await import('node:path');
  const { pathToFileURL } = await import('node:url');
  const { boot } = await import(pathToFileURL(join(dist, 'index.js')).href);
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const runs = JSON.parse(Buffer.concat(chunks).toString());
  const machine = await boot({ appCores: THREADS });
  const results = [];
  for (const { file, env } of runs) results.push({ file, ...(await runProgram(machine, await readFile(file), env)) });
  await machine.close();
  process.stdout.write(JSON.stringify(results));
}

if (globalThis.process?.argv?.[1]?.endsWith('thread-cases.mjs')) await main(process.argv[2]);
