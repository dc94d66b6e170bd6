import { escaped } from '../text/foreign-text.ts';
import { clip, pad, textWidth } from './text-width.ts';

export interface Column {
  title: string;
  /** Gets narrower when the table is too wide. Default false. */
  shrinks?: boolean;
}

/** Columns between two cells. */
const GAP = '  ';
const NARROWEST = 8;

/**
 * Cells in columns, as lines without trailing spaces, at most `width` columns wide where shrinking allows. The last
 * column takes what is left. Control and format characters are escaped.
 */
export function tableLines(columns: readonly Column[], given: readonly (readonly string[])[], width: number): string[] {
  const rows = given.map((cells) => cells.map(escaped));
  const widths = columns.map(({ title }, i) =>
    rows.reduce((most, row) => Math.max(most, textWidth(row[i] ?? '')), textWidth(title)),
  );
  for (let over = excess(widths, width); over > 0; over = excess(widths, width)) {
    const widest = columns.reduce(
      (found, { shrinks }, i) => (shrinks && (found === -1 || (widths[i] ?? 0) > (widths[found] ?? 0)) ? i : found),
      -1,
    );
    const present = widths[widest] ?? 0;
    if (widest === -1 || present <= NARROWEST) break;
    widths[widest] = Math.max(NARROWEST, present - over, Math.floor(present * 0.75));
  }
  const titles = columns.map(({ title }) => title);
  return [titles, ...rows].map((cells) =>
    cells
      .map((cell, i) => pad(clip(cell, widths[i] ?? 0), widths[i] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

function excess(widths: readonly number[], width: number): number {
  return widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1) - width;
}
