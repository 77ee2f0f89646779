import assert from "node:assert/strict";
import { join } from "node:path";
import { objectStoreSetup } from "../../../../components/roles/storage/objectStore";
import { applicationAccessKey, s3Endpoint, s3Region } from "../../../../components/roles/storage/s3";
import { ObjectStoreEngine } from "../../../../components/roles/storage/settings";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import { renderSetup } from "../../../../components/setup/render";
import { shellcheck } from "../../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { inNetworkOf, installStore, mountTestVolume, nativeStoreSetup } from "./support/nativeStore";
import type { S3Connection } from "./support/s3Scenario";

const secrets = { root: "RootSecretKey1", application: "AppSecretKey1" };
const configOf = (engine: ObjectStoreEngine) => ({
  engine,
  image: `example/${engine}@sha256:abc`,
  privateIp: "10.0.4.11",
  bucket: "app",
});
const connectionWith = (secretAccessKey: string): S3Connection => ({
  endpoint: s3Endpoint("10.0.4.11"),
  region: s3Region,
  bucket: "app",
  accessKeyId: applicationAccessKey,
  secretAccessKey,
});

for (const engine of Object.values(ObjectStoreEngine)) {
  describe(`objectStoreSetup for ${engine}`, () => {
    const setup = objectStoreSetup(configOf(engine), secrets);

    it("keeps secrets in files that only root reads", () => {
      for (const file of setup.files) {
        const secret = Object.values(secrets).some((value) => file.content.includes(value));
        if (secret) assert.equal(file.mode, "0600", file.path);
      }
    });

    it("starts only with the volume and renders to a script that shellcheck accepts", async function () {
      this.timeout(60_000);
      const dropIn = setup.files.find(({ path }) => path.endsWith("object-store.service.d/storage.conf"));
      assert.match(dropIn?.content ?? "", /^RequiresMountsFor=\/srv\/storage$/m);
      assert.equal(await shellcheck(renderSetup("storage1", setup), ["SC2016"]), "");
      for (const { path, content } of setup.files) {
        if (content.startsWith("#!/bin/bash")) assert.equal(await shellcheck(content), "", path);
      }
    });
  });

  describe(`S0-17: the object store ${engine}, for real`, function () {
    this.timeout(900_000);
    let machine: TestMachine;
    const apply = (newSecrets = secrets) =>
      machine.apply(mergeSetups(listenEarlySetup, nativeStoreSetup(configOf(engine), newSecrets)));

    before(async function () {
      if (whyNoMachine() !== undefined) this.skip();
      machine = await bootMachine("storage1", ["10.0.4.11"]);
      await machine.succeed(mountTestVolume);
      await installStore(machine, engine);
      await apply();
    });
    after(() => machine?.stop());

    it("S3-11: puts, gets and deletes versions for the application, and nothing else", async () => {
      const scenario = join(__dirname, "support", "s3Scenario.ts");
      await machine.succeed("/usr/local/lib/platform/object-store make-bucket other");
      const seen = await inNetworkOf(machine, scenario, connectionWith(secrets.application));
      assert.deepEqual(seen, {
        versionsDiffer: true,
        newest: "two",
        older: "one",
        deleteMarker: true,
        afterDelete: "NoSuchKey",
        olderAfterDelete: "one",
        listed: [2, 1],
        afterUndelete: "two",
        largeIsEqual: true,
        createBucket: "AccessDenied",
        deleteBucket: "AccessDenied",
        otherBucket: "AccessDenied",
        wrongSecret: "SignatureDoesNotMatch",
        left: 0,
      });
    });

    it("keeps its data on the volume and as a user of its own", async () => {
      const owners = await machine.succeed(`find /srv/storage/objects -printf '%U\\n' | sort -u`);
      assert.equal(owners.trim(), "900");
    });

    it("changes nothing on a second run, and rotates the application's secret", async () => {
      const pid = () => machine.succeed("systemctl show -p MainPID --value object-store.service");
      const before = await pid();
      assert.ok(!(await apply()).includes("bucket app"));
      assert.equal(await pid(), before);
      await apply({ ...secrets, application: "AppSecretKey2" });
      await machine.succeed("/usr/local/lib/platform/object-store try");
      const old = await inNetworkOf<{ error?: string }>(
        machine,
        join(__dirname, "support", "s3Scenario.ts"),
        connectionWith(secrets.application),
      ).catch((error: Error) => ({ error: error.message }));
      assert.match(old.error ?? "", /SignatureDoesNotMatch/);
    });

    it("takes a new root secret and shows no secret in process list or journal", async () => {
      await apply({ root: "RootSecretKey2", application: "AppSecretKey3" });
      await machine.succeed("/usr/local/lib/platform/object-store try");
      const found = await machine.run(
        "{ journalctl -o cat; ps axww; } | grep -E '[R]ootSecretKey|[A]ppSecretKey'",
      );
      assert.equal(found.output, "");
    });

    it("does not start without the volume", async () => {
      await machine.succeed(
        "systemctl stop object-store.service; umount /srv/storage; rm -f /srv/storage/.platform-volume",
      );
      const { exitCode } = await machine.run("systemctl start object-store.service");
      assert.notEqual(exitCode, 0);
    });
  });
}
