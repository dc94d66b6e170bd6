import type { Counter, Histogram, Meter } from '@opentelemetry/api';

export interface Instruments {
  attempts: Counter;
  retries: Counter;
  tasks: Counter;
  breakerChanges: Counter;
  queueTime: Histogram;
  duration: Histogram;
  runDuration: Histogram;
  tokens: Histogram;
}

export function instrumentsOf(meter: Meter): Instruments {
  return {
    attempts: meter.createCounter('soar.attempts', {
      unit: '{attempt}',
      description: 'Executions of tasks by agents.',
    }),
    retries: meter.createCounter('soar.retries', {
      unit: '{retry}',
      description: 'Failed attempts that are repeated.',
    }),
    tasks: meter.createCounter('soar.tasks', { unit: '{task}', description: 'Tasks settled, by status.' }),
    breakerChanges: meter.createCounter('soar.breaker.changes', {
      unit: '{change}',
      description: 'Changes of circuit breakers, by the state they came into.',
    }),
    queueTime: meter.createHistogram('soar.queue.duration', {
      unit: 's',
      description: 'Time from asking for a start until it was granted.',
    }),
    duration: meter.createHistogram('gen_ai.invoke_agent.duration', {
      unit: 's',
      description: 'Duration of an attempt.',
    }),
    runDuration: meter.createHistogram('gen_ai.invoke_workflow.duration', {
      unit: 's',
      description: 'Duration of a run.',
    }),
    tokens: meter.createHistogram('gen_ai.client.token.usage', {
      unit: '{token}',
      description: 'Tokens an agent reported.',
    }),
  };
}
