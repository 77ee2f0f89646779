import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { differences, wantedLines } from "../../bench/configure/check";
import { desiredState, reloading } from "../../bench/configure/desired";
import { reportOf, type Sample } from "../../bench/configure/report";
import { setupOf } from "../../bench/configure/setup";
import { renderSetup } from "../../components/setup/render";
import { projectRoot } from "../../scripts/localStack";

interface Play {
  readonly tasks: readonly { readonly loop?: unknown; readonly notify?: string }[];
  readonly handlers: readonly Readonly<Record<string, unknown>>[];
}

describe("the bench of configuring over SSH", () => {
  it("changes one file between two editions, and a unit reads it", () => {
    const [before, after] = [desiredState(1).files, desiredState(2).files];
    const changed = after.filter(({ content }, index) => content !== before[index]?.content);
    assert.deepEqual(
      changed.map(({ path, reader }) => [path, reader]),
      [["/etc/haproxy/haproxy.cfg", "haproxy.service"]],
    );
  });

  it("gives Ansible every file once, and a handler that does to its reader what the others do", async () => {
    const text = await readFile(join(projectRoot, "bench/configure/peers/playbook.yml"), "utf8");
    const [{ tasks, handlers }] = parse(text) as [Play];
    const selected = tasks.flatMap(({ loop, notify }) => {
      const reader = /'equalto', '([^']*)'/.exec(String(loop))?.[1];
      return reader === undefined ? [] : [{ reader, notify }];
    });
    const readers = [...new Set(desiredState(0).files.map(({ reader }) => reader))];
    assert.deepEqual(selected.map(({ reader }) => reader).toSorted(), readers.toSorted());
    for (const { reader, notify } of selected.filter(({ reader }) => reader !== "")) {
      const handler = handlers.find(({ name }) => name === notify);
      const does = handler?.["ansible.builtin.systemd_service"] as { name: string; state: string };
      assert.deepEqual(
        [does.name, does.state],
        [reader, reloading.includes(reader) ? "reloaded" : "restarted"],
      );
    }
  });

  it("gives ours the same in the words of a set-up", () => {
    const desired = desiredState(3);
    const setup = setupOf(desired);
    const script = renderSetup("m1", setup);
    for (const { path, content } of desired.files) {
      assert.ok(script.includes(path) && script.includes(content), path);
    }
    const units = setup.units?.map(({ name }) => name) ?? [];
    assert.deepEqual(
      desired.units.filter((unit) => !units.includes(unit)),
      [],
    );
  });

  it("judges a machine by every line, also by one that is missing", () => {
    const wanted = wantedLines(desiredState(4), 4);
    assert.deepEqual(differences(wanted, `${wanted}\n`), []);
    assert.deepEqual(differences(wanted, wanted.replace("edition 4", "edition 3")), [
      "expected edition 4, found edition 3",
    ]);
    assert.deepEqual(differences(wanted, wanted.slice(0, -3)), ["expected no, found nothing"]);
  });

  it("holds every tool against the first, each round against its own", () => {
    const sample = (tool: string, wall: number): Sample => ({
      ...{ tool, wall, state: "nothing", count: 4, controller: 1, machines: 1, connections: 0 },
    });
    const report = reportOf([sample("ours", 1), sample("peer", 10), sample("peer", 30), sample("ours", 2)]);
    const rows = report.split("\n").filter((line) => line.startsWith("| 4"));
    assert.deepEqual(
      rows.map((row) => row.split("|").slice(2, 5)).map((cells) => cells.map((cell) => cell.trim())),
      [
        ["ours", "1.50 [1.00, 2.00] s", "1"],
        ["peer", "20.0 [10.0, 30.0] s", "12.5 [10.0, 15.0]"],
      ],
    );
    assert.match(report, /^Medians of 2 in turns/m);
    assert.doesNotMatch(report, /First set-up/);
  });
});
