/**
 * Where a person writes: Enter sends, Shift+Enter breaks the line, ArrowUp in the empty field brings back a line.
 * A file is chosen with the paper clip, dropped on the page or pasted; what is typed becomes its caption.
 */

import * as completion from "./completion.js";
import { byId } from "./dom.js";
import { gist, nameOf } from "./message.js";
import { act, say, sendFile } from "./server.js";
import { kept, on, store } from "./store.js";
import { toast } from "./toast.js";

const TALLEST = 160;
const text = byId("text");
let replyingTo = null;
// How many own lines back the field shows; 0 for what is being typed.
let back = 0;

export function startComposer() {
  completion.startCompletion((command, atOnce) => {
    setText(`/${command}${atOnce ? "" : " "}`);
    if (atOnce) send();
    text.focus();
  });
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  text.addEventListener("keydown", onKey);
  text.addEventListener("input", () => {
    back = 0;
    typed();
  });
  byId("attach").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", (event) => {
    sendFiles(event.target.files);
    event.target.value = ""; // so that the same file can be chosen again
  });
  text.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    sendFiles(event.clipboardData.files);
  });
  const stage = document.querySelector("main");
  stage.addEventListener("dragover", (event) => event.dataTransfer.types.includes("Files") && event.preventDefault());
  stage.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    if (!byId("form").hidden) sendFiles(event.dataTransfer.files);
  });
  byId("start").addEventListener("click", () => say("/start").catch(notSent));
  byId("unblock").addEventListener("click", () => act("unblock", { person: store.active.id }).catch(notSent));
  byId("not-replying").addEventListener("click", () => reply(null));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    focusComposer();
  });
  on("reset", show);
  on("chosen", () => {
    show();
    if (hasKeyboard()) focusComposer();
  });
  on("message", ({ person }) => person === store.active && modes());
  on("standing", modes);
  on("deleted", ({ row }) => row.message_id === replyingTo?.message_id && reply(null));
}

/** What stands at the foot: a field, a button that begins the chat, or one that lets the bot write again. */
function modes() {
  const { active } = store;
  const had = byId("composer").contains(document.activeElement);
  const mode = active.blocked ? "unblock" : active.messages.size || active.chat < 0 ? "form" : "start";
  for (const id of ["form", "start", "unblock"]) byId(id).hidden = id !== mode;
  if (mode !== "form") completion.close();
  if (had && !byId("composer").contains(document.activeElement)) focusComposer();
  fit();
}

function show() {
  reply(null);
  back = 0;
  text.value = kept.get(`draft ${store.active.id}`) ?? "";
  modes();
  if (hasKeyboard() && document.activeElement === document.body) focusComposer();
}

// On a touch screen, focus in the field brings up a keyboard over half of the chat.
const hasKeyboard = () => matchMedia("(pointer: fine)").matches;

export function focusComposer() {
  [text, byId("start"), byId("unblock")].find((element) => element.offsetParent)?.focus();
}

/** Answers this message with the next line; null for none. */
export function reply(row) {
  replyingTo = row;
  byId("replying").hidden = !row;
  if (!row) return;
  byId("replying-name").textContent = nameOf(row, store.active);
  byId("replying-text").textContent = gist(row.message);
  text.focus();
}

function onKey(event) {
  if (event.isComposing || completion.handled(event)) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape" && replyingTo) {
    reply(null);
  } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && event.ctrlKey) {
    event.preventDefault();
    replyFurther(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "ArrowUp" && (!text.value || back)) {
    recall(event, back + 1);
  } else if (event.key === "ArrowDown" && back) {
    recall(event, back - 1);
  }
}

/** One's own lines, from the newest back. */
function recall(event, steps) {
  const mine = [...store.active.messages.values()].filter((row) => !row.from_bot && row.message.text);
  const found = steps === 0 ? "" : mine.at(-steps)?.message.text;
  event.preventDefault();
  if (found === undefined) return;
  back = steps;
  setText(found);
}

/** Ctrl+ArrowUp and Ctrl+ArrowDown choose the message to reply to. */
function replyFurther(by) {
  const rows = [...store.active.messages.values()];
  const at = replyingTo ? rows.findIndex((row) => row.message_id === replyingTo.message_id) : rows.length;
  reply(rows[at + by] ?? null);
}

function setText(value) {
  text.value = value;
  typed();
}

function typed() {
  kept.set(`draft ${store.active.id}`, text.value);
  fit();
}

function fit() {
  byId("send").classList.toggle("ready", text.value.trim() !== "");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, TALLEST)}px`;
}

async function send() {
  const line = text.value.trim();
  if (!line) return;
  const target = replyingTo;
  completion.close();
  setText("");
  back = 0;
  reply(null);
  try {
    await say(line, target?.message_id);
  } catch (error) {
    if (!text.value) setText(line);
    notSent(error);
  }
}

async function sendFiles(files) {
  const caption = text.value.trim();
  completion.close();
  setText("");
  try {
    for (const [at, file] of [...files].entries()) await sendFile(file, at ? "" : caption);
  } catch (error) {
    if (!text.value) setText(caption);
    notSent(error);
  }
}

const notSent = (error) => toast(`Not sent: ${error.message}`);
