/**
 * Has one model write and criticise at once, and then mend. Runs with Ollama, or with any server that speaks OpenAI's interface:
 * `MODEL_URL=… MODEL=… npx tsx examples/model.ts`
 */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createSoar } from 'soar-machine';
import { modelAgent } from 'soar-machine/agents/ai-sdk';

const { MODEL_URL = 'http://127.0.0.1:11434/v1', MODEL = 'llama3.2' } = process.env;
const server = createOpenAICompatible({ name: 'local', baseURL: MODEL_URL, includeUsage: true });
const model = server(MODEL);

const soar = createSoar({
  agents: {
    writer: modelAgent({ model, system: 'Write one sentence, and nothing else.', temperature: 0.7 }),
    critic: modelAgent({ model, system: 'Name the one thing that has to be better.', maxOutputTokens: 200 }),
  },
  maxConcurrent: 2,
});

const run = soar.run({
  tasks: [
    { id: 'praise', agent: 'writer', prompt: 'Praise the teapot.' },
    { id: 'doubt', agent: 'critic', prompt: 'What speaks against teapots?' },
    { id: 'final', agent: 'writer', prompt: 'Now with the doubt in it.', dependsOn: ['praise', 'doubt'] },
  ],
});
run.events$.subscribe((event) => {
  if (event.type === 'attempt.output') process.stderr.write(event.text);
  if (event.type === 'task.state' && event.until)
    console.error(`${event.taskId} waits: ${event.reason ?? event.state}`);
});

const { outcomes, metadata } = await run.result;
for (const { taskId, status, output, error } of outcomes)
  console.log(`${taskId} ${status}: ${error?.message ?? output}`);
console.log(`${metadata.usage.totalTokens} tokens`);
await soar.close();
