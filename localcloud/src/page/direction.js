// Arrow keys on a map: the next box is the one that lies nearest in that direction.

/** @typedef {{ key: string, x: number, y: number, width: number, height: number }} Rectangle */
/** @typedef {"ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight"} Direction */

/** A step aside counts as much as so many steps ahead. */
const sidewaysCost = 3;

/**
 * @param {readonly Rectangle[]} boxes
 * @param {string} from key of the box to leave
 * @param {Direction} direction
 * @returns {string | undefined} key; undefined at the edge of the map
 */
export function neighbour(boxes, from, direction) {
  const here = boxes.find(({ key }) => key === from);
  if (here === undefined) return boxes[0]?.key;
  let best;
  let least = Number.POSITIVE_INFINITY;
  for (const box of boxes) {
    const cost = box === here ? Number.POSITIVE_INFINITY : costOf(here, box, direction);
    if (cost < least) {
      least = cost;
      best = box.key;
    }
  }
  return best;
}

/**
 * @param {Rectangle} here
 * @param {Rectangle} there
 * @param {Direction} direction
 */
function costOf(here, there, direction) {
  const dx = there.x + there.width / 2 - (here.x + here.width / 2);
  const dy = there.y + there.height / 2 - (here.y + here.height / 2);
  const vertical = direction === "ArrowUp" || direction === "ArrowDown";
  const sign = direction === "ArrowUp" || direction === "ArrowLeft" ? -1 : 1;
  const ahead = sign * (vertical ? dy : dx);
  // Half of the smaller box: things of one row or column that differ in size do not count as ahead.
  const least = Math.min(vertical ? here.height : here.width, vertical ? there.height : there.width) / 2;
  if (ahead < least) return Number.POSITIVE_INFINITY;
  return ahead + sidewaysCost * gap(here, there, vertical);
}

/**
 * How far the boxes miss each other across the direction; 0 when one lies straight ahead of the other.
 *
 * @param {Rectangle} here
 * @param {Rectangle} there
 * @param {boolean} vertical
 */
function gap(here, there, vertical) {
  const [a, aSize, b, bSize] = vertical
    ? [here.x, here.width, there.x, there.width]
    : [here.y, here.height, there.y, there.height];
  return Math.max(0, a - (b + bSize), b - (a + aSize));
}
