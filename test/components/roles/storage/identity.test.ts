import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { objectsIdentity } from "../../../../components/roles/storage/identity";
import type { StorageSettings } from "../../../../components/roles/storage/settings";
import { shellcheck } from "../../../support/shellcheck";

type Store = Pick<StorageSettings, "objectStoreEngine" | "bucket">;

const storeWith = (changes: Partial<Store> = {}): Store => ({
  objectStoreEngine: "versitygw",
  bucket: "app",
  ...changes,
});

const scriptOf = (store: Store): string =>
  objectsIdentity(store, {}).files.find(({ path }) => path.endsWith("/judge-objects"))?.content ?? "";

describe("objectsIdentity", function () {
  this.timeout(30_000);
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "objects-identity-"));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const put = async (path: string) => {
    const file = join(root, "objects", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "x");
  };

  const judge = async (changes: Partial<Store>) => {
    const store = storeWith(changes);
    const file = join(root, "wanted");
    const marker = objectsIdentity(store, {}).files.find(
      ({ path }) => path === "/etc/platform/stores/objects",
    );
    await writeFile(file, marker?.content ?? "");
    // The volume of the test in the place of the machine's.
    const script = scriptOf(store).replaceAll("/srv/storage", root);
    return execa("bash", ["-c", script, "judge", file], { reject: false });
  };

  const cases = [
    ["the bucket that is there", { bucket: "app" }, 0],
    ["another bucket", { bucket: "media" }, 1],
    ["another engine", { objectStoreEngine: "minio" as const }, 1],
  ] as const;
  for (const [name, storage, status] of cases) {
    it(`${status === 0 ? "serves" : "refuses"} ${name} while app holds objects`, async () => {
      await put("versitygw/data/app/photo.jpg");
      const { exitCode, stdout } = await judge(storage);
      assert.equal(exitCode, status, stdout);
      if (status === 1)
        assert.match(stdout, /which is not there, while bucket app in versitygw holds objects/);
    });
  }

  it("serves a new bucket when nothing was ever stored", async () => {
    assert.equal((await judge({ bucket: "media" })).exitCode, 0);
    await mkdir(join(root, "objects/versitygw/data/app"), { recursive: true });
    await put("versitygw/data/.sgwtmp/upload");
    assert.equal((await judge({ bucket: "media" })).exitCode, 0);
  });

  it("judges nothing when the settings accept the value", () => {
    for (const accepted of ["storage.bucket=media", "storage.objectStoreEngine=versitygw"]) {
      const { files, steps } = objectsIdentity(storeWith({ bucket: "media" }), { acceptChange: [accepted] });
      assert.deepEqual(steps, []);
      assert.ok(files.every(({ validate }) => validate === undefined));
    }
  });

  it("is a script that shellcheck accepts", async () => {
    assert.equal(await shellcheck(scriptOf(storeWith())), "");
  });
});
