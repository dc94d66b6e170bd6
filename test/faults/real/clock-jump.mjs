// Preloaded: the wall clock of this process is off, and jumps while it runs, by what SOAR_FAULT_CLOCK says.
const { offsetMs, jumpAfterMs, jumpByMs } = JSON.parse(process.env.SOAR_FAULT_CLOCK);
const real = Date.now;
const startedAt = real();
const now = () => real() + offsetMs + (real() - startedAt >= jumpAfterMs ? jumpByMs : 0);
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [now()] : given));
  }
  static now = now;
};
