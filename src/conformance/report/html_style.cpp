// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/report/html_style.h"

namespace lunway::conformance {

const std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6570;--page:#fff;--card:#f6f7f9;--line:#d8dde3;
--pass:#1a7f37;--fail:#c62828;--warn:#9a6700;--inapplicable:#6e7781;--inconclusive:#8250df;--known-failure:#0a7085;
--unexpected-pass:#0550ae;--out:#0550ae;--in:#1a7f37;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaef;--soft:#9aa5b1;--page:#0f1318;--card:#181e25;--line:#303944;
--pass:#4cc26a;--fail:#ff7b72;--warn:#e3b341;--inapplicable:#8b949e;--inconclusive:#c297ff;--known-failure:#56c7dc;
--unexpected-pass:#79b8ff;--out:#79b8ff;--in:#4cc26a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--page);color:var(--ink);
font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;margin:.2rem 0}h2{font-size:1.25rem;margin:2rem 0 .6rem}h3{font-size:1.05rem;margin:1.4rem 0 .4rem}
a{color:var(--out)}code,.mono{font-family:var(--mono);font-size:.86em}.soft{color:var(--soft)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .9rem;margin:.6rem 0}
.facts dt{color:var(--soft)}.facts dd{margin:0}
.bar{display:flex;height:.8rem;border-radius:.4rem;overflow:hidden;background:var(--line);margin:.8rem 0}
.bar i{display:block;background:currentColor}
.pass{--hue:var(--pass)}.fail{--hue:var(--fail)}.warn{--hue:var(--warn)}.inapplicable{--hue:var(--inapplicable)}
.inconclusive{--hue:var(--inconclusive)}.known-failure{--hue:var(--known-failure)}
.unexpected-pass{--hue:var(--unexpected-pass)}
.bar i,.mark,.tile b{color:var(--hue)}
.tiles{display:flex;flex-wrap:wrap;gap:.5rem}
.tile{display:flex;gap:.45rem;align-items:baseline;padding:.3rem .7rem;border:1px solid var(--line);border-radius:.5rem;
background:var(--card);cursor:pointer}
.tile input{accent-color:var(--hue);margin:0}
.filters{display:none;gap:.6rem;margin:.8rem 0;flex-wrap:wrap}.js .filters{display:flex}
.filters input,.filters select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);
border-radius:.4rem;padding:.3rem .6rem;max-width:100%}.filters input{flex:1 1 14rem}
body:has(#f-pass:not(:checked)) .test.pass,body:has(#f-fail:not(:checked)) .test.fail,
body:has(#f-warn:not(:checked)) .test.warn,body:has(#f-inapplicable:not(:checked)) .test.inapplicable,
body:has(#f-inconclusive:not(:checked)) .test.inconclusive,
body:has(#f-known-failure:not(:checked)) .test.known-failure,
body:has(#f-unexpected-pass:not(:checked)) .test.unexpected-pass,.hidden{display:none}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;white-space:nowrap}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
td:first-child{white-space:nowrap}
td.wide{white-space:normal}td.zero{color:var(--line)}tr.all td{font-weight:700}
.even{table-layout:fixed}td .bar{margin:.15rem 0 .3rem}
.test{border:1px solid var(--line);border-left:4px solid var(--hue);border-radius:.4rem;margin:.4rem 0;
background:var(--card)}
.test>summary{padding:.4rem .7rem;cursor:pointer;list-style-position:inside}
.mark{font-weight:700;font-family:var(--mono);font-size:.85rem;display:inline-block;min-width:3.4rem}
.body{padding:.2rem .9rem .9rem;border-top:1px solid var(--line);background:var(--page);border-radius:0 0 .4rem 0}
.found{border-left:3px solid var(--hue);padding:.1rem .8rem;margin:.7rem 0}
.found dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.2rem 0}
.found dt{color:var(--soft)}.found dd{margin:0}
.poles{display:flex;justify-content:space-between;font-weight:600;font-size:.85rem;margin-top:.8rem}
.ladder{border-left:3px solid var(--line);border-right:3px solid var(--line);font-size:.86rem;padding:.2rem 0}
.rung{padding:.15rem .6rem;--hue:var(--out)}.rung.in{--hue:var(--in);text-align:right}
.rung .when{color:var(--soft);font-size:.8em;font-variant-numeric:tabular-nums;margin-right:.5em}
.rung .link{border:1px solid var(--line);border-radius:.3rem;padding:0 .25em;font-size:.8em;margin-right:.5em}
.rung .arrow{display:block;height:2px;background:var(--hue);margin:.3rem 0 .2rem;position:relative}
.rung .arrow::after{content:"";position:absolute;top:-4px;border:5px solid transparent}
.rung.out .arrow::after{right:-.5rem;border-left-color:var(--hue)}
.rung.in .arrow::after{left:-.5rem;border-right-color:var(--hue)}
.rung summary{cursor:pointer}.rung .decoded{text-align:left;padding:.3rem .6rem;background:var(--card);
border-radius:.3rem}
.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:0 1rem;margin:0}
.fields div{display:flex;justify-content:space-between;gap:.6rem;border-bottom:1px dotted var(--line)}
.fields dd{margin:0;font-family:var(--mono)}
.decoded pre{margin:.4rem 0 0;white-space:pre-wrap;font-size:.92em;font-family:var(--mono)}
.said{padding:.2rem .6rem;text-align:center;font-style:italic;color:var(--soft)}
.said.finding{color:var(--fail);font-style:normal;font-weight:600;border:1px solid var(--fail);border-radius:.3rem;
margin:.3rem .6rem}
.said.event{font-style:normal;border-top:1px dashed var(--line);border-bottom:1px dashed var(--line)}
@media(max-width:40rem){body{padding:.6rem}.rows thead{display:none}.found dl,.title{display:block}
.rows td{display:inline;border:0;padding:0 .4rem 0 0}
.rows tr{display:block;border-bottom:1px solid var(--line);padding:.3rem 0}}
@media print{.filters,.tile input{display:none}}
)css";

// Searches ids, titles and findings; opens the test that an address points to.
const std::string_view kScript = R"js(
document.documentElement.classList.add('js');
const words = document.getElementById('words'), section = document.getElementById('section');
const tests = [...document.querySelectorAll('[data-section]')];
function sift() {
  const wanted = words ? words.value.toLowerCase() : '', where = section ? section.value : '';
  for (const test of tests) {
    const here = !where || test.dataset.section === where;
    test.classList.toggle('hidden', !here || !test.textContent.toLowerCase().includes(wanted));
  }
}
function open() {
  const test = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (test && test.tagName === 'DETAILS') { test.open = true; test.scrollIntoView(); }
}
if (words) words.addEventListener('input', sift);
if (section) section.addEventListener('change', sift);
addEventListener('hashchange', open);
open();
)js";

const std::string_view kScriptHash = "sha256-m/IHjppNJCkKYoDRngDGDFmMieuC7xxytl956ys/i0o=";

}  // namespace lunway::conformance
