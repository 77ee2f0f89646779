// The lines of the map. Each gutter between two columns of cards is a bus: public lines go down on its right
// side, lines into further private networks on its left side.
/** @import { CloudState } from "../contract/control" */
/** @import { Box } from "./layout.js" */
import { sizes } from "./sizes.js";
import { keyOf } from "./state.js";

/**
 * @typedef {object} Line
 * @property {string} key
 * @property {"uplink" | "public" | "private" | "target"} kind
 * @property {string} end key of the card that the line belongs to
 * @property {number | null} network id, for the colour of a private line
 * @property {[number, number][]} points
 */

/**
 * @param {CloudState} state
 * @param {readonly Box[]} boxes
 * @returns {Line[]}
 */
export function linesOf(state, boxes) {
  const byKey = new Map(boxes.map((box) => [box.key, box]));
  return [
    ...uplink(byKey),
    ...[...state.servers.map(serverEnd), ...state.loadBalancers.map(balancerEnd)].flatMap((end) => [
      ...publicLines(byKey, end),
      ...privateLines(byKey, end),
    ]),
    ...targetLines(state, byKey),
  ];
}

/** @typedef {{ key: string, hasPublicSide: boolean, networks: number[] }} End */

/** @param {CloudState["servers"][number]} server @returns {End} */
const serverEnd = ({ id, publicIpv4, publicIpv6, privateNets }) => ({
  key: keyOf("server", id),
  hasPublicSide: publicIpv4 !== null || publicIpv6 !== null,
  networks: privateNets.map(({ networkId }) => networkId),
});

/** @param {CloudState["loadBalancers"][number]} balancer @returns {End} */
const balancerEnd = ({ id, publicIpv4, privateNets }) => ({
  key: keyOf("load_balancer", id),
  hasPublicSide: publicIpv4 !== null,
  networks: privateNets.map(({ networkId }) => networkId),
});

/** @typedef {ReadonlyMap<string, Box>} Boxes */

/** @param {Boxes} boxes @returns {Line[]} */
function uplink(boxes) {
  const internet = boxes.get("internet");
  const router = boxes.get("router");
  if (internet === undefined || router === undefined) return [];
  const x = internet.x + 10;
  const points = /** @type {[number, number][]} */ ([
    [x, internet.y + internet.height],
    [x, router.y],
  ]);
  return [{ key: "line:uplink", kind: "uplink", end: "", network: null, points }];
}

/** @param {Boxes} boxes @param {End} end @returns {Line[]} */
function publicLines(boxes, { key, hasPublicSide }) {
  const card = boxes.get(key);
  const router = boxes.get("router");
  if (!hasPublicSide || card === undefined || router === undefined) return [];
  const x = card.x - 10;
  const y = card.y + sizes.card.publicLine;
  const points = /** @type {[number, number][]} */ ([
    [x, router.y + router.height],
    [x, y],
    [card.x, y],
  ]);
  return [{ key: `line:public:${key}`, kind: "public", end: key, network: null, points }];
}

/**
 * The band around a card says its first network; each further one gets a line to that network's band.
 *
 * @param {Boxes} boxes
 * @param {End} end
 * @returns {Line[]}
 */
function privateLines(boxes, { key, networks }) {
  const card = boxes.get(key);
  if (card === undefined) return [];
  const order = [...boxes.values()].filter(({ kind }) => kind === "band").map((band) => band.key);
  return networks.flatMap((network, index) => {
    const band = boxes.get(`band:${network}`);
    if (band === undefined || inside(card, band)) return [];
    const x = card.x + card.width + 8 + 5 * (order.indexOf(band.key) % 4);
    const y = card.y + sizes.card.firstPrivateLine + index * sizes.card.line;
    const edge = band.y > card.y ? band.y : band.y + band.height;
    const points = /** @type {[number, number][]} */ ([
      [card.x + card.width, y],
      [x, y],
      [x, edge],
    ]);
    return [{ key: `line:private:${key}:${network}`, kind: "private", end: key, network, points }];
  });
}

/** @param {CloudState} state @param {Boxes} boxes @returns {Line[]} */
function targetLines(state, boxes) {
  return state.loadBalancers.flatMap((balancer) => {
    const from = boxes.get(keyOf("load_balancer", balancer.id));
    return balancer.targets.flatMap(({ serverId }) => {
      const to = serverId === null ? undefined : boxes.get(keyOf("server", serverId));
      if (from === undefined || to === undefined) return [];
      const points = /** @type {[number, number][]} */ ([
        [from.x + from.width / 2, from.y + from.height],
        [to.x + to.width / 2, to.y],
      ]);
      const key = `line:target:${from.key}:${to.key}`;
      return [{ key, kind: "target", end: from.key, network: null, points }];
    });
  });
}

/** @param {Box} box @param {Box} around */
const inside = (box, around) =>
  box.x >= around.x &&
  box.y >= around.y &&
  box.x + box.width <= around.x + around.width &&
  box.y + box.height <= around.y + around.height;
