import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { StorageNode, type StorageNodeArgs } from "../../../../components/roles/storage";
import { clearTextPaths, isSecretValue, recordProgram, resourceNamed } from "../../../support/mocks";
import { planned } from "../../../support/planned";
import { seedSettings } from "../../../support/settings";

const offsite = { endpoint: "https://s3.example.com", bucket: "copies", region: "eu" };
const withOffsite = {
  ...seedSettings,
  storage: { ...seedSettings.storage, backup: { ...seedSettings.storage.backup, offsite } },
};

function args(changes: Partial<StorageNodeArgs> = {}): StorageNodeArgs {
  return {
    settings: seedSettings,
    plan: planned(seedSettings).plan,
    serverType: "cx33",
    context: {
      location: "nbg1",
      image: "debian-13",
      network: { id: 7, range: "10.0.0.0/16" },
      sshKey: "12",
      privateKey: pulumi.secret("marker-private-key"),
      labels: { environment: "prod" },
    },
    bastion: { host: "198.51.100.10", hostKey: "ssh-ed25519 AAAA" },
    objectStoreImage: "versity/versitygw@sha256:abc",
    backup: pulumi.secret({ user: "backup", password: "marker-backup" }),
    restore: pulumi.secret({ user: "restore", password: "marker-restore" }),
    ...changes,
  };
}

const markers = (type: string, name: string): Record<string, unknown> =>
  type === "random:index/randomPassword:RandomPassword" ? { result: `marker-${name}` } : {};

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
    const settings = { ...seedSettings, protect: false };
    const resources = await recordProgram(() => new StorageNode("storage", args({ settings })), {
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
      const storage = { ...seedSettings.storage, bulk: "storageBox", bulkGb } as const;
      const resources = await recordProgram(
        () => new StorageNode("storage", args({ settings: { ...seedSettings, storage } })),
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
    const credentials = pulumi.secret({ accessKeyId: "id", secretAccessKey: "marker-offsite" });
    const resources = await recordProgram(
      () => new StorageNode("storage", args({ settings: withOffsite, offsite: credentials })),
      { outputs: markers },
    );
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
      assert.equal(own.protect, seedSettings.protect);
    });
  }

  it("previews while the volume has no id yet", async () => {
    const resources = await recordProgram(() => new StorageNode("storage", args()), { preview: true });
    resourceNamed(resources, "command:remote:Command", "storage-storage1-setup");
  });

  it("fails with a key of the copies that is too short and a bulk without a bucket, and shows no key", async () => {
    const storage = { ...seedSettings.storage, bulk: "objectStore" as const };
    await recordProgram(() => {
      assert.throws(
        () =>
          new StorageNode("storage", args({ settings: { ...seedSettings, storage }, backupKey: "planted" })),
        (error) =>
          /backup\.offsite: got nothing, .*; backupKey: got a secret of another form, allowed 20 to 128/.test(
            String(error),
          ) && !/planted/.test(String(error)),
      );
    });
  });

  const credentials = { accessKeyId: "id", secretAccessKey: "key" };
  for (const [name, changes] of [
    ["settings come without credentials", { settings: withOffsite }],
    ["credentials come without settings", { offsite: credentials }],
  ] as const) {
    it(`fails when offsite ${name}, before any resource`, async () => {
      let failure: unknown;
      const resources = await recordProgram(() => {
        try {
          new StorageNode("storage", args(changes));
        } catch (error) {
          failure = error;
        }
      });
      assert.match(String(failure), /settings\.storage\.backup\.offsite: got .*, allowed both or neither/);
      assert.equal(resources.filter(({ type }) => !type.startsWith("hetzner-platform:")).length, 0);
    });
  }
});
