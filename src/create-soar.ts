import { parseSoarOptions } from './options.ts';
import { SoarEngine } from './soar-engine.ts';
import type { Soar, SoarOptions } from './soar-types.ts';

/**
 * Makes an engine: one gate, one executor and one breaker an agent, shared by all its runs.
 *
 * @throws {SoarError} `invalid-options`, naming every fault.
 * @example
 * const soar = createSoar({ agents: { twice: ({ prompt }) => prompt + prompt } });
 * const { outcomes } = await soar.run({ tasks: [{ id: 'a', prompt: 'ha' }] }).result; // outcomes[0].output === 'haha'
 */
export function createSoar<const Known extends string = string>(options?: SoarOptions<Known>): Soar<Known>;
export function createSoar(options: SoarOptions = {}): Soar {
  const engine = new SoarEngine(parseSoarOptions(options));
  const close: Soar['close'] = (closing) => engine.close(closing);
  const soar: Omit<Soar, typeof Symbol.asyncDispose> = {
    actor: engine.actor,
    run: (plan, runOptions) => engine.run(plan, runOptions),
    ask: (query, askOptions) => engine.ask(query, askOptions),
    plan: (query, planOptions) => engine.plan(query, planOptions),
    resume: (runId, resumeOptions) => engine.resume(runId, resumeOptions),
    close,
  };
  // Without this symbol, callers cannot write `await using` either.
  return (Symbol.asyncDispose ? { ...soar, [Symbol.asyncDispose]: () => close() } : soar) as Soar;
}
