export { eventually } from "../../localcloud/test/support/eventually";
