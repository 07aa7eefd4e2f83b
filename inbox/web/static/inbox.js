// What makes the inbox quicker. Every page works without it.
"use strict";

const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

// Keys move the focus or follow a link; they never press a button.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const dialog = document.getElementById("keys");
  if (dialog?.open) return;
  if (event.key === "j" || event.key === "k") return moveInList(event.key === "j" ? 1 : -1, event);
  if (event.key === "q") return void location.assign("/");
  if (event.key === "?" && dialog) { event.preventDefault(); dialog.showModal(); return; }
  const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
  if (!target) return;
  event.preventDefault();
  if (target.tagName === "A") target.click();
  else { target.scrollIntoView({ block: "center" }); target.focus(); }
});

function moveInList(step, event) {
  const items = [...document.querySelectorAll("[data-item]")].filter((item) => item.offsetParent !== null);
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

// Words are checked while they are typed.
const edit = document.querySelector("form[data-checks]");
if (edit) {
  const shown = document.getElementById("checks");
  let timer = 0, latest = 0;
  const check = async () => {
    const mine = ++latest, body = new URLSearchParams(new FormData(edit));
    body.set("review", edit.dataset.review);
    const answer = await fetch(edit.dataset.checks, { method: "POST", body }).catch(() => null);
    if (mine !== latest || !answer?.ok) return;
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    shown.replaceChildren(...parsed.body.childNodes);
  };
  edit.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 350); });
  let saving = false;
  edit.addEventListener("submit", () => { saving = true; });
  const began = new URLSearchParams(new FormData(edit)).toString();
  addEventListener("beforeunload", (event) => {
    if (!saving && new URLSearchParams(new FormData(edit)).toString() !== began) event.preventDefault();
  });
}

// A menu closes when it is left.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.drop[open]")) { open.open = false; open.querySelector("summary").focus(); }
});

// A form is sent once.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) event.preventDefault();
  else if (event.target.method === "post") event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });
