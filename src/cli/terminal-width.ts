/** Columns of what is written to a file or a pipe. */
export const FILE_COLUMNS = 160;
/** Columns of a terminal that does not know its size, and says 0. */
const UNSIZED_COLUMNS = 80;

/** How many columns there are to write in. */
export function columnsOf({ columns }: { columns?: number }): number {
  return columns === undefined ? FILE_COLUMNS : columns || UNSIZED_COLUMNS;
}

/** How many rows a live view may fill. */
export function rowsOf({ rows }: { rows?: number }): number {
  return rows || 24;
}
