// Keeps the page up to date without a reload; without this script a reload does the same.
"use strict";

const live = document.getElementById("live");
const address = `/page/live?as=${encodeURIComponent(live.dataset.person)}`;
let waiting = false;

const scrollDown = () => {
  const thread = live.querySelector("section");
  thread.scrollTop = thread.scrollHeight;
};

const refresh = async () => {
  const writing = live.querySelector("details[open]"); // a reply is being written: do not take it away
  if (waiting || writing) return;
  waiting = true;
  try {
    const answer = await fetch(address);
    if (answer.ok) {
      live.innerHTML = await answer.text();
      scrollDown();
    }
  } finally {
    waiting = false;
  }
};

const changes = new EventSource("/sandbox/events");
for (const kind of ["dm", "post", "dm_deleted", "post_deleted", "person"]) {
  changes.addEventListener(kind, refresh);
}

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
