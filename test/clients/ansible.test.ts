// Ansible's collection hetzner.hcloud: each module creates, changes and removes, and does nothing twice.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makePems } from "../../localcloud/test/api/certificates/pems";
import { ansibleModules, ansibleReaders } from "./ansible/modules";
import { play, type TaskResult } from "./ansible/play";
import { playbookOf, tasksOf } from "./ansible/playbook";
import { assertDocumented } from "./documentation";
import { type Listener, listen } from "./listener";
import { ansible, collectionFolder, prepareAnsible } from "./prepare";
import { pythonFolder } from "./python";

describe("clients: Ansible", () => {
  let listener: Listener;
  let folder: string;
  let expected: ReturnType<typeof tasksOf> = [];
  let results: TaskResult[] = [];
  let said = "";

  before(async function () {
    this.timeout("10m");
    await prepareAnsible(() => undefined);
    listener = await listen();
    folder = await mkdtemp(join(tmpdir(), "localcloud-ansible-"));
    expected = tasksOf(ansibleModules(await makePems("an.example.org")));
    const playbook = join(folder, "playbook.yml");
    await writeFile(playbook, playbookOf(expected, listener.endpoint), { mode: 0o600 });
    ({ results, said } = await play(playbook, folder));
  });
  after(async () => {
    await listener?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const names = [...ansibleModules({ certificate: "", key: "" }), ...ansibleReaders].map(
    ({ module }) => module,
  );
  for (const name of names) {
    it(name, () => {
      const own = expected.filter(({ module }) => module === name);
      for (const { task, changed } of own) {
        const result = results.find((line) => line.task === task);
        assert.ok(result !== undefined, `${task} was not run: ${said}`);
        assert.ok(!result.failed, `${task}: ${result.message}`);
        assert.equal(result.changed, changed, `${task}: changed`);
      }
    });
  }

  it("leaves nothing and caused no failure inside the local cloud", async () => {
    assert.deepEqual(listener.problems(), []);
    for (const kind of ["servers", "networks", "volumes", "load_balancers", "zones", "primary_ips"]) {
      assert.deepEqual((await listener.cloud.get(`/${kind}`))[kind], []);
    }
  });

  it("is documented with its version and the number of its tasks", async () => {
    const manifest = join(
      collectionFolder(await pythonFolder(ansible)),
      "ansible_collections/hetzner/hcloud/MANIFEST.json",
    );
    const { collection_info } = JSON.parse(await readFile(manifest, "utf8"));
    await assertDocumented("Ansible hetzner.hcloud", collection_info.version, expected.length);
  });
});
