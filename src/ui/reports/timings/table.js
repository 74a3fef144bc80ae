// The table of steps, sorted by what they cost.

const COLUMNS = [
  { title: "Step", words: true, key: (step) => `${step.target} ${step.name}` },
  { title: "Outcome", words: true, key: (step) => step.outcome },
  { title: "Ran", key: (step) => step.ran_ms ?? -1 },
  { title: "Lock", key: (step) => step.waited.lock },
  { title: "Slot", key: (step) => step.waited.slot },
  { title: "Host", key: (step) => step.waited.host },
  { title: "Began", key: (step) => step.from },
  { title: "Printed", key: (step) => step.output_bytes },
];

const table = {
  root: part("table"),
  sortedBy: 2,
  descending: true,
  limit: 50,
  shown: [],

  show(shown) {
    this.shown = shown;
    this.render();
  },

  render() {
    const { key, words } = COLUMNS[this.sortedBy];
    const order = words ? (a, b) => key(a).localeCompare(key(b)) : (a, b) => key(a) - key(b);
    const sorted = [...this.shown].sort((a, b) => (this.descending ? -1 : 1) * order(a, b) || a.index - b.index);
    const most = Math.max(1, ...sorted.map((step) => step.cost));
    const head = COLUMNS.map(({ title, words: left }, column) => {
      const sort = column === this.sortedBy ? (this.descending ? "descending" : "ascending") : null;
      return make("th", { class: left ? "words" : "", scope: "col", "aria-sort": sort },
        make("button", { type: "button", onclick: () => this.sort(column) }, title));
    });
    const body = sorted.slice(0, this.limit).map((step) => row(step, most));
    const rest = sorted.length - body.length;
    this.root.replaceChildren(
      make("div", { class: "scroller" },
        make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body))),
      ...(rest > 0 ? [make("button", { class: "more", type: "button", onclick: () => this.showAll() }, `show ${count(rest, "more step")}`)] : []));
  },

  showAll() {
    this.limit = Infinity;
    this.render();
  },

  sort(column) {
    this.descending = column === this.sortedBy ? !this.descending : !COLUMNS[column].words;
    this.sortedBy = column;
    this.render();
    this.root.querySelectorAll("th button")[column].focus();
    choice.mark();
  },
};

function row(step, most) {
  const time = (ms) => make("td", { class: ms > 0 ? "" : "nothing" }, ms > 0 ? duration(ms) : "–");
  const name = make("button", { class: "link", type: "button", title: `${step.location.file}:${step.location.line}` },
    make("span", { class: "target" }, step.target), make("span", { class: "command" }, step.name));
  const ran = step.ran_ms === null
    ? make("td", { class: "nothing" }, "–")
    : make("td", { class: "cost" }, make("i", { style: `width:${percent(step.cost, most)}` }), make("b", {}, duration(step.cost)));
  return make("tr", { class: step.critical ? "is-critical" : "", "data-step": step.index, "data-of": step.index },
    make("td", { class: "words name" }, name),
    make("td", { class: "words" }, make("span", { class: `chip ${step.outcome}` }, ending(step))),
    ran, time(step.waited.lock), time(step.waited.slot), time(step.waited.host),
    make("td", {}, duration(step.from)),
    make("td", { class: step.output_bytes > 0 ? "" : "nothing" }, step.output_bytes > 0 ? size(step.output_bytes) : "–"));
}
