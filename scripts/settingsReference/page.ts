import { type Entry, flattened } from "./entries";

/** The reference of all settings as a page. */
export function referencePage(entries: readonly Entry[]): string {
  const single = entries.filter(({ inside }) => inside.length === 0);
  const sections = entries.filter(({ inside }) => inside.length > 0);
  return `# Reference of all settings
Written from the schemas by \`npm run settings-reference\`: do not edit. What a change of each does stands in [settings.md](settings.md).

Keys stand under \`hetzner-platform:\` in the stack's file. \`NAME\` is a name that you choose, \`[]\` each item of a list. *Allowed* is what the error says that a wrong value gets; rules between several values come on top, and all mistakes are reported at once, each with its remedy. *Secret*: \`yes\` is set with \`pulumi config set --secret\`; \`not shown\` stands in clear text, and no message repeats it, because somebody may have put a secret there.

## The stack
${table(single)}
${sections.map(section).join("\n")}`;
}

function section(entry: Entry): string {
  const allowed = entry.allowed === undefined ? "" : ` Allowed: ${cell(entry.allowed)}.`;
  const absent = entry.fallback === "as below" ? "" : ` Default: ${cell(entry.fallback)}.`;
  return `## \`${entry.path}\`
${cell(entry.description)}.${absent}${allowed}

${table(flattened(entry.inside))}`;
}

function table(entries: readonly Entry[]): string {
  const rows = entries.map(row).join("\n");
  return `| key | what it is | type | default | allowed | secret |\n|---|---|---|---|---|---|\n${rows}\n`;
}

function row({ path, description, type, fallback, allowed, secrecy }: Entry): string {
  const secret = { secret: "yes", "never shown": "not shown", plain: "" }[secrecy];
  return `| \`${path}\` | ${[description, type, fallback, allowed].map(cell).join(" | ")} | ${secret} |`;
}

/** Inside of code a star is a star already. */
function cell(text = ""): string {
  const pieces = text.replaceAll("|", "\\|").split("`");
  return pieces.map((piece, index) => (index % 2 === 0 ? piece.replace(/[*<]/g, "\\$&") : piece)).join("`");
}
