// The courier's page without a network. What he does is written down on the phone first, under a name of its own and with
// the phone's time, and is sent when the market can be reached: sent twice, it counts once. What the page showed last is
// kept too, so that it can be shown again when nothing can be loaded.
//
// Written for old phones: nothing newer than Chrome 60 and Safari 12 is used where there is no other way.
(function () {
  "use strict";
  var work = document.getElementById("work");
  if (!work || !window.indexedDB || !window.fetch || !window.Promise || !window.DOMParser) return;
  var byId = function (id) { return document.getElementById(id); };
  var each = function (list, f) { Array.prototype.forEach.call(list, f); };

  // What is kept on the phone: the steps that wait, and what was shown last.
  var base = new Promise(function (yes, no) {
    var r = indexedDB.open("haat-courier", 1);
    r.onupgradeneeded = function () { r.result.createObjectStore("queue", { keyPath: "event" }); r.result.createObjectStore("kept"); };
    r.onsuccess = function () { yes(r.result); };
    r.onerror = function () { no(r.error); };
  });
  function store(name, mode, f) {
    return base.then(function (db) {
      return new Promise(function (yes, no) {
        var t = db.transaction(name, mode), r = f(t.objectStore(name));
        t.oncomplete = function () { yes(r && r.result); };
        t.onerror = t.onabort = function () { no(t.error); };
      });
    });
  }
  function waiting() {
    return store("queue", "readonly", function (s) { return s.getAll(); }).then(function (all) {
      return all.sort(function (a, b) { return a.at - b.at; });
    });
  }
  function keep(name, value) { return store("kept", "readwrite", function (s) { return s.put(value, name); }); }
  function kept(name) { return store("kept", "readonly", function (s) { return s.get(name); }); }
  function drop(events) { return store("queue", "readwrite", function (s) { events.forEach(function (e) { s.delete(e); }); }); }
  function write(items) { return store("queue", "readwrite", function (s) { items.forEach(function (i) { s.put(i); }); }); }

  // Steps in the order in which they happened, also when the phone's clock is set back.
  var last = 0;
  function now() { last = Math.max(Date.now(), last + 1); return last; }
  function name() {
    return Array.prototype.map.call(crypto.getRandomValues(new Uint8Array(16)), function (b) { return ("0" + b.toString(16)).slice(-2); }).join("");
  }

  var leads = { pickup: "picked_up", depart: "in_transit", deliver: "delivered", fail: "failed", "retry": "in_transit", "return": "returned" };
  function jobOf(id) { return byId(id); }
  function who() { return work.getAttribute("data-who") || ""; }

  var told = "";

  // show brings the page to where the steps that wait lead.
  function show() {
    return waiting().then(function (all) {
      var mine = all.filter(function (i) { return i.who === who(); });
      var open = mine.filter(function (i) { return !i.refused; });
      each(work.querySelectorAll(".job"), function (job) {
        var state = job.getAttribute("data-state"), some = false;
        open.forEach(function (i) {
          if (i.delivery !== job.id) return;
          some = true;
          if (leads[i.kind]) state = i.leads || leads[i.kind];
        });
        each(job.querySelectorAll("[data-when]"), function (e) { e.hidden = e.getAttribute("data-when").split(" ").indexOf(state) < 0; });
        job.querySelector(".mine").hidden = !some;
      });
      byId("waits").hidden = open.length === 0;
      byId("waits").querySelector("b").textContent = open.length;
      var bad = mine.filter(function (i) { return i.refused; }), list = byId("refusals"), names = bad.map(function (i) { return i.event; }).join(" ");
      if (names === told) return; // said once, it is not said again to who listens
      told = names;
      list.textContent = "";
      bad.forEach(function (i) { list.appendChild(refusal(i)); });
    });
  }
  function refusal(item) {
    var e = document.importNode(byId("refusal").content, true), box = e.querySelector("div"), job = jobOf(item.delivery);
    e.querySelector("bdi").textContent = job ? job.querySelector("h3").textContent : "";
    e.querySelector("span").textContent = item.refused;
    e.querySelector("button").addEventListener("click", function () { drop([item.event]).then(function () { box.remove(); }); });
    return e;
  }

  // What the market answers.
  var lost = function () { byId("net").hidden = false; throw new Error("no network"); };
  function ask(path, options) {
    options.credentials = "same-origin";
    return fetch(path, options).catch(lost).then(function (r) {
      byId("net").hidden = true;
      if (r.status === 401 || r.redirected && r.url.indexOf("/signin") >= 0) { byId("again").hidden = false; throw new Error("not signed in"); }
      byId("again").hidden = true;
      return r;
    });
  }
  function post(path, body, type) { return ask(path, { method: "POST", body: body, headers: { "Content-Type": type } }); }
  function refuse(item, r) {
    return r.json().catch(function () { return {}; }).then(function (b) {
      item.refused = b.message || String(r.status);
      return write([item]);
    });
  }

  function sendPicture(i) {
    var at = "/courier/picture?delivery=" + encodeURIComponent(i.delivery) + "&kind=" + i.kind + "&event=" + i.event + "&at=" + i.at;
    return post(at, i.picture, i.picture.type || "application/octet-stream").then(function (r) {
      if (r.ok) return drop([i.event]);
      if (r.status >= 500 || r.status === 429) throw new Error("later");
      return refuse(i, r);
    });
  }
  function sendSteps(items) {
    var events = items.map(function (i) {
      return { event: i.event, delivery: i.delivery, kind: i.kind, at: new Date(i.at).toISOString(), lat: i.lat || "", lng: i.lng || "", note: i.note || "", pin: i.pin || "", code: i.code || "", reason: i.reason || "", weighed: i.weighed };
    });
    return post("/courier/send", JSON.stringify({ events: events }), "application/json").then(function (r) {
      if (!r.ok) throw new Error("later");
      return r.json();
    }).then(function (b) {
      var refused = [], taken = [];
      b.results.forEach(function (x) {
        var item = items.filter(function (i) { return i.event === x.event; })[0];
        if (!item) return;
        if (x.outcome === "taken") {
          var job = jobOf(item.delivery);
          if (job) job.setAttribute("data-state", item.leads || leads[item.kind]); // until the page is fetched anew
          taken.push(item.event);
        } else {
          item.refused = x.message;
          refused.push(item);
        }
      });
      return write(refused).then(function () { return drop(taken); });
    });
  }

  // flush sends all that waits, one run at a time.
  var busy = false, more = false;
  function flush() {
    if (busy) { more = true; return Promise.resolve(); }
    busy = true;
    var sent = false;
    var round = function () {
      return waiting().then(function (all) {
        var mine = all.filter(function (i) { return i.who === who() && !i.refused; });
        if (!mine.length) return null;
        sent = true;
        if (mine[0].picture) return sendPicture(mine[0]).then(round);
        var run = mine.slice(0, 50);
        each(run, function (i, n) { if (i.picture && run.length > n) run = run.slice(0, n); });
        return sendSteps(run).then(round);
      });
    };
    return round().then(function () { return sent ? refresh() : null; }).catch(function () { /* what waits is sent later */ }).then(function () {
      busy = false;
      return show();
    }).then(function () {
      if (more) { more = false; return flush(); }
      return null;
    });
  }

  // refresh fetches the page's middle anew, unless somebody is writing in it.
  var query = location.search, dirty = false;
  function refresh() {
    if (dirty) return keep("work", work.outerHTML);
    return ask("/courier" + query, { headers: { Accept: "text/html" } }).then(function (r) {
      if (!r.ok) throw new Error("later");
      return r.text();
    }).then(function (text) { if (!dirty) take(text); return keep("work", work.outerHTML); });
  }
  function take(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("work");
    if (!fresh || !fresh.getAttribute("data-who")) return;
    work.replaceWith(document.adoptNode(fresh));
    work = byId("work");
    furnish();
  }

  // Where the phone is.
  var here = null, fixes = [], watch = null;
  function fix(p) {
    here = { lat: p.coords.latitude.toFixed(6), lng: p.coords.longitude.toFixed(6), at: Date.now() };
    if (fixes.length < 400) fixes.push({ lat: here.lat, lng: here.lng, at: new Date(here.at).toISOString() });
  }
  function follow(on) {
    if (on && watch === null) watch = navigator.geolocation.watchPosition(fix, function () { /* it may come yet */ }, { enableHighAccuracy: true, maximumAge: 10000 });
    if (!on && watch !== null) { navigator.geolocation.clearWatch(watch); watch = null; }
  }
  function tell() {
    if (!fixes.length) return;
    var some = fixes.slice();
    post("/courier/positions", JSON.stringify({ positions: some }), "application/json").then(function (r) { if (r.ok) fixes = fixes.slice(some.length); }).catch(function () { /* sent with the next */ });
  }

  // Pictures.
  function shrink(file) {
    if (!window.createImageBitmap || !HTMLCanvasElement.prototype.toBlob) return Promise.resolve(file);
    return createImageBitmap(file).then(function (b) {
      var f = Math.min(1, 1280 / Math.max(b.width, b.height)), c = document.createElement("canvas");
      c.width = Math.max(1, Math.round(b.width * f));
      c.height = Math.max(1, Math.round(b.height * f));
      c.getContext("2d").drawImage(b, 0, 0, c.width, c.height);
      return blob(c, "image/jpeg");
    }).catch(function () { return file; });
  }
  function blob(canvas, type) { return new Promise(function (yes) { canvas.toBlob(yes, type, 0.8); }); }
  function pad(canvas) {
    var g = canvas.getContext("2d"), down = false;
    var wipe = function () { g.fillStyle = "#fff"; g.fillRect(0, 0, canvas.width, canvas.height); canvas.removeAttribute("data-signed"); };
    var at = function (e) { var r = canvas.getBoundingClientRect(); return [(e.clientX - r.left) * canvas.width / r.width, (e.clientY - r.top) * canvas.height / r.height]; };
    wipe();
    canvas.addEventListener("pointerdown", function (e) {
      down = true; dirty = true;
      canvas.setAttribute("data-signed", "1");
      g.strokeStyle = "#101830"; g.lineWidth = 4; g.lineCap = g.lineJoin = "round";
      var p = at(e);
      g.fillStyle = g.strokeStyle;
      g.beginPath(); g.arc(p[0], p[1], 2.5, 0, 7); g.fill();
      g.beginPath(); g.moveTo(p[0], p[1]);
      e.preventDefault();
    });
    canvas.addEventListener("pointermove", function (e) { if (down) { g.lineTo.apply(g, at(e)); g.stroke(); e.preventDefault(); } });
    each(["pointerup", "pointercancel", "pointerleave"], function (n) { canvas.addEventListener(n, function () { down = false; }); });
    canvas.parentNode.querySelector(".wipe").addEventListener("click", wipe);
  }
  function scan(input) {
    input.addEventListener("change", function () {
      if (!input.files[0]) return;
      createImageBitmap(input.files[0]).then(function (b) { return new BarcodeDetector({ formats: ["qr_code"] }).detect(b); }).then(function (found) {
        var form = input.form;
        if (found.length) form.elements.code.value = found[0].rawValue; else wrong(form, "say-code");
      }).catch(function () { wrong(input.form, "say-code"); });
    });
  }
  function hash(text) {
    if (!window.crypto.subtle || !window.TextEncoder) return Promise.resolve("");
    return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then(function (d) {
      return Array.prototype.map.call(new Uint8Array(d), function (b) { return ("0" + b.toString(16)).slice(-2); }).join("");
    });
  }

  // step writes down what a form says.
  function wrong(form, id) {
    var e = form.querySelector(".error");
    if (e) { e.textContent = byId(id).textContent; e.hidden = false; }
  }
  function digits(text) { // of Devanagari and of Arabic too
    return text.replace(/[\u0966-\u096f\u0660-\u0669\u06f0-\u06f9]/g, function (c) {
      var n = c.charCodeAt(0);
      return String(n - (n >= 0x966 ? 0x966 : n >= 0x6f0 ? 0x6f0 : 0x660));
    });
  }
  // weighed is what the form says of a household's scrap; null where something is missing. Whether the password is right the
  // market says, when it is sent.
  function weighed(form) {
    var out = { number: digits(form.elements.number.value.trim()), otp: digits(form.elements.otp.value.trim()), note: form.elements.note.value.trim(), lines: [], extra: [] }, ok = out.number && out.otp;
    each(form.querySelectorAll("[data-line]"), function (e) {
      var n = digits(e.value.trim());
      if (!n) ok = false;
      out.lines.push({ line: e.getAttribute("data-line"), quantity: n });
    });
    each(form.querySelectorAll("[data-extra]"), function (e) {
      var n = digits(e.closest(".inline").querySelector("input").value.trim());
      if (e.value && !n) ok = false;
      if (e.value) out.extra.push({ line: e.value, quantity: n });
    });
    return ok ? out : null;
  }
  function step(form) {
    var job = form.closest(".job"), kind = form.getAttribute("data-step"), value = function (n) { return form.elements[n] ? form.elements[n].value.trim() : ""; };
    var photo = form.querySelector("[data-picture]"), sign = form.querySelector("canvas");
    var signed = !!sign && sign.hasAttribute("data-signed"), pictured = !!photo && photo.files.length > 0;
    var item = { event: name(), who: who(), delivery: job.id, kind: kind, note: value("note"), reason: value("reason"), pin: digits(value("pin")), code: value("code") };
    if (here && Date.now() - here.at < 300000) { item.lat = here.lat; item.lng = here.lng; }
    var proof = work.getAttribute("data-proof"), code = job.getAttribute("data-code");
    if (form.hasAttribute("data-leads")) item.leads = form.getAttribute("data-leads");
    if (form.elements.otp) {
      item.weighed = weighed(form);
      if (!item.weighed) { wrong(form, "say-weigh"); return Promise.resolve(); }
    }
    if (kind === "deliver") {
      if (job.hasAttribute("data-sign") && !signed) { wrong(form, "say-sign"); return Promise.resolve(); }
      if (!item.pin && !item.code && proof !== "optional" && !(proof === "photo" && signed && pictured)) { wrong(form, "say-proof"); return Promise.resolve(); }
    }
    var items = [];
    var picture = function (k, b) { items.push({ event: name(), who: who(), delivery: job.id, kind: k, at: now(), picture: b }); };
    return (item.code && code ? hash(item.code) : Promise.resolve("")).then(function (h) {
      if (h && h !== code) { wrong(form, "say-code"); return null; }
      return (pictured ? shrink(photo.files[0]).then(function (b) { picture("photo", b); }) : Promise.resolve()).then(function () {
        return signed ? blob(sign, "image/png").then(function (b) { picture("signature", b); }) : null;
      }).then(function () {
        item.at = now();
        items.push(item);
        return write(items);
      }).then(function () {
        dirty = false;
        form.reset();
        var e = form.querySelector(".error");
        if (e) e.hidden = true;
        if (signed) sign.parentNode.querySelector(".wipe").click();
        return show();
      }).then(flush);
    });
  }

  // furnish adds to the page's middle what needs a script.
  function furnish() {
    each(work.querySelectorAll(".script"), function (e) { e.hidden = false; });
    each(work.querySelectorAll("canvas"), pad);
    if (window.BarcodeDetector && window.createImageBitmap) each(work.querySelectorAll(".scan"), function (e) { e.hidden = false; scan(e.querySelector("input")); });
    var near = byId("near"), box = byId("here");
    if (!near || !box) return;
    if (!navigator.geolocation) { box.closest(".option").hidden = true; return; }
    near.hidden = false;
    near.addEventListener("click", function () {
      navigator.geolocation.getCurrentPosition(function (p) {
        fix(p);
        query = "?lat=" + here.lat + "&lng=" + here.lng;
        refresh().then(show).catch(function () { /* it is said that there is no network */ });
      }, function () { near.insertAdjacentText("afterend", " " + byId("say-place").textContent); });
    });
    box.addEventListener("change", function () { follow(box.checked); keep("here", box.checked); });
    kept("here").then(function (on) { box.checked = !!on; if (on) follow(true); });
  }

  // plain sends a form that needs the market's answer, such as a claim.
  function plain(form) {
    ask(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(function (r) {
      return r.text().then(function (text) {
        if (r.ok) { take(text); return keep("work", work.outerHTML).then(show); }
        var said = new DOMParser().parseFromString(text, "text/html").querySelector("main p.lead");
        var card = form.closest(".job"), box = refusal({ event: "", delivery: card ? card.id : "", refused: said ? said.textContent : String(r.status) });
        byId("refusals").appendChild(box);
        window.scrollTo(0, 0);
        return refresh().then(show);
      });
    }).catch(function () { /* it is said that there is no network */ });
  }

  document.addEventListener("submit", function (e) {
    var step_ = e.target.hasAttribute("data-step");
    if (!step_ && !(work.contains(e.target) && e.target.method === "post")) return;
    e.preventDefault();
    if (step_) step(e.target); else plain(e.target);
  });
  document.addEventListener("input", function (e) { if (work.contains(e.target) && e.target.closest(".job")) dirty = true; });
  byId("send").addEventListener("click", function () { flush(); });
  window.addEventListener("online", function () { flush(); });
  window.addEventListener("offline", function () { byId("net").hidden = false; });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) flush(); });
  setInterval(function () { flush(); tell(); }, 10000);
  setInterval(function () { if (!document.hidden && !busy) refresh().then(show).catch(function () { /* next time */ }); }, 60000);

  function begin() {
    return waiting().then(function (all) {
      all.forEach(function (i) { last = Math.max(last, i.at); });
      furnish();
      return show();
    }).then(flush);
  }
  if (work.hasAttribute("data-shell")) {
    byId("net").hidden = false;
    kept("work").then(function (text) { if (text) take(text); return begin(); });
  } else {
    keep("work", work.outerHTML).then(begin);
  }
  if (navigator.serviceWorker) {
    navigator.serviceWorker.register("/courier/worker.js", { scope: "/courier" }).then(function () { return navigator.serviceWorker.ready; }).then(function (r) {
      if (!work.hasAttribute("data-shell") && r.active) r.active.postMessage("renew");
      document.documentElement.setAttribute("data-installed", "1");
    }).catch(function () { /* a browser that keeps nothing: the page works as long as it is open */ });
  }
})();
