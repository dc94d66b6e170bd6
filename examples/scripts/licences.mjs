// A service that is not up at the first attempt. Then it counts the licences of the installed packages.
import { readFileSync } from 'node:fs';

if (process.env.SOAR_ATTEMPT === '1') {
  console.error('Error: connect ECONNRESET: the service is not up yet');
  process.exit(1);
}
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const counts = new Map();
for (const { license = 'none stated', link } of Object.values(packages)) {
  if (!link) counts.set(license, (counts.get(license) ?? 0) + 1);
}
const sorted = [...counts].toSorted((a, b) => b[1] - a[1]).slice(0, 3);
console.log(sorted.map(([license, count]) => `${count} × ${license}`).join(', '));
