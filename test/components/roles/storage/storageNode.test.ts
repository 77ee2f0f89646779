import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { StorageNode } from "../../../../components/roles/storage";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { shellcheck } from "../../../support/shellcheck";
import { args, markers, setupScript } from "./support/node";

const boxOutputs = (type: string, name: string): Record<string, unknown> => {
  if (type === "random:index/randomBytes:RandomBytes")
    return { base64: Buffer.alloc(32, 7).toString("base64") };
  if (type !== "hcloud:index/storageBox:StorageBox") return markers(type, name);
  return { server: "u1337.your-storagebox.de", username: "u1337" };
};

describe("StorageNode", () => {
  it("has a protected volume of the ordered size, attached before the set-up runs", async () => {
    const resources = await recordProgram(() => new StorageNode("storage", args()), { outputs: markers });
    const volume = resourceNamed(resources, "hcloud:index/volume:Volume", "storage-volume");
    assert.deepEqual(
      [volume.inputs.size, volume.inputs.format, volume.inputs.location, volume.inputs.deleteProtection],
      [2000, "ext4", "nbg1", true],
    );
    assert.equal(volume.protect, true);
    // Replacing must not begin with deleting the data.
    assert.equal(volume.deleteBeforeReplace, false);
    resourceNamed(resources, "hcloud:index/volumeAttachment:VolumeAttachment", "storage-storage1-volume");
  });

  it("leaves volume and server of an unprotected environment deletable", async () => {
    const resources = await recordProgram(() => new StorageNode("storage", args({ protect: false })), {
      outputs: markers,
    });
    const volume = resourceNamed(resources, "hcloud:index/volume:Volume", "storage-volume");
    assert.deepEqual([volume.protect, volume.inputs.deleteProtection], [false, false]);
  });

  for (const [bulkGb, type] of [
    [1000, "bx11"],
    [2000, "bx21"],
    [5001, "bx31"],
  ] as const) {
    it(`S0-16: orders ${type} for ${bulkGb} GB on a storage box, closed to the internet`, async () => {
      const resources = await recordProgram(
        () => new StorageNode("storage", args({ bulk: "storageBox", bulkGb })),
        { outputs: boxOutputs },
      );
      const { inputs, protect } = resourceNamed(
        resources,
        "hcloud:index/storageBox:StorageBox",
        "storage-box",
      );
      assert.deepEqual(
        [inputs.storageBoxType, inputs.location, inputs.deleteProtection, protect],
        [type, "fsn1", true, true],
      );
      assert.deepEqual(inputs.accessSettings, {
        sshEnabled: true,
        reachableExternally: false,
        sambaEnabled: false,
        webdavEnabled: false,
        zfsEnabled: false,
      });
      assert.ok(isSecretValue(inputs.password));
      const setup = resourceNamed(resources, "command:remote:Command", "storage-storage1-setup");
      const script = JSON.stringify(setup.inputs.stdin);
      assert.match(script, /host = u1337\.your-storagebox\.de/);
      assert.match(script, /OPENSSH PRIVATE KEY/);
    });
  }

  it("S0-16: orders no storage box for the other backends", async () => {
    const resources = await recordProgram(() => new StorageNode("storage", args()), { outputs: markers });
    assert.deepEqual(
      resources.filter(({ type }) => type.includes("storageBox")),
      [],
    );
  });

  it("shows no password outside of a secret", async () => {
    const offsite = {
      endpoint: "https://s3.example.com",
      bucket: "copies",
      region: "eu",
      accessKeyId: "id",
      secretAccessKey: pulumi.secret("marker-offsite"),
    };
    const resources = await recordProgram(() => new StorageNode("storage", args({ offsite })), {
      outputs: markers,
    });
    const setup = resourceNamed(resources, "command:remote:Command", "storage-storage1-setup");
    assert.ok(isSecretValue(setup.inputs.stdin));
    const script = JSON.stringify(setup.inputs.stdin);
    const planted = ["backup", "restore", "offsite", "storage-objects-root", "storage-objects-app"];
    for (const name of planted) assert.ok(script.includes(`marker-${name}`), name);
    assert.deepEqual(
      resources.flatMap(({ inputs }) => clearTextPaths(inputs, "marker-")),
      [],
    );
  });

  it("answers how to reach the bucket, the secret key as a secret", async () => {
    let node: StorageNode | undefined;
    let values: unknown;
    await recordProgram(
      () => {
        node = new StorageNode("storage", args());
        pulumi
          .all([node.s3Endpoint, node.region, node.bucket, node.accessKeyId, node.secretAccessKey])
          .apply((all) => {
            values = all;
          });
      },
      { outputs: markers },
    );
    assert.deepEqual(values, [
      "http://10.0.4.11:9000",
      "us-east-1",
      "app",
      "platform-app",
      "marker-storage-objects-app",
    ]);
    assert.ok(node !== undefined);
    assert.equal(await pulumi.isSecret(node.secretAccessKey), true);
    assert.equal(await pulumi.isSecret(node.s3Endpoint), false);
  });

  for (const [title, given, key] of [
    ["a key of its own", undefined, "marker-storage-backup-key"],
    [
      "the key of the platform whose copies are to be restored",
      "KeyOfAnotherPlatform1",
      "KeyOfAnotherPlatform1",
    ],
  ] as const) {
    it(`encrypts copies with ${title}, a secret that is protected`, async () => {
      let node: StorageNode | undefined;
      let value: unknown;
      const resources = await recordProgram(
        () => {
          node = new StorageNode("storage", args(given === undefined ? {} : { backupKey: given }));
          node.backupKey.apply((text) => {
            value = text;
          });
        },
        { outputs: markers },
      );
      assert.equal(value, key);
      assert.ok(node !== undefined && (await pulumi.isSecret(node.backupKey)));
      // It stays in the stack, whichever one is used: copies of its time need it.
      const own = resourceNamed(
        resources,
        "random:index/randomPassword:RandomPassword",
        "storage-backup-key",
      );
      assert.equal(own.protect, true);
    });
  }

  it("previews while the volume has no id yet", async () => {
    const resources = await recordProgram(() => new StorageNode("storage", args()), { preview: true });
    resourceNamed(resources, "command:remote:Command", "storage-storage1-setup");
  });

  it("is a plain object store with a log archive when nothing but a machine, an address and clients is given", async () => {
    const { location, network, address, serverType, sshKey, privateKey, bastion, clients } = args();
    const least = { location, network, address, serverType, sshKey, privateKey, bastion, clients };
    const resources = await recordProgram(() => new StorageNode("media", least), { outputs: markers });
    const volume = resourceNamed(resources, "hcloud:index/volume:Volume", "media-volume");
    assert.deepEqual([volume.inputs.name, volume.inputs.size], ["media-storage1-volume", 2000]);
    assert.deepEqual(volume.inputs.labels, { environment: "media", "managed-by": "pulumi" });
    const script = await setupScript(least);
    assert.match(script, /versity\/versitygw:v[0-9.]+/);
    assert.match(script, /platform-log-retention/);
    assert.doesNotMatch(script, /pg_dump|platform-backup/);
    assert.equal(await shellcheck(script, ["SC2016"]), "");
  });

  it("backs up the database that it is told, with names and addresses that are known later", async () => {
    const later = <T>(value: T) => pulumi.output(Promise.resolve(value));
    const script = await setupScript(
      args({
        database: {
          address: later("10.9.0.5"),
          port: later(5433),
          name: later("shop"),
          backup: later({ user: "dumper", password: "p1" }),
          restore: later({ user: "filler", password: "p2" }),
        },
        backupSchedule: "*-*-* 04:30:00",
        retentionDays: 30,
      }),
    );
    assert.match(script, /^export PGHOST=10\.9\.0\.5 PGPORT=5433 /m);
    assert.match(script, /^readonly root=\S+ database=shop bucket=app$/m);
    assert.match(script, /^OnCalendar=\*-\*-\* 04:30:00 UTC$/m);
    assert.match(script, /^10\.9\.0\.5:5433:\*:dumper:p1$/m);
    assert.match(script, /'30 days ago'/);
    assert.equal(await shellcheck(script, ["SC2016"]), "");
  });

  const rulesOf = (script: string) =>
    [...script.matchAll(/^ {4}(ip saddr .*) accept comment "(.*)"$/gm)]
      .map(([, rule, purpose]) => `${purpose}: ${rule}`)
      .sort();
  const always = [
    "SSH through the bastion: ip saddr { 10.0.0.0/16 } tcp dport 22",
    "reachability: ip saddr { 10.0.0.0/16 } meta l4proto { icmp, ipv6-icmp }",
  ];

  it("lets its clients reach the objects, and every machine of the network send its journal", async () => {
    const clients = pulumi.output(Promise.resolve(["10.0.2.0/24", "10.0.9.9"]));
    assert.deepEqual(rulesOf(await setupScript(args({ clients }))), [
      ...always.slice(0, 1),
      "log archive: ip saddr { 10.0.0.0/16 } tcp dport 19532",
      "objects: ip saddr { 10.0.2.0/24 } tcp dport 9000",
      "objects: ip saddr { 10.0.9.9/32 } tcp dport 9000",
      ...always.slice(1),
    ]);
  });

  it("takes journals from chosen machines when they are named", async () => {
    const rules = rulesOf(await setupScript(args({ clients: [], logSenders: ["10.0.2.11"] })));
    assert.deepEqual(rules, [
      ...always.slice(0, 1),
      "log archive: ip saddr { 10.0.2.11/32 } tcp dport 19532",
      ...always.slice(1),
    ]);
  });
});
