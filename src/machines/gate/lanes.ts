import type { AgentProfile } from '../../agents/resolve.ts';
import { Queue } from '../../base/queue.ts';
import { TurnoverMap } from '../../base/turnover-map.ts';
import type { StartRequest } from './events.ts';
import type { RunAccount } from './run-budgets.ts';

/** A request in its lane, numbered in the order of arrival over all lanes. */
export interface Waiting {
  readonly request: StartRequest;
  readonly seq: number;
}

/** Requests that are alike to the gate: of one run, for one agent. First come, first served. */
export interface Lane {
  readonly run: RunAccount;
  readonly agent: AgentProfile;
  readonly queue: Queue<Waiting>;
}

/** Tasks that wait for a lease. Adding, removing and finding the first of a lane cost the same however many wait. */
export class Lanes {
  readonly #lanes = new TurnoverMap<string, Lane>();
  readonly #laneOf = new TurnoverMap<string, Lane>();

  get waiting(): number {
    return this.#laneOf.size;
  }

  add(run: RunAccount, request: StartRequest, seq: number): void {
    const { id, identity = '' } = request.agent;
    const key = `${request.runId}\n${id}\n${identity}`;
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = { run, agent: request.agent, queue: new Queue() };
      this.#lanes.set(key, lane);
    }
    lane.queue.add({ request, seq });
    this.#laneOf.set(request.requestId, lane);
  }

  /** Its place in the queue is passed over later. */
  remove(requestId: string): void {
    this.#laneOf.delete(requestId);
  }

  removeRun(runId: string): void {
    for (const [key, lane] of this.#lanes) {
      if (lane.run.runId !== runId) continue;
      for (const { request } of lane.queue) this.#laneOf.delete(request.requestId);
      this.#lanes.delete(key);
    }
  }

  /** Runs with requests that wait for a provider. */
  *runsAt(provider: string): Generator<RunAccount> {
    for (const { lane } of this.heads()) if (lane.agent.provider === provider) yield lane.run;
  }

  /** The first of every lane that has one; lanes that have none are forgotten. */
  *heads(): Generator<{ lane: Lane; head: Waiting }> {
    for (const [key, lane] of this.#lanes) {
      const head = this.#head(lane);
      if (head) yield { lane, head };
      else this.#lanes.delete(key);
    }
  }

  #head(lane: Lane): Waiting | undefined {
    const { queue } = lane;
    while (queue.first && this.#laneOf.get(queue.first.request.requestId) !== lane) queue.take();
    return queue.first;
  }
}
