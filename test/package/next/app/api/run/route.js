import { commandAgent, createSoar } from 'soar-machine/node';

export const dynamic = 'force-dynamic';

export async function GET(request) {
  const prompt = new URL(request.url).searchParams.get('prompt') ?? 'hello';
  await using soar = createSoar({
    agents: { cat: commandAgent({ command: ['cat'] }), twice: ({ prompt: text }) => text + text },
  });
  const { outcomes } = await soar.run({
    tasks: [
      { id: 'said', prompt, agent: 'cat' },
      { id: 'twice', prompt, agent: 'twice' },
    ],
  }).result;
  return Response.json(Object.fromEntries(outcomes.map(({ taskId, output }) => [taskId, output])));
}
