// SPDX-License-Identifier: EUPL-1.2
// Leaves out of a stylesheet what no page can use: rules for classes of a library, and properties, that nothing names.

// A stylesheet as a tree: what stands before each brace, and what is inside.
function parsed(css) {
  const root = { head: "", children: [] };
  let [open, text, quoted, round] = [[root], "", "", 0];
  for (const letter of css) {
    const here = open.at(-1);
    if (quoted) quoted = letter === quoted ? "" : quoted;
    else if (letter === '"' || letter === "'") quoted = letter;
    else if (letter === "(" || letter === ")") round += letter === "(" ? 1 : -1;
    else if (!round && letter === "{") {
      const child = { head: text.trim(), children: [] };
      here.children.push(child);
      open.push(child);
      text = "";
      continue;
    } else if (!round && (letter === "}" || letter === ";")) {
      if (text.trim()) here.children.push(text.trim());
      if (letter === "}") open.pop();
      text = "";
      continue;
    }
    text += letter;
  }
  return root;
}

function written({ head, children }) {
  const inner = children.map((each) => (typeof each === "string" ? `${each};` : written(each))).join("");
  return head ? `${head}{${inner}}` : inner;
}

// At commas outside of brackets: `:is(a, b), c` are two.
function selectors(head) {
  const found = [""];
  let depth = 0;
  for (const letter of head) {
    if ("([".includes(letter)) depth += 1;
    if (")]".includes(letter)) depth -= 1;
    if (letter === "," && !depth) found.push("");
    else found[found.length - 1] += letter;
  }
  return found;
}

// What stands in `:is()`, `:not()` and `:has()` decides nothing: their other choices may fit.
function bare(selector) {
  const shorter = selector.replace(/:[a-z-]+\([^()]*\)/g, "");
  return shorter === selector ? selector : bare(shorter);
}

function pruned(node, fits, keeps) {
  const children = [];
  for (const each of node.children) {
    if (typeof each === "string") {
      if (keeps(each)) children.push(each);
      continue;
    }
    const head = each.head.startsWith("@") ? each.head : selectors(each.head).filter(fits).join(",");
    const child = pruned({ head, children: each.children }, fits, keeps);
    if (head && child.children.length) children.push(child);
  }
  return { head: node.head, children };
}

// `prefix` is the library's, such as "kern-"; `words` is all text that may name its classes and properties.
export function lean(css, prefix, words) {
  const named = new Set(words.match(new RegExp(`(?:--)?${prefix}[\\w-]+`, "g")));
  const classes = new RegExp(`[.[](?:data-)?(${prefix}[\\w-]+)`, "g");
  const fits = (selector) => [...bare(selector).matchAll(classes)].every(([, name]) => named.has(name));
  const comments = /\/\*[^]*?\*\//g;
  let tree = pruned(parsed(css.replace(comments, "")), fits, () => true);
  for (let [before, now] = ["", written(tree)]; now !== before; [before, now] = [now, written(tree)]) {
    const asked = new Set(now.match(new RegExp(`(?<=var\\(\\s*)--${prefix}[\\w-]+`, "g")));
    const keeps = (line) => {
      const name = line.match(new RegExp(`^(--${prefix}[\\w-]+)\\s*:`))?.[1];
      return !name || asked.has(name) || named.has(name);
    };
    tree = pruned(tree, () => true, keeps);
  }
  return written(tree);
}
