import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeVersionFault } from '../../src/cli/node-version.ts';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  engines: { node: string };
};

it('refuses a version of Node that is older than package.json allows', () => {
  const oldest = engines.node.replace('>=', '');
  expect(nodeVersionFault(`${oldest}.0`)).toBeNull();
  for (const version of ['22.14.1', '23.0.0', '24.1.0', '100.0.0'])
    expect([version, nodeVersionFault(version)]).toEqual([version, null]);
  for (const version of ['20.20.2', '22.12.9', '18.0.0']) {
    expect(nodeVersionFault(version)).toContain(`soar needs Node ${oldest} or later; this is Node ${version}.`);
  }
});
