import { createActor } from 'xstate';
import { createRun, type EngineInput, engine } from './actors/engine.ts';
import { type Services, withAgents } from './actors/services.ts';
import { builtinAgents } from './agents/builtin.ts';
import { resolveAgents } from './agents/resolve.ts';
import { captureContext } from './base/async-context.ts';
import { type Clock, systemClock } from './base/clock.ts';
import { frozenCopy } from './base/frozen.ts';
import { microtask } from './base/microtask.ts';
import { timersOf } from './base/timers.ts';
import { showValue } from './errors/show-value.ts';
import { SoarError } from './errors/soar-error.ts';
import { journaledPublish } from './journal/journaled-publish.ts';
import type { CollectOutput } from './machines/collect/events.ts';
import { collectMachine } from './machines/collect/machine.ts';
import type { SoarInput, SoarOutput } from './machines/soar/events.ts';
import { QUESTION_RULE } from './machines/soar/logic.ts';
import type { soarMachine } from './machines/soar/machine.ts';
import { type Observation, observe } from './observe.ts';
import { checkResumeOptions, engineLimits, settingsOf } from './options.ts';
import { phaseAgentOf, soarMachines } from './phase-agent.ts';
import { runFallback } from './plan/fallback.ts';
import { withReading } from './plan/reading.ts';
import type { Plan } from './plan/types.ts';
import { changedPlan, planAgents, preparePlan } from './prepare-plan.ts';
import { type Launch, resumeRun, withError } from './resume-run.ts';
import type { RunHeader } from './run/entries.ts';
import type { RunLog } from './run/log.ts';
import { createHandle, type RunHandle } from './run-handle.ts';
import type { AskOptions, PlanOptions, ResumeOptions, RunOptions, SoarOptions } from './soar-types.ts';
import { createRunStreams, type RunStreams } from './streams/run-streams.ts';
import { quoted } from './text/foreign-text.ts';
import { isOver, registerNoActors } from './xstate/messaging.ts';

/** The engine behind {@link createSoar}: its root actor, and its open runs. Options are checked before. */
export class SoarEngine {
  readonly actor;
  readonly #options: SoarOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #observation: Observation;
  readonly #input: EngineInput;
  readonly #services: Services;
  readonly #machineFor: (phaseAgent: string | null) => typeof soarMachine;
  readonly #open = new Map<string, RunHandle>();
  #isClosed = false;
  #started = 0;

  constructor(options: SoarOptions) {
    this.#options = options;
    // A copy, so that each engine has a timer queue of its own.
    this.#clock = options.clock ?? { ...systemClock };
    this.#random = options.random ?? Math.random;
    // Validates agents now, so an invalid one throws here rather than inside an actor.
    resolveAgents(options.agents ?? {});
    // Made here, so that its real timers belong to no run.
    timersOf(this.#clock);
    this.#observation = observe(options, this.#clock);
    const { inspect, around } = this.#observation;
    this.#input = engineInput(options, this.#random, around);
    this.actor = createActor(engine, {
      id: 'engine',
      input: this.#input,
      clock: this.#clock,
      ...(inspect ? { inspect } : {}),
    });
    registerNoActors(this.actor.system);
    this.actor.start();
    this.#services = this.actor.getSnapshot().services;
    this.#machineFor = soarMachines(options.phases, this.#services.agents);
  }

  run(plan: Plan, runOptions: RunOptions = {}): RunHandle {
    const runId = this.#admit(runOptions.runId);
    const options = this.#options;
    const read = withReading(plan, options.readEntry ?? null);
    const fallback = runFallback(runOptions.fallback, read?.fallback, options.fallback);
    const wanted = fallback === null ? read : changedPlan(read, { fallback });
    const { compiled, own } = preparePlan(wanted, this.#services, options);
    const settings = settingsOf(options, compiled.plan, runOptions, 'skip');
    const about = compiled.goal === undefined ? {} : { goal: compiled.goal };
    return this.#launch({
      runId,
      logic: collectMachine,
      input: { plan: compiled, settings },
      own,
      about,
      resultOf: (output) => withError(runId, output as CollectOutput),
      signal: runOptions.signal,
      log: this.#begin({ runId, settings, plan: compiled.plan, ...about }),
    });
  }

  ask(query: string, askOptions: AskOptions = {}): RunHandle {
    const runId = this.#admit(askOptions.runId);
    const { agents } = askOptions;
    const approve = askOptions.approve ?? this.#options.approve ?? false;
    const asked = this.#question(query, askOptions);
    const input = { ...asked.input, ...(approve ? { approve } : {}) };
    const log = this.#begin({ runId, ...input, ...(agents ? { agents } : {}) });
    return this.#launchQuestion(runId, { ...asked, input }, askOptions, log);
  }

  plan(query: string, planOptions: PlanOptions = {}): RunHandle {
    const runId = this.#admit(planOptions.runId);
    const asked = this.#question(query, planOptions);
    const input = { ...asked.input, until: 'route' as const };
    return this.#launchQuestion(runId, { ...asked, input }, planOptions, null);
  }

  resume(runId: string, resumeOptions: ResumeOptions = {}): RunHandle {
    checkResumeOptions(resumeOptions);
    const options = this.#options;
    if (!options.journal) throw new SoarError('not-supported', 'This engine has no journal to resume a run from.');
    this.#admit(runId);
    const resumed = resumeRun(runId, resumeOptions, {
      journal: options.journal,
      clock: this.#clock,
      machineFor: this.#machineFor,
      agentsOf: (agents) => planAgents(agents, options),
      prepare: (plan) => preparePlan(plan, this.#services, options),
    });
    return this.#launch({ ...resumed, runId, signal: resumeOptions.signal });
  }

  async close({ interrupt = false } = {}): Promise<void> {
    this.#isClosed = true;
    const left = [...this.#open.values()];
    for (const handle of left) handle[interrupt ? 'interrupt' : 'cancel']('The engine was closed.');
    await Promise.all(left.map(({ result }) => result));
    this.actor.stop();
    await this.#observation.close();
  }

  #launchQuestion(
    runId: string,
    { input, own }: { input: QuestionInput; own: Launch['own'] },
    { signal }: { signal?: AbortSignal },
    log: RunLog | null,
  ): RunHandle {
    return this.#launch({
      runId,
      logic: this.#machineFor(input.phaseAgent),
      input,
      own,
      about: { query: input.query },
      resultOf: (output) => ({ runId, ...(output as SoarOutput) }),
      signal,
      log,
    });
  }

  #launch({ runId, logic, input, own, about, resultOf, signal, log, before }: Launch): RunHandle {
    const clock = this.#clock;
    const streams = createRunStreams(runId, clock);
    if (this.#observation.publish) streams.events$.subscribe(this.#observation.publish);
    const publish = log ? journaledPublish(log, streams.publish) : streams.publish;
    const services = withAgents(this.#services, own);
    const within = captureContext();
    const actor = createRun(this.actor, runId, logic, { ...input, runId, services, publish, log }, within);
    log?.failed((error) => {
      const isTaken = SoarError.isInstance(error) && error.code === 'run-owned';
      const message = isTaken ? error.message : `The run can no longer be recorded and stops: ${error.message}`;
      warn(streams, message, clock);
      if (!isOver(actor)) within(() => actor.send({ type: 'run.cancel', kind: 'internal', message }));
    });
    const handle = createHandle({
      ...{ runId, actor, within, streams, clock, resultOf, signal, log },
      prepare: (plan) => preparePlan(withReading(plan, this.#options.readEntry ?? null), services, this.#options),
      onSettled: () => this.#open.delete(runId),
    });
    this.#open.set(runId, handle);
    const start = (fault?: unknown) => {
      streams.publish({ type: 'run.started', ...about }, clock.now());
      actor.start();
      if (fault === undefined) return;
      // No attempt may run beside one that is still there. The run stays as it is, to be resumed.
      const message = fault instanceof Error ? fault.message : String(fault);
      warn(streams, message, clock);
      handle.interrupt(message);
    };
    // On the next microtask, so callers can subscribe before the first event.
    const begin = (fault?: unknown) => within(() => start(fault));
    if (before) before.then(() => begin(), begin);
    else microtask(() => begin());
    return handle;
  }

  /** Input of the machine of a question. Throws `invalid-options`. */
  #question(query: string, askOptions: AskOptions): { input: QuestionInput; own: Launch['own'] } {
    if (typeof query !== 'string' || query.trim() === '') {
      throw new SoarError('invalid-options', `Expected \`query\` to be a question, got ${showValue(query)}.`);
    }
    const options = this.#options;
    const { defaultAgent, phases } = options;
    const { contextFiles } = askOptions;
    const own = planAgents(askOptions.agents, options);
    const { agents } = withAgents(this.#services, own);
    const settings = settingsOf(options, {}, askOptions, QUESTION_RULE);
    checkAnswering(agents, settings.fallback);
    const input: QuestionInput = {
      query,
      phaseAgent: phaseAgentOf(agents, askOptions.phaseAgent ?? options.phaseAgent, defaultAgent),
      settings,
      // A custom `decompose` phase sees every query; the built-in one skips simple ones.
      decompose: phases?.decompose ? 'always' : 'unlessSimple',
      ...(defaultAgent === undefined ? {} : { defaultAgent }),
      ...(contextFiles ? { contextFiles: frozenCopy(contextFiles) } : {}),
    };
    return { input, own };
  }

  #admit(given: string | undefined): string {
    if (this.#isClosed) throw new SoarError('engine-closed', 'This engine was closed. Make another with createSoar().');
    const runId = given ?? this.#nextRunId();
    if (this.#open.has(runId))
      throw new SoarError('invalid-options', `A run ${quoted(runId)} is under way. Choose another runId.`);
    return runId;
  }

  /** Sortable by time, and unique also where time stands still and chance repeats. */
  #nextRunId(): string {
    this.#started += 1;
    const chance = Math.floor(this.#random() * 36 ** 4).toString(36);
    return `${this.#clock.now().toString(36)}-${chance.padStart(4, '0')}${this.#started.toString(36)}`;
  }

  #begin(header: Omit<RunHeader, 'startedAt'>): RunLog | null {
    return this.#options.journal?.begin({ ...header, startedAt: this.#clock.now() }) ?? null;
  }
}

type QuestionInput = SoarInput & Pick<RunHeader, 'settings'> & { phaseAgent: string | null };

function engineInput(options: SoarOptions, random: () => number, around: EngineInput['around']): EngineInput {
  const { agents = {}, journal, maxCoolingMs, prices, killGraceMs } = options;
  return {
    agents: Object.keys(agents).length === 0 ? builtinAgents() : agents,
    limits: engineLimits(options),
    random,
    around,
    ...(journal ? { journal, answers: journal.answers } : {}),
    ...(maxCoolingMs === undefined ? {} : { maxCoolingMs }),
    ...(prices ? { prices } : {}),
    ...(killGraceMs === undefined ? {} : { killGraceMs }),
  };
}

/** Throws `invalid-options` when no agent can answer a question, or the fallback does not exist. */
function checkAnswering(agents: Services['agents'], fallback: string | null): void {
  if ([...agents.values()].every(({ promptIsCode }) => promptIsCode)) {
    const message = `No agent can answer a question: ${[...agents.keys()].map((id) => `\`${id}\``).join(', ')} run their prompt as code. Add a model, a CLI tool or a function.`;
    throw new SoarError('invalid-options', message);
  }
  if (fallback !== null && !agents.has(fallback)) {
    throw new SoarError('invalid-options', `Expected \`fallback\` to be an agent's id, got ${quoted(fallback)}.`);
  }
}

function warn(streams: RunStreams, message: string, clock: Clock): void {
  streams.publish({ type: 'warning', message }, clock.now());
}
