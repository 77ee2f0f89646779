import assert from "node:assert/strict";
import { type Round, reportOf } from "../../bench/coldStart/bench";

describe("the report of a cold start", () => {
  const round = (pulumi: number, traefik: number): Round => [
    { program: "pulumi", wall: pulumi, processor: 2 * pulumi },
    { program: "traefik", wall: traefik, processor: 2 * traefik },
  ];

  it("holds today's build of each program, and of all, against the former one of the same round", () => {
    const report = reportOf([round(100, 300), round(200, 400)], [round(50, 30), round(80, 40)]);
    const rows = report.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    const row = (name: string) => rows.find((cells) => cells[1] === name)?.slice(2, 8);
    assert.deepEqual(row("traefik"), [
      "350 [300, 400] s",
      "35.0 [30.0, 40.0] s",
      "0.100 [0.100, 0.100]",
      "700 [600, 800] s",
      "70.0 [60.0, 80.0] s",
      "0.100 [0.100, 0.100]",
    ]);
    assert.equal(row("all")?.[2], "0.200 [0.200, 0.200]");
    assert.equal(row("versitygw"), undefined, "what was not built has no row");
  });

  it("refuses rounds that are no pairs", () => {
    assert.throws(() => reportOf([round(1, 1)], []), /nothing was measured|cannot be held/);
  });
});
