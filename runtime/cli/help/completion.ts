// `fusedos completion`: scripts by which shells complete its command lines. What they offer is written into them, so that a
// shell never waits for Node. After the program's own file they leave it to the shell, which offers files.

import { createCommand, parse } from '../command-line.ts';
import { COMMAND_TABLE, type OptionEntry, runOptions } from '../commands.ts';
import { usageError } from '../status.ts';
import { OutputPump } from '../streams.ts';

const AFTER = `
Examples:
  fusedos completion bash > ~/.local/share/bash-completion/completions/fusedos
  fusedos completion fish > ~/.config/fish/completions/fusedos.fish
  fusedos completion zsh > "\${fpath[1]}/_fusedos"
`;

const SHELLS: Readonly<Record<string, () => string>> = { bash, zsh, fish };

export async function completion(args: readonly string[]): Promise<number> {
  const command = createCommand({
    name: 'fusedos completion',
    usage: 'bash | zsh | fish',
    description: 'Prints what makes a shell complete the command lines of fusedos.',
    after: AFTER,
  }).argument('[SHELL]');
  if (!parse(command, args)) return 0;
  const [shell = ''] = command.args;
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined) usageError('name a shell: bash, zsh or fish');
  await new OutputPump(process.stdout, true).write(script()).catch(() => {});
  return 0;
}

function bash(): string {
  const options = runOptions();
  const withChoices = options.filter(({ choices }) => choices.length > 0);
  const choices = withChoices
    .map((option) => `      ${option.long}) words='${option.choices.join(' ')}' ;;\n`)
    .join('');
  const values = options.filter((option) => option.value !== undefined && option.choices.length === 0);
  const commands = COMMAND_TABLE.filter(({ words }) => words.length > 0)
    .map(({ name, words }) => `    ${name}) words='${words.join(' ')}' ;;\n`)
    .join('');
  return `# fusedos completion bash > ~/.local/share/bash-completion/completions/fusedos
_fusedos() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${COMMAND_TABLE.map(({ name }) => name).join(' ')}' -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
    run)
      case $before in
${choices}      ${values.flatMap(flagsOf).join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
      *) case $word in -*) words='${options.flatMap(flagsOf).join(' ')}' ;; esac ;;
      esac ;;
${commands}  esac
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$word"))
  else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _fusedos fusedos
`;
}

function zsh(): string {
  const specs = runOptions().map((option) => {
    const value =
      option.value === undefined ? '' : `:${option.value.slice(1, -1).replaceAll(/[[\]:]/g, ' ')}:${zshValues(option)}`;
    const names = flagsOf(option);
    const text = zshText(option.summary);
    return `        ${names.length > 1 ? `{${names.join(',')}}` : names[0]}'[${text}]${value}' \\\n`;
  });
  const commands = COMMAND_TABLE.map(({ name, summary }) => `    '${name}:${zshText(summary)}'\n`).join('');
  const words = COMMAND_TABLE.filter((command) => command.words.length > 0)
    .map(({ name, words: each }) => `    ${name}) compadd -- ${each.join(' ')} ;;\n`)
    .join('');
  return `#compdef fusedos
# fusedos completion zsh > a directory of $fpath, as _fusedos
_fusedos() {
  local -a commands=(
${commands}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
    run)
      shift words
      (( CURRENT-- ))
      _arguments -S \\
${specs.join('')}        '1:program:_files' '*:argument:_files' ;;
${words}    *) _files ;;
  esac
}
_fusedos "$@"
`;
}

function fish(): string {
  const first = COMMAND_TABLE.map(
    ({ name, summary }) => `complete -c fusedos -n __fish_use_subcommand -f -a ${name} -d '${quoted(summary)}'\n`,
  );
  const words = COMMAND_TABLE.filter((command) => command.words.length > 0).map(
    ({ name, words: each }) =>
      `complete -c fusedos -n '__fish_seen_subcommand_from ${name}' -f -a '${each.join(' ')}'\n`,
  );
  const options = runOptions().map(({ short, long, value, summary, choices }) => {
    const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
    const wants = value === undefined ? '' : choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : ' -r';
    return `complete -c fusedos -n '__fish_seen_subcommand_from run'${names}${wants} -d '${quoted(summary)}'\n`;
  });
  return `# fusedos completion fish > ~/.config/fish/completions/fusedos.fish\n${[...first, ...words, ...options].join('')}`;
}

function flagsOf({ short, long }: OptionEntry): string[] {
  return short === undefined ? [long] : [short, long];
}

function zshValues({ choices }: OptionEntry): string {
  return choices.length > 0 ? `(${choices.join(' ')})` : '_files';
}

/** Within brackets within quotes. */
function zshText(text: string): string {
  return quoted(text).replaceAll(/[[\]:]/g, ' ');
}

function quoted(text: string): string {
  return text.replaceAll("'", '’');
}
