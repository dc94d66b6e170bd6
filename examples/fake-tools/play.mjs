// Plays a coding CLI: prints what the real one prints, and works on nothing. What it does is in FAKE, one word for each attempt of a
// task, the last one for all that follow:
//
//   ok            answers                          rate-limit    hits a limit that resets in a moment
//   crash         dies in the middle of its work   unauthorized  has no valid key, and prints the one it has
//   hang          works on and on
//   mid-line      answers, with an event written into the middle of another one
import { randomUUID } from 'node:crypto';

const [tool, ...args] = process.argv.slice(2);
const { FAKE = 'ok', SOAR_ATTEMPT = '1', SOAR_TASK_ID = 'nothing', FAKE_API_KEY = 'none' } = process.env;
const story = FAKE.split(/[\s,]+/);
const step = story[Math.min(Number(SOAR_ATTEMPT), story.length) - 1];

if (args.includes('--version')) {
  console.log(`0.0.0 (a fake ${tool})`);
  process.exit(0);
}

const prompt = args.at(-1)?.startsWith('--message=') || tool === 'cursor-agent' ? String(args.at(-1)) : await stdin();
const resumeFlag = {
  claude: '--resume',
  gemini: '--resume',
  'cursor-agent': '--resume',
  opencode: '--session',
  codex: 'resume',
}[tool];
const at = resumeFlag === undefined ? -1 : args.indexOf(resumeFlag);
const session = at < 0 ? randomUUID() : args[at + 1];
const answer = prompt.includes('the word ready')
  ? 'ready'
  : `${tool} did ${SOAR_TASK_ID}${at < 0 ? '' : ', going on where it had stopped'}.`;
const wrongKey = `Invalid API key ${FAKE_API_KEY}`;
const resetsAt = Math.ceil(Date.now() / 1000) + 1;

const print = (event) => console.log(JSON.stringify(event));
const usage = { input_tokens: 1000, output_tokens: 50 };

/** What becomes of it in the middle of its work. */
async function breakOff() {
  if (step === 'crash') process.exit(1);
  if (step === 'hang') await new Promise((resolve) => setTimeout(resolve, 60_000));
}

/** Prints an event with another one in the middle of its line, whose line end cuts it in two. */
function printCut(event, other) {
  const line = JSON.stringify(event);
  const middle = line.indexOf(answer) + 5;
  process.stdout.write(`${line.slice(0, middle)}${JSON.stringify(other)}\n${line.slice(middle)}\n`);
}

const tools = {
  async claude() {
    const ids = { session_id: session, uuid: randomUUID() };
    const says = (text, error) => ({
      type: 'assistant',
      message: { role: 'assistant', model: error ? '<synthetic>' : 'fake', content: [{ type: 'text', text }] },
      parent_tool_use_id: null,
      ...ids,
      ...(error ? { error } : {}),
    });
    const ends = (result, more = {}) =>
      print({
        type: 'result',
        subtype: 'success',
        is_error: false,
        num_turns: 1,
        result,
        total_cost_usd: 0.01,
        usage,
        ...ids,
        ...more,
      });
    const limit = (status) => ({
      type: 'rate_limit_event',
      rate_limit_info: { status, resetsAt, rateLimitType: 'five_hour' },
      ...ids,
    });
    print({ type: 'system', subtype: 'init', cwd: process.cwd(), tools: ['Bash'], model: 'fake', ...ids });
    if (step === 'rate-limit') {
      print(limit('rejected'));
      // It calls this a success, and exits with code 0.
      return ends('API Error: Rate limit reached', { is_error: true, stop_reason: 'stop_sequence' });
    }
    if (step === 'unauthorized') {
      print(says(wrongKey, 'authentication_failed'));
      ends(wrongKey, { is_error: true });
      process.exit(1);
    }
    print({
      type: 'assistant',
      message: { content: [{ type: 'tool_use', name: 'Bash', input: {} }] },
      parent_tool_use_id: null,
      ...ids,
    });
    print({
      type: 'user',
      message: { content: [{ type: 'tool_result', content: 'HTTP 429 Too Many Requests' }] },
      ...ids,
    });
    await breakOff();
    if (step === 'mid-line') printCut(says(answer), limit('allowed'));
    else print(says(answer));
    ends(answer);
  },
  async codex() {
    const fails = (message) => {
      print({ type: 'error', message });
      print({ type: 'turn.failed', error: { message } });
      process.exit(1);
    };
    print({ type: 'thread.started', thread_id: session });
    print({ type: 'turn.started' });
    if (step === 'rate-limit')
      fails('exceeded retry limit, last status: 429 Too Many Requests. Please try again in 1.2s');
    if (step === 'unauthorized') fails(`unexpected status 401 Unauthorized: ${wrongKey}`);
    print({
      type: 'item.completed',
      item: { id: 'item_0', type: 'command_execution', command: 'ls', status: 'completed' },
    });
    await breakOff();
    const message = { type: 'item.completed', item: { id: 'item_1', type: 'agent_message', text: answer } };
    if (step === 'mid-line') printCut(message, { type: 'error', message: 'Reconnecting... 1/5' });
    else print(message);
    print({ type: 'turn.completed', usage: { ...usage, cached_input_tokens: 0 } });
  },
  async gemini() {
    const timestamp = new Date().toISOString();
    const stats = { input_tokens: 1000, output_tokens: 50, total_tokens: 1050 };
    const fails = (type, message, code) => {
      print({ type: 'result', timestamp, status: 'error', error: { type, message }, stats });
      process.exit(code);
    };
    print({ type: 'init', timestamp, session_id: session, model: 'fake' });
    if (step === 'rate-limit') fails('RetryableQuotaError', 'Your quota will reset after 1s.', 1);
    if (step === 'unauthorized') fails('FatalAuthenticationError', wrongKey, 41);
    print({ type: 'tool_use', timestamp, tool_name: 'read_file', tool_id: 't', parameters: {} });
    await breakOff();
    const message = { type: 'message', timestamp, role: 'assistant', content: answer, delta: true };
    if (step === 'mid-line') printCut(message, { type: 'error', timestamp, severity: 'warning', message: 'slow' });
    else print(message);
    print({ type: 'result', timestamp, status: 'success', stats });
  },
  async opencode() {
    const base = { timestamp: Date.now(), sessionID: `ses_${session}` };
    const fails = (name, data) => {
      print({ type: 'error', ...base, error: { name, data } });
      process.exit(1);
    };
    if (at >= 0) base.sessionID = session;
    if (step === 'rate-limit') {
      fails('APIError', {
        message: 'Too Many Requests',
        statusCode: 429,
        isRetryable: true,
        responseHeaders: { 'retry-after': '1' },
      });
    }
    if (step === 'unauthorized') fails('ProviderAuthError', { providerID: 'fake', message: wrongKey });
    print({ type: 'tool_use', ...base, part: { type: 'tool', tool: 'bash' } });
    await breakOff();
    const text = { type: 'text', ...base, part: { type: 'text', text: answer } };
    if (step === 'mid-line') printCut(text, { type: 'step_start', ...base, part: {} });
    else print(text);
    print({ type: 'step_finish', ...base, part: { reason: 'stop', cost: 0.01, tokens: { input: 1000, output: 50 } } });
    print({ type: 'done', ...base, reason: 'idle', rejected: [] });
  },
  async 'cursor-agent'() {
    const fails = (message) => {
      console.error(`Error: ${message}`);
      process.exit(1);
    };
    const ids = { session_id: session };
    print({ type: 'system', subtype: 'init', apiKeySource: 'login', model: 'fake', ...ids });
    if (step === 'rate-limit') fails('Rate limit exceeded. Try again in 1s');
    if (step === 'unauthorized') fails(wrongKey);
    print({ type: 'tool_call', subtype: 'started', call_id: 'c', tool_call: { readToolCall: {} }, ...ids });
    await breakOff();
    const message = { type: 'assistant', message: { content: [{ type: 'text', text: answer }] }, ...ids };
    if (step === 'mid-line') printCut(message, { type: 'thinking', subtype: 'delta', ...ids });
    else print(message);
    print({
      type: 'result',
      subtype: 'success',
      is_error: false,
      result: answer,
      usage: { inputTokens: 1000, outputTokens: 50 },
      ...ids,
    });
  },
  async aider() {
    console.log('\nAider v0.86.1\nMain model: fake with diff edit format\nGit repo: none\nRepo-map: disabled\n');
    // It exits with code 0 whatever happens.
    if (step === 'rate-limit') return console.log('litellm.RateLimitError: RateLimitError: Please try again in 1s.');
    if (step === 'unauthorized') return console.log(`litellm.AuthenticationError: AuthenticationError: ${wrongKey}`);
    await breakOff();
    console.log(`${answer}\n\nTokens: 1.0k sent, 50 received. Cost: $0.01 message, $0.01 session.`);
  },
  async ollama() {
    const fails = (message) => {
      console.error(`Error: ${message}`);
      process.exit(1);
    };
    if (step === 'rate-limit') fails('429 Too Many Requests: retry after 1s');
    if (step === 'unauthorized') fails(`unauthorized: ${wrongKey}`);
    await breakOff();
    console.log(answer);
    console.error('prompt eval count:    1000 token(s)\neval count:           50 token(s)');
  },
};

await tools[tool]();

async function stdin() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
