import * as pulumi from "@pulumi/pulumi";
import { enginesHooks } from "../machine/enginesHooks";
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
export function rememberSettled(name: string, settings: PlatformSettings, parent: pulumi.Resource): Gate {
  const hooks = enginesHooks() ? { beforeUpdate: [refuseChanges(name, settings)] } : {};
  const record = new pulumi.Stash(`${name}-settled`, { input: settledSettings(settings) }, { parent, hooks });
  // Of a record that an `up --target` leaves out no hook is called, and the engine answers what it holds.
  const passed = pulumi.all([record.urn, record.input]).apply(([, held]) => refuse(held ?? {}, settings));
  return (value) => passed.apply(() => value);
}

/** @throws with every change that would leave data behind or delete it */
function refuse(before: SettledSettings, settings: PlatformSettings): void {
  const changes = refusedChanges(before, settings);
  if (changes.length > 0) throw new pulumi.RunError(refusalText(changes));
}

function refuseChanges(name: string, settings: PlatformSettings): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-settled-settings`,
    ({ oldInputs }) => {
      refuse((oldInputs as { readonly input?: SettledSettings } | undefined)?.input ?? {}, settings);
    },
    { onDryRun: true },
  );
}
