import { describe, expect, it } from 'vitest';
import { applySetting, fieldsOf, type MarkdownSettings } from '../../src/plan/markdown-settings.ts';

/** What the lines set, or the fault of the last one. */
function settingsOf(...lines: [key: string, value: string][]): MarkdownSettings | string {
  const settings: MarkdownSettings = {};
  for (const [key, value] of lines) {
    const fault = applySetting(settings, key, value);
    if (fault !== null) return fault;
  }
  return settings;
}

describe('the agent of a task in a list', () => {
  it.each([
    ['claude', { agent: 'claude' }],
    ['@claude', { agent: 'claude' }],
    [' @ claude ', { agent: 'claude' }],
    ['me@home', { agent: 'me@home' }],
    ['@self', {}],
  ])('is read from %j', (value, settings) => {
    expect(settingsOf(['Agent', value])).toStrictEqual(settings);
  });

  it.each([[''], ['@'], [' @ ']])('cannot be read from %j', (value) => {
    expect(settingsOf(['Agent', value])).toBe(
      `\`Agent: ${value.trim()}\` cannot be read. Expected the id of an agent, e.g. \`- Agent: @claude\`.`,
    );
  });
});

describe('the dependencies of a task in a list', () => {
  it.each([
    ['1', ['1']],
    ['1, 2.1;T3', ['1', '2.1', 'T3']],
    ['#1, #2', ['1', '2']],
    ['a#b', ['a#b']],
    ['nonesuch', ['nonesuch']],
    ['1-2', ['1-2']],
  ])('are read from %j', (value, dependsOn) => {
    expect(settingsOf(['Depends', value])).toStrictEqual({ dependsOn });
  });

  it.each(['', 'none', 'None', '-', '–', '—'])('are none in %j', (value) => {
    expect(settingsOf(['Depends', value])).toStrictEqual({});
  });

  it.each(['1,,2', '1,', '1 2', '1, 2 3', ','])('cannot be read from %j', (value) => {
    expect(settingsOf(['Depends on', value])).toBe(
      `\`Depends on: ${value}\` cannot be read. Expected ids with commas between, e.g. \`- Depends: 1, 2.1\`.`,
    );
  });

  it('are those of all lines', () => {
    const lines: [string, string][] = [
      ['depends', '1'],
      ['Depends-On', '2, 3'],
      ['DependsOn', 'none'],
    ];
    expect(settingsOf(...lines)).toStrictEqual({ dependsOn: ['1', '2', '3'] });
  });
});

describe('whether a task in a list is critical', () => {
  it.each([
    ['yes', { critical: true }],
    ['TRUE', { critical: true }],
    ['no', {}],
    ['False', {}],
  ])('is read from %j', (value, settings) => {
    expect(settingsOf(['critical', value])).toStrictEqual(settings);
  });

  it.each(['', 'oh yes', 'yes please', 'untrue', 'trueish', 'casino', 'nope', 'false alarm'])(
    'cannot be read from %j',
    (value) => {
      expect(settingsOf(['critical', value])).toBe(`\`critical: ${value}\` cannot be read. Expected yes or no.`);
    },
  );
});

describe('the limit of a task in a list', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['60 S', 60_000],
    ['5m', 300_000],
    ['10min', 600_000],
    ['1.25s', 1250],
    ['0.5h', 1_800_000],
  ])('is read from %j', (value, timeoutMs) => {
    expect(settingsOf(['Timeout', value])).toStrictEqual({ timeoutMs });
  });

  it.each(['', '60', '0s', '0.0001ms', 'x60s', '60s!', '60s or so', '1.5.5s', '1.s', '5 days', 'soon'])(
    'cannot be read from %j',
    (value) => {
      expect(settingsOf(['Timeout', value])).toBe(
        `\`Timeout: ${value}\` cannot be read. Expected a time with its unit: 500ms, 60s, 5m or 1h.`,
      );
    },
  );
});

describe('a setting', () => {
  it('is read without the blanks around it, and reported without them', () => {
    expect(settingsOf(['Timeout', ' 60s '])).toStrictEqual({ timeoutMs: 60_000 });
    expect(settingsOf(['Timeout', ' soon '])).toMatch(/^`Timeout: soon` cannot/);
  });

  it('that is not known is reported with those that are', () => {
    expect(settingsOf(['constructor', 'x'])).toBe(
      'Unknown setting `constructor`; known are Agent, Depends, Critical, Timeout, Retries, Fallback, Policy, OnDependencyFailure.',
    );
  });

  it('gives a field where it was set, and none where it was not', () => {
    expect(fieldsOf({})).toStrictEqual({});
    const all = { agent: 'a', critical: true, timeoutMs: 5 };
    expect(fieldsOf({ ...all, dependsOn: ['1'] })).toStrictEqual(all);
  });

  it.each([
    ['Retries', '0', { retries: 0 }],
    ['retries', ' 3 ', { retries: 3 }],
    ['Fallback', '@codex', { fallback: 'codex' }],
    ['Fallback', 'none', { fallback: false }],
    ['Policy', 'fastfail', { policy: 'fastFail' }],
  ])('is read: %s: %s', (key, value, settings) => {
    expect(settingsOf([key, value])).toStrictEqual(settings);
  });
});
