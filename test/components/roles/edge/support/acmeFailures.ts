import assert from "node:assert/strict";
import { makeDue, serving, state, status } from "./acmePair";
import type { AcmeWorld } from "./acmeWorld";
import { until } from "./until";

interface Issued {
  readonly world: AcmeWorld;
  /** Status and target of the redirect that a visitor gets who believes everybody. */
  visit(url: string): Promise<string>;
}

/** Tests of an authority that issues nothing to a pair that has a certificate. */
export function failuresOfTheAuthority(now: () => Issued): void {
  it("a refusing authority keeps the old certificate, is asked less and less often, and gives one when it is well again", async () => {
    const { world } = now();
    const [first, second] = world.machines;
    const before = await serving(first);
    await world.startAuthority({ blocked: ["www.example.com"] });
    await makeDue(first);
    await until(async () => (await state(first)).failures >= 2);
    assert.equal(await serving(first), before);
    const { lastFailure, notBefore, at } = await state(first);
    assert.match(lastFailure.why, /www\.example\.com|rejectedIdentifier|policy/i);
    assert.ok(notBefore > at, "the next attempt waits");
    const told = await status(first);
    assert.equal(told.up, true, "it is valid for long");
    assert.match(
      await first.succeed("journalctl -u platform-certificate.service -o cat"),
      /no certificate, the old one stays; next attempt in \d+ min/,
    );
    // It has lost all accounts, as a new one has none.
    await world.startAuthority();
    await until(async () => (await serving(first)) !== before);
    await until(async () => (await serving(second)) === (await serving(first)));
  });

  it("a limit of the authority is kept to the second that it names, while the old certificate is served", async () => {
    const { world } = now();
    const [first, second] = world.machines;
    const before = await serving(first);
    const { failures: earlier = 0 } = await state(first);
    const retryAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 12_000);
    await world.startLimited(retryAt);
    await makeDue(first);
    await until(async () => (await state(first)).failures > earlier);
    const { lastFailure, notBefore } = await state(first);
    assert.match(lastFailure.why, /^too many certificates \(5\).* retry after /);
    assert.ok(notBefore >= retryAt.getTime() / 1000, `${notBefore} is before ${retryAt.toISOString()}`);
    await world.startAuthority();
    await until(async () => (await serving(first)) !== before);
    assert.ok(Date.now() >= retryAt.getTime(), "it has not asked earlier");
    await until(async () => (await serving(second)) === (await serving(first)));
  });

  it("a certificate that ends while the authority refuses is served on as an alarm, and a new one comes by itself", async () => {
    const { world, visit } = now();
    const [first, second] = world.machines;
    const before = await serving(first);
    await world.startAuthority({ validity: 18 });
    await makeDue(first);
    await until(async () => (await serving(first)) !== before);
    await until(async () => (await serving(second)) === (await serving(first)));
    const ending = await serving(first);
    await world.startAuthority({ blocked: ["www.example.com"] });
    await until(async () =>
      /^has ended: the last of \d+ attempts failed: /.test((await status(first)).reasons[0]),
    );
    assert.equal((await status(first)).up, false);
    assert.equal((await first.run("platform-status")).exitCode, 1);
    assert.equal(await serving(first), ending);
    assert.equal(await visit("https://www.example.com/"), "200 ", "whoever looks away is answered");
    await world.startAuthority();
    for (const machine of world.machines) await until(async () => (await status(machine)).up === true);
    // What was issued is on the disk a moment before it is served.
    await until(async () => (await serving(first)) !== ending);
    await until(async () => (await serving(second)) === (await serving(first)));
  });
}
