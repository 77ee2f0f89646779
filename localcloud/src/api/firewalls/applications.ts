import type { Firewall, Labels } from "../../state/rows";
import { parseSelector } from "../calls/labels";

/** How a firewall holds for a server; null when it does not. A direct application wins over a selector (HC-F6). */
export function applicationTo(firewall: Firewall, server: { id: number; project: number; labels: Labels }) {
  if (firewall.project !== server.project) return null;
  const direct = firewall.applied.find(
    (application) => application.type === "server" && application.server === server.id,
  );
  if (direct?.type === "server") return { direct: true, status: direct.status } as const;
  const selected = firewall.applied.some(
    (application) =>
      application.type === "label_selector" && parseSelector(application.selector)(server.labels),
  );
  return selected ? ({ direct: false, status: "applied" } as const) : null;
}
