/** @jsxImportSource react */
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { useRun, useTasks } from '../../src/react/index.ts';
import type { RunHandle } from '../../src/run-handle.ts';

function Tasks({ run }: { run: RunHandle | null }) {
  const tasks = useTasks(run);
  const { result } = useRun(run);
  return (
    <p>
      {Object.values(tasks)
        .map(({ taskId, state }) => `${taskId} ${state}`)
        .join(', ')}
      {result === null ? ' open' : ' over'}
    </p>
  );
}

const textOf = (run: RunHandle | null) => renderToString(<Tasks run={run} />).replace(/<[^>]*>/g, '');

describe('the hooks', () => {
  it('have no tasks without a run', () => {
    expect(textOf(null)).toBe(' open');
  });

  it('show the last state of a run that has ended', async () => {
    const soar = createSoar({ agents: { one: () => 'yes' } });
    const run = soar.run({ tasks: [{ id: 'a', prompt: '' }] });
    await run.result;
    expect(textOf(run)).toBe('a done open');
    await soar.close();
  });
});
