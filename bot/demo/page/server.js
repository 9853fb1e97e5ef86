/** What the page asks of its server: JSON over HTTP, and one socket that tells of every change. */

import { apply, emit, load, store } from "./store.js";

const SLOWEST = 8000;

async function answered(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `the server answered ${response.status}`);
  return body;
}

export const see = async (path) => answered(await fetch(`/_local/${path}`));

export const act = async (path, body = {}) =>
  answered(
    await fetch(`/_local/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

/** As whom and where one writes. */
const here = () => ({
  person: store.active.speaker,
  chat: store.active.chat,
  ...(store.active.topic ? { topic: store.active.topic } : {}),
});

/** Says a line as the person who is shown. */
export const say = (text, replyTo) => act("say", { ...here(), text, ...(replyTo ? { reply_to: replyTo } : {}) });

/** Sends a file, with what is typed as its caption. */
export async function sendFile(file, caption) {
  const place = here();
  const base64 = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
    reader.onerror = () => reject(new Error(`${file.name} cannot be read`));
    reader.readAsDataURL(file);
  });
  return act("file", { ...place, name: file.name, base64, caption });
}

/** Connects, loads all, then follows; again and again, ever more slowly, while the server is away. */
export function follow(wait = 500) {
  const socket = new WebSocket(`ws://${location.host}/_local/socket`);
  // Changes that come while the snapshot is under way; those that are in it already are dropped by their number.
  let early = [];

  socket.onopen = async () => {
    try {
      const snapshot = await see("snapshot");
      load(snapshot);
      early.filter((change) => change.number > snapshot.number).forEach(apply);
      early = null;
      wait = 500;
      emit("connection", true);
    } catch {
      socket.close();
    }
  };
  socket.onmessage = (event) => {
    const change = JSON.parse(event.data);
    if (early) early.push(change);
    else apply(change);
  };
  socket.onclose = () => {
    emit("connection", false);
    setTimeout(() => follow(Math.min(wait * 2, SLOWEST)), wait);
  };
}
