import assert from "node:assert/strict";
import { parseBlkio, parseCpuStat, parseIoStat, parseNetDev } from "../../src/machines/counters";

describe("counters of a machine", () => {
  it("reads processor time of cgroup v2 and not the other file of that name", () => {
    assert.equal(parseCpuStat("usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n"), 1_500_000);
    assert.equal(parseCpuStat("nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"), undefined);
    assert.equal(parseCpuStat(undefined), undefined);
  });

  it("adds up the devices of io.stat", () => {
    const text =
      "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=7 dios=1\n253:0 rbytes=10 wbytes=20 rios=3 wios=4 dbytes=0 dios=0\n";
    assert.deepEqual(parseIoStat(text), { readBytes: 110, writtenBytes: 220, reads: 4, writes: 6 });
    const volume = "7:3 rbytes=5 wbytes=5 rios=5 wios=5 dbytes=0 dios=0\n";
    assert.deepEqual(parseIoStat(`${volume}${text}`), parseIoStat(text));
    assert.deepEqual(parseIoStat(""), { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 });
    assert.equal(parseIoStat(undefined), null);
  });

  it("adds up the devices of blkio and leaves the totals out", () => {
    const bytes =
      "8:0 Read 100\n8:0 Write 200\n8:0 Sync 5\n8:16 Read 10\n8:16 Write 20\n8:16 Total 30\nTotal 330\n";
    const count = "8:0 Read 1\n8:0 Write 2\n8:16 Read 3\n8:16 Write 4\nTotal 10\n";
    assert.deepEqual(parseBlkio(bytes, count), { readBytes: 110, writtenBytes: 220, reads: 4, writes: 6 });
    assert.equal(parseBlkio(bytes, undefined), null);
    assert.equal(parseBlkio("Total 0\n", "Total 0\n"), null, "nothing is counted, which is not nothing used");
  });

  it("reads the public interface only", () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0
enp7s0: 800 8 0 0 0 0 0 0 800 8 0 0 0 0 0 0
  eth0: 1234 12 0 0 0 0 0 0 5678 34 0 0 0 0 0 0
`;
    const none = { receivedBytes: 0, receivedPackets: 0, sentBytes: 0, sentPackets: 0 };
    assert.deepEqual(parseNetDev(text), {
      receivedBytes: 1234,
      receivedPackets: 12,
      sentBytes: 5678,
      sentPackets: 34,
    });
    assert.deepEqual(parseNetDev(text.replace("eth0", "eth1")), none);
  });
});
