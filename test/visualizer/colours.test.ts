import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

const css = await readFile(new URL('../../visualizer/style/colours.css', import.meta.url), 'utf8');

/** The colours of a theme by name. */
function paletteOf(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`);
  const block = css.slice(start, css.indexOf('}', start));
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', colour = '']) => [name, colour]),
  );
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const SURFACES = ['panel', 'raised', 'chosen', 'hover'];

describe.each([
  ['light', ':root'],
  ['dark', ':root[data-theme="dark"]'],
])('the %s theme', (_, selector) => {
  const palette = paletteOf(selector);
  const of = (name: string) => palette.get(name) ?? '#000000';

  test('has text that can be read on every surface', () => {
    const texts = [
      'text',
      'soft',
      'muted',
      'accent',
      'critical',
      ...[...palette.keys()].filter((name) => /^k-/.test(name)),
    ];
    const faint = texts
      // Shown by icons and bars alone, never by text of this colour.
      .filter((name) => name !== 'k-pending' && name !== 'k-queued')
      .flatMap((text) => SURFACES.map((surface) => ({ text, surface, ratio: contrast(of(text), of(surface)) })))
      .filter(({ ratio }) => ratio < 4.5);
    expect(faint).toEqual([]);
  });

  test('has bars and icons that can be distinguished from what they stand on', () => {
    const faint = [...palette.keys()]
      .filter((name) => /^k-/.test(name))
      .filter((name) => SURFACES.some((surface) => contrast(of(name), of(surface)) < 3));
    expect(faint).toEqual([]);
  });
});
