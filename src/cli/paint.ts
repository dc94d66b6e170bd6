import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Gives a text a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export const noPaint: Paint = (_, text) => text;

/** Styles for a stream: none when it is not a terminal, unless `FORCE_COLOR` says so; never with `NO_COLOR`. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}
