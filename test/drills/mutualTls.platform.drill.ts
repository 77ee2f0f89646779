// Certificates between machines on the whole platform: switched on and off while visitors come, refused without, renewed.
import assert from "node:assert/strict";
import { fromInternet, listeningPorts, must, onMachine } from "../e2e/support/cloud";
import { describeLoad, startLoad } from "../e2e/support/load";
import { curl, platformIsUp, up, url } from "../e2e/support/platform";
import { drillNumbers } from "./support/record";

const on = { mutualTls: ["requests"] };
const apps = ["local-app1", "local-app2"];
const holders = ["local-edge1", "local-edge2", ...apps];

/** Everybody who comes during an `up` waits no longer than this altogether, on two cores that also do the up. */
const longestOutageMs = 60_000;

/** `up` while visitors come. Answers for how long some of them failed. */
async function upUnderLoad(name: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const load = startLoad(`${url()}/whoami`, 4, 1200);
  await up(changes);
  const result = await load.stop();
  const [first = 0, last = first] = [result.failedAtMs.at(0), result.failedAtMs.at(-1)];
  const text = `${describeLoad(result)}; from the first failure to the last ${last - first} ms`;
  console.log(`      ${name}: ${text}`);
  drillNumbers({ [name]: text });
  assert.ok(last - first < longestOutageMs, text);
}

const page = async () =>
  (await fromInternet(`${curl()} -o /dev/null -w '%{http_code}' ${url()}/whoami`)).stdout.trim();

describe("drill: certificates between machines", function () {
  this.timeout("1h");

  before("the platform is up", platformIsUp);
  after("it is as it was", () => up());

  it("are switched on while visitors come, and another up changes nothing", async () => {
    await upUnderLoad("switched on", on);
    assert.equal(await page(), "200");
    const again = await up(on);
    assert.deepEqual(Object.keys(again.changes), ["same"]);
  });

  it("every machine that has one says that it is well", async () => {
    for (const name of holders) {
      const status = JSON.parse((await onMachine(name, "platform-status --json")).stdout);
      assert.equal(status.tiers.up, true, `${name}: ${JSON.stringify(status.reasons)}`);
    }
  });

  it("a node takes no plain request any more, and none without a certificate", async () => {
    for (const node of apps) {
      const ports = await listeningPorts(node);
      assert.ok(ports.includes(443) && !ports.includes(80), `${node}: ${ports}`);
      const ask = (options: string, scheme = "https") =>
        onMachine(
          "local-edge1",
          `curl -sS -m 5 -o /dev/null -w '%{http_code}' ${options} ${scheme}://${node}:443/whoami`,
        );
      const own = "--cacert /etc/platform/tiers/servers.pem --cert /etc/platform/tiers/own.pem";
      assert.equal((await ask(own)).stdout, "200");
      assert.notEqual((await ask("-k")).exitCode, 0);
      assert.equal((await ask("", "http")).stdout, "404");
    }
  });

  it("are renewed on all machines under load, and no request fails", async () => {
    const load = startLoad(`${url()}/whoami`, 4, 600);
    const serial = "openssl x509 -noout -serial -in /etc/platform/tiers/own.pem";
    for (const name of holders) {
      const before = await must(name, serial);
      await must(name, "rm /etc/platform/tiers/own.pem && systemctl start platform-tiers.service");
      assert.notEqual(await must(name, serial), before);
    }
    const result = await load.stop();
    drillNumbers({ renewed: describeLoad(result) });
    console.log(`      renewed: ${describeLoad(result)}`);
    assert.equal(result.failed, 0, describeLoad(result));
    const again = await up(on);
    assert.deepEqual(Object.keys(again.changes), ["same"]);
  });

  it("are switched off while visitors come", async () => {
    await upUnderLoad("switched off", {});
    assert.equal(await page(), "200");
  });
});
