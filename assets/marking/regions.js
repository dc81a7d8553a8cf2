// Regions on a picture by mouse, touch or keyboard, as fractions 0..1: left, top, right, bottom.
// `tag` names the meme and the round of marking: a new tag starts from the regions that Python sends.

const AREAS = {
  "Whole picture": [0, 0, 1, 1],
  "Upper left": [0, 0, 0.5, 0.5],
  "Upper right": [0.5, 0, 1, 0.5],
  "Lower left": [0, 0.5, 0.5, 1],
  "Lower right": [0.5, 0.5, 1, 1],
};
const MOST = 16; // regions
const SMALLEST = 0.02; // side of a dragged region; less is a click that slipped
const STEP = 0.02;
const SVG = "http://www.w3.org/2000/svg";
const KEPT = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const find = (name) => parentElement.querySelector(name);
  const wrap = find(".wrap"), picture = find(".pic"), lay = find(".lay"), say = find("[role=status]"), bar = find(".bar");
  const kept = KEPT.get(parentElement) || { tag: null, regions: [], drag: null, cursor: null };
  KEPT.set(parentElement, kept);
  if (kept.tag !== data.tag) Object.assign(kept, { tag: data.tag, regions: data.regions, drag: null, cursor: null });
  if (picture.src !== data.src) picture.src = data.src;
  picture.alt = data.alt;

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
  const percent = (value) => `${Math.round(100 * value)}%`;

  const draw = (region, kind) => {
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", kind);
    for (const line of ["halo", "line"]) {
      const rect = document.createElementNS(SVG, "rect");
      const [left, top, right, bottom] = region.map((value) => 1000 * value);
      const shape = { class: line, x: left, y: top, width: right - left, height: bottom - top };
      for (const [name, value] of Object.entries(shape)) rect.setAttribute(name, value);
      group.appendChild(rect);
    }
    lay.appendChild(group);
  };

  const show = () => {
    lay.replaceChildren();
    kept.regions.forEach((region) => draw(region, "region"));
    if (kept.drag) draw(sorted(kept.drag), "region");
    if (kept.cursor) draw(kept.cursor, "cursor");
    const n = kept.regions.length;
    const [left, top, right, bottom] = kept.cursor || [];
    say.textContent = kept.cursor
      ? `Box ${percent(right - left)} wide and ${percent(bottom - top)} high, ${percent(left)} from the left and ` +
        `${percent(top)} from the top. Enter marks it, Escape drops it.`
      : n ? `${n} region${n === 1 ? "" : "s"} marked.` : "No region marked yet.";
    back.disabled = clear.disabled = !n;
  };

  const send = () => {
    show();
    setStateValue("regions", { tag: kept.tag, regions: kept.regions });
  };

  const add = (region) => {
    if (kept.regions.length < MOST) kept.regions = [...kept.regions, region.map((value) => Math.round(1e4 * value) / 1e4)];
    send();
  };

  const take = () => {
    kept.regions = kept.regions.slice(0, -1);
    send();
  };

  // --- dragging ---

  const at = (event) => {
    const box = picture.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width, 0, 1), clamp((event.clientY - box.top) / box.height, 0, 1)];
  };
  const sorted = ([x, y, u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];

  wrap.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault();
    wrap.focus({ preventScroll: true });
    wrap.setPointerCapture(event.pointerId);
    kept.cursor = null;
    kept.drag = [...at(event), ...at(event)];
    show();
  };
  wrap.onpointermove = (event) => {
    if (!kept.drag) return;
    kept.drag = [...kept.drag.slice(0, 2), ...at(event)];
    show();
  };
  wrap.onpointerup = () => {
    if (!kept.drag) return;
    const region = sorted(kept.drag);
    kept.drag = null;
    if (region[2] - region[0] >= SMALLEST && region[3] - region[1] >= SMALLEST) add(region);
    else show();
  };
  wrap.onpointercancel = () => {
    kept.drag = null;
    show();
  };

  // --- keys ---

  const MOVES = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

  const move = ([dx, dy], resize) => {
    if (!kept.cursor) return [0.35, 0.35, 0.65, 0.65];
    const [left, top, right, bottom] = kept.cursor;
    if (resize) return [left, top, clamp(right + dx, left + 2 * STEP, 1), clamp(bottom + dy, top + 2 * STEP, 1)];
    const x = clamp(dx, -left, 1 - right), y = clamp(dy, -top, 1 - bottom);
    return [left + x, top + y, right + x, bottom + y];
  };

  wrap.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (MOVES[event.key]) kept.cursor = move(MOVES[event.key], event.shiftKey);
    else if (event.key === "Escape" && kept.cursor) kept.cursor = null;
    else if (event.key === "Enter" && kept.cursor) {
      const region = kept.cursor;
      kept.cursor = null;
      add(region);
    } else if ((event.key === "Backspace" || event.key === "Delete") && kept.regions.length) take();
    else return; // the keys of the page go on working
    event.preventDefault();
    event.stopPropagation();
    show();
  };

  // --- buttons ---

  const button = (name, press) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = name;
    made.onclick = press;
    return made;
  };
  if (!bar.childElementCount) {
    bar.append(...[...Object.keys(AREAS), "Take back the last", "Clear the regions"].map((name) => button(name, null)));
  }
  const areas = Object.values(AREAS), pressed = [...bar.children];
  areas.forEach((area, n) => (pressed[n].onclick = () => add(area)));
  const [back, clear] = pressed.slice(areas.length);
  back.onclick = take;
  clear.onclick = () => {
    kept.regions = [];
    send();
  };
  show();
}
