import type { ELK, ELKConstructorArguments, ElkNode } from 'elkjs/lib/elk-api.js';
import * as api from 'elkjs/lib/elk-api.js';
import { type Drawing, drawingOf } from './model/layout.ts';
import { unpack } from './packed.ts';

// A CommonJS module whose types promise a default export within its default export.
const Elk = api.default as unknown as new (options: ELKConstructorArguments) => ELK;
let started: Promise<ELK> | null = null;

/** The layout engine, in a worker made of what the page itself carries: a file opened from disk may load nothing. */
async function start(): Promise<ELK> {
  const source = await new Response(unpack('soar-elk')).text();
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return new Elk({ workerFactory: () => new Worker(url) });
}

export async function layout(graph: ElkNode): Promise<Drawing> {
  started ??= start();
  return drawingOf(await (await started).layout(graph));
}
