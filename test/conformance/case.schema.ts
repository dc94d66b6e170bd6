import * as z from 'zod';
import { ERROR_KINDS } from '../../src/types/error-kind.ts';

const ms = z.number().min(0);
const kind = z.enum(ERROR_KINDS);
const byId = <T extends z.ZodType>(value: T) => z.record(z.string(), value);
/** Compared by what it names: see the README beside the cases. */
const partial = byId(z.json());

const saidSchema = z
  .strictObject({
    at: ms.describe('When, milliseconds from the start of the execution.'),
    beat: z.literal(true).optional().describe('A sign of life.'),
    output: z.string().optional().describe('A piece of output.'),
    suspect: kind.optional().describe('Something that looks like a failure of this kind was written to stderr.'),
  })
  .meta({ id: 'said', description: 'What an execution lets be known on its way.' });

export const stepSchema = z
  .strictObject({
    ms: ms.optional().describe('When it ends by itself, milliseconds from its start. Default 0: at once.'),
    ok: z.string().optional().describe('What it answers. Default: `<task id> by <agent id>`.'),
    usage: z
      .strictObject({ inputTokens: z.int(), outputTokens: z.int(), totalTokens: z.int() })
      .partial()
      .optional()
      .describe('Tokens it reports it used.'),
    fail: kind.optional().describe('Fails of this kind instead of answering.'),
    message: z.string().optional().describe('Message of the failure. Default: `it is <kind>`.'),
    details: z
      .strictObject({ retryAt: ms, retryAfterMs: ms, retryable: z.boolean(), output: z.string() })
      .partial()
      .optional()
      .describe('What else the failure says: when its provider may be asked again, and so on.'),
    throws: z.json().optional().describe('Breaks with this value as it is, whatever an error is in the language.'),
    hang: z.boolean().optional().describe('Never ends by itself; ends on request.'),
    deaf: z.boolean().optional().describe('Does not even end on request.'),
    dyingMs: ms.optional().describe('How long it takes to end after it was asked to, milliseconds. Default 0.'),
    lastWords: z.string().optional().describe('What it answers, rather than fails with, on request end.'),
    says: z.array(saidSchema).optional(),
  })
  .meta({ id: 'step', description: 'What one execution does.' });

const agentSchema = z
  .strictObject({
    script: z
      .union([z.array(stepSchema), byId(z.array(stepSchema))])
      .optional()
      .describe(
        'Its n-th execution of a task is the n-th step, the last one stands for all that follow. By task id, or the same for all tasks. Default: answers at once.',
      ),
    adHoc: z.boolean().optional().describe("Made up for one plan: judged by the breaker's lenient thresholds."),
    provider: z.string().optional(),
    staggerMs: ms.optional(),
    maxConcurrent: z.int().min(1).optional(),
  })
  .meta({ id: 'agent' });

const expectedSchema = z
  .strictObject({
    throws: z
      .strictObject({ code: z.string(), issues: z.array(z.string()) })
      .partial({ issues: true })
      .describe('The run is refused before it begins, with this code, and issues of these codes, sorted.'),
    status: z.enum(['succeeded', 'partial', 'failed', 'cancelled']).describe('Status of the run.'),
    starts: z.array(ms).describe('When attempts started, milliseconds from the start of the run, in order.'),
    calls: byId(z.int()).describe('Executions of each agent.'),
    peak: z.int().describe('Most executions in flight at a time.'),
    outcomes: byId(partial).describe('The outcome of each of these tasks, by task id; partial.'),
    attempts: byId(z.int()).describe('Number of attempts in the outcome of each of these tasks.'),
    metadata: partial.describe('The metadata of the run; partial.'),
    breakers: byId(partial).describe("`metadata.breakers` of each of these agents' breakers; partial."),
    states: byId(z.array(z.string())).describe(
      'All states each of these tasks went through, in order, `done` left out.',
    ),
    prompts: byId(z.array(z.string())).describe("Pieces of the prompt of the task's first execution."),
    messages: byId(z.array(z.string())).describe("Pieces of the message of the task's error."),
    timeoutMs: ms.describe('The timeout that was derived for the run, milliseconds.'),
    warnings: z.int().describe('Number of warnings of the run.'),
  })
  .partial()
  .meta({ id: 'expected', description: 'What must come of it; what is not named is not judged.' });

const caseSchema = z
  .strictObject({
    ids: z.array(z.string()).min(1).describe("Ids of the reference's tests and defects that it answers to."),
    it: z.string().describe('What holds, as a sentence.'),
    agents: byId(agentSchema),
    plan: z
      .looseObject({ tasks: z.array(z.looseObject({ id: z.string(), prompt: z.string() })) })
      .describe('A plan as in plan.schema.json; some are meant to be refused.'),
    options: byId(z.json()).optional().describe('Options of the engine.'),
    run: byId(z.json()).optional().describe('Options of the run.'),
    cancelAt: ms.optional().describe('When the run is cancelled, milliseconds from its start.'),
    expected: expectedSchema,
  })
  .meta({ id: 'case', description: 'What is given, and what must come of it.' });

export const caseFileSchema = z.strictObject({
  $schema: z.string().optional().describe('For editors; ignored.'),
  about: z.string().describe('What its cases have in common.'),
  cases: z.array(caseSchema),
});

export type Case = z.infer<typeof caseSchema>;
export type Expected = z.infer<typeof expectedSchema>;

/** JSON Schema (2020-12) of a file of cases, for editors and for runners in other languages. */
export function conformanceJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(caseFileSchema, { io: 'input' });
  return {
    $schema,
    $id: 'urn:soar-machine:conformance',
    title: 'soar-machine conformance cases',
    description: 'Plans, agents as data, and what must come of them on a virtual clock.',
    ...schema,
  };
}
