import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { TOKEN } from "../../../localcloud/test/api/testCloud";
import { ansible, collectionFolder } from "../prepare";
import { pythonFolder, pythonOf } from "../python";

const lineSchema = z.object({
  task: z.string(),
  changed: z.boolean(),
  failed: z.boolean(),
  message: z.string().optional(),
});

/** What one task came to, as our callback plugin writes it. */
export type TaskResult = z.output<typeof lineSchema>;

/** Plays a playbook against what it names. @param folder where Ansible may leave files */
export async function play(
  playbook: string,
  folder: string,
): Promise<{ readonly results: TaskResult[]; readonly said: string }> {
  const environment = await pythonFolder(ansible);
  const python = pythonOf(environment);
  const args = ["-i", "localhost,", "-e", `ansible_python_interpreter=${python}`, playbook];
  const { stdout, stderr } = await execa(python, ["-m", "ansible", "playbook", ...args], {
    cwd: folder,
    env: {
      HCLOUD_TOKEN: TOKEN,
      ANSIBLE_COLLECTIONS_PATH: collectionFolder(environment),
      ANSIBLE_CALLBACK_PLUGINS: join(__dirname, "callback"),
      ANSIBLE_STDOUT_CALLBACK: "results",
      ANSIBLE_HOME: join(folder, "home"),
      ANSIBLE_LOCALHOST_WARNING: "false",
      ANSIBLE_DEPRECATION_WARNINGS: "false",
      LC_ALL: "C.UTF-8",
      PYTHONDONTWRITEBYTECODE: "1",
    },
    reject: false,
  });
  const lines = stdout.split("\n");
  return {
    results: lines.filter((line) => line.startsWith("{")).map((line) => lineSchema.parse(JSON.parse(line))),
    said: `${lines.slice(-5).join("\n")}\n${stderr}`,
  };
}
