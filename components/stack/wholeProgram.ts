import * as pulumi from "@pulumi/pulumi";
import { enginesHooks } from "../machine/enginesHooks";

/**
 * Makes the program fail when it ends while some of its resources are not registered. Pulumi's SDK takes a connection
 * to the engine that breaks for an engine that ends: it says nothing, the program succeeds with whatever it had
 * registered by then, and the engine deletes all the rest.
 *
 * Call it once, before any resource is made. It says nothing under mocks, which have no engine, and in a program that
 * runs inside of another one's process, whose end it does not see.
 */
export function requireWholeProgram(): void {
  if (!enginesHooks()) return;
  endWhenNobodyListens();
  const waiting = new Map<pulumi.Resource, string>();
  pulumi.runtime.registerStackTransformation(({ resource, type, name }) => {
    waiting.set(resource, `${name} (${type})`);
    // Its URN exists when its constructor is over, and resolves when the engine knows it, also in a preview.
    setImmediate(() => resource.urn.apply(() => waiting.delete(resource)));
    return undefined;
  });
  process.once("beforeExit", (code) => {
    if (code !== 0 || waiting.size === 0) return;
    // Not through the engine's log: what leads there may be what broke. Its host shows what stands here.
    console.error(unregisteredText([...waiting.values()]));
    process.exitCode = 1;
  });
}

/**
 * The host that reads what the program says may be killed. Pulumi's handler of uncaught errors writes each one, also the
 * one that writing fails with, so that a program without a reader would never end.
 */
function endWhenNobodyListens(): void {
  for (const stream of [process.stdout, process.stderr]) stream.once("error", () => process.exit(1));
}

/** What people are told. @param resources of which the engine does not know */
export function unregisteredText(resources: readonly string[]): string {
  const [first, ...others] = resources;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `the program lost its connection to the Pulumi engine and could not register ${first}${more}: it fails, because an end without error means that they are no longer wanted; nothing is lost, run pulumi again`;
}
