import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { traceFileSource } from '../../src/node/view/trace-file-source.ts';
import { pageWithTrace, viewerPage } from '../../src/node/view/viewer-page.ts';
import { startViewer, type Viewer } from '../../src/node/view/viewer-server.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { kindAt } from '../../visualizer/model/task-kind.ts';
import { treeRows } from '../../visualizer/model/tree.ts';
import { startBrowser } from '../support/browser.ts';
import { crowdTrace, linesOf, questionTrace, releaseTrace, stormTrace } from '../support/sample-traces.ts';
import { runOf, seqAfter, storeOf, taskOf } from './traces.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let browser: Browser;
let folder: string;
let storm: TraceRecord[];
let faults: string[];
const contexts: BrowserContext[] = [];
const viewers: Viewer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'soar-page-'));
  [browser, storm] = await Promise.all([startBrowser(), stormTrace()]);
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
  expect(faults).toEqual([]);
});

/** A page that complains of what it logs and of every request that leaves its own place. */
async function open(url: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  faults = [];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme });
  contexts.push(context);
  const page = await context.newPage();
  page.on('console', (message) => faults.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => faults.push(error.message));
  const own = url.startsWith('file:') ? url : new URL(url).origin;
  page.on('request', (request) => {
    const to = request.url();
    if (!to.startsWith(own) && !/^(?:data|blob):/.test(to)) faults.push(`request: ${to}`);
  });
  await page.goto(url);
  await page.waitForSelector('html[data-ready="true"]', { state: 'attached' });
  return page;
}

async function openFile(records: readonly TraceRecord[], colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const file = path.join(folder, `once-${contexts.length}-${records.length}.html`);
  await writeFile(file, await pageWithTrace(await viewerPage(), linesOf(records), 'sample.jsonl'));
  const page = await open(pathToFileURL(file).href, colorScheme);
  if (runOf(storeOf(records)).tasks.length <= 300) await page.waitForSelector('.card');
  return page;
}

async function serve(text: string): Promise<{ viewer: Viewer; file: string }> {
  const file = path.join(folder, `run-${viewers.length}-${text.length}.jsonl`);
  await writeFile(file, text);
  const viewer = await startViewer({ source: await traceFileSource(file, { pollMs: 10 }) });
  viewers.push(viewer);
  return { viewer, file };
}

const seek = (page: Page, ms: number) =>
  page.locator('.slider').evaluate((slider, value) => {
    (slider as HTMLInputElement).value = String(value);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }, ms);

/** Where the slider came to stand: it moves in steps. */
const sliderMs = async (page: Page) => Number(await page.locator('.slider').inputValue());

const cardKinds = (page: Page) =>
  page
    .locator('.card')
    .evaluateAll((cards) =>
      Object.fromEntries(cards.map((card) => [card.getAttribute('data-task'), card.getAttribute('data-kind')])),
    );

describe('the page, compared with the trace', () => {
  test('shows every task of the plan in its state, at any instant', async () => {
    const store = storeOf(storm);
    const page = await openFile(storm);
    for (const ms of [0, 1000, 4000, 7000, 14_000, 28_175]) {
      await seek(page, ms);
      const at = await sliderMs(page);
      const wanted = runOf(store).tasks.map((task) => [task.id, kindAt(task, seqAfter(store, at))]);
      expect(await cardKinds(page)).toEqual(Object.fromEntries(wanted));
    }
  });

  test('counts what the run counted', async () => {
    const page = await openFile(storm);
    expect(await page.getByTestId('run-status').textContent()).toBe('partial');
    expect(await page.locator('[data-count="succeeded"] b').textContent()).toBe('10');
    expect(await page.locator('[data-count="failed"] b').textContent()).toBe('2');
  });

  test('says what went wrong, why, for whom and since when, up to the instant looked at', async () => {
    const page = await openFile(storm);
    const told = page.locator('.troubles > li');
    const at = (what: string) => told.filter({ hasText: what });
    expect(await told.count()).toBe(6);
    expect(await at('breaker').textContent()).toContain('The breaker opened after 3 failures');
    const limited = at('rate_limited');
    expect(await limited.textContent()).toContain('429 Too Many Requests');
    await limited.getByRole('button', { name: /^Go to/ }).click();
    expect(await page.locator('.pane-details h3').textContent()).toBe('rates');
    expect(await page.getByTestId('chart-state').textContent()).toBe('cooling');
    await page.keyboard.press('Escape');
    expect(await told.allTextContents()).toEqual([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('429'),
    ]);
  });

  test('shows the selected task in every pane', async () => {
    const page = await openFile(storm);
    await page.locator('.card[data-task="fetch-south"]').click();
    expect(await page.locator('.pane-details h3').textContent()).toContain('fetch-south');
    expect(await page.locator('#timeline-list [aria-selected="true"]').getAttribute('data-task')).toBe('fetch-south');
    expect(await page.getByTestId('chart-state').textContent()).toBe('done');
    await page.locator('#tab-actors').click();
    expect(await page.locator('#tree-list [aria-selected="true"]').textContent()).toContain('fetch-south');
    const { settled } = taskOf(storeOf(storm), 'fetch-south');
    const results = await page.locator('.attempts tbody tr').evaluateAll((rows) => rows.map((row) => row.className));
    expect(results).toEqual(settled?.attempts.map(({ result }) => `result-${result}`));
    expect(await page.locator('.pane-details').textContent()).toContain('An estimate: 395 rows.');
    expect(await page.locator('.pane-details').textContent()).toContain('Fetch the figures of the south.');
  });

  test('shows the error of a task that failed', async () => {
    const page = await openFile(storm);
    await page.locator('#timeline-list [data-task="clean-south"]').click();
    const { settled } = taskOf(storeOf(storm), 'clean-south');
    expect(await page.locator('.error-line').textContent()).toContain(settled?.error?.message);
  });

  test('draws the statechart with the state of the instant and the transition that led there', async () => {
    const page = await openFile(storm);
    await page.locator('.card[data-task="fetch-west"]').click();
    await seek(page, 5000);
    await page.waitForSelector('[data-state="task.retrying"][data-active="true"]');
    expect(await page.getByTestId('chart-state').textContent()).toBe('retrying');
    expect(await page.locator('.arrow.is-taken title').allTextContents()).toEqual([
      expect.stringContaining('attempt.ended [shouldRetry]'),
    ]);
    const active = await page
      .locator('[data-active="true"]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('data-state')));
    expect(active).toEqual(['task.retrying']);
  });

  test('shows gate and breakers, and the chart of one that is open', async () => {
    const page = await openFile(storm);
    await page.locator('.guard.g-open').click();
    await page.waitForSelector('[data-state="breaker.open"][data-active="true"]');
    expect(await page.locator('.guard.g-open').textContent()).toMatch(/api.*open.*3 failures.*opened 1×/);
    await seek(page, 1000);
    expect(await page.locator('.guard.g-open').count()).toBe(0);
  });

  test('filters the events, and goes to the instant of the one that is chosen', async () => {
    const store = storeOf(storm);
    const page = await openFile(storm);
    await page.locator('.search').fill('clean-south failed');
    const row = page.locator('#log-list [role="option"]');
    expect(await row.count()).toBe(1);
    await row.click();
    const { settled } = taskOf(store, 'clean-south');
    expect(await sliderMs(page)).toBeCloseTo((settled?.at ?? 0) - store.startedAt, -2);
    expect(await page.locator('.pane-details h3').textContent()).toContain('clean-south');
    await page.locator('.search').fill('');
    await page.getByRole('button', { name: 'Moves' }).click();
    expect(await page.locator('.count').first().textContent()).toBe(
      `${store.log.filter(({ type }) => /^(?:run|plan|task|trace)\./.test(type)).length} events`,
    );
  });

  test('shows the actors of an instant as a tree', async () => {
    const page = await openFile(storm);
    await page.locator('#tab-actors').click();
    await seek(page, 1000);
    const names = await page.locator('#tree-list .name').allTextContents();
    const store = storeOf(storm);
    const seq = seqAfter(store, await sliderMs(page));
    const rows = treeRows(store.roots, { seq, collapsed: new Set(), aliveOnly: false });
    expect(names).toEqual(rows.slice(0, names.length).map(({ actor }) => actor.name));
    await page.getByRole('button', { name: 'Alive only' }).click();
    await seek(page, 28_175);
    await page.keyboard.press('End');
    expect(await page.locator('#tree-list .name').count()).toBe(0);
  });

  test('shows that the bars of the timeline change with time', async () => {
    const page = await openFile(storm);
    const told = () => page.locator('#timeline-list [data-task="rates"]').getAttribute('aria-label');
    await seek(page, 6000);
    expect(await told()).toMatch(/cooling, .*cooling/);
    await seek(page, 28_175);
    expect(await told()).toMatch(/succeeded, .*cooling 6.00 s/);
  });
});

describe('time', () => {
  test('is played, stepped and sped up', async () => {
    const page = await openFile(storm);
    await page.getByRole('button', { name: /To the beginning/ }).click();
    expect(await sliderMs(page)).toBe(0);
    await page.getByRole('button', { name: /One step on/ }).click();
    const first = await page.getByTestId('clock').textContent();
    await page.getByRole('button', { name: /One step back/ }).click();
    await page.locator('.scrubber select').selectOption('100');
    await page.getByRole('button', { name: /^Play/ }).click();
    await page.waitForFunction(() => document.querySelector('[data-testid="run-status"]')?.textContent === 'partial');
    await page.getByRole('button', { name: /^Play/ }).waitFor();
    expect(first).toMatch(/^0:00/);
  });

  test('is live while the trace grows, and keeps to the newest', async () => {
    const lines = linesOf(storm).split(/(?<=\n)/);
    const early = lines.findIndex((line) => line.includes('"event":"attempt.ended","keys"'));
    const { viewer, file } = await serve(lines.slice(0, early).join(''));
    const page = await open(viewer.url);
    await page.waitForSelector('.card[data-kind="running"]');
    await page.getByText('following').waitFor();
    await appendFile(file, lines.slice(early, early + 60).join(''));
    await page.waitForSelector('.card[data-kind="succeeded"]');
    expect(await page.getByTestId('run-status').textContent()).toBe('running');
    await appendFile(file, lines.slice(early + 60).join(''));
    await page.waitForFunction(() => document.querySelector('[data-testid="run-status"]')?.textContent === 'partial');
    await page.getByText('replay').waitFor();
  });

  test('stays where it was put while more comes in', async () => {
    const lines = linesOf(storm).split(/(?<=\n)/);
    const { viewer, file } = await serve(lines.slice(0, 120).join(''));
    const page = await open(viewer.url);
    await page.waitForSelector('.card');
    await seek(page, 1000);
    const before = await cardKinds(page);
    await appendFile(file, lines.slice(120).join(''));
    await page.getByText('replay').waitFor();
    expect(await cardKinds(page)).toEqual(before);
  });
});

describe('with the keyboard alone', () => {
  test('every pane is reached, and the selection moves in each', async () => {
    const page = await openFile(storm);
    const focused = () => page.evaluate(() => document.activeElement?.closest('.pane')?.getAttribute('aria-label'));
    const names = ['Plan', 'Statechart', 'Timeline', 'Events and actors', 'Details', 'Gate and breakers'];
    for (const [index, name] of names.entries()) {
      await page.keyboard.press(String(index + 1));
      await page.waitForFunction(
        (wanted) => document.activeElement?.closest('.pane')?.getAttribute('aria-label') === wanted,
        name,
      );
      expect(await focused()).toBe(name);
    }
    await page.keyboard.press('1');
    await page.waitForFunction(() => document.activeElement?.closest('.pane-plan') !== null);
    const inFocus = () => page.evaluate(() => document.activeElement?.getAttribute('data-task'));
    expect(await inFocus()).toBe('fetch-north');
    await page.keyboard.press('ArrowRight');
    const chosen = await page.locator('.pane-details h3').textContent();
    expect(taskOf(storeOf(storm), chosen ?? '').wave).toBe(2);
    expect(await inFocus()).toBe(chosen);
    await page.keyboard.press('3');
    await page.waitForFunction(() => document.activeElement?.id === 'timeline-list');
    await page.keyboard.press('Home');
    expect(await page.locator('.pane-details h3').textContent()).toBe('fetch-north');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.pane-details h3').textContent()).toBe('fetch-south');
    await page.keyboard.press('Escape');
    expect(await page.locator('.pane-details h3').textContent()).toBe('Figures of the quarter, by region');
  });

  test('time, panes and help obey their keys, and focus can be seen', async () => {
    const page = await openFile(storm);
    await page.keyboard.press('Home');
    expect(await sliderMs(page)).toBe(0);
    await page.keyboard.press('.');
    await page.keyboard.press('End');
    expect(await page.getByTestId('run-status').textContent()).toBe('partial');
    await page.keyboard.press('3');
    await page.waitForFunction(() => document.activeElement?.id === 'timeline-list');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
    expect(outline).toBe('solid');
    await page.keyboard.press('m');
    expect(await page.locator('.pane:visible').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('.pane:visible').count()).toBe(6);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.waitForFunction(() => document.activeElement?.classList.contains('search'));
    await page.keyboard.type('t');
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('light');
  });

  test('no element in the tab order is without a name', async () => {
    const page = await openFile(storm);
    const nameless: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press('Tab');
      const bare = await page.evaluate(() => {
        const one = document.activeElement;
        if (!one || one === document.body) return '';
        const name = one.getAttribute('aria-label') ?? one.textContent ?? '';
        return name.trim() === '' && !(one instanceof HTMLSelectElement) ? one.outerHTML.slice(0, 100) : '';
      });
      if (bare !== '') nameless.push(bare);
    }
    expect(nameless).toEqual([]);
  });
});

describe('accessibility', () => {
  test.each(['light', 'dark'] as const)('axe finds nothing in %s', async (scheme) => {
    const page = await openFile(storm, scheme);
    const axeSource = await readFile(AXE, 'utf8');
    const check = async () => {
      await page.evaluate(axeSource);
      return page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        const { violations } = await axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
      });
    };
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe(scheme);
    expect(await check()).toEqual([]);
    await page.locator('.card[data-task="fetch-south"]').click();
    await seek(page, 14_000);
    await page.waitForSelector('.chart [data-active="true"]');
    expect(await check()).toEqual([]);
    await page.locator('#tab-actors').click();
    expect(await check()).toEqual([]);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await check()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('.guard', { hasText: 'api' }).click();
    expect(await check()).toEqual([]);
    await page.keyboard.press('Home');
    await page.locator('#tab-events').click();
    await page.locator('.search').fill('no such words');
    expect(await check()).toEqual([]);
    await page.locator('.pane-chart').getByRole('button', { name: 'Show this pane alone' }).click();
    expect(await check()).toEqual([]);
    await page.setViewportSize({ width: 400, height: 800 });
    await page.locator('.pane-chart').getByRole('button', { name: 'Show all panes' }).click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    expect(await check()).toEqual([]);
  });

  test('the theme is what the system has, until it is switched', async () => {
    const page = await openFile(storm, 'dark');
    const shown = () => page.evaluate(() => document.documentElement.dataset.theme);
    expect(await shown()).toBe('dark');
    await page.getByRole('button', { name: /^Theme/ }).click();
    expect(await shown()).toBe('light');
    await page.getByRole('button', { name: /^Theme/ }).click();
    expect(await shown()).toBe('dark');
  });
});

describe('many tasks', () => {
  test('a thousand are shown, selected and scrolled through', async () => {
    const records = await crowdTrace(1000);
    const store = storeOf(records);
    const page = await openFile(records);
    const { settled } = runOf(store);
    expect(await page.locator('[data-count="failed"] b').textContent()).toBe(String(settled?.counts.failed));
    await page.locator('.grid-keys').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('.pane-details h3').textContent()).toBe('t1');
    await page.locator('#timeline-list').focus();
    await page.keyboard.press('End');
    expect(await page.locator('.pane-details h3').textContent()).toBe('t999');
    expect(await page.locator('#timeline-list [role="option"]').count()).toBeLessThan(60);
    expect(await page.locator('#log-list [role="option"]').count()).toBeLessThan(60);
  });

  test('a plan looks the same whether one came there from another instant or at once', async () => {
    const page = await openFile(await crowdTrace(400));
    const picture = () =>
      page.evaluate(async () => {
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        return document.querySelector<HTMLCanvasElement>('.grid-keys canvas')?.toDataURL() ?? '';
      });
    const seen = new Set<string>();
    for (const ms of [9000, 3000, 30, 15_000, 8990]) {
      await seek(page, ms);
      const arrived = await picture();
      // Another size for a moment: all of it is drawn anew.
      await page.setViewportSize({ width: 1200, height: 800 });
      await picture();
      await page.setViewportSize({ width: 1440, height: 900 });
      await expect.poll(picture, { timeout: 60_000 }).toBe(arrived);
      seen.add(arrived);
    }
    expect(seen.size).toBe(5);
  });

  test('a trace of ten thousand opens with seconds of work, and scrolls and scrubs with milliseconds', async () => {
    const { viewer } = await serve(linesOf(await crowdTrace(10_000)));
    const page = await open(viewer.url);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    // Time of the processor, not of the clock: how busy the machine is otherwise is not the page's doing.
    const workMs = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'ThreadTime')?.value ?? Number.NaN);
    };
    await page.reload();
    await page.waitForSelector('html[data-ready="true"]', { state: 'attached' });
    const opened = await workMs();
    const frames = 40;
    await page.evaluate(async (count) => {
      const list = document.querySelector('#timeline-list') as HTMLElement;
      for (let n = 0; n < count; n += 1) {
        list.scrollTop += 900;
        await new Promise(requestAnimationFrame);
      }
    }, frames);
    const afterScroll = await workMs();
    await page.evaluate(async (count) => {
      const slider = document.querySelector('.slider') as HTMLInputElement;
      for (let n = 0; n < count; n += 1) {
        slider.value = String((Number(slider.max) * n) / count);
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        await new Promise(requestAnimationFrame);
      }
    }, frames);
    const scrubbed = ((await workMs()) - afterScroll) / frames;
    // Ten and more times what it takes where this was written.
    expect(opened).toBeLessThan(10_000);
    expect((afterScroll - opened) / frames).toBeLessThan(100);
    expect(scrubbed).toBeLessThan(100);
  });
});

test('a file carries its trace whatever stands in it, and needs no server', async () => {
  const records = await releaseTrace();
  const hostile = records.map((record) =>
    record.type === 'text' && record.ref === 'prompt/sample/lint'
      ? { ...record, text: '</script><img src=x onerror=console.error(1)><script>console.error(2)</script>' }
      : record,
  );
  const page = await openFile(hostile);
  await page.locator('.card[data-task="lint"]').click();
  expect(await page.locator('.pane-details').textContent()).toContain('</script><img src=x');
});

test('a trace without the end of its run says so, and not that it continues', async () => {
  const half = storm.slice(0, Math.round(storm.length / 2));
  const page = await openFile(half);
  expect(await page.getByTestId('run-status').textContent()).toBe('cut off');
  expect(await page.locator('.pane-details').textContent()).toContain('The records end here, the run does not');
  await page.keyboard.press('Home');
  expect(await page.getByTestId('run-status').textContent()).not.toBe('cut off');
});

test('never draws the chart of one machine under the title of another', async () => {
  const page = await openFile(await releaseTrace());
  await page.evaluate(() => {
    const seen = { drawn: new Set<string>(), wrong: 0 };
    Object.assign(window, { seen });
    const look = () => {
      const title = document.querySelector('.pane-chart .pane-note')?.textContent?.split(' · ').at(-1);
      const machine = document.querySelector('.pane-chart svg.chart')?.getAttribute('data-machine');
      if (machine) seen.drawn.add(machine);
      if (machine && machine !== title) seen.wrong += 1;
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    });
  });
  const drawnNow = (machine: string) => page.locator(`.pane-chart svg.chart[data-machine="${machine}"]`).waitFor();
  await drawnNow('collect');
  await page.locator('.card').first().click();
  await drawnNow('task');
  await page.keyboard.press('Escape');
  await drawnNow('collect');
  const seen = await page.evaluate(() => (window as unknown as { seen: { drawn: Set<string>; wrong: number } }).seen);
  expect(seen.wrong).toBe(0);
});

test('a trace of a later format is refused with a sentence', async () => {
  const [first, ...rest] = await releaseTrace();
  const file = path.join(folder, 'later.html');
  const later = linesOf([{ ...first, v: 3 } as unknown as TraceRecord, ...rest]);
  await writeFile(file, await pageWithTrace(await viewerPage(), later, 'later.jsonl'));
  const page = await open(pathToFileURL(file).href);
  expect(await page.getByRole('alert').textContent()).toMatch(/format 3, which is later than this viewer/);
});

describe('a question whose phases ask agents', () => {
  test('has its calls in the timeline and in the details, beside the plan, with what they used', async () => {
    const page = await openFile(await questionTrace());
    expect(await page.locator('.card').count()).toBe(3);
    await page.locator('#timeline-list [data-task="phase:decompose"]').click();
    expect(await page.locator('.pane-details h3').textContent()).toBe('phase:decompose');
    const details = await page.locator('.pane-details').textContent();
    expect(details).toContain('Asked byphase decompose');
    expect(details).toContain('1,200 in, 90 out, $0.18');
    expect(await page.locator('.attempts tbody tr').count()).toBe(2);
    expect(await page.getByTestId('chart-state').textContent()).toBe('done');
  });

  test('adds up what its attempts used, at any instant and at its end', async () => {
    const page = await openFile(await questionTrace());
    const tokens = async () =>
      (await page.locator('.pane-details .facts').first().textContent())?.match(/Tokens(.*?)Most/)?.[1];
    expect(await tokens()).toBe('3,600 in, 270 out, $0.54');
    await seek(page, 6000);
    expect(await page.getByTestId('run-status').textContent()).toBe('waits for approval');
    expect(await page.locator('.pane-details .facts').first().textContent()).toContain('Tokens1,200 in, 90 out, $0.18');
  });

  test('shows a task that waits for its duplicate as held, and says of its answer whose it is', async () => {
    const page = await openFile(await questionTrace());
    await page.locator('.card[data-task="duplicate"]').click();
    const store = storeOf(await questionTrace());
    const { held } = taskOf(store, 'duplicate');
    await seek(page, (held?.at ?? 0) - store.startedAt + 700);
    expect((await cardKinds(page)).duplicate).toBe('held');
    expect(await page.locator('.pane-details .status').textContent()).toBe('waits for `one`, which asks the same');
    expect(await page.locator('[data-count="waiting"] b').textContent()).toBe('1');
    expect(await page.locator('.guard', { hasText: 'gate' }).textContent()).toContain('0 waiting · 1 running');
    await page.keyboard.press('End');
    expect(await page.locator('.pane-details .status').textContent()).toBe('succeeded, from the cache');
  });
});

test('states and records of later versions break nothing', async () => {
  const records = await stormTrace();
  const odd = records.map((record) => {
    if (record.type === 'actor.moved' && record.state === 'retrying')
      return { ...record, state: { pondering: 'deeply' } };
    if (record.type === 'task.settled' && record.taskId === 'report')
      return { ...record, via: 'oracle', status: 'postponed' };
    return record;
  });
  const last = odd.at(-1) as TraceRecord;
  const more = { type: 'weather.changed', seq: last.seq + 1, at: last.at, runId: 'sample', to: 'rain' };
  const page = await openFile([...odd, more] as unknown as TraceRecord[]);
  for (const ms of [0, 4000, 14_000]) await seek(page, ms);
  await page.keyboard.press('End');
  await page.locator('.card[data-task="report"]').click();
  expect(await page.locator('.pane-details h3').textContent()).toBe('report');
  await page.locator('.card[data-task="fetch-west"]').click();
  expect(await page.locator('.pane-details').textContent()).toContain('failed');
});

describe('the address of the page', () => {
  const placeOf = (page: Page) => page.evaluate(() => location.hash);

  test('leads to the task, the instant and the pane that were looked at', async () => {
    const page = await openFile(storm);
    expect(await placeOf(page)).toBe('');
    await page.locator('.card[data-task="rates"]').click();
    await seek(page, 4000);
    await page.locator('.pane-chart').getByRole('button', { name: 'Show this pane alone' }).click();
    await page.waitForFunction(() => location.hash.includes('pane'));
    const at = await sliderMs(page);
    expect(await placeOf(page)).toBe(`#task=rates&pane=chart&at=${at}`);
    const state = await page.getByTestId('chart-state').textContent();
    const address = page.url();

    await page.goto('about:blank');
    await page.goto(address);
    await page.waitForSelector('html[data-ready="true"]', { state: 'attached' });
    expect(await page.locator('.pane-large, .is-large').count()).toBe(1);
    expect(await page.getByTestId('chart-state').textContent()).toBe(state);
    expect(await sliderMs(page)).toBe(at);
    expect(await page.locator('.pane-chart .pane-note').textContent()).toBe('rates · task');

    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    await page.waitForFunction(() => location.hash === '');
  });

  test('is followed when it is changed by hand, and leads nowhere when it makes no sense', async () => {
    const page = await openFile(storm);
    await page.evaluate(() => {
      location.hash = '#task=fetch-west&at=4000';
    });
    await page.waitForFunction(() => document.querySelector('.pane-details h3')?.textContent === 'fetch-west');
    expect(await page.getByTestId('clock').textContent()).toMatch(/^0:04\.0/);
    await page.evaluate(() => {
      location.hash = '#task=nobody&at=soon&pane=<b>';
    });
    await page.waitForFunction(() => document.querySelector('.pane-details .pane-note')?.textContent === 'run');
    expect(await page.locator('.pane').count()).toBe(6);
  });
});

describe('on a narrow page', () => {
  test.each([320, 400, 640, 820])('of %i pixels nothing is wider than it', async (width) => {
    const page = await openFile(storm);
    await page.setViewportSize({ width, height: 800 });
    await page.locator('.card[data-task="fetch-south"]').click();
    await page.waitForSelector('.chart');
    const wide = await page.evaluate(() => {
      const parts = [...document.querySelectorAll('.top > *, .scrubber > *, .pane-head > *, .chart-side, .details')];
      const isOut = (part: Element) => part.getBoundingClientRect().right > innerWidth + 0.5;
      return [document.documentElement.scrollWidth, ...parts.filter(isOut).map(({ className }) => String(className))];
    });
    expect(wide).toEqual([width]);
  });
});
