// Two hundred random configurations that the settings accept, each judged by the real programs of Debian 13.
import { drillSeed } from "./support/random";
import { drillNumbers } from "./support/record";

const cases = Number(process.env.DRILL_CASES ?? 200);

process.env.PROPERTY_SEED = String(drillSeed());
process.env.PROPERTY_CASES = String(cases);
drillNumbers({ cases });
// After the variables, which it reads when it is loaded.
require("../components/stack/property.machines.test");
