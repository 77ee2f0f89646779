import { join } from "node:path";
import { type EngineStack, engineStack, type PlannedStep } from "../../test/support/engineStack";
import { projectRoot } from "../localStack";
import type { SettingChange } from "./change";
import { changedValues, settingChanges, startingPoint } from "./changes";

export const document = join(projectRoot, "docs", "settings.md");

/** The platform whose settings are changed, up, with the zone and the address that some of them need. */
export async function startPlatform(): Promise<EngineStack> {
  const running = await engineStack(startingPoint);
  const { action } = await running.cloud.ok("POST", "/zones", { name: "example.com", mode: "primary" });
  await running.cloud.succeeds(action);
  await running.cloud.ok("POST", "/floating_ips", { name: "visitors", type: "ipv4", home_location: "nbg1" });
  await running.stack.up();
  return running;
}

/** The table, from a preview of each change. The stack must be up with the starting point. */
export async function renderSettings(running: EngineStack): Promise<string> {
  const rows: string[] = [];
  for (const change of settingChanges) rows.push(await renderRow(running, change));
  return `# What changing a setting does
Written by \`npm run setting-changes\` from a preview of each change on a running platform: do not edit.
What is refused is refused by \`pulumi preview\` and \`pulumi up\` alike, before anything is touched; see [Settings that data depends on](operations.md#settings-that-data-depends-on).

| setting | \`pulumi up\` | on the machines |
|---|---|---|
${rows.join("\n")}
`;
}

/** One row, from a preview. The stack must be up with the starting point. */
export async function renderRow(running: EngineStack, change: SettingChange): Promise<string> {
  running.configure(changedValues(change));
  const effect = await running.plan().then(effectOf, refusalOf);
  running.configure(startingPoint);
  return `| \`${change.path}\` | ${effect} | ${change.note ?? ""} |`;
}

/** One cell: what is replaced and deleted first, because that is what people must see. */
function effectOf(steps: readonly PlannedStep[]): string {
  const order = ["replace", "delete", "create", "update"];
  const verbs: Readonly<Record<string, string>> = {
    replace: "**replaces**",
    delete: "**deletes**",
    create: "creates",
    update: "updates",
  };
  const texts = order.flatMap((op) => {
    const things = steps
      .filter((step) => step.op === op)
      .map(thing)
      .filter((name) => name !== "");
    return things.length === 0 ? [] : [`${verbs[op]} ${[...new Set(things)].sort().join(", ")}`];
  });
  const machines = steps.filter(({ op, name }) => op === "update" && name.endsWith("-setup"));
  if (machines.length > 0) texts.push(`sets up again: ${machines.map(machineOf).sort().join(", ")}`);
  return texts.length === 0 ? "nothing" : texts.join("; ");
}

/** Set-ups are told apart, records are not told at all. */
function thing({ op, type, name, differs }: PlannedStep): string {
  if (
    type === "Stash" ||
    type === "Machine" ||
    (type === "Command" && (op === "update" || name.endsWith("-ready")))
  )
    return "";
  // The provider itself.
  if (type === "docker") return "how registries are asked";
  if (type === "Server")
    return `server ${machineOf({ name })}${op === "update" ? ` (${differs.join(", ")})` : ""}`;
  return type === "Command" ? `set-up of ${machineOf({ name })}` : type;
}

/** `platform-app-app1-setup` is `app1`, `platform-storage-storage1-server` is `storage1`. */
function machineOf({ name }: Pick<PlannedStep, "name">): string {
  return name.split("-").at(-2) ?? name;
}

function refusalOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const [, refused = ""] = text.split("data would be left behind or deleted\n");
  const lines = refused.split("\n").flatMap((line) => /^ {2}(\S.*)$/.exec(line)?.[1] ?? []);
  if (lines.length === 0) throw error;
  // The path stands in the first column, and the values are those of the example.
  const shorter = lines.map((line) => line.replace(/^\S+: (?:.* in the configuration: )?/, ""));
  return `**refused**: ${shorter.join(". ")}`;
}
