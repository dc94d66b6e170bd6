// A provider that is busy at first: it says "429, retry after 1s". Then it does its work: the longest documents.
import { readdirSync, readFileSync } from 'node:fs';

if (process.env.SOAR_ATTEMPT === '1') {
  console.error('HTTP 429 Too Many Requests\nretry after 1s');
  process.exit(1);
}
const documents = readdirSync('docs').filter((name) => name.endsWith('.md'));
const sizes = documents.map((name) => [name, readFileSync(`docs/${name}`, 'utf8').split(/\s+/).length]);
const [longest] = sizes.toSorted((a, b) => b[1] - a[1]);
console.log(`${documents.length} documents; the longest is ${longest[0]} with ${longest[1]} words`);
