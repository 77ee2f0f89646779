// pulumi preview --policy-pack policy; settings of the policies: --policy-pack-config FILE (docs/operations.md)
import { PolicyPack } from "@pulumi/policy";
import { budget } from "./budget";
import { protectedData } from "./data";
import { pinnedImages, spreadPairs, userDataWithoutSecrets } from "./machines";
import { openPorts, walledServers } from "./walls";

new PolicyPack("hetzner-platform", {
  enforcementLevel: "mandatory",
  policies: [
    openPorts,
    walledServers,
    protectedData,
    userDataWithoutSecrets,
    pinnedImages,
    spreadPairs,
    budget,
  ],
});
