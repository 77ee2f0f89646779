import assert from "node:assert/strict";
import { platformLabels } from "../../components/machine/labels";
import { TestCloud } from "../../localcloud/test/api/testCloud";
import type { CloudClient } from "../../scripts/cloudClient";
import { leftBehind } from "../../scripts/leftBehind";

describe("what is billed after a destroy is named", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await TestCloud.start();
  });
  after(() => cloud.stop());

  const labels = platformLabels("prod");
  const client: CloudClient = async (method, path, body) => cloud.ok(method, path, body);
  const look = (resources: { type: string; id: string }[] = []) =>
    leftBehind({ cloud: client, hetzner: client }, resources, labels);
  const address = async (name: string, more: object = {}) =>
    (await cloud.ok("POST", "/primary_ips", { name, type: "ipv4", location: "fsn1", ...more })).primary_ip;

  it("nothing is said of a project in which nothing is", async () => {
    assert.deepEqual(await look(), []);
  });

  it("a primary IP whose deletion was refused in a green destroy is named, one of a server is not", async () => {
    const leaked = await address("leaked");
    await cloud.server("other");
    assert.deepEqual(await look(), [`still billed, and nobody has it: primary IP leaked (id ${leaked.id})`]);
    assert.deepEqual(await look([{ type: "hcloud:index/primaryIp:PrimaryIp", id: String(leaked.id) }]), []);
    await cloud.ok("DELETE", `/primary_ips/${leaked.id}`);
  });

  it("one of this stack that a server outside of it has is named too", async () => {
    const kept = await address("kept", { labels });
    const { server } = await cloud.ok("POST", "/servers", {
      name: "foreign",
      server_type: "cx23",
      image: "debian-13",
      location: "fsn1",
      public_net: { ipv4: kept.id },
    });
    await cloud.api.runner.idle();
    assert.deepEqual(await look(), [
      `still billed, and not in the state: primary IP kept (id ${kept.id}) of server ${server.id}`,
    ]);
    await cloud.ok("DELETE", `/servers/${server.id}`);
    await cloud.api.runner.idle();
    assert.deepEqual(await look(), [`still billed, and nobody has it: primary IP kept (id ${kept.id})`]);
    await cloud.ok("DELETE", `/primary_ips/${kept.id}`);
  });

  it("what carries the platform's labels and is in no state is named, page after page, and nothing of another stack", async () => {
    const volume = (name: string, given: object) =>
      cloud.ok("POST", "/volumes", { name, size: 10, location: "fsn1", labels: given });
    for (let index = 0; index < 51; index++) await volume(`data-${index}`, labels);
    await volume("qa", platformLabels("qa"));
    const { floating_ip } = await cloud.ok("POST", "/floating_ips", {
      name: "prod-ip",
      type: "ipv4",
      home_location: "fsn1",
      labels,
    });
    await cloud.api.runner.idle();
    const lines = await look();
    assert.equal(lines.filter((line) => / volume data-\d+ /.test(line)).length, 51);
    assert.equal(
      lines.at(-1),
      `still billed, and not in the state: floating IP prod-ip (id ${floating_ip.id})`,
    );
    assert.equal(lines.length, 52);
    const held = { type: "hcloud:index/floatingIp:FloatingIp", id: String(floating_ip.id) };
    assert.equal((await look([held])).length, 51);
  });
});
