import type { BakePlan } from "./bake";
import type { BakedImage } from "./images";

/** What a bake would make. @param price EUR for a GB in a month; undefined: not known for the location */
export function planText({ current, wanted }: BakePlan, price: number | undefined): string {
  const there = Object.entries(current).map(
    ([role, { id, created }]) => `${role}: image ${id} of ${created.slice(0, 10)} holds what is wanted`,
  );
  const make = wanted.map(({ role, packages, images }) => {
    const holds = [`${packages.length} packages`, ...images].join(", ");
    return `${role}: a new image with ${holds}`;
  });
  const cost =
    price === undefined ? "what a snapshot costs there is not known" : `${price} EUR a month for each GB`;
  const note = make.length === 0 ? [] : [`cost: ${cost}, and a server for each new image while it is made`];
  return [...there, ...make, ...note].join("\n");
}

/** The images of a stack and what they cost. @param named numbers that the stack's file names */
export function imagesText(
  images: readonly BakedImage[],
  named: readonly number[],
  price: number | undefined,
): string {
  if (images.length === 0) return "there are no baked images";
  const lines = images.map(({ id, labels, created, status, image_size }) => {
    const size = image_size === null ? status : `${image_size.toFixed(2)} GB`;
    const use = named.includes(id) ? "for new machines" : "kept to go back to";
    return [labels.role ?? "?", String(id), created.slice(0, 10), size, use].join("  ");
  });
  const gigabytes = images.reduce((sum, { image_size }) => sum + (image_size ?? 0), 0);
  const cost = price === undefined ? "" : `, ${(gigabytes * price).toFixed(2)} EUR a month`;
  return `${lines.join("\n")}\nin all ${gigabytes.toFixed(2)} GB${cost}`;
}
