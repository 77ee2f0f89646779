import * as pulumi from "@pulumi/pulumi";

/** Mocks claim to know hooks and then wait for ever, because they have no call for them. */
export function enginesHooks(): boolean {
  const monitor: unknown = pulumi.runtime.getMonitor();
  return typeof monitor === "object" && monitor !== null && "registerResourceHook" in monitor;
}
