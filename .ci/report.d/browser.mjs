// Opens pages in a headless browser over its debugging pipe and looks at them as a reader would.
//
//   node browser.mjs BROWSER OUT-FOLDER PAGE.html...
//
// For each page, in light and in dark, wide and narrow: it loads within the limit, asks for nothing, says nothing on the
// console, has a title, headings in order, charts with names, tables with captions, no text that is wider than the page,
// and enough contrast. Once for each page: a strict XML parser reads it, and it prints. Screenshots (NAME-light.png,
// NAME-dark.png, NAME-narrow.png) and NAME.pdf are left in OUT-FOLDER. Exit code 1 with a line for each fault.
//
// No network: the browser has nowhere to go (every name fails to resolve, and the caller takes its network away).
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const ANSWER_MS = 60_000; // a page loads in about a second on two slow cores
const LEAST_CONTRAST = 4.5; // WCAG 2.2, AA, for text of this size
const [browser, out, ...pages] = process.argv.slice(2);
if (!pages.length) throw new Error('usage: browser.mjs BROWSER OUT-FOLDER PAGE...');

const profile = mkdtempSync(join(tmpdir(), 'gonogo-browser-'));
// --no-sandbox: the browser refuses to run as root with it; all it opens are our own pages.
const child = spawn(browser, [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
  '--host-resolver-rules=MAP * ~NOTFOUND', '--proxy-server=127.0.0.1:9', `--user-data-dir=${profile}`,
  '--remote-debugging-pipe',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const [to, from] = [child.stdio[3], child.stdio[4]];
const waiting = new Map();
const listeners = new Set();
let next = 0, rest = Buffer.alloc(0);
child.on('exit', (code) => waiting.forEach(({ reject }) => reject(new Error(`the browser ended: ${code}`))));
child.on('error', (error) => { console.error(`browser: ${error.message}`); process.exit(1); });
from.on('data', (data) => {
  rest = Buffer.concat([rest, data]);
  for (let end; (end = rest.indexOf(0)) >= 0; rest = rest.subarray(end + 1)) {
    const message = JSON.parse(rest.subarray(0, end).toString());
    const asked = waiting.get(message.id);
    if (asked) {
      waiting.delete(message.id);
      message.error ? asked.reject(new Error(`${asked.method}: ${message.error.message}`)) : asked.resolve(message.result);
    } else listeners.forEach((listener) => listener(message));
  }
});
const ask = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
  const id = ++next;
  waiting.set(id, { resolve, reject, method });
  to.write(JSON.stringify({ id, method, params, sessionId }) + '\0');
});
const limit = setTimeout(() => { console.error('browser: it does not answer'); child.kill('SIGKILL'); process.exit(1); },
  ANSWER_MS * pages.length);

// Runs in the page.
function look(least) {
  const faults = [];
  const wide = document.scrollingElement.scrollWidth - window.innerWidth;
  if (wide > 0) faults.push(`it is ${wide} px wider than the window`);
  if (!document.title) faults.push('no title');
  let level = 0;
  for (const heading of document.querySelectorAll('h1,h2,h3')) {
    const here = Number(heading.tagName[1]);
    if (here > level + 1) faults.push(`heading ${heading.textContent.trim()} skips a level`);
    level = here;
  }
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption || !table.querySelector('th[scope]')) faults.push('a table without caption or headers');
  }
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const parse = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility() || element.closest('title, desc')) continue;
    // Words on bars stand on the bar: see the style sheet for those.
    if (/^(s\d|v-\w+)-text$/.test(element.getAttribute('class') || '')) continue;
    const style = getComputedStyle(element);
    const ink = parse(element.closest('svg') ? style.fill : style.color);
    const [a, b] = [luminance(ink), luminance(behind(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least) poor.add(`${element.tagName}.${element.getAttribute('class')}: contrast ${contrast.toFixed(2)}`);
  }
  return JSON.stringify({
    faults: [...faults, ...poor], title: document.title, paper: getComputedStyle(document.body).backgroundColor,
    charts: document.querySelectorAll('svg').length, tables: document.querySelectorAll('table').length,
    height: document.scrollingElement.scrollHeight,
  });
}

async function open(page, scheme, width) {
  const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
  const on = (method, params) => ask(method, params, sessionId);
  const url = pathToFileURL(resolve(page)).href;
  const faults = [];
  let loaded;
  const load = new Promise((resolve) => { loaded = resolve; });
  const listener = (message) => {
    if (message.sessionId !== sessionId) return;
    const { method, params } = message;
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Network.requestWillBeSent' && params.request.url !== url) faults.push(`asks for ${params.request.url}`);
    if (method === 'Runtime.consoleAPICalled') faults.push(`console: ${JSON.stringify(params.args)}`);
    if (method === 'Runtime.exceptionThrown') faults.push(`exception: ${params.exceptionDetails.text}`);
    if (method === 'Log.entryAdded') faults.push(`log: ${params.entry.text}`);
  };
  listeners.add(listener);
  for (const domain of ['Page', 'Network', 'Runtime', 'Log', 'Accessibility']) await on(`${domain}.enable`);
  await on('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  await on('Emulation.setDeviceMetricsOverride', { width, height: 1000, deviceScaleFactor: 1, mobile: false });
  const { errorText } = await on('Page.navigate', { url });
  if (errorText) throw new Error(`${page}: ${errorText}`);
  await load;
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await on('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(`${page}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  };
  const seen = JSON.parse(await evaluate(`(${look})(${LEAST_CONTRAST})`));
  // Each chart is one named picture to a screen reader.
  const { nodes } = await on('Accessibility.getFullAXTree');
  const named = nodes.filter((n) => ['image', 'img'].includes(n.role?.value) && n.name?.value && n.description?.value);
  const pictures = nodes.filter((n) => ['image', 'img', 'SvgRoot'].includes(n.role?.value) && !n.ignored);
  if (pictures.length !== seen.charts || named.length < seen.charts) {
    seen.faults.push(`${seen.charts} charts, ${named.length} of them with name and description for a screen reader`);
  }
  const close = async () => {
    listeners.delete(listener);
    await ask('Target.closeTarget', { targetId });
    return [...seen.faults, ...faults].map((fault) => `${basename(page)} in ${scheme} at ${width} px: ${fault}`);
  };
  return { seen, on, evaluate, close };
}

async function shoot(on, height, file) {
  const clip = { x: 0, y: 0, width: 1100, height: Math.min(height, 16_000), scale: 1 };
  const { data } = await on('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true, clip });
  writeFileSync(file, Buffer.from(data, 'base64'));
}

const faults = [];
try {
  for (const page of pages) {
    const name = join(out, basename(page, '.html'));
    const papers = [];
    for (const scheme of ['light', 'dark']) {
      const { seen, on, evaluate, close } = await open(page, scheme, 1100);
      papers.push(seen.paper);
      await shoot(on, seen.height, `${name}-${scheme}.png`);
      if (scheme === 'light') {
        const source = JSON.stringify(readFileSync(page, 'utf8'));
        const fault = await evaluate(
          `new DOMParser().parseFromString(${source}, 'application/xml').querySelector('parsererror')?.textContent ?? ''`);
        if (fault) faults.push(`${basename(page)}: no well-formed XML: ${fault}`);
        if (!seen.charts || !seen.tables) faults.push(`${basename(page)}: no chart or no table`);
        const { data } = await on('Page.printToPDF', { preferCSSPageSize: true, printBackground: true });
        const pdf = Buffer.from(data, 'base64');
        if (pdf.length < 10_000 || pdf.toString('latin1', 0, 5) !== '%PDF-') faults.push(`${basename(page)}: does not print`);
        writeFileSync(`${name}.pdf`, pdf);
        console.log(`${basename(page)}: "${seen.title}", ${seen.charts} charts, ${seen.tables} tables, ${seen.height} px`);
      }
      faults.push(...await close());
    }
    if (papers[0] === papers[1]) faults.push(`${basename(page)}: light and dark are the same`);
    const narrow = await open(page, 'light', 400);
    faults.push(...await narrow.close());
  }
} catch (error) {
  faults.push(error.message);
}
clearTimeout(limit);
await ask('Browser.close').catch(() => {});
setTimeout(() => child.kill('SIGKILL'), 3000).unref();
await new Promise((resolve) => (child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve()));
rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
faults.forEach((fault) => console.error(`browser: ${fault}`));
process.exit(faults.length ? 1 : 0);
