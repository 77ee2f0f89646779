import assert from "node:assert/strict";
import { objectRetentionScript } from "../../../../components/roles/storage/objectRetention";
import { ObjectStoreEngine } from "../../../../components/roles/storage/settings";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { installStore, mountTestVolume, nativeStoreSetup } from "./support/nativeStore";

const config = { privateIp: "10.0.4.11", bucket: "app" };
const url = "http://10.0.4.11:9000/app";
const oddKey = "a%20%26%20b/%C3%BC.txt";

for (const engine of Object.values(ObjectStoreEngine)) {
  describe(`old versions of objects in ${engine}`, function () {
    this.timeout(300_000);
    let machine: TestMachine;
    const app = "curl -fsS -K /etc/platform/object-store/app.curl";
    /** Few entries on a page, so that there are several pages. */
    const retain = (keepSeconds: number) =>
      machine.succeed(
        `cat >/run/retention <<'END_OF_SCRIPT'\n${objectRetentionScript(config, keepSeconds).replace("PAGE = 1000", "PAGE = 3")}\nEND_OF_SCRIPT\npython3 /run/retention`,
      );
    const count = async (element: string) =>
      Number(await machine.succeed(`${app} '${url}?versions' | grep -o '<${element}>' | wc -l || true`));

    before(async function () {
      if (whyNoMachine() !== undefined) this.skip();
      machine = await bootMachine("storage1", ["10.0.4.11"]);
      await machine.succeed(mountTestVolume);
      await installStore(machine, engine);
      const store = { ...config, engine, image: `example/${engine}@sha256:abc` };
      const secrets = { root: "RootSecretKey1", application: "AppSecretKey1" };
      await machine.apply(mergeSetups(listenEarlySetup, nativeStoreSetup(store, secrets)));
      await machine.succeed(`mkdir -p /etc/platform/backup && cat >/etc/platform/backup/rclone.conf <<'END'
[objects]
type = s3
provider = Other
no_check_bucket = true
endpoint = http://10.0.4.11:9000
region = us-east-1
access_key_id = platform-root
secret_access_key = RootSecretKey1
END`);
      // Written hourly, written once, deleted.
      await machine.succeed(`for version in {1..8}; do head -c 1M /dev/urandom >/run/object && ${app} -X PUT --data-binary @/run/object -o /dev/null ${url}/hourly; done
${app} -X PUT --data-binary once -o /dev/null '${url}/${oddKey}'
${app} -X PUT --data-binary gone -o /dev/null ${url}/deleted
${app} -X DELETE -o /dev/null ${url}/deleted
for version in first second; do ${app} -X PUT --data-binary $version -o /dev/null ${url}/pair; done
sleep 1.1`);
    });
    after(() => machine?.stop());

    it("all stay while they are young", async () => {
      assert.match(await retain(3600), /^removed 0 old versions/m);
      assert.deepEqual([await count("Version"), await count("DeleteMarker")], [12, 1]);
    });

    it("go when they were replaced or deleted too long ago, and the disk gets their space back", async () => {
      // MinIO empties its bin every five minutes.
      const used = async () =>
        Number(await machine.succeed("du -sB1 --exclude=.trash /srv/storage/objects | cut -f1"));
      const before = await used();
      assert.match(await retain(1), /^removed 9 old versions/m);
      const after = await used();
      assert.ok(after < before - 6 * 1024 * 1024, `${before} bytes before, ${after} after`);
      assert.deepEqual([await count("Version"), await count("DeleteMarker")], [3, 1]);
    });

    it("never are what everybody sees: current objects stay whatever their age, deleted ones stay deleted", async () => {
      assert.equal(await machine.succeed(`${app} ${url}/pair`), "second");
      assert.equal(await machine.succeed(`${app} '${url}/${oddKey}'`), "once");
      assert.equal((await machine.succeed(`${app} ${url}/hourly | wc -c`)).trim(), "1048576");
      assert.equal((await machine.run(`${app} -o /dev/null ${url}/deleted`)).exitCode, 22);
    });

    it("leave the mark of a deletion last, and nothing at the end", async () => {
      await retain(1);
      assert.deepEqual([await count("Version"), await count("DeleteMarker")], [3, 0]);
      assert.equal((await machine.run(`${app} -o /dev/null ${url}/deleted`)).exitCode, 22);
      assert.match(await retain(1), /^removed 0 old versions/m);
    });
  });
}
