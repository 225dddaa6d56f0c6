// A page that the server has forgotten, since it or the network was away, is loaded again. What was written
// or drawn in it is there again, unless it was sent: then the page says what became of it.
(() => {
  "use strict";
  const KEPT = "decai.written";
  const PATIENCE = 20_000;
  const SAID = "The connection was lost, so the page was loaded again. " +
    "Unless it is shown here or in My account, nothing was sent.";
  let lost = false, leaving = false;

  const content = () => document.getElementById("dc-content");
  const fields = () => [...(content()?.querySelectorAll(".dc-field textarea, .dc-field input, .dc-field select") ?? [])];
  const label = (field) => field.closest(".dc-field").querySelector(".dc-field-label")?.textContent ?? "";
  const first = (field) =>
    field.tagName === "SELECT"
      ? ([...field.options].find((each) => each.defaultSelected) ?? field.options[0])?.value
      : field.defaultValue;
  const canvas = () => content()?.querySelector(".dc-pad[data-ready]");
  const pressed = () => content()?.querySelector('.dc-class[aria-pressed="true"]');

  addEventListener("beforeunload", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("pagehide", () => {
    if (!lost) return;
    const written = fields().filter((each) => each.value !== first(each)).map((each) => [label(each), each.value]);
    const drawing = canvas()?.dataset.drawn && canvas().toDataURL("image/png");
    try {
      const all = { path: location.pathname, written, drawing, chosen: pressed()?.textContent };
      sessionStorage.setItem(KEPT, JSON.stringify(all));
    } catch {
      // There is no room, or none is given: then it is lost indeed.
    }
  });
  (function listen() {
    if (!window.socket) return void setTimeout(listen, 100);
    // Whoever leaves the page has lost nothing.
    window.socket.on("disconnect", () => { lost ||= !leaving; });
    // The server has kept it if nothing happens.
    window.socket.on("connect", () => setTimeout(() => { lost &&= !window.socket.connected; }, 3_000));
  })();

  function write(field, value) {
    field.value = value;
    for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
  }

  function draw(pad, drawing) {
    const picture = new Image();
    picture.onload = () => {
      pad.getContext("2d").drawImage(picture, 0, 0);
      pad.dispatchEvent(new CustomEvent("drawn", { detail: pad.toDataURL("image/png") }));
    };
    picture.src = drawing;
  }

  function restore({ written, drawing, chosen }) {
    const until = Date.now() + PATIENCE;
    let told = false;
    const timer = setInterval(() => {
      if (Date.now() > until) return clearInterval(timer);
      if (!window.Quasar || !content()?.querySelector("h1") || content().querySelector(".dc-waiting")) return;
      if (content().querySelector(".dc-steps")) return clearInterval(timer);
      if (!told) Quasar.Notify.create({ message: SAID, position: "bottom", timeout: 12_000, closeBtn: "Close", multiLine: true });
      told = true;
      // One after the other: a choice may bring fields with it.
      const at = written.findIndex(([name]) => fields().some((each) => label(each) === name));
      if (at >= 0) {
        const [[name, value]] = written.splice(at, 1);
        const field = fields().find((each) => label(each) === name);
        if (field.value === first(field)) write(field, value);
        return;
      }
      if (drawing && canvas()) {
        if (!canvas().dataset.drawn) draw(canvas(), drawing);
        drawing = null;
        return;
      }
      const choice = [...content().querySelectorAll(".dc-class")].find((each) => each.textContent === chosen);
      if (choice && !pressed()) choice.click();
      if (!written.length && !drawing && (!chosen || choice)) clearInterval(timer);
    }, 250);
  }

  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(KEPT));
    sessionStorage.removeItem(KEPT);
  } catch {
    // Nothing is kept.
  }
  if (kept?.path === location.pathname) restore(kept);
})();
