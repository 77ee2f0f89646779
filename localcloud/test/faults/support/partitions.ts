import assert from "node:assert/strict";
import type { FaultLab } from "./faultLab";

/** Tests of machines that are cut off. */
export function partitions(lab: FaultLab): void {
  const { begin, end, endsByItself, look, reaches, reachedFromOutside, remains, dropped } = lab;

  it("a partition cuts the public side only, and ends by itself", async () => {
    assert.equal(await reachedFromOutside(lab.a.publicIp), true);
    const id = await look({ kind: "partition", server: "a", from: "internet" }, 4, async () => {
      assert.equal(await reachedFromOutside(lab.a.publicIp), false);
      assert.equal(await reaches(lab.b, lab.a.privateIp), true);
      assert.equal(await reachedFromOutside(lab.b.publicIp), true);
      assert.ok((await dropped(lab.names.publicRouter)) > 0, "packets met the fault");
    });
    await endsByItself(id);
    assert.equal(await reachedFromOutside(lab.a.publicIp), true);
    assert.deepEqual(await remains(), []);
  });

  it("a partition cuts the private side only", async () => {
    const { id } = await begin({ kind: "partition", server: "a", from: "private" });
    assert.equal(await reaches(lab.b, lab.a.privateIp), false);
    assert.equal(await reaches(lab.a, lab.b.privateIp), false);
    assert.equal(await reachedFromOutside(lab.a.publicIp), true);
    await end(id);
    assert.equal(await reaches(lab.b, lab.a.privateIp), true);
    assert.deepEqual(await remains(), []);
  });

  it("two machines do not reach each other, and everyone else reaches both", async () => {
    const { id } = await begin({ kind: "partition", server: "a", from: { server: "b" } });
    assert.equal(await reaches(lab.a, lab.b.privateIp), false);
    assert.equal(await reaches(lab.b, lab.a.publicIp), false);
    assert.equal(await reachedFromOutside(lab.a.publicIp), true);
    assert.equal(await reachedFromOutside(lab.b.publicIp), true);
    await end(id);
    assert.equal(await reaches(lab.a, lab.b.privateIp), true);
    assert.equal(await reaches(lab.b, lab.a.publicIp), true);
  });

  it("overlapping faults end one by one", async () => {
    const cut = await begin({ kind: "partition", server: "a", from: "everything" });
    const also = await begin({ kind: "partition", server: "a", from: "private" });
    await end(cut.id);
    assert.equal(await reachedFromOutside(lab.a.publicIp), true);
    assert.equal(await reaches(lab.b, lab.a.privateIp), false);
    await end(also.id);
    assert.equal(await reaches(lab.b, lab.a.privateIp), true);
    assert.deepEqual(await remains(), []);
  });
}
