import { AgentError } from '../../../errors/agent-error.ts';
import type { AgentAnswer } from '../../../types/agent.ts';
import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import type { ProcessResult } from '../../command/command-options.ts';
import { failureOf } from './failure.ts';

/** By the class of the error, as aider's own table of them has it. */
const ERRORS: Readonly<Record<string, ErrorKind>> = {
  AuthenticationError: 'auth',
  PermissionDeniedError: 'forbidden',
  BudgetExceededError: 'forbidden',
  RateLimitError: 'rate_limited',
  RouterRateLimitError: 'rate_limited',
  NotFoundError: 'invalid_model',
  BadRequestError: 'invalid_request',
  ContentPolicyViolationError: 'invalid_request',
  ContextWindowExceededError: 'invalid_request',
  UnprocessableEntityError: 'invalid_request',
  APIConnectionError: 'connection',
  Timeout: 'transient',
  InternalServerError: 'transient',
  BadGatewayError: 'transient',
  ServiceUnavailableError: 'transient',
};

const FAILED = /^litellm\.(?:\w{1,40}\.)?(\w{1,60}): /gm;
/** The tool tries again by itself: its later output is the answer, unless that fails too. */
const RETRYING = /^Retrying in [\d.]{1,12} seconds\.\.\.$/m;
const REPORT =
  /^Tokens: ([\d.]+k?) sent(?:, [\d.]+k? cache write)?(?:, [\d.]+k? cache hit)?, ([\d.]+k?) received\.(?:\s+Cost: \$([\d.]+) message, \$([\d.]+) session\.)?$/gm;
/** A line that aider prints about itself before it begins, or an empty one. */
const BANNER =
  /^(?:\s*$|Aider v\d|Model: |Main model: |Editor model: |Weak model: |Git repo: |Repo-map: |Added .* to the chat|Restored previous conversation|https:\/\/aider\.chat\/)/;
/** Longest line of a banner, characters. */
const LONGEST_BANNER = 1000;

/**
 * aider: `aider --yes-always … --message=<prompt>`; it has no format for programs and no session, so this is its text.
 *
 * Documented in "Scripting aider" (aider.chat/docs/scripting.html) and "Options reference" (aider.chat/docs/config/options.html);
 * the report of tokens and cost and what it does after an error stand in aider/coders/base_coder.py and aider/exceptions.py of
 * github.com/Aider-AI/aider. It exits with code 0 when every request failed. Then it has named the error at the beginning of a line
 * (`litellm.RateLimitError: …`), and no report of tokens comes after: an answer that merely speaks of such an error is followed by
 * the report. Tokens are rounded to hundreds or thousands by aider itself.
 */
export function parseAider({ stdout, exitCode }: ProcessResult): AgentAnswer {
  const text = stdout.replaceAll('\r\n', '\n');
  const reports = [...text.matchAll(REPORT)];
  const failures = [...text.matchAll(FAILED)];
  const last = failures.at(-1);
  const reported = reports.at(-1);
  const usage = usageOf(reported);
  const used = usage ? { usage } : {};
  if (last && last.index > (reported?.index ?? -1) && !hasRecovered(text.slice(last.index))) {
    const message = text.slice(last.index).trim().slice(0, 1000);
    const kind = ERRORS[last[1] ?? ''] ?? null;
    throw new AgentError(...told(message, kind), { output: text.trim(), ...used });
  }
  const output = withoutBanner(text.replace(REPORT, '')).trim();
  if (exitCode === 0) return { output, ...used };
  // A code other than 0 is judged by stderr, as that of any command.
  return output;
}

function hasRecovered(failure: string): boolean {
  const retry = RETRYING.exec(failure);
  return retry !== null && failure.slice(retry.index + retry[0].length).trim() !== '';
}

function told(message: string, kind: ErrorKind | null): [ErrorKind, string] {
  const failure = failureOf(message, { kind });
  return [failure.kind, failure.message];
}

/** Each line is looked at once: a hostile answer may be nothing but lines of a banner. */
function withoutBanner(text: string): string {
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    if (!BANNER.test(text.slice(start, Math.min(end, start + LONGEST_BANNER)))) break;
    start = end + 1;
  }
  return text.slice(start);
}

/** Tokens of the session, which is one message and what it took to mend its edits. */
function usageOf(report: RegExpExecArray | undefined): Usage | null {
  if (!report) return null;
  const [, sent = '', received = '', , session] = report;
  const inputTokens = countOf(sent);
  const outputTokens = countOf(received);
  const costUsd = session === undefined ? {} : { costUsd: Number(session) };
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...costUsd };
}

function countOf(text: string): number {
  return Math.round(text.endsWith('k') ? Number(text.slice(0, -1)) * 1000 : Number(text));
}
