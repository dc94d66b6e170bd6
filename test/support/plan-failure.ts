import { SoarError } from '../../src/errors/soar-error.ts';

/** The error that a call throws; fails when it throws none, or another one. */
export function planFailure(run: () => unknown): SoarError {
  try {
    run();
  } catch (error) {
    if (SoarError.isInstance(error) && error.code === 'invalid-plan') return error;
    throw error;
  }
  throw new Error('It did not throw.');
}
