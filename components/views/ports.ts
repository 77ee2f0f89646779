import type { Flow } from "../plan/flows";
import type { Plan } from "../plan/plan";

/** The plan's table of flows and what listens where, as a page in Markdown. Ends with a newline. */
export function portsPage(plan: Plan): string {
  return `# Who may reach which port
Written from the plan of prod, do not edit: \`UPDATE_RECORDS=1 npx mocha test/components/views/ports.test.ts\`. What is not in this table is dropped, by the cloud firewall on the public side and by each machine's own firewall on both sides.

| from | to | protocol | port | for |
|---|---|---|---|---|
${plan.flows.map(flowRow).join("\n")}

\`internet\` is everybody, over IPv4 and IPv6 (for visitors of IPv6 something listens with \`edge.ipv6\` alone); \`admin\` the ranges of \`adminRanges\`; \`any\` every machine of the platform. Machines reach each other by their private IPv4 addresses. Containers of a machine publish no ports: what they listen on is reached from their own machine alone, unless the table names it.

## What runs where
A role starts after those whose offers it needs: ${plan.order.join(", ")}.

| role | part | memory | offers | needs |
|---|---|---|---|---|
${plan.roles.flatMap(({ name, parts }) => parts.map((part) => partRow(name, part))).join("\n")}
`;
}

function flowRow({ from, to, protocol, port, purpose }: Flow): string {
  return row(from, to, protocol, port ?? "", purpose);
}

function partRow(role: string, part: Plan["roles"][number]["parts"][number]): string {
  const { name, memoryMb, offers = [], needs = [] } = part;
  const memory = memoryMb === undefined ? "" : `${memoryMb} MB`;
  return row(role, name, memory, offers.join(", "), needs.map(({ offer }) => offer).join(", "));
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}
