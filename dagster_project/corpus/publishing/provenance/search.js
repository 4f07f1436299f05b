"use strict";
// Searches the index that stands in this page. Nothing is sent, and everything found is shown as text.
(() => {
  const index = JSON.parse(document.getElementById("index").textContent);
  const ENTRY = 20, KEYED = 12, SHOWN = 50, LONGEST = 50000000;
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const tables = { entries: bytes(index.entries), urls: bytes(index.urls), texts: bytes(index.texts) };
  const view = (name) => new DataView(tables[name].buffer);
  const status = document.getElementById("found-status"), found = document.getElementById("found");

  function entry(place) {
    const at = place * ENTRY, id = tables.entries.subarray(at, at + 16);
    const numbers = view("entries");
    return {
      place,
      doc: Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      source: index.sources[numbers.getUint16(at + 16, true)],
      license: index.licenses[numbers.getUint16(at + 18, true)],
    };
  }

  function places(name, key) {
    const numbers = view(name), count = tables[name].length / KEYED, result = [];
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers.getBigUint64(middle * KEYED) < key) low = middle + 1; else high = middle;
    }
    for (; low < count && numbers.getBigUint64(low * KEYED) === key; low += 1) {
      result.push(numbers.getUint32(low * KEYED + 8, true));
    }
    return result;
  }

  async function key(text) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return new DataView(digest).getBigUint64(0);
  }

  // The one spelling in which addresses are kept: as the URL Standard has it, less fragment, credentials and parameters
  // that say how a visitor came.
  function canonical(text) {
    let url;
    try { url = new URL(text.trim()); } catch { return text; }
    if (!["http:", "https:", "ftp:"].includes(url.protocol)) return text;
    url.hash = ""; url.username = ""; url.password = "";
    let href = url.href;
    if (href.includes("?")) {
      const [page, query] = [href.slice(0, href.indexOf("?")), href.slice(href.indexOf("?") + 1)];
      const pairs = query.split("&");
      const kept = pairs.filter((pair) => !isNoise(pair.split("=")[0].toLowerCase()));
      href = kept.length < pairs.length ? (kept.join("&") ? page + "?" + kept.join("&") : page) : href;
    }
    if (href.includes(";")) {
      const mark = href.indexOf("?") < 0 ? href.length : href.indexOf("?");
      const path = href.indexOf("/", href.indexOf("//") + 2);
      const page = href.slice(0, path) + href.slice(path, mark).replace(/;jsessionid=[^/;?]*/gi, "");
      if (page + href.slice(mark) !== href) return canonical(page + href.slice(mark));
    }
    return href.indexOf("?") === href.length - 1 ? href.slice(0, -1) : href;
  }

  const isNoise = (name) => index.noise.names.includes(name) || index.noise.families.some((item) => name.startsWith(item));

  async function byText(text) {
    if (text.length > LONGEST) throw new Error("longer than a page can hash");
    for (const said of new Set([text, text.replace(/\n$/, "")])) {
      const result = places("texts", await key(said));
      if (result.length) return result;
    }
    return [];
  }

  function byName(text) {
    const wanted = text.trim().toLowerCase(), result = [];
    const is = (names) => names.map((name) => wanted !== "" && name.toLowerCase().includes(wanted));
    const [sources, licenses] = [is(index.sources), is(index.licenses)], numbers = view("entries");
    for (let place = 0; place < tables.entries.length / ENTRY; place += 1) {
      const at = place * ENTRY;
      if (sources[numbers.getUint16(at + 16, true)] || licenses[numbers.getUint16(at + 18, true)]) result.push(place);
    }
    return result;
  }

  function shard(place) {
    let number = 0;
    for (; place >= index.shards[number]; number += 1) place -= index.shards[number];
    return { number, row: place };
  }

  function cell(tag, text, row, attributes = {}) {
    const made = row.appendChild(document.createElement(tag));
    made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  function show(result) {
    const rows = result.slice(0, SHOWN).map(entry);
    const more = result.length > SHOWN ? ", the first " + SHOWN + " of them below" : "";
    const count = result.length.toLocaleString("en") + (result.length === 1 ? " entry" : " entries");
    status.textContent = result.length ? count + " of the mix" + more + "." : "Nothing in this mix: " +
      "no entry has it. What was left out is found by `florilegium trace`.";
    found.replaceChildren();
    if (!rows.length) return;
    const table = found.appendChild(document.createElement("table"));
    table.className = "wide";
    cell("caption", "Entries found; shards and rows count from 0", table);
    const head = table.appendChild(document.createElement("thead")).appendChild(document.createElement("tr"));
    for (const title of ["document", "source", "license", index.published ? "shard, row" : "row of the mix"]) {
      cell("th", title, head, { scope: "col" });
    }
    const body = table.appendChild(document.createElement("tbody"));
    for (const row of rows) {
      const line = body.appendChild(document.createElement("tr")), at = shard(row.place);
      cell("code", row.doc, cell("th", "", line, { scope: "row" }), { class: "id" });
      cell("td", row.source, line, { "data-label": "source" });
      cell("td", row.license, line, { "data-label": "license" });
      cell("td", index.published ? at.number + ", " + at.row : String(row.place), line, { "data-label": "shard, row" });
    }
    cell("p", "More of the first: florilegium trace " + index.mix + " --doc " + rows[0].doc, found);
  }

  const searches = {
    url: async (text) => {
      const result = [];
      for (const said of new Set([canonical(text), text.trim()])) result.push(...places("urls", await key(said)));
      return result;
    },
    text: byText,
    name: async (text) => byName(text),
  };
  for (const form of document.querySelectorAll("form[data-search]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        if (!crypto.subtle) throw new Error("it hashes on https, on this machine, and in files alone");
        show(await searches[form.dataset.search](form.elements.q.value));
      } catch (error) {
        found.replaceChildren();
        status.textContent = "This browser cannot search here: " + error.message;
      }
    });
  }
})();
