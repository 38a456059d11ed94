// A mailed link has its code behind the #, where no server on the way sees it. Put it into the form, and out of sight.
(function () {
  "use strict";
  var field = document.getElementById("f-token");
  var code = new URLSearchParams(location.hash.slice(1)).get("token");
  if (field && code) field.value = code;
  if (location.hash || location.search) history.replaceState(null, "", location.pathname);
})();
