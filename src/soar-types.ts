/// <reference lib="esnext.disposable" preserve="true" />
import type { AnyActorLogic, AnyActorRef } from 'xstate';
import type { Clock } from './base/clock.ts';
import type { Journal } from './journal/journal.ts';
import type { ObserveOptions } from './observe.ts';
import type { Phases } from './phases/types.ts';
import type { AgentId, AgentSpec, PlanFor, RunSettings } from './plan/types.ts';
import type { Price } from './policy/budget.ts';
import type { RunHandle } from './run-handle.ts';
import type { Agent, AgentFunction } from './types/agent.ts';
import type { Passage } from './types/passage.ts';

/** `Known` are the ids of `agents` as they are written, for editors to complete. */
export interface SoarOptions<Known extends string = string> extends RunSettings, ObserveOptions {
  /** Agents by id. Default: the built-in offline agents. */
  agents?: Record<string, Agent | AgentFunction> & { [Id in Known]?: unknown };
  /** Id of the agent that takes over when a task's own is exhausted or blocked. Default: none. */
  fallback?: AgentId<NoInfer<Known>>;
  /** Id of the agent for tasks that name none, and for subgoals nothing matches. Default: the only or the first one. */
  defaultAgent?: AgentId<NoInfer<Known>>;
  /** Most attempts in flight by agent id and by provider. Default: no limit of their own. */
  limits?: { perAgent?: Record<string, number>; perProvider?: Record<string, number> };
  /** Time for an attempt to end after it is asked to stop, milliseconds. Default 5000. */
  killGraceMs?: number;
  /** Longest time a task may spend cooling after rate limits, milliseconds. Default 120000. */
  maxCoolingMs?: number;
  /** Rate limits a task survives. Default 3. */
  maxRateLimits?: number;
  /** Longest wait for an open breaker, milliseconds; set, tasks wait unless `onOpen` says otherwise. Default 120000. */
  maxOpenWaitMs?: number;
  /** Behaviour of a task without a fallback when its breaker is open. Default `'fail'`. */
  onOpen?: 'fail' | 'wait';
  /** Prices of models, by agent id or by name of the model, for budgets of cost. Default: no price is known. */
  prices?: Readonly<Record<string, Price>>;
  /** Phases of `ask` that replace the built-in offline ones: a function, or an actor logic. */
  phases?: Partial<{ [K in keyof Phases]: Phases[K] | AnyActorLogic }>;
  /**
   * Id of the agent that assesses, decomposes and synthesizes in `ask` and `plan`; any agent that answers in text. `false`: none, words
   * alone decide. Where it gives nothing of use they decide, too, and `phase.note` says so. Default: the default agent
   * when that is a model or a CLI, else none. A phase of `phases` wins.
   */
  phaseAgent?: AgentId<NoInfer<Known>> | false;
  /** Runs of `ask` wait for a person's word on their plan: {@link RunHandle.approve}. Default false. */
  approve?: boolean;
  /** Default: the system's clock. */
  clock?: Clock;
  /** 0 ≤ x < 1, for jitter. Default `Math.random`. */
  random?: () => number;
  /** Makes an agent of what a plan's `agents` says. Default: none, such plans are refused; `soar-machine/node` has one. */
  agentFromSpec?: (id: string, spec: AgentSpec) => Agent;
  /**
   * Reads what an entry of a task's `read` names (`docs/a.md:12-40`); throws a sentence when it cannot. Default: nothing is read, such
   * plans are refused; `soar-machine/node` reads files.
   */
  readEntry?: (entry: string) => Passage;
  /**
   * Records runs, so that they can be resumed, and what breakers have learned. Default: nothing is recorded.
   * `memoryJournal()`, or `sqliteJournal()` of `soar-machine/node`.
   */
  journal?: Journal;
}

export interface RunOptions extends RunSettings {
  /** Default: made up, sortable by time. */
  runId?: string;
  /** Cancels the run when aborted; when it is already, nothing is asked. Default: none. */
  signal?: AbortSignal | undefined;
  /** Overrides the engine's and the plan's; `false`: none. Default: the plan's, else the engine's. */
  fallback?: string | false;
}

export interface AskOptions extends RunOptions {
  /** Agents described for this run, by id, as a plan's `agents` are. Default: the engine's alone. */
  agents?: Record<string, AgentSpec>;
  /** Files whose passages come first. Default: none. */
  contextFiles?: readonly string[];
  /** The agent that thinks in this run. Default: the engine's `phaseAgent`. */
  phaseAgent?: string | false;
  /** Waits for a person's word on the plan. Default: the engine's `approve`. */
  approve?: boolean;
}

export type PlanOptions = Omit<AskOptions, 'approve'>;

export interface ResumeOptions {
  /** Cancels the run when aborted. */
  signal?: AbortSignal | undefined;
  /** A new limit of the whole run, milliseconds from now. Default: its deadline stays what it was. */
  timeoutMs?: number;
}

/** An engine; `Known` are the ids of its agents. `await using soar = createSoar(…)` closes it when its scope is left. */
export interface Soar<Known extends string = string> extends AsyncDisposable {
  /**
   * Runs a plan. Throws `invalid-plan` with every issue, or `invalid-options`, before anything runs; a task that
   * fails is an outcome, never an exception.
   */
  run(plan: PlanFor<Known>, options?: RunOptions): RunHandle;
  /** Answers a question, by way of all six phases. Throws `invalid-options` for bad options. */
  ask(query: string, options?: AskOptions): RunHandle;
  /**
   * Makes a plan of a question: the phases of `ask` as far as `route`. The result has it as `plan`, and no outcomes. Not
   * recorded in the journal: the plan is what stays. Throws `invalid-options` for bad options.
   */
  plan(query: string, options?: PlanOptions): RunHandle;
  /**
   * Resumes a run of the journal that a crash or an interrupt left behind. What has settled is not run again; an
   * attempt that was cut off is, with a new number. The agents must be the same as then, by id. A run that has ended gives
   * its result, and runs nothing.
   *
   * Throws `unknown-run`, `run-owned` when a live process has it, `run-cancelled` for one that was cancelled by its
   * program, `not-supported` without a journal, `io` when the journal cannot be read.
   */
  resume(runId: string, options?: ResumeOptions): RunHandle;
  /**
   * Stops what runs, waits until it has ended and stops the engine. Calls after it throw `engine-closed`. Runs are
   * cancelled; with `interrupt` those of a journal can be resumed. The journal stays open: it belongs to its maker.
   */
  close(options?: { interrupt?: boolean }): Promise<void>;
  /** The actor everything runs under, for inspectors. */
  readonly actor: AnyActorRef;
}
