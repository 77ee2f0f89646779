import assert from "node:assert/strict";
import { type ServerType, serverTypes } from "../../../components/sizing/serverTypes";
import {
  type BakedImage,
  bakeLabels,
  bakeTypes,
  currentImage,
  superfluousImages,
} from "../../../scripts/bake/images";
import { contentHash, type RoleSoftware } from "../../../scripts/bake/software";
import { imagesText, planText } from "../../../scripts/bake/texts";

const app: RoleSoftware = {
  role: "app",
  script: "\nstage files\n\ninstall_packages 'jq'",
  packages: ["jq"],
  units: [],
  images: ["traefik:v3.6.12"],
};
const now = new Date("2026-11-30T12:00:00Z");

function image(id: number, role: string, more: Partial<BakedImage> = {}): BakedImage {
  const labels = { ...bakeLabels("prod", role), content: contentHash(app) };
  const created = "2026-11-20T12:00:00Z";
  return { id, status: "available", created, image_size: 0.5, disk_size: 40, labels, ...more };
}

describe("the image that a role has already", () => {
  it("is the newest one that holds what is wanted", () => {
    assert.equal(currentImage(app, [image(3, "edge"), image(2, "app"), image(1, "app")], now)?.id, 2);
  });

  for (const [title, found] of [
    ["of another role", image(1, "edge")],
    ["with other content", image(1, "app", { labels: { ...bakeLabels("prod", "app"), content: "0" } })],
    ["that is not there yet", image(1, "app", { status: "creating" })],
    [
      "of 31 days, whose machines would begin with many upgrades",
      image(1, "app", { created: "2026-10-30T00:00:00Z" }),
    ],
  ] as const) {
    it(`is not one ${title}`, () => assert.equal(currentImage(app, [found], now), undefined));
  }
});

describe("images that nobody needs", () => {
  it("are those before the last two of each role", () => {
    const images = [image(6, "app"), image(5, "edge"), image(4, "app"), image(3, "app"), image(2, "app")];
    assert.deepEqual(
      superfluousImages(images, ["app", "edge"], []).map(({ id }) => id),
      [3, 2],
    );
  });

  it("are never those that the stack's file names", () => {
    const images = [image(3, "app"), image(2, "app"), image(1, "app")];
    assert.deepEqual(superfluousImages(images, ["app"], [1]), []);
  });

  it("are those of roles that are no more, and those that never became one", () => {
    const images = [image(3, "search"), image(2, "app", { status: "unavailable" }), image(1, "app")];
    assert.deepEqual(
      superfluousImages(images, ["app"], []).map(({ id }) => id),
      [3, 2],
    );
  });
});

describe("server types to bake on", () => {
  it("are the smallest disks of the location, cheapest first: no machine's disk is smaller than its image", () => {
    const types = bakeTypes("nbg1", serverTypes);
    assert.deepEqual(
      types.map(({ name }) => name),
      ["cx23", "cpx12"],
    );
    for (const location of ["fsn1", "hel1", "ash", "hil", "sin"]) {
      const [first] = bakeTypes(location, serverTypes);
      const smaller = ({ diskGb, locations, architecture }: ServerType) =>
        architecture === "x86" && locations.includes(location) && diskGb < (first?.diskGb ?? 0);
      assert.ok(first !== undefined && !serverTypes.some(smaller), location);
    }
  });
});

describe("what a bake says", () => {
  it("names what is made, what is there already, and what it costs in a month", () => {
    const text = planText({ current: { edge: image(7, "edge") }, wanted: [app] }, 0.0143);
    assert.match(text, /edge: image 7 of 2026-11-20 holds what is wanted/);
    assert.match(text, /app: a new image with 1 packages, traefik:v3\.6\.12/);
    assert.match(text, /0\.0143 EUR a month for each GB/);
    const list = imagesText(
      [image(8, "app", { image_size: 10 }), image(7, "app", { image_size: 4 })],
      [8],
      0.0143,
    );
    assert.match(list, /app {2}8 {2}2026-11-20 {2}10\.00 GB {2}for new machines/);
    assert.match(list, /app {2}7 .* kept to go back to/);
    assert.match(list, /in all 14\.00 GB, 0\.20 EUR a month/);
  });
});
