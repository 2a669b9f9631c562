// The page of a simulated lobby: shows its state as it streams in, and posts the player's acts.

const HOLD_MS = 600; // from here on a press is a hold, as for the daemon (1.0 s) but for fingers
const LIFT_MS = 250; // a finger that rests so long on a card lifts it; a shorter touch chooses or scrolls
const LIFT_PX = 6; // a mouse that moves so far with its button down lifts the card
const PLACES = {
  entrance: [65, 120], reception: [215, 110], waiting: [380, 100],
  lockers: [535, 145], detector: [690, 110], office: [830, 110],
};
const COLOURS = ["#2f6690", "#8c2f39", "#3a7d44", "#b5651d", "#6a4c93", "#00798c", "#a23e48", "#5c677d"];

const $ = (query, root = document) => root.querySelector(query);
const all = (query, root = document) => [...root.querySelectorAll(query)];
const make = (tag, text, className) => {
  const one = document.createElement(tag);
  if (text !== undefined) one.textContent = text;
  if (className) one.className = className;
  return one;
};

let clock = {}, lobby = null, records = null, setup = null, chosenVisit = 0, chosenCard = null;

async function act(asked) {
  const answer = await fetch("/act", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked),
  }).then((one) => one.json()).catch(() => ({ error: "halaman terputus · the page is cut off" }));
  if (answer.error) hint(answer.error);
  else if (answer.heard !== "done") hint(WORDS[answer.heard] ?? answer.heard);
  return answer;
}
const WORDS = {
  accepted: "Diterima: satu bip · accepted", refused: "Ditolak: dua bip · refused",
  silence: "Tidak ada jawaban · no answer",
};
function hint(words) { $("#hint").textContent = words; }

// ---------------------------------------------------------------- panels

for (const panel of all("[data-panel]")) {
  const face = $("svg", panel);
  face.style.setProperty("--mm", face.viewBox.baseVal.width);
  for (const button of all("[data-button]", panel)) {
    const name = button.dataset.press + (button.dataset.hold ? `; tahan: ${button.dataset.hold}` : "");
    button.setAttribute("tabindex", "0");
    button.setAttribute("role", "button");
    button.setAttribute("aria-label", name);
    const press = async (hold) => {
      $(".heard", panel).textContent = "…";
      const { heard, error } = await act({
        do: "press", panel: panel.dataset.panel, button: Number(button.dataset.button), hold,
      });
      const words = hold ? button.dataset.hold ?? button.dataset.press : button.dataset.press;
      $(".heard", panel).textContent = error ?? `${words}: ${WORDS[heard] ?? heard}`;
    };
    let down = 0, timer = 0;
    const release = (counts) => {
      if (!down) return;
      const held = performance.now() - down >= HOLD_MS;
      down = 0;
      clearTimeout(timer);
      button.classList.remove("down", "held");
      if (counts) press(held);
    };
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      down = performance.now();
      button.classList.add("down");
      timer = setTimeout(() => button.classList.add("held"), HOLD_MS);
    });
    button.addEventListener("pointerup", () => release(true));
    button.addEventListener("pointercancel", () => release(false));
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    button.addEventListener("keydown", (event) => {
      if (event.repeat || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      press(event.shiftKey);
    });
  }
}

function showPanels() {
  for (const panel of all("[data-panel]")) {
    const now = lobby.panels[panel.dataset.panel];
    for (const lamp of all("[data-lamp]", panel)) {
      lamp.classList.toggle("lit", Boolean(now?.[lamp.dataset.lamp]));
    }
    panel.classList.toggle("mine", lobby.roles.includes(panel.dataset.panel));
  }
}

// ---------------------------------------------------------------- the floor

const shut = (number) => act({ do: "shut", locker: Number(number) });
for (const locker of all("[data-locker]")) locker.addEventListener("click", () => shut(locker.dataset.locker));
for (const locker of all("[data-shut]")) locker.addEventListener("click", () => shut(locker.dataset.shut));

function showFloor() {
  for (const locker of all("[data-locker]")) {
    const now = lobby.lockers[locker.dataset.locker];
    locker.classList.toggle("open", now.open);
    locker.classList.toggle("jammed", now.jammed);
    locker.classList.toggle("taken", now.guest !== null);
    const chip = $(`[data-shut="${locker.dataset.locker}"]`);
    chip.classList.toggle("open", now.open);
    $("[data-door-state]", chip).textContent = now.open ? "terbuka: tutup · open" : now.guest !== null ? `tamu ${now.guest}` : "kosong · free";
  }
  for (const one of all("[data-detector-at]")) one.classList.toggle("alarming", lobby.detectors[one.dataset.detectorAt]);
  for (const one of all("[data-phone]")) one.classList.toggle("ringing", lobby.aiphones[one.dataset.phone]);
  for (const one of all("[data-aiphone-rings]")) one.textContent = lobby.aiphones[one.dataset.aiphoneRings] ? "berdering · rings" : "";
  for (const one of all("[data-door]")) {
    one.classList.toggle("open", lobby.doors[one.dataset.door].open);
    one.classList.toggle("released", lobby.doors[one.dataset.door].released);
  }
  $("#bell").classList.toggle("on", lobby.beeping);
  showFigures();
}

function showFigures() {
  const layer = $("#figures");
  const space = "http://www.w3.org/2000/svg";
  const there = {};
  const seen = new Set();
  for (const guest of lobby.guests) {
    const [x, y] = PLACES[guest.place] ?? PLACES.office;
    const nth = there[guest.place] = (there[guest.place] ?? -1) + 1;
    seen.add(String(guest.number));
    let figure = $(`[data-guest="${guest.number}"]`, layer);
    if (!figure) {
      figure = document.createElementNS(space, "g");
      figure.dataset.guest = guest.number;
      figure.setAttribute("class", "figure");
      const disc = document.createElementNS(space, "circle");
      disc.setAttribute("r", 15);
      disc.setAttribute("fill", COLOURS[guest.number % COLOURS.length]);
      const text = document.createElementNS(space, "text");
      text.setAttribute("y", 5);
      text.textContent = guest.number;
      figure.append(disc, text);
      layer.append(figure);
    }
    figure.setAttribute("transform", `translate(${x - 30 + (nth % 3) * 32} ${y + Math.floor(nth / 3) * 32})`);
    figure.classList.toggle("waits", lobby.awaited.some((one) => one.guest === guest.number));
  }
  for (const figure of all("[data-guest]", layer)) if (!seen.has(figure.dataset.guest)) figure.remove();
}

const rolled = (role) => setup?.roles[role]?.[0] ?? role;

function showGuests() {
  if (!setup || !lobby) return;
  const awaited = Object.fromEntries(lobby.awaited.map((one) => [one.guest, one]));
  $("#guests").replaceChildren(...lobby.guests.map((guest) => {
    const wait = $("#help").checked ? awaited[guest.number] : undefined;
    const branch = setup.ways[guest.procedure]?.find((one) => one.id === guest.branch)?.words[0] ?? guest.branch;
    const where = guest.step ? `${guest.step} (${rolled(guest.station)}) ${"✓".repeat(guest.done)}`.trim() : "datang";
    const more = [guest.persons > 1 ? `${guest.persons} orang` : "", guest.cards.map(cardName).join(", "),
      guest.lockers.map((one) => `loker ${one}`).join(", ")];
    const chip = make("span", [`Tamu ${guest.number}: ${guest.procedure}, ${branch}`, guest.host, where, ...more].filter(Boolean).join(" · "), "guest-chip");
    if (wait) chip.textContent += ` · ${rolled(wait.role)}: ${nameOf(wait)}${wait.times > 1 ? ` (${wait.times}×)` : ""}`;
    chip.classList.toggle("waits", Boolean(wait));
    return chip;
  }));
  if (!lobby.guests.length) $("#guests").append(make("span", "Belum ada tamu · nobody is here", "faint"));
}

// ---------------------------------------------------------------- the next act

function wanted(one) {
  const [kind, word] = one.event.split(/\.(.*)/);
  const named = word?.split(":")[0];
  if (kind === "button" || kind === "identity" || kind === "value") {
    const fits = (action) => kind === "button" ? action === word : action?.startsWith(kind === "value" ? "choice-" : "identity-");
    const buttons = setup.buttons[one.panel] ?? [];
    const number = buttons.findIndex((button) => (fits(button.press) || fits(button.hold))
      && (word !== "arrive" || ((button.procedure ?? one.procedure) === one.procedure && (button.host ?? one.host) === one.host)));
    const found = $(`[data-panel="${one.panel}"] [data-button="${number}"]`);
    if (found) found.classList.toggle("wanted-held", !fits(buttons[number].press));
    return found;
  }
  if (kind === "card") return chosenCard === one.card ? $(`[data-reader="${one.reader}"]`) : $(`[data-card="${one.card}"]`);
  if (kind === "locker") return $(`[data-shut="${one.locker}"]`);
  if (kind === "aiphone") return $(`[data-aiphone="${one.aiphone}"] [data-answer="${named === "call" ? "accept" : named}"]`);
  if (kind === "detector") {
    const how = { alarm: "metal", "too-fast": "fast", exit: "out", passage: "" }[named];
    return $(`[data-detector="${one.detector}"] [data-walk="${how}"]`);
  }
  return null;
}

// The words of the next act, as they stand on what is to be used.
function nameOf(one) {
  const thing = wanted(one);
  if (!thing) return one.event;
  if (thing.dataset.button === undefined) return thing.firstChild.textContent.trim();
  const held = thing.classList.contains("wanted-held");
  return held ? `tahan ${thing.dataset.hold}` : thing.dataset.press;
}

function showWanted() {
  for (const one of all(".wanted")) one.classList.remove("wanted", "wanted-held");
  if (!$("#help").checked || !setup || !lobby) return;
  for (const one of lobby.awaited) wanted(one)?.classList.add("wanted");
}
$("#help").addEventListener("change", () => { showWanted(); showGuests(); });

// ---------------------------------------------------------------- things to use

const cardName = (card) => $(`[data-card="${card}"]`)?.firstChild.textContent.trim() ?? card;

function choose(card) {
  chosenCard = card;
  for (const one of all("[data-card]")) one.setAttribute("aria-pressed", one.dataset.card === chosenCard);
  showWanted();
  showGuests();
}
const hold = (reader, card) => act({ do: "card", reader: reader.dataset.reader, card });

for (const reader of all("[data-reader]")) {
  reader.addEventListener("click", () => {
    if (chosenCard) hold(reader, chosenCard);
    else hint("Pilih kartu dulu · choose a card first");
  });
}

// A card is dragged to a reader: by mouse at once, by finger after it has rested on the card, so
// that the page can still be scrolled.
const readerAt = (x, y) => document.elementsFromPoint(x, y).find((one) => one.dataset?.reader !== undefined);
for (const card of all("[data-card]")) {
  let from = null, flying = null, timer = 0, dragged = false;
  const lift = () => {
    if (!from || flying) return;
    dragged = true;
    flying = card.cloneNode(true);
    flying.classList.add("flying");
    flying.removeAttribute("data-card");
    flying.style.width = `${card.offsetWidth}px`;
    document.body.append(flying);
    card.classList.add("lifted");
    fly(from);
  };
  const fly = ({ x, y }) => {
    flying.style.transform = `translate(${x - flying.offsetWidth / 2}px, ${y - flying.offsetHeight / 2}px)`;
    const under = readerAt(x, y);
    for (const reader of all("[data-reader]")) reader.classList.toggle("target", reader === under);
  };
  const drop = (at) => {
    clearTimeout(timer);
    from = null;
    if (!flying) return;
    flying.remove();
    flying = null;
    card.classList.remove("lifted");
    for (const reader of all("[data-reader]")) reader.classList.remove("target");
    const reader = at && readerAt(at.x, at.y);
    if (reader) hold(reader, card.dataset.card);
  };
  card.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragged = false;
    from = { x: event.clientX, y: event.clientY };
    card.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") timer = setTimeout(lift, LIFT_MS);
  });
  card.addEventListener("pointermove", (event) => {
    if (!from) return;
    const at = { x: event.clientX, y: event.clientY };
    const far = Math.hypot(at.x - from.x, at.y - from.y) > LIFT_PX;
    if (!flying && far && event.pointerType === "touch") clearTimeout(timer);
    if (!flying && far && event.pointerType !== "touch") lift();
    if (flying) fly(at);
  });
  card.addEventListener("touchmove", (event) => { if (flying) event.preventDefault(); }, { passive: false });
  card.addEventListener("pointerup", (event) => drop({ x: event.clientX, y: event.clientY }));
  card.addEventListener("pointercancel", () => drop(null));
  card.addEventListener("contextmenu", (event) => event.preventDefault());
  card.addEventListener("click", () => {
    if (!dragged) choose(chosenCard === card.dataset.card ? null : card.dataset.card);
    dragged = false;
  });
}
for (const group of all("[data-detector]")) {
  for (const walk of all("[data-walk]", group)) {
    const how = walk.dataset.walk;
    walk.addEventListener("click", () => act({
      do: "walk", detector: group.dataset.detector, metal: how === "metal", fast: how === "fast", out: how === "out",
    }));
  }
}
for (const group of all("[data-aiphone]")) {
  for (const one of all("[data-answer]", group)) {
    one.addEventListener("click", () => act({ do: "answer", aiphone: group.dataset.aiphone, which: one.dataset.answer }));
  }
}
for (const one of all("[data-alarm]")) {
  one.addEventListener("click", () => act({
    do: "trouble", fault: { at_s: 0, do: lobby.alarms.includes(one.dataset.alarm) ? "reset" : "alarm", input: one.dataset.alarm },
  }));
}
for (const one of all("[data-jam]")) {
  const number = Number(one.dataset.jam);
  one.addEventListener("click", () => act({
    do: "trouble", fault: { at_s: 0, do: lobby.lockers[number].jammed ? "free-locker" : "jam-locker", locker: number },
  }));
}
$("#chatter")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const contact = new FormData(event.target).get("contact");
  act({ do: "trouble", fault: { at_s: 0, do: "chatter", contact, hz: 8, for_s: 20 } });
});

function showThings() {
  for (const card of all("[data-card]")) {
    const owner = lobby.cards[card.dataset.card];
    card.classList.toggle("out", owner !== undefined);
    card.title = owner === undefined ? "" : `tamu ${owner}`;
  }
  for (const one of all("[data-alarm]")) one.setAttribute("aria-pressed", lobby.alarms.includes(one.dataset.alarm));
  for (const one of all("[data-jam]")) one.setAttribute("aria-pressed", lobby.lockers[one.dataset.jam].jammed);
  for (const one of all("[data-stills]")) {
    const now = String(lobby.stills[one.dataset.stills]);
    if (one.textContent !== now) {
      one.textContent = now;
      $(`[data-camera="${one.dataset.stills}"]`).src = `/camera/${encodeURIComponent(one.dataset.stills)}.jpg?${now}`;
    }
  }
  $("#said").replaceChildren(...lobby.said.map((words) => make("li", words)));
}

// ---------------------------------------------------------------- time, roles, guests

$("#pause").addEventListener("click", () => act({ do: "pause", paused: !clock.paused }));
$("#step").addEventListener("click", () => act({ do: "step", seconds: 1 }));
$("#step-minute").addEventListener("click", () => act({ do: "step", seconds: 60 }));
$("#speed").addEventListener("change", (event) => act({ do: "speed", times: event.target.value ? Number(event.target.value) : null }));
$("#network").addEventListener("click", () => act({ do: "line", state: lobby.network === "up" ? "cut" : "restore" }));
$("#power").addEventListener("click", () => act({ do: "power" }));
document.addEventListener("keydown", (event) => {
  if (event.target !== document.body) return;
  if (event.key === " ") { event.preventDefault(); $("#pause").click(); }
  if (event.key === ".") $("#step").click();
});
const take = (roles) => act({ do: "roles", roles });
for (const role of all("[data-role]")) {
  role.addEventListener("click", () => {
    const now = new Set(lobby.roles);
    if (!now.delete(role.dataset.role)) now.add(role.dataset.role);
    take([...now]);
  });
}
const everybody = () => all("[data-role]").map((role) => role.dataset.role);
$("#all-roles")?.addEventListener("click", () => take(lobby.roles.length < everybody().length ? everybody() : []));
const invite = $("#invite"); // a lesson has none: its guests come by themselves
const offer = () => {
  invite?.branch.replaceChildren(...setup.ways[invite.procedure.value].map((one) => {
    const option = make("option", one.words.join(" · "));
    option.value = one.id;
    return option;
  }));
};
invite?.addEventListener("submit", (event) => {
  event.preventDefault();
  act({ do: "guest", procedure: invite.procedure.value, branch: invite.branch.value, persons: Number(invite.persons.value) });
});
invite?.procedure.addEventListener("change", offer);

function showClock() {
  $("#time").textContent = clock.time;
  $("#pause").setAttribute("aria-pressed", clock.paused);
  const value = clock.speed === null ? "" : String(clock.speed);
  if (document.activeElement !== $("#speed")) $("#speed").value = value;
}

// ---------------------------------------------------------------- the central office

const seconds = (value) => typeof value === "string" ? value : value === null || value === undefined ? "" : value < 90 ? `${Math.round(value)} s` : `${Math.floor(value / 60)}:${String(Math.round(value % 60)).padStart(2, "0")} menit`;

function showRecords() {
  const link = { online: "tersambung", offline: "terputus" }[records.status] ?? "belum tersambung";
  $("#counts").replaceChildren(
    `${records.delivered} dari ${records.written} catatan tiba · celah ${records.gaps} · terlambat ${records.overdue} · ${link} `,
    make("small", `${records.delivered} of ${records.written} records arrived, ${records.gaps} gaps, ${records.overdue} overdue steps, ${records.status}`),
  );
  const latest = records.visits.at(-1)?.number ?? 0;
  if (!records.visits.some((one) => one.number === chosenVisit)) chosenVisit = latest;
  $("#visits").replaceChildren(...records.visits.map((visit) => {
    const one = make("button", `#${visit.number} ${visit.procedure}${visit.outcome ? ` · ${visit.outcome}` : ""}`);
    one.setAttribute("aria-pressed", visit.number === chosenVisit);
    one.addEventListener("click", () => { chosenVisit = visit.number; showRecords(); });
    return one;
  }));
  $("#records tbody").replaceChildren(...[...records.lines].reverse().map((line) => {
    const row = make("tr");
    row.append(make("td", line.time), make("td", line.kind), make("td", line.visit ? `#${line.visit}` : ""), make("td", line.about));
    return row;
  }));
  showLaw();
}

function showLaw() {
  const visit = records.visits.find((one) => one.number === chosenVisit);
  $("#law-title").textContent = visit ? `Kunjungan #${visit.number}: ${visit.procedure}` : "";
  const guest = lobby?.guests.find((one) => one.visit === chosenVisit);
  const rows = visit ? setup?.laws[visit.procedure] ?? [] : [];
  const last = Math.max(0, ...(visit?.steps ?? []).map((step) => step.number));
  $("#law tbody").replaceChildren(...rows.map((law) => {
    const steps = visit.steps.filter((step) => step.number === law.number);
    const took = steps.reduce((sum, step) => sum + step.duration_s, 0);
    const row = make("tr");
    const now = !visit.outcome && guest && !steps.length && law.number > last && law === rows.find((one) => one.number > last);
    row.classList.toggle("done", steps.length > 0);
    row.classList.toggle("now", Boolean(now));
    row.classList.toggle("late", law.standard_s !== null && took > law.standard_s);
    const time = make("td", steps.length ? seconds(took) : "", "number");
    row.append(
      make("td", `${law.number}${law.letter}`, "number"), make("td", law.actor), make("td", law.activity),
      make("td", seconds(law.standard_s), "number"), time,
      make("td", steps.map((step) => [step.outcome === "completed" ? "" : `${step.outcome} ${step.reason ?? ""}`, ...step.evidence].filter(Boolean).join(", ")).join("; ")),
    );
    return row;
  }));
}

// ---------------------------------------------------------------- the stream

function showState() {
  const words = lobby.awake ? "" : "gardu mati, dimulai lagi · daemon down, starting";
  $("#state").textContent = [words, lobby.network === "up" ? "" : "jaringan putus · network cut"].filter(Boolean).join(" · ");
  $("#network").setAttribute("aria-pressed", lobby.network !== "up");
  for (const role of all("[data-role]")) role.setAttribute("aria-pressed", lobby.roles.includes(role.dataset.role));
  const all_ = $("#all-roles");
  if (all_) all_.firstChild.textContent = lobby.roles.length < everybody().length ? "Semua " : "Kosongkan ";
}

let lessonNumber = 0;
function showLesson(lesson) {
  if (!lesson) return;
  $("#lesson-title").textContent = lesson.title.id;
  $("#lesson-place").textContent = lesson.over ? "Selesai · finished" : `Tamu ${lesson.number} dari ${lesson.of} · guest ${lesson.number} of ${lesson.of}`;
  $("#teaches").textContent = lesson.over ? "Giliran selesai. Terima kasih." : lesson.teaches.id;
  $("#teaches-en").textContent = lesson.over ? "The shift is over. Thank you." : lesson.teaches.en;
  for (const one of all("[data-score]")) one.textContent = lesson.score[one.dataset.score];
  const polite = $("[data-score=told_politely]");
  polite.textContent = `${lesson.score.told_politely} / ${lesson.score.turned_away}`;
  if (lesson.number !== lessonNumber) {
    lessonNumber = lesson.number;
    $("#help").checked = !lesson.alone;
    showWanted();
  }
}

setup = await fetch("/setup").then((one) => one.json());
offer();
const stream = new EventSource("/events");
stream.addEventListener("clock", (event) => { clock = JSON.parse(event.data); showClock(); });
stream.addEventListener("lobby", (event) => {
  lobby = JSON.parse(event.data);
  showState(); showPanels(); showFloor(); showGuests(); showThings(); showWanted();
  if (records) showLaw();
});
stream.addEventListener("lesson", (event) => showLesson(JSON.parse(event.data)));
stream.addEventListener("records", (event) => { records = JSON.parse(event.data); showRecords(); });
stream.addEventListener("error", () => hint("Simulasi berakhir atau terputus · the simulation has ended or is cut off"));
stream.addEventListener("open", () => hint(""));
