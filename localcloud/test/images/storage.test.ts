import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findRecord, type ImageRecord, storedDigest, writeRecord } from "../../src/images/storage";

const hex = "ab".repeat(32);
const record: ImageRecord = {
  reference: "traefik:v3.6.12",
  key: "k",
  digest: `sha256:${hex}`,
  source: "built",
};

describe("stored images", () => {
  let storage: string;
  beforeEach(async () => {
    storage = await mkdtemp(join(tmpdir(), "images-"));
  });
  afterEach(() => rm(storage, { recursive: true }));

  const v2 = () => join(storage, "docker", "registry", "v2");
  const tag = () => join(v2(), "repositories/library/traefik/_manifests/tags/v3.6.12/current/link");
  const blob = () => join(v2(), "blobs/sha256", hex.slice(0, 2), hex, "data");
  const put = async (file: string, content: string) => {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  };

  it("are found when record, tag and manifest agree", async () => {
    await put(tag(), record.digest);
    await put(blob(), "{}");
    await writeRecord(storage, record);
    assert.deepEqual(await findRecord(storage, record.reference), record);
  });

  it("are unknown without a record, even if the registry has the tag", async () => {
    await put(tag(), record.digest);
    await put(blob(), "{}");
    assert.equal(await findRecord(storage, record.reference), undefined);
    assert.equal(await storedDigest(storage, record.reference), record.digest);
  });

  it("are unknown when the manifest is gone", async () => {
    await put(tag(), record.digest);
    await writeRecord(storage, record);
    assert.equal(await findRecord(storage, record.reference), undefined);
  });

  it("are unknown when the tag points elsewhere", async () => {
    await put(tag(), `sha256:${"cd".repeat(32)}`);
    await put(blob(), "{}");
    await writeRecord(storage, record);
    assert.equal(await findRecord(storage, record.reference), undefined);
  });

  it("are unknown when the record is cut off", async () => {
    await put(tag(), record.digest);
    await put(blob(), "{}");
    await writeRecord(storage, record);
    const [name] = await readdir(join(storage, "records"));
    await writeFile(join(storage, "records", String(name)), '{"refer');
    assert.equal(await findRecord(storage, record.reference), undefined);
  });
});
