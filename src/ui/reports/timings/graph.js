// The graph, drawn in layers from left to right: of all targets, or of the steps.

const NODE = { width: 190, height: 46, between: 14, gap: 70 };
const MOST_STEPS = 150;
const MOST_NODES = 600;

/** What a graph of targets shows: names, their steps, and which needs which. */
function targetNodes() {
  const nodes = new Map();
  for (const step of steps) {
    if (!nodes.has(step.target)) nodes.set(step.target, { key: step.target, steps: [], needs: new Set() });
    nodes.get(step.target).steps.push(step);
  }
  for (const step of steps) {
    for (const need of step.needs) {
      if (all[need].target !== step.target) nodes.get(step.target).needs.add(all[need].target);
    }
  }
  return [...nodes.values()];
}

function stepNodes() {
  return steps.map((step) => ({ key: step.index, steps: [step], needs: new Set(step.needs) }));
}

/**
 * Places nodes: `column` is the longest way from one that needs nothing, `y` the place in the column. Ways that other ways imply are
 * left out of `ways`, each of which has the points that its line passes. Targets may need each other in a circle, when they are
 * built with different arguments; what closes one is not drawn.
 */
function layout(nodes) {
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  const below = new Map();
  const state = new Map();
  const visit = (node) => {
    state.set(node.key, "open");
    const reached = new Set();
    node.column = 0;
    node.direct = [...node.needs].filter((key) => {
      const need = byKey.get(key);
      if (!state.has(key)) visit(need);
      if (state.get(key) === "open") return false;
      below.get(key).forEach((other) => reached.add(other));
      node.column = Math.max(node.column, need.column + 1);
      return true;
    });
    node.direct = node.direct.filter((key) => !reached.has(key)).map((key) => byKey.get(key));
    node.direct.forEach((need) => reached.add(need.key));
    below.set(node.key, reached);
    state.set(node.key, "done");
  };
  nodes.forEach((node) => state.has(node.key) || visit(node));

  // A way over several columns passes a point in each of those between.
  const columns = [];
  const place = (item) => (columns[item.column] ??= []).push(item);
  const ways = [];
  nodes.forEach(place);
  for (const node of nodes) {
    node.left ??= [];
    for (const need of node.direct) {
      const way = { from: need, to: node, points: [] };
      let last = need;
      for (let column = need.column + 1; column < node.column; column += 1) {
        const point = { column, left: [last], right: [], point: true };
        (last.right ??= []).push(point);
        place(point);
        way.points.push(point);
        last = point;
      }
      (last.right ??= []).push(node);
      node.left.push(last);
      ways.push(way);
    }
  }
  for (let sweep = 0; sweep < 8; sweep += 1) order(columns, sweep % 2 === 0 ? "left" : "right");
  settle(columns);
  return { nodes, ways, columns };
}

/** Sorts each column by the middle of its neighbours on one side. */
function order(columns, side) {
  columns.forEach((column) => column.forEach((item, at) => { item.at = at / Math.max(column.length - 1, 1); }));
  const inTurn = side === "left" ? columns : [...columns].reverse();
  for (const column of inTurn) {
    for (const item of column) {
      const near = item[side] ?? [];
      if (near.length > 0) item.at = near.reduce((sum, other) => sum + other.at, 0) / near.length;
    }
    column.sort((a, b) => a.at - b.at);
    column.forEach((item, at) => { item.at = at / Math.max(column.length - 1, 1); });
  }
}

/** Gives each item a `y`: near its neighbours, below the one above it. */
function settle(columns) {
  const high = (item) => (item.point ? 8 : NODE.height + NODE.between);
  for (const column of columns) {
    let y = 0;
    for (const item of column) {
      item.y = y;
      y += high(item);
    }
  }
  const middle = (item) => item.y + high(item) / 2;
  for (let sweep = 0; sweep < 12; sweep += 1) {
    for (const column of sweep % 2 === 0 ? columns : [...columns].reverse()) {
      const near = (item) => (sweep % 2 === 0 ? item.left : item.right) ?? [];
      const wished = column.map((item) => {
        const others = near(item);
        return others.length === 0 ? item.y : others.reduce((sum, other) => sum + middle(other), 0) / others.length - high(item) / 2;
      });
      // Downwards nobody overlaps; what that pushed too far goes back up.
      const down = [];
      column.forEach((item, at) => { down[at] = Math.max(wished[at], at > 0 ? down[at - 1] + high(column[at - 1]) : -Infinity); });
      const up = [];
      for (let at = column.length - 1; at >= 0; at -= 1) {
        up[at] = Math.min(wished[at], at + 1 < column.length ? up[at + 1] - high(column[at]) : Infinity);
      }
      column.forEach((item, at) => { item.y = (down[at] + up[at]) / 2; });
      for (let at = 1; at < column.length; at += 1) column[at].y = Math.max(column[at].y, column[at - 1].y + high(column[at - 1]));
    }
  }
  const top = Math.min(...columns.flat().map((item) => item.y));
  columns.flat().forEach((item) => { item.y += 16 - top; });
}

/** How the steps of a node ended, the worst first. */
function look(node) {
  return ["failed", "cancelled", "skipped", "done", "cached"].find((outcome) => node.steps.some((step) => step.outcome === outcome));
}

function nodeElement(node, ofSteps) {
  const cost = node.steps.reduce((sum, step) => sum + step.cost, 0);
  const critical = node.steps.some((step) => step.critical);
  const first = node.steps[0];
  const second = ofSteps ? first.name : `${count(node.steps.length, "step")}${cost > 0 ? ` · ${duration(cost)}` : ""}`;
  const title = ofSteps ? `${first.target}${cost > 0 ? ` · ${duration(cost)}` : ""}` : first.target;
  return make("button", {
    type: "button",
    class: `node ${look(node)}${critical ? " critical" : ""}`,
    style: `left:${16 + node.column * (NODE.width + NODE.gap)}px;top:${node.y}px;width:${NODE.width}px;height:${NODE.height}px`,
    title: ofSteps ? sentence(first) : `show the steps of ${first.target}`,
    ...(ofSteps ? { "data-step": first.index, "data-of": first.index } : { "data-target": node.key }),
  }, make("span", { class: "target" }, title), make("span", { class: "command" }, second));
}

function edge(way) {
  const x = (item) => 16 + item.column * (NODE.width + NODE.gap);
  const y = (item) => item.y + (item.point ? 4 : NODE.height / 2);
  let [fromX, fromY] = [x(way.from) + NODE.width, y(way.from)];
  let path = `M${fromX} ${fromY}`;
  for (const next of [...way.points, way.to]) {
    const bend = NODE.gap / 2;
    path += `C${fromX + bend} ${fromY} ${x(next) - bend} ${y(next)} ${x(next)} ${y(next)}`;
    [fromX, fromY] = [x(next), y(next)];
    if (next.point) {
      fromX += NODE.width;
      path += `H${fromX}`;
    }
  }
  const critical = way.from.steps.some((step) => step.critical) && way.to.steps.some((step) => step.critical);
  return draw("path", { class: `edge${critical ? " critical" : ""}`, d: path });
}

const graph = {
  root: part("graph"),
  ways: [],

  start() {
    const of = steps.length <= 40 ? "steps" : "targets";
    for (const input of document.querySelectorAll("[name=nodes]")) {
      input.checked = input.value === of;
      input.addEventListener("change", () => this.show(input.value));
    }
    document.querySelector("[name=nodes][value=steps]").disabled = steps.length > MOST_STEPS;
    part("graph-of").title = steps.length > MOST_STEPS ? `more than ${MOST_STEPS} steps are too many to draw` : "";
    this.show(of);
  },

  show(of) {
    const { nodes, ways, columns } = layout(of === "steps" ? stepNodes() : targetNodes());
    if (nodes.length > MOST_NODES) {
      this.root.replaceChildren(make("p", { class: "hint" }, `${count(nodes.length, "target")} are too many to draw; choose a step to see what it needs`));
      return;
    }
    const width = 32 + columns.length * (NODE.width + NODE.gap) - NODE.gap;
    const height = 16 + Math.max(0, ...nodes.map((node) => node.y + NODE.height));
    const svg = draw("svg", { width, height, "aria-hidden": "true" });
    this.ways = ways.map((way) => ({ ...way, element: svg.appendChild(edge(way)) }));
    // Lines of the critical path lie above the others.
    this.ways.filter((way) => way.element.classList.contains("critical")).forEach((way) => svg.append(way.element));
    this.root.replaceChildren(make("div", { class: "canvas", tabindex: "0", role: "group", "aria-label": `graph of ${of}` },
      make("div", { style: `width:${width}px;height:${height}px` }, svg, ...nodes.map((node) => nodeElement(node, of === "steps")))));
    choice.mark();
  },
};
