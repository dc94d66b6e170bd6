import type { ComponentChildren } from 'preact';
import type { TextRef } from '../../src/trace/trace.schema.ts';
import { trace } from '../state.ts';

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Block({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <section class="block">
      <h4>{name}</h4>
      {children}
    </section>
  );
}

const MOST_CHARS = 20_000;

export function Text({ of }: { of: TextRef }) {
  const text = trace().texts.get(of.ref);
  if (text === undefined) {
    return <p class="by">{of.chars.toLocaleString('en')} characters, kept outside this trace.</p>;
  }
  return (
    <pre class="text">
      {text.slice(0, MOST_CHARS)}
      {text.length > MOST_CHARS && `\n… ${text.length - MOST_CHARS} more characters`}
    </pre>
  );
}
