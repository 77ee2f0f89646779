import assert from "node:assert/strict";
import { locations } from "../../../components/sizing/locations";
import type { MachineSize } from "../../../components/sizing/resolve";
import {
  fallbackServerTypes,
  NoServerTypeError,
  nearestServerTypes,
  resolveServerType,
} from "../../../components/sizing/resolve";
import { findServerType, serverTypes } from "../../../components/sizing/serverTypes";

const size = (vcpus: number, memoryGb: number, serverType?: string): MachineSize => ({
  vcpus,
  memoryGb,
  serverType,
});

describe("resolveServerType", () => {
  for (const [vcpus, memoryGb, location, expected] of [
    [2, 4, "nbg1", "cx23"],
    [1, 1, "nbg1", "cx23"],
    [5, 8, "hel1", "cx43"],
    [16, 33, "nbg1", "ccx43"],
    [32, 128, "nbg1", "ccx53"],
    [48, 192, "sin", "ccx63"],
    [2, 4, "sin", "cpx22"],
    [4, 16, "ash", "ccx23"],
  ] as const) {
    it(`takes ${expected} for ${vcpus} vCPU and ${memoryGb} GB in ${location}`, () =>
      assert.equal(resolveServerType(size(vcpus, memoryGb), location).name, expected));
  }

  for (const [row, machine, vcpus, memoryGb, expected] of [
    ["S0-3", "an app node", 4, 16, "cx43"],
    ["S0-11", "the database node", 8, 32, "cx53"],
    ["S0-15", "the storage node", 4, 8, "cx33"],
  ] as const) {
    it(`${row}: takes ${expected} for ${machine} of ${vcpus} vCPU and ${memoryGb} GB`, () =>
      assert.equal(resolveServerType(size(vcpus, memoryGb), "nbg1").name, expected));

    it(`${row}: fails for ${machine} with a named type of less`, () =>
      assert.throws(
        () => resolveServerType(size(vcpus, memoryGb, "cx23"), "nbg1"),
        /cx23 has 2 vCPU, 4 GB RAM, less than/,
      ));
  }

  for (const [what, needs, expected] of [
    ["dedicated vCPUs", { cpu: "dedicated" }, "ccx23"],
    ["shared vCPUs", { cpu: "shared" }, "cx43"],
    ["a disk of 200 GB", { diskGb: 200 }, "cx53"],
    ["dedicated vCPUs and a disk of 200 GB", { cpu: "dedicated", diskGb: 200 }, "ccx33"],
  ] as const)
    it(`takes ${expected} for 4 vCPU and 16 GB with ${what}`, () =>
      assert.equal(resolveServerType({ ...size(4, 16), ...needs }, "nbg1").name, expected));

  it("fails for a named type with another kind of vCPU or too small a disk, and names those that have it", () => {
    assert.throws(
      () => resolveServerType({ ...size(4, 16, "cx43"), cpu: "dedicated" }, "nbg1"),
      /cx43 has 8 shared vCPU, 16 GB RAM, less than 4 dedicated vCPU, 16 GB RAM; take one of ccx23 \(4 dedicated/,
    );
    assert.throws(
      () => resolveServerType({ ...size(4, 16, "cx43"), diskGb: 300 }, "nbg1"),
      /cx43 has 8 vCPU, 16 GB RAM, 160 GB disk, less than 4 vCPU, 16 GB RAM, 300 GB disk/,
    );
    assert.throws(
      () => resolveServerType({ ...size(4, 16), diskGb: 4000 }, "nbg1"),
      /no server type in nbg1 has 4 vCPU, 16 GB RAM, 4000 GB disk/,
    );
  });

  it("takes the named type, a dedicated one too", () =>
    assert.equal(resolveServerType(size(4, 16, "ccx23"), "nbg1").name, "ccx23"));

  it("always finds a fitting x86 type of the location, and none that fits is cheaper", () => {
    for (const { name: location } of locations) {
      for (let vcpus = 1; vcpus <= 48; vcpus++) {
        for (const memoryGb of [1, 2, 4, 8, 16, 24, 32, 64, 128, 192]) {
          const found = resolveServerType(size(vcpus, memoryGb), location);
          assert.ok(found.vcpus >= vcpus && found.memoryGb >= memoryGb && found.locations.includes(location));
          assert.equal(found.architecture, "x86");
          const cheaper = serverTypes.filter(
            (type) =>
              type.architecture === "x86" &&
              type.locations.includes(location) &&
              type.vcpus >= vcpus &&
              type.memoryGb >= memoryGb &&
              (type.monthlyEur ?? Number.POSITIVE_INFINITY) < (found.monthlyEur ?? Number.POSITIVE_INFINITY),
          );
          assert.deepEqual(cheaper, []);
        }
      }
    }
  });

  for (const [what, wanted, location, message] of [
    [
      "no type is that large (S0-3)",
      size(64, 16),
      "nbg1",
      /no server type in nbg1 has 64 vCPU, 16 GB RAM.*ccx63/,
    ],
    ["the named type does not exist", size(4, 16, "cx99"), "nbg1", /cx99 does not exist.*nearest are .*cx43/],
    [
      "the named type is too small",
      size(4, 16, "cx33"),
      "nbg1",
      /cx33 has 4 vCPU, 8 GB RAM, less than 4 vCPU, 16 GB RAM/,
    ],
    [
      "the named type is sold elsewhere",
      size(2, 4, "cx23"),
      "ash",
      /not sold in ash, only in fsn1, nbg1, hel1/,
    ],
  ] as const) {
    it(`fails when ${what}`, () =>
      assert.throws(
        () => resolveServerType(wanted, location),
        (error) => error instanceof NoServerTypeError && message.test(error.message),
      ));
  }
});

describe("fallbackServerTypes", () => {
  it("goes from CX to CAX to CPX to CCX, the cheapest fitting type of each", () => {
    const names = (wanted: MachineSize, location: string) =>
      fallbackServerTypes(wanted, location).map((type) => type.name);
    assert.deepEqual(names(size(4, 16), "nbg1"), ["cx43", "cax31", "cpx42", "ccx23"]);
    assert.deepEqual(names(size(16, 64), "nbg1"), ["ccx43"]);
    assert.deepEqual(names(size(2, 4), "hil"), ["cpx21", "ccx13"]);
  });
});

describe("nearestServerTypes", () => {
  it("names fitting types before those that lack something", () => {
    const names = nearestServerTypes(size(4, 16), "nbg1").map((type) => type.name);
    assert.deepEqual(names, ["ccx23", "cx43", "cpx42"]);
  });
});

describe("serverTypes", () => {
  it("has each name once, in lower case, with a size and a location", () => {
    assert.equal(new Set(serverTypes.map((type) => type.name)).size, serverTypes.length);
    const known = locations.map((location) => location.name);
    for (const type of serverTypes) {
      assert.match(type.name, /^(cx|cax|cpx|ccx)\d\d$/);
      assert.ok(type.vcpus > 0 && type.memoryGb > 0 && type.diskGb >= 20, type.name);
      assert.ok(
        type.locations.length > 0 && type.locations.every((location) => known.includes(location)),
        type.name,
      );
    }
  });

  it("finds by the API's name only", () => {
    assert.equal(findServerType("ccx33")?.monthlyEur, 138.49);
    assert.equal(findServerType("CCX33"), undefined);
  });
});
