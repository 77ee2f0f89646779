import * as pulumi from "@pulumi/pulumi";
import { enginesHooks, programHook } from "../machine/enginesHooks";
import type { Plan } from "../plan/plan";
import { refusalText, type SettledSettings } from "../settings/settled";
import type { PlatformSettings } from "./settings";
import { refusedChanges, settledSettings } from "./settledSettings";

/** Lets a value pass when the settings may follow those of the running platform; it never does otherwise. */
export type Gate = <T>(value: T) => pulumi.Output<T>;

/**
 * Remembers in the stack's state what its data depends on, and refuses a change of it in the preview, before
 * anything else is touched. Whatever waits for the gate is not even planned.
 *
 * It says nothing when it runs under mocks, which have no memory.
 */
export function rememberSettled(
  name: string,
  settings: PlatformSettings,
  plan: Plan,
  parent: pulumi.Resource,
): Gate {
  const refuse = (before: SettledSettings) => refuseChanges(before, settings, plan);
  const hooks = enginesHooks() ? { beforeUpdate: [settledHook(name, refuse)] } : {};
  const input = settledSettings(settings, plan);
  const record = new pulumi.Stash(`${name}-settled`, { input }, { parent, hooks });
  // Of a record that an `up --target` leaves out no hook is called, and the engine answers what it holds.
  const passed = pulumi.all([record.urn, record.input]).apply(([, held]) => refuse(held ?? {}));
  return (value) => passed.apply(() => value);
}

/** @throws with every change that would leave data behind or delete it */
function refuseChanges(before: SettledSettings, settings: PlatformSettings, plan: Plan): void {
  const changes = refusedChanges(before, settings, plan);
  if (changes.length > 0) throw new pulumi.RunError(refusalText(changes));
}

function settledHook(name: string, refuse: (before: SettledSettings) => void): pulumi.ResourceHook {
  return programHook(
    `${name}-settled-settings`,
    ({ oldInputs }) => {
      refuse((oldInputs as { readonly input?: SettledSettings } | undefined)?.input ?? {});
    },
    { onDryRun: true },
  );
}
