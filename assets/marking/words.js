// Words to pick. They are someone else's text, so they only ever become text. `tag` as for regions.

const KEPT = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".words");
  const kept = KEPT.get(parentElement) || { tag: null, picked: new Set() };
  KEPT.set(parentElement, kept);
  kept.send = setStateValue; // the buttons outlive this call
  if (kept.tag === data.tag) return;
  kept.tag = data.tag;
  kept.picked = new Set(data.picked);
  root.replaceChildren(
    ...data.words.map((word, n) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = word;
      button.setAttribute("aria-pressed", kept.picked.has(n));
      button.onclick = () => {
        if (!kept.picked.delete(n)) kept.picked.add(n);
        button.setAttribute("aria-pressed", kept.picked.has(n));
        kept.send("picked", { tag: kept.tag, picked: [...kept.picked].sort((a, b) => a - b) });
      };
      return button;
    }),
  );
}
