import assert from "node:assert/strict";
import { flowsTo } from "../../../components/plan/flows";
import {
  endpointOf,
  type MachinePlan,
  machinesOffering,
  planRoles,
  sourceAddresses,
} from "../../../components/plan/plan";
import { planPlatform } from "../../../components/presets";
import { planned } from "../../support/planned";
import { seedSettings } from "../../support/settings";
import { ground, role } from "./support/roles";

const plan = planPlatform(seedSettings);
const names = (machines: readonly MachinePlan[]) => machines.map(({ name }) => name);

describe("planPlatform", () => {
  it("plans the machines of the seed in reading order", () => {
    assert.deepEqual(
      plan.machines.map((machine) => [machine.hostname, machine.privateIp]),
      [
        ["prod-edge1", "10.0.1.11"],
        ["prod-edge2", "10.0.1.12"],
        ["prod-app1", "10.0.2.11"],
        ["prod-app2", "10.0.2.12"],
        ["prod-database1", "10.0.3.11"],
        ["prod-storage1", "10.0.4.11"],
      ],
    );
  });

  it("gives public addresses to the load balancers only (S0-2)", () => {
    assert.deepEqual(
      plan.machines.filter((machine) => machine.isPublic).map((machine) => machine.role),
      ["edge", "edge"],
    );
  });

  it("keeps names and addresses of existing nodes when nodes are added", () => {
    const grown = planned({ ...seedSettings, app: { ...seedSettings.app, count: 5 } });
    assert.deepEqual(grown.app.slice(0, 2), planned(seedSettings).app);
  });

  it("is printable: JSON loses nothing but what is absent", () =>
    assert.deepEqual(
      JSON.parse(JSON.stringify(plan)),
      JSON.parse(JSON.stringify(planPlatform(seedSettings))),
    ));

  it("keeps the database away from the edge but for SSH", () => {
    const fromEdge = flowsTo(plan.flows, "database").filter((flow) => flow.from === "edge");
    assert.deepEqual(
      fromEdge.map((flow) => flow.port),
      [22],
    );
  });

  it("names the sources of a flow by address", () => {
    const requests = plan.flows.find((flow) => flow.purpose === "requests");
    assert.ok(requests);
    assert.deepEqual(sourceAddresses(plan, requests), ["10.0.1.11", "10.0.1.12"]);
  });

  it("says where an offer is", () => {
    assert.deepEqual(endpointOf(plan, "database"), { address: "10.0.3.11", port: 5432 });
    assert.deepEqual(names(machinesOffering(plan, "site")), ["app1", "app2"]);
    assert.deepEqual(names(machinesOffering(plan, "nothing")), []);
    assert.throws(() => endpointOf(plan, "bastion"), /no machine of the plan offers bastion/);
  });
});

describe("planRoles", () => {
  it("gives each role the machines of its count in its own subnet", () => {
    const mail = role({ name: "mail", count: 3 });
    const { machines } = planRoles(ground({ mail: "10.0.9.0/24" }), [mail]);
    assert.deepEqual(
      machines.map(({ name, hostname, privateIp }) => [name, hostname, privateIp]),
      [
        ["mail1", "test-mail1", "10.0.9.11"],
        ["mail2", "test-mail2", "10.0.9.12"],
        ["mail3", "test-mail3", "10.0.9.13"],
      ],
    );
  });

  it("fails when a role has no subnet, or the name of another", () => {
    assert.throws(() => planRoles(ground({}), [role({ name: "mail" })]), /network\.subnets names no mail/);
    const twice = [role({ name: "mail" }), role({ name: "mail" })];
    assert.throws(() => planRoles(ground({ mail: "10.0.9.0/24" }), twice), /two roles are called mail/);
  });
});
