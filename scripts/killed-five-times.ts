/**
 * `soar run` of 200 tasks, killed with -9 five times, resumed five times, one result: `npm run -s faults:demo`. `--seed <n>` kills
 * at other moments.
 */
import { parseArgs } from 'node:util';
import { demonstrate } from '../test/faults/real/kill-cli.ts';

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' } } });
process.exit(await demonstrate(Number(values.seed)));
