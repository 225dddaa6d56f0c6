// What every page does by itself: copying, counting down, remembering where one is.
(() => {
  "use strict";
  let offset = 0; // the chain's clock less this machine's, in seconds

  function distance(seconds) {
    const parts = [];
    for (const [name, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
      const count = Math.floor(seconds / size);
      seconds -= count * size;
      if (count) parts.push(`${count} ${name}`);
    }
    return parts.slice(0, 2).join(" ") || "0 s";
  }

  function tick() {
    const now = Math.floor(Date.now() / 1000 + offset);
    for (const element of document.querySelectorAll("[data-due]")) {
      const left = Number(element.dataset.due) - now;
      element.textContent = left > 0 ? `in ${distance(left)}` : "now";
    }
    for (const element of document.querySelectorAll("[data-clock]")) {
      const shown = new Date(now * 1000);
      element.textContent = shown.toLocaleString("en-GB", {
        day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC",
      }) + " UTC";
    }
  }
  setInterval(tick, 1000);

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Pages that did not come over a secure connection have no clipboard.
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.classList.add("dc-copied");
    const label = button.getAttribute("aria-label");
    button.setAttribute("aria-label", "Copied");
    setTimeout(() => {
      button.classList.remove("dc-copied");
      button.setAttribute("aria-label", label);
    }, 1500);
  }

  function theme(wanted) {
    if (wanted) localStorage.setItem("decai.theme", wanted);
    const kept = localStorage.getItem("decai.theme") ?? "auto";
    window.Quasar?.Dark?.set(kept === "auto" ? "auto" : kept === "dark");
    return kept;
  }

  // What had the focus when it was shown anew has it again: lists change while people go through them by keys.
  const kind = (element) => [element.tagName, element.getAttribute("href"), element.getAttribute("aria-label"), element.textContent].join("\n");
  const row = (element) => element.closest("tr, li")?.textContent;
  const alike = (of) => [...document.getElementsByTagName(of.element.tagName)].filter((it) => kind(it) === of.kind);
  let held = null;

  document.addEventListener("focusin", ({ target }) => {
    held = null;
    if (!target.matches("a, button, summary")) return;
    held = { element: target, kind: kind(target), row: row(target) };
    held.place = alike(held).indexOf(target);
  });
  document.addEventListener("focusout", ({ target }) => setTimeout(() => {
    // Whoever has left it does not get it back.
    if (held?.element === target && target.isConnected) held = null;
  }));
  new MutationObserver(() => {
    if (!held || held.element.isConnected || ![null, document.body].includes(document.activeElement)) return;
    const found = alike(held);
    (found.find((it) => row(it) === held.row) ?? found[held.place])?.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });

  // A pad to draw on -------------------------------------------------------------------------------

  const later = (id, use) => requestAnimationFrame(() => {
    const element = document.getElementById(`c${id}`);
    if (element) use(element);
    else setTimeout(() => later(id, use), 50);
  });

  function blank(canvas) {
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    delete canvas.dataset.drawn;
    Object.assign(context, { lineWidth: canvas.width / 13, lineCap: "round", lineJoin: "round", strokeStyle: "#111" });
    return context;
  }

  function pad(canvas) {
    const context = blank(canvas);
    let drawing = false;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      const scale = canvas.width / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    canvas.addEventListener("pointerdown", (event) => {
      drawing = true;
      canvas.setPointerCapture(event.pointerId);
      context.beginPath();
      context.moveTo(...at(event));
      context.lineTo(...at(event));
      context.stroke();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drawing) return;
      context.lineTo(...at(event));
      context.stroke();
    });
    const end = () => {
      if (!drawing) return;
      drawing = false;
      canvas.dispatchEvent(new CustomEvent("drawn", { detail: canvas.toDataURL("image/png") }));
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("drawn", () => { canvas.dataset.drawn = "yes"; });
    keys(canvas, context);
    canvas.dataset.ready = "yes";
  }

  // Arrows move a pen, Space puts it down and lifts it.
  function keys(canvas, context) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [pen, said] = canvas.parentElement.querySelectorAll(".dc-pen, .dc-pen-said");
    const step = canvas.width / 16;
    let x = canvas.width / 2, y = canvas.width / 4, down = false;
    const show = () => {
      Object.assign(pen.style, { left: `${(100 * x) / canvas.width}%`, top: `${(100 * y) / canvas.height}%` });
      pen.classList.toggle("dc-pen-down", down);
    };
    const set = (wanted) => {
      if (down === wanted) return;
      down = wanted;
      said.textContent = down ? "The pen is down." : "The pen is up.";
      if (!down) canvas.dispatchEvent(new CustomEvent("drawn", { detail: canvas.toDataURL("image/png") }));
    };
    const draw = (to) => {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(...to);
      context.stroke();
    };
    canvas.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      if (event.key === " ") {
        set(!down);
        if (down) draw([x, y]);
      } else if (move) {
        const to = [x, y].map((at, axis) => Math.min(canvas.width - step, Math.max(step, at + move[axis] * step)));
        if (down) draw(to);
        [x, y] = to;
      } else return;
      event.preventDefault();
      show();
    });
    // Whoever goes on to the button has drawn.
    canvas.addEventListener("blur", () => { set(false); show(); });
    show();
  }

  function drop(zone, uploader) {
    for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
      zone.addEventListener(name, (event) => {
        event.preventDefault();
        zone.classList.toggle("dc-over", name === "dragenter" || name === "dragover");
        if (name === "drop") window.getElement(uploader).$refs.qRef.addFiles(event.dataTransfer.files);
      });
    }
  }

  window.decaiPage = {
    pad: (id) => later(id, pad),
    wipe: (id) => later(id, blank),
    drop: (id, uploader) => later(id, (zone) => drop(zone, uploader)),
    copy,
    theme,
    turnTheme: () => theme(document.body.classList.contains("body--dark") ? "light" : "dark"),
    clock(seconds) {
      offset = seconds - Date.now() / 1000;
      tick();
    },
    path: (path) => history.replaceState(history.state, "", path),
  };
})();
