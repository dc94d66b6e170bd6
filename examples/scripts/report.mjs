// Gets the prompt on stdin: what it is asked on the first line, then a line for each task it depends on.
import { text } from 'node:stream/consumers';

const lines = (await text(process.stdin)).split('\n');
const passed = lines.filter((line) => line.startsWith('✓ '));
const failed = lines.filter((line) => line.startsWith('✗ '));
console.log(`${passed.length} checks passed, ${failed.length} failed`);
for (const line of failed) console.log(line);
