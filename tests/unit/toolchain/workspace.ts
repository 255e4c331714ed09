/** A folder of its own for each test, and command lines run in it. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Compiler, Tool } from '../../../runtime/toolchain/service.ts';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Workspace {
  readonly root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'fusedos-cc-')));
  readonly #compiler: Compiler;

  constructor(compiler: Compiler, files: Readonly<Record<string, string>>) {
    this.#compiler = compiler;
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  write(name: string, text: string): void {
    fs.mkdirSync(path.dirname(this.path(name)), { recursive: true });
    fs.writeFileSync(this.path(name), text);
  }

  path(name: string): string {
    return path.join(this.root, name);
  }

  has(name: string): boolean {
    return fs.existsSync(this.path(name));
  }

  read(name: string): string {
    return fs.readFileSync(this.path(name), 'latin1');
  }

  list(): string[] {
    return fs.readdirSync(this.root).sort();
  }

  /** Runs a command line: its words, or all in one, written as in a shell but without quoting. */
  async command(line: string | readonly string[], stdin?: string): Promise<CommandResult> {
    const [tool = '', ...args] = typeof line === 'string' ? line.split(' ') : line;
    const output = { stdout: '', stderr: '' };
    const status = await this.#compiler.run({
      tool: tool as Tool,
      args,
      cwd: this.root,
      stdin: stdin === undefined ? undefined : new TextEncoder().encode(stdin),
      stdout: (bytes) => {
        output.stdout += Buffer.from(bytes).toString();
      },
      stderr: (bytes) => {
        output.stderr += Buffer.from(bytes).toString();
      },
    });
    return { status, ...output };
  }

  /** Runs a program under node:wasi in a process of its own; a signal that it raises is its status, as a shell shows it. */
  execute(name: string): CommandResult {
    const script = fileURLToPath(new URL('./execute.mjs', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', script, this.path(name)], {
      encoding: 'utf8',
    });
    return { status: status ?? -1, stdout, stderr };
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true });
  }
}

export const silent: CommandResult = { status: 0, stdout: '', stderr: '' };
