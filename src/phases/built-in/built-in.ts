import { offlinePhases } from './offline.ts';

export { modelPhases } from './model-phases.ts';

/**
 * Default phases of `ask`. Bundlers for browsers take `built-in.browser.ts` in place of this file, as `browser` in
 * package.json says: a page that only runs plans loads nothing of it.
 */
export const OFFLINE_PHASES = offlinePhases();
