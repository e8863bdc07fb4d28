// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opens the golden reports in headless Chromium, as a reader would: with and
// without scripts, by mouse and keyboard, in light and dark. Any request, any
// message of the browser and anything unreadable is a failure.
import { HtmlValidate } from 'html-validate';
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = name => fileURLToPath(new URL(`golden/${name}.html`, import.meta.url));
const url = name => 'file://' + path(name);
const problems = [];
const expect = (isTrue, what) => { if (!isTrue) problems.push(what); };

// -- The document -------------------------------------------------------------

const validator = new HtmlValidate({ extends: ['html-validate:standard', 'html-validate:a11y'] });
for (const name of ['full', 'clean', 'runs'])
  for (const result of (await validator.validateFile(path(name))).results)
    for (const message of result.messages)
      problems.push(`${name}.html:${message.line}: ${message.message}`);
expect(readFileSync(path('clean')).length < 150_000, 'a report without findings has more than 150 kB');

// -- The reader ---------------------------------------------------------------

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

async function open(name, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on('request', request => expect(request.url().split('#')[0] === url(name), `requests ${request.url()}`));
  page.on('console', message => problems.push(`${name}: ${message.text()}`));
  page.on('pageerror', error => problems.push(`${name}: ${error}`));
  await page.goto(url(name));
  return page;
}

const visible = page => page.$$eval('details.finding', all => all.filter(f => f.checkVisibility()).length);

async function withoutScripts() {
  const page = await open('full', { javaScriptEnabled: false });
  expect(await page.locator('details.finding').count() === 5, 'without scripts there are not 5 findings');
  expect(!await page.locator('.filter').isVisible(), 'without scripts a filter is shown that does nothing');
  await page.locator('summary').first().click();
  expect(await page.locator('details.finding[open] pre').first().isVisible(), 'without scripts nothing opens');
}

async function filters() {
  const page = await open('full');
  expect(await visible(page) === 5, 'not 5 findings at first');
  await page.fill('input[type=search]', 'SEEDED clock');
  expect(await visible(page) === 1, 'the search does not leave 1 finding');
  expect(await page.textContent('output') === '1 of 5 shown', 'the search does not say what it shows');
  await page.fill('input[type=search]', '');
  await page.uncheck('input[name=note]');
  expect(await visible(page) === 3, 'without notes there are not 3 findings');
  await page.selectOption('select', 'repro-wall-clock-seed');
  expect(await visible(page) === 1, 'the rule does not leave 1 finding');
  await page.click('button');
  expect(await page.locator('details[open]').count() === 1, 'not exactly the visible finding opens');
}

async function keys() {
  const page = await open('full');
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await page.keyboard.press('j');
  const first = await focused();
  await page.keyboard.press('j');
  expect(first !== await focused(), 'j does not go on');
  await page.keyboard.press('k');
  expect(first === await focused(), 'k does not go back');
  await page.keyboard.press('Enter');
  expect(await page.locator('details[open]').count() === 1, 'Enter does not open');
  await page.keyboard.press('/');
  expect(await page.evaluate(() => document.activeElement.type) === 'search', '/ does not search');
}

async function links() {
  const page = await open('full');
  const dead = await page.$$eval('a[href^="#"]', all => all.map(a => a.getAttribute('href').slice(1))
    .filter(id => !document.getElementById(id)));
  expect(dead.length === 0, `dead links: ${dead}`);
  const id = await page.locator('details.finding').last().getAttribute('id');
  await page.goto(`${url('full')}#${id}`);
  await page.reload();
  expect(await page.locator('details[open]').getAttribute('id') === id, 'a link does not open its finding');
}

/// The contrast of every text with what lies behind it (WCAG 2, AA).
const contrasts = () => {
  const rgb = text => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = rgb(getComputedStyle(element).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  const poor = new Set();
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) || !element.checkVisibility())
      continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.add(`${element.tagName}.${element.className}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
};

async function readable(colorScheme) {
  const page = await open('full', { colorScheme });
  await page.click('button');
  const poor = await page.evaluate(contrasts);
  expect(poor.length === 0, `${colorScheme}: too little contrast: ${poor}`);
  await page.setViewportSize({ width: 360, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a phone has to scroll sideways');
}

async function runs(colorScheme) {
  const page = await open('runs', { colorScheme });
  expect(await page.locator('td.differs').count() >= 3, 'the matrix does not show what differs');
  const poor = await page.evaluate(contrasts);
  expect(poor.length === 0, `${colorScheme} runs: too little contrast: ${poor}`);
  await page.setViewportSize({ width: 360, height: 640 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'runs: a phone has to scroll sideways');
}

async function print() {
  const page = await open('full');
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  expect(await page.locator('details.finding:not([open])').count() === 0, 'the print leaves findings closed');
}

await withoutScripts();
await filters();
await keys();
await links();
await readable('light');
await readable('dark');
await runs('light');
await runs('dark');
await print();
await open('clean');
await browser.close();
console.log(problems.join('\n') || 'good');
process.exit(problems.length ? 1 : 0);
