import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { isScalar, parseDocument } from "yaml";
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
 * Writes images into a stack's file, and leaves every other byte of it.
 *
 * @param project name that the keys of the file begin with
 * @throws when an image does not stand in that file itself
 */
export function writeImages(
  stack: string,
  project: string,
  changes: readonly Promoted[],
  directory: string,
): void {
  const path = join(directory, `Pulumi.${shortName(stack)}.yaml`);
  const text = readFileSync(path, "utf8");
  const document = parseDocument(text);
  const places = changes.map(({ service, to }) => {
    const node = document.getIn(["config", `${project}:app`, "services", service, "image"], true);
    if (!isScalar(node) || node.range == null)
      throw new Error(`${path} has no app.services.${service}.image to write ${to} into`);
    return { from: node.range[0], until: node.range[1], to };
  });
  // From the end on, so that the places before stay where they are.
  const written = places
    .sort((one, other) => other.from - one.from)
    .reduce((so, { from, until, to }) => so.slice(0, from) + to + so.slice(until), text);
  writeFileSync(`${path}.new`, written);
  renameSync(`${path}.new`, path);
}
