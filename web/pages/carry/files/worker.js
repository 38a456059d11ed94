// Keeps an empty courier's page and what it needs, for when there is no network. What stands in it the page itself keeps.
"use strict";
var FILES = ["files"];
var SHELL = "/courier/shell";
var STORE = "courier:" + FILES.join("|");
var PATIENCE = 6000; // milliseconds for a page over a network that hardly is one

self.addEventListener("install", function (e) {
  e.waitUntil(caches.open(STORE).then(function (c) { return c.addAll(FILES.concat([SHELL])); }).then(function () { return self.skipWaiting(); }));
});

self.addEventListener("activate", function (e) {
  e.waitUntil(caches.keys().then(function (names) {
    return Promise.all(names.map(function (n) { return n.indexOf("courier:") === 0 && n !== STORE ? caches.delete(n) : null; }));
  }).then(function () { return self.clients.claim(); }));
});

function kept(what) { return caches.open(STORE).then(function (c) { return c.match(what); }); }

// page asks the market, and shows the kept page when there is no answer in time.
function page(request) {
  return new Promise(function (yes, no) {
    var instead = function () { kept(SHELL).then(function (r) { if (r) yes(r); else no(new TypeError("no network")); }, no); };
    var late = setTimeout(instead, PATIENCE);
    fetch(request).then(function (r) { clearTimeout(late); yes(r); }, function () { clearTimeout(late); instead(); });
  });
}

self.addEventListener("fetch", function (e) {
  var url = new URL(e.request.url);
  if (e.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (e.request.mode === "navigate" && url.pathname === "/courier") {
    e.respondWith(page(e.request));
  } else if (FILES.indexOf(url.pathname) >= 0) {
    e.respondWith(kept(url.pathname).then(function (r) { return r || fetch(e.request); }));
  }
});

// The page says when it was shown by the market: then the kept one is made anew, in the language that is spoken now.
self.addEventListener("message", function (e) {
  if (e.data === "renew") e.waitUntil(caches.open(STORE).then(function (c) { return c.add(SHELL); }).catch(function () { /* the one that is kept will do */ }));
});
