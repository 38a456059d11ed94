// Follows a delivery: when the market says that it looks different, the page's middle is fetched anew.
(function () {
  "use strict";
  var here = document.getElementById("track");
  if (!here || !window.EventSource || !window.fetch) return;
  var first = true;
  var events = new EventSource(here.getAttribute("data-live"));
  events.addEventListener("delivery", function (e) {
    var over = /"state":"(delivered|returned|cancelled)"/.test(e.data);
    if (over) events.close();
    if (first) { first = false; return; }
    fetch(location.pathname + location.search, { credentials: "same-origin" }).then(function (r) { return r.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("track");
      if (fresh) { here.replaceWith(document.adoptNode(fresh)); here = document.getElementById("track"); }
    }).catch(function () { /* the next change tries again */ });
  });
})();
