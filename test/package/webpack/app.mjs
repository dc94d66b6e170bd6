/** What each bundler is given: a plan with a process, a function and a model, and the page of the viewer. */
import { commandAgent, createSoar, startViewer } from 'soar-machine/node';

const soar = createSoar({
  agents: { cat: commandAgent({ command: ['cat'] }), twice: ({ prompt }) => prompt + prompt },
});
const plan = {
  retries: 0,
  agents: { model: { kind: 'model', baseURL: 'http://127.0.0.1:9/v1', model: 'none' } },
  tasks: [
    { id: 'said', prompt: 'hello', agent: 'cat' },
    { id: 'twice', prompt: 'ha', agent: 'twice' },
    { id: 'asked', prompt: 'hi', agent: 'model' },
  ],
};

async function main() {
  const { outcomes } = await soar.run(plan).result;
  await soar.close();
  const viewer = typeof startViewer;
  console.log(JSON.stringify([...outcomes.map(({ output, error }) => error?.kind ?? output), viewer]));
}

main();
