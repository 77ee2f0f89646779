import assert from "node:assert/strict";
import { type TestMachine, whyNoMachine } from "../database/support/machine";
import { challengesByDns } from "./support/acmeDns";
import { failuresOfTheAuthority } from "./support/acmeFailures";
import {
  editState,
  impostor,
  makeDue,
  names,
  recordAnswer,
  secretLine,
  servedByTwo,
  serving,
  setupOf,
  site,
  startLoad,
  state,
  status,
} from "./support/acmePair";
import { type AcmeWorld, acmeWorld } from "./support/acmeWorld";
import { edge1, edge2 } from "./support/options";
import { floatingIp } from "./support/outsideWorld";
import { until } from "./support/until";

describe("certificates by ACME on a pair of booted machines", function () {
  this.timeout(120_000);
  let world: AcmeWorld;
  let first: TestMachine;
  let second: TestMachine;

  before(async function () {
    this.timeout(900_000);
    if (whyNoMachine() !== undefined) this.skip();
    world = await acmeWorld(names);
    [first, second] = world.machines;
    // Who has the address asks, and the authority comes to the other one.
    await world.lead(1, 0);
    await Promise.all(world.machines.map((machine) => machine.succeed(site)));
  });
  after(async () => {
    await world?.stop();
  });

  const visit = async (url: string) => {
    const ask = `curl -sk -m 10 -o /dev/null -w '%{http_code} %{redirect_url}' --resolve '*:80:${floatingIp}' --resolve '*:443:${floatingIp}' ${url}`;
    return (await world.outside(ask)).output;
  };

  it("the set-up succeeds while the ACME server is away, visitors are served over HTTP, and the status says what is missing", async () => {
    await Promise.all([first.apply(setupOf(0, world.root)), second.apply(setupOf(1, world.root))]);
    assert.equal(await visit("http://www.example.com/"), "200 ");
    assert.equal(await visit("https://www.example.com/"), "200 ");
    await until(async () => (await state(first)).failures > 0);
    const told = await status(first);
    assert.equal(told.up, false);
    assert.match(
      told.reasons[0],
      /^none has been issued yet: the last of \d+ attempts failed: .*10\.0\.1\.1/,
    );
    // The other one has asked nobody: it is not its turn.
    assert.equal((await state(second)).failures, undefined);
  });

  it("a name that has no address in DNS costs no attempt, and the status says for which one it waits", async () => {
    await first.succeed("sed -i 's/ shop.example.com//' /etc/hosts");
    await editState(first, ".dueSince = now | .notBefore = 0 | .takenBefore = .failures");
    await until(async () =>
      /^waits for an address of shop\.example\.com in DNS$/.test((await state(first)).verdict),
    );
    const { failures, takenBefore } = await state(first);
    assert.equal(failures, takenBefore);
    assert.match((await status(first)).reasons[0], /^none has been issued yet: waits for an address of shop/);
    await first.succeed(`sed -i 's/ www.example.com/& shop.example.com/' /etc/hosts`);
  });

  it("before the first certificate it looks again and again: who gets the address and keeps it for seconds asks", async () => {
    await second.succeed(`mkdir -p /run/early
jq '.every = 40 | .agentState = "/run/early/state.json" | .folder = "/run/early"' /etc/platform/secrets/certificate.json >/run/early/config.json
systemd-run --quiet --collect --unit=early python3 -B /usr/local/lib/platform-certificate/certificate.py /run/early/config.json`);
    const told = async () => JSON.parse(await second.succeed("cat /run/early/status.json"));
    await until(async () => (await told()).verdict === "the other load balancer's turn");
    const lead = (owner: number) =>
      second.succeed(`echo '{"server": 2, "owner": ${owner}}' >/run/early/state.json`);
    await lead(2);
    await until(async () => (await told()).ownerSince > 0);
    // It goes on to the other one, as when both start.
    await lead(1);
    await until(async () => (await told()).ownerSince === null);
    assert.equal((await told()).failures, undefined, "nobody was asked");
    await lead(2);
    await until(async () => (await told()).failures === 1);
    await until(async () => (await second.run("systemctl is-active early")).exitCode !== 0);
  });

  it("what the authority says becomes one line, and its limits are kept", async () => {
    const said = {
      unreachable:
        "Saving debug log to /x\nRequesting a certificate for a\n\nCertbot failed to authenticate some domains (authenticator: standalone). The Certificate Authority reported these problems:\n  Domain: www.example.com\n  Type:   dns\n  Detail: no valid A records\n\nHint: The authority\nSome challenges have failed.\nAsk for help or search",
      limited:
        "An unexpected error occurred:\nToo many new orders, retry after 2026-11-30 08:15:00 UTC: see https://x\nSee the logfile /x",
      lost: "An unexpected error occurred:\nAccount https://ca/acct/7 not found.",
      lostAtOnce: "urn:ietf:params:acme:error:accountDoesNotExist",
    };
    const program = `import json, sys
sys.path.insert(0, "/usr/local/lib/platform-certificate")
from authority import *
said = json.loads(${JSON.stringify(JSON.stringify(said))})
print(json.dumps([reason_of(said["unreachable"]), retry_after_of(said["limited"]), is_rate_limit(said["limited"]),
    [is_lost_account(text) for text in said.values()]]))`;
    const [reason, retryAfter, isLimit, lost] = JSON.parse(
      await first.succeed(`python3 -B - <<'END'\n${program}\nEND`),
    );
    assert.match(reason, /Domain: www\.example\.com Type: +dns Detail: no valid A records$/);
    assert.equal(retryAfter, Date.parse("2026-11-30T08:15:00Z") / 1000);
    assert.deepEqual([isLimit, lost], [true, [false, false, true, true]]);
  });

  it("S3-36: the first certificate is issued through the balancer that did not ask, and both serve it", async () => {
    await world.startAuthority();
    await until(async () => (await status(first)).up === true);
    await until(async () => (await status(second)).up === true);
    await until(async () => (await serving(first)) === (await serving(second)));
    const text = await first.succeed("openssl x509 -noout -text -in /etc/platform/secrets/issued.pem");
    assert.match(text, /DNS:www\.example\.com, DNS:shop\.example\.com/);
    assert.match(text, /NIST CURVE: P-256/);
    assert.match(await first.succeed("stat -c '%U %a' /etc/platform/secrets/issued.pem"), /^root 600$/m);
    const sent = "308 https://www.example.com/a?b=1";
    await until(async () => (await visit("http://www.example.com/a?b=1")) === sent);
    assert.equal(await visit("https://www.example.com/a"), "200 ");
    assert.match(await visit(`http://www.example.com/.well-known/acme-challenge/nobody-asked`), /^50[23] $/);
  });

  it("the same certificate is served after a reload, a restart and another run of the set-up", async () => {
    const before = await serving(second);
    await second.succeed("systemctl reload haproxy.service");
    assert.equal(await serving(second), before);
    await second.succeed("systemctl restart haproxy.service");
    assert.equal(await serving(second), before);
    assert.doesNotMatch(await second.apply(setupOf(1, world.root)), /certificate/);
    assert.equal(await serving(second), before);
  });

  it("S3-107: a renewal that the authority wishes loses no request, on the one that asked and on the other", async () => {
    const before = await serving(first);
    const workers = "pidof haproxy | tr ' ' '\\n' | sort";
    const processes = [await first.succeed(workers), await second.succeed(workers)];
    const loads = [edge1, edge2].map(({ privateIp }) => startLoad(world.pid, privateIp));
    await setWindowInThePast();
    await editState(first, ".advice.again = 0");
    await until(async () => (await serving(first)) !== before);
    await until(async () => (await serving(second)) === (await serving(first)));
    for (const load of loads) await servedByTwo(load);
    await world.lead(0);
    assert.deepEqual([await first.succeed(workers), await second.succeed(workers)], processes);
  });

  failuresOfTheAuthority(() => ({ world, visit }));

  it("the other machine asks when the one that has the address does not", async () => {
    const before = await serving(second);
    await first.succeed("systemctl stop platform-certificate.timer");
    await makeDue(second);
    await until(async () => (await state(second)).verdict === "the other load balancer's turn");
    await editState(second, ".dueSince = 1");
    await until(async () => (await serving(second)) !== before);
    await first.succeed("systemctl start platform-certificate.timer");
    await until(async () => (await serving(first)) === (await serving(second)));
  });

  it("a recorded or changed answer of the other machine is refused, and no key is readable on the way", async () => {
    const before = await serving(second);
    const key = (await first.succeed(secretLine)).trim();
    await second.succeed(recordAnswer);
    const recorded = await second.succeed(
      `wc -c </run/recorded; grep -ac -e 'PRIVATE KEY' -e '${key}' /run/recorded || true`,
    );
    assert.match(recorded, /^[1-9]\d{3}\n0$/m);
    const text = await second.succeed("base64 -w0 /run/recorded");
    const told = async () => (await state(second)).peer;
    await first.succeed("systemctl stop platform-certificate.timer platform-certificate-peer.socket");
    await until(async () => /does not answer/.test(await told()));
    for (const answer of [
      `base64.b64decode("${text}")`,
      "sealed[:-20] + bytes([sealed[-20] ^ 1]) + sealed[-19:]",
    ]) {
      await first.succeed(impostor(answer));
      await until(async () => /not sealed with the pair's key/.test(await told()));
      assert.equal(await serving(second), before);
      // What is neither old nor changed is taken from the very same program.
      await first.succeed(`systemctl stop impostor\n${impostor("sealed")}`);
      await until(async () => (await told()) === "");
      await first.succeed("systemctl stop impostor");
    }
    await first.succeed("systemctl start platform-certificate-peer.socket platform-certificate.timer");
  });

  it("nginx takes a renewed certificate without a lost request", async () => {
    // Somebody reads HAProxy's lines while it leaves.
    await second.succeed("curl -sk -o /dev/null https://127.0.0.1/");
    await until(async () => (await second.run("systemctl is-active platform-request-log")).exitCode === 0);
    await second.apply(setupOf(1, world.root, "nginx"));
    assert.equal(await serving(second), await serving(first));
    await world.lead(1);
    assert.equal(await visit("http://www.example.com/a"), "308 https://www.example.com/a");
    const before = await serving(second);
    const load = startLoad(world.pid, floatingIp);
    await makeDue(second);
    await until(async () => (await serving(second)) !== before);
    // It closes kept connections that are idle when it reloads: who asks at that moment asks again.
    await servedByTwo(load, 4);
    await until(async () => (await serving(first)) === (await serving(second)));
  });

  it("HAProxy comes back to a machine where nginx has been for long", async () => {
    // Who reads its lines ends after a minute without one.
    await second.run("systemctl stop platform-request-log.service");
    await second.apply(setupOf(1, world.root));
    assert.equal(await second.succeed("systemctl is-active haproxy"), "active");
    assert.equal(await serving(second), await serving(first));
  });

  it("the key is in no journal and in no file but those of root and of the certificate's user", async () => {
    for (const machine of world.machines) {
      const key = (await machine.succeed(secretLine)).trim();
      assert.ok(key.length > 40, key);
      const found =
        await machine.succeed(`journalctl -o cat --no-pager | grep -cF -e '${key}' -e 'PRIVATE KEY' || true
grep -rlF -e '${key}' /etc /var /run /tmp --exclude-dir=journal | xargs stat -c '%n %U %a'`);
      assert.deepEqual(found.trim().split("\n").sort(), [
        "/etc/platform/secrets/issued.pem root 600",
        "/var/lib/platform-certificate/bundle.json platform-certificate 600",
        "/var/lib/platform-certificate/site.pem platform-certificate 600",
        "0",
      ]);
    }
  });

  challengesByDns(() => ({ world }));

  /** What the authority says of the certificate that is served. */
  async function setWindowInThePast(): Promise<void> {
    const certificate = await first.succeed("openssl x509 -in /etc/platform/secrets/issued.pem");
    const window = { suggestedWindow: { start: "2020-01-01T00:00:00Z", end: "2020-01-02T00:00:00Z" } };
    const body = JSON.stringify({ certificate, ariResponse: JSON.stringify(window) });
    const { exitCode, output } = await world.outside(
      `curl -sk -m 10 -f -d @- https://10.0.1.1:15000/set-renewal-info/ <<'END'\n${body}\nEND`,
    );
    assert.equal(exitCode, 0, output);
  }
});
