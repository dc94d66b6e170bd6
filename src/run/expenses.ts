/** Usage that counts against a budget, beside time. */
export interface Expenses {
  attempts: number;
  tokens: number;
  /** US dollars, as far as they are known. */
  costUsd: number;
}
