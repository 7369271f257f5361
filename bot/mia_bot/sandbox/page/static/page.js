// Keeps the page up to date without a reload; without this script a reload does the same.
"use strict";

const address = `/page/live?as=${encodeURIComponent(document.querySelector("main").dataset.person)}`;
const dms = document.getElementById("dms");
let asking = false;
let stale = false;

const scrollDown = () => {
  dms.scrollTop = dms.scrollHeight;
};

// Line by line, so that a screen reader speaks what is new and nothing else.
const placeMessages = (fresh) => {
  const atEnd = dms.scrollHeight - dms.scrollTop - dms.clientHeight < 40;
  const shown = dms.querySelector(".thread");
  const wanted = [...fresh.querySelectorAll(".thread > li")];
  const ids = new Set(wanted.map((line) => line.id));
  for (const line of [...shown.children]) {
    if (!ids.has(line.id)) line.remove();
  }
  shown.append(...wanted.filter((line) => !document.getElementById(line.id)));
  if (atEnd) scrollDown();
};

const placeSection = (section, fresh) => {
  const writing = section.querySelector("details[open]"); // a reply is being written: do not take it away
  if (writing || section.innerHTML === fresh.innerHTML) return;
  const top = section.scrollTop;
  const focused = section.contains(document.activeElement) ? document.activeElement.id : "";
  section.replaceChildren(...fresh.childNodes);
  section.scrollTop = top;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

const place = (html) => {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  placeMessages(fresh.getElementById("dms"));
  for (const id of ["posts", "mind"]) {
    placeSection(document.getElementById(id), fresh.getElementById(id));
  }
};

// The page as it is now; null while the server is away, after which "open" asks again.
const ask = async () => {
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
};

// What changes while an answer is awaited may not be in it: then it is asked for again.
const refresh = async () => {
  stale = true;
  if (asking) return;
  asking = true;
  try {
    while (stale) {
      stale = false;
      const html = await ask();
      if (html !== null) place(html);
    }
  } finally {
    asking = false;
  }
};

const changes = new EventSource("/sandbox/events");
for (const kind of ["open", "dm", "post", "dm_deleted", "post_deleted", "person"]) {
  changes.addEventListener(kind, refresh);
}
document.getElementById("posts").addEventListener("toggle", (event) => event.target.open || refresh(), true);

// Enter sends, Shift+Enter begins a new line.
for (const area of document.querySelectorAll(".compose textarea")) {
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      area.form.requestSubmit();
    }
  });
}

document.getElementById("as").addEventListener("change", (event) => event.target.form.submit());
scrollDown();
