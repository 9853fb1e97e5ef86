/**
 * A message's text with its entities → nodes. Offsets count UTF-16 units, as JavaScript's strings do.
 *
 * Entities may lie within each other and across each other's ends; what crosses an end is cut in two there.
 */

import { make, pressable } from "./dom.js";
import { say } from "./server.js";
import { copy, toast } from "./toast.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const PLAIN = { bold: "strong", italic: "em", underline: "u", strikethrough: "s" };
/** A link that opens this bot: pressed here, it sends what Telegram would send. */
const START = /^https:\/\/t\.me\/\w+\?start=([\w-]{1,64})$/;
const SAFE = /^(https?|tg|ton|tonsite|mailto):/i;

/** A fragment of text nodes and elements. */
export function formatted(text, entities = []) {
  const part = document.createDocumentFragment();
  fill(part, text, 0, text.length, inOrder(entities));
  return part;
}

const inOrder = (entities) => [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);

function fill(parent, text, from, to, entities) {
  let at = from;
  let rest = entities;
  while (rest.length) {
    const [first, ...others] = rest;
    const end = Math.min(first.offset + first.length, to);
    const inside = [];
    rest = [];
    for (const other of others) {
      const beyond = other.offset + other.length - end;
      if (other.offset >= end) rest.push(other);
      else if (beyond <= 0) inside.push(other);
      else {
        inside.push({ ...other, length: end - other.offset });
        rest.push({ ...other, offset: end, length: beyond });
      }
    }
    rest = inOrder(rest);
    parent.append(text.slice(at, first.offset));
    const element = elementOf(first, text.slice(first.offset, end));
    fill(element.inner ?? element, text, first.offset, end, inside);
    parent.append(element);
    at = end;
    // A block ends its line by itself.
    if (BLOCKS.has(first.type) && text[at] === "\n" && !rest.some((other) => other.offset <= at)) at += 1;
  }
  parent.append(text.slice(at, to));
}

function elementOf(entity, covered) {
  const kind = entity.type;
  if (kind in PLAIN) return make(PLAIN[kind]);
  if (kind === "spoiler") return spoiler();
  if (kind === "code") return copied(make("code"), covered);
  if (kind === "pre") return copied(make("pre", { "data-language": entity.language }), covered);
  if (kind === "blockquote") return make("blockquote");
  if (kind === "expandable_blockquote") return expandable();
  if (kind === "bot_command") return command(covered);
  if (kind === "text_link") return link(entity.url);
  if (kind === "url") return link(/^\w+:/.test(covered) ? covered : `http://${covered}`);
  if (kind === "email") return link(`mailto:${covered}`);
  return make("span", { class: kind.replace("_", "-") });
}

function link(address) {
  const opened = START.exec(address);
  if (opened) return command(`/start ${opened[1]}`);
  if (!SAFE.test(address)) return make("span");
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer", title: address });
}

function copied(element, covered) {
  element.title = "Copy";
  return pressable(element, async (event) => {
    event.stopPropagation();
    toast((await copy(covered)) ? "Copied" : "This browser does not let the page copy");
  });
}

function command(covered) {
  const element = make("span", { class: "command" });
  return pressable(element, () => say(covered).catch((error) => toast(`Not sent: ${error.message}`)));
}

function spoiler() {
  const element = make("span", { class: "spoiler", "aria-expanded": "false", title: "Show" });
  return pressable(element, () => {
    element.classList.add("shown");
    element.setAttribute("aria-expanded", "true");
  });
}

/** Shows three lines until it is asked for more. */
function expandable() {
  const inner = make("div", { class: "folded" });
  const more = make("button", { type: "button", "aria-expanded": "false" }, "Show all");
  more.addEventListener("click", () => {
    const folded = inner.classList.toggle("folded");
    more.setAttribute("aria-expanded", String(!folded));
    more.textContent = folded ? "Show all" : "Show less";
  });
  const element = make("blockquote", { class: "expandable" }, inner, more);
  element.inner = inner;
  return element;
}
