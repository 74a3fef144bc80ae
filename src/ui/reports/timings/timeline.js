// The timeline: a row for each step, or as few lanes as its running steps need.

/** The bar of a step over some of its spans. */
function bar(step, spans, caption) {
  const from = spans.length > 0 ? spans[0].from_ms : step.to;
  const to = spans.length > 0 ? spans[spans.length - 1].to_ms : step.to;
  const long = Math.max(to - from, 0.001);
  const parts = spans.map((span) => {
    const runs = span.kind === "running" || span.kind === "ending";
    const last = runs && ["failed", "cancelled"].includes(step.outcome) ? step.outcome : "";
    const look = !runs ? span.kind : last || (!step.counted ? "work" : span.kind);
    return make("span", { class: `part ${look}`, style: `left:${percent(span.from_ms - from, long)};width:${percent(span.to_ms - span.from_ms, long)}` });
  });
  if (parts.length === 0) parts.push(make("span", { class: `part tick ${step.outcome}` }));
  return make("button", {
    type: "button",
    class: `step${step.critical ? " critical" : ""}`,
    style: `left:${percent(from)};width:${percent(to - from)}`,
    tabindex: "-1",
    "data-step": step.index,
    "aria-label": sentence(step),
  }, ...parts, caption);
}

/** A row for each step, in the order in which they began. */
function rows(shown) {
  const inOrder = [...shown].sort((a, b) => a.from - b.from || a.to - b.to || a.index - b.index);
  return inOrder.map((step) => {
    const near = step.to < total * 0.93;
    const said = step.ran_ms === null ? (step.outcome === "cached" ? "" : ending(step)) : duration(step.ran_ms);
    const caption = make("span", { class: `caption ${near ? "outside" : "before"}` }, said);
    return make("div", { class: "line", "data-of": step.index },
      make("div", { class: "label", title: `${step.target}  ${step.name}` },
        make("span", { class: "target" }, step.target), make("span", { class: "command" }, step.name)),
      make("div", { class: "track" }, bar(step, step.spans, caption)));
  });
}

/** Lanes: each stretch in which a step runs goes to the first lane that is free. Processes first, other work below. */
function lanes(shown) {
  const lines = [];
  for (const counted of [true, false]) {
    const ends = [];
    const tracks = [];
    const runs = shown.filter((step) => step.counted === counted).flatMap((step) =>
      step.spans.filter((span) => span.kind === "running").map((span) => {
        const behind = step.spans.find((next) => next.kind === "ending" && next.from_ms === span.to_ms);
        return { step, spans: behind ? [span, behind] : [span], from: span.from_ms, to: span.to_ms };
      }));
    runs.sort((a, b) => a.from - b.from || b.to - a.to);
    for (const run of runs) {
      let lane = ends.findIndex((end) => end <= run.from);
      if (lane < 0) {
        lane = ends.length;
        tracks.push(make("div", { class: "track" }));
      }
      ends[lane] = run.to;
      tracks[lane].append(bar(run.step, run.spans, make("span", { class: "caption" }, `${run.step.target} ${run.step.name}`)));
    }
    tracks.forEach((track, lane) => lines.push(make("div", { class: "line lane" },
      make("div", { class: "label" }, make("span", { class: "lane-name" }, counted ? `slot ${lane + 1}` : lane === 0 ? "other work" : "")), track)));
  }
  return lines;
}

/** A step between two ticks that reads well, in milliseconds. */
function tickStep(pixels) {
  const least = total / Math.max(pixels / 90, 1);
  const seconds = [1, 2, 5, 10, 20, 50, 100, 200, 500].concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].map((s) => s * 1000));
  return seconds.find((step) => step >= least) ?? Math.ceil(least / 3600000) * 3600000;
}

/** The time at a tick: exact, and as short as it can be. */
function tickText(ms, step) {
  if (step < 1000) return ms === 0 ? "0" : `${ms / 1000} s`;
  const seconds = ms / 1000;
  if (seconds < 60) return seconds === 0 ? "0" : `${seconds} s`;
  const rest = seconds % 60;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min${rest ? ` ${rest} s` : ""}`;
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${Math.floor(seconds / 3600)} h${minutes ? ` ${minutes} min` : ""}`;
}

const timeline = {
  root: part("timeline"),
  plane: make("div", { class: "plane" }),
  axis: make("div", { class: "track axis" }),
  grid: make("div", { class: "grid" }),
  lines: make("div", { class: "lines" }),
  zoom: 1,

  start() {
    const head = make("div", { class: "head" },
      make("div", { class: "line" }, make("div", { class: "label" }, "time"), this.axis), ...loadBands());
    this.plane.append(this.grid, head, this.lines);
    this.root.append(this.plane);
    new ResizeObserver(() => this.ticks()).observe(this.root);
    this.root.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.setZoom(this.zoom * Math.exp(-event.deltaY / 300), event.clientX);
    }, { passive: false });
  },

  show(shown, view) {
    const found = view === "lanes" ? lanes(shown) : rows(shown);
    this.plane.style.setProperty("--labels", view === "lanes" ? "7rem" : "");
    this.lines.replaceChildren(...(found.length > 0 ? found : [make("p", { class: "empty" }, "no step is like that")]));
    const first = this.lines.querySelector(".step");
    if (first) first.tabIndex = 0;
    this.ticks();
  },

  /** Keeps the time under the pointer, or in the middle, where it is. */
  setZoom(zoom, x) {
    const labels = this.grid.offsetLeft;
    const box = this.root.getBoundingClientRect();
    const at = (x === undefined ? labels + (box.width - labels) / 2 : x - box.left) - labels;
    const before = this.axis.offsetWidth;
    const place = (this.root.scrollLeft + at) / before;
    this.zoom = Math.min(Math.max(zoom, 1), 400);
    this.plane.style.setProperty("--zoom", this.zoom.toFixed(3));
    this.root.scrollLeft = place * this.axis.offsetWidth - at;
    this.ticks();
  },

  ticks() {
    const step = tickStep(this.axis.offsetWidth);
    const marks = [];
    const grid = [];
    for (let ms = 0; ms <= total; ms += step) {
      grid.push(make("i", { style: `left:${percent(ms)}` }));
      if (ms < total * 0.985) marks.push(make("span", { class: "tick", style: `left:${percent(ms)}` }, tickText(ms, step)));
    }
    this.axis.replaceChildren(...marks);
    this.grid.replaceChildren(...grid);
  },
};
