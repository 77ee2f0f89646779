// What nmap finds on a machine from where somebody stands.
import type { Source } from "../../e2e/support/reach";
import { auditFrom } from "./auditors";

/** Holes that are looked for without harm and without asking others; whether slow visitors hold a server, a test says. */
const scripts =
  "(vuln and safe and not external and not http-slowloris-check) or ssl-enum-ciphers or http-server-header";

/** Ports that take a connection, of all. */
export async function openPorts(source: Source, address: string): Promise<readonly number[]> {
  const family = address.includes(":") ? "-6 " : "";
  const scan = `nmap ${family}-Pn -n -T5 --min-rate 20000 --max-retries 1 -p- --open -oG - ${address}`;
  const { stdout, stderr } = await auditFrom(source, scan, 300);
  if (!stdout.includes("Nmap done")) throw new Error(`nmap came to no end: ${stdout}${stderr}`);
  return [...stdout.matchAll(/(\d+)\/open\/tcp/g)].map((match) => Number(match[1]));
}

/** What its scripts find fault with on these ports, one line each. */
export async function holes(
  source: Source,
  address: string,
  ports: readonly number[],
): Promise<readonly string[]> {
  const family = address.includes(":") ? "-6 " : "";
  const scan = `nmap ${family}-Pn -n -sV --script '${scripts}' -p ${ports.join(",")} ${address}`;
  const { stdout, stderr } = await auditFrom(source, scan, 600);
  if (!stdout.includes("Nmap done")) throw new Error(`nmap came to no end: ${stdout}${stderr}`);
  return holesIn(stdout);
}

/** Of what nmap prints: holes, ciphers that are not strong, and servers that say their version. */
export function holesIn(report: string): readonly string[] {
  let port = "";
  return report.split("\n").flatMap((line) => {
    port = /^(\d+)\/tcp /.exec(line)?.[1] ?? port;
    const isBad =
      /\bVULNERABLE\b/.test(line.replace("NOT VULNERABLE", "")) ||
      /least strength: [^A]/.test(line) ||
      /http-server-header: .*\d/.test(line);
    return isBad ? [`${port}: ${line.replace(/^[|_ ]+/, "")}`] : [];
  });
}
