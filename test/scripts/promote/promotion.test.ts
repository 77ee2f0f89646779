import assert from "node:assert/strict";
import { promotion } from "../../../scripts/promote/promotion";

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const way = { tested: "qa", target: "prod" };
const tested = {
  web: "example/shop:2.0.0",
  api: "registry.example.com:5000/api:7",
  tools: "example/tools:1",
};
const target = { web: "example/shop:1.9.0", api: `registry.example.com:5000/api:7@${digest("b")}` };
const running = {
  "example/shop:2.0.0": `example/shop@${digest("a")}`,
  "registry.example.com:5000/api:7": `registry.example.com:5000/api@${digest("b")}`,
  "traefik:v3": `traefik@${digest("c")}`,
};

describe("promotion", () => {
  it("S2-15: gives the target the digests that the tested stack runs, with their tags", () => {
    assert.deepEqual(promotion(way, { tested, target }, running), {
      changes: [{ service: "web", from: "example/shop:1.9.0", to: `example/shop:2.0.0@${digest("a")}` }],
      same: ["api"],
      problems: [],
    });
  });

  it("takes a reference that carries a digest already", () => {
    const pinned = `example/shop:2.0.0@${digest("a")}`;
    const images = { [pinned]: `example/shop@${digest("a")}` };
    const { changes } = promotion(
      way,
      { tested: { web: pinned }, target: { web: "example/shop:1" } },
      images,
    );
    assert.equal(changes[0]?.to, pinned);
  });

  it("S3-121: refuses what the tested stack has not run", () => {
    const edited = { ...tested, web: "example/shop:2.0.1" };
    assert.deepEqual(promotion(way, { tested: edited, target }, running).problems, [
      "app.services.web.image: qa has not run example/shop:2.0.1: pulumi up --stack qa, try it, and promote it then",
    ]);
  });

  it("promotes the named services alone, and refuses those that both do not have", () => {
    const services = { tested: { ...tested, web: "example/shop:2.0.1" }, target };
    assert.deepEqual(promotion(way, services, running, ["api"]), {
      changes: [],
      same: ["api"],
      problems: [],
    });
    assert.deepEqual(promotion(way, services, running, ["api", "tools"]).problems, [
      "tools: qa and prod have no such service in common; there are: web, api",
    ]);
  });
});
