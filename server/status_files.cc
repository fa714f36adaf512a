// server/status_files.cc: HTML, style and script of the status page.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (status page)
//
// Everything that comes from /status.json is put in as text, never as markup: names and reasons come from strangers.
#include <algorithm>
#include <array>

#include "server/status_page.h"

namespace server {

namespace {

constexpr char kHtml[] = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>rvpd</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/status.css">
<script src="/status.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the figures</a>
<header>
<h1>rvpd <span id="version"></span></h1>
<p id="domain"></p>
<p id="health" role="status"></p>
<button id="pause" type="button" aria-pressed="false">Pause</button>
</header>
<main id="main">
<noscript><p class="bad">This page needs JavaScript; <a href="/metrics">/metrics</a> does not.</p></noscript>
<section aria-labelledby="h-now">
<h2 id="h-now">Now</h2>
<dl id="tiles"></dl>
<figure>
<svg id="graph" viewBox="0 0 300 60" preserveAspectRatio="none" role="img" aria-labelledby="graph-text"><polyline id="line"></polyline></svg>
<figcaption id="graph-text">Requests each second over the last two minutes</figcaption>
</figure>
</section>
<section aria-labelledby="h-requests">
<h2 id="h-requests">Requests</h2>
<table id="requests"><thead><tr><th scope="col">Method</th><th scope="col">Status</th><th scope="col">Each second</th><th scope="col">Total</th></tr></thead><tbody></tbody></table>
</section>
<section aria-labelledby="h-ailing">
<h2 id="h-ailing">Slow and dead endpoints</h2>
<p id="states"></p>
<table id="ailing"><thead><tr><th scope="col">Endpoint</th><th scope="col">State</th><th scope="col">Reason</th><th scope="col">Queued</th><th scope="col">Call-backs</th></tr></thead><tbody></tbody></table>
</section>
<section aria-labelledby="h-find">
<h2 id="h-find">Who is there</h2>
<form id="find" role="search"><label for="name">Only this principal or node</label>
<input id="name" type="search" autocomplete="off" spellcheck="false" placeholder="bob"></form>
<h3 id="h-online">Online</h3>
<table id="online" aria-labelledby="h-online"><thead><tr><th scope="col">Name</th><th scope="col">State</th><th scope="col">For</th><th scope="col">Views</th></tr></thead><tbody></tbody></table>
<h3 id="h-subs">Subscriptions</h3>
<table id="subs" aria-labelledby="h-subs"><thead><tr><th scope="col">Id</th><th scope="col">Node</th><th scope="col">Watcher</th><th scope="col">Type</th><th scope="col">Call-back</th><th scope="col">Endpoint</th><th scope="col">Left</th></tr></thead><tbody></tbody></table>
</section>
</main>
</body>
</html>
)html";

constexpr char kCss[] = R"css(:root {
  color-scheme: light dark;
  --ink: #1b1f24; --soft: #57606a; --paper: #fff; --line: #d0d7de; --tile: #f6f8fa;
  --good: #1a7f37; --warn: #9a6700; --bad: #cf222e; --mark: #0969da;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --soft: #9da7b1; --paper: #0d1117; --line: #30363d; --tile: #161b22;
    --good: #3fb950; --warn: #d29922; --bad: #f85149; --mark: #58a6ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 0 1rem 2rem; max-width: 72rem; font: 1rem/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center; padding: .75rem 0; border-bottom: 1px solid var(--line); }
header p { margin: 0; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .5rem; }
#version, figcaption, th, #states, dt { color: var(--soft); font-weight: normal; }
#health { font-weight: 600; }
button { margin-left: auto; }
button, input { font: inherit; color: inherit; background: var(--tile); border: 1px solid var(--line); border-radius: .4rem; padding: .4rem .8rem; min-height: 2.5rem; }
input { width: 100%; max-width: 24rem; display: block; margin-top: .25rem; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .5rem; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
#tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem; margin: 0; }
#tiles div { background: var(--tile); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
dd { margin: 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
figure { margin: 1rem 0 0; }
svg { width: 100%; height: 4rem; border-bottom: 1px solid var(--line); display: block; }
polyline { fill: none; stroke: var(--mark); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
figcaption { font-size: .85rem; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th { text-align: left; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td { font-variant-numeric: tabular-nums; }
.none td { color: var(--soft); }
@media (max-width: 40rem) {
  thead { position: absolute; left: -100rem; }
  table, tbody, tr, td { display: block; }
  tr { border: 1px solid var(--line); border-radius: .4rem; margin-bottom: .5rem; padding: .25rem .6rem; }
  td { border: 0; padding: .1rem 0; display: flex; gap: .5rem; }
  td::before { content: attr(data-label); color: var(--soft); flex: 0 0 6.5rem; }
  .none td::before { content: none; }
}
@media (prefers-reduced-motion: no-preference) { polyline { transition: none; } }
)css";

constexpr char kJs[] = R"js("use strict";
const kEvery = 2000;      // ms between two looks
const kPoints = 60;       // of the graph: two minutes
const by = (id) => document.getElementById(id);
const rates = [];
let before = null, beforeAt = 0, paused = false, timer = 0;

function text(tag, content, className) {
  const e = document.createElement(tag);
  e.textContent = content;
  if (className) e.className = className;
  return e;
}
function span(seconds) {
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]]) {
    if (seconds >= size) return Math.floor(seconds / size) + " " + unit;
  }
  return seconds + " s";
}
const bytes = (n) => n >= 2 ** 30 ? (n / 2 ** 30).toFixed(1) + " GiB" : (n / 2 ** 20).toFixed(1) + " MiB";
const rate = (n) => n >= 100 ? n.toFixed(0) : n.toFixed(1);
const tone = (state) => ({healthy: "good", slow: "warn", suspended: "bad", gone: "bad"})[state] || "";

// The bound that a share of what came since the last look did not exceed.
function recent(now, old, share) {
  const counts = now.counts.map((n, i) => n - (old ? old.counts[i] : 0));
  const all = counts.reduce((a, b) => a + b, 0);
  if (all === 0) return "–";
  let seen = 0;
  for (let i = 0; i < now.bounds_ms.length; i++) {
    seen += counts[i];
    if (seen >= all * share) return "≤ " + now.bounds_ms[i] + " ms";
  }
  return "> " + now.bounds_ms.at(-1) + " ms";
}
function fill(id, rows, none) {
  const table = by(id), body = table.tBodies[0];
  const labels = [...table.tHead.rows[0].cells].map((c) => c.textContent);
  const made = rows.map((cells) => {
    const row = document.createElement("tr");
    cells.forEach((cell, i) => {
      const [content, className] = Array.isArray(cell) ? cell : [cell, ""];
      const td = document.createElement("td");
      td.dataset.label = labels[i];
      td.append(text("span", content, className));
      row.append(td);
    });
    return row;
  });
  if (made.length === 0) {
    const row = document.createElement("tr");
    row.className = "none";
    const td = text("td", none);
    td.colSpan = labels.length;
    row.append(td);
    made.push(row);
  }
  body.replaceChildren(...made);
}
function tiles(now, old, seconds) {
  const all = now.requests.took.count, perSecond = old ? (all - old.requests.took.count) / seconds : 0;
  if (old) rates.push(perSecond);
  if (rates.length > kPoints) rates.shift();
  const told = now.fanout.count, commits = now.commits;
  const since = (part) => old && old[part];
  const list = [
    ["Online", now.online.count], ["Subscriptions", now.subscriptions.count], ["Nodes", now.nodes],
    ["Requests / s", rate(perSecond)], ["Request p99", recent(now.requests.took, old && old.requests.took, .99)],
    ["Told / s", rate(old ? (told - old.fanout.count) / seconds : 0)],
    ["Fan-out p99", recent(now.fanout, since("fanout"), .99)],
    ["Notifications queued", now.queues.notifications, now.queues.oldest_ms > 1000 ? "warn" : ""],
    ["Dropped", now.queues.dropped, now.queues.dropped ? "warn" : ""],
    ["Commit p99", commits ? recent(commits.took, since("commits") && old.commits.took, .99) : "no disk"],
    ["Waiting for disk", commits ? now.queues.store : "–"],
    ["Loop lag", now.queues.loop_lag_ms + " ms", now.queues.loop_lag_ms > 500 ? "bad" : ""],
    ["CPU", old ? ((now.process.cpu_ms - old.process.cpu_ms) / seconds / 10).toFixed(0) + " %" : "–"],
    ["Memory", bytes(now.process.resident_bytes)], ["Descriptors", now.process.descriptors], ["Up", span(now.up_seconds)],
  ];
  by("tiles").replaceChildren(...list.map(([name, value, className]) => {
    const tile = document.createElement("div");
    tile.append(text("dt", name), text("dd", value, className));
    return tile;
  }));
  const top = Math.max(1, ...rates);
  by("line").setAttribute("points", rates.map((r, i) => (i * 300 / (kPoints - 1)).toFixed(1) + "," + (58 - 56 * r / top).toFixed(1)).join(" "));
  by("graph-text").textContent = "Requests each second over the last two minutes; the top is " + rate(top);
}
function requests(now, old, seconds) {
  const key = (a) => a.method + " " + a.status;
  const was = new Map(old ? old.requests.answers.map((a) => [key(a), a.count]) : []);
  fill("requests", now.requests.answers.map((a) => [
    a.method, [a.status, a.status >= 500 ? "bad" : a.status >= 400 ? "warn" : "good"],
    old ? rate((a.count - (was.get(key(a)) || 0)) / seconds) : "–", a.count]), "none yet");
}
function show(now, at) {
  const old = before && now.up_seconds >= before.up_seconds ? before : null;  // else it was restarted
  const seconds = Math.max(.001, (at - beforeAt) / 1000);
  by("version").textContent = now.version;
  by("domain").textContent = now.domain;
  const well = now.unfit.length === 0;
  by("health").textContent = well ? "ready" : "not ready: " + now.unfit.join("; ");
  by("health").className = well ? "good" : "bad";
  tiles(now, old, seconds);
  requests(now, old, seconds);
  by("states").textContent = Object.entries(now.endpoints.states).map(([s, n]) => n + " " + s).join(", ");
  fill("ailing", now.endpoints.ailing.map((e) => [e.endpoint, [e.state, tone(e.state)], e.reason, e.queued, e.call_backs]), "all are well");
  fill("online", now.online.list.map((n) => [n.name, n.state, span(n.seconds), n.views]), by("name").value ? "nobody of that name" : "nobody");
  fill("subs", now.subscriptions.list.map((s) => [s.id, s.node, s.principal, s.type, s.call_back,
    [s.endpoint.state, tone(s.endpoint.state)], s.active ? span(s.seconds_left) : "ended"]), "none");
  const part = (list, count) => list.length < count && !by("name").value ? ": " + list.length + " of " + count : "";
  by("h-online").textContent = "Online" + part(now.online.list, now.online.count);
  by("h-subs").textContent = "Subscriptions" + part(now.subscriptions.list, now.subscriptions.count);
  before = now;
  beforeAt = at;
}
async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch("/status.json?name=" + encodeURIComponent(by("name").value), {cache: "no-store"});
    if (!answer.ok) throw new Error("it answered " + answer.status);
    show(await answer.json(), performance.now());
  } catch (error) {
    by("health").textContent = "rvpd does not answer: " + error.message;
    by("health").className = "bad";
    before = null;
  }
  if (!paused) timer = setTimeout(look, kEvery);
}
by("pause").addEventListener("click", () => {
  paused = !paused;
  by("pause").setAttribute("aria-pressed", paused);
  by("pause").textContent = paused ? "Go on" : "Pause";
  if (paused) clearTimeout(timer); else look();
});
by("find").addEventListener("submit", (event) => { event.preventDefault(); look(); });
look();
)js";

constexpr std::array<StatusFile, 3> kFiles = {{
    {"/", "text/html; charset=utf-8", kHtml},
    {"/status.css", "text/css; charset=utf-8", kCss},
    {"/status.js", "text/javascript; charset=utf-8", kJs},
}};

}  // namespace

const StatusFile* find_status_file(std::string_view path) {
    const auto found = std::ranges::find(kFiles, path, &StatusFile::path);
    return found == kFiles.end() ? nullptr : &*found;
}

}  // namespace server
