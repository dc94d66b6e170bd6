/**
 * Takes the pictures of the viewer in `docs/images` anew: `npm run screenshots [folder]`. The runs are made up in
 * virtual time, but for the one of a real question; the browser is the one that the tests use.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { filter, firstValueFrom } from 'rxjs';
import { builtinAgents } from '../src/agents/builtin.ts';
import { createSoar } from '../src/node/create-soar.ts';
import { pageWithTrace, viewerPage } from '../src/node/view/viewer-page.ts';
import { startViewer } from '../src/node/view/viewer-server.ts';
import { ringSource } from '../src/node/view/viewer-source.ts';
import { ringSink } from '../src/trace/ring-sink.ts';
import type { TraceRecord } from '../src/trace/trace.schema.ts';
import type { Agent } from '../src/types/agent.ts';
import { startBrowser } from '../test/support/browser.ts';
import { crowdTrace, linesOf, questionTrace, releaseTrace, stormTrace } from '../test/support/sample-traces.ts';

interface Shot {
  name: string;
  records: Promise<TraceRecord[]>;
  schemes?: readonly ('light' | 'dark')[];
  /** Part of the run that has passed; 1 is its end. */
  at?: number;
  prepare?(page: Page): Promise<void>;
}

/** Milliseconds a built-in agent takes longer here, so that there is something to see. */
const SLOWER_MS = 4000;

/** A question to the files here, answered by the built-in agents: looked at while it runs, and replayed afterwards. */
async function askLive(browser: Browser, folder: string): Promise<TraceRecord[]> {
  const ring = ringSink();
  const agents = Object.entries(builtinAgents()).map(([id, agent]): [string, Agent] => [
    id,
    { ...agent, run: async (request, controls) => delay(SLOWER_MS).then(() => agent.run(request, controls)) },
  ]);
  const soar = createSoar({ agents: Object.fromEntries(agents), trace: { sinks: [ring], texts: true } });
  const viewer = await startViewer({ source: ringSource(ring, 'ask') });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const run = soar.ask('How does a task retry after a rate limit?', { runId: 'ask' });
    const started = firstValueFrom(run.events$.pipe(filter(({ type }) => type === 'attempt.started')));
    const page = await context.newPage();
    await page.goto(viewer.url);
    const event = await started;
    if (event.type === 'attempt.started') await select(event.taskId)(page);
    await chartUnderItsTitle(page);
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(folder, 'viewer-ask-live.png') });
    await run.result;
  } finally {
    await context.close();
    await viewer.close();
    await soar.close();
  }
  return ring.records();
}

/** Waits for the chart that the title names: a worker lays it out. */
async function chartUnderItsTitle(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const machine = document.querySelector('.pane-chart .pane-note')?.textContent?.split(' · ').at(-1);
    return (
      machine === undefined || document.querySelector('.pane-chart svg.chart')?.getAttribute('data-machine') === machine
    );
  });
}

const select = (task: string) => (page: Page) => page.locator(`.card[data-task="${task}"]`).click();

const SHOTS: readonly Shot[] = [
  {
    name: 'viewer-release',
    records: releaseTrace(),
    schemes: ['light', 'dark'],
    at: 0.62,
    prepare: select('breaking'),
  },
  { name: 'viewer-storm', records: stormTrace(), schemes: ['light', 'dark'], at: 1, prepare: select('fetch-west') },
  {
    name: 'viewer-statechart',
    records: stormTrace(),
    at: 0.4,
    prepare: async (page) => {
      await select('rates')(page);
      await page.locator('.pane-chart').getByRole('button', { name: 'Show this pane alone' }).click();
    },
  },
  { name: 'viewer-thousand', records: crowdTrace(1000), schemes: ['light', 'dark'], at: 0.55 },
  {
    name: 'viewer-question',
    records: questionTrace(),
    at: 0.7,
    prepare: (page) => page.locator('[data-task="phase:decompose"]').click(),
  },
];

async function shoot(
  browser: Browser,
  { name, records, schemes = ['light'], at = 1, prepare }: Shot,
  folder: string,
  work: string,
) {
  const file = path.join(work, `${name}.html`);
  await writeFile(file, await pageWithTrace(await viewerPage(), linesOf(await records), 'run.jsonl'));
  for (const colorScheme of schemes) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
    const page = await context.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-ready="true"]', { state: 'attached' });
    if (at === 1) await page.keyboard.press('End');
    else
      await page.locator('.slider').evaluate((slider, part) => {
        const input = slider as HTMLInputElement;
        input.value = String(Number(input.max) * part);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }, at);
    await prepare?.(page);
    await chartUnderItsTitle(page);
    await page.waitForTimeout(500);
    await page.screenshot({ path: path.join(folder, `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`) });
    await context.close();
  }
}

const folder = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '../docs/images'));
const work = await mkdtemp(path.join(tmpdir(), 'soar-shots-'));
const browser = await startBrowser();
try {
  await mkdir(folder, { recursive: true });
  for (const shot of SHOTS) await shoot(browser, shot, folder, work);
  await shoot(browser, { name: 'viewer-ask', records: askLive(browser, folder), at: 1 }, folder, work);
} finally {
  await browser.close();
  await rm(work, { recursive: true, force: true });
}
