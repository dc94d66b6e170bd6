/** @jsxImportSource react */
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { createSoar, type RunHandle } from 'soar-machine';
import { RunView } from './run-view.tsx';

/** Answers on a button, or stops when the run is cancelled. */
const answers = new Set<() => void>();
const soar = createSoar({
  agents: {
    patient: ({ prompt }, { signal }) =>
      new Promise((resolve, reject) => {
        answers.add(() => resolve(`${prompt}, answered`));
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  },
});

function answerAll(): void {
  for (const answer of answers) answer();
  answers.clear();
}

function App() {
  const [run, setRun] = useState<RunHandle | null>(null);
  const start = () =>
    setRun(
      soar.run({
        tasks: [
          { id: 'first', prompt: 'first' },
          { id: 'second', prompt: 'second' },
          { id: 'last', prompt: 'last', dependsOn: ['first', 'second'] },
        ],
      }),
    );
  return (
    <main>
      <h1>A run in React</h1>
      <button type="button" onClick={start}>
        Start
      </button>{' '}
      <button type="button" onClick={answerAll}>
        Answer
      </button>
      {run && <RunView key={run.id} run={run} />}
    </main>
  );
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
