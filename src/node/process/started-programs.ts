/** Programs that this process has started, by where the system looked them up; the oldest is forgotten first. */
const started = new Set<string>();
const MOST = 10_000;

export interface LookUp {
  program: string;
  cwd: string;
  /** The environment of the process. */
  env: Readonly<Record<string, string | undefined>>;
}

function placeOf({ program, cwd, env }: LookUp): string {
  const isPath = program.includes('/') || program.includes('\\');
  return [program, isPath ? cwd : (env.PATH ?? '')].join('\0');
}

export function noteStarted(program: LookUp): void {
  const place = placeOf(program);
  if (started.has(place)) return;
  started.add(place);
  if (started.size > MOST) started.delete(started.values().next().value ?? '');
}

/** Whether the program was there before: if it is gone now, it may be in the middle of an update. */
export function hasStarted(program: LookUp): boolean {
  return started.has(placeOf(program));
}
