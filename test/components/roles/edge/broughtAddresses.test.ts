import assert from "node:assert/strict";
import { addressProblems, type FoundAddress } from "../../../../components/roles/edge/broughtAddresses";
import { startingPoint } from "../../../../scripts/settingChanges/changes";
import { type EngineStack, engineStack } from "../../../support/engineStack";

const wanted = { location: "nbg1", hostnames: ["prod-edge1", "prod-edge2"], type: "ipv4" } as const;
const found: FoundAddress = { id: 7, ipAddress: "203.0.113.7", type: "ipv4", homeLocation: "nbg1" };

describe("a floating IP that is brought along", () => {
  const cases: [string, FoundAddress | undefined, RegExp | undefined][] = [
    ["is taken when nobody has it", found, undefined],
    ["is taken when a machine of the pair has it", { ...found, server: "prod-edge2" }, undefined],
    ["is taken from another location of the network zone", { ...found, homeLocation: "hel1" }, undefined],
    [
      "is refused from another network zone",
      { ...found, homeLocation: "ash" },
      /visitors of ash, allowed an address of a location in eu-central, where the machines are \(nbg1\)/,
    ],
    [
      "is refused while another server has it, with how to take it away from there",
      { ...found, server: "shop" },
      /server shop has, .*hcloud floating-ip unassign visitors/,
    ],
    [
      "is refused when it is a network of IPv6",
      { ...found, type: "ipv6" },
      /type ipv6, allowed an IPv4 address/,
    ],
    [
      "is refused when there is none",
      undefined,
      /which the project of hcloud:token has not.*floating-ip create/,
    ],
  ];
  for (const [title, address, expected] of cases) {
    it(title, () => {
      const problems = addressProblems("floatingIps[0]", "visitors", address, wanted);
      if (expected === undefined) assert.deepEqual(problems, []);
      else assert.match(`${problems[0]?.propertyPath} ${problems[0]?.reason}`, expected);
    });
  }
});

describe("a network of IPv6 that is brought along", () => {
  const ipv6 = { ...wanted, type: "ipv6" } as const;
  const network: FoundAddress = { ...found, type: "ipv6", ipAddress: "2001:db8:2:1::" };

  it("is taken", () => assert.deepEqual(addressProblems("floatingIps[1]", "visitors6", network, ipv6), []));

  it("is refused when it is an address of IPv4, and where there is none it says how to make one", () => {
    const [wrong] = addressProblems("floatingIps[1]", "visitors", found, ipv6);
    assert.match(
      `${wrong?.propertyPath} ${wrong?.reason}`,
      /^floatingIps\[1\] .*type ipv4, allowed a network of IPv6/,
    );
    const [none] = addressProblems("floatingIps[1]", "visitors6", undefined, ipv6);
    assert.match(String(none?.reason), /floating-ip create --type ipv6/);
  });
});

describe("a platform with a floating IP that is brought along, under the real engine", function () {
  this.timeout("5m");
  let running: EngineStack;
  before(async () => {
    running = await engineStack(withAddress("visitors"));
    await addAddress("visitors", "nbg1");
    await addAddress("far", "ash");
  });
  after(() => running?.stop());

  function withAddress(name: string) {
    const edge = startingPoint.edge as object;
    return { ...startingPoint, edge: { ...edge, floatingIps: [name] } };
  }

  const addAddress = (name: string, home_location: string, more: object = {}) =>
    running.cloud.ok("POST", "/floating_ips", { name, type: "ipv4", home_location, ...more });

  async function addresses() {
    const { floating_ips } = await running.cloud.get("/floating_ips");
    return (floating_ips as readonly { name: string; ip: string }[]).map(({ name }) => name).sort();
  }

  it("serves under it and makes none, and a second up changes nothing", async () => {
    const { outputs } = await running.stack.up();
    assert.deepEqual(await addresses(), ["far", "visitors"]);
    assert.ok(outputs);
    const { resources } = (await running.stack.exportStack()).deployment;
    const { floating_ips } = await running.cloud.get("/floating_ips?name=visitors");
    const pair = resources.find(({ type }: { type: string }) => type.endsWith(":LoadBalancerPair"));
    assert.deepEqual(
      [pair.outputs.virtualIp, pair.outputs.floatingIpId],
      [floating_ips[0].ip, floating_ips[0].id],
    );
    const before = running.writes().length;
    assert.deepEqual(await running.plan(), []);
    await running.stack.up();
    assert.deepEqual(running.writes().slice(before), []);
  });

  it("is kept when one of the pair has it, which the pair's agents see to", async () => {
    const { servers } = await running.cloud.get("/servers?name=prod-edge2");
    const { floating_ips } = await running.cloud.get("/floating_ips?name=visitors");
    await running.cloud.act(`/floating_ips/${floating_ips[0].id}/actions/assign`, { server: servers[0].id });
    running.configure(withAddress(String(floating_ips[0].id)));
    assert.deepEqual(await running.plan(), []);
  });

  it("refuses one of another network zone, one that another server has, and one that is not there", async () => {
    const { servers } = await running.cloud.get("/servers?name=prod-app1");
    await addAddress("taken", "nbg1", { server: servers[0].id });
    await running.cloud.api.runner.idle();
    for (const [name, expected] of [
      ["far", /far of ash, allowed .* in eu-central/],
      ["taken", /taken, which server prod-app1 has/],
      ["nowhere", /nowhere, which the project of hcloud:token has not/],
    ] as const) {
      running.configure(withAddress(name));
      await assert.rejects(running.plan(), expected);
    }
  });

  it("leaves it there when everything else is destroyed", async () => {
    running.configure(withAddress("visitors"));
    await running.stack.destroy();
    assert.deepEqual(await addresses(), ["far", "taken", "visitors"]);
    const { floating_ips } = await running.cloud.get("/floating_ips?name=visitors");
    assert.equal(floating_ips[0].server, null);
  });
});
