// Keeps the page up to date, and says when it is not. All texts come from the server.
"use strict";

const lobby = document.getElementById("lobby");
const notice = document.getElementById("connection");

function follow() {
  const events = new EventSource(lobby.dataset.events);
  events.addEventListener("lobby", (event) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = event.data;
    if (fresh.innerHTML.trim() === lobby.innerHTML.trim()) return;
    const focused = document.activeElement && document.activeElement.id;
    lobby.replaceChildren(fresh.content);
    const again = focused && document.getElementById(focused);
    if (again) again.focus();
  });
  events.addEventListener("ended", () => {
    events.close();
    location.assign("/login");
  });
  events.onopen = () => { notice.hidden = true; };
  events.onerror = () => {
    notice.hidden = false;
    if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(follow, 3000);
  };
}

if (lobby) follow();

// A page that found the daemon away tries again, until it is there.
const retry = document.querySelector("[data-retry]");
if (retry) setTimeout(() => location.reload(), Number(retry.dataset.retry));

// The first wrong field gets the focus, so that a keyboard can correct it at once.
const wrong = document.querySelector("[aria-invalid]");
if (wrong) wrong.focus();

// A form is sent once, also by two quick presses.
for (const form of document.querySelectorAll("main form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("main form")) delete form.dataset.sent;
});
