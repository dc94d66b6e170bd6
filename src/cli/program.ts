import { readFileSync } from 'node:fs';
import { Argument, Command, Option } from 'commander';
import { completionCommand, SHELLS, type Shell } from './completion.ts';
import type { DoctorFlags } from './doctor.ts';
import {
  addAgentFlags,
  addContextFlag,
  addEverywhere,
  addPlaceFlags,
  addResumeFlags,
  addRunFlags,
  cwdFlag,
  type RunFlags,
  wholeNumber,
} from './flags.ts';
import type { MachineFlags } from './machine.ts';
import type { RunsFlags } from './runs.ts';
import { addStateFlag } from './state.ts';
import { print, printable } from './stdout.ts';
import type { ViewFlags } from './view.ts';

const EXAMPLES = `
Examples:
  soar ask "How does the gate pace starts?"         answer from the files here, without a model
  soar ask --tool claude "Where do we retry?"       the same, with Claude Code
  soar ask --model http://127.0.0.1:11434/v1#llama3.2 "…"   with a model: Ollama, vLLM, LM Studio, OpenAI
  soar plan "Review the tests" -o plan.yaml         a plan to edit
  soar run plan.yaml                                run it
  soar run tasks.md --tool codex --max-concurrent 2
  soar run plan.yaml --json | jq '.outcomes[] | {taskId, status}'
  soar resume mq3k2f-0a1b1                          resume after a crash or Ctrl-C; soar runs lists run ids
  soar view                                         the newest run in the browser, live
  soar run plan.yaml --trace run.jsonl              record a trace, then: soar view run.jsonl
  soar machine task --mermaid                       the states of a task, as a diagram

Exit codes: 0 succeeded, 1 failed, 2 bad usage, plan or configuration (nothing ran), 3 partial, 4 budget exhausted,
75 every failure is a rate limit, 130 and 143 interrupted.`;

/** The command line. `done` gets the exit code of the command that ran. */
export function createProgram(done: (exitCode: number) => void): Command {
  const program = new Command('soar')
    .description('Run many agents as one state machine you can see.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: (text) => process.stderr.write(printable(text)) })
    .addHelpText('after', EXAMPLES);

  const run = program
    .command('run')
    .description('run a plan')
    .argument('<plan>', 'a plan in YAML or JSON, a Markdown task list, or - for stdin');
  addRunFlags(run)
    .addOption(new Option('--dry-run', 'show what would run, without running it').conflicts('jsonl'))
    .action(async (path: string, flags: RunFlags) => {
      const { runCommand } = await import('./run.ts');
      done(await runCommand(path, flags));
    });

  const ask = program
    .command('ask')
    .description('answer a question in six phases')
    .argument('<query...>', 'the question, or - for stdin');
  addContextFlag(addRunFlags(ask))
    .option('--approve', 'show the plan first, so you can approve, edit or refuse it')
    .action(async (words: string[], flags: RunFlags) => {
      const { askCommand } = await import('./ask.ts');
      done(await askCommand(words, flags));
    });

  const resume = program
    .command('resume')
    .description('resume a run after a crash or Ctrl-C')
    .argument('<runId>', 'run id, as `soar run` or `soar runs` prints it, or its beginning');
  addResumeFlags(resume).action(async (runId: string, flags: RunFlags) => {
    const { resumeCommand } = await import('./resume.ts');
    done(await resumeCommand(runId, flags));
  });

  addStateFlag(program.command('runs').description('list runs, newest first'))
    .option('--json', 'as a JSON array, newest first')
    .addOption(cwdFlag())
    .action(async (flags: RunsFlags) => {
      const { runsCommand } = await import('./runs.ts');
      done(await runsCommand(flags));
    });

  addStateFlag(
    program
      .command('show')
      .description("show a run's result")
      .argument('[runId]', 'the run, or the beginning of its id; default: the newest'),
  )
    .option('--json', 'the result as one JSON object; what has settled, when the run has not ended')
    .addOption(cwdFlag())
    .action(async (runId: string | undefined, flags: RunsFlags) => {
      const { showCommand } = await import('./runs.ts');
      done(await showCommand(runId, flags));
    });

  const plan = program
    .command('plan')
    .description('turn a question into a plan you can edit')
    .argument('<query...>', 'the question, or - for stdin')
    .option('-o, --output <file>', 'write the plan to this file (YAML, or JSON by extension) instead of stdout');
  addContextFlag(addPlaceFlags(addAgentFlags(plan)))
    .option('-q, --quiet', 'no progress on stderr')
    .action(async (words: string[], flags: RunFlags & { output?: string }) => {
      const { planCommand } = await import('./plan.ts');
      done(await planCommand(words, flags));
    });

  addPlaceFlags(program.command('doctor').description('check which agents work here'))
    .option('--json', 'the reports as a JSON array')
    .option('--self-test', 'ask every installed tool and model for one word; this may cost money')
    .action(async (flags: DoctorFlags) => {
      const { doctorCommand } = await import('./doctor.ts');
      done(await doctorCommand(flags));
    });

  addStateFlag(program.command('view').description('watch or replay a run in a browser'))
    .argument(
      '[run]',
      'a run, as `soar runs` lists it, or a file that --trace wrote or is writing; default: the newest run',
    )
    .option('--once <file>', 'write one self-contained HTML file and exit')
    .addOption(
      new Option('--port <n>', 'listen on this port of 127.0.0.1 instead of a free one').argParser(
        wholeNumber(1, 65_535),
      ),
    )
    .addOption(cwdFlag())
    .action(async (what: string | undefined, flags: ViewFlags) => {
      const { viewCommand } = await import('./view.ts');
      done(await viewCommand(what, flags));
    });

  program
    .command('machine')
    .description('show the charts: soar, collect, wave, task, breaker, gate')
    .argument('[name]', 'one of them; without it, a list')
    .option('--mermaid', 'as a Mermaid state diagram')
    .addOption(new Option('--svg', 'as a picture').conflicts('mermaid'))
    .action(async (name: string | undefined, flags: MachineFlags) => {
      const { machineCommand } = await import('./machine.ts');
      done(await machineCommand(name, flags));
    });

  program
    .command('completion')
    .description('print a script that completes commands and flags in your shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => {
      done(completionCommand(shell, program));
    });

  for (const command of program.commands) addEverywhere(command);
  return program;
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
