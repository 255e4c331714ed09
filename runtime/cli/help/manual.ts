// `fusedos help --man`: the manual page, in roff, from the same table as the help. The build writes it to dist/fusedos.1.

import { version } from '../../../package.json';
import { COMMAND_TABLE, runOptions } from '../commands.ts';
import { AFTER } from '../run/options.ts';
import { OutputPump } from '../streams.ts';

export async function manual(): Promise<number> {
  await new OutputPump(process.stdout, true).write(renderManual()).catch(() => {});
  return 0;
}

function renderManual(): string {
  const [text = '', examples = ''] = AFTER.trim().split('Examples:\n');
  const commands = COMMAND_TABLE.map(
    ({ name, usage, summary }) => `.TP\n.B fusedos ${roff(`${name} ${usage}`.trim())}\n${roff(summary)}\n`,
  );
  const options = runOptions().map(({ short, long, value, summary, choices }) => {
    const names = [short, long].filter((name) => name !== undefined).map((name) => `\\fB${roff(name)}\\fR`);
    const wants = value === undefined ? '' : ` \\fI${roff(value.slice(1, -1))}\\fR`;
    const among = choices.length > 0 ? ` (${choices.join(', ')})` : '';
    return `.TP\n${names.join(', ')}${wants}\n${roff(summary + among)}\n`;
  });
  const paragraphs = text
    .trim()
    .split('\n\n')
    .map((paragraph) => `.PP\n${roff(paragraph)}\n`);
  return `.TH FUSEDOS 1 "" "fusedos ${version}"
.SH NAME
fusedos \\- runs compiled programs on WebAssembly under two operating systems
.SH SYNOPSIS
.B fusedos
.I COMMAND
[options]
.SH COMMANDS
${commands.join('')}.SH OPTIONS OF RUN
${options.join('')}.SH DESCRIPTION OF RUN
${paragraphs.join('')}.SH EXAMPLES
.nf
${roff(examples.trimEnd())}
.fi
`;
}

/** Text for roff: in ASCII, and no line begins with a dot or an apostrophe, which would make it a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1')
    .replaceAll(
      /\P{ASCII}/gu,
      (letter) => `\\[u${letter.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}
