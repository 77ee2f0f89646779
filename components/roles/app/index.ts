export { AppNodes } from "./appNodes";
export type { AppNodesArgs, AppService } from "./inputs";
