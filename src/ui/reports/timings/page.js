// The page: its head, the controls, and the step that is chosen.

const choice = {
  step: null,

  /** Chooses a step, or none, and shows what belongs to it everywhere. */
  choose(index) {
    this.step = index === null || (this.step !== null && this.step.index === index) ? null : all[index];
    showDetails(this.step);
    this.mark();
    if (this.step === null) return;
    bringIntoView(timeline.root, timeline.lines.querySelector(`.step[data-step="${this.step.index}"]`));
    bringIntoView(graph.root.firstElementChild, graph.root.querySelector(".node.is-self"));
  },

  mark() {
    const { step } = this;
    document.body.classList.toggle("chosen", step !== null);
    const needs = step === null ? new Set() : reach(step, "needs");
    const users = step === null ? new Set() : reach(step, "users");
    const set = (element, self, need, user) => {
      element.classList.toggle("is-self", self);
      element.classList.toggle("is-need", need);
      element.classList.toggle("is-user", user);
    };
    for (const element of document.querySelectorAll("[data-of], .lane .step")) {
      const index = Number(element.dataset.of ?? element.dataset.step);
      set(element, step !== null && index === step.index, needs.has(index), users.has(index));
    }
    const belongs = (node, wanted) => node.steps.some((other) => wanted.has(other.index) || other === step);
    const targetsOf = (indexes) => new Set([...indexes].map((index) => all[index].target));
    const [needed, using] = [targetsOf(needs), targetsOf(users)];
    for (const element of document.querySelectorAll(".node[data-target]")) {
      const { target } = element.dataset;
      const self = step !== null && step.target === target;
      set(element, self, !self && needed.has(target), !self && using.has(target));
    }
    for (const way of graph.ways) {
      const between = (wanted) => step !== null && belongs(way.from, wanted) && belongs(way.to, wanted);
      set(way.element, false, between(needs), between(users));
    }
  },
};

/** Scrolls a box, and not the page, until what it holds is seen. */
function bringIntoView(box, element) {
  if (!element) return;
  const [outer, inner] = [box.getBoundingClientRect(), element.getBoundingClientRect()];
  const head = box.querySelector(".head")?.offsetHeight ?? 0;
  const side = box.querySelector(".label")?.offsetWidth ?? 0;
  if (inner.top < outer.top + head || inner.bottom > outer.bottom) box.scrollTop += inner.top - outer.top - (head + outer.height) / 2;
  if (inner.left < outer.left + side || inner.left > outer.right) box.scrollLeft += inner.left - outer.left - (side + outer.width) / 2;
}

function showHead() {
  const names = report.targets.slice(0, 3).join(", ") + (report.targets.length > 3 ? ` and ${report.targets.length - 3} more` : "");
  const verb = { succeeded: "built", failed: "failed", interrupted: "interrupted" }[report.outcome];
  part("headline").append(make("span", { class: `verdict-${report.outcome}` }, verb), ` ${names} in ${duration(report.took_ms)}`);
  const began = new Date(report.began).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "medium" });
  part("subline").append([began, report.engine, `rbuild ${report.rbuild}`].filter(Boolean).join(" · "));
  const number = (outcome) => steps.filter((step) => step.outcome === outcome).length;
  const sum = (of) => steps.reduce((all, step) => all + of(step), 0);
  const ran = sum((step) => (step.counted ? step.cost : 0));
  const path = report.critical_path.reduce((all, index) => all + report.steps[index].ran_ms, 0);
  const ended = [["done", "ran"], ["cached", "cached"], ["failed", "failed"], ["cancelled", "stopped"], ["skipped", "not run"]]
    .filter(([outcome]) => number(outcome) > 0).map(([outcome, word]) => `${number(outcome).toLocaleString("en")} ${word}`);
  const facts = [
    ["Steps", steps.length.toLocaleString("en"), ended.join(", ")],
    ["Steps ran", duration(ran), `${(ran / total).toFixed(1)} at a time, at most ${report.limit}`],
    ["Critical path", duration(path), `${count(report.critical_path.length, "step")}, one after the other`],
    ["Waited for slots", duration(sum((step) => step.waited.slot)), "added up over all steps"],
    ["Waited for locks", duration(sum((step) => step.waited.lock)), "added up over all steps"],
  ];
  const host = sum((step) => step.waited.host);
  if (host > 0) facts.push(["Waited for the host", duration(host), "added up over all steps"]);
  part("facts").append(...facts.map(([name, value, note]) => make("div", {}, make("dt", {}, name), make("dd", {}, value, make("small", {}, note)))));
}

function showFailures() {
  const failed = steps.filter((step) => step.outcome === "failed");
  const boxes = failed.slice(0, 5).map((step) => make("div", { class: "failure" },
    make("h2", {}, make("button", { class: "link", type: "button", "data-step": step.index }, `${step.target} ${step.name}`)),
    make("p", {}, `${ending(step)} after ${duration(step.cost)}, ${step.location.file}:${step.location.line}`),
    ...failureParts(step).filter(Boolean)));
  if (report.error !== null) boxes.unshift(make("div", { class: "failure" }, make("h2", {}, report.error)));
  if (failed.length > 5) boxes.push(make("p", { class: "hint" }, `and ${failed.length - 5} more`));
  part("failures").append(...boxes);
  part("failures").hidden = boxes.length === 0;
}

function showLegend() {
  const has = (wanted) => steps.some(wanted);
  const spends = (kind) => has((step) => step.spans.some((span) => span.kind === kind));
  const entries = [
    ["part running", "ran", has((step) => step.counted && step.ran_ms !== null)],
    ["part work", "other work: images, contexts, copies", has((step) => !step.counted && step.ran_ms !== null)],
    ["part ending", "engine tidied up", spends("ending")],
    ["part failed", "failed", has((step) => step.outcome === "failed")],
    ["part cancelled", "stopped", has((step) => step.outcome === "cancelled")],
    ["part tick cached", "cached", has((step) => step.outcome === "cached")],
    ["part tick skipped", "not run", has((step) => step.outcome === "skipped")],
    ["part waiting_for_slot", "waited for a slot", spends("waiting_for_slot")],
    ["part waiting_for_lock", "waited for a lock", spends("waiting_for_lock")],
    ["part waiting_for_host", "waited for the host", spends("waiting_for_host")],
  ].filter(([, , there]) => there);
  const items = entries.map(([look, words]) => {
    const place = look.includes("tick") ? "left:0.4rem" : "left:0;right:0";
    return make("li", {}, make("span", { class: "swatch" }, make("span", { class: look, style: place })), words);
  });
  items.push(make("li", {}, make("span", { class: "swatch critical" }), "critical path"));
  part("legend").append(...items);
}

/** Shows the steps that the controls let through. */
function update() {
  const words = part("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const minimum = Number(part("minimum").value);
  const shown = steps.filter((step) => {
    const text = `${step.target} ${step.name}`.toLowerCase();
    return words.every((word) => text.includes(word))
      && step.to - step.from >= minimum
      && (part("show-cached").checked || step.outcome !== "cached")
      && (!part("only-critical").checked || step.critical);
  });
  timeline.show(shown, document.querySelector("[name=view]:checked").value);
  table.show(shown);
  part("shown").textContent = shown.length === steps.length ? count(steps.length, "step") : `${shown.length.toLocaleString("en")} of ${count(steps.length, "step")}`;
  choice.mark();
}

function startControls() {
  part("show-cached").checked = steps.length <= 100;
  const view = steps.filter((step) => step.outcome !== "cached").length <= 150 ? "steps" : "lanes";
  document.querySelector(`[name=view][value=${view}]`).checked = true;
  part("controls").addEventListener("input", update);
  part("controls").addEventListener("submit", (event) => event.preventDefault());
  part("zoom-in").addEventListener("click", () => timeline.setZoom(timeline.zoom * 1.6));
  part("zoom-out").addEventListener("click", () => timeline.setZoom(timeline.zoom / 1.6));
  part("zoom-fit").addEventListener("click", () => timeline.setZoom(1));
}

/** The step that an event is about. */
function stepOf(event) {
  const element = event.target instanceof Element ? event.target.closest("[data-step]") : null;
  return element === null ? null : all[Number(element.dataset.step)];
}

function startPointer() {
  const tip = part("tip");
  document.addEventListener("click", (event) => {
    const step = stepOf(event);
    const node = event.target instanceof Element ? event.target.closest("[data-target]") : null;
    if (step !== null) choice.choose(step.index);
    else if (node !== null) {
      part("filter").value = part("filter").value === node.dataset.target ? "" : node.dataset.target;
      update();
    }
  });
  part("timeline").addEventListener("pointermove", (event) => {
    const step = stepOf(event);
    tip.hidden = step === null;
    if (step === null) return;
    const [name, ...rest] = sentence(step).split("; ");
    tip.replaceChildren(make("b", {}, name), rest.join(" · "));
    const right = event.clientX + 16 + tip.offsetWidth > window.innerWidth;
    tip.style.left = `${right ? Math.max(event.clientX - 16 - tip.offsetWidth, 4) : event.clientX + 16}px`;
    tip.style.top = `${Math.min(event.clientY + 16, window.innerHeight - tip.offsetHeight - 4)}px`;
  });
  part("timeline").addEventListener("pointerleave", () => { tip.hidden = true; });
}

function startKeys() {
  const focus = (element) => {
    if (!element) return;
    timeline.lines.querySelectorAll(".step[tabindex='0']").forEach((other) => { other.tabIndex = -1; });
    element.tabIndex = 0;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const find = (index) => timeline.lines.querySelector(`.step[data-step="${index}"]`);
  timeline.lines.addEventListener("keydown", (event) => {
    const bars = [...timeline.lines.querySelectorAll(".step")];
    const at = bars.indexOf(event.target);
    const step = stepOf(event);
    if (at < 0 || step === null) return;
    const latest = [...step.needs].sort((a, b) => all[b].to - all[a].to).map(find).find(Boolean);
    const user = [...step.users].sort((a, b) => all[a].from - all[b].from).map(find).find(Boolean);
    const next = { ArrowDown: bars[at + 1], ArrowUp: bars[at - 1], ArrowLeft: latest, ArrowRight: user, Home: bars[0], End: bars[bars.length - 1] };
    if (!(event.key in next)) return;
    event.preventDefault();
    focus(next[event.key]);
  });
  timeline.lines.addEventListener("focusin", (event) => {
    if (choice.step !== null && event.target.matches(":focus-visible")) {
      const step = stepOf(event);
      if (step !== null && step !== choice.step) choice.choose(step.index);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return choice.choose(null);
    if (event.target instanceof Element && event.target.matches("input, select")) return;
    const act = {
      "/": () => part("filter").focus(),
      "+": () => timeline.setZoom(timeline.zoom * 1.6),
      "=": () => timeline.setZoom(timeline.zoom * 1.6),
      "-": () => timeline.setZoom(timeline.zoom / 1.6),
      0: () => timeline.setZoom(1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  // A page has all of its table; a screen does not.
  window.addEventListener("beforeprint", () => table.showAll());
}

showHead();
showFailures();
showLegend();
startControls();
timeline.start();
update();
graph.start();
startPointer();
startKeys();
