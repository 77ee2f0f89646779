import assert from "node:assert/strict";
import { loadStackFile } from "../../../components/stack/stackFile";
import { compareSettings } from "../../../components/views/comparison";

const qa = loadStackFile("qa");
const prod = loadStackFile("prod");
const withApp = (app: object) => ({ ...qa, app: { ...qa.app, ...app } }) as typeof qa;

/** The paths that differ and may not. */
const refused = (other: typeof qa, allowed?: readonly string[]) =>
  compareSettings(qa, other, allowed).flatMap(({ path, allowed: may }) => (may ? [] : [path]));

describe("compareSettings", () => {
  it("finds nothing between a stack and itself", () => {
    assert.deepEqual(compareSettings(qa, qa), []);
  });

  it("S2-17: qa and prod differ in names, sizes and protection, and in nothing else", () => {
    const differences = compareSettings(qa, prod);
    assert.deepEqual(
      differences.filter(({ allowed }) => !allowed),
      [],
    );
    const paths = differences.map(({ path }) => path);
    for (const path of ["domain", "environment", "protect", "database.serverType", "storage.volumeGb"])
      assert.ok(paths.includes(path), `${path} of ${paths}`);
    assert.deepEqual(
      differences.find(({ path }) => path === "domain"),
      { path: "domain", left: "qa.example.com", right: "www.example.com", allowed: true },
    );
  });

  for (const [what, other, paths] of [
    ["another engine of the edge", { ...qa, edge: { ...qa.edge, engine: "nginx" } }, ["edge.engine"]],
    [
      "another list, whose order counts",
      { ...qa, edge: { ...qa.edge, limits: { ...qa.edge.limits, unlimitedPaths: ["/assets"] } } },
      ["edge.limits.unlimitedPaths"],
    ],
    ["no size, also where one of them lacks it", withApp({ cpu: "dedicated" }), []],
    ["a service that one of them lacks", withApp({ services: {} }), "all of the services"],
  ] as const) {
    it(`names ${what}`, () => {
      const found = refused(other as typeof qa);
      if (typeof paths === "string") {
        assert.ok(found.length > 20 && found.every((path) => path.startsWith("app.services.")), `${found}`);
        assert.ok(!found.includes("app.services.web.image"), "the release may differ");
      } else assert.deepEqual(found, paths);
    });
  }

  it("may be told what else may differ, where * is one name and not several", () => {
    const [service] = Object.keys(qa.app.services);
    const { [service ?? ""]: one, ...rest } = qa.app.services;
    const other = withApp({
      services: { ...rest, [service ?? ""]: { ...one, environment: { APP_MODE: "other" } } },
    });
    const path = `app.services.${service}.environment.APP_MODE`;
    assert.deepEqual(refused(other), [path]);
    assert.deepEqual(refused(other, ["app.services.*.environment.APP_MODE"]), []);
    assert.deepEqual(refused(other, ["app.*"]), [path]);
  });

  it("asks of what is encrypted only whether it is there, and shows none of it", () => {
    const secure = (text: string) => ({ ...qa, failoverToken: { secure: text } }) as typeof qa;
    assert.deepEqual(compareSettings(secure("v1:one"), secure("v1:two")), []);
    const [difference] = compareSettings(secure("v1:one"), qa);
    assert.deepEqual(
      [difference?.path, difference?.left, difference?.right],
      ["failoverToken", "[secret]", undefined],
    );
  });
});
