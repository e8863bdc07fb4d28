// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The looks and the conveniences of the HTML report. Both are optional for the
/// reader: without them it is a plain document with everything in it.
#pragma once

#include <string_view>

namespace reproaudit {

inline constexpr std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --back: #fff; --panel: #f6f7f9; --ink: #1b1f24; --faint: #57606a;
  --line: #d5dae0; --link: #0a58b8; --mark: #fff1b8; --focus: #0a58b8;
  --error: #b3261e; --warning: #8a5300; --note: #0b5a8a;
  --added: #e2f5e6; --removed: #fde8e7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171c; --panel: #1d2229; --ink: #e4e8ee; --faint: #a3adba;
    --line: #343c47; --link: #7cb7ff; --mark: #40360a; --focus: #7cb7ff;
    --error: #ff9a92; --warning: #f0b958; --note: #7cc7f5;
    --added: #17351f; --removed: #45201f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--back);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
}
a { color: var(--link); }
a:focus-visible, summary:focus-visible, button:focus-visible,
input:focus-visible, select:focus-visible {
  outline: 2px solid var(--focus); outline-offset: 2px;
}
h1 { font-size: 1.6rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .4rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.wide td, .wide th { white-space: nowrap; }
.matrix td, .matrix th { font-size: .85rem; text-align: center; }
.matrix :is(td, th):first-child { text-align: left; }
td.differs { background: var(--removed); color: var(--error); font-weight: 600; }
h4 { font-size: .85rem; margin: .9rem 0 .2rem; color: var(--faint); }
code, pre { font: .85rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
pre {
  margin: .3rem 0; padding: .5rem .75rem; overflow-x: auto; tab-size: 4;
  background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
}
pre.code { padding-left: 0; }
.line { display: block; position: relative; padding-left: 4.5em;
  width: max-content; min-width: 100%; }
.number { position: absolute; left: 0; width: 3.5em; text-align: right;
  color: var(--faint); user-select: none; }
.at { background: var(--mark); }
mark {
  background: none; color: inherit; font-weight: bold;
  text-decoration: underline wavy var(--error); text-underline-offset: 3px;
}
ins, del { text-decoration: none; display: inline-block; min-width: 100%; }
ins { background: var(--added); }
del { background: var(--removed); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .25rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
th { color: var(--faint); font-weight: 600; font-size: .85rem; }
tr + tr td, thead + tbody td { border-top: 1px solid var(--line); }
td.count, th.count { text-align: right; white-space: nowrap; }
td.bar { width: 25%; }
td.bar svg { display: block; width: 100%; height: .8rem; margin-top: .35rem;
  fill: var(--link); }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0;
  padding: 0; list-style: none; }
.tiles li { flex: 1 1 9rem; padding: .6rem .9rem; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px; }
.tiles strong { display: block; font-size: 1.5rem; line-height: 1.2; }
.tiles span { font-size: .85rem; color: var(--faint); }
.level { font-weight: 600; white-space: nowrap; }
.error { color: var(--error); }
.warning { color: var(--warning); }
.note { color: var(--note); }
.faint { color: var(--faint); font-size: .85rem; }
.alert { padding: .5rem 1rem; border: 1px solid var(--error);
  border-left-width: 6px; border-radius: 6px; }
.alert h2 { margin-top: .3rem; }
.finding { border: 1px solid var(--line); border-radius: 6px;
  margin: .4rem 0; content-visibility: auto; contain-intrinsic-size: auto 3rem; }
.finding, .rule { scroll-margin-top: 5rem; }
.finding > summary { cursor: pointer; padding: .5rem .75rem;
  overflow-wrap: anywhere; }
.finding > summary code { float: right; margin-left: 1rem;
  color: var(--faint); }
.finding[open] > summary { border-bottom: 1px solid var(--line);
  background: var(--panel); border-radius: 6px 6px 0 0; }
.finding > div { padding: .25rem .75rem .5rem; }
.finding p { margin: .2rem 0; }
.finding:target { border-color: var(--focus); box-shadow: 0 0 0 1px var(--focus); }
ol.flow { margin: .2rem 0; padding-left: 1.5rem; }
.rule { overflow-wrap: anywhere; border-top: 1px solid var(--line); }
.rule h3 code { font-size: 1rem; }
.filter { border: 0; margin: 0; position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap;
  gap: .5rem 1rem; align-items: center; padding: .5rem 0; min-width: 0;
  background: var(--back); border-bottom: 1px solid var(--line); }
@media (max-width: 40rem) { .filter { position: static; } .bar { display: none; } }
.filter input[type=search], .filter select, .filter button {
  font: inherit; color: inherit; background: var(--panel); padding: .2rem .5rem;
  border: 1px solid var(--line); border-radius: 6px; max-width: min(20rem, 80vw); }
.skip, legend { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; background: var(--back); padding: .5rem; }
[hidden] { display: none !important; }
@media print {
  body { max-width: none; font-size: .8rem; }
  .filter, .skip { display: none; }
  .finding { break-inside: avoid-page; content-visibility: visible; }
  details:not([open])::details-content { content-visibility: visible;
    display: block; }
  pre { white-space: pre-wrap; }
}
)css";

/// Filters, keys, and opening what a link points to.
inline constexpr std::string_view kReportScript = R"js(
'use strict';
const findings = [...document.querySelectorAll('details.finding')];
const files = [...document.querySelectorAll('section.file')];
const filter = document.querySelector('fieldset.filter');
if (filter) {
  const controls = filter.elements;
  const status = filter.querySelector('output');
  const texts = findings.map(
      f => (f.parentElement.dataset.path + ' ' + f.firstElementChild.textContent)
               .toLowerCase());
  const apply = () => {
    const words = controls.text.value.toLowerCase().split(/\s+/);
    let shown = 0;
    findings.forEach((f, i) => {
      const fits = controls[f.dataset.level].checked &&
          (!controls.rule.value || controls.rule.value === f.dataset.rule) &&
          words.every(w => texts[i].includes(w));
      f.hidden = !fits;
      shown += fits;
    });
    files.forEach(s => s.hidden = !s.querySelector('details:not([hidden])'));
    status.textContent = shown + ' of ' + findings.length + ' shown';
  };
  filter.hidden = false;
  filter.addEventListener('input', apply);
  controls.toggle.addEventListener('click', () => {
    const open = findings.some(f => !f.hidden && !f.open);
    findings.forEach(f => { if (!f.hidden) f.open = open; });
  });
  apply();
  addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey ||
        /INPUT|SELECT|TEXTAREA/.test(e.target.tagName))
      return;
    if (e.key === '/') {
      e.preventDefault();
      controls.text.focus();
    } else if (e.key === 'j' || e.key === 'k') {
      const visible = findings.filter(f => !f.hidden);
      const now = visible.findIndex(f => f.contains(document.activeElement));
      const next = visible[e.key === 'j' ? now + 1 : Math.max(now - 1, 0)];
      if (next) next.firstElementChild.focus();
    }
  });
}
const reveal = () => {
  const target = document.getElementById(
      decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === 'DETAILS') {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
};
addEventListener('hashchange', reveal);
reveal();
addEventListener('beforeprint', () => findings.forEach(f => f.open = true));
)js";

/// What the content security policy lets run: exactly the script above. A test
/// compares it and prints the right one.
inline constexpr std::string_view kReportScriptHash =
    "sha256-mi1rrE6wvx/7vEBifqpwumF+B0nIyCVq5tToMoU6KIQ=";

}  // namespace reproaudit
