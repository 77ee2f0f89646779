import assert from "node:assert/strict";
import { type Flow, planFlows } from "../../../components/plan/flows";
import type { Part } from "../../../components/plan/part";
import { planPlatform } from "../../../components/presets";
import { seedSettings } from "../../support/settings";
import { role } from "./support/roles";

const line = ({ from, to, protocol, port, purpose }: Flow) =>
  `${from} -> ${to} ${port === null ? "" : `${port}/`}${protocol}: ${purpose}`;
const lines = (flows: readonly Flow[]) => flows.map(line);

describe("planFlows", () => {
  it("S1-30, S2-6: of the seed are this table", () => {
    assert.deepEqual(lines(planPlatform(seedSettings).flows), [
      "internet -> edge 80/tcp: visitors",
      "internet -> edge 443/tcp: visitors, TLS",
      "internet -> edge icmp: path MTU and reachability",
      "admin -> edge 22/tcp: set-up and bastion",
      "edge -> any 22/tcp: SSH through the bastion",
      "edge -> edge 8409/tcp: what clients asked for",
      "edge -> edge vrrp: who is master",
      "edge -> edge 8404/tcp: the peer's state",
      "edge -> edge 8406/tcp: the certificate, sealed",
      "edge -> edge 8407/tcp: challenges of the ACME server",
      "edge -> app 80/tcp: requests",
      "app -> app 80/tcp: is there another node",
      "app -> database 5432/tcp: PostgreSQL",
      "app -> database 6379/tcp: sessions, cache and jobs",
      "app -> database 9200/tcp: search",
      "app -> storage 9000/tcp: objects",
      "storage -> database 5432/tcp: backups",
      "any -> storage 19532/tcp: log archive",
      "any -> any icmp: reachability",
    ]);
  });

  const relay = (from: readonly string[]): Part => ({
    name: "relay",
    title: "mail relay",
    listens: [{ protocol: "tcp", port: 25, from, purpose: "mail" }],
    offers: ["mail"],
  });
  const mail = (...from: string[]) => role({ name: "mail", parts: [relay(from)] });
  const needer = (name: string, purpose?: string) =>
    role({
      name,
      parts: [{ name, title: name, needs: [{ offer: "mail", ...(purpose && { purpose }) }] }],
    });

  for (const [what, roles, flows] of [
    ["nobody needs it", [mail("needers")], []],
    [
      "two roles need it, one for a purpose of its own",
      [needer("shop"), mail("needers"), needer("erp", "invoices")],
      ["shop -> mail 25/tcp: mail", "erp -> mail 25/tcp: invoices"],
    ],
    [
      "roles and ranges are named",
      [role({ name: "shop" }), mail("203.0.113.0/24", "shop", "2001:db8::/32")],
      [
        "shop -> mail 25/tcp: mail",
        "203.0.113.0/24 -> mail 25/tcp: mail",
        "2001:db8::/32 -> mail 25/tcp: mail",
      ],
    ],
  ] as const)
    it(`open a port to those who need it: ${what}`, () =>
      assert.deepEqual(lines(planFlows(roles)), [...flows, "any -> any icmp: reachability"]));

  it("let administrators reach a public machine even where there is no bastion", () => {
    assert.deepEqual(lines(planFlows([role({ name: "all", isPublic: true })])), [
      "internet -> all icmp: path MTU and reachability",
      "admin -> all 22/tcp: set-up",
      "any -> any icmp: reachability",
    ]);
  });
});
