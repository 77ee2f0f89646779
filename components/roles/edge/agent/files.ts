import { decisionModule } from "./decision";
import { hetznerModule } from "./hetzner";
import { localModule } from "./local";
import { mainModule } from "./main";
import { peerModule } from "./peer";
import { routeModule } from "./route";

/** The agent's source files by name; they live in one folder and import each other. */
export const agentModules: Readonly<Record<string, string>> = {
  "agent.py": mainModule,
  "decision.py": decisionModule,
  "hetzner.py": hetznerModule,
  "local.py": localModule,
  "peer.py": peerModule,
  "route.py": routeModule,
};
