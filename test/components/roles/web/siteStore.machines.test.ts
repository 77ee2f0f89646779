import assert from "node:assert/strict";
import { applicationAccessKey } from "../../../../components/roles/storage/s3";
import { webSetup } from "../../../../components/roles/web/setup";
import type { WebSite } from "../../../../components/roles/web/sites";
import { listenEarlySetup } from "../../../../components/setup/listenEarly";
import { mergeSetups } from "../../../../components/setup/merge";
import type { MachineSetup } from "../../../../components/setup/types";
import { bootMachine, type TestMachine, whyNoMachine } from "../database/support/machine";
import { installStore, mountTestVolume, nativeStoreSetup } from "../storage/support/nativeStore";
import { webOptions } from "./support/options";

const address = webOptions.machine.privateIp;
const endpoint = "http://10.0.4.11:9000";
const store = {
  privateIp: "10.0.4.11",
  bucket: "app",
  engine: "versitygw",
  image: "example/s3@sha256:abc",
} as const;
const keys = { root: "RootSecretKey1", application: "planted-app-key" };

/** Both roles on one machine: the store takes no part in what is tried here but as what answers S3. */
const storeSetup = nativeStoreSetup(store, keys);

/** @param away the store is stopped, and stays so */
function setupOf(docs: Partial<WebSite>, { away = false } = {}): MachineSetup {
  const sites = { docs: { pathPrefix: "/", spa: false, source: "objectStore", ...docs } as const };
  const content = { ...webOptions.content, sites, protectedPaths: {} };
  const access = { endpoint, region: "us-east-1", bucket: "app", accessKeyId: applicationAccessKey };
  const web = webSetup(
    { ...webOptions, services: [], nodes: [], content },
    {},
    { ...access, secretAccessKey: keys.application },
  );
  const both = mergeSetups(storeSetup, web);
  return away ? { ...web, packages: [], files: both.files, probes: both.probes } : { ...both, packages: [] };
}

describe("web servers whose files lie in the object store", function () {
  this.timeout(300_000);
  let booted: TestMachine;
  const page = (path = "/") => booted.succeed(`curl -fsS http://${address}${path}`);
  /** A site of two files, published. */
  const publish = (id: string, text = id) =>
    booted.run(
      `rm -rf /tmp/site && mkdir -p '/tmp/site/a b' && echo ${text} >/tmp/site/index.html && echo '${text} %C3%A4' >'/tmp/site/a b/ä #1.txt' && tar -cz -C /tmp/site . | platform-release publish docs ${id}`,
    );
  const published = async (id: string) => {
    const { exitCode, output } = await publish(id);
    assert.equal(exitCode, 0, output);
  };
  /** What somebody else does who may write to the bucket. */
  const rclone = "rclone --config=/etc/platform/secrets/site-store.conf --quiet";
  const there = "store:app/sites/docs";
  const stopStore = () => booted.succeed("systemctl stop object-store.service");
  const startStore = () =>
    booted.succeed(
      `systemctl start object-store.service; for _ in {1..200}; do curl -s -o /dev/null ${endpoint} && exit 0; sleep 0.05; done; exit 1`,
    );

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    booted = await bootMachine("web1", [address, "10.0.4.11"]);
    await booted.succeed(mountTestVolume);
    await installStore(booted, store.engine);
    await booted.apply(mergeSetups(listenEarlySetup, storeSetup));
    await booted.apply(setupOf({}));
  });
  after(() => booted?.stop());

  it("take visitors of everything else before there is a release: the first one is published here", async () => {
    const status = (path: string) =>
      booted.succeed(`curl -s -o /dev/null -w '%{http_code}' http://${address}${path}`);
    assert.deepEqual([await status("/.platform/ready"), await status("/")], ["200", "404"]);
    assert.match((await booted.run("platform-status")).output, /docs has no release: see platform-release/);
  });

  it("S2-31: are told a release, fetch it whole and answer with it", async () => {
    await published("v1");
    await booted.apply(setupOf({ release: "v1" }));
    assert.equal(await page(), "v1");
    assert.equal(await page("/a%20b/%C3%A4%20%231.txt"), "v1 %C3%A4");
    assert.match(await booted.succeed("platform-status"), /^sites +up, docs v1/m);
    const file = "/etc/platform/secrets/site-store.conf";
    assert.equal((await booted.succeed(`stat -c '%a %U' ${file}`)).trim(), "600 root");
  });

  it("go to another release and back, and ask the store nothing for one that they have", async () => {
    await published("v2");
    await booted.apply(setupOf({ release: "v2" }));
    assert.equal(await page(), "v2");
    await stopStore();
    await booted.apply(setupOf({ release: "v1" }, { away: true }));
    assert.equal(await page(), "v1");
    await startStore();
  });

  it("keep what they have while the store is away, and say so", async () => {
    await published("v3");
    await stopStore();
    const { exitCode, output } = await booted.run("platform-release fetch docs v3");
    assert.deepEqual(
      [exitCode, output.trim().split("\n").at(-1)],
      [75, "platform-release: the object store does not answer"],
    );
    assert.equal(await page(), "v1");
    await startStore();
    await booted.succeed(
      "for _ in {1..100}; do platform-release fetch docs v3 && exit 0; sleep 0.1; done; exit 1",
    );
    assert.equal(await page(), "v3");
  });

  it("refuse a release that is not there, that is there already, and one that is not as it was published", async () => {
    const missing = await booted.run("platform-release fetch docs v9");
    assert.match(
      missing.output,
      /no release v9 of docs in the object store: platform-release publish docs v9/,
    );
    assert.match((await publish("v3")).output, /release v3 of docs is in the object store already/);
    await published("v4");
    await booted.succeed(`echo forged | ${rclone} rcat ${there}/v4/files/index.html`);
    const forged = await booted.run("platform-release fetch docs v4");
    assert.match(forged.output, /files of release v4 are not those of its SHA256SUMS/);
    await published("v5");
    await booted.succeed(`echo more | ${rclone} rcat ${there}/v5/files/more.html`);
    assert.match(
      (await booted.run("platform-release fetch docs v5")).output,
      /has files that its SHA256SUMS does not name/,
    );
    assert.equal(await page(), "v3");
    assert.equal(await booted.succeed("ls -A /srv/www/docs | grep -c new || true"), "0");
  });

  it("keep five releases in the store, and the one that is answered with", async () => {
    for (const id of ["v6", "v7", "v8", "v9"]) await published(id);
    const listed = await booted.succeed(`${rclone} lsf --dirs-only ${there} | tr -d /`);
    const known = await booted.succeed(
      `${rclone} lsl ${there}; echo listed by the last one:; cat /srv/www/docs/.ids`,
    );
    assert.deepEqual(listed.trim().split(/\s+/).sort(), ["v3", "v5", "v6", "v7", "v8", "v9"], known);
  });

  it("show the key of the store in no list of processes and no log", async () => {
    assert.equal(
      (await booted.run(`grep -rl ${keys.application} /var/log /run /etc/nginx /usr/local`)).exitCode,
      1,
    );
    assert.equal((await booted.run(`journalctl --no-pager | grep -q ${keys.application}`)).exitCode, 1);
  });
});
