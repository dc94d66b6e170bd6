import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import { failureOf } from './failure.ts';
import { type GeminiEvent, geminiEventSchema } from './gemini.schema.ts';
import type { JsonEvent } from './json-lines.ts';
import type { ToolEvent, ToolFormat } from './tool-event.ts';

/** By the class of the error, which is its `type`. */
const ERRORS: Readonly<Record<string, ErrorKind>> = {
  FatalAuthenticationError: 'auth',
  UnauthorizedError: 'auth',
  FatalInputError: 'invalid_request',
  FatalConfigError: 'invalid_request',
  BadRequestError: 'invalid_request',
  FatalUntrustedWorkspaceError: 'forbidden',
  ForbiddenError: 'forbidden',
  AccountSuspendedError: 'forbidden',
  ValidationRequiredError: 'forbidden',
  FatalTurnLimitedError: 'output_limit',
  ModelNotFoundError: 'invalid_model',
  TerminalQuotaError: 'rate_limited',
  RetryableQuotaError: 'rate_limited',
  FatalCancellationError: 'exit',
};

/** Its wording of errors of the service, whose class is lost on the way. */
const MESSAGES: readonly (readonly [RegExp, ErrorKind])[] = [
  [
    /\bexhausted your (?:\w+ )?(?:quota|capacity)\b|\bTo increase your limits, request a quota increase\b/i,
    'rate_limited',
  ],
  [/\bPossible quota limitations in place\b/i, 'rate_limited'],
  [/\bmodels\/\S{1,100} is not found\b/i, 'invalid_model'],
];

/** An HTTP status as an exit code, of which the system keeps the last eight bits. */
const exitCode = (status: number) => status & 0xff;

/**
 * Gemini CLI: `gemini --output-format stream-json` with its prompt on stdin, one event a line, the last one of type `result`.
 *
 * Documented in docs/cli/headless.md and docs/cli/cli-reference.md of github.com/google-gemini/gemini-cli, and by its types:
 * packages/core/src/output/types.ts, packages/core/src/utils/errors.ts (classes and exit codes). An answer that is not an answer
 * (empty, blocked, cut) ends with `status: "error"` without an `error` and exit code 0; the reason is the `error` event before. Of an
 * error of the service the class comes out as `unknown`, and the exit code is its HTTP status: the words or that report the kind.
 * The one object of `--output-format json` is understood as well, also on stderr, where it prints its failures.
 */
export const geminiFormat: ToolFormat = {
  types: new Set(['init', 'message', 'tool_use', 'tool_result', 'error', 'result']),
  hasEnd: true,
  reportsUsage: true,
  exitCodes: {
    41: 'auth',
    42: 'invalid_request',
    52: 'invalid_request',
    53: 'output_limit',
    55: 'forbidden',
    [exitCode(400)]: 'invalid_request',
    [exitCode(401)]: 'auth',
    [exitCode(403)]: 'forbidden',
    [exitCode(404)]: 'not_found',
    [exitCode(429)]: 'rate_limited',
    [exitCode(500)]: 'transient',
    [exitCode(502)]: 'transient',
    [exitCode(503)]: 'transient',
    [exitCode(504)]: 'transient',
  },
  reader() {
    let complaint = '';
    return (event: JsonEvent): ToolEvent[] => {
      const parsed = geminiEventSchema.safeParse(event);
      if (!parsed.success) return [{ type: 'beat' }];
      const { data } = parsed;
      const events: ToolEvent[] = data.session_id ? [{ type: 'session', id: data.session_id }] : [];
      switch (data.type) {
        case 'message':
          return data.role === 'assistant' && data.content
            ? [{ type: 'text', text: data.content }]
            : [{ type: 'beat' }];
        case 'tool_use':
          return [{ type: 'work', ...(data.tool_name === undefined ? {} : { message: data.tool_name }) }];
        case 'tool_result':
          return [{ type: 'work' }];
        case 'error':
          if (data.severity === 'error') complaint = data.message ?? '';
          return [{ type: 'beat' }];
        case 'result':
          return [...events, ...ended(data, data.status === 'error' || data.error !== undefined, complaint)];
        case undefined:
          return isDocument(data) ? [...events, ...ended(data, data.error !== undefined, '')] : [{ type: 'beat' }];
        default:
          return [...events, { type: 'beat' }];
      }
    };
  },
};

function isDocument({ response, error, stats }: GeminiEvent): boolean {
  return response !== undefined || error !== undefined || stats !== undefined;
}

function ended(data: GeminiEvent, isError: boolean, complaint: string): ToolEvent[] {
  const usage = usageOf(data);
  const counted: ToolEvent[] = usage ? [{ type: 'usage', usage }] : [];
  const answer: ToolEvent[] = data.response ? [{ type: 'answer', text: data.response }] : [];
  if (!isError) return [...counted, ...answer, { type: 'done' }];
  const { type = '', message = '', code } = data.error ?? {};
  const status = typeof code === 'number' && code >= 400 && code < 600 ? code : null;
  const words = message || complaint || type;
  const said = MESSAGES.find(([pattern]) => pattern.test(words))?.[1];
  const failure = failureOf(words, { kind: ERRORS[type] ?? said ?? null, status });
  return [...counted, { type: 'failure', failure, isFinal: true }];
}

function usageOf({ stats }: GeminiEvent): Usage | null {
  if (!stats) return null;
  const { input_tokens, output_tokens, total_tokens } = stats;
  if (total_tokens !== undefined || input_tokens !== undefined) {
    return { inputTokens: input_tokens ?? 0, outputTokens: output_tokens ?? 0, ...total(total_tokens) };
  }
  const models = Object.values(stats.models ?? {}).flatMap(({ tokens }) => (tokens ? [tokens] : []));
  if (models.length === 0) return null;
  const sum = (pick: (one: (typeof models)[number]) => number | undefined) =>
    models.reduce((all, one) => all + (pick(one) ?? 0), 0);
  return {
    inputTokens: sum(({ prompt }) => prompt),
    outputTokens: sum(({ candidates }) => candidates),
    totalTokens: sum((one) => one.total),
  };
}

function total(totalTokens: number | undefined): Usage {
  return totalTokens === undefined ? {} : { totalTokens };
}
