// Where everything lies on the map: a pure function of what there is and how wide the map may be.
/** @import { CloudState } from "../contract/control" */
/** @import { Group, Machine } from "./groups.js" */
/** @import { Kind } from "./state.js" */
import { groupsOf, loose } from "./groups.js";
import { linesOf } from "./lines.js";
import { sizes } from "./sizes.js";
import { keyOf } from "./state.js";

/**
 * `internet`, `router`, `band` and `shelf` are surroundings; every other kind is a thing to select.
 *
 * @typedef {object} Box
 * @property {string} key
 * @property {Kind | "internet" | "router" | "band" | "shelf"} kind
 * @property {string} title of surroundings; nothing else needs one
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {Box[]} boxes
 * @property {import("./lines.js").Line[]} lines
 */

/**
 * @param {CloudState} state
 * @param {number} available width in pixels
 * @returns {Layout}
 */
export function layoutOf(state, available) {
  const grid = gridOf(available, groupsOf(state));
  /** @type {Box[]} */
  const boxes = [];
  let y = placeTop(boxes, grid, state);
  for (const group of groupsOf(state)) y = placeGroup(boxes, grid, group, y) + sizes.row;
  const { volumes, storageBoxes, zones } = loose(state);
  for (const shelf of [volumes, storageBoxes, zones]) {
    if (shelf.keys.length === 0) continue;
    y = placeShelf(boxes, shelf, { x: sizes.margin, y, width: grid.width - 2 * sizes.margin }) + sizes.row;
  }
  const height = y - sizes.row + sizes.margin;
  return { width: grid.width, height, boxes, lines: linesOf(state, boxes) };
}

/** @typedef {{ width: number, columns: number, card: number }} Grid */

/**
 * All bands share the columns, so that a line down a gutter meets no card.
 *
 * @param {number} available
 * @param {readonly Group[]} groups
 * @returns {Grid}
 */
function gridOf(available, groups) {
  const { margin, band, gutter, card } = sizes;
  const around = 2 * (margin + band) + gutter;
  const fit = Math.max(1, Math.floor((available - around + gutter) / (card.least + gutter)));
  const most = Math.max(1, ...groups.map(({ machines }) => machines.length));
  const columns = Math.min(fit, most);
  const wide = Math.floor((available - around + gutter) / columns) - gutter;
  const width = Math.max(card.least, Math.min(card.most, wide));
  return { width: Math.max(available, around + columns * (width + gutter) - gutter), columns, card: width };
}

/**
 * The internet, addresses that lead nowhere, and the public router.
 *
 * @param {Box[]} boxes
 * @param {Grid} grid
 * @param {CloudState} state
 */
function placeTop(boxes, grid, state) {
  const { margin, router, row } = sizes;
  const inner = grid.width - 2 * margin;
  const internet = { x: margin, y: margin, width: Math.min(200, inner), height: router };
  boxes.push({ key: "internet", kind: "internet", title: "Internet", ...internet });
  let y = margin + router;
  const { addresses } = loose(state);
  if (addresses.keys.length > 0) {
    const beside = inner - internet.width - row >= sizes.chip + 2 * sizes.band;
    const at = beside
      ? { x: margin + internet.width + row, y: margin, width: inner - internet.width - row }
      : { x: margin + row, y: y + row, width: inner - row };
    y = placeShelf(boxes, addresses, at);
  }
  boxes.push({
    key: "router",
    kind: "router",
    title: "Public router",
    x: margin,
    y: y + row,
    width: inner,
    height: router,
  });
  return y + row + router + row;
}

/**
 * @param {Box[]} boxes
 * @param {Grid} grid
 * @param {Group} group
 * @param {number} top
 * @returns {number} where the band ends
 */
function placeGroup(boxes, grid, group, top) {
  const { margin, band, header, gutter, row } = sizes;
  const frame = { key: group.key, kind: /** @type {const} */ ("band"), title: group.title };
  const place = { x: margin, y: top, width: grid.width - 2 * margin, height: header };
  boxes.push({ ...frame, ...place });
  const bandBox = boxes.length - 1;
  if (group.network !== null) {
    boxes.push({
      key: keyOf("network", group.network.id),
      kind: "network",
      title: "",
      // As wide as the first card, so that no line down a gutter is cut.
      x: margin + band + gutter / 2,
      y: top + 6,
      width: grid.card,
      height: header - 12,
    });
  }
  let y = top + header;
  for (let start = 0; start < group.machines.length; start += grid.columns) {
    const machines = group.machines.slice(start, start + grid.columns);
    const above = Math.max(...machines.map(({ flags }) => flags.length)) * sizes.tab;
    let bottom = y;
    for (const [column, machine] of machines.entries()) {
      const x = margin + band + gutter / 2 + column * (grid.card + gutter);
      bottom = Math.max(bottom, placeMachine(boxes, machine, { x, y: y + above, width: grid.card }));
    }
    y = bottom + row;
  }
  boxes[bandBox] = { ...frame, ...place, height: Math.max(header, y - row + band - top) };
  return top + Math.max(header, y - row + band - top);
}

/**
 * Flags stand on the card, volumes hang below it.
 *
 * @param {Box[]} boxes
 * @param {Machine} machine
 * @param {{ x: number, y: number, width: number }} at upper left corner of the card
 * @returns {number} where the last volume ends
 */
function placeMachine(boxes, machine, { x, y, width }) {
  const { card, tab } = sizes;
  const height = card.head + Math.max(1, machine.privateLines) * card.line;
  const add = (/** @type {string} */ key, /** @type {Kind} */ kind, /** @type {number} */ at) =>
    boxes.push({ key, kind, title: "", x: x + 12, y: at, width: width - 24, height: tab });
  boxes.push({ key: machine.key, kind: machine.kind, title: "", x, y, width, height });
  for (const [index, key] of machine.flags.entries()) add(key, "floating_ip", y - (index + 1) * tab);
  for (const [index, key] of machine.volumes.entries()) add(key, "volume", y + height + index * tab);
  return y + height + machine.volumes.length * tab;
}

/**
 * @param {Box[]} boxes
 * @param {import("./groups.js").Shelf} shelf
 * @param {{ x: number, y: number, width: number }} at
 * @returns {number} where the shelf ends
 */
function placeShelf(boxes, shelf, { x, y, width }) {
  const { band, tab, chip, header } = sizes;
  const space = width - 2 * band;
  const step = Math.min(chip, space) + 12;
  const columns = Math.max(1, Math.floor((space + 12) / step));
  const rows = Math.ceil(shelf.keys.length / columns);
  const height = header - 8 + rows * (tab + 8) + band - 8;
  boxes.push({ key: shelf.key, kind: "shelf", title: shelf.title, x, y, width, height });
  for (const [index, { key, kind }] of shelf.keys.entries()) {
    boxes.push({
      key,
      kind,
      title: "",
      x: x + band + (index % columns) * step,
      y: y + header - 8 + Math.floor(index / columns) * (tab + 8),
      width: step - 12,
      height: tab,
    });
  }
  return y + height;
}
