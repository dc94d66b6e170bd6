#!/usr/bin/env node
import { CommanderError } from 'commander';
import { BAD_INPUT } from './exit-code.ts';
import { nodeVersionFault } from './node-version.ts';
import { createProgram } from './program.ts';
import { reportOf } from './report-error.ts';
import { claimStdout, flushOutput, say } from './stdout.ts';

const debug = Boolean(process.env.SOAR_DEBUG);

function report(thrown: unknown): number {
  const { lines, exitCode } = reportOf(thrown, { debug });
  say(lines.join('\n'));
  return exitCode;
}

async function main(argv: readonly string[]): Promise<number> {
  const fault = nodeVersionFault(process.versions.node);
  if (fault) {
    say(`error: ${fault}`);
    return BAD_INPUT;
  }
  let exitCode = 0;
  try {
    await createProgram((code) => {
      exitCode = code;
    }).parseAsync(argv);
    return exitCode;
  } catch (thrown) {
    // Commander has said what it had to say: help and version end well, everything else is bad usage.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : BAD_INPUT;
    return report(thrown);
  }
}

process.on('uncaughtException', (thrown) => process.exit(report(thrown)));

claimStdout();
const exitCode = await main(process.argv);
await flushOutput();
// Handles that an agent of the user's left open must not keep the command alive.
process.exit(exitCode);
