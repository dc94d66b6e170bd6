import { createActor } from 'xstate';
import { createRun, type EngineInput, engine } from './actors/engine.ts';
import { type Services, withAgents } from './actors/services.ts';
import { builtinAgents } from './agents/builtin.ts';
import { type ResolvedAgent, resolveAgents } from './agents/resolve.ts';
import { captureContext } from './base/async-context.ts';
import { systemClock } from './base/clock.ts';
import { frozenCopy } from './base/frozen.ts';
import { microtask } from './base/microtask.ts';
import { timersOf } from './base/timers.ts';
import { showValue } from './errors/show-value.ts';
import { SoarError } from './errors/soar-error.ts';
import { journaledPublish } from './journal/journaled-publish.ts';
import type { CollectOutput } from './machines/collect/events.ts';
import { collectMachine } from './machines/collect/machine.ts';
import type { SoarOutput } from './machines/soar/events.ts';
import { QUESTION_RULE } from './machines/soar/logic.ts';
import { observe } from './observe.ts';
import { checkResumeOptions, engineLimits, parseSoarOptions, settingsOf } from './options.ts';
import { phaseAgentOf, soarMachines } from './phase-agent.ts';
import { compilePlan } from './plan/compile.ts';
import { agentIdentity } from './plan/identity.ts';
import { ownAgents } from './plan/plan-agents.ts';
import { withReading } from './plan/reading.ts';
import type { Plan } from './plan/types.ts';
import { type Launch, type PreparedPlan, resumeRun, withError } from './resume-run.ts';
import type { RunHeader } from './run/entries.ts';
import type { RunLog } from './run/log.ts';
import { createHandle, type RunHandle } from './run-handle.ts';
import type { AskOptions, Soar, SoarOptions } from './soar-types.ts';
import { createRunStreams } from './streams/run-streams.ts';
import { quoted } from './text/foreign-text.ts';
import { isOver, registerNoActors } from './xstate/messaging.ts';

/**
 * Makes an engine: one gate, one executor and one breaker an agent, shared by all its runs.
 *
 * @throws {SoarError} `invalid-options`, naming every fault.
 * @example
 * const soar = createSoar({ agents: { twice: ({ prompt }) => prompt + prompt } });
 * const { outcomes } = await soar.run({ tasks: [{ id: 'a', prompt: 'ha' }] }).result; // outcomes[0].output === 'haha'
 */
export function createSoar<const Known extends string = string>(options?: SoarOptions<Known>): Soar<Known>;
export function createSoar(given: SoarOptions = {}): Soar {
  const options = parseSoarOptions(given);
  // A copy, so that each engine has a timer queue of its own.
  const clock = options.clock ?? { ...systemClock };
  const random = options.random ?? Math.random;
  const isBare = options.agents === undefined || Object.keys(options.agents).length === 0;
  // Looked at here as well, so that what is no agent is an error of this call and not of an actor.
  resolveAgents(options.agents ?? {});
  // Made here, so that its real timers belong to no run.
  timersOf(clock);
  const observation = observe(options, clock);
  const { inspect, around } = observation;
  const input: EngineInput = {
    agents: isBare ? builtinAgents() : (options.agents ?? {}),
    limits: engineLimits(options),
    random,
    around,
    ...(options.journal ? { journal: options.journal, answers: options.journal.answers } : {}),
    ...(options.maxCoolingMs === undefined ? {} : { maxCoolingMs: options.maxCoolingMs }),
    ...(options.prices ? { prices: options.prices } : {}),
    ...(options.killGraceMs === undefined ? {} : { killGraceMs: options.killGraceMs }),
  };
  const root = createActor(engine, { id: 'engine', input, clock, ...(inspect ? { inspect } : {}) });
  registerNoActors(root.system);
  root.start();
  const { services } = root.getSnapshot();
  const machineFor = soarMachines(options.phases, services.agents);
  // A custom `decompose` phase sees every query; the built-in one skips simple ones.
  const decompose = options.phases?.decompose ? ('always' as const) : ('unlessSimple' as const);
  const open = new Map<string, RunHandle>();
  let isClosed = false;
  let started = 0;

  function launch({ runId, logic, input, own, about, resultOf, signal, log, before }: Launch): RunHandle {
    const streams = createRunStreams(runId, clock);
    if (observation.publish) streams.events$.subscribe(observation.publish);
    const publish = log ? journaledPublish(log, streams.publish) : streams.publish;
    const known = withAgents(services, own);
    const within = captureContext();
    const actor = createRun(root, runId, logic, { ...input, runId, services: known, publish, log }, within);
    log?.failed((error) => {
      const isTaken = SoarError.isInstance(error) && error.code === 'run-owned';
      const message = isTaken ? error.message : `The run can no longer be recorded and stops: ${error.message}`;
      streams.publish({ type: 'warning', message }, clock.now());
      if (!isOver(actor)) within(() => actor.send({ type: 'run.cancel', kind: 'internal', message }));
    });
    const handle = createHandle({
      runId,
      actor,
      within,
      streams,
      clock,
      resultOf,
      signal,
      log,
      prepare: (plan) => prepare(withReading(plan, options.readEntry ?? null), known),
      onSettled: () => open.delete(runId),
    });
    open.set(runId, handle);
    const start = (fault?: unknown) => {
      streams.publish({ type: 'run.started', ...about }, clock.now());
      actor.start();
      if (fault === undefined) return;
      // No attempt may run beside one that is still there. The run stays as it is, to be resumed.
      const message = fault instanceof Error ? fault.message : String(fault);
      streams.publish({ type: 'warning', message }, clock.now());
      handle.interrupt(message);
    };
    // On the next microtask, so callers can subscribe before the first event.
    const begin = (fault?: unknown) => within(() => start(fault));
    if (before) before.then(() => begin(), begin);
    else microtask(() => begin());
    return handle;
  }

  /** Sortable by time, and unique also where time stands still and chance repeats. */
  function nextRunId(): string {
    started += 1;
    const chance = Math.floor(random() * 36 ** 4).toString(36);
    return `${clock.now().toString(36)}-${chance.padStart(4, '0')}${started.toString(36)}`;
  }

  function admit(given: string | undefined): string {
    if (isClosed) throw new SoarError('engine-closed', 'This engine was closed. Make another with createSoar().');
    const runId = given ?? nextRunId();
    if (open.has(runId))
      throw new SoarError('invalid-options', `A run ${quoted(runId)} is under way. Choose another runId.`);
    return runId;
  }

  /** Compiles a plan, and makes the agents it brings along, beside those that are known. Throws `invalid-plan`. */
  function prepare(plan: Plan, known: Services): PreparedPlan {
    const own = planAgents(plan?.agents, options);
    const agents = [...withAgents(known, own).agents.keys()];
    return { compiled: compilePlan(withDefaultAgent(plan, options.defaultAgent), { agents }), own };
  }

  /** Input of the machine of a question, for every kind of request. Throws `invalid-options`. */
  function questionInput(query: string, askOptions: AskOptions) {
    if (typeof query !== 'string' || query.trim() === '') {
      throw new SoarError('invalid-options', `Expected \`query\` to be a question, got ${showValue(query)}.`);
    }
    const { contextFiles } = askOptions;
    const own = planAgents(askOptions.agents, options);
    const { agents } = withAgents(services, own);
    if ([...agents.values()].every(({ promptIsCode }) => promptIsCode)) {
      const message = `No agent can answer a question: ${[...agents.keys()].map((id) => `\`${id}\``).join(', ')} run their prompt as code. Add a model, a CLI tool or a function.`;
      throw new SoarError('invalid-options', message);
    }
    const fallback = askOptions.fallback ?? options.fallback;
    if (typeof fallback === 'string' && !agents.has(fallback)) {
      throw new SoarError('invalid-options', `Expected \`fallback\` to be an agent's id, got ${quoted(fallback)}.`);
    }
    const phaseAgent = phaseAgentOf(agents, askOptions.phaseAgent ?? options.phaseAgent, options.defaultAgent);
    const input = {
      query,
      phaseAgent,
      settings: settingsOf(options, {}, askOptions, fallback, QUESTION_RULE),
      decompose,
      ...(options.defaultAgent === undefined ? {} : { defaultAgent: options.defaultAgent }),
      ...(contextFiles ? { contextFiles: frozenCopy(contextFiles) } : {}),
    };
    return { input, own };
  }

  function begin(header: RunHeader): RunLog | null {
    return options.journal?.begin(header) ?? null;
  }

  async function close({ interrupt = false } = {}): Promise<void> {
    isClosed = true;
    const left = [...open.values()];
    for (const handle of left) handle[interrupt ? 'interrupt' : 'cancel']('The engine was closed.');
    await Promise.all(left.map(({ result }) => result));
    root.stop();
    await observation.close();
  }

  const soar: Omit<Soar, typeof Symbol.asyncDispose> = {
    actor: root,
    run(plan, runOptions = {}) {
      const runId = admit(runOptions.runId);
      const read = withReading(plan, options.readEntry ?? null);
      const fallback = runOptions.fallback ?? read?.fallback ?? options.fallback;
      const wanted = fallback === false || fallback === undefined ? read : changed(read, { fallback });
      const { compiled, own } = prepare(wanted, services);
      const settings = settingsOf(options, compiled.plan, runOptions, fallback, 'skip');
      const about = compiled.goal === undefined ? {} : { goal: compiled.goal };
      return launch({
        runId,
        logic: collectMachine,
        input: { plan: compiled, settings },
        own,
        about,
        resultOf: (output) => withError(runId, output as CollectOutput),
        signal: runOptions.signal,
        log: begin({ runId, startedAt: clock.now(), settings, plan: compiled.plan, ...about }),
      });
    },
    ask(query, askOptions = {}) {
      const runId = admit(askOptions.runId);
      const { agents, signal } = askOptions;
      const approve = askOptions.approve ?? options.approve ?? false;
      const asked = questionInput(query, askOptions);
      const input = { ...asked.input, ...(approve ? { approve } : {}) };
      return launch({
        runId,
        logic: machineFor(input.phaseAgent),
        input,
        own: asked.own,
        about: { query },
        resultOf: (output) => ({ runId, ...(output as SoarOutput) }),
        signal,
        log: begin({ runId, startedAt: clock.now(), ...input, ...(agents ? { agents } : {}) }),
      });
    },
    plan(query, planOptions = {}) {
      const runId = admit(planOptions.runId);
      const { input, own } = questionInput(query, planOptions);
      return launch({
        runId,
        logic: machineFor(input.phaseAgent),
        input: { ...input, until: 'route' },
        own,
        about: { query },
        resultOf: (output) => ({ runId, ...(output as SoarOutput) }),
        signal: planOptions.signal,
        log: null,
      });
    },
    resume(runId, resumeOptions = {}) {
      checkResumeOptions(resumeOptions);
      if (!options.journal) throw new SoarError('not-supported', 'This engine has no journal to resume a run from.');
      admit(runId);
      const resumed = resumeRun(runId, resumeOptions, {
        journal: options.journal,
        clock,
        machineFor,
        agentsOf: (agents) => planAgents(agents, options),
        prepare: (plan) => prepare(plan, services),
      });
      return launch({ ...resumed, runId, signal: resumeOptions.signal });
    },
    close,
  };
  // Without this symbol, callers cannot write `await using` either.
  return (Symbol.asyncDispose ? { ...soar, [Symbol.asyncDispose]: () => close() } : soar) as Soar;
}

/** The agents a plan, or a run, brings along. */
function planAgents(agents: Plan['agents'], { agentFromSpec }: SoarOptions): ReadonlyMap<string, ResolvedAgent> {
  const specs = Object.entries(ownAgents(frozenCopy(agents)));
  if (specs.length === 0) return new Map();
  if (!agentFromSpec) {
    throw new SoarError(
      'not-supported',
      'The plan describes agents of its own, and this engine cannot make them. Use createSoar from soar-machine/node, or pass `agents`.',
    );
  }
  const made = resolveAgents(Object.fromEntries(specs.map(([id, spec]) => [id, agentFromSpec(id, spec)])));
  for (const [id, spec] of specs) {
    const agent = made.get(id);
    if (agent) made.set(id, { ...agent, identity: agentIdentity(id, spec) });
  }
  return made;
}

function withDefaultAgent(plan: Plan, agent: string | undefined): Plan {
  if (agent === undefined || plan?.defaults?.agent !== undefined) return plan;
  return changed(plan, { defaults: { ...plan?.defaults, agent } });
}

/** A plan with some keys changed. What is no plan stays as it is, for the compiler to say so. */
function changed(plan: Plan, changes: Partial<Plan>): Plan {
  return typeof plan === 'object' && plan !== null && !Array.isArray(plan) ? { ...plan, ...changes } : plan;
}
