"use strict";
(() => {
  const root = document.documentElement;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const lang = () => root.dataset.lang;
  const plots = read("plot-data");
  const mapData = read("map-data");
  const listeners = [];

  function setLang(value) {
    root.dataset.lang = value;
    root.lang = value;
    for (const button of document.querySelectorAll("[data-set-lang]")) {
      button.setAttribute("aria-pressed", String(button.dataset.setLang === value));
    }
    listeners.forEach((listener) => listener());
  }

  function drawPlots() {
    for (const element of document.querySelectorAll("[data-plot]")) {
      const figure = plots[Number(element.dataset.plot)][lang()];
      Plotly.react(element, figure.data, figure.layout, { displaylogo: false, responsive: true });
    }
  }

  function styleOf(layer) {
    const base = { id: layer.id, source: layer.id, layout: { visibility: layer.visible ? "visible" : "none" } };
    if (layer.kind === "fill") {
      return { ...base, type: "fill", paint: { "fill-color": layer.color, "fill-opacity": layer.opacity } };
    }
    if (layer.kind === "line") {
      return { ...base, type: "line", paint: { "line-color": layer.color, "line-width": layer.size, "line-opacity": layer.opacity } };
    }
    return {
      ...base, type: "circle",
      paint: { "circle-color": layer.color, "circle-radius": layer.size, "circle-opacity": layer.opacity,
               "circle-stroke-color": "#ffffff", "circle-stroke-width": layer.size > 3 ? 1 : 0 },
    };
  }

  function addLegendRow(map, layer) {
    const row = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = layer.visible;
    box.addEventListener("change", () => {
      map.setLayoutProperty(layer.id, "visibility", box.checked ? "visible" : "none");
    });
    const swatch = document.createElement("span");
    swatch.className = `swatch ${layer.kind}`;
    swatch.style.background = layer.swatch;
    const name = document.createElement("span");
    const count = document.createElement("span");
    count.className = "count";
    count.textContent = layer.count === null ? "" : layer.count.toLocaleString("en");
    const show = () => { name.textContent = layer.label[lang()]; };
    listeners.push(show);
    show();
    row.append(box, swatch, name, count);
    document.getElementById("legend").prepend(row);
  }

  function addPopup(map, layer) {
    if (!layer.popup.length) return;
    map.on("mouseenter", layer.id, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer.id, () => { map.getCanvas().style.cursor = ""; });
  }

  function showPopup(map, layers, event) {
    const clickable = layers.filter((layer) => layer.popup.length).map((layer) => layer.id);
    const hit = map.queryRenderedFeatures(event.point, { layers: clickable })[0];
    if (!hit) return;
    const layer = layers.find((candidate) => candidate.id === hit.layer.id);
    const list = document.createElement("dl");
    for (const entry of layer.popup) {
      const [column, label] = entry[lang()];
      const value = hit.properties[column];
      if (value === undefined || value === null || value === "null") continue;
      const term = document.createElement("dt");
      term.textContent = label;
      const text = document.createElement("dd");
      text.textContent = value;
      list.append(term, text);
    }
    new maplibregl.Popup({ maxWidth: "320px" }).setLngLat(event.lngLat).setDOMContent(list).addTo(map);
  }

  // Of names that would cover each other the first one stays; zooming in brings the others back.
  function hideOverlaps(elements) {
    const kept = [];
    for (const element of elements) {
      const box = element.getBoundingClientRect();
      const covered = kept.some((other) => box.left < other.right && other.left < box.right
        && box.top < other.bottom && other.top < box.bottom);
      element.style.visibility = covered ? "hidden" : "visible";
      if (!covered) kept.push(box);
    }
  }

  function addLabels(map, labels) {
    const elements = [];
    for (const label of labels) {
      const element = document.createElement("div");
      element.className = "map-label";
      const show = () => { element.textContent = label[lang()]; };
      listeners.push(show);
      show();
      new maplibregl.Marker({ element }).setLngLat(label.at).addTo(map);
      elements.push(element);
    }
    const spread = () => hideOverlaps(elements);
    listeners.push(spread);
    map.on("moveend", spread);
    map.once("idle", spread);
  }

  function drawMap(data) {
    let map;
    try {
      map = new maplibregl.Map({
        container: "map",
        style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#f7f8f6" } }] },
        bounds: data.bounds,
        fitBoundsOptions: { padding: 36 },
        attributionControl: false,
        canvasContextAttributes: { preserveDrawingBuffer: true }, // so that the map prints
      });
    } catch (error) {
      document.getElementById("map").hidden = true;
      document.getElementById("legend").hidden = true;
      document.getElementById("map-error").hidden = false;
      return;
    }
    map.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new maplibregl.ScaleControl({ unit: "metric" }), "bottom-right");
    map.on("load", () => {
      for (const layer of data.layers) {
        map.addSource(layer.id, { type: "geojson", data: layer.data });
        map.addLayer(styleOf(layer));
        addLegendRow(map, layer);
        addPopup(map, layer);
      }
      addLabels(map, data.labels);
      map.on("click", (event) => showPopup(map, data.layers, event));
      map.once("idle", () => { root.dataset.map = "ready"; });
    });
  }

  for (const button of document.querySelectorAll("[data-set-lang]")) {
    button.addEventListener("click", () => setLang(button.dataset.setLang));
  }
  if (plots.length) listeners.push(drawPlots);
  if (mapData) drawMap(mapData);
  setLang(lang());
})();
