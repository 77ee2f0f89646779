import type { Flow } from "../plan/flows";
import { machinesOf, type Plan } from "../plan/plan";

/**
 * A Mermaid graph of the platform: machines by role, and which role talks to which other one on which port. What all
 * machines may do is left out, and what machines of one role say to each other. Ends with a newline.
 */
export function renderMermaid(plan: Plan): string {
  const isDrawn = ({ from, to, port }: Flow) =>
    port !== null && from !== "any" && to !== "any" && from !== to;
  const drawn = plan.flows.filter(isDrawn);
  const outside = [...new Set(drawn.map(({ from }) => from))].filter((from) => isOutside(plan, from));
  const lines = [
    "graph TB",
    ...outside.map((name) => `  ${nodeId(name)}((${quoted(name)}))`),
    ...plan.roles.flatMap((role) => [
      `  subgraph ${nodeId(role.name)}[${quoted(role.title)}]`,
      ...machinesOf(plan, role.name).map(
        ({ name, privateIp }) => `    ${nodeId(`machine ${name}`)}[${quoted(`${name}<br/>${privateIp}`)}]`,
      ),
      "  end",
    ]),
    ...arrows(drawn),
  ];
  return `${lines.join("\n")}\n`;
}

function isOutside({ roles }: Plan, name: string): boolean {
  return !roles.some((role) => role.name === name);
}

/** One arrow for each pair, with all its ports. */
function arrows(flows: readonly Flow[]): readonly string[] {
  const ports = new Map<string, string[]>();
  for (const { from, to, protocol, port } of flows) {
    const key = `${nodeId(from)} %% ${nodeId(to)}`;
    ports.set(key, [...new Set([...(ports.get(key) ?? []), `${port}/${protocol}`])]);
  }
  return [...ports].map(([key, texts]) => {
    const [from, to] = key.split(" %% ");
    return `  ${from} -->|${quoted(texts.join(", "))}| ${to}`;
  });
}

/** Mermaid's ids are words, and some words are its own: `end`. */
function nodeId(name: string): string {
  return `n_${name.replace(/[^A-Za-z0-9]/g, "_")}`;
}

/** In a quoted text only the quote is special. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', "#quot;")}"`;
}
