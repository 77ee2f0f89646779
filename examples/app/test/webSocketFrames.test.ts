import assert from "node:assert/strict";
import { closeFrame, readFrame, writeFrame } from "../src/webSocketFrames";

const mask = Buffer.from([1, 2, 3, 4]);
const text = (payload: Buffer) => ({ isLast: true, opcode: 1, payload });

describe("frames of a WebSocket", () => {
  it("are those of RFC 6455, section 5.7", () => {
    assert.equal(writeFrame(text(Buffer.from("Hello"))).toString("hex"), "810548656c6c6f");
    const masked = Buffer.from("818537fa213d7f9f4d5158", "hex");
    assert.equal(readFrame(masked)?.frame.payload.toString(), "Hello");
    assert.deepEqual(writeFrame(text(Buffer.from("Hello")), Buffer.from("37fa213d", "hex")), masked);
  });

  for (const size of [0, 125, 126, 65_535]) {
    it(`of ${size} bytes are the same after they were written and read`, () => {
      const payload = Buffer.alloc(size, "abcdefg");
      const read = readFrame(Buffer.concat([writeFrame(text(payload), mask), Buffer.from("more")]));
      assert.deepEqual(read?.frame, text(payload));
      assert.equal(read?.rest.toString(), "more");
    });
  }

  it("wait for their last byte", () => {
    const whole = writeFrame(text(Buffer.alloc(300)), mask);
    for (const arrived of [0, 1, 2, 3, 4, 7, whole.length - 1])
      assert.equal(readFrame(whole.subarray(0, arrived)), undefined, `${arrived} bytes`);
  });

  it("fail when they are larger than a peer may send", () => {
    assert.throws(() => readFrame(Buffer.from([0x82, 0xff])), { code: 1009 });
    assert.throws(() => writeFrame(text(Buffer.alloc(65_536))), /less than 65536 bytes/);
  });

  it("say why there are no more", () => assert.equal(closeFrame(1001).toString("hex"), "880203e9"));
});
