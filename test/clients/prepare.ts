// Installs what the client tests run, so that no download and no compiler counts against their time limits.
import { join } from "node:path";
import type { Progress } from "../../toolchain/cacheDir";
import { compileGoTests } from "./goTest";
import { installPython, type PythonClient } from "./python";

export const hcloudGoDirectory = join(__dirname, "hcloud-go");

export const hcloudPython: PythonClient = {
  name: "hcloud-python",
  requirements: join(__dirname, "hcloud-python", "requirements.txt"),
};

export const prepareHcloudPython = (progress: Progress) => installPython(hcloudPython, progress);

/** @throws when Go or Python is missing or a download fails */
export async function prepareClients(progress: Progress): Promise<void> {
  progress("clients: compiling the tests of hcloud-go");
  await compileGoTests(hcloudGoDirectory);
  await prepareHcloudPython(progress);
}
