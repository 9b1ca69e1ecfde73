// What the page needs once: figures that came before this script wait in
// window.thesisFigures; those that come after are drawn as they arrive. Running
// it again, after a cell was run again, is harmless.
(function (figures) {
  "use strict";
  if (!document.getElementById("thesis-figures-style")) {
    var style = document.createElement("style");
    style.id = "thesis-figures-style";
    style.textContent =
      "figure.thesis-drawn{container-type:inline-size}.thesis-live{display:none}" +
      "@media screen{@container (min-width:WIDTHpx){figure.thesis-drawn img{display:none!important}figure.thesis-drawn .thesis-live{display:block}}}";
    document.head.appendChild(style);
  }
  window.thesisFigures.forEach(figures.live);
  window.thesisFigures.push = function (f) {
    Array.prototype.push.call(this, f);
    figures.live(f);
  };
})
