import assert from "node:assert/strict";
import { ClosedWindowError, windowWarning } from "../../../components/stack/openWindow";

const window = { days: ["mon"], from: "09:00", until: "16:00", timeZone: "UTC" } as const;
const inside = { moment: new Date("2026-11-30T10:00Z"), isPreview: false };
const outside = { moment: new Date("2026-11-30T18:30Z"), isPreview: false };
const text = "it is 2026-11-30 18:30 UTC, outside of deployWindow: mon from 09:00 until 16:00 (UTC)";

describe("S3-119: the window of a stack", () => {
  it("says nothing inside, and where there is none", () => {
    assert.equal(windowWarning(window, inside), undefined);
    assert.equal(windowWarning(undefined, outside), undefined);
  });

  it("refuses a change outside, and says until when and how else", () => {
    const refused = new ClosedWindowError(
      `${text}: wait, or say why it cannot: PLATFORM_DEPLOY_ANYWAY="the reason"`,
    );
    assert.throws(() => windowWarning(window, outside), refused);
    assert.throws(() => windowWarning(window, { ...outside, anyway: "" }), refused);
  });

  it("lets a preview pass with a warning, unless a change comes right after it", () => {
    const preview = { ...outside, isPreview: true };
    assert.match(windowWarning(window, preview) ?? "", /; up is refused now: wait, or say why/);
    assert.throws(() => windowWarning(window, { ...preview, isStrict: true }), ClosedWindowError);
  });

  it("lets a change pass that has a reason, and repeats it", () => {
    assert.equal(
      windowWarning(window, { ...outside, anyway: "the shop is down" }),
      `${text}; changed all the same: the shop is down`,
    );
  });
});
