export type { RoutedService, SiteStoreArgs, WebNodesArgs } from "./inputs";
export { WebProfile } from "./profiles";
export { type WebSettings, webSettings } from "./settings";
export { WebNodes } from "./webNodes";
