/** Tools that build a project, and run a file of source as well. */
interface SourceRunner {
  /** The words that make it run a file. */
  sub: RegExp;
  /** Options with a value that is neither code nor a file. */
  valued?: RegExp;
  /** Options and sub-commands whose next argument is code, and without one stdin. */
  code?: RegExp;
  /** Whether stdin is code when nothing is named. */
  stdin?: boolean;
}

const RUNNERS: Readonly<Record<string, readonly SourceRunner[]>> = {
  cargo: [
    {
      sub: /^(?:script|-Zscript|rust-script)$/,
      valued: /^-[dZ]$|^--(?:dep|manifest-path)$/,
      code: /^-e$|^--(?:expr|loop)$/,
    },
  ],
  'rust-script': [{ sub: /rust-script$/, valued: /^-[dD]$|^--dep$/, code: /^-[el]$|^--(?:expr|loop)$/ }],
  dotnet: [
    { sub: /^script$/, valued: /^-[sc]$|^--(?:sources|configuration)$/, code: /^eval$/, stdin: true },
    {
      sub: /^run$/,
      valued: /^-[cfrp]$|^--(?:configuration|framework|runtime|project|launch-profile|arch|os|property)$/,
    },
  ],
  'dotnet-script': [{ sub: /dotnet-script$/, code: /^eval$/, stdin: true }],
};

/** Source that a tool such as `cargo` or `dotnet` runs: an argument, by its position, or stdin. */
export interface SourceRun {
  place: number | null;
  isStdin: boolean;
}

/**
 * Where the source stands that a build tool runs: `cargo script -`, `dotnet run app.cs`, `dotnet script eval …`. Null when it
 * runs none. What stands behind `--` are arguments of the program.
 */
export function sourceRun(argv: readonly string[], at: number, name: string): SourceRun | null {
  if (!Object.hasOwn(RUNNERS, name)) return null;
  const dashes = argv.indexOf('--', at);
  const words = dashes < 0 ? argv : argv.slice(0, dashes);
  for (const runner of RUNNERS[name] ?? []) {
    const sub = words.findIndex((word, place) => place >= at && runner.sub.test(word));
    if (sub >= 0) return readSource(words, sub + 1, runner);
  }
  return null;
}

function readSource(words: readonly string[], from: number, { valued, code, stdin = false }: SourceRunner): SourceRun {
  let isCode = false;
  for (let place = from; place < words.length; place += 1) {
    const word = words[place] ?? '';
    if (!isCode && code?.test(word)) isCode = true;
    else if (/^(?:-|\/dev\/stdin)$/.test(word)) return { place, isStdin: true };
    else if (valued?.test(word)) place += 1;
    else if (!word.startsWith('-')) return { place, isStdin: false };
  }
  return { place: null, isStdin: isCode || stdin };
}
