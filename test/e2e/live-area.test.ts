import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/processes.ts';
import { hasScript, soarAtTerminal } from './at-a-terminal.ts';
import { writeIn } from './soar-cli.ts';

describe.skipIf(!hasScript)('The live progress at a terminal', () => {
  it.each([{ NO_COLOR: '1' }, { NO_COLOR: undefined, FORCE_COLOR: '1' }])(
    'shows no escaped code with %o',
    async (env) => {
      const cwd = await temporaryDirectory();
      const agents = 'agents: { sh: { kind: command, command: [sh, -c, "{{prompt}}"] } }\n';
      await writeIn(cwd, 'p.yaml', `${agents}tasks: [{ id: a, prompt: "echo hi" }, { id: b, prompt: "echo ho" }]\n`);
      const { code, screen } = await soarAtTerminal(['run', 'p.yaml'], { cwd, env }).ended;
      expect(code).toBe(0);
      expect(screen).toContain('\u001b[J');
      expect(screen).not.toContain('\\u001b');
    },
  );
});
