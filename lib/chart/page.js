// What the page needs once: figures that came before this script wait in
// window.thesisFigures; those that come after are drawn as they arrive. Running
// it again, after a cell was run again, is harmless.
(function (figures) {
  "use strict";
  if (!document.getElementById("thesis-figures-style")) {
    var style = document.createElement("style");
    style.id = "thesis-figures-style";
    style.textContent =
      "@media screen{figure.thesis-drawn>img{display:none!important}}" +
      "@media print{figure.thesis-drawn>.thesis-live{display:none}}";
    document.head.appendChild(style);
  }
  window.thesisFigures.forEach(figures.live);
  window.thesisFigures.push = function (f) {
    Array.prototype.push.call(this, f);
    figures.live(f);
  };
})
