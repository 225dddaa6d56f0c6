// Charts: points are kept here and drawn at most once a frame, however often they come.
(() => {
  "use strict";
  const charts = new Map(); // by element: its lines, their points, whether a frame is due
  const palette = ["#0e7c93", "#d9822b", "#8a4fbf", "#2f9e63", "#c74a5b", "#5b6fd1", "#8f8f24", "#7a7a7a"];
  const bright = ["#6cc6d8", "#f0ac63", "#c79cf0", "#74d19e", "#f08a98", "#9aa9f5", "#cccb5c", "#b8b8b8"];

  const instance = (id) => window.getElement?.(id)?.chart;
  const isDark = () => document.body.classList.contains("body--dark");
  const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  function look() {
    const muted = { color: colour("--dc-muted") };
    const line = { lineStyle: { color: colour("--dc-line-strong") } };
    const split = { lineStyle: { color: colour("--dc-line") } };
    const axis = { axisLabel: muted, nameTextStyle: muted, axisLine: line, splitLine: split };
    return {
      legend: { textStyle: { color: colour("--dc-text") }, pageTextStyle: muted, pageIconColor: colour("--dc-accent") },
      tooltip: { backgroundColor: colour("--dc-surface"), borderColor: colour("--dc-line"), textStyle: { color: colour("--dc-text") } },
      xAxis: { ...axis, splitLine: { show: false } },
      axis,
    };
  }

  function draw(id) {
    const kept = charts.get(id), chart = instance(id);
    if (!kept) return;
    kept.due = false;
    if (!chart) return void setTimeout(() => request(id), 60);
    const { axis, ...rest } = look();
    const colours = isDark() ? bright : palette;
    const count = Math.max(1, chart.getOption()?.yAxis?.length ?? 1);
    chart.setOption({
      ...rest,
      yAxis: Array.from({ length: count }, (_, place) => ({ ...axis, splitLine: { ...axis.splitLine, show: place === 0 } })),
      series: kept.lines.map((line, place) => ({
        id: String(place),
        type: "line",
        name: line.name,
        yAxisIndex: line.axis,
        showSymbol: false,
        lineStyle: { width: 2, type: line.dashed ? "dashed" : "solid" },
        color: colours[line.colour],
        data: kept.points[place],
      })),
    }, kept.anew ? { replaceMerge: ["series"] } : undefined);
    kept.anew = false;
  }

  function request(id) {
    const kept = charts.get(id);
    if (!kept || kept.due) return;
    kept.due = true;
    requestAnimationFrame(() => draw(id));
  }

  const keep = (id) => {
    if (!charts.has(id)) charts.set(id, { lines: [], points: [], due: false, anew: true });
    return charts.get(id);
  };

  // Light or dark is a class of the body.
  new MutationObserver(() => charts.forEach((_, id) => request(id)))
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });

  window.decaiChart = {
    made: (id) => { keep(id); request(id); },
    begin(id, lines) {
      Object.assign(keep(id), { lines, points: lines.map(() => []), anew: true });
      request(id);
    },
    add(id, points) {
      const kept = keep(id);
      points.forEach((some, place) => kept.points[place]?.push(...some));
      request(id);
    },
  };
})();
