import assert from "node:assert/strict";
import { mirroredName, repositoryOf } from "../../components/images";

describe("repositoryOf", () => {
  for (const [reference, repository] of [
    ["traefik:v3.5", "traefik"],
    ["registry.example:5000/team/app:1.0", "registry.example:5000/team/app"],
    ["registry.example:5000/team/app", "registry.example:5000/team/app"],
  ] as const) {
    it(`of ${reference} is ${repository}`, () => assert.equal(repositoryOf(reference), repository));
  }
});

describe("mirroredName", () => {
  const mirror = "https://mirror.example:5000/";
  for (const [reference, name] of [
    ["traefik:v3.5", "mirror.example:5000/library/traefik:v3.5"],
    ["versity/versitygw:v1.8.0", "mirror.example:5000/versity/versitygw:v1.8.0"],
    ["ghcr.io/team/app:1", "ghcr.io/team/app:1"],
    ["localhost/team/app:1", "localhost/team/app:1"],
  ] as const) {
    it(`of ${reference} is ${name}`, () => assert.equal(mirroredName(mirror, reference), name));
  }

  it("is the reference itself without a mirror", () =>
    assert.equal(mirroredName(undefined, "traefik:v3.5"), "traefik:v3.5"));
});
