/** Agents that are functions, in a page, with no server. Bundle it: `npx esbuild main.ts --bundle --format=esm --outfile=main.js`. */
import { createSoar, type Plan, type RunProgress } from 'soar-machine';

const sleep = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

const soar = createSoar({
  agents: {
    length: async ({ question }, { signal }) => {
      await sleep(200, signal);
      return `${question}: ${question.length} letters`;
    },
    // Fails once and is tried again.
    moody: async ({ question, attempt }, { signal }) => {
      await sleep(100, signal);
      if (attempt === 1) throw new Error('Not now');
      return `${question}: fine at attempt ${attempt}`;
    },
    report: ({ dependencies }) => Object.values(dependencies).join('\n'),
  },
  policy: { preset: 'default', retry: { baseDelayMs: 100 } },
  maxConcurrent: 2,
});

const plan: Plan = {
  defaults: { agent: 'length' },
  tasks: [
    { id: 'tea', prompt: 'tea' },
    { id: 'coffee', prompt: 'coffee' },
    { id: 'cocoa', prompt: 'cocoa' },
    { id: 'mood', agent: 'moody', prompt: 'the mood' },
    { id: 'report', agent: 'report', prompt: '', dependsOn: ['tea', 'coffee', 'cocoa', 'mood'] },
  ],
};

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function items(lines: readonly string[]): HTMLLIElement[] {
  return lines.map((text) => Object.assign(document.createElement('li'), { textContent: text }));
}

function show({ settled, total, running, perWave, remainingMs, status }: RunProgress): void {
  const bar = element<HTMLProgressElement>('bar');
  bar.max = total || 1;
  bar.value = settled;
  const left = remainingMs === null ? '' : `, about ${(remainingMs / 1000).toFixed(1)} s left`;
  element('status').textContent = status ?? `${settled} of ${total} settled, ${running} running${left}`;
  element('waves').replaceChildren(
    ...items(perWave.map((wave) => `wave ${wave.wave}: ${wave.settled} of ${wave.total}`)),
  );
}

const start = element<HTMLButtonElement>('start');
const cancel = element<HTMLButtonElement>('cancel');

start.onclick = async () => {
  start.disabled = true;
  cancel.disabled = false;
  const run = soar.run(plan);
  const states = new Map<string, string>();
  run.progress$.subscribe(show);
  run.events$.subscribe((event) => {
    if (event.type === 'task.state') states.set(event.taskId, event.state);
    else if (event.type === 'task.settled') states.set(event.outcome.taskId, event.outcome.status);
    else return;
    element('tasks').replaceChildren(...items([...states].map(([id, state]) => `${id}: ${state}`)));
  });
  cancel.onclick = () => run.cancel('Somebody clicked.');
  const { outcomes } = await run.result;
  element('answer').textContent = outcomes.at(-1)?.output ?? '';
  start.disabled = false;
  cancel.disabled = true;
};
