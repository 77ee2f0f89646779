import assert from "node:assert/strict";
import { flows, flowsTo, sourceAddresses } from "../../../components/plan/flows";
import { hostAddress, planTopology } from "../../../components/plan/topology";
import { seedSettings } from "../../support/settings";

describe("planTopology", () => {
  const topology = planTopology(seedSettings);

  it("plans the machines of the seed in reading order", () => {
    assert.deepEqual(
      topology.machines.map((machine) => [machine.hostname, machine.privateIp]),
      [
        ["prod-lb1", "10.0.1.11"],
        ["prod-lb2", "10.0.1.12"],
        ["prod-app1", "10.0.2.11"],
        ["prod-app2", "10.0.2.12"],
        ["prod-db1", "10.0.3.11"],
        ["prod-storage1", "10.0.4.11"],
      ],
    );
  });

  it("gives public addresses to the load balancers only (S0-2)", () => {
    assert.deepEqual(
      topology.machines.filter((machine) => machine.isPublic).map((machine) => machine.tier),
      ["edge", "edge"],
    );
  });

  it("keeps names and addresses of existing nodes when nodes are added", () => {
    const grown = planTopology({ ...seedSettings, app: { ...seedSettings.app, count: 5 } });
    assert.deepEqual(grown.appNodes.slice(0, 2), topology.appNodes);
  });
});

describe("hostAddress", () => {
  for (const [range, host, address] of [
    ["10.0.0.0/16", 1, "10.0.0.1"],
    ["10.0.1.0/24", 11, "10.0.1.11"],
    ["10.0.0.0/16", 256, "10.0.1.0"],
    ["192.168.255.0/24", 254, "192.168.255.254"],
  ] as const) {
    it(`number ${host} of ${range} is ${address}`, () => assert.equal(hostAddress(range, host), address));
  }
});

describe("flows", () => {
  it("let the internet reach the load balancers only", () => {
    const reached = flows.filter((flow) => flow.from === "internet").map((flow) => flow.to);
    assert.deepEqual([...new Set(reached)], ["edge"]);
  });

  it("keep the database tier away from the edge", () => {
    const fromEdge = flowsTo("database").filter((flow) => flow.from === "edge");
    assert.deepEqual(
      fromEdge.map((flow) => flow.port),
      [22],
    );
  });

  it("name their sources by address", () => {
    const topology = planTopology(seedSettings);
    const requests = flows.find((flow) => flow.purpose === "requests");
    assert.ok(requests);
    assert.deepEqual(sourceAddresses(requests, topology), ["10.0.1.11", "10.0.1.12"]);
  });
});
