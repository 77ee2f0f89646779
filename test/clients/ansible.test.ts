// Ansible's collection hetzner.hcloud: each module creates, changes and removes, and does nothing twice.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { makePems } from "../../localcloud/test/api/certificates/pems";
import { TOKEN } from "../../localcloud/test/api/testCloud";
import { ansibleModules, ansibleReaders } from "./ansible/modules";
import { playbookOf, tasksOf } from "./ansible/playbook";
import { assertDocumented } from "./documentation";
import { type Listener, listen } from "./listener";
import { ansible, collectionFolder, prepareAnsible } from "./prepare";
import { pythonFolder, pythonOf } from "./python";

const lineSchema = z.object({
  task: z.string(),
  changed: z.boolean(),
  failed: z.boolean(),
  message: z.string().optional(),
});

describe("clients: Ansible", () => {
  let listener: Listener;
  let folder: string;
  let expected: ReturnType<typeof tasksOf> = [];
  let results: z.output<typeof lineSchema>[] = [];
  let said = "";

  before(async function () {
    this.timeout("10m");
    await prepareAnsible(() => undefined);
    listener = await listen();
    folder = await mkdtemp(join(tmpdir(), "localcloud-ansible-"));
    expected = tasksOf(ansibleModules(await makePems("an.example.org")));
    const playbook = join(folder, "playbook.yml");
    await writeFile(playbook, playbookOf(expected, listener.endpoint), { mode: 0o600 });
    const environment = await pythonFolder(ansible);
    const python = pythonOf(environment);
    const result = await execa(
      python,
      [
        "-m",
        "ansible",
        "playbook",
        "-i",
        "localhost,",
        "-e",
        `ansible_python_interpreter=${python}`,
        playbook,
      ],
      {
        cwd: folder,
        env: {
          HCLOUD_TOKEN: TOKEN,
          ANSIBLE_COLLECTIONS_PATH: collectionFolder(environment),
          ANSIBLE_CALLBACK_PLUGINS: join(__dirname, "ansible", "callback"),
          ANSIBLE_STDOUT_CALLBACK: "results",
          ANSIBLE_HOME: join(folder, "home"),
          ANSIBLE_LOCALHOST_WARNING: "false",
          ANSIBLE_DEPRECATION_WARNINGS: "false",
          LC_ALL: "C.UTF-8",
          PYTHONDONTWRITEBYTECODE: "1",
        },
        reject: false,
      },
    );
    said = `${result.stdout.split("\n").slice(-5).join("\n")}\n${result.stderr}`;
    results = result.stdout
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => lineSchema.parse(JSON.parse(line)));
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
