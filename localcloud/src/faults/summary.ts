import type { ApiFault, Fault } from "../contract/control";

/** One line for people. */
export function summaryOf(fault: Fault): string {
  switch (fault.kind) {
    case "api":
      return apiSummary(fault);
    case "power-off":
      return `${fault.server} has no power`;
    case "freeze":
      return `${fault.server} is frozen`;
    case "partition":
      return partitionSummary(fault.server, fault.from);
    case "network": {
      const loss = fault.lossPercent > 0 ? [`loses ${fault.lossPercent} % of its packets`] : [];
      const jitter = fault.jitterMs > 0 ? ` ± ${fault.jitterMs}` : "";
      const delay = fault.delayMs > 0 ? [`gets them ${fault.delayMs}${jitter} ms late`] : [];
      return `${fault.server} ${[...loss, ...delay].join(" and ")} on its ${fault.side} side`;
    }
    case "full-disk":
      return `${fault.path} of ${fault.server} is full`;
    case "clock-shift":
      return `the clock of ${fault.server} is ${Math.abs(fault.seconds)} s ${fault.seconds < 0 ? "behind" : "ahead"}`;
    case "metadata":
      return fault.how === "slow"
        ? `metadata come late to ${fault.server}`
        : `a route of ${fault.server} leads metadata nowhere`;
    case "host-failure":
      return `physical host ${fault.host} has failed`;
  }
}

type Partition = Extract<Fault, { kind: "partition" }>;

function partitionSummary(server: string, from: Partition["from"]): string {
  if (typeof from === "object") return `${server} and ${from.server} do not reach each other`;
  const sides = {
    internet: "its public side",
    private: "its private networks",
    everything: "any network",
  };
  return `${server} is without ${sides[from]}`;
}

function apiSummary(fault: ApiFault): string {
  const share = (fault.share ?? 1) < 1 ? `${Math.round((fault.share ?? 1) * 1000) / 10} % of ` : "";
  const what = fault.pattern ?? "everything that it can meet";
  const project = fault.project === undefined ? "" : ` in project ${fault.project}`;
  const count = fault.count === undefined ? "" : `, ${fault.count} times at most`;
  const more = [fault.delayMs === undefined ? "" : ` of ${fault.delayMs} ms`, fault.serverType ?? ""].join(
    " ",
  );
  return `API: ${fault.effect}${more.trimEnd()} for ${share}${what}${project}${count}`;
}
