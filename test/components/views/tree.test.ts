import assert from "node:assert/strict";
import { flowsTo } from "../../../components/plan/flows";
import { planPlatform } from "../../../components/presets";
import type { PlatformSettings } from "../../../components/stack/settings";
import { describePlatform } from "../../../components/views/description";
import { describeTree } from "../../../components/views/tree";
import { seedSettings } from "../../support/settings";

const tree = (settings: PlatformSettings) => describeTree(settings, planPlatform(settings));

describe("describeTree (S0-30)", () => {
  const lines = tree(seedSettings).split("\n");

  it("has a heading for each role and an entry for each machine, in reading order", () => {
    const entries = lines.filter((line) => !line.startsWith("  "));
    assert.deepEqual(entries, [
      "prod: www.example.com",
      "- Location nbg1 (Nuremberg, eu-central)",
      "- Private network 10.0.0.0/16",
      "Traffic Entry Layer",
      "- Floating IPv4 exposed to the internet, on one load balancer at a time",
      "- Load Balancer 1 (prod-edge1)",
      "- Load Balancer 2 (prod-edge2)",
      "Application Nodes",
      "- App Node 1 (prod-app1)",
      "- App Node 2 (prod-app2)",
      "Database Node",
      "- Database Node (prod-database1)",
      "Storage Node",
      "- Storage Node (prod-storage1)",
      "",
    ]);
  });

  it("shows an app node's size, type, address, services, replicas and ports", () => {
    const start = lines.indexOf("- App Node 2 (prod-app2)");
    assert.deepEqual(lines.slice(start, start + 7), [
      "- App Node 2 (prod-app2)",
      "  - 4 vCPU, 16 GB RAM (server type cx43 with 8 vCPU, 16 GB RAM, 160 GB disk)",
      "  - 10.0.2.12, no public address",
      "  - web with 2 replicas (/ on port 3000, example/shop:1.0.0); uses database, cache, search, objectStore",
      "  - worker with 2 replicas (no port, example/shop:1.0.0); uses database, cache, search, objectStore",
      "  - Traefik reverse proxy",
      "  - Ports: 22/tcp from edge, 80/tcp from edge and app",
    ]);
  });

  it("differs between app nodes in name and address only (S0-4)", () => {
    const node = (name: string) => {
      const start = lines.indexOf(name);
      return lines.slice(start + 1, start + 7).filter((line) => !line.includes("10.0.2."));
    };
    assert.deepEqual(node("- App Node 1 (prod-app1)"), node("- App Node 2 (prod-app2)"));
  });

  it("follows the engines that the settings choose", () => {
    const text = tree({
      ...seedSettings,
      edge: { ...seedSettings.edge, engine: "nginx" },
      database: { ...seedSettings.database, cacheEngine: "redis" },
      storage: { ...seedSettings.storage, objectStoreEngine: "minio" },
    });
    assert.match(text, /nginx load balancer/);
    assert.match(text, /Redis running as primary cache/);
    assert.match(text, /MinIO object storage \(bucket app\)/);
    assert.doesNotMatch(text, /HAProxy|Valkey|Versity/);
  });

  it("shows volume, backups, their second copy and the log archive", () => {
    const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };
    const backup = { ...seedSettings.storage.backup, offsite };
    const text = tree({ ...seedSettings, storage: { ...seedSettings.storage, backup } });
    assert.match(text, /^ {2}- 2000 GB volume$/m);
    assert.match(text, /^ {2}- Backup storage location \(\*-\*-\* 02:00:00 UTC, kept 14 days\)$/m);
    assert.match(text, /^ {2}- Second copy of backups in copies at https:\/\/s3\.example\.com$/m);
    assert.match(text, /^ {2}- Centralized log archive \(kept 30 days\)$/m);
  });
});

describe("describeTree, S0-16: where backups are kept", () => {
  for (const [bulk, expected] of [
    ["volume", "kept 14 days)"],
    ["storageBox", "kept 14 days on a storage box, BX21 with 5000 GB)"],
    ["objectStore", "kept 14 days in the bucket)"],
  ] as const) {
    it(`shows ${bulk}`, () => {
      const text = tree({ ...seedSettings, storage: { ...seedSettings.storage, bulk } });
      assert.ok(text.includes(`Backup storage location (*-*-* 02:00:00 UTC, ${expected}\n`), text);
      assert.equal(/No second copy: objects and backups exist once/.test(text), bulk === "volume");
    });
  }

  it("says nothing of a missing copy when there is one offsite", () => {
    const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };
    const backup = { ...seedSettings.storage.backup, offsite };
    const text = tree({ ...seedSettings, storage: { ...seedSettings.storage, backup } });
    assert.doesNotMatch(text, /No second copy/);
  });
});

describe("describePlatform", () => {
  const description = describePlatform(seedSettings, planPlatform(seedSettings));

  it("lists exactly the ports of the flows", () => {
    for (const { role, machines } of description.roles) {
      const expected = flowsTo(planPlatform(seedSettings).flows, role).filter(({ port }) => port !== null);
      for (const machine of machines) assert.equal(machine.ports.length, expected.length);
    }
  });

  it("holds every machine of the topology once", () => {
    const names = description.roles.flatMap(({ machines }) => machines.map((machine) => machine.hostname));
    assert.deepEqual(
      names,
      planPlatform(seedSettings).machines.map((machine) => machine.hostname),
    );
  });

  it("survives JSON unchanged, so that --json loses nothing", () =>
    assert.deepEqual(JSON.parse(JSON.stringify(description)), description));
});
