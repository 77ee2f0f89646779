import { AsyncResource } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";

/** Mocks claim to know hooks and then wait for ever, because they have no call for them. */
export function enginesHooks(): boolean {
  const monitor: unknown = pulumi.runtime.getMonitor();
  return typeof monitor === "object" && monitor !== null && "registerResourceHook" in monitor;
}

/**
 * A hook that runs in the program that made it. The engine calls hooks from outside, where an inline program of the
 * Automation API is not known, and what is logged goes nowhere.
 *
 * @param name unique in the program
 */
export function programHook(
  name: string,
  callback: pulumi.ResourceHookFunction,
  options?: pulumi.ResourceHookOptions,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(name, AsyncResource.bind(callback), options);
}

/** Both, in this order. */
export function withHooks(
  first: pulumi.ResourceHookBinding,
  then: pulumi.ResourceHookBinding = {},
): pulumi.ResourceHookBinding {
  return { ...first, ...then, beforeUpdate: [...(first.beforeUpdate ?? []), ...(then.beforeUpdate ?? [])] };
}
