import assert from "node:assert/strict";
import { locations } from "../../../components/sizing/locations";
import { datedPrices } from "../../../components/sizing/prices";
import { serverTypes } from "../../../components/sizing/serverTypes";
import { storageBoxLocation } from "../../../components/sizing/storageBoxes";
import { catalogue } from "../../../localcloud/src/catalogue/catalogue";

// The local cloud serves its own list, as Hetzner does: the program must come to the same sizes and sums from it.
describe("the program's list and the local cloud's", () => {
  const priced = serverTypes.filter((type) => type.monthlyEur !== undefined);

  it("agree on size, disk, architecture and price of every type with a known price", () => {
    for (const type of priced) {
      const served = catalogue.serverTypes.find((candidate) => candidate.name === type.name);
      assert.ok(served, `${type.name} is not served`);
      assert.deepEqual(
        [
          served.cores,
          served.memoryGb,
          served.diskGb,
          served.cpuType,
          served.architecture,
          Number(served.monthlyNet),
        ],
        [type.vcpus, type.memoryGb, type.diskGb, type.cpu, type.architecture, type.monthlyEur],
        type.name,
      );
    }
  });

  it("know the same types, but for the retired ones, and the same locations of each", () => {
    const known = (list: readonly { readonly name: string; readonly locations: readonly string[] }[]) =>
      Object.fromEntries(list.map(({ name, locations: where }) => [name, [...where].sort()]));
    assert.deepEqual(known(catalogue.serverTypes.filter(({ retired }) => !retired)), known(serverTypes));
  });

  it("agree on the locations and their zones", () => {
    const zones = (list: readonly { readonly name: string; readonly zone: string }[]) =>
      list.map(({ name, zone }) => `${name} ${zone}`).sort();
    assert.deepEqual(
      zones(catalogue.locations.map(({ name, network_zone }) => ({ name, zone: network_zone }))),
      zones(locations.map(({ name, networkZone }) => ({ name, zone: networkZone }))),
    );
  });

  it("agree on the other prices", () => {
    const prices = datedPrices("nbg1");
    assert.ok(prices);
    const served = catalogue.prices;
    assert.deepEqual(
      [
        served.volumePerGb,
        served.snapshotPerGb,
        served.primaryIpv4,
        served.floatingIpv4,
        served.floatingIpv6,
      ].map(Number),
      [
        prices.volumePerGb,
        prices.snapshotPerGb,
        prices.primaryIpv4,
        prices.floatingIpv4,
        prices.floatingIpv6,
      ],
    );
    assert.equal(Number(served.backupPercentage) / 100, prices.serverBackupRatio);
  });

  it("agree on size, price and locations of storage boxes", () => {
    const prices = datedPrices("nbg1");
    assert.ok(prices);
    for (const { name, capacityGb, monthlyEur } of prices.storageBoxes) {
      const served = catalogue.storageBoxTypes.find((type) => type.name === name);
      assert.ok(served, `${name} is not served`);
      // Sold as 1 TB, told by the API as 1 TiB.
      assert.deepEqual(
        [served.size / 2 ** 40, Number(served.monthlyNet)],
        [capacityGb / 1000, monthlyEur],
        name,
      );
      for (const { name: location } of catalogue.locations) {
        assert.ok(served.locations.includes(storageBoxLocation(location)), location);
      }
    }
  });
});
