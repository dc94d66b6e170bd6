/**
 * A provider of models that is not ours: aimock, with the fixtures it is given. Runs as a process of its own, started by
 * `startMockProvider`, listens on 127.0.0.1 and ends when its parent does.
 */
import { LLMock } from '@copilotkit/aimock';
import type { ProviderScript } from './mock-provider.ts';

const script = JSON.parse(process.env.MOCK_PROVIDER_SCRIPT ?? '{}') as ProviderScript;
const mock = new LLMock({
  host: '127.0.0.1',
  port: 0,
  logLevel: 'silent',
  strict: true,
  ...(script.key === undefined ? {} : { auth: { apiKeys: [script.key] } }),
});
mock.addFixturesFromJSON(JSON.stringify(script.fixtures));
process.on('disconnect', () => process.exit());
process.on('message', () => {
  const requests = mock.getRequests().map(({ path, headers, body, response }) => {
    return { path, headers, body, status: response.status };
  });
  process.send?.({ type: 'requests', requests });
});
process.send?.({ type: 'listening', url: await mock.start() });
