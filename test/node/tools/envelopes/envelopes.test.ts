import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLI_TOOLS } from '../../../../src/node/tools/cli-tools.ts';
import { type Envelope, envelopes, readPieces, runEnvelope, type Understood } from '../../../support/envelopes.ts';

const all = envelopes();
const withEvents = all.filter(({ tool }) => 'format' in CLI_TOOLS[tool].output);

/** An empty output of a failure says nothing. */
function expectedOf({ expected }: Envelope): Understood {
  if (expected.error?.output !== '') return expected;
  const { output: _, ...error } = expected.error;
  return { ...expected, error };
}

function named(list: readonly Envelope[]): [string, Envelope][] {
  return list.map((envelope) => [`${envelope.tool}/${envelope.name}: ${envelope.about}`, envelope]);
}

/** Cuts bytes at given places; also in the middle of characters. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places)].sort((a, b) => a - b);
  return [0, ...ends].map((from, at) => bytes.subarray(from, ends[at] ?? bytes.length));
}

describe('what a tool printed', () => {
  it.each(named(all))('is understood: %s', async (_, envelope) => {
    expect(await runEnvelope(envelope)).toMatchObject(expectedOf(envelope));
    if (envelope.expected.usage === undefined) expect(await runEnvelope(envelope)).not.toHaveProperty('usage');
  });

  it.each(named(withEvents))('is understood byte by byte: %s', async (_, envelope) => {
    const { stdout } = envelope;
    const bytes = Array.from(stdout, (_byte, at) => stdout.subarray(at, at + 1));
    expect(await readPieces(envelope, bytes)).toEqual(expectedOf(envelope));
  });

  it.each(named(withEvents.filter(({ name }) => name.includes('mid-line') || name.includes('bom'))))(
    'is understood cut in two at any byte: %s',
    async (_, envelope) => {
      for (let at = 0; at <= envelope.stdout.length; at++) {
        expect(await readPieces(envelope, cutAt(envelope.stdout, [at]))).toEqual(expectedOf(envelope));
      }
    },
  );

  it('is understood in whatever pieces it comes', async () => {
    const cases = fc
      .constantFrom(...withEvents)
      .chain((envelope) =>
        fc.tuple(fc.constant(envelope), fc.array(fc.nat(envelope.stdout.length), { maxLength: 30 })),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ([envelope, places]) => {
        expect(await readPieces(envelope, cutAt(envelope.stdout, places))).toEqual(expectedOf(envelope));
      }),
      { numRuns: 300 },
    );
  });
});
