// Installs what the client tests run, so that no download and no compiler counts against their time limits.
import { join } from "node:path";
import type { Progress } from "../../toolchain/cacheDir";
import { compileGoTests } from "./goTest";

export const hcloudGoDirectory = join(__dirname, "hcloud-go");

/** @throws when Go is missing or a download fails */
export async function prepareClients(progress: Progress): Promise<void> {
  progress("clients: compiling the tests of hcloud-go");
  await compileGoTests(hcloudGoDirectory);
}
