// Installs what the client tests run, so that no download and no compiler counts against their time limits.
import { readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { Progress } from "../../toolchain/cacheDir";
import { compileGoTests } from "./goTest";
import { installPython, type PythonClient, pip } from "./python";

export const hcloudGoDirectory = join(__dirname, "hcloud-go");

export const hcloudPython: PythonClient = {
  name: "hcloud-python",
  requirements: join(__dirname, "hcloud-python", "requirements.txt"),
};

/** Pulumi's SDK for Python, with what the SDKs of packages stand on. */
export const pulumiPython: PythonClient = {
  name: "pulumi-python",
  requirements: join(__dirname, "pulumi-python", "requirements.txt"),
};

export const preparePulumiPython = (progress: Progress) => installPython(pulumiPython, progress);

export const prepareHcloudPython = (progress: Progress) => installPython(hcloudPython, progress);

const ansibleFolder = join(__dirname, "ansible");
const collectionRequirement = join(ansibleFolder, "collection.txt");

/** Folder of the collection in an environment of {@link ansible}. */
export const collectionFolder = (environment: string) => join(environment, "collections");

/** ansible-core, and of the large package `ansible` the one collection. */
export const ansible: PythonClient = {
  name: "ansible",
  requirements: join(ansibleFolder, "requirements.txt"),
  inputs: readFileSync(collectionRequirement, "utf8"),
  finish: async (environment, python) => {
    const wheels = join(environment, "wheels");
    await pip(python, [
      "download",
      "--no-deps",
      "--require-hashes",
      "--requirement",
      collectionRequirement,
      "--dest",
      wheels,
    ]);
    const [wheel = ""] = await readdir(wheels);
    const extract = join(ansibleFolder, "extractCollection.py");
    await execa(python, [extract, join(wheels, wheel), collectionFolder(environment)]);
    await rm(wheels, { recursive: true });
  },
};

export const prepareAnsible = (progress: Progress) => installPython(ansible, progress);

/** @throws when Go or Python is missing or a download fails */
export async function prepareClients(progress: Progress): Promise<void> {
  progress("clients: compiling the tests of hcloud-go");
  await compileGoTests(hcloudGoDirectory);
  await prepareHcloudPython(progress);
  await preparePulumiPython(progress);
  await prepareAnsible(progress);
}
