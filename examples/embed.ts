import { AgentError, createSoar } from 'soar-machine';

const soar = createSoar({
  agents: {
    fetcher: ({ prompt }) => `3 reviews of ${prompt}: good, good, bad`,
    counter: ({ dependencies }) => `${Object.values(dependencies).join().split('good').length - 1} of 3 like it`,
    expert: () => Promise.reject(new AgentError('auth', 'No key for the expert model')),
    amateur: ({ dependencies }) => `A safe bet: ${dependencies.count}.`,
  },
});

const run = soar.run({
  tasks: [
    { id: 'reviews', agent: 'fetcher', prompt: 'the teapot' },
    { id: 'count', agent: 'counter', prompt: 'How many like it?', dependsOn: ['reviews'] },
    { id: 'advice', agent: 'expert', prompt: 'Buy it?', dependsOn: ['count'], fallback: 'amateur' },
  ],
});
run.events$.subscribe((event) => event.type === 'task.state' && console.log(`  ${event.taskId}: ${event.state}`));

const { status, outcomes } = await run.result;
for (const { taskId, via, output } of outcomes) console.log(`${taskId} (${via}): ${output}`);
console.log(status);
await soar.close();
