/* Makes writing a comment easier: write and preview in one place, and people offered after an at sign. */

const WAIT = 120;
const BEFORE = /(?:^|[^\p{L}\p{N}_@.+/-])@([\p{L}\p{N}][\p{L}\p{N}_-]*(?:#g?\d*)?)?$/u;

const show = (form, preview) => {
  form.toggleAttribute("data-previewing", preview);
  form.querySelector("[data-preview-text]").hidden = !preview;
  form.querySelector("[data-write]").setAttribute("aria-pressed", String(!preview));
  form.querySelector("[data-preview]").setAttribute("aria-pressed", String(preview));
};

class Mentions {
  constructor(area) {
    this.area = area;
    this.list = document.getElementById(area.getAttribute("aria-controls"));
    this.picked = -1;
    area.addEventListener("input", () => this.look());
    area.addEventListener("keydown", (event) => this.key(event));
    area.addEventListener("blur", () => this.close());
    // Before the focus moves away from the text.
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(option);
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  typed() {
    return this.area.value.slice(0, this.area.selectionStart).match(BEFORE);
  }

  look() {
    clearTimeout(this.timer);
    this.request?.abort();
    const typed = this.typed();
    if (typed === null) {
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.ask(typed[1] ?? ""), WAIT);
  }

  async ask(q) {
    const url = new URL(this.area.dataset.mentions, location.href);
    url.searchParams.set("q", q);
    if (this.area.form.elements.internal?.checked) url.searchParams.set("internal", "1");
    this.request = new AbortController();
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html", "HX-Request": "true" }, signal: this.request.signal });
      if (answer.status !== 200 || answer.redirected) return;
      this.list.innerHTML = await answer.text(); // escaped by the template that made it
    } catch {
      return; // names can be typed without this list
    }
    if (this.options.length === 0 || this.typed() === null) this.close();
    else {
      this.list.hidden = false;
      this.pick(0);
    }
  }

  pick(index) {
    const options = this.options;
    this.picked = (index + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.picked)));
    this.area.setAttribute("aria-activedescendant", options[this.picked].id);
    options[this.picked].scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (this.list.hidden || event.isComposing) return;
    const acts = {
      ArrowDown: () => this.pick(this.picked + 1),
      ArrowUp: () => this.pick(this.picked - 1),
      Enter: () => this.take(this.options[this.picked]),
      Tab: () => this.take(this.options[this.picked]),
      Escape: () => this.close(),
    };
    if (!acts[event.key] || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  take(option) {
    const typed = this.typed();
    if (typed === null || !option) return;
    const end = this.area.selectionStart;
    this.area.setRangeText(`@${option.dataset.handle} `, end - (typed[1] ?? "").length - 1, end, "end");
    this.area.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.list.hidden = true;
    this.picked = -1;
    this.area.removeAttribute("aria-activedescendant");
  }
}

const enhance = (within) => {
  for (const area of within.querySelectorAll("textarea[data-mentions]")) {
    if (area.dataset.ready !== undefined) continue;
    area.dataset.ready = "";
    new Mentions(area);
  }
};

document.addEventListener("click", (event) => {
  const write = event.target.closest("[data-write]");
  if (!write) return;
  const form = write.closest("form");
  show(form, false);
  form.querySelector("textarea").focus();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (target.dataset.previewText !== undefined) show(target.closest("form"), true);
  enhance(document);
});

enhance(document);
