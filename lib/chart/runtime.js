// The part of every figure that JSON cannot carry. It runs twice: in goja, where
// it draws the static SVG, and in the browser, where it draws the interactive one.
//
// An option arrives as plain JSON. Where ECharts wants a function, the option
// holds the name of one of the functions below ("name" or "name:argument"), and
// only under the keys in `places`: text from data never stands there, so it can
// never become code.
(function (echarts) {
  "use strict";
  var places = ["formatter", "renderItem"];

  // thousands writes 29500 as 29,500 and leaves at most two decimals.
  function thousands(v) {
    var parts = String(Math.round(v * 100) / 100).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, ",");
    return parts.join(".").replace("-", "−");
  }

  function short(v) {
    var a = Math.abs(v);
    if (a >= 1e6) return thousands(v / 1e6) + "M";
    if (a >= 1e4) return thousands(v / 1e3) + "k";
    return thousands(v);
  }

  function line(x1, y1, x2, y2, style) {
    return { type: "line", silent: true, z2: 20, shape: { x1: x1, y1: y1, x2: x2, y2: y2 }, style: style };
  }

  var functions = {
    // Tick of a numeric axis: 1.2M, 30k, 0.5.
    number: function () { return short; },

    // Tick of an axis that holds log10 values; the argument is where zeros lie.
    log10: function (gutter) {
      return function (v) {
        if (gutter !== "" && v === Number(gutter)) return "0";
        if (v !== Math.round(v) || (gutter !== "" && v < Number(gutter))) return "";
        return v < 0 ? String(Math.pow(10, v)) : short(Math.round(Math.pow(10, v)));
      };
    },

    // Tick of a histogram: the argument is the last edge, above which all values
    // share one bin, whose far end means nothing.
    overflow: function (edge) {
      return function (v) {
        if (edge === "" || v < Number(edge)) return thousands(v);
        return v > Number(edge) ? "" : "≥ " + thousands(v);
      };
    },

    // Tooltip: every mark carries its lines of text as its name.
    tip: function () {
      return function (p) {
        var lines = echarts.format.encodeHTML(p.name || "").split("\n");
        return "<b>" + lines[0] + "</b>" + lines.slice(1).map(function (l) { return "<br>" + l; }).join("");
      };
    },

    // Text written on a mark: what follows the first line of its tooltip's last line.
    label: function () {
      return function (p) { return p.name.slice(p.name.lastIndexOf("\n") + 1); };
    },

    // Whisker over the i-th of n bars of a category: values are
    // [category, low, high]. The argument is "i,n".
    whisker: function (arg) {
      var i = Number(arg.split(",")[0]), n = Number(arg.split(",")[1]);
      return function (params, api) {
        var slot = api.barLayout({ barGap: "8%", barCategoryGap: "36%", barMaxWidth: 96, count: n })[i];
        var low = api.coord([api.value(0), api.value(1)]), high = api.coord([api.value(0), api.value(2)]);
        var x = low[0] + slot.offsetCenter, half = Math.min(9, slot.width / 4);
        var style = { stroke: "#222", lineWidth: 1.5, fill: null };
        return { type: "group", children: [
          line(x, low[1], x, high[1], style),
          line(x - half, low[1], x + half, low[1], style),
          line(x - half, high[1], x + half, high[1], style)
        ] };
      };
    },

    // Diamond on the i-th of n bars: values are [category, y].
    diamond: function (arg) {
      var i = Number(arg.split(",")[0]), n = Number(arg.split(",")[1]);
      return function (params, api) {
        var slot = api.barLayout({ barGap: "8%", barCategoryGap: "36%", barMaxWidth: 96, count: n })[i];
        var at = api.coord([api.value(0), api.value(1)]), x = at[0] + slot.offsetCenter, y = at[1];
        return { type: "polygon", z2: 30,
          shape: { points: [[x, y - 7], [x + 7, y], [x, y + 7], [x - 7, y]] },
          style: { fill: "#fff", stroke: "#222", lineWidth: 1.8 } };
      };
    },

    // Band between two curves: one polygon from all values [x, low, high].
    band: function () {
      return function (params, api) {
        if (params.dataIndexInside !== 0) return;
        var upper = [], lower = [];
        for (var i = 0; i < params.dataInsideLength; i++) {
          upper.push(api.coord([api.value(0, i), api.value(2, i)]));
          lower.unshift(api.coord([api.value(0, i), api.value(1, i)]));
        }
        return { type: "polygon", silent: true, shape: { points: upper.concat(lower) },
          style: { fill: api.visual("color"), opacity: 0.18 } };
      };
    },

    // Violin: one polygon from all values [category, y, half width in categories].
    violin: function () {
      return function (params, api) {
        if (params.dataIndexInside !== 0) return;
        var right = [], left = [], band = api.size([1, 0])[0];
        for (var i = 0; i < params.dataInsideLength; i++) {
          var at = api.coord([api.value(0, i), api.value(1, i)]), w = api.value(2, i) * band;
          right.push([at[0] + w, at[1]]);
          left.unshift([at[0] - w, at[1]]);
        }
        return { type: "polygon", silent: true, shape: { points: right.concat(left) },
          style: { fill: api.visual("color"), opacity: 0.35, stroke: api.visual("color"), lineWidth: 1 } };
      };
    },

    // Bar of a histogram: values are [from, to, count].
    bin: function () {
      return function (params, api) {
        var a = api.coord([api.value(0), api.value(2)]), b = api.coord([api.value(1), 0]);
        return { type: "rect",
          shape: { x: a[0] + 0.5, y: a[1], width: Math.max(b[0] - a[0] - 1, 1), height: b[1] - a[1] },
          style: { fill: api.visual("color") } };
      };
    }
  };

  // revive replaces the names of functions by the functions, in place.
  function revive(node) {
    if (node === null || typeof node !== "object") return node;
    Object.keys(node).forEach(function (key) {
      var v = node[key];
      if (places.indexOf(key) < 0 || typeof v !== "string") { revive(v); return; }
      var cut = v.indexOf(":"), name = cut < 0 ? v : v.slice(0, cut);
      if (!Object.prototype.hasOwnProperty.call(functions, name)) throw new Error("no function " + name);
      node[key] = functions[name](cut < 0 ? "" : v.slice(cut + 1));
    });
    return node;
  }

  return {
    // svg draws an option, given as JSON, without a document.
    svg: function (json, width, height) {
      var chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: width, height: height });
      try {
        var option = revive(JSON.parse(json));
        option.backgroundColor = "#fff";
        chart.setOption(option);
        return chart.renderToSVGString();
      } finally {
        chart.dispose();
      }
    },

    // live draws every copy of a figure that the page shows and that is not drawn
    // yet. Its picture stays for printing, and for a page that is narrower (page.js).
    live: function (f) {
      document.querySelectorAll('figure[data-figure="' + f.id + '"]').forEach(function (figure) {
        var picture = figure.querySelector("img");
        if (!picture || figure.querySelector(".thesis-live")) return;
        var box = document.createElement("div"), chart;
        box.className = "thesis-live";
        box.setAttribute("role", "img");
        box.setAttribute("aria-label", picture.alt);
        picture.closest("picture").insertAdjacentElement("afterend", box);
        try {
          chart = echarts.init(box.appendChild(document.createElement("div")), null,
            { renderer: "svg", width: f.width, height: f.height });
          chart.setOption(revive(JSON.parse(JSON.stringify(f.option))));
        } catch (e) {
          if (chart) chart.dispose();
          box.remove();
          console.error("figure " + f.id + " stays a picture:", e);
          return;
        }
        // ECharts calls the background of each chart "0".
        box.querySelectorAll('[id="0"]').forEach(function (e) { e.removeAttribute("id"); });
        figure.classList.add("thesis-drawn");
      });
    }
  };
})
