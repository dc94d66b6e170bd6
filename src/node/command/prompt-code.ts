import {
  APPENDS_STDIN,
  CODE_MODULES,
  INTERPRETERS,
  type Interpreter,
  nameOf,
  READS_ALL,
  READS_STDIN,
  SHELL_BY_DEFAULT,
  WRAPPERS,
  type Wrapper,
} from './code-programs.ts';
import { sourceRun } from './source-runners.ts';

export const PLACEHOLDER = '{{prompt}}';

export type PromptMode = 'stdin' | 'argument' | 'none';

/** Where a command runs what it is given: which of its arguments, by position, and whether stdin. */
export interface CodePlaces {
  readonly arguments: ReadonlySet<number>;
  readonly stdin: boolean;
}

/**
 * Whether a command runs its prompt as code: `bash -c {{prompt}}`, `node -e {{prompt}}`, `ssh host {{prompt}}`, `awk {{prompt}}`, a shell
 * that reads stdin, also behind `env`, `sudo`, `docker exec` and the like. Nothing that a model wrote may go to such an agent.
 * A program of your own that passes its prompt to a shell cannot be recognised; its agent says `promptIsCode: true`.
 */
export function isPromptCode(command: readonly string[], mode: PromptMode): boolean {
  if (mode === 'none') return false;
  const argv = withPlaceholder(command, mode);
  const places = codePlaces(argv);
  return mode === 'stdin'
    ? places.stdin
    : argv.some((one, at) => places.arguments.has(at) && one.includes(PLACEHOLDER));
}

/** The command with the place of its prompt in it: at its end, when a prompt that is an argument has none. */
export function withPlaceholder(command: readonly string[], mode: PromptMode): readonly string[] {
  const isAppended = mode === 'argument' && !command.some((one) => one.includes(PLACEHOLDER));
  return isAppended ? [...command, PLACEHOLDER] : command;
}

/** With more programs in one command than this, all of it counts as code. */
const MOST_PROGRAMS = 50;

/** Where a command runs what it is given. */
export function codePlaces(argv: readonly string[]): CodePlaces {
  const found = new Set<number>();
  const stdin = readProgram(argv, 0, found);
  // A wrapper that is not known leaves a shell and its option side by side.
  const inner = argv.flatMap((word, at) => (at > 0 && takesCode(nameOf(word)) ? [at] : []));
  if (inner.length > MOST_PROGRAMS) readAll(argv, 0, found);
  else for (const at of inner) readInner(argv, at, found);
  for (const [at, word] of argv.entries()) if (ATTACHED.test(word) && word.includes(PLACEHOLDER)) found.add(at);
  const dashes = argv.indexOf('--');
  const behind = dashes > 0 && INTERPRETERS.has(nameOf(argv[dashes + 1] ?? ''));
  return { arguments: found, stdin: stdin || (behind && readProgram(argv, dashes + 1, found)) };
}

/** Options of whatever program whose value is run. */
const ATTACHED = /^--(?:eval|exec|execute|command|checkpoint-action|to-command|use-compress-program|rsh|shell)=/;

const takesCode = (name: string) => name === 'ssh' || INTERPRETERS.has(name);

function readInner(argv: readonly string[], at: number, found: Set<number>): void {
  const interpreter = INTERPRETERS.get(nameOf(argv[at] ?? ''));
  if (!interpreter) readAll(argv, at, found);
  else if (argv.slice(at + 1).some((one) => interpreter.code.test(one))) readInterpreter(argv, at, interpreter, found);
}

/** Notes the arguments of the program at a position that are code; returns whether its stdin is. */
function readProgram(argv: readonly string[], at: number, found: Set<number>): boolean {
  const program = argv[at];
  if (program === undefined) return false;
  // The prompt says what is started.
  if (at > 0 && program.includes(PLACEHOLDER)) found.add(at);
  const name = nameOf(program);
  if (READS_ALL.has(name)) {
    readAll(argv, at, found);
    const isCommandNamed = argv.slice(at + 1).some((one) => /^-\w*c$|^--command$/.test(one));
    if (READS_STDIN.has(name)) return !isCommandNamed || argv.slice(at + 1).some(runsInput);
    if (/^(?:ssh|mosh|rsh|plink)$/.test(name)) return isRemoteShell(argv, at, found);
    if (/^g?make$/.test(name))
      return /(?:^|\s)(?:-f|--file=?)\s*(?:-|\/dev\/stdin)(?:\s|$)/.test(argv.slice(at).join(' '));
  }
  const interpreter = INTERPRETERS.get(name);
  if (interpreter) return readInterpreter(argv, at, interpreter, found);
  const source = sourceRun(argv, at, name);
  if (source) {
    if (source.place !== null) found.add(source.place);
    return source.isStdin;
  }
  const wrapper = WRAPPERS.get(name);
  return wrapper ? readWrapper(argv, at, name, wrapper, found) : false;
}

function readAll(argv: readonly string[], at: number, found: Set<number>): void {
  for (let next = at + 1; next < argv.length; next += 1) found.add(next);
}

/** `ssh host` alone is a shell there; so is a remote command that is one. */
function isRemoteShell(argv: readonly string[], at: number, found: Set<number>): boolean {
  const host = programAfter(argv, at, { valued: /^-[BbcDEeFIiJLlmOopQRSWw]$/ });
  if (host >= argv.length - 1) return true;
  return readProgram(argv, host + 1, new Set(found)) || argv.slice(host + 1).some(runsInput);
}

/** The position of the program that a wrapper starts. */
function programAfter(argv: readonly string[], at: number, { valued, skip = 0, sub }: Wrapper): number {
  let left = skip;
  let needs = sub;
  let next = at + 1;
  for (; next < argv.length; next += 1) {
    const word = argv[next] ?? '';
    if (needs) {
      if (needs.test(word)) needs = undefined;
    } else if (valued?.test(word)) next += 1;
    else if (word.startsWith('-') && word !== PLACEHOLDER) continue;
    else if (/^\w+=/.test(word) && left === 0) continue;
    else if (left > 0) left -= 1;
    else break;
  }
  return next;
}

function readWrapper(argv: readonly string[], at: number, name: string, wrapper: Wrapper, found: Set<number>): boolean {
  let runsStdin = false;
  for (let next = at + 1; next < argv.length; next += 1) {
    if (!wrapper.code?.test(argv[next - 1] ?? '')) continue;
    found.add(next);
    runsStdin ||= runsInput(argv[next] ?? '');
  }
  const split = name === 'env' ? argv.findIndex((one, place) => place > at && /^-\w*S$|^--split-string/.test(one)) : -1;
  if (split > 0) return readSplit(argv, split, found);
  const program = programAfter(argv, at, wrapper);
  if (argv[at + 1] === 'run' && wrapper.skip === 1) {
    return readImage(argv, at, programAfter(argv, at, { ...wrapper, skip: 0 }) + 1, found);
  }
  const isShell =
    (name === 'sudo' || name === 'doas') && argv.slice(at + 1, program).some((one) => /^-\w*[si]$/.test(one));
  if (isShell || (name === 'wsl' && !/^(?:-e|--exec)$/.test(argv[program - 1] ?? ''))) {
    readAll(argv, at, found);
    if (program >= argv.length) return true;
  }
  if (APPENDS_STDIN.has(name)) return readAppended(argv, at, program, found);
  if (program >= argv.length && (SHELL_BY_DEFAULT.has(name) || argv.at(-1) === '-'))
    return !wrapper.code || !runsNamed(argv, wrapper.code);
  if (argv[program] === '/dev/stdin') return true;
  return readProgram(argv, program, found) || runsStdin;
}

/** `docker run --entrypoint sh image …`, `docker run python …`; another image may start what it likes with what it is given. */
function readImage(argv: readonly string[], at: number, program: number, found: Set<number>): boolean {
  const entry = argv.findIndex((one, place) => place > at && place < program && /^--entrypoint(?:=|$)/.test(one));
  const named =
    entry > 0 ? (argv[entry]?.split('=')[1] ?? argv[entry + 1] ?? '') : (argv[program - 1] ?? '').split(':')[0];
  const asImage = named ? readMoved([named, ...argv.slice(program)], program - 1, found) : false;
  return asImage || (argv[program]?.includes(PLACEHOLDER) ? false : readProgram(argv, program, found));
}

/** Reads arguments that stand elsewhere in the whole command: `shift` further on. */
function readMoved(argv: readonly string[], shift: number, found: Set<number>): boolean {
  const inner = new Set<number>();
  const stdin = readProgram(argv, 0, inner);
  for (const place of inner) found.add(place + shift);
  return stdin;
}

/** `env -S "bash -c"`: one argument that is several. */
function readSplit(argv: readonly string[], at: number, found: Set<number>): boolean {
  const attached = argv[at]?.split('=')[1];
  const words = (attached ?? argv[at + 1] ?? '').trim().split(/\s+/);
  const rest = at + (attached === undefined ? 2 : 1);
  if (words.some((word) => word.includes(PLACEHOLDER))) found.add(rest - 1);
  return readMoved([...words, ...argv.slice(rest)], rest - words.length, found);
}

/** Whether the words of stdin, which become arguments of the command, are run. */
function readAppended(argv: readonly string[], at: number, program: number, found: Set<number>): boolean {
  if (program >= argv.length) return nameOf(argv[0] ?? '') === 'parallel';
  readProgram(argv, program, found);
  const option = argv.findIndex((one, place) => place > at && place < program && /^(?:-I|--replace=)/.test(one));
  const attached = option < 0 ? '' : (argv[option] ?? '').replace(/^(?:-I|--replace=)/, '');
  const mark = attached !== '' ? attached : option < 0 ? '{}' : (argv[option + 1] ?? '{}');
  const given = [...argv.slice(program).map((one) => one.replaceAll(mark || '{}', PLACEHOLDER)), PLACEHOLDER];
  const inner = new Set<number>();
  readProgram(given, 0, inner);
  return given.some((one, place) => inner.has(place) && one.includes(PLACEHOLDER));
}

/** Whether a script that is given runs what it reads or is passed: `eval "$1"`, `cat | sh`, `exec(…)`. */
function runsInput(code: string): boolean {
  return RUNS_INPUT.some((way) => way.test(code)) || commandsOf(code).some((words) => readProgram(words, 0, new Set()));
}

const RUNS_INPUT: readonly RegExp[] = [
  /\beval\b|(?<![.\w])exec\(|\b(?:ba|z|k|da)?sh\s+-\w*c\s+["']?\$/,
  /(?:source|^\.|[;&]\s*\.)\s+(?:\/dev\/stdin|["']?\$)/,
  // `bash <<< "$1"`
  /\b(?:(?:ba|z|k|da)?sh|python3?|node|perl|ruby)\b[^;&|\n]{0,80}<<<?[ \t]{0,8}["']?\$/,
  // `"$@"`, `$1`, `$(cat)` where a command stands.
  /(?:^|[;&|({\n])[ \t]{0,80}(?:exec[ \t]{1,8})?["']?(?:\$(?:[@*\d]|\{[@*\d]|\()|`)/,
  /\bread\b[^;&|\n]{0,80}[;&\n][ \t]{0,80}(?:exec[ \t]{1,8})?["']?\$/,
];

/** Commands of a script by their words, roughly, but for those that read their input from elsewhere. */
function commandsOf(code: string): string[][] {
  const commands = code.split(/[;&|(){}\n]/).map((command) => command.trim());
  return commands.filter((command) => command !== '' && !command.includes('<')).map((command) => command.split(/\s+/));
}

function runsNamed(argv: readonly string[], code: RegExp): boolean {
  return argv.some((one, at) => code.test(one) && !runsInput(argv[at + 1] ?? ''));
}

function readInterpreter(argv: readonly string[], at: number, how: Interpreter, found: Set<number>): boolean {
  let hasCode = false;
  let expectsCode = false;
  let passesOn = false;
  let isRepl = false;
  const take = (place: number) => {
    found.add(place);
    hasCode = true;
    passesOn ||= runsInput(argv[place] ?? '');
  };
  for (let next = at + 1; next < argv.length; next += 1) {
    const word = argv[next] ?? '';
    const isOption = /^[-+/]\S/.test(word) && !/^\/\w+\//.test(word) && word !== '/dev/stdin';
    isRepl ||= how.repl?.test(word) === true;
    if (how.code.test(word)) {
      if (how.first === 'afterCode') expectsCode = true;
      else {
        take(next + 1);
        next += 1;
      }
      if (how.rest) {
        readAll(argv, at, found);
        return argv[next] === '-';
      }
    } else if (how.file?.test(word)) {
      const file = argv[next + 1] ?? '';
      if (file.includes(PLACEHOLDER)) found.add(next + 1);
      if (/^(?:-|\/dev\/stdin)$/.test(file)) return true;
      if (how.stdin) {
        if (CODE_MODULES.has(file)) readAll(argv, next, found);
        return isRepl;
      }
      // More of the program may follow.
      hasCode = true;
      next += 1;
    } else if (word === '--') continue;
    else if (isOption) {
      // `--eval=…`, `-e…`: code that is attached; a file that is loaded first is run as well.
      if (word.includes(PLACEHOLDER)) found.add(next);
      if (/^--?(?:eval|execute|command|print|run)=/.test(word)) take(next);
      if (how.first === 'afterCode' && /^-[A-Za-rt-z\d_]*s\w*$/.test(word) && !expectsCode) return how.stdin === true;
      if (how.valued?.test(word)) {
        if (how.first !== 'code' && argv[next + 1]?.includes(PLACEHOLDER)) found.add(next + 1);
        next += 1;
      }
    } else if (expectsCode || (how.first === 'code' && !hasCode)) {
      if (word === '-' && how.stdin) return true;
      take(next);
      expectsCode = false;
      if (how.rest) readAll(argv, next, found);
    } else if (how.first !== 'data') {
      if (hasCode) {
        if (passesOn) readAll(argv, next - 1, found);
        return passesOn;
      }
      // The prompt names the file that is run.
      if (word.includes(PLACEHOLDER)) found.add(next);
      if (isRepl) return true;
      return (
        how.stdin === true &&
        /^(?:-|\/dev\/stdin|\/proc\/self\/fd\/0|run|repl)$/.test(word) &&
        isLastOrInput(argv, next)
      );
    }
  }
  return hasCode ? passesOn : how.stdin === true;
}

/** `deno run -`, `bun run -`, `python -`: the code is what comes. */
function isLastOrInput(argv: readonly string[], at: number): boolean {
  const word = argv[at] ?? '';
  if (!/^(?:run|repl)$/.test(word)) return true;
  return word === 'repl' || argv.slice(at + 1).find((one) => one === '-' || !one.startsWith('-')) === '-';
}
