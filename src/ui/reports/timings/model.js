// The build as the page's parts see it. The data is the report of `rbuild --report json=FILE`; docs/reports.md tells what it holds.

const report = JSON.parse(document.getElementById("data").textContent);
const total = Math.max(report.took_ms, 1);
const WAITS = { waiting_for_slot: "slot", waiting_for_lock: "lock", waiting_for_host: "host" };
const WORDS = {
  running: "ran",
  ending: "engine tidied up",
  waiting_for_slot: "waited for a slot",
  waiting_for_lock: "waited for a lock",
  waiting_for_host: "waited for the host",
};

const all = report.steps.map((step, index) => {
  const first = step.spans[0];
  const last = step.spans[step.spans.length - 1];
  const waited = { slot: 0, lock: 0, host: 0 };
  for (const span of step.spans) {
    if (span.kind in WAITS) waited[WAITS[span.kind]] += span.to_ms - span.from_ms;
  }
  const to = Math.max(last ? last.to_ms : 0, step.ended_ms ?? 0);
  const from = first ? first.from_ms : to;
  return { ...step, index, from, to, waited, cost: step.ran_ms ?? 0, critical: false, users: [] };
});
for (const index of report.critical_path) all[index].critical = true;

// Steps that nobody asked for are left out; who needs one of them needs what that one needs.
for (const step of all) {
  const needs = new Set();
  for (const need of step.needs) {
    if (all[need].outcome === "unneeded") all[need].needs.forEach((below) => needs.add(below));
    else needs.add(need);
  }
  step.needs = [...needs];
}
const steps = all.filter((step) => step.outcome !== "unneeded");
for (const step of steps) for (const need of step.needs) all[need].users.push(step.index);

/** All that can be reached from a step over `way` (`needs` or `users`), as positions. */
function reach(step, way) {
  const seen = new Set();
  const open = [...step[way]];
  while (open.length > 0) {
    const index = open.pop();
    if (seen.has(index)) continue;
    seen.add(index);
    open.push(...all[index][way]);
  }
  return seen;
}

/** `45 ms`, `0.3 s`, `12.3 s`, `2 min 03 s`, `1 h 02 min`. */
function duration(ms) {
  const tenths = Math.round(ms / 100);
  const seconds = Math.max(Math.floor(ms / 1000), 60);
  const two = (number) => String(number).padStart(2, "0");
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** `812 B`, `1.5 MiB`. */
function size(bytes) {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  if (bytes < 1024) return `${bytes} B`;
  let unit = -1;
  while (bytes >= 1024 && unit + 1 < units.length) {
    bytes /= 1024;
    unit += 1;
  }
  return `${bytes.toFixed(1)} ${units[unit]}`;
}

/** `1 step`, `1,234 steps`. */
function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** How a step ended, in words. */
function ending(step) {
  switch (step.outcome) {
    case "failed":
      return step.failure.exit_code === null ? "failed" : `exit code ${step.failure.exit_code}`;
    case "done":
      return "ran";
    case "cancelled":
      return "stopped";
    case "skipped":
      return "not run";
    default:
      return step.outcome;
  }
}

/** A step in one sentence. */
function sentence(step) {
  const parts = [`${step.target} ${step.name}`, ending(step)];
  if (step.ran_ms !== null) parts.push(`ran ${duration(step.ran_ms)}, from ${duration(step.from)} on`);
  for (const [kind, name] of Object.entries(WAITS)) {
    if (step.waited[name] > 0) parts.push(`${WORDS[kind]} for ${duration(step.waited[name])}`);
  }
  if (step.critical) parts.push("on the critical path");
  return parts.join("; ");
}

/** An element with attributes and children; texts become text, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The same for SVG. */
function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const part = (id) => document.getElementById(id);
const percent = (ms, of = total) => `${((100 * ms) / of).toFixed(4)}%`;
