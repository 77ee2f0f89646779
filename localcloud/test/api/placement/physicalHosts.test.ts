import assert from "node:assert/strict";
import { physicalHostOf } from "../../../src/api/placement/physicalHosts";
import { TestCloud } from "../testCloud";

const member = (id: number, placementGroup: number | null, location = "fsn1") => ({
  id,
  location,
  placementGroup,
});

describe("local cloud API: physical hosts", () => {
  it("gives each member of a spread group a host of its own, whatever the ids", () => {
    const servers = [5, 15, 25, 35, 6, 7, 16, 99, 109, 9].map((id) => member(id, 1));
    const hosts = servers.map((server) => physicalHostOf(server, servers));
    assert.equal(new Set(hosts).size, servers.length);
    assert.deepEqual(
      hosts.filter((host) => host < 101 || host > 110),
      [],
    );
  });

  it("lets servers without a group share a host, and other groups too", () => {
    const servers = [member(5, null), member(15, null), member(25, 1), member(35, 2)];
    assert.deepEqual(
      servers.map((server) => physicalHostOf(server, servers)),
      [106, 106, 106, 106],
    );
  });

  it("has hosts of its own in each location", () => {
    const servers = [member(5, 1, "fsn1"), member(15, 1, "nbg1"), member(25, 1, "hel1")];
    assert.deepEqual(
      servers.map((server) => physicalHostOf(server, servers)),
      [106, 206, 306],
    );
  });

  it("keeps older members where they are when another one comes", () => {
    const first = [member(5, 1), member(15, 1)];
    const more = [...first, member(25, 1), member(6, 2)];
    assert.deepEqual(
      first.map((server) => physicalHostOf(server, more)),
      first.map((server) => physicalHostOf(server, first)),
    );
  });

  it("refuses the member that finds no host in its location, at create and when it joins", async () => {
    const cloud = await TestCloud.start({ hostsPerLocation: 2 });
    try {
      const { placement_group: group } = await cloud.ok("POST", "/placement_groups", {
        name: "apart",
        type: "spread",
      });
      for (const name of ["a", "b"]) await cloud.server(name, { placement_group: group.id });
      const body = {
        name: "c",
        server_type: "cx23",
        image: "debian-13",
        location: "fsn1",
        placement_group: group.id,
      };
      const error = await cloud.fails("resource_unavailable", "POST", "/servers", body);
      assert.deepEqual([error.status, error.message], [412, "error during placement"]);
      const elsewhere = await cloud.server("c", { ...body, location: "nbg1" });
      assert.equal(elsewhere.placement_group.servers.length, 3);
      const alone = await cloud.server("d", { start_after_create: false });
      await cloud.fails(
        "resource_unavailable",
        "POST",
        `/servers/${alone.id}/actions/add_to_placement_group`,
        {
          placement_group: group.id,
        },
      );
    } finally {
      await cloud.stop();
    }
  });
});
