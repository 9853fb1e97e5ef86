/** A picture in a message, and the same enlarged. Escape or a click closes it. */

import { byId, make } from "./dom.js";
import { store } from "./store.js";

const addressOf = (size) => `/_local/picture?id=${encodeURIComponent(size.file_id)}`;

export function pictureOf(message) {
  const size = message.photo.at(-1);
  const words = (message.caption ?? "").split("\n")[0];
  const alt = words ? `Picture: ${words}` : `Picture from ${store.bot.first_name}`;
  // Its size is known before it is loaded: nothing below it jumps.
  const image = make("img", { src: addressOf(size), width: size.width, height: size.height, alt, decoding: "async" });
  const hidden = message.has_media_spoiler;
  const button = make("button", { type: "button", class: `picture${hidden ? " hidden" : ""}`, title: "Enlarge" }, image);
  button.addEventListener("click", () => {
    if (!button.classList.contains("hidden")) enlarge(image);
    button.classList.remove("hidden");
  });
  return button;
}

function enlarge(image) {
  const large = byId("picture-large");
  large.src = image.src;
  large.alt = image.alt;
  byId("picture").showModal();
}

export function startPictures() {
  byId("picture").addEventListener("click", () => byId("picture").close());
}
