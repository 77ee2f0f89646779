import assert from "node:assert/strict";
import { loadStackFile, parseSettings } from "../../../components/stack/stackConfig";
import { all, correct, offsite, set } from "./support/changes";

describe("parseSettings, defaults", () => {
  const settings = parseSettings(correct(), "acme/hetzner-platform/prod");

  it("is the multi-server topology when the file names only domain, admins and services", () => {
    assert.equal(settings.environment, "prod");
    assert.equal(settings.location, "nbg1");
    assert.equal(settings.image, "debian-13");
    assert.deepEqual(settings.network, {
      range: "10.0.0.0/16",
      zone: "eu-central",
      subnets: { edge: "10.0.1.0/24", app: "10.0.2.0/24", database: "10.0.3.0/24", storage: "10.0.4.0/24" },
    });
    assert.deepEqual([settings.app.count, settings.app.vcpus, settings.app.memoryGb], [2, 4, 16]);
    assert.deepEqual([settings.database.vcpus, settings.database.memoryGb], [8, 32]);
    assert.deepEqual([settings.storage.vcpus, settings.storage.memoryGb], [4, 8]);
    assert.equal(settings.storage.volumeGb, 2000);
    assert.equal(settings.edge.engine, "haproxy");
    assert.equal(settings.database.cacheEngine, "valkey");
    assert.equal(settings.storage.objectStoreEngine, "versitygw");
    assert.match(settings.images.objectStore, /^versity\/versitygw:v/);
    assert.equal(settings.budgetEur, undefined);
    assert.equal(settings.protect, true);
  });

  it("completes services", () => {
    assert.deepEqual(settings.app.services.worker, {
      image: "example/shop:1.4.2",
      replicas: 1,
      healthPath: "/health/ready",
      environment: {},
      uses: [],
      secrets: {},
      memoryMb: 512,
      keepConnections: "reads",
      sticky: false,
    });
  });

  it("takes a machine's size from its server type", () => {
    const { app } = parseSettings(set("app.serverType", "ccx33")(correct()), "prod");
    assert.deepEqual([app.vcpus, app.memoryGb, app.serverType], [8, 32, "ccx33"]);
  });

  it("keeps a size that is smaller than its server type", () => {
    const { app } = parseSettings(
      set("app", { ...Object(correct().app), serverType: "cx43", vcpus: 4 })(correct()),
      "prod",
    );
    assert.deepEqual([app.vcpus, app.memoryGb], [4, 16]);
  });

  for (const [range, subnets] of [
    ["10.8.0.0/16", ["10.8.1.0/24", "10.8.2.0/24", "10.8.3.0/24", "10.8.4.0/24"]],
    ["10.0.0.0/8", ["10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"]],
    ["192.168.4.0/22", ["192.168.4.128/25", "192.168.5.0/25", "192.168.5.128/25", "192.168.6.0/25"]],
    ["192.168.7.0/24", ["192.168.7.32/27", "192.168.7.64/27", "192.168.7.96/27", "192.168.7.128/27"]],
  ] as const) {
    it(`divides the range ${range} among the tiers`, () => {
      const { network } = parseSettings(set("network.range", range)(correct()), "prod");
      assert.deepEqual(Object.values(network.subnets), subnets);
    });
  }

  it("knows the network zone of the location", () => {
    const america = all(set("location", "ash"), set("app.serverType", "ccx23"));
    assert.equal(parseSettings(america(correct()), "prod").network.zone, "us-east");
  });

  it("lets the longer of two nested prefixes win, so nesting is allowed", () => {
    const nested = set("app.services.v2", { image: "example/shop:2", port: 3000, pathPrefix: "/api/v2" });
    assert.equal(parseSettings(nested(correct()), "prod").app.services.v2?.pathPrefix, "/api/v2");
  });

  it("writes admin ranges as Hetzner returns them", () => {
    const ranges = set("adminRanges", ["2001:DB8:0:0::/64", "::FFFF:0:0/96", "8.8.8.8/32"]);
    assert.deepEqual(parseSettings(ranges(correct()), "qa").adminRanges, [
      "2001:db8::/64",
      "::ffff:0:0/96",
      "8.8.8.8/32",
    ]);
  });

  it("keeps an admin range once that stands twice in the file, as Hetzner does", () => {
    const twice = set("adminRanges", ["8.8.8.8/32", "2001:db8::/64", "2001:DB8:0::/64", "8.8.8.8/32"]);
    assert.deepEqual(parseSettings(twice(correct()), "qa").adminRanges, ["8.8.8.8/32", "2001:db8::/64"]);
  });

  it("lets everybody administer a stack that may be lost", () => {
    const open = all(set("adminRanges", ["0.0.0.0/0"]), set("protect", false));
    assert.deepEqual(parseSettings(open(correct()), "qa").adminRanges, ["0.0.0.0/0"]);
  });

  it("lets services share a prefix under different hosts, and one of them have none", () => {
    const service = (host?: string) => ({ image: "example/shop:1", port: 80, pathPrefix: "/", host });
    const shared = all(
      set("app.services.admin", service("admin.example.com")),
      set("app.services.shop", service("shop.example.com")),
    );
    const { services } = parseSettings(shared(correct()), "prod").app;
    assert.deepEqual(
      Object.values(services).map(({ host }) => host),
      [undefined, undefined, "admin.example.com", "shop.example.com"],
    );
  });

  it("takes all secrets encrypted at once, as pulumi config set --secret writes them", () => {
    assert.doesNotThrow(() => parseSettings(set("secrets", { secure: "v1:abc" })(correct()), "prod"));
  });

  it("takes encrypted secrets and a complete second copy", () => {
    const complete = all(
      set("storage.backup.offsite", offsite),
      set("offsiteAccessKeyId", { secure: "v1:a" }),
      set("offsiteSecretAccessKey", { secure: "v1:b" }),
    );
    assert.deepEqual(parseSettings(complete(correct()), "prod").storage.backup.offsite, offsite);
  });
});

describe("the stack files of this project", () => {
  for (const [stack, count, volumeGb, protect] of [
    ["prod", 2, 2048, true],
    ["qa", 2, 50, false],
    ["local", 2, 2000, false],
  ] as const) {
    it(`reads ${stack}`, () => {
      const settings = loadStackFile(stack);
      assert.equal(settings.environment, stack);
      assert.equal(settings.app.count, count);
      assert.equal(settings.storage.volumeGb, volumeGb);
      assert.equal(settings.protect, protect);
      const replicas = Object.entries(settings.app.services).map(([name, service]) => [
        name,
        service.replicas,
      ]);
      assert.deepEqual(replicas, [
        ["web", 2],
        ["admin", 1],
        ["api", 2],
        ["worker", 2],
      ]);
    });
  }

  it("keeps prod and the local cloud at the seed's sizes", () => {
    for (const { app, database, storage } of [loadStackFile("prod"), loadStackFile("local")]) {
      assert.deepEqual([app.vcpus, app.memoryGb], [4, 16]);
      assert.deepEqual([database.vcpus, database.memoryGb], [8, 32]);
      assert.deepEqual([storage.vcpus, storage.memoryGb], [4, 8]);
    }
  });
});
