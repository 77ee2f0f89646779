import assert from "node:assert/strict";
import { up as localCloudUp } from "../../localcloud/src/daemon/up";
import { ensureImages } from "../../localcloud/src/images/ensureImages";
import type { Deployment } from "../../scripts/deployment";
import { localStack } from "../../scripts/localStack";
import { apiRequests, eventually, fromInternet, servers, sshLogins } from "./support/cloud";
import { interrupted } from "./support/interrupted";
import { curl, up, url, type WhoAmI } from "./support/platform";

/** So many resources are there, some servers among them. */
const killedAfter = 26;

describe("bring-up on the local cloud", function () {
  this.timeout("60m");
  let first: Deployment;

  before("local cloud and pulumi up, killed among its servers, repaired and run again", async () => {
    await ensureImages(() => {});
    await localCloudUp(() => {});
    // All of the tests that follow judge a platform whose engine died: more deaths are in the drill `interruptions`.
    const stack = await localStack();
    const { resources = [] } = (await stack.exportStack()).deployment;
    if (resources.length === 0) await interrupted(stack, "up", killedAfter);
    first = await up();
  });

  it("S4-9: creates the machines of the seed, none of them twice, after a pulumi up that was killed", async () => {
    const names = (await servers()).map((server) => `${server.name} ${server.status}`);
    assert.deepEqual(names.sort(), [
      "local-app1 running",
      "local-app2 running",
      "local-database1 running",
      "local-edge1 running",
      "local-edge2 running",
      "local-storage1 running",
    ]);
    const created = (first.changes.create ?? 0) + killedAfter;
    assert.ok(created > 40, `created ${created}`);
  });

  it("S4-10: serves a page through the virtual IP that is computed from all four stores", async () => {
    const answer = await fromInternet(`${curl()} ${url()}/whoami`);
    const { values, node } = JSON.parse(answer.stdout) as WhoAmI;
    assert.match(node, /^local-app[12]$/);
    for (const [store, value] of Object.entries(values))
      assert.notEqual(value ?? null, null, `no value from ${store}`);
    const page = await fromInternet(`${curl()} -o /dev/null -w '%{http_code} %{content_type}' ${url()}/`);
    assert.match(page.stdout, /^200 text\/html/);
  });

  it("changes nothing and connects to nothing the second time", async () => {
    // Journals and logs of the first run have to be written before they are counted.
    const logins = await eventually("logins of the first run are in the journal", 20, async () => {
      const counted = await sshLogins();
      return Object.values(counted).every((count) => count > 0) ? counted : undefined;
    });
    const before = (await apiRequests()).length;
    const second = await up();
    assert.deepEqual(Object.keys(second.changes), ["same"]);
    assert.deepEqual(await sshLogins(), logins);
    // The agents of the load balancers go on asking, and so does this test; Pulumi and its providers must not.
    const expected = /^(hetzner-platform-agent|node$)/;
    const others = (await apiRequests()).slice(before).map((line) => JSON.parse(line) as { client: string });
    assert.deepEqual(
      others.filter((request) => !expected.test(request.client)),
      [],
    );
  });
});
