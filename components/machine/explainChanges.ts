import * as pulumi from "@pulumi/pulumi";
import { readOutline } from "../setup/outline";
import { setupChanges } from "../setup/outlineChanges";
import { enginesHooks, programHook } from "./enginesHooks";
import { knownValue } from "./hookApi";

/** Inputs of hooks are values that are there: what is not answered in the same breath is not known in a preview. */
const patienceMs = 100;

/**
 * Says in previews what a changed set-up does to its machine, which the preview itself cannot: the script is a secret.
 * Paths and names are said, never what is in a file.
 *
 * @param name of the machine's component, unique in the program
 */
export function explainChanges(name: string): pulumi.ResourceHookBinding {
  if (!pulumi.runtime.isDryRun() || !enginesHooks()) return {};
  const explain = async ({ oldInputs, newInputs }: pulumi.ResourceHookArgs) => {
    const [before, after] = await Promise.all([scriptOf(oldInputs), scriptOf(newInputs)]);
    if (before !== undefined) await pulumi.log.info(explanation(name, before, after));
  };
  return { beforeUpdate: [programHook(`${name}-explained`, explain, { onDryRun: true })] };
}

/** @param after undefined: not known before `up` */
export function explanation(name: string, before: string, after: string | undefined): string {
  if (after === undefined)
    return `${name}: what its set-up changes hangs on what others answer, and is known at up`;
  const lines = setupChanges(readOutline(before), readOutline(after));
  return `${name}:${lines.map((line) => `\n  ${line}`).join("")}`;
}

function scriptOf(inputs: Readonly<Record<string, unknown>> | undefined): Promise<string | undefined> {
  const stdin: pulumi.Output<unknown> = pulumi.output(inputs?.stdin);
  const text = stdin.apply((value) => (typeof value === "string" ? value : undefined));
  return knownValue(text, patienceMs);
}
