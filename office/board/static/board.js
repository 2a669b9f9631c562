// Keeps the page up to date, and says when it is not. All texts come from the server.
"use strict";

const board = document.getElementById("board");
const live = document.querySelector("[data-refresh]");
const notice = document.getElementById("connection");
const title = document.title;
const SILENCE_MS = 30000;
let heard = Date.now();

// Replaces the parts of the page that differ, so that a screen reader reads out only what is new,
// and the focus stays where it is.
function show(fresh) {
  for (const part of fresh.querySelectorAll("[id^='part-']")) {
    const old = document.getElementById(part.id);
    if (!old) return location.reload();
    if (old.className !== part.className) old.className = part.className;
    if (old.innerHTML === part.innerHTML) continue;
    const focused = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    old.innerHTML = part.innerHTML;
    const again = focused && [...old.querySelectorAll("a")].find((one) => one.getAttribute("href") === focused);
    if (again) again.focus();
  }
  const figures = fresh.querySelector("[data-alarms]");
  if (figures) {
    const alarms = Number(figures.dataset.alarms);
    document.title = alarms ? `(${alarms}!) ${title}` : title;
  }
}

function connected(yes) {
  if (yes) heard = Date.now();
  notice.hidden = yes;
  document.body.classList.toggle("stale", !yes);
}

function follow() {
  const events = new EventSource(board.dataset.events);
  events.addEventListener("board", (event) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = event.data;
    show(fresh.content);
    connected(true);
  });
  events.addEventListener("alive", () => connected(true));
  events.addEventListener("away", () => connected(false));
  events.addEventListener("ended", () => {
    events.close();
    location.assign("/login");
  });
  events.onerror = () => {
    connected(false);
    if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(follow, 3000);
  };
  // A connection that has died without a word: no event has come for long.
  const watch = setInterval(() => {
    if (events.readyState === EventSource.CLOSED) return clearInterval(watch);
    if (Date.now() - heard < SILENCE_MS) return;
    connected(false);
    heard = Date.now();
    clearInterval(watch);
    events.close();
    follow();
  }, 5000);
}

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected) return location.assign(answer.url);
    if (!answer.ok) throw new Error(answer.status);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    connected(true);
  } catch {
    connected(false);
  }
  setTimeout(refresh, Number(live.dataset.refresh));
}

if (board) follow();
if (live) setTimeout(refresh, Number(live.dataset.refresh));

// A page that found the database away tries again, until it is there.
const retry = document.querySelector("[data-retry]");
if (retry) setTimeout(() => location.reload(), Number(retry.dataset.retry));

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
