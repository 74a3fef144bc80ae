// How many steps run and wait over time.

/** For each of some kinds of spans how many steps are in one, as `[ms, count, count, …]` whenever that changes. */
function levels(kinds, counts) {
  const changes = new Map();
  for (const step of steps.filter(counts)) {
    for (const span of step.spans) {
      const kind = kinds.indexOf(span.kind);
      if (kind < 0) continue;
      for (const [ms, by] of [[span.from_ms, 1], [span.to_ms, -1]]) {
        if (!changes.has(ms)) changes.set(ms, kinds.map(() => 0));
        changes.get(ms)[kind] += by;
      }
    }
  }
  const now = kinds.map(() => 0);
  return [...changes].sort(([a], [b]) => a - b).map(([ms, by]) => [ms, ...by.map((change, kind) => (now[kind] += change))]);
}

/** The areas of some levels, stacked, in a box of `total` by `top`: along the upper edge, and back along the lower one. */
function areas(changes, colours, top) {
  const edge = (kinds) => {
    let level = 0;
    return changes.flatMap(([ms, ...counts]) => {
      const before = level;
      level = counts.slice(0, kinds).reduce((sum, count) => sum + count, 0);
      return [`${ms} ${top - before}`, `${ms} ${top - level}`];
    });
  };
  return colours.map((colour, kind) =>
    draw("path", { d: `M${[...edge(kind + 1), ...edge(kind).reverse()].join("L")}Z`, fill: `var(--${colour})` }));
}

function band(kind, title, note, shapes, top) {
  const svg = draw("svg", { viewBox: `0 0 ${total} ${top}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...shapes);
  return make("div", { class: `line load ${kind}` },
    make("div", { class: "label" }, make("b", {}, title), note),
    make("div", { class: "track" }, svg));
}

/** The bands above the timeline: what runs against the cap, and what waits, if anything does. */
function loadBands() {
  const sum = (row) => row.slice(1).reduce((all, level) => all + level, 0);
  const most = (changes) => Math.max(0, ...changes.map(sum));
  const running = levels(["running"], (step) => step.counted);
  const top = Math.max(report.limit, most(running), 1) * 1.08;
  const cap = draw("line", { class: "cap", x1: 0, x2: total, y1: top - report.limit, y2: top - report.limit });
  const bands = [band("runs", "running", `cap ${report.limit}`, [...areas(running, ["ran"], top), cap], top)];
  const kinds = ["waiting_for_lock", "waiting_for_host", "waiting_for_slot"];
  const waiting = levels(kinds, () => true);
  const peak = most(waiting);
  if (peak > 0) bands.push(band("waits", "waiting", `up to ${peak.toLocaleString("en")}`, areas(waiting, ["lock", "host", "slot"], peak), peak));
  return bands;
}
