import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { parseDocument } from "yaml";
import { shortName } from "../../components/stack/parse";
import type { PlatformSettings } from "../../components/stack/settings";
import type { Promoted, ServiceImages } from "./promotion";

/** Images of the services, by name. */
export function serviceImages({ app }: PlatformSettings): ServiceImages {
  return Object.fromEntries(Object.entries(app?.services ?? {}).map(([name, { image }]) => [name, image]));
}

/**
 * Digests that a stack runs, by the references of its settings.
 *
 * @throws when it has never run, or its last `up` failed: nobody knows then what it runs
 */
export async function runningImages(
  stack: Pick<Stack, "name" | "outputs" | "history">,
): Promise<Readonly<Record<string, string>>> {
  const updates = await stack.history(20);
  const last = updates.find(({ kind }) => kind === "update");
  if (last === undefined) throw new Error(`${stack.name} has not run: pulumi up --stack ${stack.name}`);
  if (last.result !== "succeeded")
    throw new Error(
      `the last up of ${stack.name} is ${last.result}, so what it runs is not what was tested: pulumi up --stack ${stack.name}`,
    );
  const { images } = await stack.outputs();
  return (images?.value ?? {}) as Readonly<Record<string, string>>;
}

/**
 * Writes images into a stack's file, and leaves all else in it as it is, comments too.
 *
 * @param project name that the keys of the file begin with
 */
export function writeImages(
  stack: string,
  project: string,
  changes: readonly Promoted[],
  directory: string,
): void {
  const path = join(directory, `Pulumi.${shortName(stack)}.yaml`);
  const document = parseDocument(readFileSync(path, "utf8"));
  for (const { service, to } of changes)
    document.setIn(["config", `${project}:app`, "services", service, "image"], to);
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, document.toString({ lineWidth: 0 }));
  renameSync(partial, path);
}
