// The Hetzner Cloud API of the local cloud.
export { type ApiSettings, type RequestLog, type TokenSetting, timeScales } from "../settings/api";
export { openStore, type Store } from "../state/store";
export { type Api, type ApiOptions, createApi } from "./api";
export { type ApiFaults, createApiFaults } from "./faults/active";
export { worldOf } from "./world";
