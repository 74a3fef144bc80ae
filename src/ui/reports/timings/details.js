// What is shown beside the page of a step that was chosen.

function listOf(title, indexes) {
  if (indexes.length === 0) return [];
  const most = 30;
  const sorted = indexes.map((index) => all[index]).sort((a, b) => b.to - a.to);
  const items = sorted.slice(0, most).map((step) => make("li", {},
    make("button", { class: "link", type: "button", title: sentence(step), "data-step": step.index }, `${step.target} ${step.name}`),
    make("time", {}, step.ran_ms === null ? ending(step) : duration(step.ran_ms))));
  if (sorted.length > most) items.push(make("li", {}, `and ${sorted.length - most} more`));
  return [make("h3", {}, title), make("ul", {}, ...items)];
}

function spanItem(step, span) {
  const runs = span.kind === "running" || span.kind === "ending";
  const look = runs && step.outcome === "failed" ? "failed" : span.kind === "running" && !step.counted ? "work" : span.kind;
  const lock = span.kind === "waiting_for_lock" ? [span.lock, span.holder && `held by ${span.holder}`].filter(Boolean).join(", ") : "";
  return make("li", {},
    make("span", { class: "swatch" }, make("span", { class: `part ${look}`, style: "left:0;right:0" })),
    make("span", { class: "what" }, WORDS[span.kind], lock ? make("small", {}, lock) : null),
    make("time", { title: `from ${duration(span.from_ms)} to ${duration(span.to_ms)}` }, duration(span.to_ms - span.from_ms)));
}

/** The parts of a step that brings a daemon of its own, each until the next one begins. */
function partItems(step) {
  return step.parts.map((begun, at) => {
    const end = step.parts[at + 1]?.at_ms ?? step.to;
    return make("li", {}, begun.phase, make("time", {}, duration(Math.max(end - begun.at_ms, 0))));
  });
}

function failureParts(step) {
  if (step.failure === null) return [];
  const { message, help, last_output: lines } = step.failure;
  return [
    message === null ? null : make("p", {}, message),
    help === null ? null : make("p", {}, `hint: ${help}`),
    lines.length > 0 ? make("pre", { tabindex: "0" }, lines.join("\n")) : null,
  ];
}

function showDetails(step) {
  const root = part("details");
  root.hidden = step === null;
  if (step === null) return;
  const facts = [`${step.location.file}:${step.location.line}`];
  if (step.critical) facts.push("on the critical path");
  if (step.output_bytes > 0) facts.push(`printed ${size(step.output_bytes)}`);
  const parts = partItems(step);
  root.replaceChildren(...[
    make("button", { class: "close", type: "button", "aria-label": "Close", onclick: () => choice.choose(null) }, "×"),
    make("h2", {}, step.target),
    make("code", {}, step.name),
    make("p", {}, make("span", { class: `chip ${step.outcome}` }, ending(step)), ` · ${facts.join(" · ")}`),
    ...failureParts(step),
    ...(step.spans.length > 0 ? [make("h3", {}, `Time, from ${duration(step.from)} on`), make("ol", {}, ...step.spans.map((span) => spanItem(step, span)))] : []),
    ...(parts.length > 0 ? [make("h3", {}, "Parts of its run"), make("ol", {}, ...parts)] : []),
    ...listOf("Needs", step.needs),
    ...listOf("Needed by", step.users),
  ].filter(Boolean));
  root.scrollTop = 0;
}
