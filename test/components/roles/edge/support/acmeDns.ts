import assert from "node:assert/strict";
import { byDns, makeDue, serving, setupOf, state, status } from "./acmePair";
import type { AcmeWorld } from "./acmeWorld";
import { until } from "./until";
import { dnsToken } from "./zoneStandIn";

const challengeName = "_acme-challenge";
const foreign = { [challengeName]: ["somebody's"] };
const well = { fault: null, delay: 0, deaf: false };

/** Tests of a pair that has certificates, and asks for them by records in a zone from now on. */
export function challengesByDns(now: () => { readonly world: AcmeWorld }): void {
  const recordsOf = async () => (await now().world.zone({})).values[challengeName];

  it("a domain and its wildcard are issued by TXT records in the zone, beside somebody else's, which alone stays", async () => {
    const { world } = now();
    const [first, second] = world.machines;
    await world.startZone();
    await world.zone({ values: foreign, ttl: { [challengeName]: 3600 } });
    await world.startAuthority({ dns: true });
    // The authority comes to nobody.
    await world.lead(0);
    await Promise.all([
      first.apply(setupOf(0, world.root, "haproxy", byDns)),
      second.apply(setupOf(1, world.root, "nginx", byDns)),
    ]);
    const names = "openssl x509 -noout -ext subjectAltName -in /etc/platform/secrets/issued.pem";
    for (const machine of world.machines) {
      await until(async () => /DNS:\*\.example\.com/.test((await machine.run(names)).output));
      assert.deepEqual((await machine.succeed(names)).match(/DNS:[^,\s]+/g)?.sort(), [
        "DNS:*.example.com",
        "DNS:example.com",
      ]);
    }
    await until(async () => (await serving(first)) === (await serving(second)));
    assert.ok((await world.judged()) > 0);
    const { values, calls } = await world.zone({});
    assert.deepEqual(values, foreign);
    assert.equal(calls.filter((call) => call.endsWith("/add_records")).length, 2);
  });

  const faults = [
    ["a token that is refused", { match: "/zones/", status: 401, code: "unauthorized" }, /refuses dnsToken/],
    ["a record that is locked", { match: "add_records", status: 423, code: "protected" }, /423 protected/],
    ["an API that is away", { match: "/zones/", status: 503, code: "unavailable" }, /503 unavailable/],
  ] as const;
  for (const [what, fault, why] of faults) {
    it(`${what} keeps the old certificate, the status says why, and the authority judges no attempt`, async () => {
      const { world } = now();
      const [first] = world.machines;
      const before = await serving(first);
      const judged = await world.judged();
      await world.zone({ fault: { ...fault, times: -1 } });
      await makeDue(first);
      await until(async () => why.test((await state(first)).lastFailure?.why ?? ""));
      assert.equal(await serving(first), before);
      assert.match((await first.run("platform-status")).output, why);
      assert.equal((await status(first)).up, true, "it is valid for long");
      assert.equal(await world.judged(), judged);
      await world.zone(well);
      await until(async () => (await serving(first)) !== before);
      assert.deepEqual(await recordsOf(), foreign[challengeName]);
    });
  }

  it("what a crash leaves in the zone is taken away by a later look, and the token is in no list of processes and no journal", async () => {
    const { world } = now();
    const [first] = world.machines;
    await world.zone({ delay: 3600 });
    await makeDue(first);
    const all =
      "for each in /proc/[0-9]*; do cat $each/cmdline $each/environ; done 2>/dev/null | tr '\\0' '\\n' || true";
    let seen = "";
    await until(async () => {
      seen = (await first.run(all)).output;
      return /challenge\.py/.test(seen) && ((await recordsOf())?.length ?? 0) > 1;
    });
    assert.ok(!seen.includes(dnsToken));
    await first.succeed(`systemctl stop platform-certificate.timer
systemctl kill -s KILL platform-certificate.service || true`);
    assert.notDeepEqual(await recordsOf(), foreign[challengeName]);
    await world.zone(well);
    await first.succeed("systemctl start platform-certificate.timer");
    await until(async () => (await recordsOf())?.length === 1);
    assert.deepEqual(await recordsOf(), foreign[challengeName]);
    const found = `systemctl stop platform-certificate.timer platform-certificate.service
journalctl -o cat --no-pager | grep -c '${dnsToken}' || true
grep -rlF '${dnsToken}' /etc /var /run /tmp --exclude-dir=journal | xargs stat -c '%n %U %a'`;
    assert.equal(
      await first.succeed(found).then((text) => text.trim()),
      "0\n/etc/platform/secrets/certificate-dns-token root 600",
    );
  });
}
