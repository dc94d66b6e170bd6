import type { InspectionEvent } from 'xstate';
import { type Clock, systemClock } from '../base/clock.ts';
import type { RunEvent } from '../run/events.ts';
import type { Mask } from '../text/mask/mark.ts';
import { createSecretMask } from '../text/mask/secret-mask.ts';
import type { Environment } from '../text/mask/secrets-of.ts';
import { InspectionRecorder } from './inspection.ts';
import { Outlet, type Redact } from './outlet.ts';
import { runEventRecorder } from './run-event-recorder.ts';
import type { TraceMode, TraceSink } from './sink.ts';
import { Texts } from './texts.ts';

export interface TraceOptions {
  /** Where the records go. */
  sinks: readonly TraceSink[];
  /** How much is recorded, for sinks that do not say themselves. Default `'compact'`. */
  mode?: TraceMode;
  /**
   * Called for every record after the default masking; what it returns is recorded, `null` leaves the record out. When
   * it throws, the record is left out.
   */
  redact?: Redact;
  /** Records the bodies of prompts and outputs in `text` records. Default false: by reference alone. */
  texts?: boolean;
  /**
   * Values that are masked wherever they stand, beside what is recognised by its looks; or an environment, whose secret-looking
   * variables leave their names. Shorter ones than 8 characters stay. Default: none.
   */
  secrets?: Iterable<string> | Environment;
  /** Id of the recording. Default: made up. */
  id?: string;
}

export interface RecorderOptions extends TraceOptions {
  /** The clock of the run. Default: the system's. */
  clock?: Clock;
}

export interface Recorder {
  /** Observer for `createActor(root, { inspect })`. Never throws. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Takes the events of a run: outcomes, phases, progress, which inspection does not see. Never throws. */
  readonly publish: (event: RunEvent) => void;
  /** Ends the recording and closes its sinks; never rejects. What comes later is not recorded. */
  close(): Promise<void>;
}

/**
 * Makes the recorder of an actor system: one on the root actor sees all of them. It works at once, in the order of the
 * events; each actor is distinguished from its start with the state it begins in, and every machine is defined before its first.
 *
 * @example
 * const ring = ringSink();
 * const recorder = createRecorder({ sinks: [ring] });
 * const soar = createSoar({ agents, inspect: recorder.inspect });
 * const run = soar.run(plan);
 * run.events$.subscribe(recorder.publish);
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const clock = options.clock ?? systemClock;
  const trace = options.id ?? crypto.randomUUID().slice(0, 8);
  const outlet = new Outlet(options, clock, trace);
  const texts = new Texts(
    maskFor(options.secrets),
    options.texts ? (ref, text) => outlet.write({ type: 'text', ...outlet.stamp(), ref, text }) : null,
  );
  const inspection = new InspectionRecorder(outlet, texts, trace);
  const news = runEventRecorder(outlet, texts);
  return {
    inspect: outlet.guard((event) => inspection.see(event)),
    publish: outlet.guard(news),
    close: () => outlet.close(),
  };
}

function maskFor(secrets: TraceOptions['secrets'] = []): Mask {
  const isList = typeof secrets === 'object' && Symbol.iterator in secrets;
  return (isList ? createSecretMask({}, secrets as Iterable<string>) : createSecretMask(secrets as Environment)).mask;
}
