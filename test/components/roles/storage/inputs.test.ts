import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { StorageNode, type StorageNodeArgs } from "../../../../components/roles/storage";
import { recordProgram } from "../../../support/mocks";
import { args, markers } from "./support/node";

const login = { user: "backup", password: "planted" };
const database = { address: "10.0.3.11", backup: login, restore: login };
const offsite = {
  endpoint: "https://s3.example.com",
  bucket: "copies",
  region: "eu",
  accessKeyId: "id",
  secretAccessKey: "planted",
};
const later = <T>(value: T) => pulumi.output(Promise.resolve(value));

/** What it says of these arguments, by path; `made` is what it has made besides. */
async function refused(changes: Partial<StorageNodeArgs>) {
  let failure: unknown;
  const resources = await recordProgram(() => {
    try {
      new StorageNode("storage", args(changes));
    } catch (error) {
      failure = error;
    }
  });
  const made = resources.filter(({ type }) => !type.startsWith("hetzner-platform:"));
  if (!pulumi.InputPropertiesError.isInstance(failure)) return { reasons: {}, message: "", made };
  const reasons = failure.errors.map(({ propertyPath, reason }) => [propertyPath, reason]);
  return { reasons: Object.fromEntries(reasons) as Record<string, string>, message: failure.message, made };
}

describe("inputs of a StorageNode", function () {
  this.timeout(60_000);

  const wrong: readonly (readonly [string, Partial<StorageNodeArgs>, string, RegExp])[] = [
    ["an address that is none", { address: "10.0.4" }, "address", /got "10\.0\.4", allowed an IPv4/],
    ["a volume below what Hetzner has", { volumeGb: 5 }, "volumeGb", /got 5, allowed a whole number from 10/],
    ["a bucket that S3 does not take", { bucket: "My_Media" }, "bucket", /got "My_Media", allowed 3 to 63/],
    [
      "an engine that nobody knows",
      { objectStoreEngine: "ceph" as StorageNodeArgs["objectStoreEngine"] },
      "objectStoreEngine",
      /got "ceph", allowed one of versitygw, minio/,
    ],
    [
      "MinIO without an image",
      { objectStoreEngine: "minio", objectStoreImage: undefined },
      "objectStoreImage",
      /got nothing, allowed an image reference while objectStoreEngine is minio/,
    ],
    [
      "clients that are names",
      { clients: ["10.0.2.11", "app1"] },
      "clients[1]",
      /got "app1", allowed an IPv4/,
    ],
    ["senders that are names", { logSenders: ["app1"] }, "logSenders[0]", /got "app1", allowed an IPv4/],
    ["logs kept for no time", { logRetentionDays: 0 }, "logRetentionDays", /got 0, allowed a whole number/],
    ["backups kept for no time", { retentionDays: 0 }, "retentionDays", /got 0, allowed a whole number/],
    [
      "a schedule in cron's words",
      { backupSchedule: "0 2 * * *" },
      "backupSchedule",
      /got "0 2 \* \* \*", allowed a systemd calendar expression/,
    ],
    [
      "backups in a bucket that nobody has named",
      { bulk: "objectStore" },
      "offsite",
      /got nothing, allowed endpoint, bucket and region while bulk is objectStore/,
    ],
    [
      "a size of a storage box that is not ordered",
      { bulkGb: 500 },
      "bulkGb",
      /got 500, allowed nothing while bulk is not storageBox/,
    ],
    ["more than any box holds", { bulk: "storageBox", bulkGb: 90_000 }, "bulkGb", /got 90000, allowed/],
    [
      "a copy that travels in clear text",
      { offsite: { ...offsite, endpoint: "http://s3.example.com" } },
      "offsite.endpoint",
      /got "http:\/\/s3\.example\.com", allowed https/,
    ],
    [
      "a copy on the very machine",
      { offsite: { ...offsite, endpoint: "http://10.0.4.11:9000" } },
      "offsite.endpoint",
      /allowed a store outside/,
    ],
    [
      "a key of two lines",
      { offsite: { ...offsite, secretAccessKey: "planted\nendpoint = x" } },
      "offsite.secretAccessKey",
      /^got a secret of another form, allowed at most 512/,
    ],
    [
      "a database that is not named by an address",
      { database: { ...database, address: "db1" } },
      "database.address",
      /got "db1", allowed a private IPv4 address/,
    ],
    [
      "a port out of range",
      { database: { ...database, port: 70_000 } },
      "database.port",
      /got 70000, allowed 1 to 65535/,
    ],
    [
      "a database of PostgreSQL's own",
      { database: { ...database, name: "postgres" } },
      "database.name",
      /got "postgres", allowed 1 to 63/,
    ],
    [
      "a user that would end a statement",
      { database: { ...database, backup: { user: "a'; --", password: "planted" } } },
      "database.backup.user",
      /got "a'; --", allowed/,
    ],
    [
      "a password of two lines",
      { database: { ...database, restore: { user: "a", password: "planted\n" } } },
      "database.restore.password",
      /^got a secret of another form, allowed one line$/,
    ],
    [
      "a key that is too short",
      { backupKey: "planted" },
      "backupKey",
      /^got a secret of another form, allowed 20/,
    ],
  ];
  for (const [name, changes, path, reason] of wrong) {
    it(`refuses ${name}, before any resource, and shows no secret`, async () => {
      const { reasons, message, made } = await refused(changes);
      assert.deepEqual(Object.keys(reasons), [path]);
      assert.match(reasons[path] ?? "", reason);
      assert.doesNotMatch(message, /planted/);
      assert.deepEqual(made, []);
    });
  }

  it("refuses everything at once", async () => {
    const { reasons, message } = await refused({
      network: { id: 9, range: "10.0.0.0" },
      address: "10.0",
      serverType: "cx99",
      volumeGb: 1,
      clients: ["x"],
      backupKey: "planted",
      database: { ...database, port: 0 },
    });
    const paths = [
      "network.range",
      "address",
      "serverType",
      "volumeGb",
      "clients[0]",
      "database.port",
      "backupKey",
    ];
    assert.deepEqual(Object.keys(reasons), paths);
    for (const path of paths) assert.ok(message.includes(`${path}: got `), path);
  });

  it("refuses without a database whatever only backups need, and takes how long versions of objects are kept", async () => {
    const { reasons } = await refused({
      database: undefined,
      backupSchedule: "hourly",
      bulk: "storageBox",
      bulkGb: 100,
      keepStorageBox: true,
      offsite,
      backupKey: "KeyOfAnotherPlatform1",
      retentionDays: 7,
    });
    const paths = ["backupSchedule", "bulk", "bulkGb", "keepStorageBox", "offsite", "backupKey"];
    assert.deepEqual(Object.keys(reasons), paths);
    for (const reason of Object.values(reasons)) assert.match(reason, /allowed nothing without database/);
  });

  const answered: readonly (readonly [string, Partial<StorageNodeArgs>])[] = [
    ["clients", { clients: later(["app1.example.com"]) }],
    ["a database's name", { database: { ...database, name: later("post-gres") } }],
    ["a login", { database: { ...database, backup: later({ user: "a b", password: "p" }) } }],
    ["an endpoint elsewhere", { offsite: { ...offsite, endpoint: later("http://s3.example.com") } }],
    ["a key of the copies", { backupKey: pulumi.secret("short") }],
  ];
  for (const [name, changes] of answered) {
    it(`sets no machine up for ${name} that turns out to be wrong`, async () => {
      const setups = async (given: Partial<StorageNodeArgs>) =>
        (await recordProgram(() => new StorageNode("storage", args(given)), { outputs: markers })).filter(
          ({ name: of }) => of.endsWith("-setup"),
        );
      assert.equal((await setups({})).length, 1);
      assert.equal((await setups(changes)).length, 0);
    });
  }
});
