/* AdvisoryHub's own script: everything here makes easier what the pages already do without it. */

const root = document.documentElement;
const body = document.body;
const words = body.dataset;
root.dataset.js = "";

const all = (selector, within = document) => [
  ...(within.matches?.(selector) ? [within] : []), ...within.querySelectorAll(selector),
];
const on = (type, handler, options) => document.addEventListener(type, handler, options);
const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

const store = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false; // storage is full or forbidden: the page works on without drafts
    }
  },
  drop(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing was kept, then
    }
  },
};

const say = (text) => {
  const toast = document.querySelector("[data-toast]");
  toast.textContent = text;
  toast.dataset.shown = "";
  clearTimeout(say.timer);
  say.timer = setTimeout(() => delete toast.dataset.shown, 2400);
};

const relative = (moment, now = Date.now()) => {
  const seconds = (moment - now) / 1000;
  const steps = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [2592000, "day", 86400],
    [31557600, "month", 2629800], [Infinity, "year", 31557600]];
  const [, unit, size] = steps.find(([limit]) => Math.abs(seconds) < limit);
  if (unit === "second") return words.textAgoNow;
  return new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" }).format(Math.round(seconds / size), unit);
};

const tellTimes = (within = document) => {
  for (const time of all("time[datetime]", within)) {
    time.textContent = relative(Date.parse(time.dateTime));
    time.dataset.relative = "";
  }
};

/* Theme: the choice is kept in a cookie, so that the server's next page is right from its first paint. */
const themeNow = () => {
  if (root.dataset.theme !== "auto") return root.dataset.theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
};

const chooseTheme = (theme) => {
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `hub_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
};

const copy = async (button) => {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(words.textCopied);
  } catch {
    say(words.textFailed);
  }
};

const openDialog = (id) => {
  const dialog = document.getElementById(id);
  if (!dialog?.showModal) return false;
  // The focus goes back to where it was: not into a menu that has closed meanwhile.
  const menu = document.activeElement?.closest("details.menu");
  if (menu) {
    menu.querySelector("summary").focus();
    menu.open = false;
  }
  dialog.showModal();
  dialog.querySelector("input:not([type=hidden]), textarea, select, button")?.focus();
  return true;
};

/* Typing the id: the button waits for it, the server checks it. */
const checkConfirmation = (form) => {
  const typed = form.elements.confirm?.value.trim();
  form.querySelector("[data-submit]").disabled = typed !== form.dataset.confirm;
};

/* Unsaved text: a warning before leaving, and a copy in this browser until it is saved. */
const DRAFT = "hub-draft:";
const PENDING = "hub-pending";
const NOT_TEXT = new Set(["csrf_token", "act"]);
let leaving = false;

const entries = (form) => [...new FormData(form)].filter(([name]) => !NOT_TEXT.has(name));
const snapshot = (form) => JSON.stringify(entries(form));
const opened = new WeakMap();

const isDirty = (form) => form.dataset.dirty === "true" || opened.get(form) !== snapshot(form);

const keepDraft = (form) => {
  if (!form.dataset.draftKey || !isDirty(form)) return;
  const kept = store.set(DRAFT + form.dataset.draftKey, {
    version: form.dataset.version, at: Date.now(), entries: entries(form),
  });
  const state = form.querySelector("[data-draft-state]");
  if (kept && state) state.textContent = state.dataset.text;
};

const guard = (form) => {
  opened.set(form, snapshot(form));
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    // A form that was swapped out meanwhile would put its older text over the newer one's.
    timer = setTimeout(() => form.isConnected && keepDraft(form), 400);
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    keepDraft(form);
    leaving = true;
    if (form.dataset.draftKey) sessionStorage.setItem(PENDING, form.dataset.draftKey);
  });
};

/* Only what a successful save leads to clears the draft; after any other page it is still there. */
const clearSavedDraft = (within = document) => {
  const pending = sessionStorage.getItem(PENDING);
  sessionStorage.removeItem(PENDING);
  const clears = all("[data-clears-draft]", within).flatMap((each) => each.dataset.clearsDraft.split(" "));
  if (pending && clears.includes(pending)) store.drop(DRAFT + pending);
};

const offerDraft = () => {
  const form = document.querySelector("form[data-draft-key]");
  const offer = document.querySelector("[data-draft-offer]");
  if (!form || !offer || form.dataset.dirty === "true") return;
  const key = DRAFT + form.dataset.draftKey;
  const draft = store.get(key);
  if (!draft) return;
  if (JSON.stringify(draft.entries) === snapshot(form)) {
    store.drop(key);
    return;
  }
  offer.querySelector("[data-draft-time]").textContent = relative(draft.at);
  offer.hidden = false;
  offer.querySelector("[data-draft-discard]").addEventListener("click", () => {
    store.drop(key);
    offer.hidden = true;
  });
  offer.querySelector("[data-draft-restore]").addEventListener("click", () => {
    offer.hidden = true;
    restore(form, draft);
  });
};

/* A form without rows is filled in place; an edit goes on from the version it was begun on. */
const restoreHere = (form, draft) => {
  for (const [name, value] of draft.entries) {
    const input = form.elements[name];
    if (!input || name === "place") continue;
    if (input.type === "checkbox") input.checked = true;
    else input.value = value;
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("textarea").focus();
};

/* The server draws the rows of the kept text; its `base_version` travels along, so that a save on an
   older version meets the same conflict page as any other. */
const restore = (form, draft) => {
  if (form.dataset.composer !== undefined) {
    restoreHere(form, draft);
    return;
  }
  const values = { csrf_token: form.elements.csrf_token.value, act: "restore" };
  for (const [name, value] of draft.entries) values[name] = value;
  window.htmx.ajax("POST", form.action, {
    source: form, target: "#advisory-form", select: "#advisory-form", swap: "outerHTML", values,
  });
};

/* CVSS: selects beside the vector compose it; the score is the server's to say. */
const parseVector = (text, prefix) => {
  const sameMajor = text.startsWith(prefix.slice(0, prefix.indexOf(".") + 1));
  return new Map(sameMajor ? text.split("/").slice(1).map((part) => part.split(":")) : []);
};

const buildPickers = (row) => {
  const type = row.querySelector("select[name$='.type']");
  const score = row.querySelector("input[name$='.score']");
  const details = row.querySelector("[data-cvss]");
  const holder = row.querySelector("[data-cvss-pickers]");
  const template = document.getElementById(`pickers-${type.value}`);
  details.hidden = template === null;
  holder.replaceChildren(...(template ? [template.content.cloneNode(true)] : []));
  if (!template) return;
  const read = () => {
    const metrics = parseVector(score.value, template.dataset.prefix);
    for (const select of all("select", holder)) select.value = metrics.get(select.dataset.metric) ?? "";
  };
  holder.onchange = (event) => {
    event.stopPropagation();
    const metrics = parseVector(score.value, template.dataset.prefix);
    const known = all("select", holder);
    for (const select of known) {
      if (select.value) metrics.set(select.dataset.metric, select.value);
      else metrics.delete(select.dataset.metric);
    }
    const order = known.map((select) => select.dataset.metric);
    const named = order.filter((name) => metrics.has(name));
    const others = [...metrics.keys()].filter((name) => name && !order.includes(name));
    score.value = [template.dataset.prefix, ...[...named, ...others].map((name) => `${name}:${metrics.get(name)}`)].join("/");
    score.dispatchEvent(new Event("input", { bubbles: true }));
    const complete = known.every((select) => select.value || select.dataset.optional !== undefined);
    if (complete) score.dispatchEvent(new Event("change", { bubbles: true }));
  };
  score.oninput = read;
  read();
};

/* purl: only for ecosystems whose package name alone makes one, and never over what somebody typed. */
const PURL_TYPES = {
  "crates.io": "cargo", Go: "golang", Hex: "hex", Maven: "maven", npm: "npm", NuGet: "nuget",
  Packagist: "composer", Pub: "pub", PyPI: "pypi", RubyGems: "gem", CRAN: "cran", Hackage: "hackage",
};

const purlOf = (ecosystem, name) => {
  const type = PURL_TYPES[ecosystem.split(":")[0]];
  if (!type || !name) return "";
  let path = type === "maven" ? name.replace(":", "/") : name;
  if (type === "pypi") path = path.toLowerCase().replaceAll("_", "-");
  if (type === "composer" || type === "golang" || type === "hex") path = path.toLowerCase();
  return `pkg:${type}/${path.split("/").map((part) => encodeURIComponent(part)).join("/")}`;
};

const fillPurl = (row) => {
  const [ecosystem, name, purl] = ["ecosystem", "name", "purl"].map((key) => row.querySelector(`[name$='.package.${key}']`));
  let filled = purlOf(ecosystem.value, name.value);
  const update = () => {
    if (purl.value !== "" && purl.value !== filled) return;
    filled = purlOf(ecosystem.value, name.value);
    purl.value = filled;
  };
  ecosystem.addEventListener("change", update);
  name.addEventListener("change", update);
};

/* Rows of a list: j and k walk, Enter is the link's own. */
const step = (by) => {
  const links = all("[data-rows] [data-row-link]");
  if (links.length === 0) return;
  const at = links.findIndex((link) => link.closest("tr") === document.activeElement?.closest("tr"));
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next].focus();
};

const shortcuts = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => openDialog("keys"),
  j: () => step(1),
  k: () => step(-1),
  e: () => document.querySelector("[data-shortcut='e']")?.click(),
};

const enhance = (within) => {
  tellTimes(within);
  all("form[data-confirm]", within).forEach(checkConfirmation);
  all("form[data-guard]", within).forEach(guard);
  all("[data-severity]", within).forEach(buildPickers);
  all("[data-package]", within).forEach(fillPurl);
};

on("click", (event) => {
  const target = event.target.closest("[data-copy], [data-open], [data-close], [data-drops-draft], [data-theme-switch]");
  if (!target) {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (event.target.matches("dialog")) event.target.close();
    return;
  }
  if (target.dataset.copy !== undefined) copy(target);
  else if (target.dataset.open !== undefined) openDialog(target.dataset.open) && event.preventDefault();
  else if (target.dataset.close !== undefined) target.closest("dialog")?.close();
  else if (target.dataset.dropsDraft !== undefined) store.drop(DRAFT + target.dataset.dropsDraft);
  else chooseTheme(themeNow() === "dark" ? "light" : "dark");
});

on("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !document.querySelector("dialog[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = shortcuts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

on("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.confirm !== undefined && event.target.name === "confirm") checkConfirmation(form);
});

on("change", (event) => {
  const row = event.target.name?.endsWith(".type") && event.target.closest("[data-severity]");
  if (row) buildPickers(row);
});

window.addEventListener("beforeunload", (event) => {
  const unsaved = all("form[data-guard]").filter((form) => opened.has(form) && isDirty(form));
  if (leaving || !unsaved.length) return;
  // The last words may be younger than the pause after which a copy is kept.
  unsaved.forEach(keepDraft);
  event.preventDefault();
});

window.addEventListener("pageshow", () => {
  leaving = false;
});

on("htmx:afterRequest", (event) => {
  leaving = false;
  // What was not accepted is not on the next page that happens to be opened either.
  if (!event.detail.successful) sessionStorage.removeItem(PENDING);
});

on("htmx:afterSwap", (event) => {
  clearSavedDraft(event.detail.elt);
  const form = event.detail.target.id === "advisory-form" ? document.getElementById("advisory-form") : null;
  enhance(form ?? event.detail.elt);
  if (form) {
    form.dataset.dirty = "true";
    keepDraft(form);
    form.querySelector("[data-error-summary]")?.focus();
  }
});

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) on(failure, () => say(words.textFailed));

enhance(document);
clearSavedDraft();
offerDraft();
if (!document.querySelector("[autofocus]")) document.querySelector("[data-error-summary]")?.focus();
setInterval(() => document.hidden || tellTimes(), 60000);
