import type { AnyStateMachine } from 'xstate';
import { breakerMachine } from '../../machines/breaker/machine.ts';
import { collectMachine } from '../../machines/collect/machine.ts';
import { gateMachine } from '../../machines/gate/machine.ts';
import { soarMachine } from '../../machines/soar/machine.ts';
import { taskMachine } from '../../machines/task/machine.ts';
import { waveMachine } from '../../machines/wave/machine.ts';

/** A chart to show, with a line about it. */
export interface Chart {
  about: string;
  machine: AnyStateMachine;
}

/** The charts by name, from the outside in. */
export const CHARTS: Readonly<Record<string, Chart>> = Object.freeze({
  soar: {
    about: 'A question, by way of six phases, to an answer.',
    machine: soarMachine,
  },
  collect: {
    about: 'A plan: its waves, its time and its budget, until every task has settled.',
    machine: collectMachine,
  },
  wave: {
    about: 'One topological level of a plan: admits its tasks, done when all of them have settled.',
    machine: waveMachine,
  },
  task: {
    about: 'One task: every wait, try, failure and fallback until its one outcome.',
    machine: taskMachine,
  },
  breaker: {
    about: "One agent's circuit breaker; half-open, it lets a single probe through.",
    machine: breakerMachine,
  },
  gate: {
    about: 'Grants leases and paces starts, over all runs of an engine.',
    machine: gateMachine,
  },
});
