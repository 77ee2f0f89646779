// Hundreds of bad requests: each is refused with the documented error, and changes nothing.
import assert from "node:assert/strict";
import type { Fixture } from "./badRequests/badRequest";
import { makeFixture } from "./badRequests/fixture";
import { firewallFields, networkFields } from "./badRequests/networks";
import { otherFields } from "./badRequests/others";
import { refusals } from "./badRequests/refusals";
import { serverFields } from "./badRequests/servers";
import { transport } from "./badRequests/transport";
import { tricks } from "./badRequests/tricks";
import { atNoon, openState } from "./operations/state";
import { type Json, TestCloud } from "./testCloud";

const all = [...serverFields, ...networkFields, ...firewallFields, ...otherFields, ...tricks, ...refusals];

describe("local cloud API: bad requests", () => {
  let cloud: TestCloud;
  let fixture: Fixture;
  let state: ReturnType<typeof openState>;

  before(async () => {
    cloud = await TestCloud.start({ soldOut: ["ccx13"], clock: atNoon });
    fixture = await makeFixture(cloud);
    state = openState(cloud);
  });
  after(async () => {
    state.close();
    assert.deepEqual(cloud.problems, []);
    await cloud.stop();
  });

  const alive = async () => assert.equal((await cloud.call("GET", "/locations")).status, 200);

  for (const { what, method = "POST", path, body, code, status, field } of all) {
    it(`refuses ${what} with ${status} ${code}`, async () => {
      const before = state.read();
      const payload = typeof body === "function" ? body(fixture) : body;
      const error = await cloud.fails(code, method, path(fixture), payload);
      assert.equal(error.status, status, JSON.stringify(error));
      if (field !== undefined) {
        const fields = error.details.fields.map(({ name }: Json) => name);
        assert.ok(fields.includes(field), `names ${fields}, not ${field}`);
        assert.ok(error.message.startsWith("invalid input in field") || what.includes("location has not"));
      }
      assert.equal(state.read(), before, "nothing changed");
      await alive();
    });
  }

  for (const { what, method, path, raw, headers, token, statuses, code } of transport) {
    it(`refuses ${what}`, async () => {
      const before = state.read();
      const answer = await cloud.call(method, path, undefined, {
        ...(raw !== undefined && { raw }),
        ...(headers !== undefined && { headers }),
        ...(token !== undefined && { token }),
      });
      assert.ok(statuses.includes(answer.status), `${answer.status} ${JSON.stringify(answer.body)}`);
      if (code !== undefined) assert.equal(answer.body.error.code, code);
      assert.equal(state.read(), before, "nothing changed");
      await alive();
    });
  }

  it("are more than two hundred", () => {
    const names = [...all, ...transport].map(({ what, code }) => `${what} ${code}`);
    assert.ok(new Set(names).size > 200, String(new Set(names).size));
  });

  it("do not pollute prototypes", async () => {
    const raw = '{"__proto__":{"name":"x"},"constructor":1,"name":"proto","ip_range":"10.1.0.0/16"}';
    const { network } = await cloud.ok("POST", "/networks", undefined, { raw });
    assert.equal(network.name, "proto");
    await cloud.ok("GET", "/networks?__proto__=1&constructor=2");
    assert.equal(({} as Json).name, undefined);
  });

  it("take the last of two equal keys, as JSON parsers do", async () => {
    const raw = '{"name":"one","name":"two","type":"spread"}';
    const { placement_group } = await cloud.ok("POST", "/placement_groups", undefined, { raw });
    assert.equal(placement_group.name, "two");
  });
});
