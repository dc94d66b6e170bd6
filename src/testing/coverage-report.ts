/** How much of something was seen. */
export interface Share {
  readonly seen: number;
  readonly of: number;
  /** Rounded down, so that 100 means all. */
  readonly percent: number;
  /** Parts not covered. */
  readonly missing: readonly string[];
}

export interface CoverageFigures {
  /** State nodes entered. */
  states: Share;
  /** Transitions taken. */
  transitions: Share;
  /** Two transitions, one directly after the other, of those that are possible from the configurations that were seen. */
  pairs: Share;
  /** Outcomes of guards, two a guard. */
  guards: Share;
}

export function shareOf(all: Iterable<string>, seen: { has(key: string): boolean }): Share {
  const keys = [...all];
  const missing = keys.filter((key) => !seen.has(key));
  const count = keys.length - missing.length;
  return {
    seen: count,
    of: keys.length,
    percent: keys.length === 0 ? 100 : Math.floor((100 * count) / keys.length),
    missing,
  };
}

const NAMES = ['states', 'transitions', 'pairs', 'guards'] as const;

/** The figures as text: one line, then what is missing, pairs excepted, then what cannot be reached and why. */
export function reportOf(
  name: string,
  figures: CoverageFigures,
  unreachable: Readonly<Record<string, string>>,
): string {
  const shares = NAMES.map((kind) => {
    const { seen, of, percent } = figures[kind];
    return `${kind} ${seen}/${of} (${percent} %)`;
  });
  const missing = NAMES.filter((kind) => kind !== 'pairs').flatMap((kind) =>
    figures[kind].missing.map((key) => `  missing ${kind.slice(0, -1)}: ${key}`),
  );
  const excluded = Object.entries(unreachable).map(([key, reason]) => `  unreachable: ${key} (${reason})`);
  return [`${name}: ${shares.join(', ')}`, ...missing, ...excluded].join('\n');
}
