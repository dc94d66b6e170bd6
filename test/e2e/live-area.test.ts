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

  it('keeps a failure on the screen, once, and shows the summary last', async () => {
    const cwd = await temporaryDirectory();
    const agents = 'agents: { sh: { kind: command, command: [sh, -c, "{{prompt}}"] } }\n';
    const tasks =
      'tasks: [{ id: a, prompt: "exit 7" }, { id: b, prompt: "true", dependsOn: [a] }, { id: c, prompt: "sleep 0.3" }]';
    await writeIn(cwd, 'p.yaml', `${agents}policy: development\n${tasks}\n`);
    const { code, screen } = await soarAtTerminal(['run', 'p.yaml'], { cwd }).ended;
    expect(code).toBe(3);
    expect(screen.match(/^.*✗ a · /gm)).toHaveLength(1);
    expect(screen).not.toContain('✗ b');
    expect(screen.lastIndexOf('✗ a · ')).toBeLessThan(screen.indexOf('1 of 3 tasks succeeded'));
  });

  it('closes with SIGHUP: the run ends with 129', async () => {
    const cwd = await temporaryDirectory();
    const agents = 'agents: { sh: { kind: command, command: [sh, -c, "{{prompt}}"] } }\n';
    await writeIn(cwd, 'p.yaml', `${agents}tasks: [{ id: a, prompt: "kill -HUP $PPID; sleep 300" }]\n`);
    const { code } = await soarAtTerminal(['run', 'p.yaml'], { cwd }).ended;
    expect(code).toBe(129);
  });
});
