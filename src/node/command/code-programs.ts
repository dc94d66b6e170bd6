import { withoutEnd } from '../../text/without-end.ts';

/** How a program that runs code is given it. */
export interface Interpreter {
  /** Options whose next argument is code. */
  code: RegExp;
  /** Options with a value that is neither code nor a file to run. */
  valued?: RegExp;
  /** Options whose value names what is run. */
  file?: RegExp;
  /** Plain arguments: the first is `code`, or a `file` to run (default), or code `afterCode` options as in shells; or all are `data`. */
  first?: 'code' | 'file' | 'afterCode' | 'data';
  /** Whether everything after the code is code as well. */
  rest?: boolean;
  /** Options with which stdin is code after that of a file has run. */
  repl?: RegExp;
  /** Whether stdin is code when no code and no file is named. */
  stdin?: boolean;
}

/** A program that starts another program, which its arguments name. */
export interface Wrapper {
  /** Options with a value. */
  valued?: RegExp;
  /** Options whose value a shell runs. */
  code?: RegExp;
  /** Words before the program that belong to the wrapper: a sub-command that must be there. */
  sub?: RegExp;
  /** Plain arguments before the program: a duration, a container, a user. */
  skip?: number;
}

const shell: Interpreter = {
  code: /^[-+][A-Zabd-z]*c[A-Za-z]*$|^--(?:command|init-command)$/,
  valued: /^[-+][A-Za-z]*[oO]$|^--(?:rcfile|init-file)$/,
  first: 'afterCode',
  stdin: true,
};
const script = (code: RegExp, more: Partial<Interpreter> = {}): Interpreter => ({ code, stdin: true, ...more });
const evaluates = script(/^-\w*[eE]$|^--?(?:eval|execute|exec|print|expr)$/, { valued: /^-[rIMm]$/ });
const javascript = script(/^-(?:e|p|pe|ep)$|^--(?:eval|print)$/, {
  valued: /^-[rC]$|^--(?:require|import|loader|conditions|experimental-loader|tsconfig|cwd)$/,
});
const filter: Interpreter = {
  code: /^-\w*[eE]$|^--(?:expression|source)$/,
  file: /^-\w*f$|^--file$/,
  first: 'code',
  valued: /^-[vF]$/,
};
const query = script(/^-\w*[ceqQ]$|^--(?:command|execute|query|eval|cmd)$/, {
  valued: /^-[hHpPUud]$|^--(?:host|port|user|username|dbname|database)$/,
  file: /^-f$|^--file$/,
  first: 'data',
});
const powershell = script(/^[-/](?:c|command|e|ec|enc|encodedcommand)$/i, {
  file: /^[-/]f(?:ile)?$/i,
  valued: /^[-/](?:ep|ex|executionpolicy|wd|workingdirectory|outputformat|inputformat|version)$/i,
  first: 'code',
  rest: true,
});

const each = <T>(names: string, one: T): Record<string, T> =>
  Object.fromEntries(names.split(' ').map((name) => [name, one]));

/** Programs that run what they are given, by name without a version and `.exe`. */
export const INTERPRETERS: ReadonlyMap<string, Interpreter> = new Map(
  Object.entries({
    ...each('sh bash rbash dash ash zsh ksh mksh oksh yash fish csh tcsh osh nu xonsh elvish', shell),
    ...each('node nodejs tsx ts-node bun electron qjs zx', javascript),
    deno: script(/^eval$|^--eval$/),
    ...each(
      'python ipython pypy jython micropython',
      script(/^-\w*c$/, {
        repl: /^-[A-HJ-Za-hj-z]*i/,
        file: /^-\w*m$/,
        valued: /^-[WX]$/,
      }),
    ),
    ...each(
      'perl ruby jruby crystal lua luajit julia elixir rscript r groovy scala kotlin kotlinc clojure clj bb swift',
      evaluates,
    ),
    ...each(
      'erl racket guile sbcl ghc runghc ocaml expect tclsh wish jshell iex irb raku',
      script(/^-\w*[ecE]$|^--?(?:eval|expr)$/),
    ),
    osascript: script(/^-\w*e$/, { valued: /^-[ls]$/ }),
    php: script(/^-[rBRE]$|^--(?:run|process-begin|process-code|process-end)$/, {
      file: /^-f$|^--file$/,
      valued: /^-[dcz]$/,
    }),
    ...each('powershell pwsh', powershell),
    cmd: script(/^\/[ck]$/i, { rest: true }),
    ...each('awk gawk mawk nawk goawk sed gsed jq yq', filter),
    ...each('psql mysql mariadb mongo mongosh duckdb sqlite clickhouse-client sqlcmd', query),
  }),
);

/** Programs to which every argument may be code, since a shell or they themselves read all of them. */
export const READS_ALL: ReadonlySet<string> = new Set(
  (
    'eval ssh autossh mosh et rsh plink su runuser watch make gmake tmux screen at batch gdb lldb vim vi nvim ex ed emacs ' +
    'emacsclient m4 dc sqlite redis-cli crontab adb vagrant heroku machinectl ansible newgrp sg socat entr hyperfine concurrently ' +
    'cross-env-shell nodemon'
  ).split(' '),
);

/** Those of them whose stdin is code as well, when no command is named. */
export const READS_STDIN: ReadonlySet<string> = new Set(
  'su runuser at batch gdb lldb ed ex m4 dc redis-cli crontab adb vagrant heroku machinectl newgrp sg'.split(' '),
);

/** Wrappers that start a shell when no program is named. */
export const SHELL_BY_DEFAULT: ReadonlySet<string> = new Set('script chroot unshare nsenter nix-shell nix'.split(' '));

/** Modules of Python whose arguments are code. */
export const CODE_MODULES: ReadonlySet<string> = new Set(['timeit', 'pdb']);

/** Programs that start the command that follows, perhaps with the words of stdin. */
export const APPENDS_STDIN: ReadonlySet<string> = new Set(['xargs', 'parallel']);

const plain: Wrapper = {};
const subcommand = (sub: RegExp, valued?: RegExp, skip = 0): Wrapper => ({ sub, skip, ...(valued ? { valued } : {}) });
const container = subcommand(
  /^(?:exec|run)$/,
  /^-[euwvpnh]$|^--(?:env|user|workdir|env-file|volume|name|network|mount|platform|publish|detach-keys|hostname|memory|cpus|label|entrypoint)$/,
  1,
);

/** Programs that start another one. */
export const WRAPPERS: ReadonlyMap<string, Wrapper> = new Map(
  Object.entries<Wrapper>({
    ...each(
      'nohup setsid time command exec builtin tini dumb-init catchsegv unbuffer winpty rlwrap busybox toybox chronic',
      plain,
    ),
    ...each('ld.so ld-linux-x86-64.so ld-linux-aarch64.so', plain),
    git: { code: /^-c$/ },
    find: { code: /^-(?:exec|ok)(?:dir)?$/ },
    go: subcommand(/^run$/),
    ...each('proxychains torsocks firejail unshare setpriv caffeinate arch sshpass', { valued: /^-[pfewut]$/ }),
    env: { valued: /^-[uCP]$|^--(?:unset|chdir)$/ },
    nice: { valued: /^-n$|^--adjustment$/ },
    ...each('timeout gtimeout', { valued: /^-[ks]$|^--(?:kill-after|signal)$/, skip: 1 }),
    ...each('sudo doas', { valued: /^-[ughpCTRDrtU]$|^--(?:user|group|host|prompt|chdir)$/ }),
    stdbuf: { valued: /^-[ioe]$/ },
    ...each('ionice systemd-run nsenter strace ltrace valgrind', { valued: /^-[cnptoeusESG]$/ }),
    ...each('chroot gosu su-exec chrt taskset faketime', { skip: 1 }),
    flock: { valued: /^-[wE]$/, code: /^-c$|^--command$/, skip: 1 },
    script: { code: /^-\w*c$|^--command$/, skip: 1 },
    direnv: subcommand(/^exec$/, undefined, 1),
    ...each('mise asdf op doppler bundle poetry pipenv pdm hatch rye pixi', subcommand(/^(?:exec|x|run)$/, /^-[enp]$/)),
    ...each('conda mamba micromamba', subcommand(/^run$/, /^-[np]$/)),
    uv: subcommand(/^(?:run|x)$/, /^-p$|^--(?:with|python|project)$/),
    pipx: subcommand(/^run$/, /^--(?:spec|python|pip-args|with)$/),
    ...each('npx bunx pnpx uvx', { valued: /^-p$|^--(?:package|from|with)$/, code: /^-c$|^--call$/ }),
    ...each('npm pnpm yarn', {
      ...subcommand(/^(?:exec|x|dlx)$/, /^-[pw]$|^--package$/),
      code: /^-c$|^--(?:call|shell-mode)$/,
    }),
    ...each('docker podman nerdctl', container),
    ...each('kubectl oc lxc incus', subcommand(/^exec$/, /^-[nc]$|^--(?:namespace|container|context)$/, 1)),
    wsl: { valued: /^-[du]$|^--(?:distribution|user|cd)$/ },
    'nix-shell': { code: /^--(?:run|command)$/, valued: /^-[pA]$/ },
    nix: subcommand(/^(?:-c|--command)$/),
    ...each('xargs parallel', { valued: /^-[InPdaLsEj]$|^--(?:replace|max-args|max-procs|delimiter|arg-file|jobs)$/ }),
  }),
);

/** Without folders, version and ending: `/usr/bin/python3.12` is `python`. */
export function nameOf(program: string): string {
  const base = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1);
  const isWindows = /\.(?:exe|cmd|bat|com)$/i.test(base) || /^(?:cmd|powershell|pwsh|wsl)$/i.test(base);
  const bare = isWindows ? base.replace(/\.\w+$/, '').toLowerCase() : base;
  if (bare === 'R' || bare === 'Rscript') return bare.toLowerCase();
  // A digit may belong to the name: `m4`.
  if (READS_ALL.has(bare)) return bare;
  return withoutEnd(bare.replace(/-(?:dbg|debug)$/, ''), (character) => '-.0123456789'.includes(character));
}
