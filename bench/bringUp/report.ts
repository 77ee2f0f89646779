import { spreadText } from "../../localcloud/bench/report";
import { ratiosOf, spreadOf } from "../../localcloud/bench/statistics";
import { table } from "../publish";
import type { Visits } from "./load";
import type { Run, Side } from "./side";

/** A build and what its rounds took. */
export interface Measured {
  readonly side: Pick<Side, "name" | "up" | "down">;
  readonly rounds: {
    readonly bringUp: Run;
    readonly thirdNode: Run;
    readonly visits: Visits;
  }[];
}

/** Tables of all builds; the first is what the others are held against. @param load average of the machine */
export function reportOf(contenders: readonly Measured[], load: number): string {
  const [former] = contenders;
  const cells = (measured: Measured, what: "bringUp" | "thirdNode") =>
    (["seconds", "processorSeconds"] as const).flatMap((unit) => {
      const of = ({ rounds }: Measured) => rounds.map((round) => round[what][unit]);
      const share =
        former === undefined || former === measured ? "1" : spreadText(ratiosOf(of(measured), of(former)));
      return [`${spreadText(spreadOf(of(measured)))} s`, share];
    });
  const rows = (what: "bringUp" | "thirdNode") =>
    contenders.map((measured) => [
      measured.side.name,
      ...cells(measured, what),
      ...(what === "thirdNode" ? [visitsText(measured)] : []),
    ]);
  const head = ["wall", "share of the first", "processor", "share of the first"];
  return `${table(["bring-up", ...head], rows("bringUp"))}

${table(["third app node under load", ...head, "visits, failed"], rows("thirdNode"))}

The multi-server platform on the local cloud, six machines, caches warm; what \`npm run local\` takes for its cloud and \`pulumi up\`, with processor time of the whole machine. Medians of ${former?.rounds.length ?? 0} in turns, least and most in brackets; load average at the end ${load.toFixed(1)}.`;
}

function visitsText({ rounds }: Measured): string {
  const sum = (of: (visits: Visits) => number) => rounds.reduce((total, { visits }) => total + of(visits), 0);
  return `${sum(({ answered }) => answered)}, ${sum(({ failed }) => failed)}`;
}
