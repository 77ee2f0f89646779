import assert from "node:assert/strict";
import { imageNames, imageReferences } from "../../src/images/ensureImages";
import { parseReference } from "../../src/images/reference";

describe("image references", () => {
  const readable: readonly [string, string, string][] = [
    ["traefik:v3.6.12", "library/traefik", "v3.6.12"],
    ["elasticsearch:8.19.21", "library/elasticsearch", "8.19.21"],
    ["versity/versitygw:v1.8.0", "versity/versitygw", "v1.8.0"],
    ["minio/minio:RELEASE.2025-09-07T16-13-09Z", "minio/minio", "RELEASE.2025-09-07T16-13-09Z"],
    ["hetzner-platform/sample-app:1.0.0", "hetzner-platform/sample-app", "1.0.0"],
  ];
  for (const [reference, repository, tag] of readable) {
    it(`reads ${reference}`, () => assert.deepEqual(parseReference(reference), { repository, tag }));
  }

  const refused = [
    "traefik",
    "traefik:",
    ":v3",
    "Traefik:v3",
    "a/b/c:1",
    "ghcr.io/a/b:1",
    "traefik@sha256:0123",
    "traefik:v3 ",
    "-a:1",
    "",
  ];
  for (const reference of refused) {
    it(`fails for "${reference}" and says how to write it`, () =>
      assert.throws(() => parseReference(reference), /write it as "name:tag" or "owner\/name:tag"/));
  }

  it("pins a tag for every image, never latest", () => {
    for (const name of imageNames) {
      assert.notEqual(parseReference(imageReferences[name]).tag, "latest");
    }
  });

  it("takes the tags of Go programs from the modules they are built from", () => {
    assert.match(imageReferences.traefik, /^traefik:v3\.\d+\.\d+$/);
    assert.match(imageReferences.versitygw, /^versity\/versitygw:v1\.\d+\.\d+$/);
    assert.match(imageReferences.minio, /^minio\/minio:RELEASE\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
  });
});
