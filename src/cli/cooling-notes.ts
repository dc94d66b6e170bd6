import type { Journal } from '../journal/journal.ts';
import { restoredPace } from '../machines/gate/pacing.ts';
import { POLICIES } from '../policy/presets.ts';
import type { SoarOptions } from '../soar-types.ts';
import { oneLine } from '../text/foreign-text.ts';
import type { Agent, AgentFunction } from '../types/agent.ts';
import { formatDuration } from './format.ts';

/**
 * Notes about agents that an earlier run found rate-limited: which wait, and for how long.
 *
 * @param agents Those that the run can come to use, by id.
 */
export function coolingNotes(
  journal: Pick<Journal, 'paces'> | null,
  agents: Readonly<Record<string, Agent | AgentFunction>>,
  now: number,
  { maxCoolingMs = POLICIES.patient.cooling.maxCoolingMs }: Pick<SoarOptions, 'maxCoolingMs'> = {},
): string[] {
  const paces = journal?.paces() ?? new Map();
  return Object.entries(agents).flatMap(([id, agent]) => {
    const stored = paces.get((typeof agent === 'function' ? undefined : agent.provider) ?? id);
    const leftMs = stored === undefined ? 0 : restoredPace(stored, now, maxCoolingMs).coolUntil - now;
    if (leftMs <= 0) return [];
    return [`${oneLine(id)} was rate-limited in an earlier run: it is asked again in ${formatDuration(leftMs)}`];
  });
}
