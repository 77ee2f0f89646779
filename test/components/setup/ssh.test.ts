import assert from "node:assert/strict";
import { sshdConf } from "../../../components/setup/ssh";

const line = (text: string, keyword: string) =>
  text.split("\n").find((candidate) => candidate.startsWith(`${keyword} `));

describe("sshd of a machine", () => {
  const bastion = sshdConf({
    isBastion: true,
    knownSources: ["203.0.113.7/32", "10.0.1.12", "203.0.113.7/32"],
  });
  const behind = sshdConf({ isBastion: false, knownSources: [] });

  it("leads to other machines where it is the bastion, and nowhere else", () => {
    assert.equal(line(bastion, "AllowTcpForwarding"), "AllowTcpForwarding local");
    assert.equal(line(behind, "AllowTcpForwarding"), "AllowTcpForwarding no");
  });

  it("refuses nobody whom the firewall lets in for what others from the same address did", () => {
    assert.equal(
      line(bastion, "PerSourcePenaltyExemptList"),
      "PerSourcePenaltyExemptList 10.0.1.12,203.0.113.7/32",
    );
  });

  it("keeps the penalties of sshd where anybody may knock", () => {
    assert.equal(line(behind, "PerSourcePenaltyExemptList"), undefined);
  });
});
