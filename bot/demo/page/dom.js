/** Elements by id and by hand. Text is always text: nothing here, or anywhere on the page, reads HTML. */

export const byId = (id) => document.getElementById(id);

/** `make("button", { class: "send", onclick: send }, "Send")`: null and false attributes are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Makes `element` behave as a button: by click, Enter and Space. */
export function pressable(element, work) {
  element.setAttribute("role", "button");
  element.tabIndex = 0;
  element.addEventListener("click", work);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    work(event);
  });
  return element;
}
