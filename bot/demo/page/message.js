/** One message → its element: quoted strip, picture, text, meta line, buttons. */

import { buttonRows } from "./buttons.js";
import { make } from "./dom.js";
import { formatted } from "./entities.js";
import { pictureOf } from "./picture.js";
import { store } from "./store.js";
import { timeWords } from "./when.js";

export const elementId = (messageId) => `m${messageId}`;

/** `onJump(messageId)` is called for the quoted strip, `onReply(row)` for the arrow. */
export function messageElement(row, person, { onJump, onReply }) {
  const { message } = row;
  const service = serviceWords(message);
  if (service) return make("article", { id: elementId(row.message_id), class: "message service" }, service);
  const bubble = make("div", { class: "bubble" });
  bubble.append(make("span", { class: "unseen" }, `${nameOf(row, person)}: `));
  if (message.reply_to_message) bubble.append(quoted(message, onJump));
  const caption = message.text ?? message.caption;
  const text = caption && make("div", { class: "text" }, formatted(caption, message.entities ?? message.caption_entities));
  const picture = message.photo ? pictureOf(message) : message.document ? documentOf(message.document) : "";
  const parts = message.show_caption_above_media ? [text, picture] : [picture, text];
  bubble.append(...parts.filter(Boolean), metaLine(message, () => onReply(row)));
  const body = make("div", { class: "body" }, bubble);
  const rows = message.reply_markup?.inline_keyboard;
  if (rows) body.append(buttonRows(rows, row, person));
  return make(
    "article",
    { id: elementId(row.message_id), class: `message ${row.from_bot ? "theirs" : "mine"}${message.photo ? " pictured" : ""}` },
    body,
  );
}

export const nameOf = (row, person) => 
  row.from_bot ? store.bot.first_name : (row.message.from?.first_name ?? person.first_name);

/** What a message says that nobody wrote: somebody came, a topic was opened or closed. */
function serviceWords(message) {
  if (message.new_chat_members) return `${message.new_chat_members.map((one) => one.first_name).join(", ")} joined`;
  if (message.forum_topic_created) return `Topic “${message.forum_topic_created.name}” was opened`;
  if (message.forum_topic_closed) return "The topic was closed";
  if (message.forum_topic_reopened) return "The topic was opened again";
  return undefined;
}

/** What a message says, in one line. */
export function gist(message) {
  const words = message.text ?? message.caption ?? serviceWords(message) ?? "";
  const kind = message.photo ? "Picture" : message.document ? message.document.file_name : "";
  return [kind, words.replaceAll("\n", " ")].filter(Boolean).join(" · ").slice(0, 160);
}

function metaLine(message, onclick) {
  const sent = new Date(message.date * 1000);
  const time = make("time", { datetime: sent.toISOString(), title: sent.toLocaleString() }, timeWords(message.date));
  // Out of the tab order: by keyboard it is Ctrl+ArrowUp in the field.
  const reply = make("button", { type: "button", class: "reply", tabindex: "-1", "aria-label": "Reply", title: "Reply", onclick }, "↩");
  return make("div", { class: "meta" }, reply, message.edit_date ? "edited " : "", time);
}

function quoted(message, onJump) {
  const target = message.reply_to_message;
  return make(
    "button",
    { type: "button", class: "quoted", onclick: () => onJump(target.message_id) },
    make("strong", {}, target.from?.first_name ?? ""),
    make("span", {}, message.quote?.text ?? gist(target)),
  );
}

function documentOf(file) {
  const size = `${Math.max(1, Math.round(file.file_size / 1024))} KB`;
  const address = `/_local/picture?id=${encodeURIComponent(file.file_id)}`;
  return make("a", { class: "document", href: address, download: file.file_name }, `${file.file_name} · ${size}`);
}
