/** A question about a package, and how to recognize a passage that answers it. */
export interface Known {
  package: 'rxjs' | 'commander' | 'execa';
  question: string;
  /** Matches the path of a file that answers it. */
  file: RegExp;
  /** Matches the text of a passage that answers it. */
  text: RegExp;
}

/**
 * Questions with known answers over three packages of the lockfile, written from their documentation before anything was measured.
 * Odd ones are held out: no figure of the ranking was chosen by them.
 */
export const QUESTIONS: readonly Known[] = [
  q(
    'rxjs',
    'How does debounceTime decide when to emit a value?',
    /operators\/debounceTime\.ts$/,
    /emitWhenIdle|dueTime/,
  ),
  q('rxjs', 'What does shareReplay do with refCount?', /operators\/shareReplay\.ts$/, /refCount/),
  q('rxjs', 'How does retry wait between attempts?', /operators\/retry\.ts$/, /delay/),
  q('rxjs', 'What does combineLatest do when one source completes?', /observable\/combineLatest\.ts$/, /complete/),
  q(
    'rxjs',
    'What happens when next is called on a closed Subject?',
    /internal\/Subject\.ts$/,
    /_throwIfClosed|ObjectUnsubscribedError/,
  ),
  q('rxjs', 'How does ReplaySubject trim its buffer?', /ReplaySubject\.ts$/, /_trimBuffer/),
  q('rxjs', 'Which error does firstValueFrom give for an empty observable?', /firstValueFrom\.ts$/, /EmptyError/),
  q('rxjs', 'How does the timeout operator switch to another observable?', /operators\/timeout(?:With)?\.ts$/, /with/),
  q('rxjs', 'Where are unhandled errors reported?', /util\/reportUnhandledError\.ts$/, /onUnhandledError/),
  q('rxjs', 'How does the virtual time scheduler flush its actions?', /VirtualTimeScheduler\.ts$/, /flush/),
  q(
    'rxjs',
    'How does mergeMap limit the number of concurrent inner subscriptions?',
    /operators\/merge(?:Map|Internals)\.ts$/,
    /concurrent/,
  ),
  q('rxjs', 'How does fromFetch abort a request?', /dom\/fetch\.ts$/, /abort/),
  q('commander', 'How do I define a variadic option?', /Readme\.md$/, /variadic/i),
  q(
    'commander',
    'How can an option take its value from an environment variable?',
    /Readme\.md$|option\.js$/,
    /\.env\(|envVar/,
  ),
  q('commander', 'How are suggestions for misspelled commands computed?', /suggestSimilar\.js$/, /editDistance/),
  q('commander', 'What happens when the argument of an option is missing?', /command\.js$/, /optionMissingArgument/),
  q(
    'commander',
    'How can I throw an error instead of exiting the process?',
    /Readme\.md$|command\.js$/,
    /exitOverride/,
  ),
  q('commander', 'How are conflicting options declared?', /Readme\.md$|option\.js$/, /conflicts/),
  q('commander', 'Which hooks run before an action handler?', /Readme\.md$|command\.js$/, /preAction/),
  q('commander', 'How do negatable boolean options work?', /Readme\.md$|option\.js$/, /--no-|negate/),
  q(
    'commander',
    'How does it find the executable file of a subcommand?',
    /command\.js$|Readme\.md$/,
    /executableDir|_executeSubCommand|executableFile/,
  ),
  q(
    'commander',
    'How do I pass unknown options through to another program?',
    /Readme\.md$|command\.js$/,
    /passThroughOptions|allowUnknownOption/,
  ),
  q('commander', 'How do I add text after the built-in help?', /Readme\.md$|command\.js$/, /addHelpText/),
  q('commander', 'How is the width of the help columns padded and wrapped?', /help\.js$/, /padWidth|boxWrap|helpWidth/),
  q(
    'execa',
    'How is a subprocess killed by force after a delay?',
    /terminate\/kill\.js$|readme\.md$/,
    /forceKillAfterDelay|SIGKILL/,
  ),
  q('execa', 'How does cancelSignal terminate the process?', /terminate\/(?:cancel|graceful)\.js$/, /cancelSignal/),
  q('execa', 'What happens when the output is larger than maxBuffer?', /max-buffer\.js$/, /maxBuffer/),
  q(
    'execa',
    'How is the final newline stripped from the output?',
    /strip-newline\.js$/,
    /stripFinalNewline|stripNewline/,
  ),
  q('execa', 'How are arguments escaped for display?', /arguments\/escape\.js$/, /escape/),
  q(
    'execa',
    'How does parseCommandString split words?',
    /methods\/command\.js$|types\/methods\/command\.d\.ts$/,
    /parseCommandString/,
  ),
  q('execa', 'How does a timeout end the subprocess?', /terminate\/timeout\.js$/, /timeout/),
  q('execa', 'How is a message sent over IPC?', /ipc\/send\.js$/, /sendMessage/),
  q('execa', 'How is the message of an error built?', /return\/message\.js$/, /createMessages|getErrorPrefix/),
  q(
    'execa',
    'How are locally installed binaries preferred?',
    /arguments\/options\.js$|types\/arguments\/options\.d\.ts$/,
    /preferLocal/,
  ),
  q(
    'execa',
    'What happens to the subprocess when the parent process exits?',
    /terminate\/cleanup\.js$|options\.d\.ts$/,
    /cleanup/,
  ),
  q('execa', 'How are the streams of piped processes aborted?', /pipe\/abort\.js$/, /unpipe/),
];

function q(name: Known['package'], question: string, file: RegExp, text: RegExp): Known {
  return { package: name, question, file, text };
}
