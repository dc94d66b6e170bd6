import type { TraceRecord } from '../trace.schema.ts';
import { createStatelyConverter, type StatelyEvent } from './stately-protocol.ts';

/** Most text kept for those who connect late, characters. */
export const BACKLOG_CHARS = 64 * 1024 * 1024;

interface Message {
  text: string;
  isActor: boolean;
}

/**
 * Everything sent so far, as Stately's messages, for clients that connect late. Beyond its limit it lets go of the older
 * half of events and snapshots; actors and their definitions stay.
 */
export class StatelyBacklog {
  readonly #convert = createStatelyConverter();
  #limit: number;
  #messages: Message[] = [];
  #chars = 0;
  dropped = 0;

  constructor(limit = BACKLOG_CHARS) {
    this.#limit = limit;
  }

  /** Takes a record in; gives the messages it comes to. */
  add(record: TraceRecord): string[] {
    return this.#convert(record).map((event) => this.#keep(event));
  }

  #keep(event: StatelyEvent): string {
    const text = JSON.stringify(event);
    this.#messages.push({ text, isActor: event.type === '@xstate.actor' });
    this.#chars += text.length;
    if (this.#chars > this.#limit) this.#letGo();
    return text;
  }

  #letGo(): void {
    const most = this.#messages.length / 2;
    const left = this.#messages.filter(({ isActor }, at) => isActor || at >= most);
    this.dropped += this.#messages.length - left.length;
    this.#messages = left;
    this.#chars = left.reduce((sum, { text }) => sum + text.length, 0);
    // When actors alone fill it, looking through them again at every message would cost the square of their number.
    this.#limit = Math.max(this.#limit, 2 * this.#chars);
  }

  texts(): string[] {
    return this.#messages.map(({ text }) => text);
  }
}
