// Icons of 16 by 16 as outlines.

/** @type {Readonly<Record<string, string>>} */
const paths = {
  server: "M2.5 3.5h11v4h-11zM2.5 8.5h11v4h-11zM5 5.5h.01M5 10.5h.01",
  load_balancer: "M8 2v4M8 6 3.5 10M8 6l4.500 4M8 6v4M2 10h3v3H2zM6.500 10h3v3h-3zM11 10h3v3h-3z",
  network: "M8 2.500v4M3.500 13v-3.500h9V13M8 6.500v3M6 2.500h4M2 13h3M11 13h3",
  floating_ip: "M4 14V2.500M4 3h8.500L10.500 6l2 3H4",
  primary_ip:
    "M8 14s4.500-4.200 4.500-7.300a4.500 4.500 0 0 0-9 0C3.500 9.800 8 14 8 14zM8 8.200a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3z",
  volume:
    "M3 4c0-1 2.200-1.700 5-1.700S13 3 13 4v8c0 1-2.200 1.700-5 1.700S3 13 3 12zM3 4c0 1 2.200 1.700 5 1.700S13 5 13 4M3 8c0 1 2.200 1.700 5 1.700S13 9 13 8",
  storage_box: "M2.500 5.500 8 2.500l5.500 3v5.500L8 14l-5.500-3zM2.500 5.500 8 8.500l5.500-3M8 8.500V14",
  zone: "M3 2.500h7l3 3v8H3zM5.500 8h5M5.500 10.500h5",
  internet:
    "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 1.800 2.600 4 2.600 6S10 12.200 8 14c-2-1.800-2.600-4-2.600-6S6 3.800 8 2",
  router: "M2.500 9h11v4h-11zM5 11h.01M7.500 11h.01M5 9V6M11 9V3.500M9 5.500 11 3.500l2 2",
  bolt: "M9 2 4 9h3.500L7 14l5-7H8.500z",
};

const namespace = "http://www.w3.org/2000/svg";

/** Decoration: the words beside it say the same. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", paths[name] ?? "");
  svg.append(path);
  return svg;
}
