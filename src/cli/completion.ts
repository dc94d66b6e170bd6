import type { Command } from 'commander';
import { print } from './stdout.ts';

/** Shells that `soar completion` writes a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Completed {
  name: string;
  description: string;
  flags: readonly { long: string; description: string }[];
}

/** `soar completion <shell>`: prints a script that completes commands, flags and file names. */
export function completionCommand(shell: Shell, program: Command): number {
  print(scriptFor(shell, commandsOf(program)));
  return 0;
}

function commandsOf(program: Command): Completed[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: command.options.flatMap(({ long, description }) => (long ? [{ long, description }] : [])),
  }));
}

function scriptFor(shell: Shell, commands: readonly Completed[]): string {
  if (shell === 'bash') return bashScript(commands);
  return shell === 'zsh' ? zshScript(commands) : fishScript(commands);
}

const longs = ({ flags }: Completed) => ['--help', ...flags.map(({ long }) => long)].join(' ');

function bashScript(commands: readonly Completed[]): string {
  return `# Add to ~/.bashrc: eval "$(soar completion bash)"
_soar() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${commands.map(({ name }) => name).join(' ')} --help --version"
  elif [[ "$word" == -* ]]; then
    case "\${COMP_WORDS[1]}" in
${commands.map((command) => `      ${command.name}) words="${longs(command)}" ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _soar soar
`;
}

function zshScript(commands: readonly Completed[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''").replaceAll(':', '\\:')}'`;
  return `#compdef soar
# Add to ~/.zshrc: eval "$(soar completion zsh)"
_soar() {
  local -a commands flags
  commands=(
${commands.map(({ name, description }) => `    ${quoted(name)}:${quoted(description)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "$words[2]" in
${commands.map((command) => `    ${command.name}) flags=(${longs(command)}) ;;`).join('\n')}
  esac
  if [[ "$words[CURRENT]" == -* ]]; then
    compadd -- $flags
  else
    _files
  fi
}
compdef _soar soar
`;
}

function fishScript(commands: readonly Completed[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap(({ name, description, flags }) => [
    `complete -c soar -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
    ...flags.map(
      (flag) =>
        `complete -c soar -n '__fish_seen_subcommand_from ${name}' -l ${flag.long.slice(2)} -d ${quoted(flag.description)}`,
    ),
  ]);
  return `# Save as ~/.config/fish/completions/soar.fish\n${lines.join('\n')}\n`;
}
