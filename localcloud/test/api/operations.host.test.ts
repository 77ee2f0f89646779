// Every operation that Hetzner describes is served, and succeeds; every route has a request that shows it.
import assert from "node:assert/strict";
import { routes } from "../../src/api/families";
import { described, operations, shapeOf } from "./description";
import { notServed, requests, withoutSuccess } from "./operations";
import { createRoom, type Room } from "./operations/room";
import { TestCloud } from "./testCloud";

const shapeOfName = (name: string) => {
  const [method = "", path = ""] = name.split(" ");
  return shapeOf(method, path);
};

const routeShapes = new Set(routes.map(({ method, path }) => shapeOf(method, path)));
const served = requests.filter(({ operation }) => routeShapes.has(shapeOfName(operation)));

describe("local cloud API: every operation", () => {
  let cloud: TestCloud;
  let room: Room;

  before(async () => {
    const ranges = { publicIpv4: "198.18.0.0/16", floatingIpv4: "198.19.0.0/16" };
    cloud = await TestCloud.start({ ranges });
    room = createRoom(cloud);
  });
  after(() => cloud.stop());

  it("has a request for each route", () => {
    const shown = new Set(requests.map(({ operation }) => shapeOfName(operation)));
    assert.deepEqual(
      [...routeShapes].filter((shape) => !shown.has(shape)),
      [],
      "add a valid request to test/api/operations",
    );
  });

  it("serves what Hetzner describes", function () {
    if (!described) this.skip();
    const missing = operations
      .map(({ method, path }) => `${method} ${path}`)
      .filter(
        (name) => !routeShapes.has(shapeOfName(name)) && !notServed.some(({ path }) => path.test(name)),
      );
    assert.deepEqual(missing, []);
    for (const { path, reason } of notServed) {
      const late = operations.filter(
        (operation) =>
          path.test(`${operation.method} ${operation.path}`) &&
          routeShapes.has(shapeOf(operation.method, operation.path)),
      );
      assert.deepEqual(late, [], `is served now: remove "${reason}"`);
    }
  });

  for (const { operation, prepare } of served) {
    const [method = ""] = operation.split(" ");
    const reason = withoutSuccess[operation];
    it(`${operation} ${reason === undefined ? "succeeds" : `answers unsupported_error (${reason})`}`, async () => {
      for (const make of prepare) {
        const { path, query, body } = await make(room);
        const whole = query === undefined ? path : `${path}?${query}`;
        if (reason !== undefined) await cloud.fails("unsupported_error", method, whole, body);
        else await cloud.ok(method, whole, body);
        await cloud.api.runner.idle();
      }
    });
  }
});
