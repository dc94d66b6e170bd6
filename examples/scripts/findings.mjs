// Gets the prompt on stdin, and below it the output of each task it depends on. Prints a line for each.
import { text } from 'node:stream/consumers';

for (const line of (await text(process.stdin)).split('\n')) {
  const [, id, output] = /^✓ \[([\w-]+)\]: (.*)/.exec(line) ?? [];
  if (id) console.log(`${id}: ${output}`);
}
